"""What the soak is made of: small pieces of work that any process can do, each with a count and what was wrong.

Every violation comes with the one command that shows it again.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import daemon
from kills import Kill, Outcome, prepared
from mutations import first_red
from sim_firms import simulate_firms
from sim_orgs import simulate_org
from sim_run import Run, simulate

from crmsync.simulator.salesforce.profiles import PROFILES

ORGS: Final = tuple(name for name in PROFILES if name != "plain")
MOST_TO_RED: Final = 200
"""Seeds within which a switched-off mechanism must be noticed."""


@dataclass(slots=True)
class Told:
    """What a piece came to: how many runs, what was wrong, what happened how often, and the CPU it took (seconds)."""

    part: str
    runs: int = 0
    wrong: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of work, by the name of its function here."""

    work: str
    arguments: tuple[Any, ...]
    runs: int


@dataclass(frozen=True, slots=True)
class Survey:
    """A scenario's steps when nobody kills it: all, those that write, and those that move the journal; and its end."""

    scenario: str
    steps: int
    writes: tuple[int, ...]
    journal: tuple[int, ...]


def do(piece: Piece) -> Told:
    """Do a piece of work in this process."""
    before = _cpu()
    told = WORK[piece.work](*piece.arguments)
    told.cpu_s = _cpu() - before
    return told


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


# -- seeds ------------------------------------------------------------------------------------------------------
def seeds(start: int, count: int) -> Told:
    """Seeds of the plain lane."""
    return _all_of("seeds", [simulate(seed) for seed in range(start, start + count)], lambda run: run.replay)


def firms(start: int, count: int) -> Told:
    """Seeds in which firms are a field."""
    runs = [simulate_firms(seed) for seed in range(start, start + count)]
    return _all_of("firms", runs, lambda run: _replay(f"CRMSYNC_FIRM_SEED={run.seed}", "replay_firms"))


def orgs(profile: str, start: int, count: int) -> Told:
    """Seeds on another kind of org."""
    runs = [simulate_org(seed, profile) for seed in range(start, start + count)]
    return _all_of("orgs", runs, lambda run: _replay(f"CRMSYNC_ORG_SEED={profile}:{run.seed}", "replay_orgs"))


def _replay(setting: str, test: str) -> str:
    return f"{setting} .venv/bin/python -m pytest -q -s tests/simulation -k {test}"


def _all_of(part: str, runs: Sequence[Run], replay: Callable[[Run], str]) -> Told:
    told = Told(part, len(runs))
    for run in runs:
        told.happened.update(run.happened)
        if run.wrong:
            told.wrong.append("\n".join((replay(run), *run.wrong)))
    return told


# -- kills ------------------------------------------------------------------------------------------------------
@cache
def _scenario(name: str) -> tuple[Callable[[Kill], Outcome], Outcome]:
    """What runs a kill of the scenario, and how it ends when nobody kills it."""
    run = prepared(name)
    return run, run(Kill(name, 0))


def survey(name: str) -> Survey:
    """Count a scenario's steps."""
    whole = _scenario(name)[1]
    return Survey(name, whole.steps, tuple(whole.writes), tuple(whole.journal))


def kills(part: Sequence[Kill]) -> Told:
    """Kills of one scenario; each must end as the scenario ends by itself."""
    told = Told("kills")
    for kill in part:
        out = show(kill)
        told.runs += out.blown > 0
        told.happened["kill"] += out.blown
        told.happened[f"kill in {kill.scenario}"] += out.blown
        told.happened["request on its way at the kill"] += bool(kill.late_s and out.blown)
        told.happened["killed again in recovery"] += out.blown > 1
        if out.wrong:
            told.wrong.append("\n".join((kill.replay, *out.wrong)))
    return told


def doubles(part: Sequence[Kill]) -> Told:
    """Each kill, and then again at every step of its recovery, as far as there are steps."""
    told = Told("kills")
    for kill in part:
        steps = show(kill).recovery
        more = kills([Kill(kill.scenario, kill.at, again) for again in range(1, steps + 1)])
        told.runs += more.runs
        told.wrong += more.wrong
        told.happened += more.happened
    return told


def show(kill: Kill) -> Outcome:
    """One kill, judged, also against the end that the scenario has without it."""
    run, whole = _scenario(kill.scenario)
    out = run(kill)
    missing, new = [x for x in whole.end if x not in out.end], [x for x in out.end if x not in whole.end]
    if whole.wrong:
        out.wrong = [f"(without a kill) {each}" for each in whole.wrong]
    elif missing or new or len(whole.end) != len(out.end):
        out.wrong.append(f"the end differs: without the kill {missing}, with it {new}")
    return out


# -- the rest ---------------------------------------------------------------------------------------------------
def sigkill(seed: int, count: int) -> Told:
    """Real processes, really killed."""
    wrong, happened = daemon.killed(seed, count)
    replay = f".venv/bin/python tests/soak/daemon.py {seed} {count}"
    return Told("sigkill", count, ["\n".join((replay, *wrong))] if wrong else [], Counter(happened))


def mutation(name: str, most: int) -> Told:
    """The engine without one of its mechanisms: a seed must notice."""
    red = first_red(name, most=most)
    told = Told("mutations", 1)
    told.lines.append(f"{name}: {f'seed {red.seed}, {red.said}' if red else f'green in {most} seeds'}")
    if red is None:
        told.wrong.append(
            f".venv/bin/python tests/simulation/mutations.py\n{name} off goes unnoticed in {most} seeds"
        )
    return told


WORK: Final[dict[str, Callable[..., Told]]] = {
    "seeds": seeds,
    "firms": firms,
    "orgs": orgs,
    "kills": kills,
    "doubles": doubles,
    "sigkill": sigkill,
    "mutations": mutation,
}
