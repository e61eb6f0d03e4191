"""Webhook calls of HubSpot: which are genuine, and what they say. The simulated portal sends some of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from crmsync.connectors.hubspot.webhooks import Kind, Notice, Unreadable, parse, verify
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.hubspot.webhook_wire import Delivery, Outcome

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
NOW = datetime.fromtimestamp(1_700_000_000, UTC)
GOOD: dict[str, Any] = {
    "secret": SECRET,
    "method": "POST",
    "uri": "https://example.com/hook",
    "body": b"[]",
    "timestamp": "1700000000000",
    "signature": "iDJfZfwNamvrc7FOsyC5Tr524QiZiGX8r6NHqZN/ZHE=",
    "now": NOW,
}
V1 = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"
V2 = "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"


# -- signatures ------------------------------------------------------------------------------------------------
def test_the_published_vector_is_genuine() -> None:
    assert verify(**GOOD)


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "other"},
        {"secret": ""},
        {"method": "PUT"},
        {"uri": "https://example.com/hook2"},
        {"uri": "http://example.com/hook"},
        {"body": b"[ ]"},
        {"timestamp": "1700000000001"},
        {"timestamp": ""},
        {"timestamp": "soon"},
        {"timestamp": "-1"},
        {"timestamp": "１７００００００００００"},
        {"timestamp": "9" * 40},
        {"signature": ""},
        {"signature": "ü"},
        {"signature": GOOD["signature"].lower()},
        {"signature": V1},
        {"signature": V2},
    ],
)
def test_a_call_that_differs_in_anything_is_not(wrong: dict[str, Any]) -> None:
    assert not verify(**{**GOOD, **wrong})


@pytest.mark.parametrize(("seconds", "genuine"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_the_timestamp_may_be_five_minutes_off_to_either_side(seconds: int, genuine: bool) -> None:
    assert verify(**{**GOOD, "now": NOW + timedelta(seconds=seconds)}) is genuine


@pytest.mark.parametrize("uri", ["https%3A%2F%2Fexample.com%2Fhook", "https:%2f%2fexample.com/hook"])
def test_escapes_that_hubspot_undoes_are_undone(uri: str) -> None:
    assert verify(**{**GOOD, "uri": uri})


@pytest.mark.parametrize("escape", ["%20", "%2B", "%25", "%26", "%3D", "%23", "%68"])
def test_other_escapes_stay(escape: str) -> None:
    assert not verify(**{**GOOD, "uri": f"https://example.com/{escape}ook"})


def test_the_method_is_upper_case_whatever_the_server_says() -> None:
    assert verify(**{**GOOD, "method": "post"})


# -- events ----------------------------------------------------------------------------------------------------
def event(type: str, **more: Any) -> dict[str, Any]:
    common = {"eventId": 1, "portalId": 62515, "occurredAt": 1_564_113_600_000, "attemptNumber": 0}
    return {**common, "subscriptionType": type, "objectId": 123, **more}


def one(told: dict[str, Any]) -> Notice:
    (notice,) = parse(orjson.dumps([told])).found
    return notice


def test_an_event_names_object_record_kind_moment_and_portal() -> None:
    when = datetime(2019, 7, 26, 4, 0, tzinfo=UTC)
    assert one(event("contact.creation")) == Notice("contacts", "123", Kind.CREATED, when, "62515")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    ("prefix", "object"), [("contact", "contacts"), ("company", "companies"), ("deal", "deals")]
)
def test_every_kind_of_every_object_is_known(prefix: str, object: str, kind: Kind) -> None:
    notice = one(event(f"{prefix}.{kind}"))
    assert (notice.object, notice.id, notice.kind) == (object, "123", kind)


@pytest.mark.parametrize(("type_id", "object"), [("0-1", "contacts"), ("0-2", "companies"), ("0-3", "deals")])
def test_the_newer_types_say_the_object_by_its_id(type_id: str, object: str) -> None:
    assert one(event("object.creation", objectTypeId=type_id)).object == object


def test_the_type_may_stand_under_its_other_name() -> None:
    told = event("contact.deletion")
    told["eventType"] = told.pop("subscriptionType")
    assert one(told).kind is Kind.DELETED


def test_ids_may_be_numbers_or_text() -> None:
    assert one(event("contact.creation", objectId="987654321098")).id == "987654321098"


def test_a_change_names_its_property_and_never_its_value() -> None:
    notice = one(event("contact.propertyChange", propertyName="city", propertyValue="Ulm"))
    assert notice.property == "city"
    assert "Ulm" not in repr(notice)


@pytest.mark.parametrize(
    ("told", "id", "others"),
    [
        ({"primaryObjectId": 1, "mergedObjectIds": [2, 3], "newObjectId": 9, "objectId": 1}, "9", ("1", "2", "3")),
        ({"primaryObjectId": 1, "mergedObjectIds": [2], "newObjectId": 9, "objectId": 9}, "9", ("1", "2")),
        ({"primaryObjectId": 1, "mergedObjectIds": [2]}, "1", ("2", "123")),
        ({"primaryObjectId": 1, "mergedObjectIds": "2", "newObjectId": 9, "objectId": None}, "9", ("1",)),
        ({}, "123", ()),
    ],
)  # fmt: skip
def test_a_merge_names_the_survivor_and_all_it_absorbed(
    told: dict[str, Any], id: str, others: tuple[str, ...]
) -> None:
    notice = one(event("contact.merge", **told))
    assert (notice.id, notice.others) == (id, others)


@pytest.mark.parametrize(
    ("type", "to"), [("CONTACT_TO_COMPANY", "companies"), ("CONTACT_TO_TICKET", ""), (None, "")]
)
def test_an_association_names_both_ends(type: str | None, to: str) -> None:
    told = event("contact.associationChange", fromObjectId=5, toObjectId=6, associationType=type)
    del told["objectId"]
    notice = one(told)
    assert (notice.id, notice.others, notice.to) == ("5", ("6",), to)


@pytest.mark.parametrize(
    "strange",
    [
        event("ticket.creation"),
        event("contact.sneeze"),
        event("object.creation", objectTypeId="2-1234"),
        event("object.creation"),
        event(""),
        event("contact"),
        event("contact.creation", objectId=None),
        event("contact.creation", objectId=True),
        event("contact.creation", objectId="a' OR 1=1"),
        event("contact.creation", occurredAt="yesterday"),
        event("contact.creation", occurredAt=10**18),
        {},
        "text",
        None,
        [],
    ],
)
def test_what_is_not_ours_is_ignored_and_counted(strange: object) -> None:
    told = parse(orjson.dumps([strange, event("contact.creation")]))
    assert (len(told.found), told.ignored) == (1, 1)


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1}', b"null", b"\xff[]", b'"text"'])
def test_a_body_that_is_no_array_is_a_clear_error(body: bytes) -> None:
    with pytest.raises(Unreadable, match="webhook call is not"):
        parse(body)


def test_an_error_does_not_quote_the_body() -> None:
    with pytest.raises(Unreadable) as caught:
        parse(b'[{"propertyValue": "secret@firm.example"')
    assert "secret@" not in str(caught.value)
    assert caught.value.__cause__ is None


# -- as the simulated portal sends them ------------------------------------------------------------------------
def sent(cluster: Cluster) -> list[Delivery]:
    posts: list[Delivery] = []

    def carry(deliveries: Any) -> list[Outcome]:
        posts.extend(deliveries)
        return [Outcome(200) for _ in deliveries]

    cluster.hubspot.webhooks.pump(carry)
    return posts


def genuine(post: Delivery, now: datetime) -> bool:
    stamp, signature = post.headers["x-hubspot-request-timestamp"], post.headers["x-hubspot-signature-v3"]
    return verify(SECRET, "POST", post.url, post.body, stamp, signature, now)


def test_what_the_portal_sends_is_genuine_and_understood() -> None:
    cluster = Cluster()
    hooks, crm = cluster.hubspot.webhooks, cluster.hubspot
    hooks.target("https://hook.example/a%2Cb?x=%20%40", SECRET)
    for type in ("contact.creation", "contact.deletion", "contact.merge", "contact.restore"):
        hooks.subscribe(type)
    hooks.subscribe("contact.propertyChange", "city")
    hooks.subscribe("object.creation", object_type_id="0-2")
    ann, ben = (crm.create("contacts", {"email": f"{name}@firm.example"}) for name in ("ann", "ben"))
    crm.edit("contacts", ann, {"city": "Ulm"})
    firm = crm.create("companies", {"name": "Firm"})
    both = crm.merge("contacts", ann, [ben])
    crm.delete("contacts", both)
    crm.restore("contacts", both)
    (post,) = sent(cluster)
    assert genuine(post, cluster.clock.now())
    told = parse(post.body)
    assert told.ignored == 0
    assert [(n.object, n.id, n.kind, n.others) for n in told.found] == [
        ("contacts", ann, Kind.CREATED, ()),
        ("contacts", ben, Kind.CREATED, ()),
        ("contacts", ann, Kind.CHANGED, ()),
        ("companies", firm, Kind.CREATED, ()),
        ("contacts", both, Kind.MERGED, (ann, ben)),
        ("contacts", both, Kind.DELETED, ()),
        ("contacts", both, Kind.RESTORED, ()),
    ]


def test_a_call_replayed_later_is_not_genuine() -> None:
    cluster = Cluster()
    cluster.hubspot.webhooks.target("https://hook.example/", SECRET)
    cluster.hubspot.webhooks.subscribe("contact.creation")
    cluster.hubspot.create("contacts", {"email": "ann@firm.example"})
    (post,) = sent(cluster)
    assert genuine(post, cluster.clock.now())
    assert not genuine(post, cluster.clock.advance(301))


@pytest.mark.parametrize("field", ["subscriptionType", "eventType"])
def test_both_names_of_the_type_are_understood_from_the_portal(field: str) -> None:
    cluster = Cluster()
    cluster.hubspot.switches.webhook_type_field = field
    cluster.hubspot.webhooks.target("https://hook.example/", SECRET)
    cluster.hubspot.webhooks.subscribe("contact.creation")
    id = cluster.hubspot.create("contacts", {"email": "ann@firm.example"})
    (post,) = sent(cluster)
    assert [n.id for n in parse(post.body).found] == [id]
