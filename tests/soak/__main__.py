"""`make soak`, or `python -m tests.soak`: the long proof, on two processes, with every failure's replay command.

`--only seeds,kills,sigkill,mutations,firms,orgs` runs a part, `--seeds 200 --kills 400` less of it;
`--kill NAME` does one kill again. Exits 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Final

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "simulation"), str(HERE.parent)]

from golden import SCENARIOS  # noqa: E402
from kills import Kill, named  # noqa: E402
from mutations import MUTATIONS  # noqa: E402
from parts import MOST_TO_RED, ORGS, Piece, Survey, Told, do, show, survey  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import Progress, TaskID, TimeElapsedColumn  # noqa: E402
from sim_people import ACTS  # noqa: E402
from troubles import TROUBLES  # noqa: E402

PARTS: Final = ("seeds", "kills", "sigkill", "mutations", "firms", "orgs")
WORKERS: Final = 2
LATE_S: Final = (1.0, 30.0, 100.0)
"""When the request of a killed sender lands; each within the settling time."""
FIRED: Final = (*ACTS, *TROUBLES)
"""What must have happened in the seeds; nothing else shows that a fault is really there."""
ENOUGH_SEEDS: Final = 100
"""Fewer seeds need not meet everything."""


def options(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas")
    parser.add_argument("--seeds", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=10_000, help="0: each journal transition once")
    parser.add_argument("--sigkills", type=int, default=100)
    parser.add_argument("--firms", type=int, default=300)
    parser.add_argument("--orgs", type=int, default=300)
    parser.add_argument("--mutations", type=int, default=MOST_TO_RED, help="seeds to notice within")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help="golden scenarios, with commas")
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--kill", help="do one kill again, by its name")
    return parser.parse_args(argv)


def blocks(total: int, size: int) -> Iterator[tuple[int, int]]:
    """(start, count) of each block."""
    return ((start, min(size, total - start)) for start in range(0, total, size))


def seeded(asked: argparse.Namespace, only: set[str]) -> Iterator[Piece]:
    """Everything but the kills in process."""
    if "sigkill" in only:
        for number, (_, count) in enumerate(blocks(asked.sigkills, 25)):
            yield Piece("sigkill", (number, count), count)
    if "mutations" in only:
        yield from (Piece("mutations", (name, asked.mutations), 1) for name in MUTATIONS)
    if "firms" in only:
        yield from (Piece("firms", block, block[1]) for block in blocks(asked.firms, 25))
    if "orgs" in only:
        for profile in ORGS:
            each = max(1, asked.orgs // len(ORGS))
            yield from (Piece("orgs", (profile, *block), block[1]) for block in blocks(each, 25))
    if "seeds" in only:
        yield from (Piece("seeds", block, block[1]) for block in blocks(asked.seeds, 50))


def killing(asked: argparse.Namespace, surveys: Sequence[Survey]) -> Iterator[Piece]:
    """Kills at every step, on the way and again in recovery, until there are as many as asked for."""
    if not asked.kills:
        for one in surveys:
            moved = [Kill(one.scenario, at) for at in sorted({*one.journal, *one.writes})]
            yield Piece("kills", (moved,), len(moved))
        return
    single = [Kill(s.scenario, at) for s in surveys for at in range(1, s.steps + 1)]
    single += [Kill(s.scenario, at, 0, late_s) for s in surveys for at in s.writes for late_s in LATE_S]
    random.Random("kills").shuffle(single)
    some = single[: asked.kills]
    for scenario in SCENARIOS:
        mine = sorted((kill for kill in some if kill.scenario == scenario), key=lambda kill: kill.at)
        for start, count in blocks(len(mine), 60):
            yield Piece("kills", (mine[start : start + count],), count)


def again(asked: argparse.Namespace, surveys: Sequence[Survey], done: int) -> Iterator[Piece]:
    """Second kills in the recovery of a first one, spread over all scenarios, for as many as are still missing."""
    firsts = [Kill(s.scenario, at) for s in surveys for at in range(1, s.steps + 1)]
    random.Random("again").shuffle(firsts)
    left = asked.kills - done
    for kill in firsts:
        if left <= 0:
            return
        yield Piece("doubles", ([kill],), 40)
        left -= 40


class Tally:
    """What has been told so far."""

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()
        self.cpu: Counter[str] = Counter()
        self.happened: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.lines: list[str] = []
        self.fired: Counter[str] = Counter()

    def add(self, told: Told) -> None:
        self.runs[told.part] += told.runs
        self.cpu[told.part] += told.cpu_s  # type: ignore[assignment]
        self.happened.update(told.happened)
        if told.part == "seeds":
            self.fired.update(told.happened)
        self.wrong += told.wrong
        self.lines += told.lines


def run(asked: argparse.Namespace, console: Console) -> Tally:
    """Do everything that was asked for."""
    only = set(asked.only.split(","))
    if only - set(PARTS):
        raise SystemExit(
            f"no such part: {', '.join(sorted(only - set(PARTS)))}; there are {', '.join(PARTS)}"
        )
    tally = Tally()
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(asked.workers, mp_context=context) as pool,
        Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console) as bar,
    ):
        first = list(seeded(asked, only))
        surveys: list[Survey] = []
        if "kills" in only:
            surveys = list(pool.map(survey, asked.scenarios.split(",")))
            first += killing(asked, surveys)
        _finish(pool, first, tally, bar, bar.add_task("runs", total=sum(p.runs for p in first)))
        rest = list(again(asked, surveys, tally.runs["kills"])) if surveys else []
        if rest:
            _finish(pool, rest, tally, bar, bar.add_task("kills again", total=sum(p.runs for p in rest)))
    if "seeds" in only and asked.seeds >= ENOUGH_SEEDS:
        tally.wrong += [
            f"nothing shows that {name} happens: it never did" for name in FIRED if not tally.fired[name]
        ]
    return tally


def _finish(
    pool: ProcessPoolExecutor, pieces: Sequence[Piece], tally: Tally, bar: Progress, task: TaskID
) -> None:
    doing = {pool.submit(do, piece): piece for piece in pieces}
    for each in as_completed(doing):
        told = each.result()
        tally.add(told)
        bar.advance(task, doing[each].runs)
        for wrong in told.wrong:
            bar.console.print(wrong, style="red", markup=False, highlight=False)


def summary(tally: Tally, seconds: float, console: Console) -> None:
    """What was run, how fast, what happened in it, and what was wrong."""
    for part, runs in tally.runs.items():
        per = f", {runs / cpu:.1f} a second of CPU" if (cpu := tally.cpu[part]) else ""
        console.print(f"{part}: {runs} runs{per}", highlight=False)
    for name, count in sorted(tally.happened.items()):
        console.print(f"  {name}: {count}", highlight=False)
    for line in tally.lines:
        console.print(f"  without {line}", highlight=False, markup=False)
    total = sum(tally.runs.values())
    console.print(
        f"{total} runs in {seconds:.0f} s ({total / seconds:.1f} a second), {len(tally.wrong)} wrong"
    )
    for wrong in tally.wrong:
        console.print(wrong, style="red", markup=False, highlight=False)


def main() -> int:
    """0 when nothing is wrong."""
    asked, console = options(), Console()
    if asked.kill:
        out = show(named(asked.kill))
        console.print(
            "\n".join((*out.story, *out.wrong, f"{out.blown} kills, {len(out.wrong)} wrong")), markup=False
        )
        return 1 if out.wrong else 0
    started = time.monotonic()
    tally = run(asked, console)
    summary(tally, time.monotonic() - started, console)
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
