"""`crmsync doctor`: the live preconditions, each with its fix."""

from __future__ import annotations

import sys

import typer
from rich.markup import escape
from rich.table import Table

from crmsync.cli.common import CONFIGURATION, engine, out, say_json


def command(json: bool = typer.Option(False, "--json", help="One JSON document on stdout.")) -> None:
    """Try everything the engine relies on. Exits 2 when a check fails. Writes nothing."""
    with engine(quiet=json) as made:
        from crmsync.sync.doctor import examine

        checks = examine(made)
    failed = any(not c.ok for c in checks)
    if json:
        say_json({"checks": [{"name": c.name, "ok": c.ok, "detail": c.detail, "fix": c.fix} for c in checks]})
        sys.exit(CONFIGURATION if failed else 0)
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        mark = "[green]ok[/]" if check.ok else "[bold red]no[/]"
        table.add_row(mark, check.name, escape(check.detail))
        if not check.ok and check.fix:
            table.add_row("", "", f"[yellow]{escape(check.fix)}[/]")
    out.print(table)
    wrong = sum(not check.ok for check in checks)
    if wrong:
        out.print(
            f"\n{wrong} of {len(checks)} checks failed; what to do stands beneath each.", highlight=False
        )
    else:
        out.print("\nAll is ready: `crmsync plan` shows what a sync would write.", highlight=False)
    sys.exit(CONFIGURATION if failed else 0)
