"""Reads campaigns as lists of people, and what stages and statuses there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crmsync.connectors.salesforce.client import Client, Json, Refused
from crmsync.connectors.salesforce.describe import moment, to18
from crmsync.connectors.salesforce.soql import select, soql
from crmsync.errors import FatalError
from crmsync.model.records import Member, MemberPage, PeopleList, Stage

MEMBERS: Final = 2_000


def lists(client: Client) -> list[PeopleList]:
    """Every campaign, by id."""
    rows = _rows(client, "lists", "SELECT Id, Name FROM Campaign ORDER BY Id")
    return [PeopleList("salesforce", str(r["Id"]), str(r.get("Name") or ""), "campaign") for r in rows]


def members(client: Client, list_id: str, after: str | None) -> MemberPage:
    """One page of a campaign's people, in order of the membership. A converted Lead is there as its Contact."""
    above = soql(" AND Id > {}", after) if after else ""
    text = soql(
        "SELECT Id, LeadId, ContactId, Status, CreatedDate FROM CampaignMember"
        " WHERE CampaignId = {}{:literal} ORDER BY Id LIMIT {:literal}",
        to18(list_id), above, str(MEMBERS),
    )  # fmt: skip
    rows = _rows(client, "members", text)
    found = [_member(row) for row in rows if row.get("ContactId") or row.get("LeadId")]
    return MemberPage(found, str(rows[-1]["Id"]) if len(rows) == MEMBERS else None)


def _member(row: Json) -> Member:
    obj = "Contact" if row.get("ContactId") else "Lead"
    native = str(row.get("ContactId") or row["LeadId"])
    return Member(obj, native, moment(row["CreatedDate"]), str(row.get("Status") or ""))


def stages(client: Client, obj: str) -> list[Stage]:
    """OpportunityStage for Opportunity, LeadStatus for Lead. A probability is a fraction, not per cent."""
    if obj == "Opportunity":
        names = ("IsActive", "IsClosed", "IsWon", "DefaultProbability")
        rows = _ordered(client, "OpportunityStage", names)
        return [_stage(row, at, bool(row["IsClosed"]), bool(row["IsWon"])) for at, row in enumerate(rows)]
    if obj == "Lead":
        rows = _ordered(client, "LeadStatus", ("IsConverted",))
        ends = [bool(row["IsConverted"]) for row in rows]
        return [_stage(row, at, end, end) for at, (row, end) in enumerate(zip(rows, ends, strict=True))]
    raise FatalError(f"Salesforce's {obj} has no stages that crmsync knows.")


def _stage(row: Json, order: int, closed: bool, won: bool) -> Stage:
    odds = row.get("DefaultProbability")
    return Stage(
        id=str(row.get("ApiName") or row["MasterLabel"]),
        label=str(row["MasterLabel"]),
        order=order,
        closed=closed,
        won=won,
        probability=None if odds is None else float(odds) / 100,
        active=bool(row.get("IsActive", True)),
    )


def _ordered(client: Client, table: str, names: Sequence[str]) -> list[Json]:
    head = select(table, ("Id", "ApiName", "MasterLabel", "SortOrder", *names))
    return _rows(client, "stages", head + "ORDER BY SortOrder, Id")


def _rows(client: Client, purpose: str, text: str) -> list[Json]:
    try:
        return client.rows(purpose, text)
    except Refused as refused:
        raise refused.fatal(f"a query of {purpose}") from refused
