"""`crmsync audit`: every value of both CRMs against the store and against each other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from crmsync.cli.common import DONE, PARKED, engine, out, say_json

if TYPE_CHECKING:
    from crmsync.sync.audit import Audited

SHOWN = 30


def command(json: bool = typer.Option(False, "--json", help="One JSON document on stdout.")) -> None:
    """Read all values again and say what no cycle noticed. Writes to no CRM; the next sync settles it."""
    with engine(quiet=json) as made:
        from crmsync.app import writer
        from crmsync.sync.audit import audit
        from crmsync.sync.cycle import writing

        with writing(made, writer(made.store)) as generation:
            found = audit(made, generation)
    if json:
        say_json(found.as_json())
    else:
        say(found)
    sys.exit(PARKED if found.drifted else DONE)


def say(found: Audited) -> None:
    """The findings beneath what is the matter with them, and the sum."""
    shown: dict[tuple[str, str], Table] = {}
    for one in found.items[:SHOWN]:
        table = shown.setdefault((one.kind, one.detail), Table.grid(padding=(0, 2, 0, 0)))
        record = f"  {one.object} {one.id}"
        table.add_row(*map(Text, (record, one.field or "the whole record", one.person)))
    for (kind, detail), table in shown.items():
        out.print(Text(f"{kind}: ", style="yellow").append(detail, style="not bold default"))
        out.print(table)
    if found.drifted > SHOWN:
        rest = "all of them" if found.drifted == len(found.items) else f"the first {len(found.items):,}"
        out.print(f"… and {found.drifted - SHOWN:,} more ({rest} with --json)", style="dim")
    out.print(
        f"compared {found.compared:,} records in {found.seconds:.1f} s: "
        + (f"{found.drifted:,} found" if found.drifted else "nothing was missed"),
        highlight=False,
    )
    if found.pending:
        out.print(f"  {found.pending:,} people wait for a sync anyway and were not compared with each other")
    if any(one.kind != "absent" for one in found.items):
        out.print("The next `crmsync sync` settles what was found; `absent` is only reported.")
