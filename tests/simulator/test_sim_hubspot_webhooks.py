"""The simulated portal's webhooks: what is told, how it is signed and batched, and what happens when nobody listens."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import pytest
from facts import fact
from sim_hubspot_builders import Bench

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.hubspot.webhook_wire import (
    Delivery,
    Loopback,
    Outcome,
    plain,
    signature_v1,
    signature_v3,
)
from crmsync.simulator.server import serve
from crmsync.simulator.wire import Request, Response

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URL = "http://127.0.0.1/hook"
HOUR = 3600.0

Json = dict[str, Any]


@dataclass
class Hook:
    """A portal with a receiver that answers `status` after `seconds`; `calls` are the arrays that it got."""

    bench: Bench = field(default_factory=Bench)
    status: int = 200
    seconds: float = 0.1
    deliveries: list[Delivery] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sim, self.webhooks = self.bench.sim, self.bench.sim.webhooks
        self.webhooks.target(URL, SECRET)

    def carry(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        self.deliveries += deliveries
        self.rounds.append(len(deliveries))
        return [Outcome(self.status, self.seconds)] * len(deliveries)

    def pump(self) -> list[list[Json]]:
        """The calls that a pump makes, decoded."""
        before = len(self.deliveries)
        self.webhooks.pump(self.carry)
        return [orjson.loads(each.body) for each in self.deliveries[before:]]

    def events(self) -> list[Json]:
        return [event for call in self.pump() for event in call]

    def until_given_up(self) -> list[Json]:
        """Pump whenever something is due; (hours since the first try, attempt number) of each call."""
        start, seen = self.bench.clock.now(), []
        while (due := self.webhooks.next_due()) is not None:
            self.bench.clock.set(max(due, self.bench.clock.now()))
            for call in self.pump():
                seen.append(
                    {
                        "after": self.bench.clock.now() - start,
                        "attempt": call[0]["attemptNumber"],
                        "call": call,
                    }
                )
        return seen


def hooked(*types: str, **switches: Any) -> Hook:
    hook = Hook()
    for name, value in switches.items():
        setattr(hook.sim.switches, name, value)
    for each in types:
        kind, _, prop = each.partition(":")
        hook.webhooks.subscribe(kind, prop)
    return hook


# -- what is told -----------------------------------------------------------------------------------------------
@fact("hubspot", "webhooks", "An event of a webhook carries ids as JSON integers.", "doc")
def test_ids_are_integers() -> None:
    hook = hooked("contact.creation")
    id = hook.bench.person("ann")
    (event,) = hook.events()
    assert event["objectId"] == int(id)
    assert event["portalId"] == int(hook.sim.portal_id)
    assert all(type(event[name]) is int for name in ("eventId", "subscriptionId", "appId", "occurredAt"))


@fact("hubspot", "webhooks", "occurredAt is in epoch milliseconds and attemptNumber counts from 0.", "doc")
def test_moments_are_milliseconds() -> None:
    hook = hooked("contact.creation")
    hook.bench.person("ann")
    (event,) = hook.events()
    assert event["occurredAt"] == round(hook.bench.clock.now().timestamp() * 1000)
    assert event["attemptNumber"] == 0


@fact(
    "hubspot",
    "webhooks",
    "A subscription to creations is told of new records of its object type alone.",
    "doc",
)
@pytest.mark.parametrize(
    ("object", "values"),
    [
        ("contacts", {"email": "a@firm.example"}),
        ("companies", {"name": "Firm"}),
        ("deals", {"dealname": "Big"}),
    ],
)
def test_a_creation(object: str, values: Json) -> None:
    singular = {"contacts": "contact", "companies": "company", "deals": "deal"}[object]
    hook = hooked("contact.creation", "company.creation", "deal.creation")
    if object == "deals":
        values = {**values, "pipeline": "default", "dealstage": "appointmentscheduled"}
    id = hook.sim.create(object, values)
    assert [(e["subscriptionType"], e["objectId"]) for e in hook.events()] == [
        (f"{singular}.creation", int(id))
    ]


@fact("hubspot", "webhooks", "The changeFlag of a creation is CREATED in tables and NEW in the signed example.", "assumed", "webhook_creation_flag")  # fmt: skip
@pytest.mark.parametrize("flag", ["CREATED", "NEW"])
def test_the_flag_of_a_creation(flag: str) -> None:
    hook = hooked("contact.creation", webhook_creation_flag=flag)
    hook.bench.person("ann")
    assert hook.events()[0]["changeFlag"] == flag


@fact("hubspot", "webhooks", "Archiving a record fires a deletion.", "doc")
def test_a_deletion() -> None:
    hook = hooked("contact.deletion")
    id = hook.bench.person("ann")
    hook.sim.delete("contacts", id)
    (event,) = hook.events()
    assert (event["objectId"], event["changeFlag"]) == (int(id), "DELETED")


@fact("hubspot", "webhooks", "Restoring an archived record fires a restore event.", "doc")
def test_a_restore() -> None:
    hook = hooked("contact.restore")
    id = hook.bench.person("ann")
    hook.sim.delete("contacts", id)
    hook.sim.restore("contacts", id)
    assert [event["objectId"] for event in hook.events()] == [int(id)]


@fact("hubspot", "webhooks", "A property change names the property and its new value; a subscription is for one property.", "doc")  # fmt: skip
def test_a_property_change() -> None:
    hook = hooked("contact.propertyChange:city")
    id = hook.bench.person("ann")
    hook.sim.edit("contacts", id, {"city": "Ulm", "jobtitle": "CEO"})
    (event,) = hook.events()
    assert (event["objectId"], event["propertyName"], event["propertyValue"]) == (int(id), "city", "Ulm")


def test_a_cleared_property_is_told_as_empty_text() -> None:
    hook = hooked("contact.propertyChange:city")
    id = hook.bench.person("ann", city="Ulm")
    hook.sim.edit("contacts", id, {"city": ""})
    assert [event["propertyValue"] for event in hook.events()] == ["Ulm", ""]


@fact("hubspot", "webhooks", "The first values of a new record are told as property changes too.", "assumed", "webhook_changes_on_create")  # fmt: skip
@pytest.mark.parametrize(("switch", "told"), [(True, ["Ulm"]), (False, [])])
def test_changes_on_create(switch: bool, told: list[str]) -> None:
    hook = hooked("contact.propertyChange:city", webhook_changes_on_create=switch)
    hook.bench.person("ann", city="Ulm")
    assert [event["propertyValue"] for event in hook.events()] == told


@fact(
    "hubspot",
    "webhooks",
    "No property change is told of hs_lastmodifieddate and num_unique_conversion_events.",
    "doc",
)
@pytest.mark.parametrize("name", ["hs_lastmodifieddate", "num_unique_conversion_events"])
def test_properties_that_no_one_is_told_of(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Hook().webhooks.subscribe("contact.propertyChange", name)


@fact("hubspot", "webhooks", "A merge tells the chosen primary, the merged ids, the new record and how much was moved.", "doc")  # fmt: skip
def test_a_merge() -> None:
    hook = hooked("contact.merge")
    winner, loser = hook.bench.person("ann"), hook.bench.person("ben", city="Ulm")
    new = hook.sim.merge("contacts", winner, [loser])
    (event,) = hook.events()
    assert event["primaryObjectId"] == int(winner)
    assert event["mergedObjectIds"] == [int(loser)]
    assert event["newObjectId"] == int(new)
    assert event["numberOfPropertiesMoved"] >= 1


@fact("hubspot", "webhooks", "The objectId of a merge is that of the chosen primary record.", "assumed", "webhook_merge_names_new")  # fmt: skip
@pytest.mark.parametrize("names_new", [False, True])
def test_whom_a_merge_names(names_new: bool) -> None:
    hook = hooked("contact.merge", webhook_merge_names_new=names_new)
    winner, loser = hook.bench.person("ann"), hook.bench.person("ben")
    new = hook.sim.merge("contacts", winner, [loser])
    assert hook.events()[0]["objectId"] == int(new if names_new else winner)


@fact("hubspot", "webhooks", "A privacy deletion also fires a deletion, and either may come first.", "doc")
def test_a_privacy_deletion() -> None:
    hook = hooked("contact.privacyDeletion", "contact.deletion")
    orders = set()
    for n in range(4):
        id = hook.bench.person(f"p{n}")
        if n % 2:
            hook.bench.person(f"other{n}")
        hook.sim.forget(id)
        events = hook.events()
        assert {event["objectId"] for event in events} == {int(id)}
        orders.add(tuple(event["subscriptionType"] for event in events))
    both = ("contact.privacyDeletion", "contact.deletion")
    assert orders == {both, both[::-1]}


def test_who_was_archived_is_not_deleted_again_when_erased() -> None:
    hook = hooked("contact.privacyDeletion", "contact.deletion")
    id = hook.bench.person("ann")
    hook.sim.delete("contacts", id)
    hook.sim.forget(id)
    assert [e["subscriptionType"] for e in hook.events()] == ["contact.deletion", "contact.privacyDeletion"]


def linked(hook: Hook, label: int = 0) -> tuple[int, int]:
    """A contact and a company, linked by the API."""
    person, firm = hook.bench.person("ann"), hook.sim.create("companies", {"name": "Firm"})
    path = f"/crm/v4/objects/contacts/{person}/associations"
    if label:
        types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": label}]
        assert hook.bench.call("PUT", f"{path}/companies/{firm}", types)[0] == 201
    else:
        assert hook.bench.call("PUT", f"{path}/default/companies/{firm}")[0] == 200
    return int(person), int(firm)


@fact("hubspot", "webhooks", "An association change is told on both sides, each from its own end.", "doc")
def test_an_association_has_two_sides() -> None:
    hook = hooked("contact.associationChange", "company.associationChange", first_company_is_primary=False)
    person, firm = linked(hook)
    told = {
        e["associationType"]: (e["fromObjectId"], e["toObjectId"], e["subscriptionType"])
        for e in hook.events()
    }
    assert told == {
        "CONTACT_TO_COMPANY": (person, firm, "contact.associationChange"),
        "COMPANY_TO_CONTACT": (firm, person, "company.associationChange"),
    }


@fact("hubspot", "webhooks", "A primary association is told twice: as itself and as the default one that comes with it.", "doc")  # fmt: skip
def test_a_primary_association_is_two_events() -> None:
    hook = hooked("contact.associationChange", first_company_is_primary=False)
    linked(hook, label=1)
    assert sorted(event["isPrimaryAssociation"] for event in hook.events()) == [False, True]


@fact(
    "hubspot",
    "webhooks",
    "Ending an association is told as an association change with associationRemoved.",
    "doc",
)
def test_an_association_that_ends() -> None:
    hook = hooked("contact.associationChange", first_company_is_primary=False)
    person, firm = linked(hook)
    hook.events()
    hook.bench.call("DELETE", f"/crm/v4/objects/contacts/{person}/associations/companies/{firm}")
    assert [(e["associationRemoved"], e["toObjectId"]) for e in hook.events()] == [(True, firm)]


def test_an_association_that_was_there_is_not_told_again() -> None:
    hook = hooked("contact.associationChange")
    person, firm = linked(hook)
    hook.events()
    hook.bench.call("PUT", f"/crm/v4/objects/contacts/{person}/associations/default/companies/{firm}")
    assert hook.events() == []


@fact("hubspot", "webhooks", "The newer object.* types come with an objectTypeId such as 0-1.", "doc")
def test_object_types() -> None:
    hook = Hook()
    hook.webhooks.subscribe("object.creation", object_type_id="0-2")
    hook.bench.person("ann")
    hook.sim.create("companies", {"name": "Firm"})
    assert [(e["subscriptionType"], e["objectTypeId"]) for e in hook.events()] == [("object.creation", "0-2")]


@fact("hubspot", "webhooks", "Real events name their type subscriptionType while the documentation's tables say eventType.", "seen", "webhook_type_field")  # fmt: skip
@pytest.mark.parametrize(
    ("name", "other"), [("subscriptionType", "eventType"), ("eventType", "subscriptionType")]
)
def test_the_name_of_the_type(name: str, other: str) -> None:
    hook = hooked("contact.creation", webhook_type_field=name)
    hook.bench.person("ann")
    (event,) = hook.events()
    assert event[name] == "contact.creation"
    assert other not in event


def test_a_write_that_changes_nothing_tells_nothing() -> None:
    hook = hooked("contact.propertyChange:city", "contact.creation")
    id = hook.bench.person("ann", city="Ulm")
    hook.events()
    hook.sim.edit("contacts", id, {"city": "Ulm"})
    assert hook.events() == []


def test_changes_by_the_api_by_people_and_by_the_vendor_name_their_source() -> None:
    hook = hooked("contact.creation", "contact.propertyChange:lifecyclestage")
    hook.bench.call("POST", "/crm/v3/objects/contacts", {"properties": {"email": "a@firm.example"}})
    hook.bench.person("ben", lifecyclestage="customer")
    sources = {(event["subscriptionType"], event["changeSource"]) for event in hook.events()}
    assert sources == {
        ("contact.creation", "INTEGRATION"),
        ("contact.propertyChange", "AUTOMATION_PLATFORM"),
        ("contact.creation", "CRM_UI"),
        ("contact.propertyChange", "CRM_UI"),
    }


@pytest.mark.parametrize(
    ("type", "property", "object_type_id"),
    [
        ("contact.sneeze", "", ""),
        ("butterfly.creation", "", ""),
        ("contact.propertyChange", "", ""),
        ("contact.creation", "city", ""),
        ("object.creation", "", ""),
        ("contact.creation", "", "0-1"),
        ("company.privacyDeletion", "", ""),
    ],
)
def test_subscriptions_that_hubspot_does_not_have_are_refused(
    type: str, property: str, object_type_id: str
) -> None:
    with pytest.raises(ValueError, match=r"exist|subscription type|takes an object type id|property"):
        Hook().webhooks.subscribe(type, property, object_type_id)


@fact("hubspot", "webhooks", "An app has at most 1,000 webhook subscriptions.", "doc")
def test_too_many_subscriptions() -> None:
    hook = Hook()
    for n in range(1000):
        hook.webhooks.subscribe("contact.propertyChange", f"p{n}")
    with pytest.raises(ValueError, match="1000"):
        hook.webhooks.subscribe("contact.creation")


def test_nothing_is_told_of_before_the_subscription_or_after_its_end() -> None:
    hook = Hook()
    hook.bench.person("ann")
    id = hook.webhooks.subscribe("contact.creation")
    ben = hook.bench.person("ben")
    hook.webhooks.unsubscribe(id)
    hook.bench.person("cid")
    assert [event["objectId"] for event in hook.events()] == [int(ben)]


# -- calls ------------------------------------------------------------------------------------------------------
@fact("hubspot", "webhooks", "A webhook call is a POST of a JSON array with at most 100 events.", "doc")
def test_batches() -> None:
    hook = hooked("contact.creation")
    for n in range(250):
        hook.bench.person(f"p{n}")
    assert [len(call) for call in hook.pump()] == [100, 100, 50]


@fact("hubspot", "webhooks", "At most ten webhook calls are under way at the same time.", "doc")
def test_ten_at_once() -> None:
    hook = hooked("contact.creation")
    for n in range(1250):
        hook.bench.person(f"p{n}")
    hook.pump()
    assert hook.rounds == [10, 3]


@fact("hubspot", "webhooks", "A change of the webhook settings may take up to five minutes to be known.", "doc", "webhook_settings_lag_s")  # fmt: skip
def test_settings_are_cached() -> None:
    hook = hooked(webhook_settings_lag_s=300.0)
    hook.webhooks.subscribe("contact.creation")
    hook.bench.person("ann")
    hook.bench.clock.advance(299)
    hook.bench.person("ben")
    hook.bench.clock.advance(1)
    cid = hook.bench.person("cid")
    assert [event["objectId"] for event in hook.events()] == [int(cid)]


def test_a_new_target_is_known_as_late_as_a_new_subscription() -> None:
    hook = hooked("contact.creation", webhook_settings_lag_s=60.0)
    hook.bench.clock.advance(60)
    hook.webhooks.target("http://127.0.0.1/other", SECRET)
    hook.bench.person("ann")
    hook.pump()
    hook.bench.clock.advance(60)
    hook.bench.person("ben")
    hook.pump()
    assert [each.url for each in hook.deliveries] == [URL, "http://127.0.0.1/other"]


def test_without_a_target_events_wait() -> None:
    sim = Bench().sim
    sim.webhooks.subscribe("contact.creation")
    sim.create("contacts", {"email": "ann@firm.example"})
    assert sim.webhooks.pump(lambda deliveries: []) == 0
    assert sim.webhooks.waiting == 1


# -- when it fails ----------------------------------------------------------------------------------------------
@fact("hubspot", "webhooks", "Any 4xx or 5xx, no connection, or more than five seconds is a failure that is retried.", "doc")  # fmt: skip
@pytest.mark.parametrize(
    ("status", "seconds", "retried"),
    [(200, 0.1, 0), (204, 5.0, 0), (200, 5.1, 1), (400, 0.1, 1), (404, 0.1, 1), (500, 0.1, 1), (0, 0.1, 1)],
)
def test_what_is_a_failure(status: int, seconds: float, retried: int) -> None:
    hook = hooked("contact.creation")
    hook.status, hook.seconds = status, seconds
    hook.bench.person("ann")
    hook.pump()
    assert hook.webhooks.waiting == retried


@fact(
    "hubspot",
    "webhooks",
    "A failed webhook call is tried again up to ten times, and attemptNumber counts them.",
    "doc",
)
def test_ten_retries() -> None:
    hook = hooked("contact.creation")
    hook.status = 500
    hook.bench.person("ann")
    seen = hook.until_given_up()
    assert [each["attempt"] for each in seen] == list(range(11))
    assert hook.webhooks.given_up == 1


@fact("hubspot", "webhooks", "The retries of a webhook call are spread over 24 hours.", "doc")
def test_retries_fill_a_day() -> None:
    hook = hooked("contact.creation")
    hook.status = 500
    hook.bench.person("ann")
    seen = hook.until_given_up()
    assert timedelta(hours=18) < seen[-1]["after"] <= timedelta(hours=24)


@fact("hubspot", "webhooks", "The waits before retries are varied by chance.", "doc")
def test_retries_have_jitter() -> None:
    hook = hooked("contact.creation")
    hook.status = 500
    waits = set()
    for name in ("ann", "ben", "cid"):
        start = hook.bench.clock.now()
        hook.bench.person(name)
        hook.pump()
        due = hook.webhooks.next_due()
        assert due is not None
        waits.add(due - start)
        hook.until_given_up()
    assert len(waits) == 3


def test_a_receiver_that_comes_back_gets_everything_once() -> None:
    hook = hooked("contact.creation")
    hook.status = 503
    id = hook.bench.person("ann")
    hook.pump()
    hook.status = 200
    (again,) = hook.until_given_up()
    assert [event["objectId"] for event in again["call"]] == [int(id)]
    assert hook.webhooks.waiting == 0
    assert hook.webhooks.given_up == 0


@fact("hubspot", "webhooks", "Events may come twice.", "doc", "webhook_double_share")
@pytest.mark.parametrize(("share", "times"), [(0.0, 1), (1.0, 2)])
def test_doubles(share: float, times: int) -> None:
    hook = hooked("contact.creation", webhook_double_share=share)
    hook.bench.person("ann")
    calls = hook.pump()
    assert len(calls) == times
    assert all(call == calls[0] for call in calls)


@fact(
    "hubspot",
    "webhooks",
    "Events come in no particular order; occurredAt says when.",
    "doc",
    "webhook_shuffle",
)
@pytest.mark.parametrize("shuffled", [False, True])
def test_disorder(shuffled: bool) -> None:
    hook = hooked("contact.creation", webhook_shuffle=shuffled)
    for n in range(30):
        hook.bench.clock.advance(1)
        hook.bench.person(f"p{n}")
    moments = [event["occurredAt"] for event in hook.events()]
    assert (moments == sorted(moments)) is not shuffled
    assert len(set(moments)) == 30


@fact("hubspot", "webhooks", "The eventId of an event is not unique.", "doc", "webhook_repeat_event_ids")
@pytest.mark.parametrize("repeat", [False, True])
def test_event_ids(repeat: bool) -> None:
    hook = hooked("contact.creation", webhook_repeat_event_ids=repeat)
    for n in range(20):
        hook.bench.person(f"p{n}")
    ids = [event["eventId"] for event in hook.events()]
    assert (len(set(ids)) == 20) is not repeat


def test_the_same_seed_sends_the_same_bytes() -> None:
    def bodies() -> list[bytes]:
        hook = hooked("contact.creation", webhook_shuffle=True, webhook_double_share=0.5)
        for n in range(40):
            hook.bench.person(f"p{n}")
        hook.pump()
        return [each.body for each in hook.deliveries]

    assert bodies() == bodies()


def test_sending_changes_nothing_in_the_portal() -> None:
    plain_one, hook = Bench(), hooked("contact.creation", "contact.propertyChange:city")
    for bench in (plain_one, hook.bench):
        for name in ("ann", "ben"):
            bench.person(name)
    hook.pump()
    assert plain_one.sim.state() == hook.sim.state()
    assert [e.as_json() for e in plain_one.ledger.entries] == [e.as_json() for e in hook.bench.ledger.entries]


# -- signatures -------------------------------------------------------------------------------------------------
EVENT = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",'
    b'"changeFlag":"NEW","appId":54321}]'
)


@fact("hubspot", "webhooks", "X-HubSpot-Signature (v1) is the hexadecimal SHA-256 of secret and body.", "doc")
def test_signature_v1() -> None:
    assert signature_v1(SECRET, EVENT) == "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"


@fact("hubspot", "webhooks", "X-HubSpot-Signature-v3 is the base64 HMAC-SHA-256 of method, URI, body and timestamp.", "doc")  # fmt: skip
def test_signature_v3() -> None:
    signed = signature_v3(SECRET, "POST", "https://example.com/hook", b"[]", "1700000000000")
    assert signed == "iDJfZfwNamvrc7FOsyC5Tr524QiZiGX8r6NHqZN/ZHE="


@fact("hubspot", "webhooks", "Twelve escapes of a URI are decoded before it is signed, and no others.", "doc")
def test_the_uri_that_is_signed() -> None:
    assert (
        plain("/a%3Ab%2fc%3F%40%21%24%27%28%29%2A%2C%3B?q=%20%2B%26%25") == "/a:b/c?@!$'()*,;?q=%20%2B%26%25"
    )


@fact("hubspot", "webhooks", "The timestamp header is in milliseconds and is part of what v3 signs.", "doc")
def test_the_timestamp_header() -> None:
    hook = hooked("contact.creation")
    hook.bench.person("ann")
    hook.pump()
    (sent,) = hook.deliveries
    stamp = sent.headers["x-hubspot-request-timestamp"]
    assert stamp == str(round(hook.bench.clock.now().timestamp() * 1000))
    assert sent.headers["x-hubspot-signature-v3"] == signature_v3(SECRET, "POST", URL, sent.body, stamp)
    assert sent.headers["x-hubspot-signature"] == signature_v1(SECRET, sent.body)


def test_a_retry_is_signed_anew() -> None:
    hook = hooked("contact.creation")
    hook.status = 500
    hook.bench.person("ann")
    hook.until_given_up()
    assert len({each.headers["x-hubspot-signature-v3"] for each in hook.deliveries}) == 11


# -- over HTTP --------------------------------------------------------------------------------------------------
@dataclass
class Receiver:
    side: str = "receiver"
    status: int = 200
    got: list[Request] = field(default_factory=list)
    some: threading.Event = field(default_factory=threading.Event)

    def handle(self, request: Request) -> Response:
        self.got.append(request)
        self.some.set()
        return Response(self.status)


@contextmanager
def received(receiver: Receiver) -> Iterator[str]:
    server = serve(receiver)
    try:
        yield f"{server.url}/hook"
    finally:
        server.close()


def test_a_served_cluster_delivers_by_itself() -> None:
    receiver, cluster = Receiver(), Cluster()
    with received(receiver) as url:
        cluster.hubspot.webhooks.subscribe("contact.creation")
        cluster.hubspot.webhooks.target(url, SECRET)
        cluster.serve()
        try:
            cluster.hubspot.create("contacts", {"email": "ann@firm.example"})
            assert receiver.some.wait(5)
        finally:
            cluster.close()
    (request,) = receiver.got
    assert (request.method, request.path) == ("POST", "/hook")
    stamp = request.headers["x-hubspot-request-timestamp"]
    assert request.headers["x-hubspot-signature-v3"] == signature_v3(SECRET, "POST", url, request.body, stamp)


def test_the_loopback_transport_tells_what_came_of_each_call() -> None:
    receiver, transport = Receiver(status=418), Loopback(2)
    with received(receiver) as url:
        there = Delivery(url, b"[]", {})
    try:
        nowhere = transport([there])
        with received(receiver) as url:
            answered = transport([Delivery(url, b"[]", {})])
    finally:
        transport.close()
    assert [each.status for each in (*nowhere, *answered)] == [0, 418]


def test_the_loopback_transport_sends_to_this_machine_only() -> None:
    transport = Loopback(1)
    try:
        with pytest.raises(ValueError, match=r"hook\.example"):
            transport([Delivery("https://hook.example/x", b"[]", {})])
    finally:
        transport.close()
