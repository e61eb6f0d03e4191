"""The simulated webhooks journal: who may read it, where it begins and ends, and how long it remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import orjson
import pytest
from facts import fact
from sim_hubspot_builders import Bench

from crmsync.simulator.hubspot.scopes import APPLICATION
from crmsync.simulator.wire import Request

JOURNAL = "/webhooks-journal/journal/2026-03"
SUBSCRIPTIONS = "/webhooks-journal/subscriptions/2026-03"
DAY = 86_400.0


@dataclass
class Reader:
    """An app with a token of its own, and what it asks the journal for."""

    bench: Bench = field(default_factory=Bench)

    def __post_init__(self) -> None:
        self.sim = self.bench.sim
        self.app = self.sim.install_app()
        self.token = self.own_token(APPLICATION)

    def own_token(self, scopes: frozenset[str]) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "scope": " ".join(sorted(scopes)),
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        sent = Request("POST", "/oauth/2026-09/token", (), headers, urlencode(form).encode())
        return str(orjson.loads(self.sim.handle(sent).body)["access_token"])

    def later(self, seconds: float) -> None:
        """Time passes; the app gets a new token."""
        self.bench.clock.advance(seconds)
        self.token = self.own_token(APPLICATION)

    def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None, **query: str
    ) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {token or self.token}"}
        data = b"" if body is None else orjson.dumps(body)
        reply = self.sim.handle(Request(method, path, tuple(query.items()), headers, data))
        return reply.status, orjson.loads(reply.body) if reply.body else None

    def get(self, rest: str, **query: str) -> tuple[int, Any]:
        return self.ask("GET", f"{JOURNAL}/{rest}", **query)

    def subscribe(self, *actions: str, **more: Any) -> tuple[int, Any]:
        body = {
            "subscriptionType": "OBJECT",
            "portalId": int(self.sim.portal_id),
            "objectTypeId": "0-1",
            "actions": list(actions) or ["CREATE"],
            **more,
        }
        return self.ask("POST", SUBSCRIPTIONS, body)

    def file(self, url: str) -> tuple[int, Any]:
        """The file at an address, asked for without a token."""
        parts = urlsplit(url)
        reply = self.sim.handle(Request("GET", parts.path, tuple(parse_qsl(parts.query)), {}, b""))
        return reply.status, orjson.loads(reply.body)

    def walk(self) -> list[Any]:
        """All entries' events, from the earliest to the end."""
        found, (status, place) = [], self.get("earliest")
        while status == 200:
            found += self.file(place["url"])[1]
            status, place = self.get(f"offset/{place['currentOffset']}/next")
        return found


def subscribed(*actions: str, **more: Any) -> Reader:
    reader = Reader()
    assert reader.subscribe(*actions, **more)[0] == 200
    return reader


@fact("hubspot", "journal", "The journal is read with a client-credentials token that has developer.webhooks_journal.read.", "doc")  # fmt: skip
def test_an_app_reads_in_its_own_name() -> None:
    reader = subscribed()
    reader.bench.person("ann")
    assert reader.get("earliest")[0] == 200
    for token in (
        reader.sim.access_token,
        reader.own_token(APPLICATION - {"developer.webhooks_journal.read"}),
    ):
        assert reader.ask("GET", f"{JOURNAL}/earliest", token=token)[0] == 403


@fact(
    "hubspot",
    "journal",
    "An entry of the journal is told as url, expiresAt and a currentOffset that is a UUID.",
    "doc",
)
def test_an_entry_is_told_by_its_place() -> None:
    reader = subscribed()
    reader.bench.person("ann")
    status, place = reader.get("earliest")
    assert status == 200
    assert set(place) == {"url", "expiresAt", "currentOffset"}
    assert str(UUID(place["currentOffset"])) == place["currentOffset"]


@fact(
    "hubspot",
    "journal",
    "The next entry is asked for by the offset of the one before, in the order of time.",
    "doc",
)
def test_walking_by_offsets() -> None:
    reader = subscribed()
    ids = [int(reader.bench.person(name)) for name in ("ann", "ben", "cid")]
    assert [event["objectId"] for event in reader.walk()] == ids


@fact("hubspot", "journal", "The journal also opens at its latest entry.", "doc")
def test_the_latest_entry() -> None:
    reader = subscribed()
    for name in ("ann", "ben"):
        last = int(reader.bench.person(name))
    _, place = reader.get("latest")
    assert [event["objectId"] for event in reader.file(place["url"])[1]] == [last]


@fact(
    "hubspot",
    "journal",
    "Several entries are fetched in one batch, from either end or after an offset.",
    "doc",
)
def test_batches_of_entries() -> None:
    reader = subscribed()
    for n in range(5):
        reader.bench.person(f"p{n}")
    offsets = [each["currentOffset"] for each in reader.get("batch/earliest/9")[1]["results"]]
    assert len(offsets) == 5
    for rest, wanted in (
        ("batch/earliest/2", offsets[:2]),
        ("batch/latest/2", offsets[-2:]),
        (f"batch/{offsets[1]}/next/2", offsets[2:4]),
        (f"batch/{offsets[4]}/next/2", []),
    ):
        assert [each["currentOffset"] for each in reader.get(rest)[1]["results"]] == wanted


@fact("hubspot", "journal", "Entries are kept for three days.", "doc")
def test_entries_are_forgotten() -> None:
    reader = subscribed()
    reader.bench.person("ann")
    reader.bench.clock.advance(2 * DAY)
    ben = int(reader.bench.person("ben"))
    reader.later(DAY + 1)
    assert [event["objectId"] for event in reader.walk()] == [ben]


@fact("hubspot", "journal", "An offset that has expired or never was is 404.", "doc")
def test_offsets_that_are_gone() -> None:
    reader = subscribed()
    reader.bench.person("ann")
    _, place = reader.get("earliest")
    assert reader.get("offset/00000000-0000-4000-8000-000000000000/next")[0] == 404
    reader.later(3 * DAY + 1)
    assert reader.get(f"offset/{place['currentOffset']}/next")[0] == 404


@fact(
    "hubspot",
    "journal",
    "Where the journal has nothing more it answers 204.",
    "assumed",
    "journal_end_status",
)
@pytest.mark.parametrize("status", [204, 404])
def test_the_end(status: int) -> None:
    reader = subscribed()
    reader.sim.switches.journal_end_status = status
    assert reader.get("earliest")[0] == status
    reader.bench.person("ann")
    _, place = reader.get("latest")
    assert reader.get(f"offset/{place['currentOffset']}/next")[0] == status


@fact(
    "hubspot",
    "journal",
    "What stands in the file of a journal entry is not documented.",
    "assumed",
    "journal_file",
)
@pytest.mark.parametrize(("form", "status"), [("events", 200), ("refused", 404)])
def test_the_file(form: str, status: int) -> None:
    reader = subscribed()
    reader.sim.switches.journal_file = form
    reader.bench.person("ann")
    assert reader.file(reader.get("earliest")[1]["url"])[0] == status


def test_the_address_of_a_file_expires() -> None:
    reader = subscribed()
    reader.bench.person("ann")
    _, place = reader.get("earliest")
    assert reader.file(place["url"])[0] == 200
    reader.bench.clock.advance(3601)
    assert reader.file(place["url"])[0] == 403


@fact("hubspot", "journal", "The local journal is the same for one account, told by installPortalId.", "doc")
def test_the_local_journal() -> None:
    reader = subscribed()
    reader.bench.person("ann")
    local = "/webhooks-journal/journal-local/2026-03/earliest"
    here = reader.ask("GET", local, installPortalId=reader.sim.portal_id)
    assert here[0] == 200
    assert reader.ask("GET", local, installPortalId="1")[0] == 204


@fact("hubspot", "journal", "A subscription names its type, portal, object type and actions, and comes back with an id.", "doc")  # fmt: skip
def test_a_subscription() -> None:
    reader = Reader()
    status, made = reader.subscribe("CREATE", "UPDATE", properties=["city"])
    assert status == 200
    assert (made["subscriptionType"], made["objectTypeId"], made["actions"]) == (
        "OBJECT",
        "0-1",
        ["CREATE", "UPDATE"],
    )
    assert reader.ask("GET", SUBSCRIPTIONS)[1]["results"] == [made]
    assert reader.ask("GET", f"{SUBSCRIPTIONS}/{made['id']}") == (200, made)


@fact("hubspot", "journal", "Subscriptions are removed by their id.", "doc")
def test_the_end_of_a_subscription() -> None:
    reader = Reader()
    _, made = reader.subscribe()
    ann = int(reader.bench.person("ann"))
    assert reader.ask("DELETE", f"{SUBSCRIPTIONS}/{made['id']}")[0] == 204
    reader.bench.person("ben")
    assert [event["objectId"] for event in reader.walk()] == [ann]
    assert reader.ask("GET", f"{SUBSCRIPTIONS}/{made['id']}")[0] == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"subscriptionType": "BUTTERFLY"},
        {"subscriptionType": "LIST_MEMBERSHIP"},
        {"actions": ["SNEEZE"]},
        {"actions": ["ASSOCIATION_ADDED"]},
        {"actions": []},
        {"portalId": 1},
        {"objectTypeId": "0-99"},
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    assert Reader().subscribe(**wrong)[0] == 400


@fact("hubspot", "journal", "An object subscription gets creations, updates, deletions, merges and restores as it asks.", "doc")  # fmt: skip
def test_actions() -> None:
    reader = subscribed("CREATE", "UPDATE", "DELETE", "MERGE", "RESTORE", properties=["city"])
    ann, ben = reader.bench.person("ann"), reader.bench.person("ben")
    reader.sim.edit("contacts", ann, {"city": "Ulm", "jobtitle": "CEO"})
    both = reader.sim.merge("contacts", ann, [ben])
    reader.sim.delete("contacts", both)
    reader.sim.restore("contacts", both)
    actions = ["CREATE", "CREATE", "UPDATE", "MERGE", "DELETE", "RESTORE"]
    assert [event["action"] for event in reader.walk()] == actions


@fact("hubspot", "journal", "A subscription may be for some records only.", "doc")
def test_some_records_only() -> None:
    reader = Reader()
    ann, ben = reader.bench.person("ann"), reader.bench.person("ben")
    reader.subscribe("UPDATE", objectIds=[int(ben)])
    for id in (ann, ben):
        reader.sim.edit("contacts", id, {"city": "Ulm"})
    assert [event["objectId"] for event in reader.walk()] == [int(ben)]


@fact(
    "hubspot",
    "journal",
    "Associations that come and go are told to subscriptions of the type ASSOCIATION.",
    "doc",
)
def test_associations() -> None:
    reader = Reader()
    reader.sim.switches.first_company_is_primary = False
    reader.subscribe("ASSOCIATION_ADDED", "ASSOCIATION_REMOVED", subscriptionType="ASSOCIATION")
    ann, firm = reader.bench.person("ann"), reader.sim.create("companies", {"name": "Firm"})
    path = f"/crm/v4/objects/contacts/{ann}/associations"
    reader.bench.call("PUT", f"{path}/default/companies/{firm}")
    reader.bench.call("DELETE", f"{path}/companies/{firm}")
    assert [event["action"] for event in reader.walk()] == ["ASSOCIATION_ADDED", "ASSOCIATION_REMOVED"]


@fact(
    "hubspot",
    "journal",
    "Privacy deletions are told to subscriptions of the type GDPR_PRIVACY_DELETION.",
    "doc",
)
def test_privacy_deletions() -> None:
    reader = Reader()
    reader.subscribe("GDPR_DELETE", subscriptionType="GDPR_PRIVACY_DELETION", objectTypeId="")
    ann = reader.bench.person("ann")
    reader.sim.forget(ann)
    assert [(event["action"], event["objectId"]) for event in reader.walk()] == [("GDPR_DELETE", int(ann))]


@fact("hubspot", "journal", "Reading the journal does not count towards the daily limit.", "doc")
def test_the_journal_is_free() -> None:
    reader = subscribed()
    reader.sim.switches.daily_limit = 0
    assert reader.get("earliest")[0] == 204


def test_what_the_journal_does_not_do_is_refused() -> None:
    reader = subscribed()
    for method, path in (
        ("POST", "/webhooks-journal/snapshots/2026-03/crm"),
        ("GET", "/webhooks-journal/journal/2026-09/earliest"),
        ("GET", "/webhooks-journal/journal/v3/earliest"),
    ):
        assert reader.ask(method, path)[0] == 404
    assert reader.get("batch/earliest/none")[0] == 400


def test_the_same_seed_gives_the_same_offsets() -> None:
    def offsets() -> list[str]:
        reader = subscribed()
        for name in ("ann", "ben"):
            reader.bench.person(name)
        return [each["currentOffset"] for each in reader.get("batch/earliest/9")[1]["results"]]

    assert offsets() == offsets()
