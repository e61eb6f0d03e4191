"""The plug pulled after each call that writes, also between a contact's properties and its company: the end is the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from test_cycle_firms import BETA, World, config

from engines import EVERYBODY, calm, contacts, engine_on, rows, sync, violations
from fuses import Fuse, PlugPulledError


def a_world() -> World:
    """Somebody to be born in HubSpot, somebody who gets name and company there, somebody who gets an Account."""
    world = World(BETA, BETA)
    world.both("ann", account="beta")
    world.both("cid", company="beta")
    world.sales.create(
        "Contact", {"Email": "bo@acme.example", "LastName": "bo", "AccountId": world.accounts["acme"]}
    )
    world.sales.edit("Contact", rows(world.cluster, "Contact")[0]["Id"], {"FirstName": "Ann"})
    calm(world.cluster)
    return world


def run(folder: Path, fuse: Fuse) -> tuple[list[tuple[object, ...]], bool]:
    """Sync until the plug is pulled after a call that writes, then anew until calm. Returns the end and whether it was."""
    world, blew = a_world(), False
    where = config(folder, "two_way")
    with engine_on(world.cluster, folder, EVERYBODY, config=where) as engine:
        for connector in engine.connectors.values():
            client: Any = connector._client  # type: ignore[attr-defined]
            client.send = _stepping(client.send, fuse)
        try:
            sync(engine)
        except PlugPulledError:
            blew = True
    for _ in range(3):
        calm(world.cluster)
        with engine_on(world.cluster, folder, EVERYBODY, set_up=False, config=where) as engine:
            last = sync(engine)
    with engine_on(world.cluster, folder, EVERYBODY, set_up=False, config=where) as engine:
        assert last.writes == 0
        assert violations(world.cluster, engine) == []
    hub = [(c["email"], c.get("firstname"), c.get("associatedcompanyid")) for c in contacts(world.cluster)]
    sales = [(c["Email"], c.get("FirstName"), c.get("AccountId")) for c in rows(world.cluster, "Contact")]
    return sorted([*hub, *sales], key=repr), blew


def _stepping(send: Callable[..., Any], fuse: Fuse) -> Callable[..., Any]:
    def sent(*arguments: Any, **named: Any) -> Any:
        reply = send(*arguments, **named)
        fuse.step()
        return reply

    return sent


def test_killed_after_any_call_that_writes_the_end_is_the_same(tmp_path: Path) -> None:
    expected, _ = run(tmp_path / "whole", untouched := Fuse(0))
    assert untouched.steps >= 5
    for at in range(1, untouched.steps + 1):
        assert run(tmp_path / str(at), Fuse(at)) == (expected, True), f"killed after call {at}"
