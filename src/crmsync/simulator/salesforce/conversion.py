"""Lead conversion: an Account, a Contact and perhaps an Opportunity, new or given, and what hung on the Lead.

Rules as of SOAP/sforce_api_calls_convertlead; the vendor has no REST address for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, timedelta

from crmsync.simulator.salesforce import campaigns, history
from crmsync.simulator.salesforce.activities import refresh
from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.rows import live, touch
from crmsync.simulator.salesforce.save import insert, update, writable_row
from crmsync.simulator.salesforce.schema import Entity, Row, Value
from crmsync.simulator.salesforce.tenant import Actor, Tenant

_PARTS = ("Street", "City", "State", "PostalCode", "Country")
_TO_ACCOUNT = {
    "Company": "Name",
    "LeadSource": "AccountSource",
    **{n: n for n in ("Phone", "Fax", "Website", "Industry", "Rating", "AnnualRevenue", "NumberOfEmployees")},
    **{n: f"Billing{n}" for n in _PARTS},
}
_TO_CONTACT = {
    n: n
    for n in [
        "Salutation",
        "FirstName",
        "LastName",
        "Title",
        "Email",
        "Phone",
        "MobilePhone",
        "Fax",
        "Description",
        "LeadSource",
        "HasOptedOutOfEmail",
        "HasOptedOutOfFax",
        "DoNotCall",
        "EmailBouncedReason",
        "EmailBouncedDate",
    ]
} | {n: f"Mailing{n}" for n in _PARTS}


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is wanted: ids of records to convert into (None: new ones), the status, the new records' owner.

    `opportunity` is the name of the Opportunity to make, "" for the company's name, None for no Opportunity.
    """

    lead: str
    account: str | None = None
    contact: str | None = None
    status: str | None = None
    opportunity: str | None = None
    owner: str | None = None
    overwrite_source: bool = False


def convert(org: Tenant, wanted: Conversion, actor: Actor) -> dict[str, str | None]:
    """Turn a Lead into a Contact on an Account; only empty fields of given records are filled.

    Returns the ids by `leadId`, `accountId`, `contactId`, `opportunityId`. The ledger gets the creates or updates and
    then one `convert` of the Lead. Raises ApiError.
    """
    lead = org.schema.entities["Lead"]
    with org.unit():
        row = writable_row(org, lead, wanted.lead, actor, "Edit")
        if row.get("IsConverted", False):
            raise row_error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        status = _status(org, wanted.status)
        owner = _owner(row, wanted.owner)
        # The Lead is no duplicate of what it becomes.
        touch(org, lead, row, {"IsConverted": True}, actor.user_id)
        account, contact, opportunity = _records(org, row, wanted, owner, actor)
        at = org.clock.now().astimezone(UTC)
        after: Row = {
            "Status": status,
            "IsConverted": True,
            "ConvertedDate": org.today(),
            "ConvertedAccountId": account,
            "ConvertedContactId": contact,
        }
        if opportunity is not None:
            after["ConvertedOpportunityId"] = opportunity
        before = {n: row.get(n, False if n == "IsConverted" else None) for n in after}
        done = touch(org, lead, row, after, actor.user_id)
        org.record(actor, "convert", lead, wanted.lead, before, after, at)
        history.note(org, lead, done, row, actor.user_id)
        history.event(org, lead, wanted.lead, "leadConverted", actor.user_id)
        _memberships(org, wanted.lead, contact)
        _activities(org, wanted.lead, contact, opportunity)
    return {"leadId": wanted.lead, "accountId": account, "contactId": contact, "opportunityId": opportunity}


def _status(org: Tenant, wanted: str | None) -> str:
    """A status that counts as converted; the first such one when none is named."""
    every = [r for r in org.tables["LeadStatus"].by_id() if r.get("IsConverted", False)]
    found = next((r for r in every if wanted is None or r["ApiName"] == wanted), None)
    if found is None:
        raise row_error("INVALID_STATUS", f"invalid convertedStatus: {wanted}")
    return str(found["ApiName"])


def _owner(row: Row, wanted: str | None) -> str:
    owner = wanted or str(row["OwnerId"])
    if not owner.startswith("005"):
        raise row_error(
            "INVALID_OWNER",
            "Converted objects can only be owned by users.  If the lead is not owned by a user, you must specify a"
            " user for the Owner field.",
        )
    return owner


def _records(
    org: Tenant, row: Row, wanted: Conversion, owner: str, actor: Actor
) -> tuple[str, str, str | None]:
    """Ids of the Account, the Contact and the Opportunity, made or filled."""
    accounts, contacts, opportunities = (
        org.schema.entities[n] for n in ("Account", "Contact", "Opportunity")
    )
    account, contact = wanted.account, wanted.contact
    if contact is not None:
        there = writable_row(org, contacts, contact, actor, "Edit")
        if account is None or there.get("IsPersonAccount", False):
            account = str(there.get("AccountId") or "") or None
    carried = _carried(org, row)
    if account is contact is None and row.get("Company") is None and org.rules.persons is not None:
        account, contact = org.rules.persons(carried["Contact"] | {"OwnerId": owner}, actor)
    account = _into(org, accounts, account, carried["Account"] | {"OwnerId": owner}, actor, set())
    force = {"LeadSource"} if wanted.overwrite_source else set()
    values = carried["Contact"] | {"OwnerId": owner, "AccountId": account}
    contact = _into(org, contacts, contact, values, actor, force)
    if wanted.opportunity is None:
        return account, contact, None
    stage = next(org.tables["OpportunityStage"].by_id())["ApiName"]
    made: Row = carried["Opportunity"] | {
        "Name": wanted.opportunity or f"{row.get('Company')}-",
        "AccountId": account,
        "ContactId": contact,
        "OwnerId": owner,
        "StageName": stage,
        "CloseDate": _quarter_end(org.today()),
        "CampaignId": _campaign(org, wanted.lead),
    }
    return account, contact, insert(org, opportunities, made, actor)


def _quarter_end(today: str) -> str:
    """The last day of the quarter: what the vendor proposes as the close date."""
    day = date.fromisoformat(today)
    month = (day.month - 1) // 3 * 3 + 4
    return (date(day.year + month // 13, (month - 1) % 12 + 1, 1) - timedelta(days=1)).isoformat()


def _campaign(org: Tenant, lead_id: str) -> Value:
    """The Campaign that the Lead joined last is the primary source of the Opportunity."""
    members = live(org, "CampaignMember", "LeadId", lead_id)
    return members[-1]["CampaignId"] if members else None


def _carried(org: Tenant, row: Row) -> dict[str, Row]:
    """What conversion carries over, by target object."""
    out: dict[str, Row] = {
        "Account": {to: row[name] for name, to in _TO_ACCOUNT.items() if name in row},
        "Contact": {to: row[name] for name, to in _TO_CONTACT.items() if name in row},
        "Opportunity": {"LeadSource": row["LeadSource"]} if "LeadSource" in row else {},
    }
    for name, target in org.switches.convert_map:
        obj, _, to = target.partition(".")
        if name in row:
            out[obj][to] = row[name]
    return out


def _into(
    org: Tenant, entity: Entity, record_id: str | None, values: Row, actor: Actor, force: set[str]
) -> str:
    """A new row, or the given one with its empty fields filled; `force` names fields that are overwritten."""
    if record_id is None:
        return insert(org, entity, values, actor)
    old = writable_row(org, entity, record_id, actor, "Edit")
    news: Row = {n: v for n, v in values.items() if (old.get(n) is None and v is not False) or n in force}
    news = {n: v for n, v in news.items() if not _elsewhere(n, old, values)}
    if news:
        update(org, entity, record_id, news, actor)
    return record_id


def _elsewhere(name: str, old: Row, values: Row) -> bool:
    """Whether this is the state of an address in another country than the one that the record already has."""
    country = f"{name.removesuffix('State')}Country"
    return name.endswith("State") and old.get(country) not in (None, values.get(country))


def _memberships(org: Tenant, lead_id: str, contact_id: str) -> None:
    """Campaign memberships stay those of the Lead and become the Contact's too."""
    table = org.tables["CampaignMember"]
    for row in live(org, "CampaignMember", "LeadId", lead_id):
        changes: Row = {"ContactId": contact_id, "LeadOrContactId": contact_id, "Type": "Contact"}
        new = touch(org, table.entity, row, changes, None)
        campaigns.count(org, row["CampaignId"], campaigns.member_counts(new), campaigns.member_counts(row))
        _moved(org, table.entity, row, {"ContactId": contact_id})


def _activities(org: Tenant, lead_id: str, contact_id: str, opportunity_id: str | None) -> None:
    """Tasks and Events follow the person, and are about the Opportunity if there is one."""
    touched: set[Value] = {lead_id, contact_id, opportunity_id}
    for name in ("Task", "Event"):
        entity = org.schema.entities[name]
        for row in live(org, name, "WhoId", lead_id):
            if row.get("IsClosed", False) and not org.switches.convert_moves_closed:
                continue
            changes: Row = {"WhoId": contact_id, "WhatId": opportunity_id}
            account = org.tables["Contact"].rows[contact_id].get("AccountId")
            touch(org, entity, row, changes | {"AccountId": account}, None)
            touched.add(account)
            _moved(org, entity, row, changes if opportunity_id else {"WhoId": contact_id})
    refresh(org, touched)


def _moved(org: Tenant, entity: Entity, row: Row, after: Row) -> None:
    before = {n: row.get(n) for n in after}
    at = org.clock.now().astimezone(UTC)
    org.record(Actor("system", org.user_id), "update", entity, str(row["Id"]), before, after, at)
