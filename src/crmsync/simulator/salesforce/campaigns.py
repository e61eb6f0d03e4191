"""What the vendor derives around Campaigns: member statuses, responses, and the Campaign's own counters."""

from __future__ import annotations

from collections.abc import Mapping

from crmsync.simulator.salesforce.catalog_marketing import MEMBER_STATUSES
from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.rows import derive, live, make, touch
from crmsync.simulator.salesforce.schema import Entity, Row, Value
from crmsync.simulator.salesforce.tenant import Actor, Tenant


def saved(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """A new Campaign has the member statuses Sent and Responded."""
    if old is not None:
        return
    for at, (label, responded) in enumerate(MEMBER_STATUSES, start=1):
        values: Row = {"CampaignId": row["Id"], "Label": label, "SortOrder": at, "HasResponded": responded}
        make(org, "CampaignMemberStatus", {**values, "IsDefault": at == 1}, actor.user_id)


def status_fill(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """A label stands once in a Campaign."""
    for other in live(org, "CampaignMemberStatus", "CampaignId", row.get("CampaignId")):
        same = str(other["Label"]).lower() == str(row.get("Label") or "").lower()
        if same and other["Id"] != row["Id"]:
            raise row_error(
                "DUPLICATE_VALUE",
                f"duplicate value found: Label duplicates value on record with id: {other['Id']}",
            )


def status_saved(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """One status of a Campaign is the default."""
    if row.get("IsDefault", False):
        for other in live(org, "CampaignMemberStatus", "CampaignId", row["CampaignId"]):
            if other["Id"] != row["Id"] and other.get("IsDefault", False):
                touch(org, entity, other, {"IsDefault": False}, actor.user_id)


def member_fill(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """One person, once in a Campaign, with a status of that Campaign and what the status means."""
    lead, contact = row.get("LeadId"), row.get("ContactId")
    if old is None:
        _check_person(org, row)
    row["LeadOrContactId"] = contact if contact is not None else lead
    row["Type"] = "Contact" if contact is not None else "Lead"
    status = _status(org, row)
    row["HasResponded"] = bool(status and status.get("HasResponded", False))
    if row["HasResponded"] and row.get("FirstRespondedDate") is None:
        row["FirstRespondedDate"] = org.today()


def _check_person(org: Tenant, row: Row) -> None:
    lead, contact = row.get("LeadId"), row.get("ContactId")
    if (lead is None) == (contact is None):
        if lead is None:
            raise row_error(
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [LeadId, ContactId]",
                ("LeadId", "ContactId"),
            )
        row["LeadId"] = lead = None  # Both given: only the Contact is taken.
    field, value = ("LeadId", lead) if lead is not None else ("ContactId", contact)
    person = org.tables["Lead"].rows.get(str(lead))
    if person is not None and person.get("IsConverted", False):
        raise row_error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", ("LeadId",))
    if not org.switches.member_twice_refused:
        return
    if any(m["CampaignId"] == row.get("CampaignId") for m in live(org, "CampaignMember", field, value)):
        raise row_error("DUPLICATE_VALUE", "Already a campaign member.")


def _status(org: Tenant, row: Row) -> Row | None:
    """The Campaign's status of that label; the default one when none is given."""
    every = live(org, "CampaignMemberStatus", "CampaignId", row.get("CampaignId"))
    given = row.get("Status")
    wanted = next((s for s in every if s["Label"] == given), None)
    default = next((s for s in every if s.get("IsDefault", False)), None)
    if wanted is None and given is not None and org.switches.member_status_refused:
        raise row_error(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"Status: bad value for restricted picklist field: {given}",
            ("Status",),
        )
    found = wanted or default
    row["Status"] = found["Label"] if found else given
    return found


def member_saved(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """The Campaign counts its members anew by what changed."""
    count(org, row["CampaignId"], member_counts(row), member_counts(old))


def member_counts(row: Row | None) -> dict[str, float]:
    """What one member adds to its Campaign's counters."""
    if row is None or row.get("IsDeleted", False):
        return {}
    lead = row.get("ContactId") is None
    return {
        "NumberOfLeads": int(row.get("LeadId") is not None),
        "NumberOfConvertedLeads": int(row.get("LeadId") is not None and not lead),
        "NumberOfContacts": int(not lead),
        "NumberOfResponses": int(bool(row.get("HasResponded", False))),
    }


def opportunity_saved(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """The Campaigns of an Opportunity, the one before and the one now, count it anew."""
    before = old or {}
    if row.get("CampaignId") == before.get("CampaignId"):
        if row.get("CampaignId") is not None:
            count(org, row["CampaignId"], opportunity_counts(row), opportunity_counts(old))
        return
    for one, sign in ((before, -1), (row, 1)):
        if one.get("CampaignId") is not None:
            counts = opportunity_counts(one)
            count(org, one["CampaignId"], counts if sign > 0 else {}, {} if sign > 0 else counts)


def opportunity_counts(row: Row | None) -> dict[str, float]:
    """What one Opportunity adds to its Campaign's counters."""
    if row is None or row.get("IsDeleted", False):
        return {}
    amount, won = row.get("Amount"), bool(row.get("IsWon", False))
    value = float(amount) if isinstance(amount, float) else 0.0
    return {
        "NumberOfOpportunities": 1,
        "NumberOfWonOpportunities": int(won),
        "AmountAllOpportunities": value,
        "AmountWonOpportunities": value if won else 0.0,
    }


def count(org: Tenant, campaign: Value, now: Mapping[str, float], before: Mapping[str, float]) -> None:
    """Move a Campaign's counters; its stamps stay, as with every derived field."""
    row = org.tables["Campaign"].rows.get(str(campaign))
    if row is None:
        return
    names = now.keys() | before.keys()
    moves = {n: now.get(n, 0) - before.get(n, 0) for n in sorted(names)}
    changes: Row = {n: _number(row.get(n)) + by for n, by in moves.items() if by}
    derive(org, "Campaign", campaign, changes)


def _number(value: Value) -> float:
    return value if isinstance(value, int | float) else 0
