"""Reads lists of contacts (HubSpot says segments, too) and who is on them. Docs: CRM lists."""

from __future__ import annotations

from typing import Final

from crmsync.connectors.hubspot.client import Client, Refused
from crmsync.connectors.hubspot.describe import moment
from crmsync.model.records import Member, MemberPage, PeopleList

LISTS: Final = 500
MEMBERS: Final = 100
CONTACTS: Final = "0-1"


def lists(client: Client) -> list[PeopleList]:
    """Every list of contacts, by id. Lists of other objects are left out."""
    found: list[PeopleList] = []
    offset = 0
    while True:
        body = {"query": "", "offset": offset, "count": LISTS, "additionalProperties": ["hs_list_size"]}
        try:
            reply = client.ask("lists", client.path("lists", "/search"), body)
        except Refused as refused:
            raise refused.fatal("the search of lists") from refused
        rows = reply.get("lists") or []
        for row in rows:
            if row.get("objectTypeId") == CONTACTS:
                size = str((row.get("additionalProperties") or {}).get("hs_list_size") or "")
                kind = str(row.get("processingType") or "").lower()
                number = int(size) if size.isdigit() else -1
                found.append(
                    PeopleList("hubspot", str(row["listId"]), str(row.get("name") or ""), kind, number)
                )
        offset += len(rows)
        if not rows or not reply.get("hasMore"):
            return sorted(found, key=lambda one: (len(one.id), one.id))


def members(client: Client, list_id: str, after: str | None) -> MemberPage:
    """One page of a list's contacts, in order of id."""
    query = {"limit": str(MEMBERS)} | ({"after": after} if after else {})
    try:
        reply = client.get("members", client.path("lists", f"/{list_id}/memberships"), query)
    except Refused as refused:
        raise refused.fatal(f"the members of list {list_id}") from refused
    found = [
        Member("contacts", str(row["recordId"]), moment(row.get("membershipTimestamp")))
        for row in reply.get("results", [])
    ]
    following = ((reply.get("paging") or {}).get("next") or {}).get("after")
    return MemberPage(found, str(following) if following else None)
