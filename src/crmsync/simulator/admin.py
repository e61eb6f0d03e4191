"""The admin port: what a person or the world does to the vendors, and what a judge reads. Speaks plain JSON.

Nothing here is part of a vendor's API; it is how tests and the demo play the humans.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from crmsync.simulator import admin_acts
from crmsync.simulator.faults import Fault
from crmsync.simulator.wire import Request, Response

if TYPE_CHECKING:
    from crmsync.simulator.cluster import Cluster

Json = dict[str, Any]


class PartlyDone(Exception):
    """Of several records one was refused: `index` counts from 0, `ids` are those made before it, which stay."""

    def __init__(self, index: int, ids: list[str], error: Exception) -> None:
        super().__init__(f"record {index} was refused, after {len(ids)} that were made: {_said(error)}")
        self.index, self.ids = index, ids


class Admin:
    """A handler of the routes in `ROUTES` over a cluster. A mistake answers 400 `{"error": ...}`."""

    side = "admin"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.references: dict[str, str] = {}
        """`@Reference` of sObject tree files -> record id, across requests."""

    def handle(self, request: Request) -> Response:
        """Carry out one admin request."""
        route = ROUTES.get((request.method, request.path.rstrip("/")))
        if route is None:
            return _json(404, {"error": f"no such admin call: {request.method} {request.path}"})
        try:
            return _json(200, route(self, request))
        except PartlyDone as error:
            return _json(400, {"error": str(error), "index": error.index, "ids": error.ids})
        except Exception as error:
            return _json(400, {"error": _said(error)})

    @contextmanager
    def crm(self, side: object) -> Iterator[Any]:
        """The vendor of a side, for its human-side methods, while no API call is being handled."""
        if side not in ("hubspot", "salesforce"):
            raise ValueError(f"side is hubspot or salesforce, not {side!r}")
        with self.cluster.locks[str(side)]:
            yield self.cluster.hubspot if side == "hubspot" else self.cluster.salesforce


def _ledger(admin: Admin, request: Request) -> Json:
    since = int(request.param("since", "0"))
    return {"entries": [entry.as_json() for entry in admin.cluster.ledger.since(since)]}


def _state(admin: Admin, request: Request) -> Json:
    state = {}
    for side in admin.cluster.locks:
        with admin.crm(side) as crm:
            state[side] = crm.state()
    return state


def _calls(admin: Admin, request: Request) -> Json:
    calls = admin.cluster.calls
    by: dict[str, Counter[str]] = {side: +lines for side, lines in calls.items()}
    return {**{side: lines.total() for side, lines in by.items()}, "by": by}


def _time(admin: Admin, request: Request) -> Json:
    now = admin.cluster.clock.now()
    return {"now": now.isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def _move_time(admin: Admin, request: Request) -> Json:
    asked, clock = _body(request), admin.cluster.clock
    moves: dict[str, Callable[[Any], object]] = {
        "speed": lambda speed: clock.run(float(speed)),
        "now": lambda now: clock.set(datetime.fromisoformat(now)),
        "advance_s": lambda seconds: clock.advance(float(seconds)),
    }
    if not asked or not asked.keys() <= moves.keys():
        raise ValueError("say advance_s, now or speed")
    for name, move in moves.items():
        if name in asked:
            move(asked[name])
    return _time(admin, request)


def _create(admin: Admin, request: Request) -> Json:
    asked = _body(request)
    actor = asked.get("actor", "human")
    records = asked["records"] if "records" in asked else [asked["values"]]
    ids: list[str] = []
    ignored: set[str] = set()
    with admin.crm(asked.get("side")) as crm:
        for index, record in enumerate(records):
            try:
                id, unknown = _made(admin, crm, asked, dict(record), actor)
            except Exception as error:
                if "records" not in asked:
                    raise
                raise PartlyDone(index, ids, error) from error
            ids.append(id)
            ignored |= unknown
    made = {"ids": ids} if "records" in asked else {"id": ids[0]}
    return {**made, "ignored": sorted(ignored)} if ignored else made


def _made(admin: Admin, crm: Any, asked: Json, tree: Json, actor: str) -> tuple[str, set[str]]:
    """Create one record; its id and the names that its object has no place for."""
    about = tree.pop("attributes", {})
    obj = about.get("type") or asked["object"]
    values = {name: _resolved(admin, value) for name, value in tree.items() if not _nested(value)}
    unknown = set(crm.ensure(obj, values)) | (tree.keys() - values.keys())
    known = {name: value for name, value in values.items() if name not in unknown}
    id: str = crm.create(obj, known, actor)
    if about.get("referenceId"):
        admin.references["@" + about["referenceId"]] = id
    return id, unknown


def _resolved(admin: Admin, value: Any) -> Any:
    return admin.references.get(value, value) if isinstance(value, str) and value.startswith("@") else value


def _nested(value: Any) -> bool:
    return isinstance(value, dict) and "records" in value


def _edit(admin: Admin, request: Request) -> Json:
    asked = _body(request)
    with admin.crm(asked.get("side")) as crm:
        crm.edit(asked["object"], asked["id"], asked["values"], asked.get("actor", "human"))
    return {"id": asked["id"]}


def _delete(admin: Admin, request: Request) -> Json:
    asked = _body(request)
    with admin.crm(asked.get("side")) as crm:
        crm.delete(asked["object"], asked["id"], asked.get("actor", "human"))
    return {"id": asked["id"]}


def _restore(admin: Admin, request: Request) -> Json:
    """Bring a deleted record back: from HubSpot's archive or from Salesforce's recycle bin."""
    asked = _body(request)
    with admin.crm(asked.get("side")) as crm:
        back = crm.restore if asked["side"] == "hubspot" else crm.undelete
        back(asked["object"], asked["id"], asked.get("actor", "human"))
    return {"id": asked["id"]}


def _live(admin: Admin, request: Request) -> Json:
    """Let the world live on for `days` or `hours` of virtual time: what happened, by name of the act."""
    asked = _body(request)
    if not asked or not asked.keys() <= {"days", "hours"}:
        raise ValueError("say days or hours")
    for_ = timedelta(**{name: float(n) for name, n in asked.items()})
    life = admin.cluster.living()
    before = life.acts.copy()
    life.step(admin.cluster.clock.now() + for_)
    return {**_time(admin, request), "acts": dict(life.acts - before)}


def _lived(admin: Admin, request: Request) -> Json:
    life = admin.cluster.living()
    return {**_time(admin, request), "acts": dict(life.acts), "refused": dict(life.refused)}


def _merge(admin: Admin, request: Request) -> Json:
    asked = _body(request)
    with admin.crm(asked.get("side")) as crm:
        survivor = crm.merge(asked["object"], asked["winner"], asked["losers"])
    return {"id": survivor or asked["winner"]}


def _convert(admin: Admin, request: Request) -> Json:
    asked = _body(request)
    names = ("account", "contact", "status", "opportunity", "owner")
    chosen = {name: asked[name] for name in names if asked.get(name)}
    with admin.crm("salesforce") as crm:
        made = crm.convert(asked["lead"], **chosen)
    return dict(made)


def _act(admin: Admin, request: Request) -> Json:
    asked = _body(request)
    with admin.crm(asked.get("side")) as crm:
        return {"done": admin_acts.act(asked["side"], crm, asked.get("act"), asked.get("with") or {})}


def _switches(admin: Admin, request: Request) -> Json:
    """All switches of both vendors, after those of the body were turned: `{side: {name: value}}`."""
    asked, shown = _body(request), {}
    if asked.keys() - admin.cluster.locks.keys():
        raise ValueError(f"say {{side: {{name: value}}}}, not {', '.join(sorted(asked))}")
    for side in admin.cluster.locks:
        with admin.crm(side) as crm:
            shown[side] = admin_acts.switch(crm, asked.get(side) or {})
    return shown


def _webhooks(admin: Admin, request: Request) -> Json:
    asked = _body(request)
    with admin.crm("hubspot") as crm:
        ids = admin_acts.webhooks(crm, asked["url"], asked["secret"], asked["subscriptions"])
    return {"ids": ids}


def _arm(admin: Admin, request: Request) -> Json:
    asked = _body(request)
    for each in asked if isinstance(asked, list) else [asked]:
        unknown = each.keys() - _FAULT_KEYS
        if unknown:
            raise ValueError(f"unknown keys of a fault: {', '.join(sorted(unknown))}")
        admin.cluster.faults.add(Fault(**each))
    return {"armed": len(admin.cluster.faults.armed)}


def _disarm(admin: Admin, request: Request) -> Json:
    admin.cluster.faults.clear()
    return {"fired": dict(admin.cluster.faults.fired)}


_FAULT_KEYS: Final = frozenset(each.name for each in fields(Fault)) - {"struck"}

ROUTES: Final[Mapping[tuple[str, str], Callable[[Admin, Request], Json]]] = {
    ("GET", "/admin/ledger"): _ledger,
    ("GET", "/admin/state"): _state,
    ("GET", "/admin/calls"): _calls,
    ("GET", "/admin/time"): _time,
    ("POST", "/admin/time"): _move_time,
    ("POST", "/admin/create"): _create,
    ("POST", "/admin/edit"): _edit,
    ("POST", "/admin/delete"): _delete,
    ("POST", "/admin/restore"): _restore,
    ("POST", "/admin/undelete"): _restore,
    ("POST", "/admin/merge"): _merge,
    ("POST", "/admin/convert"): _convert,
    ("POST", "/admin/act"): _act,
    ("GET", "/admin/switches"): _switches,
    ("POST", "/admin/switches"): _switches,
    ("POST", "/admin/webhooks"): _webhooks,
    ("GET", "/admin/live"): _lived,
    ("POST", "/admin/live"): _live,
    ("POST", "/admin/faults"): _arm,
    ("DELETE", "/admin/faults"): _disarm,
}


def _said(error: Exception) -> str:
    return (f"{error} is missing" if isinstance(error, KeyError) else str(error)) or type(error).__name__


def _body(request: Request) -> Any:
    return json.loads(request.body or b"{}")


def _json(status: int, body: object) -> Response:
    return Response(status, json.dumps(body, default=str).encode(), {"content-type": "application/json"})
