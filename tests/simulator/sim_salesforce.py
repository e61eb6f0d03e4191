"""Builders for the tests of the simulated Salesforce: an org, a caller that holds a token, a custom field."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crmsync.simulator.clock import SimClock
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.salesforce.org import SalesforceSim
from crmsync.simulator.wire import Request

START = datetime(2026, 11, 2, 9, 30, 15, tzinfo=UTC)
DATA = "/services/data/v62.0"


@dataclass
class Answer:
    """A reply with its body decoded."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The first error's code."""
        return str(self.body[0]["errorCode"])


@dataclass
class Org:
    """An org with its clock and ledger, and a caller. `send` takes paths below /services/data/v62.0."""

    sim: SalesforceSim
    clock: SimClock
    ledger: Ledger
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, /, **more: Any) -> Answer:
        """`query` are decoded pairs, `headers` extra headers, in lower case."""
        query = tuple(more.get("query", {}).items())
        headers = {"authorization": f"Bearer {self.token}", **self.headers, **more.get("headers", {})}
        where = path if path.startswith("/services") else f"{DATA}/{path}"
        sent = b"" if body is None else json.dumps(body).encode()
        got = self.sim.handle(Request(method, where, query, headers, sent))
        return Answer(got.status, json.loads(got.body) if got.body else None, dict(got.headers))

    def query(self, soql: str, resource: str = "query") -> Answer:
        return self.send("GET", resource, query={"q": soql})

    def rows(self, soql: str, resource: str = "query") -> list[dict[str, Any]]:
        """The records that a statement finds, without their attributes."""
        answer = self.query(soql, resource)
        assert answer.status == 200, answer.body
        return [{k: v for k, v in r.items() if k != "attributes"} for r in answer.body["records"]]

    def lead(self, **values: Any) -> str:
        """A Lead typed by a person."""
        return self.sim.create("Lead", {"LastName": "Doe", "Company": "Acme", **values})

    def account(self, **values: Any) -> str:
        """An Account typed by a person."""
        return self.sim.create("Account", {"Name": "Acme", **values})

    def contact(self, **values: Any) -> str:
        """A Contact typed by a person."""
        return self.sim.create("Contact", {"LastName": "Doe", **values})

    def opportunity(self, **values: Any) -> str:
        """An Opportunity typed by a person."""
        given = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-12-01", **values}
        return self.sim.create("Opportunity", given)

    def campaign(self, **values: Any) -> str:
        """A Campaign typed by a person."""
        return self.sim.create("Campaign", {"Name": "Fair", **values})

    def post(self, obj: str, /, **values: Any) -> Answer:
        """A record over the API."""
        return self.send("POST", f"sobjects/{obj}", values)

    def patch(self, obj: str, record_id: str, /, **values: Any) -> Answer:
        """A change over the API."""
        return self.send("PATCH", f"sobjects/{obj}/{record_id}", values)

    def one(self, soql: str, resource: str = "query") -> dict[str, Any]:
        """The only record that a statement finds, without its attributes."""
        (found,) = self.rows(soql, resource)
        return found

    def row(self, obj: str, record_id: str) -> dict[str, Any]:
        """A record as the org holds it."""
        return next(r for r in self.sim.state()[obj] if r["Id"] == record_id)

    def key_field(
        self, obj: str = "Lead", name: str = "crmsync_id__c", *, granted: bool = True, **meta: Any
    ) -> Answer:
        """Make our external id field by Tooling and grant it."""
        shape = {"type": "Text", "label": "Key", "length": 100, "externalId": True, "unique": True, **meta}
        made = self.send(
            "POST", "tooling/sobjects/CustomField", {"FullName": f"{obj}.{name}", "Metadata": shape}
        )
        if granted:
            rights = {"PermissionsRead": True, "PermissionsEdit": True}
            body = {
                "ParentId": self.sim.permission_set_id,
                "SobjectType": obj,
                "Field": f"{obj}.{name}",
                **rights,
            }
            assert self.send("POST", "sobjects/FieldPermissions", body).status == 201
        return made


def ask_token(sim: SalesforceSim, secret: str | None = None, **form: str) -> Answer:
    """A client-credentials grant by HTTP Basic."""
    pair = f"{sim.consumer_key}:{sim.consumer_secret if secret is None else secret}"
    headers = {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    body = "&".join(f"{k}={v}" for k, v in (form or {"grant_type": "client_credentials"}).items())
    got = sim.handle(Request("POST", "/services/oauth2/token", (), headers, body.encode()))
    return Answer(got.status, json.loads(got.body), dict(got.headers))


def new_org(**more: Any) -> Org:
    """A fresh org on a frozen clock, with a token."""
    clock, ledger = SimClock(START), Ledger()
    org = Org(SalesforceSim(clock, ledger, **more), clock, ledger)
    org.token = ask_token(org.sim).body["access_token"]
    return org


def people() -> Org:
    """Five Leads a second apart, the last one deleted; Ann and Bea share an Account's country."""
    org = new_org()
    rows: list[dict[str, Any]] = [
        {"FirstName": "Ann", "LastName": "O'Hara", "Email": "ann@one.example", "NumberOfEmployees": 10},
        {"FirstName": "Bea", "LastName": "B_50%", "City": "Köln", "NumberOfEmployees": 20, "DoNotCall": True},
        {"FirstName": "Cyd", "LastName": "Cole", "Email": "cyd@one.example", "LeadSource": "Web"},
        {"LastName": "back\\slash", "LeadSource": "web", "NumberOfEmployees": 5},
        {"LastName": "Gone", "Email": "gone@one.example"},
    ]
    ids = []
    for row in rows:
        ids.append(org.lead(**row))
        org.clock.advance(1)
    org.sim.delete("Lead", ids[4])
    return org
