"""Who the portal is, how many calls it has left, and its owners. Docs: developers.hubspot.com, "Account information"."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from crmsync.simulator.hubspot.errors import not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.limits import Limits
from crmsync.simulator.hubspot.state import Owner


def details(call: Call) -> Reply:
    """GET account-info details; the offset is the present one of the time zone."""
    zone = call.portal.switches.time_zone
    offset = call.portal.clock.now().astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    minutes = abs(offset) // timedelta(minutes=1)
    return 200, {
        "portalId": int(call.portal.id),
        "accountType": call.portal.switches.account_type,
        "timeZone": zone,
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": f"{'-' if offset < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}",
        "utcOffsetMilliseconds": offset // timedelta(milliseconds=1),
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }


def usage(limits: Limits, call: Call) -> Reply:
    """GET account-info api-usage of the day."""
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": limits.day,
        "currentUsage": limits.today,
        "collectedAt": call.portal.now(),
        "fetchStatus": "SUCCESS",
        "resetsAt": limits.resets_at(),
    }
    return 200, {"results": [usage]}


def owners(call: Call) -> Reply:
    """GET owners: by id ascending, at most 500 a page, by e-mail when asked; archived ones only when asked."""
    wanted, archived = call.request.param("email").lower(), call.flag("archived")
    limit, start = call.limit(100, 500), call.after()
    known = sorted(call.portal.owners.values(), key=lambda owner: int(owner.id))
    found = [
        o
        for o in known
        if bool(o.archived) is archived and (not wanted or o.email == wanted) and int(o.id) >= start
    ]
    body: dict[str, Any] = {"results": [_shown(owner) for owner in found[:limit]]}
    if len(found) > limit:
        body["paging"] = {"next": {"after": found[limit].id}}
    return 200, body


def owner(call: Call) -> Reply:
    """GET owners/{id}, by owner id or, with `idProperty=userId`, by user id."""
    id, by = call.args["id"], call.request.param("idProperty") or "id"
    if by not in ("id", "userId"):
        raise validation(f"idProperty {by} is neither id nor userId")
    for each in call.portal.owners.values():
        known = str(each.user_id) if by == "userId" else each.id
        if id == known and bool(each.archived) is call.flag("archived"):
            return 200, _shown(each)
    raise not_found(f"Owner {id} does not exist")


def _shown(owner: Owner) -> dict[str, Any]:
    """An archived owner has no user any more, or only among the inactive ones."""
    return {
        "id": owner.id,
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first,
        "lastName": owner.last,
        "userId": None if owner.archived else owner.user_id,
        "userIdIncludingInactive": owner.user_id,
        "createdAt": owner.created,
        "updatedAt": owner.archived or owner.created,
        "archived": bool(owner.archived),
        "teams": [],
    }


ROUTES: Final[dict[str, Handler]] = {
    "GET crm/owners": owners,
    "GET crm/owners/{id}": owner,
    "GET account-info/details": details,
}
