"""Plans a cycle: streams every dirty link through linking and the planner, keeps the operations, asks the guard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from crmsync.mapping.domains import organisation
from crmsync.mapping.fields.person import person_values
from crmsync.model.links import Account, Hold, Intent, Lane, Link, Settlement, SideRow
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES
from crmsync.reconcile.birth import Place, lead_or_contact
from crmsync.reconcile.digest import plan_digest
from crmsync.reconcile.guard import guard
from crmsync.reconcile.pingpong import Fight
from crmsync.reconcile.planner import Decision, Terms, plan_link
from crmsync.sync.breaking import Breaker, name_writers
from crmsync.sync.choosing import choose
from crmsync.sync.confirming import confirm, unconfirmed
from crmsync.sync.engine import PEOPLE, Engine, Report, Selection
from crmsync.sync.firms import firm_fields, firms_near
from crmsync.sync.linking import link_batch
from crmsync.sync.observing import country_code
from crmsync.sync.session import Session

BATCH = 500


@dataclass(slots=True)
class Planned:
    """What a planning pass came to."""

    operations: int = 0
    holds: list[Hold] = field(default_factory=list)
    digest: str = ""


def plan_all(
    engine: Engine,
    session: Session,
    report: Report,
    *,
    commit: bool,
    selection: Selection,
    approve: bool = False,
) -> Planned:
    """Plan every dirty link that is ready. With `commit` False only proposals are kept: nothing is settled or held.

    `approve` lets everything pass the guard.
    """
    now = engine.clock.now()
    planned = Planned()
    with engine.store.transaction() as tx:
        tx.drop_proposed()
        approved = tx.approved() if selection.approved else None
    after, revisited = (-1, -1), set[int]()
    confirmed: set[int] = set()
    again: list[int] = []
    fights: list[Fight] = []
    while True:
        engine.checkpoint(session.generation)
        with engine.store.transaction() as tx:
            if again:
                ids, again = again, []
            else:
                batch = tx.dirty(after, BATCH, now)
                if not batch:
                    break
                after = batch[-1]
                ids = [link for _, link in batch if link not in revisited]
            joined, parks = link_batch(engine, tx, ids, report, session.accounts)
            # A link may cool and be reached all the same, through a record that was just joined to it.
            links = [link for link in joined if link.cool_until is None or link.cool_until <= now]
            revisited |= {link.id for link in links} - set(ids)
            terms = terms_of(engine, session, tx, links)
            breaker = Breaker(engine, tx, now, commit=commit)
            first = [plan_link(link, terms) for link in links]
            doubted = unconfirmed(links, first, confirmed) if commit else []
            sure = [(link, d) for link, d in zip(links, first, strict=True) if link not in doubted]
            links = [link for link, _ in sure]
            decisions = breaker.checked(links, [d for _, d in sure])
            fights += breaker.fights
            choice = _chosen(decisions, links, terms, selection, planned.operations, approved)
            part = _keep(tx, engine, decisions, parks, planned, choice, commit=commit)
            # Marked anew, so that what was left out of the selection is not cleared with what was chosen.
            for link in links:
                if link.id in part:
                    tx.mark_dirty([link.id], Lane.CHANGES, link.cause)
        if doubted:
            again = confirm(engine, session, doubted)
            confirmed |= set(again)
        engine.progress("planning", planned.operations, 0)
    if commit:
        name_writers(engine, fights)
    _guard(engine, planned, commit=commit, approve=approve)
    return planned


def _keep(
    tx: Tx,
    engine: Engine,
    decisions: Sequence[Decision],
    parks: Sequence[Settlement],
    planned: Planned,
    choice: Sequence[Sequence[Intent]],
    *,
    commit: bool,
) -> set[int]:
    """Keep a batch's decisions with what was chosen of each. Returns the links that are to be written in part only."""
    now = engine.clock.now()
    part: set[int] = set()
    quiet: list[Settlement] = list(parks)
    intents: list[Intent] = []
    loud: list[Settlement] = []
    for decision, chosen in zip(decisions, choice, strict=True):
        if not decision.intents:
            quiet.append(decision.settlement)
            continue
        if tuple(chosen) == decision.intents:
            loud.append(decision.settlement)
        elif chosen:
            loud.append(Settlement(decision.settlement.link_id, decision.settlement.seq))
            part.add(decision.settlement.link_id)
        intents += chosen
    tx.mint({d.settlement.link_id: d.key for d in decisions if d.key})
    tx.propose(intents, loud)
    planned.operations += len(intents)
    if commit:
        tx.settle([s for s in quiet if s.agreed or s.seen or s.conflicts or s.parked or s.settled], now)
        tx.clean([(s.link_id, s.seq) for s in quiet])
    return part if commit else set()


def _chosen(
    decisions: Sequence[Decision],
    links: Sequence[Link],
    terms: Terms,
    selection: Selection,
    before: int,
    approved: frozenset[str] | None,
) -> list[list[Intent]]:
    """For each decision its operations that are of the selection, `before` of which were chosen already."""
    chosen: list[list[Intent]] = []
    for decision, link in zip(decisions, links, strict=True):
        room = selection.limit - before if selection.limit else None
        some = choose(decision.intents, selection, link, terms.fields, terms.directory, room, approved)
        before += len(some)
        chosen.append(some)
    return chosen


# -- terms ----------------------------------------------------------------------------------------------------
def terms_of(engine: Engine, session: Session, tx: Tx, links: Sequence[Link]) -> Terms:
    """What the decisions over these links share."""
    definition = engine.definition
    places = _Places(engine, session, tx, links)
    firms = firms_near(tx, firm_fields(definition), links)
    return Terms(
        definition.version,
        definition.fields,
        session.infos,
        replace(session.directory, firms=firms),
        session.accounts,
        {side: engine.connectors[side].key_field for side in SIDES},
        definition.create,
        places.place,
        session.refused,
        lambda row: session.observer.in_scope(row.side, row.object, row.native_id, row.current),
    )


class _Places:
    """Which Accounts the people of a batch could belong to, asked once for all of them."""

    def __init__(self, engine: Engine, session: Session, tx: Tx, links: Sequence[Link]) -> None:
        self.engine, self.session = engine, session
        lonely = [row for link in links for row in link.rows if link.primary("salesforce") is None]
        refs = sorted({row.account_ref for row in lonely if row.account_ref})
        self.companies = tx.accounts_by_id("hubspot", refs) if refs else {}
        domains = {d for row in lonely for d in self._domains(row)}
        self.by_domain: dict[str, list[Account]] = (
            tx.accounts_by_domain("salesforce", sorted(domains)) if domains else {}
        )

    def _domains(self, row: SideRow) -> list[str]:
        company = self.companies.get(row.account_ref)
        found = [organisation(row.email), company.domain if company else ""]
        return [d for d in dict.fromkeys(found) if d]

    def place(self, link: Link, row: SideRow) -> Place:
        """Where the person of `row` goes on the other side."""
        if row.side == "salesforce":
            return Place(PEOPLE["hubspot"][0])
        definition = self.engine.definition
        near = {a.id: a for domain in self._domains(row) for a in self.by_domain.get(domain, ())}
        if not near:
            return lead_or_contact({}, "", [], definition.contact_when, definition.person_model)
        person = person_values(definition.fields, row.side, row.object, row.current, self.session.directory)
        country = country_code(str(person.get("country") or ""))
        return lead_or_contact(
            person, country, list(near.values()), definition.contact_when, definition.person_model
        )


# -- the guard ------------------------------------------------------------------------------------------------
def _guard(engine: Engine, planned: Planned, *, commit: bool, approve: bool) -> None:
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        planned.digest = plan_digest(tx.proposed_digests())
        tx.put("plan_digest", planned.digest)
        if approve:
            tx.approve_proposed()
            return
        stops = guard(
            tx.groups(), tx.recent(now - timedelta(hours=24)), tx.linked(), engine.definition.limits
        )
        for stop in stops:
            group = stop.group
            digest = plan_digest(tx.proposed_digests((group.side, group.object, group.kind)))
            planned.holds.append(
                Hold(digest, group.side, group.object, group.kind, stop.reason, group.count, now)
            )
        shown = {h.digest: [h.side, h.object, h.kind.value] for h in planned.holds}
        tx.put("plan_holds", json.dumps(shown))
        if commit:
            tx.hold(planned.holds, now)
            planned.holds = tx.holds()
        else:  # what an earlier sync held is part of the plan and still waits
            again = [(h.side, h.object, h.kind) for h in planned.holds]
            planned.holds += [h for h in tx.holds() if (h.side, h.object, h.kind) not in again]
