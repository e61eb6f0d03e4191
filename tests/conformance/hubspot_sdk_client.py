"""HubSpot's own new client (hubspot-sdk, an alpha), unmodified: dated paths, most replies judged by its schemas.

Runs in an environment of its own and prints a line of JSON for each check, as checks.mjs does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import conformance_checks as checks
import httpx
from conformance_checks import check
from hubspot_sdk import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    HubSpot,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)

URL = os.environ["SIM_HUBSPOT"]
ADMIN = os.environ["SIM_ADMIN"]


def connect(token: str = "", url: str = URL, retries: int = 2, *, strict: bool = True) -> HubSpot:
    return HubSpot(
        access_token=token or os.environ["SIM_HUBSPOT_TOKEN"],
        base_url=url,
        max_retries=retries,
        _strict_response_validation=strict,
    )


CLIENT = connect()
CRM = CLIENT.crm
RECORDS = connect(
    strict=False
).crm.objects  # the schema knows no unset property, which the documentation shows as null
CONTACTS, COMPANIES = RECORDS.contacts, RECORDS.companies


def mail(who: str) -> str:
    """An address of the check that runs."""
    return f"{who}.{checks.running()}@firm.example"


def person(address: str, **more: str) -> Any:
    return CONTACTS.create(properties={"email": address, **more}, associations=[])


def refused(kind: type[APIStatusError], run: Callable[[], object]) -> Any:
    """The body of the refusal."""
    return checks.refused(kind, run).body


def find(name: str, operator: str, value: str = "", **more: Any) -> Any:
    filters = [{"propertyName": name, "operator": operator, **({"value": value} if value else {})}]
    asked = {"limit": 100, "after": "0", "sorts": [], "properties": ["email"], **more}
    return CONTACTS.search(filter_groups=[{"filters": filters}], **asked)


def arm(fault: dict[str, Any]) -> None:
    httpx.post(f"{ADMIN}/admin/faults", json=fault).raise_for_status()


# -- records ----------------------------------------------------------------------------------------------------
@check
def create_read_update_archive() -> None:
    made = person(mail("ann"), firstname="Ann")
    assert made.properties["email"] == mail("ann")
    assert CONTACTS.get(made.id, properties=["city"]).properties["city"] is None
    assert CONTACTS.update(made.id, properties={"city": "Ulm"}).properties["city"] == "Ulm"
    assert CONTACTS.get(made.id, properties=["city"]).properties["city"] == "Ulm"
    CONTACTS.delete(made.id)
    assert refused(NotFoundError, lambda: CONTACTS.get(made.id))["category"] == "OBJECT_NOT_FOUND"
    assert CONTACTS.get(made.id, archived=True).archived is True


@check
def read_by_email() -> None:
    made = person(mail("a+b"))
    assert CONTACTS.get(mail("a+b"), id_property="email").id == made.id


@check
def read_with_history() -> None:
    made = person(mail("ann"), city="Ulm")
    CONTACTS.update(made.id, properties={"city": "Bonn"})
    shown = CONTACTS.get(made.id, properties_with_history=["city"])
    assert [each.value for each in shown.properties_with_history["city"]] == ["Bonn", "Ulm"]


@check
def the_list_goes_through_every_page() -> None:
    for n in range(7):
        person(mail(f"p{n}"))
    seen = [each.id for each in CONTACTS.list(limit=3)]
    assert len(seen) == len(set(seen)) >= 7
    page = CONTACTS.list(limit=3)
    assert page.has_next_page()


@check
def batch_create_and_read() -> None:
    rows = [{"properties": {"email": mail(f"p{n}")}, "associations": []} for n in range(3)]
    made = CONTACTS.batch.create(inputs=rows)
    assert made.status == "COMPLETE"
    ids = [{"id": each.id} for each in made.results]
    told = CONTACTS.batch.get(inputs=[*ids, {"id": "1"}], properties=["email"], properties_with_history=[])
    assert len(told.results) == 3
    assert (told.model_extra or {})["errors"][0]["context"]["ids"] == ["1"]


@check
def batch_create_in_part() -> None:
    rows = [
        {"properties": {"email": mail("good")}, "associations": [], "objectWriteTraceId": "one"},
        {"properties": {"no_such": "x"}, "associations": [], "objectWriteTraceId": "two"},
    ]
    told = CONTACTS.batch.create(inputs=rows)
    errors = (told.model_extra or {})["errors"]  # 2026-03 declares none
    assert (len(told.results), errors[0]["context"]["objectWriteTraceId"]) == (1, ["two"])


@check
def batch_update_and_archive() -> None:
    ids = [person(mail(who)).id for who in ("ann", "ben")]
    told = CONTACTS.batch.update(inputs=[{"id": id, "properties": {"city": "Ulm"}} for id in ids])
    assert {each.id for each in told.results} == set(ids)
    CONTACTS.batch.delete(inputs=[{"id": id} for id in ids])
    refused(NotFoundError, lambda: CONTACTS.get(ids[0]))


@check
def batch_upsert() -> None:
    person(mail("old"))
    rows = [{"id": m, "idProperty": "email", "properties": {"email": m}} for m in (mail("old"), mail("new"))]
    told = CONTACTS.batch.upsert(inputs=rows)
    assert {each.properties["email"]: each.new for each in told.results} == {
        mail("old"): False,
        mail("new"): True,
    }


@check
def search_by_pages_with_the_short_sort() -> None:
    rows = [{"properties": {"email": mail(f"p{n}"), "jobtitle": "Sdk"}, "associations": []} for n in range(5)]
    CONTACTS.batch.create(inputs=rows)
    seen, after = [], "0"
    while after:
        page = find("jobtitle", "EQ", "Sdk", limit=2, after=after, sorts=["-hs_object_id"])
        seen += [int(each.id) for each in page.results]
        after = page.paging.next.after if page.paging else ""
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == page.total == 5


@check
def merge() -> None:
    winner, loser = person(mail("win")), person(mail("lose"))
    merged = CONTACTS.merge(primary_object_id=winner.id, object_id_to_merge=loser.id)
    assert {CONTACTS.get(each.id).id for each in (winner, loser)} == {merged.id}


@check
def privacy_deletion() -> None:
    made = person(mail("ann"))
    CONTACTS.gdpr_delete(object_id=made.id)
    refused(NotFoundError, lambda: CONTACTS.get(made.id))


@check
def companies() -> None:
    firm = COMPANIES.create(properties={"name": "Sdk Firm", "domain": "sdk.example"}, associations=[])
    assert COMPANIES.update(firm.id, properties={"city": "Ulm"}).properties["city"] == "Ulm"
    COMPANIES.delete(firm.id)
    refused(NotFoundError, lambda: COMPANIES.get(firm.id))


@check
def deals_and_pipelines() -> None:
    pipeline = CRM.pipelines.list("deals").results[0]
    values = {"dealname": "Sdk", "pipeline": pipeline.id, "dealstage": pipeline.stages[0].id}
    deal = RECORDS.deals.create(properties=values, associations=[])
    assert (
        RECORDS.deals.get(deal.id, properties=["dealstage"]).properties["dealstage"] == pipeline.stages[0].id
    )
    assert CRM.pipelines.get(pipeline.id, object_type="deals").label == pipeline.label


# -- associations -----------------------------------------------------------------------------------------------
def pair(address: str) -> tuple[str, str]:
    firm = COMPANIES.create(properties={"name": "Linked"}, associations=[])
    return person(address).id, firm.id


@check
def associations() -> None:
    made, firm = pair(mail("ann"))
    ends = {"from_object_type": "contacts", "from_object_id": made, "to_object_type": "companies"}
    assert CRM.associations.create(firm, **ends).status == "COMPLETE"
    near = {"object_type": "contacts", "object_id": made}
    page = CRM.associations.list("companies", **near)
    assert [str(each.to_object_id) for each in page.results] == [firm]
    CRM.associations.delete(firm, to_object_type="companies", **near)
    assert CRM.associations.list("companies", **near).results == []


@check
def labelled_associations() -> None:
    made, firm = pair(mail("ann"))
    body = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    near = {"object_type": "contacts", "object_id": made}
    told = CRM.associations.update_labels(firm, to_object_type="companies", **near, body=body)
    assert str(told.to_object_id) == firm
    (found,) = CRM.associations.list("companies", **near).results
    assert {each.type_id for each in found.association_types} == {1, 279}


@check
def associations_in_batches() -> None:
    made, firm = pair(mail("ann"))
    batch = CRM.associations.batch
    ends = {"from_object_type": "contacts", "to_object_type": "companies"}
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
    one = {"from": {"id": made}, "to": {"id": firm}}
    assert len(batch.create(**ends, inputs=[{**one, "types": types}]).results) == 1
    read = batch.get(**ends, inputs=[{"id": made}])
    assert [str(each.to_object_id) for each in read.results[0].to] == [firm]
    batch.delete(**ends, inputs=[{"from": {"id": made}, "to": [{"id": firm}]}])
    batch.create_default(**ends, inputs=[one])
    assert len(batch.get(**ends, inputs=[{"id": made}]).results) == 1


# -- what the portal is made of ---------------------------------------------------------------------------------
@check
def properties() -> None:
    fresh = {
        "name": "sdk_key",
        "label": "Key",
        "type": "string",
        "field_type": "text",
        "has_unique_value": True,
    }
    made = CRM.properties.create("contacts", group_name="contactinformation", **fresh)
    assert made.has_unique_value is True
    names = {each.name: each for each in CRM.properties.list("contacts").results}
    assert names["hs_email_optout"].modification_metadata.read_only_value is True
    assert CRM.properties.update("sdk_key", object_type="contacts", label="Other").label == "Other"
    again = {"object_type": "contacts", "group_name": "contactinformation", **fresh}
    refused(ConflictError, lambda: CRM.properties.create(**again))
    CRM.properties.delete("sdk_key", object_type="contacts")
    refused(NotFoundError, lambda: CRM.properties.get("sdk_key", object_type="contacts"))


@check
def properties_in_batches_and_groups() -> None:
    told = CRM.properties.batch.get(
        "contacts", inputs=[{"name": "city"}], archived=False, data_sensitivity="non_sensitive"
    )
    assert [each.name for each in told.results] == ["city"]
    CRM.properties.groups.create("contacts", name="sdk_group", label="Sdk", display_order=1)
    assert "sdk_group" in {each.name for each in CRM.properties.groups.list("contacts").results}


@check
def owners() -> None:
    first = next(iter(CRM.owners.list()))
    assert CRM.owners.get(int(first.id)).email == first.email


@check
def lists() -> None:
    made = CRM.lists.create(name="Sdk list", object_type_id="0-1", processing_type="MANUAL").list
    ids = [person(mail(who)).id for who in ("ann", "ben")]
    CRM.lists.add_memberships(made.list_id, body=ids)
    CRM.lists.remove_memberships(made.list_id, body=ids[:1])
    assert [each.record_id for each in CRM.lists.list_memberships(made.list_id)] == ids[1:]


@check
def communication_preferences() -> None:
    person(mail("ann"))
    told = CLIENT.communication_preferences.get_statuses(mail("ann"), channel="EMAIL")
    assert told.status == "COMPLETE"
    CLIENT.communication_preferences.unsubscribe_all(mail("ann"), channel="EMAIL")
    shown = CONTACTS.get(mail("ann"), id_property="email", properties=["hs_email_optout"])
    assert shown.properties["hs_email_optout"] == "true"


@check
def account() -> None:
    assert str(CLIENT.account.get().portal_id) == os.environ["SIM_PORTAL"]
    assert CLIENT.account.get_daily_private_apps_usage().results[0].usage_limit > 0


# -- tokens, the journal ----------------------------------------------------------------------------------------
def app() -> dict[str, str]:
    return {"client_id": os.environ["SIM_CLIENT_ID"], "client_secret": os.environ["SIM_CLIENT_SECRET"]}


def token(**form: str) -> dict[str, Any]:
    """By hand: the client sends its token request as JSON, and the endpoint takes forms only."""
    return dict(httpx.post(f"{URL}/oauth/2026-03/token", data={**app(), **form}).json())


@check
def tokens_are_asked_for_by_forms_only() -> None:
    asked = {"grant_type": "refresh_token", "refresh_token": "x", **app()}
    told = refused(APIStatusError, lambda: CLIENT.auth.oauth.create_token(**asked))
    assert told["message"] == "HTTP 415 Unsupported Media Type"


@check
def refresh_token() -> None:
    told = token(grant_type="refresh_token", refresh_token=os.environ["SIM_REFRESH_TOKEN"])
    assert told["expires_in"] == 1800
    assert connect(told["access_token"]).crm.owners.list().results
    assert token(grant_type="refresh_token", refresh_token="no")["status"] == "BAD_REFRESH_TOKEN"


@check
def journal() -> None:
    rights = ("read", "subscriptions.read", "subscriptions.write")
    scope = " ".join(f"developer.webhooks_journal.{right}" for right in rights)
    pulled = connect(token(grant_type="client_credentials", scope=scope)["access_token"]).webhooks_journal
    asked = {"subscription_type": "OBJECT", "object_type_id": "0-1", "actions": ["CREATE"]}
    made = pulled.subscriptions.create(
        portal_id=int(os.environ["SIM_PORTAL"]), object_ids=[], properties=[], **asked
    )
    assert made.id in {each.id for each in pulled.subscriptions.list().results}
    ids = [person(mail(who)).id for who in ("ann", "ben")]
    places = pulled.journal.batch.get_earliest(10).results
    assert len(places) == len(ids)
    first = json.loads(pulled.journal.get_earliest().read())
    assert first["currentOffset"] == places[0].current_offset
    after = json.loads(pulled.journal.get_next_from_offset(first["currentOffset"]).read())
    assert after["currentOffset"] == places[1].current_offset
    pulled.subscriptions.delete(made.id)


# -- errors -----------------------------------------------------------------------------------------------------
@check
def conflict() -> None:
    made = person(mail("ann"))
    told = refused(ConflictError, lambda: person(mail("ann")))
    assert told["message"].endswith(f"Existing ID: {made.id}")


@check
def invalid_properties() -> None:
    told = refused(BadRequestError, lambda: person(mail("ann"), no_such="x"))
    assert "PROPERTY_DOESNT_EXIST" in {each["code"] for each in told["errors"]}


@check
def wrong_token() -> None:
    refused(AuthenticationError, connect("wrong").crm.owners.list)


@check
def missing_scope() -> None:
    narrow = connect(os.environ["SIM_HUBSPOT_NARROW_TOKEN"], os.environ["SIM_HUBSPOT_NARROW"])
    told = refused(PermissionDeniedError, narrow.crm.objects.companies.list)
    assert told["category"] == "MISSING_SCOPES"


@check
def faults_with_and_without_retries() -> None:
    arm({"kind": "internal", "side": "hubspot"})
    refused(InternalServerError, connect(retries=0).crm.owners.list)
    arm({"kind": "rate_limit", "side": "hubspot", "policy": "SECONDLY"})
    refused(RateLimitError, connect(retries=0).crm.owners.list)
    arm({"kind": "internal", "side": "hubspot", "count": 2})
    assert CRM.owners.list().results


if __name__ == "__main__":
    checks.report()
