"""Single records and the list. Docs: developers.hubspot.com, CRM objects: contacts, companies."""

from __future__ import annotations

from typing import Any, Final

from crmsync.simulator.hubspot import associations, rules, views, writes
from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply, find, must_find, properties_of
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind

PAGE: Final = 100
PAGE_WITH_HISTORY: Final = 50


def listing(call: Call) -> Reply:
    """GET: ordered by id; `after` is the id of the next record; archived ones only when asked, and then alone."""
    kind, history = call.kind, call.names("propertiesWithHistory")
    limit = call.limit(10, PAGE_WITH_HISTORY if history else PAGE)
    rows, following = kind.table.page(call.after(), limit, archived=call.flag("archived"))
    asked = call.names("properties")
    body: dict[str, Any] = {"results": [_shown(call, row, asked, history) for row in rows]}
    if following is not None:
        link = f"https://api.hubapi.com{call.request.path}?limit={limit}&after={following}"
        body["paging"] = {"next": {"after": str(following), "link": link}}
    return 200, body


def read(call: Call) -> Reply:
    """GET by id, by an absorbed id (the body then has the survivor's), or by `idProperty`."""
    kind, by, id = call.kind, call.request.param("idProperty"), call.args["id"]
    row: Row | None
    if call.flag("archived") and not by:
        row = kind.table.get(id)
        row = row if row is not None and row.archived else None
    else:
        row = find(call.portal, kind, id, by)
        if row is None and not by and not call.portal.switches.archived_id_is_404:
            row = kind.table.get(id)
    if row is None:
        raise not_found()
    return 200, _shown(call, row, call.names("properties"), call.names("propertiesWithHistory"))


def create(call: Call) -> Reply:
    """POST: 201."""
    portal, kind, body = call.portal, call.kind, call.body()
    good = writes.check(portal, kind, None, properties_of(body), "api")
    need_identity(kind, good)
    rules.enforce(portal, kind, None, good, call.version)
    refusal = writes.clash(portal, kind, None, good)
    if refusal is not None:
        raise refusal.alone() if refusal.category == "CONFLICT" else refusal
    planned = associations.plan(portal, kind, body.get("associations"))
    row = writes.create(portal, kind, good, "api")
    associations.carry_out(portal, kind, row, planned)
    return 201, views.echo(portal, kind, row, good, new=True)


def update(call: Call) -> Reply:
    """PATCH: 200 with the changed properties and a fixed few."""
    portal, kind = call.portal, call.kind
    row = must_find(portal, kind, call.args["id"], call.request.param("idProperty"))
    good = writes.check(portal, kind, row, properties_of(call.body()), "api")
    rules.enforce(portal, kind, row, good, call.version)
    refusal = writes.clash(portal, kind, row, good)
    if refusal is not None:
        raise refusal.alone() if refusal.category == "CONFLICT" else refusal
    writes.update(portal, kind, row, good, "api")
    return 200, views.echo(portal, kind, row, good, new=False)


def archive(call: Call) -> Reply:
    """DELETE: 204, also for an id that never was."""
    row = find(call.portal, call.kind, call.args["id"])
    if row is not None:
        writes.archive(call.portal, call.kind, row, "api")
    return 204, None


def need_identity(kind: Kind, good: dict[str, str]) -> None:
    """A contact needs an e-mail, a first or a last name; a company a name or a domain; a deal its name and stage.

    Raises ApiError 400.
    """
    if kind.name == "deals":
        lacking = [name for name in ("dealname", "dealstage") if not good.get(name)]
        if lacking:
            raise validation(f"Required properties are not set: {', '.join(lacking)}")
        return
    wanted = ("email", "firstname", "lastname") if kind.name == "contacts" else ("name", "domain")
    if not any(good.get(name) for name in wanted):
        raise validation(f"At least one of {', '.join(wanted)} must be set")


def _shown(call: Call, row: Row, asked: list[str], history: list[str]) -> dict[str, Any]:
    more: dict[str, Any] = {}
    wanted = call.names("associations")
    if wanted:
        try:
            more = associations.embedded(call.portal, call.kind, row, wanted)
        except ApiError as error:
            raise validation(error.message) from error
    return views.shown(call.portal, call.kind, row, asked, history, **more)


ROUTES: Final[dict[str, Handler]] = {
    "GET crm/objects/{type}": listing,
    "POST crm/objects/{type}": create,
    "GET crm/objects/{type}/{id}": read,
    "PATCH crm/objects/{type}/{id}": update,
    "DELETE crm/objects/{type}/{id}": archive,
}
