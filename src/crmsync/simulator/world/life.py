"""The living world: a heap of what happens next, and the streams that it is drawn from. Writes through people only.

Every person, rep and office draws from streams of its own, numbered by event: what crmsync writes in between
changes who can be found, never what anybody else does or when.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from heapq import heappop, heappush
from typing import Final

from crmsync.simulator.world.bargains import BY_BARGAINS, open_deal
from crmsync.simulator.world.campaigns import BY_CAMPAIGNS
from crmsync.simulator.world.habits import CHARACTERS, Habits
from crmsync.simulator.world.hours import WEEK_S, WORKING_WEEK_S, Hours, stream, to_moment, to_ms
from crmsync.simulator.world.marketing import BY_MARKETING, edit_the_other_side, workflow_on_country
from crmsync.simulator.world.operations import BY_SALES, empty_bin
from crmsync.simulator.world.peopled import Living
from crmsync.simulator.world.prospects import BY_ANYBODY, BY_SOULS, INTERESTED, workflow_on_form
from crmsync.simulator.world.scene import Bargain, Rep, Scene, Town
from crmsync.simulator.world.selling import BY_REPS, touch
from crmsync.simulator.world.souls import Roster, Soul, Truth

Act = Callable[[Scene], bool]

FOLLOWING: Final[Mapping[str, Act]] = {
    "workflow_on_form": workflow_on_form,
    "workflow_on_country": workflow_on_country,
    "edit_the_other_side": edit_the_other_side,
}
"""Acts that another act plans."""
ACTS: Final[Mapping[str, Act]] = {
    **BY_SOULS,
    **BY_ANYBODY,
    **BY_MARKETING,
    **BY_SALES,
    "empty_bin": empty_bin,
    **BY_CAMPAIGNS,
    "open_deal": open_deal,
    **BY_REPS,
    **BY_BARGAINS,
    **FOLLOWING,
    "touch": touch,
}
PER_WEEK: Final = frozenset(
    {
        "import_by_marketing",
        "mass_edit_in_hubspot",
        "start_campaign",
        "make_list",
        "change_list",
        "empty_bin",
        "import_by_sales",
        "mass_edit_in_salesforce",
    }
)
"""Acts whose rate does not grow with the number of people."""
_OFFICES: Final[Mapping[str, Hours | None]] = {
    **dict.fromkeys((*BY_MARKETING, *BY_CAMPAIGNS, "open_deal"), Hours("Europe/Berlin")),
    **dict.fromkeys(BY_SALES, Hours("America/Chicago")),
    **dict.fromkeys((*BY_ANYBODY, "empty_bin")),
}
"""Acts of nobody in particular and the hours in which they happen (None: at any)."""
_HOLIDAY: Final = 0.1
"""The part of all weeks that a rep is away."""


class Life:
    """A world that goes on from where the cluster stands. The same seed, habits and start give the same life.

    `leads` says whether sales types people in as Leads, else as Contacts.
    """

    def __init__(
        self, cluster: Living, seed: int = 7, habits: Habits | None = None, *, leads: bool = True
    ) -> None:
        self.cluster, self.seed = cluster, seed
        self.habits = habits or Habits()
        roster = Roster(seed, cluster.ledger)
        self.town = Town(cluster, seed, self.habits, roster, _reps(cluster, seed), ACTS, self._later, leads)
        self._due: list[tuple[int, str, int, int]] = []
        """(when in milliseconds, whose or what, which, its how-manieth event)"""
        self._following: dict[int, tuple[str, Soul | None]] = {}
        self._planned = self._bargains = 0
        self._at = to_ms(cluster.clock.now())
        roster.read()
        self._welcome()
        for name in _OFFICES:
            self._next_office(name, 0, stream(seed, "first", name))
        for rep in self.town.reps:
            self._next_touch(rep, 0, stream(seed, "first touch", rep.number))

    @property
    def acts(self) -> Counter[str]:
        """How often what happened, by name of the act."""
        return self.town.done

    @property
    def refused(self) -> Counter[str]:
        """How often a vendor said no to an act."""
        return self.town.refused

    @property
    def truths(self) -> Mapping[str, Truth]:
        """The truth about everybody who has an address, by that address; for reports and calibration only."""
        return {email: soul.truth for email, soul in self.town.roster.by_email.items()}

    @property
    def outcomes(self) -> Mapping[str, str]:
        """What the latest bargain with somebody came to, by their address: `open`, `won`, `lost` or `deleted`."""
        return {b.soul.email: b.outcome for b in self.town.bargains if b.soul.email}

    @property
    def next_at(self) -> datetime | None:
        """When something happens next."""
        return to_moment(self._due[0][0]) if self._due else None

    def step(self, until: datetime) -> int:
        """Let everything happen that is due up to `until`, in order of time; returns how many acts happened.

        The clock is put to the time of each event unless it is there already, and to `until` in the end. Raises
        nothing that a vendor says.
        """
        clock, end = self.cluster.clock, to_ms(until)
        before = self.town.done.total()
        with self.cluster.locks["hubspot"], self.cluster.locks["salesforce"]:
            self.town.roster.read()
            self._welcome()
        while self._due and self._due[0][0] <= end:
            at, whose, which, n = heappop(self._due)
            with self.cluster.locks["hubspot"], self.cluster.locks["salesforce"]:
                if clock.now() < to_moment(at):
                    clock.set(to_moment(at))
                self._at = at
                self._happen(whose, which, n)
                self._welcome()
        if clock.now() < until:
            clock.set(until)
        return self.town.done.total() - before

    # -- what is next ---------------------------------------------------------------------------------------
    def _happen(self, whose: str, which: int, n: int) -> None:
        """One event. The gap to the next one of its kind is drawn first, so that nothing in between moves it."""
        town, rng = self.town, stream(self.seed, whose, which, n)
        if whose == "soul":
            soul = town.roster.souls[which]
            self._next_of(soul, n + 1, rng)
            Scene(town, rng, soul).play(_choice(self._rates(soul), rng.random()))
        elif whose == "rep":
            rep = town.reps[which]
            self._next_touch(rep, n + 1, rng)
            Scene(town, rng, rep=rep).play("touch")
        elif whose == "bargain":
            self._haggle(town.bargains[which], n)
        elif whose == "then":
            name, about = self._following.pop(which)
            Scene(town, stream(self.seed, name, about.number if about else "", self._at), about).play(name)
        else:
            self._next_office(whose, n + 1, rng)
            Scene(town, rng).play(whose)

    def _welcome(self) -> None:
        """Plan for people who are new, and give each of them to a rep."""
        roster, reps = self.town.roster, self.town.reps
        for soul in roster.fresh:
            rng = stream(self.seed, "new", soul.number)
            soul.rep = int(rng.random() * len(reps))
            self._next_of(soul, 0, rng)
        roster.fresh.clear()
        for bargain in self.town.bargains[self._bargains :]:
            self._next_move(bargain, 0, stream(self.seed, "new bargain", *bargain.key))
        self._bargains = len(self.town.bargains)

    def _haggle(self, bargain: Bargain, n: int) -> None:
        rng = stream(self.seed, "bargain", *bargain.key, n)
        rep = self.town.reps[bargain.soul.rep] if self.town.reps else None
        Scene(self.town, rng, bargain.soul, rep, bargain).play("haggle")
        if not bargain.gone:
            self._next_move(bargain, n + 1, rng)

    def _next_move(self, bargain: Bargain, n: int, rng: random.Random) -> None:
        """Closed ones rest for longer."""
        rate = self.habits.haggle * (0.4 if bargain.closed else 1.0)
        hours = self.town.reps[bargain.soul.rep].hours if self.town.reps else None
        self._plan(rate, hours, "bargain", bargain.number, n, rng)

    def _rates(self, soul: Soul) -> Sequence[tuple[str, float]]:
        liveliness = 0.2 + 2.0 * soul.truth.interest
        return [
            (name, getattr(self.habits, name) * (liveliness if name in INTERESTED else 1.0))
            for name in BY_SOULS
        ]

    def _next_of(self, soul: Soul, n: int, rng: random.Random) -> None:
        self._plan(sum(rate for _, rate in self._rates(soul)), None, "soul", soul.number, n, rng)

    def _next_office(self, name: str, n: int, rng: random.Random) -> None:
        people = 1 if name in PER_WEEK else len(self.town.roster.souls)
        self._plan(getattr(self.habits, name) * people, _OFFICES[name], name, 0, n, rng)

    def _next_touch(self, rep: Rep, n: int, rng: random.Random) -> None:
        share = rep.character.pace / sum(each.character.pace for each in self.town.reps)
        rate = self.habits.touch * len(self.town.roster.souls) * share
        self._plan(rate, rep.hours, "rep", rep.number, n, rng)

    def _plan(
        self, rate: float, hours: Hours | None, whose: str, which: int, n: int, rng: random.Random
    ) -> None:
        """Put the next event of its kind on the heap, at so many a week; after ten years at the latest."""
        if rate <= 0:
            return
        weeks = min(520.0, rng.expovariate(rate))
        heappush(self._due, (self._when(hours, weeks), whose, which, n))

    def _when(self, hours: Hours | None, weeks: float) -> int:
        if hours is None:
            return self._at + int(weeks * WEEK_S * 1000)
        return hours.after(self._at, weeks * WORKING_WEEK_S)

    def _later(self, seconds: float, name: str, soul: Soul | None) -> None:
        self._planned += 1
        self._following[self._planned] = (name, soul)
        heappush(self._due, (self._at + int(seconds * 1000), "then", self._planned, 0))


def _choice(rates: Sequence[tuple[str, float]], drawn: float) -> str:
    left = drawn * sum(rate for _, rate in rates)
    for name, rate in rates:
        left -= rate
        if left < 0:
            return name
    return rates[-1][0]


def _reps(cluster: Living, seed: int) -> list[Rep]:
    """The active users, the one that software uses left out; the reps of `populate` come last and are first here."""
    users = [
        u
        for u in cluster.salesforce.state()["User"]
        if u.get("IsActive") and "integration" not in str(u["Username"])
    ]
    made = [u for u in users if str(u.get("Email", "")).endswith("@sales.example")] or users
    reps = []
    for number, user in enumerate(made):
        character = CHARACTERS[number % len(CHARACTERS)]
        away = partial(_away, seed, number)
        reps.append(Rep(number, str(user["Id"]), character, Hours(character.zone, away)))
    return reps


def _away(seed: int, number: int, monday: date) -> bool:
    return stream(seed, "holiday", number, monday.isoformat()).random() < _HOLIDAY
