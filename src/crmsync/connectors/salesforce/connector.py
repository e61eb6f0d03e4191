"""Salesforce behind the Connector protocol: identity, description, owners, and the parts put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from requests.adapters import BaseAdapter

from crmsync.connectors.salesforce.campaigns import lists, members, stages
from crmsync.connectors.salesforce.checks import run_checks
from crmsync.connectors.salesforce.client import Client, Json, Refused
from crmsync.connectors.salesforce.deleted import Purged
from crmsync.connectors.salesforce.describe import KEY, all_seen, described, to18
from crmsync.connectors.salesforce.read import Reader
from crmsync.connectors.salesforce.related import associated
from crmsync.connectors.salesforce.session import SalesforceSettings
from crmsync.connectors.salesforce.setup import set_up
from crmsync.connectors.salesforce.soql import queries, select
from crmsync.connectors.salesforce.write import Writer
from crmsync.errors import FatalError
from crmsync.model.ports import Clock, Connector
from crmsync.model.quota import Quota
from crmsync.model.records import (
    Association,
    Check,
    FieldSpec,
    Identity,
    MemberPage,
    ObjectInfo,
    Owner,
    Page,
    PeopleList,
    Record,
    SetupChange,
    Stage,
    StampPage,
    Version,
    Write,
    WriteResult,
)
from crmsync.model.values import Side


class SalesforceConnector:
    """One Salesforce org, seen as its integration user."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._infos: dict[str, tuple[ObjectInfo, dict[str, str]]] = {}
        self._identity: Identity | None = None
        self._seen: list[frozenset[str] | None] = []
        self._reader = Reader(client, self.describe)
        self._purged = Purged(client)
        self._writer = Writer(client, self._labels)

    @property
    def side(self) -> Side:
        return "salesforce"

    @property
    def calls(self) -> int:
        return self._client.caller.total

    def calls_by_purpose(self) -> dict[str, int]:
        """The calls counted for each purpose."""
        return self._client.caller.by_purpose()

    def quota(self) -> Quota | None:
        return self._client.session.quota

    def resting_until(self) -> datetime | None:
        return self._client.caller.rest.until()

    def ration(self, calls: int | None) -> None:
        self._client.caller.ration(calls)

    @property
    def key_field(self) -> str:
        return KEY

    def identity(self) -> Identity:
        """Org and user from the token's id URL; the org's name by query."""
        if self._identity is None:
            org, user = self._ids()
            rows = self._rows("identity", "SELECT Id, Name FROM Organization")
            self._identity = Identity("salesforce", org, user, str(rows[0]["Name"]) if rows else "")
        return self._identity

    def _ids(self) -> tuple[str, str]:
        """(org id, user id), 18 characters each."""
        token = self._client.token()
        org, _, user = token.identity.partition("/id/")[2].partition("/")
        if not org or not user:
            raise FatalError("Salesforce's token does not say which org and user it is for.")
        return to18(org), to18(user)

    def describe(self, obj: str) -> ObjectInfo:
        """The object as our user sees it; one that they have no access to has no fields and no rights."""
        return self._described(obj)[0]

    def _labels(self, obj: str) -> Mapping[str, str]:
        return self._described(obj)[1]

    def _described(self, obj: str) -> tuple[ObjectInfo, dict[str, str]]:
        if obj not in self._infos:
            if not self._seen:
                self._seen.append(all_seen(self._client, self._ids()[1]))
            seen = self._seen[0]
            try:
                self._infos[obj] = described(self._client, obj, sees_all=seen is None or obj in seen)
            except Refused as refused:
                if refused.code != "NOT_FOUND":
                    raise refused.fatal(f"the description of {obj}") from refused
                self._infos[obj] = ObjectInfo("salesforce", obj, {}, False, False, False), {}
        return self._infos[obj]

    def scan(self, obj: str, fields: Sequence[str], after: str | None) -> Page:
        return self._reader.scan(obj, fields, after)

    def changes(self, objects: Mapping[str, datetime], after: str | None) -> StampPage:
        return self._reader.changes(objects, after)

    def archived(self, obj: str, after: str | None) -> StampPage:
        """What the log of deletions tells."""
        return self._purged.read(obj, self._clock.now())

    def read(self, obj: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        return self._reader.read(obj, ids, fields)

    def find(self, obj: str, by: Mapping[str, Sequence[str]], fields: Sequence[str]) -> list[Record]:
        return self._reader.find(obj, by, fields)

    def write(self, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        return self._writer.write(obj, writes)

    def history(
        self, obj: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, dict[str, tuple[Version, ...]]]:
        """Nothing: a write here has a precondition."""
        return {}

    def fence(self, check: Callable[[], None]) -> None:
        self._client.caller.fence = check

    def batch_size(self, obj: str) -> int:
        return self._writer.size(obj)

    def owners(self, *, queues: bool = False) -> list[Owner]:
        """Users who are people; automated and portal users own nothing that matters here. Queues cost one more query."""
        rows = self._rows("owners", "SELECT Id, Email, Name, IsActive FROM User WHERE UserType = 'Standard'")
        found = [
            Owner(
                "salesforce",
                str(row["Id"]),
                str(row.get("Email") or "").lower(),
                str(row.get("Name") or ""),
                active=bool(row["IsActive"]),
            )
            for row in rows
        ]
        return found + (self._queues() if queues else [])

    def _queues(self) -> list[Owner]:
        """A queue's address is nobody's, so it is left out: owners are matched by address."""
        rows = self._rows("owners", "SELECT Id, Name FROM Group WHERE Type = 'Queue' ORDER BY Id")
        return [Owner("salesforce", str(r["Id"]), "", str(r.get("Name") or ""), queue=True) for r in rows]

    def writer(self, obj: str, id: str, field: str) -> str:
        """Who saved the record last: Salesforce keeps no author of a single field."""
        (text,) = queries(
            select(obj, ("LastModifiedById", "LastModifiedBy.Name")) + "WHERE ", [("Id", to18(id))]
        )
        rows = self._rows("history", text)
        if not rows:
            return ""
        who = str(rows[0].get("LastModifiedById") or "")
        if who == self._ids()[1]:
            return "a flow or trigger that ran on our own save"
        name = str((rows[0].get("LastModifiedBy") or {}).get("Name") or "")
        return f"{name} ({who})" if name else who

    def associated(self, obj: str, to: str, ids: Sequence[str]) -> dict[str, tuple[Association, ...]]:
        return associated(self._client, obj, to, ids)

    def stages(self, obj: str) -> list[Stage]:
        return stages(self._client, obj)

    def lists(self) -> list[PeopleList]:
        return lists(self._client)

    def members(self, list_id: str, after: str | None) -> MemberPage:
        return members(self._client, list_id, after)

    def setup(self, specs: Sequence[FieldSpec], apply: bool) -> list[SetupChange]:
        self.forget()
        try:
            return set_up(self._client, self.describe, specs, lambda: self._ids()[1], apply=apply)
        except Refused as refused:
            raise refused.fatal("the set-up") from refused
        finally:
            if apply:
                self.forget()

    def forget(self) -> None:
        self._infos.clear()
        self._seen.clear()
        self._reader.forget()
        self._writer.forget()

    def checks(self) -> list[Check]:
        return run_checks(self, lambda: self._client.session.usage)

    def close(self) -> None:
        self._client.close()

    def _rows(self, purpose: str, soql: str) -> list[Json]:
        try:
            return self._client.rows(purpose, soql)
        except Refused as refused:
            raise refused.fatal(purpose) from refused


def salesforce_connector(
    settings: SalesforceSettings, clock: Clock, adapter: BaseAdapter | None = None
) -> Connector:
    """A connector for one org. `adapter`, if given, carries every request (in-process simulator).

    Raises ConfigurationError for an unusable address, version or credential.
    """
    return SalesforceConnector(Client(settings, clock, adapter), clock)
