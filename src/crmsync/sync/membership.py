"""Who is on the HubSpot list that scope names: found by name, read at the first use and then on a slow schedule.

A list that is not there any more never widens the scope: who was on it stays on it, and a problem says so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from crmsync.definition.definition import ScopeList
from crmsync.definition.section import near
from crmsync.errors import ConfigurationError, FatalError, Finding
from crmsync.model.links import Lane
from crmsync.model.records import PeopleList
from crmsync.sync.engine import PEOPLE, Engine
from crmsync.sync.rationing import Ration

NAME: Final = "scope_list"
"""The value of `meta` that says which list was read last, and when."""

RIGHT: Final = "give the token crm.lists.read, or write a rule instead of a list"


@dataclass(frozen=True, slots=True)
class _Known:
    """The list as read last. `at` is ISO 8601; `problem` is what an admin should know of it."""

    name: str
    id: str
    at: str
    problem: str = ""


def refresh(engine: Engine, ration: Ration, generation: int) -> str:
    """Read the members of the list when they are due. Returns what an admin should know of it, "" for nothing.

    Raises ConfigurationError where the list never was read and its name does not stand for exactly one list.
    """
    wanted, now = engine.definition.scope_list, engine.clock.now()
    with engine.store.transaction() as tx:
        kept = tx.get(NAME)
        known = _Known(**json.loads(kept)) if kept else None
        if wanted is None:
            if known is not None:
                tx.save_members("", PEOPLE["hubspot"][0], ())
                tx.put(NAME, "")
            return ""
    if known is not None and known.name != wanted.name:
        known = None
    if known is not None:
        age = (now - datetime.fromisoformat(known.at)).total_seconds()
        if age < engine.definition.lists_every_s or not ration.may("hubspot", Lane.CHANGES):
            return known.problem
    found, problem = find(_lists(engine), wanted, known.id if known else "")
    if found is None and known is None:
        place = wanted.place
        raise ConfigurationError(
            findings=(Finding(place.file, place.line, place.column, problem),),
            fix="write the name of a HubSpot list of contacts there, or a rule; nothing was written",
        )
    ids = _members(engine, found.id, generation) if found else None
    told = f"{wanted.place}: {problem}" if problem else ""
    id = found.id if found else known.id if known else ""
    with engine.store.transaction() as tx:
        if ids is not None:
            tx.save_members(id, PEOPLE["hubspot"][0], ids)
        tx.put(NAME, json.dumps(asdict(_Known(wanted.name, id, now.isoformat(), told))))
    return told


def find(lists: Sequence[PeopleList], wanted: ScopeList, known: str = "") -> tuple[PeopleList | None, str]:
    """The list that a name stands for, and what is wrong with the name ("": nothing).

    `known` is the id of the list that it stood for before: it is followed when it was renamed.
    """
    named = [one for one in lists if one.name.strip() == wanted.name]
    if len(named) == 1:
        return named[0], ""
    before = next((one for one in lists if known and one.id == known), None)
    if named:
        what = f"HubSpot has {len(named)} lists of contacts named `{wanted.name}`; a name must stand for one"
    elif before is not None:
        what = f"the HubSpot list `{wanted.name}` is called `{before.name}` now; write that name here"
    else:
        hint = near(wanted.name, sorted(one.name for one in lists))
        what = f"HubSpot has no list of contacts named `{wanted.name}`{hint}"
    if before is None and known:
        what += "; until that is mended, whoever was on it last stays in scope, and nobody else enters"
    return before, what


def _lists(engine: Engine) -> list[PeopleList]:
    try:
        return engine.connectors["hubspot"].lists()
    except FatalError as error:
        raise FatalError(str(error), fix=error.fix or RIGHT) from error


def _members(engine: Engine, list_id: str, generation: int) -> set[str]:
    """Every contact on the list. Nothing is kept before its end, so a broken-off reading starts anew."""
    ids: set[str] = set()
    after: str | None = None
    while True:
        page = engine.connectors["hubspot"].members(list_id, after)
        ids |= {member.id for member in page.members}
        engine.progress("reading the list of the scope", len(ids), 0)
        engine.checkpoint(generation)
        after = page.next
        if after is None:
            return ids
