"""`crmsync setup`: create the custom properties and fields that crmsync needs."""

from __future__ import annotations

import sys

import typer
from rich.markup import escape
from rich.table import Table

from crmsync.cli.common import CONFIGURATION, engine, out, say_json


def command(
    apply: bool = typer.Option(
        False, "--apply", help="Create and grant what is missing. Without it: only say."
    ),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Say which custom properties and fields are missing; with --apply create and grant them."""
    with engine(quiet=json) as made:
        from crmsync.sync.setup import prepare

        changes = prepare(made, apply)
    refused = any(c.action == "refused" for c in changes)
    if json:
        say_json(
            {
                "changes": [
                    {
                        "side": c.side,
                        "object": c.object,
                        "name": c.name,
                        "action": c.action,
                        "detail": c.detail,
                    }
                    for c in changes
                ]
            }
        )
        sys.exit(CONFIGURATION if refused else 0)
    table = Table(box=None, pad_edge=False)
    for title in ("", "side", "object", "name", "detail"):
        table.add_column(title)
    style = {"exists": "dim", "create": "green", "grant": "green", "refused": "bold red"}
    for c in changes:
        table.add_row(f"[{style.get(c.action, '')}]{c.action}[/]", c.side, c.object, c.name, escape(c.detail))
    out.print(table)
    todo = sum(c.action in ("create", "grant") for c in changes)
    if refused:
        out.print("\nWhat is refused needs an admin of that CRM; then run this again.")
    elif not todo:
        out.print("\nEverything crmsync needs is there.")
    elif apply:
        out.print(f"\n{todo} made. Next: `crmsync doctor`, then `crmsync plan`.", highlight=False)
    else:
        out.print(
            f"\n{todo} to make; nothing was changed. Make them with `crmsync setup --apply`.", highlight=False
        )
    sys.exit(CONFIGURATION if refused else 0)
