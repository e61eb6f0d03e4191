"""`crmsync demo`: two simulated CRMs come into agreement, told for somebody who has never seen it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from crmsync.cli.common import progress, say_json
from crmsync.cli.demo_run import Shown, run
from crmsync.cli.simulate import ORG_PROFILES, refuse_profile

if TYPE_CHECKING:
    pass


def command(
    people: int = typer.Option(1000, min=2, help="People on each side."),
    seed: int = typer.Option(7, help="The same seed gives the same people."),
    data: Path = typer.Option(None, help="A folder of records to begin with, instead of invented people."),
    profile: str = typer.Option("plain", help="Kind of Salesforce org: " + ORG_PROFILES),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Fill two simulated CRMs with people who overlap but do not agree, sync them, and show what changed."""
    refuse_profile(profile)
    with progress(quiet=json) as told:
        shown = run(people, seed, data, told, profile)
    if json:
        say_json(as_json(shown))
    else:
        from crmsync.cli.demo_screen import show

        show(shown)
    failed = bool(shown.violations) or bool(shown.second and shown.second.writes)
    sys.exit(1 if failed else 0)


def as_json(shown: Shown) -> dict[str, Any]:
    """The stable keys of `crmsync demo --json`."""
    applied = shown.first.applied if shown.first else {}
    return {
        "people": {
            "hubspot": shown.after["hubspot"],
            "leads": shown.after["leads"],
            "contacts": shown.after["contacts"],
            "linked": shown.linked,
        },
        "writes": {side: {"create": t.create, "update": t.update} for side, t in applied.items()},
        "api_calls": shown.calls,
        "stages": shown.after["stages"],
        "second_cycle_writes": shown.second.writes if shown.second else 0,
        "violations": shown.violations,
        "conflicts": shown.conflicts,
        "parked": shown.parked,
        "refused": shown.refused,
        "before": shown.before,
        "seconds": round(shown.seconds, 2),
    }
