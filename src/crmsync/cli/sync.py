"""`crmsync sync`: one whole cycle."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from crmsync.cli.common import engine, err, exit_code, out, say_json
from crmsync.cli.selecting import Fields, Kind, Limit, Object, Person, Where, selection

if TYPE_CHECKING:
    from crmsync.sync.engine import Engine, Report, Selection


def command(
    approve: bool = typer.Option(False, "--approve", help="Let everything pass the guard; for automation."),
    person: Person = "",
    object: Object = "",
    where: Where = "",
    field: Fields = None,
    kind: Kind = "",
    limit: Limit = 0,
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Read both CRMs, decide, write, and say what was done."""
    with engine(quiet=json) as made:
        chosen = selection(made, person, object, limit, where, field, kind)
        report, parked = run(made, chosen, approve=approve)
    if json:
        say_json(report.as_json())
    else:
        say(report, parked)
    sys.exit(exit_code(report, parked))


def run(made: Engine, selection: Selection, *, approve: bool) -> tuple[Report, int]:
    """One cycle, and a second look at links whose lost request may still have been landing.

    Returns the report and how many items are parked now.
    """
    from crmsync.app import writer
    from crmsync.store.read import status
    from crmsync.sync.cycle import sync_cycle, writing

    with writing(made, writer(made.store)) as generation:
        report, _ = sync_cycle(made, generation, selection, approve=approve)
        if report.cooling and not report.problems:
            err.print(
                f"{report.cooling} writes were cut off earlier and may still land; "
                f"looking again in {made.settle_s:.0f} s",
                style="dim",
            )
            made.clock.sleep(made.settle_s)
            made.store.renew(generation, made.clock.now(), 60.0)
            again, _ = sync_cycle(made, generation, selection, approve=approve)
            report = merged(report, again)
    return report, int(status(made.store)["parked"])  # type: ignore[arg-type]


def merged(first: Report, second: Report) -> Report:
    """Two cycles told as one."""
    for side, tally in second.applied.items():
        tally.create += first.applied[side].create
        tally.update += first.applied[side].update
        tally.skipped += first.applied[side].skipped
        second.read[side] += first.read[side]
        second.api_calls[side] += first.api_calls[side]
        second.setup_calls[side] += first.setup_calls[side]
    second.linked += first.linked
    second.conflicts += first.conflicts
    second.parked += first.parked
    second.drifted += first.drifted
    second.seconds += first.seconds
    return second


def say(report: Report, parked: int) -> None:
    """The report in words."""
    out.print(f"[bold]cycle {report.cycle}[/] in {report.seconds:.1f} s", highlight=False)
    names = {"hubspot": "HubSpot", "salesforce": "Salesforce"}
    for side, tally in report.applied.items():
        out.print(
            f"  {names[side]:<11} read {report.read[side]:>7,}   created {tally.create:>6,}   "
            f"changed {tally.update:>6,}   calls {report.api_calls[side]:>5,}",
            highlight=False,
        )
    out.print(
        f"  linked {report.linked:,}, new conflicts {report.conflicts:,}, parked {parked:,} in all",
        highlight=False,
    )
    if report.drifted:
        out.print(
            f"  the audit found {report.drifted:,} that no reading had shown; the next sync settles them"
        )
    for problem in report.problems:
        out.print(f"[yellow]not finished[/] {escape(problem)}", highlight=False)
    if report.problems:
        out.print("Nothing is lost: run `crmsync sync` again, the rest goes out then.")
    for hold in report.held:
        out.print(f"[yellow]held[/] {hold.digest}: {hold.reason}", highlight=False)
    if report.held:
        out.print("Look with `crmsync plan`; let it run with `crmsync approve DIGEST`.")
    if parked or report.conflicts:
        out.print("See `crmsync review` for what waits for a person.")
