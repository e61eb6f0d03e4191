"""What a cycle learns once at its start: who we are on both sides, what objects look like, who can own records.

Refuses to go on when a portal or an org is not the one this store has been working with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from crmsync.errors import FatalError
from crmsync.mapping.fields.codec import Directory
from crmsync.model.links import Lane
from crmsync.model.records import Identity, ObjectInfo, Owner
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES, Side
from crmsync.reconcile.digest import digest
from crmsync.sync.advice import CIRCUMSTANCES
from crmsync.sync.engine import ACCOUNTS, PEOPLE, Engine
from crmsync.sync.horizon import vendor_time
from crmsync.sync.membership import refresh
from crmsync.sync.observing import Observer
from crmsync.sync.rationing import Ration
from crmsync.sync.rights import refused, visible
from crmsync.sync.watch import account_fields, people_fields

PARKED_EVERY = timedelta(days=1)
"""How often what was refused for a reason that lies in the CRM is tried again."""


@dataclass(frozen=True, slots=True)
class Session:
    """The fixed facts of one cycle. `people` are the objects of people that our user has access to, in reading order.

    `problems` do not end the cycle, but an admin should know of them.
    """

    cycle: str
    generation: int
    identities: Mapping[Side, Identity]
    infos: Mapping[tuple[Side, str], ObjectInfo]
    directory: Directory
    observer: Observer
    refused: Mapping[tuple[Side, str], str]
    people: Mapping[Side, tuple[str, ...]]
    ration: Ration
    problems: tuple[str, ...] = ()

    @property
    def accounts(self) -> dict[Side, str]:
        """Portal and org id by side."""
        return {side: identity.account_id for side, identity in self.identities.items()}


def begin(engine: Engine, generation: int) -> Session:
    """Learn the facts of a cycle, check the identities, and note a changed definition."""
    now = engine.clock.now()
    ration = Ration(engine)
    with engine.store.transaction() as tx:
        stale = _owners_due(tx, engine, now)
        if stale and tx.get("owners") is not None:  # what is known will do while calls run short
            stale = all(ration.may(side, Lane.CHANGES) for side in SIDES)
    if stale:
        # Fields, rights and owners change while a daemon runs; they are learnt anew on one slow schedule.
        for side in SIDES:
            engine.connectors[side].forget()
    identities = {side: engine.connectors[side].identity() for side in SIDES}
    infos = {
        (side, obj): engine.connectors[side].describe(obj)
        for side in SIDES
        for obj in (*PEOPLE[side], ACCOUNTS[side])
    }
    people = visible(infos)
    with engine.store.transaction() as tx:
        for identity in identities.values():
            _same_account(tx, identity)
    problem = refresh(engine, ration, generation)
    with engine.store.transaction() as tx:
        _definition(tx, engine)
        barred = refused(engine, infos)
        _rights(tx, barred)
    if stale:
        _read_owners(engine, now)
    with engine.store.transaction() as tx:
        _try_parked(tx, now)
        owners = tx.owners()
        members = tx.members(PEOPLE["hubspot"][0]) if engine.definition.scope_list else frozenset()
        number = int(tx.get("cycle") or 0) + 1
        times = {side: vendor_time(tx.get(f"clock:{side}")) for side in SIDES}
        tx.put("cycle", str(number))
    directory = Directory.of(_without_us(owners, identities))
    key_fields = {side: engine.connectors[side].key_field for side in SIDES}
    accounts = {side: identity.account_id for side, identity in identities.items()}
    users = {side: identity.user_id for side, identity in identities.items()}
    observer = Observer(engine.definition, directory, key_fields, accounts, users, times, members)
    problems = (problem,) if problem else ()
    return Session(
        str(number), generation, identities, infos, directory, observer, barred, people, ration, problems
    )


def _same_account(tx: Tx, identity: Identity) -> None:
    name = f"account:{identity.side}"
    known = tx.get(name)
    if known is None:
        tx.put(name, identity.account_id)
    elif known != identity.account_id:
        raise FatalError(
            f"{identity.side} is account {identity.account_id}, but this store belongs to account {known}; "
            "nothing was read or written",
            fix="point the settings back at the old account, or use a new CRMSYNC_DATABASE_URL",
        )


def _definition(tx: Tx, engine: Engine) -> None:
    """A changed definition decides every link again; a field that was not read before makes us read in full."""
    definition = engine.definition
    if tx.get("definition") != definition.version:
        if tx.get("definition") is not None:
            tx.mark_all_dirty(Lane.BACKFILL, "definition")
        tx.put("definition", definition.version)
    for side in SIDES:
        connector = engine.connectors[side]
        fields = {obj: people_fields(definition, connector, obj) for obj in PEOPLE[side]}
        fields[ACCOUNTS[side]] = account_fields(definition, connector)
        for obj, names in fields.items():
            name = f"fields:{side}:{obj}"
            mark = digest(*names)
            if tx.get(name) != mark:
                if tx.get(name) is not None:
                    tx.set_cursor(side, obj, {"mode": "scan"})
                    tx.mark_all_dirty(Lane.BACKFILL, "definition")  # a field that is blank there is no news
                tx.put(name, mark)


def _rights(tx: Tx, barred: Mapping[tuple[Side, str], str]) -> None:
    """Granted or lost rights decide every link again: what was refused is created now, by itself."""
    mark = digest(*(f"{side} {obj} {why}" for (side, obj), why in sorted(barred.items())))
    if tx.get("refused") not in (None, mark):
        tx.mark_all_dirty(Lane.BACKFILL, "definition")
    tx.put("refused", mark)


def _try_parked(tx: Tx, now: datetime) -> None:
    """What was refused for a right, a rule or another record is tried again once a day: nothing says that it is mended."""
    last = tx.get("parked_tried")
    if last is None or now - datetime.fromisoformat(last) >= PARKED_EVERY:
        if last is not None:
            tx.retry([code.lower() for code in CIRCUMSTANCES], now - PARKED_EVERY)
        tx.put("parked_tried", now.isoformat())


def _owners_due(tx: Tx, engine: Engine, now: datetime) -> bool:
    last = tx.get("owners")
    if last is None:
        return True
    return (now - datetime.fromisoformat(last)).total_seconds() >= engine.definition.owners_every_s


def _read_owners(engine: Engine, now: datetime) -> None:
    for side in SIDES:
        owners = engine.connectors[side].owners()
        with engine.store.transaction() as tx:
            tx.save_owners(side, owners)
    with engine.store.transaction() as tx:
        tx.put("owners", now.isoformat())


def _without_us(owners: list[Owner], identities: Mapping[Side, Identity]) -> list[Owner]:
    """Our own user owns what it created until somebody takes it: that is nobody, by name and by e-mail."""
    ours = {(identity.side, identity.user_id) for identity in identities.values()}
    return [Owner(o.side, o.id, "", "", o.active) if (o.side, o.id) in ours else o for o in owners]
