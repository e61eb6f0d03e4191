"""`crmsync explain`: one person, every field on both sides, and why."""

from __future__ import annotations

import sys

import typer
from rich.table import Table

from crmsync.cli.common import CONFIGURATION, err, out, say_json, settings


def command(
    who: str = typer.Argument(help="E-mail, native id or crmsync_id."),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Explain one person from the store; asks no CRM."""
    from crmsync.app import build_store, load_definition
    from crmsync.insight.explain import explain

    found = settings()
    definition = load_definition(found)
    store = build_store(found)
    told = explain(definition, store, who)
    store.close()
    if told is None:
        err.print("nobody with this e-mail or id has been read yet; is the spelling right, did a sync run?")
        sys.exit(CONFIGURATION)
    if json:
        say_json(told)
        return
    ids = told["ids"]
    out.print(f"[bold]{told['person']}[/]  {ids['crmsync_id'] or 'no key yet'}", highlight=False)
    out.print(
        f"  HubSpot {ids['hubspot'] or 'not there'}, Salesforce {ids['salesforce'] or 'not there'}",
        highlight=False,
    )
    for other in ids["others"]:
        out.print(f"  also {other}", style="dim", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("field", no_wrap=True, min_width=14)
    for title in ("HubSpot", "Salesforce", "last written"):
        table.add_column(title, overflow="ellipsis", no_wrap=True, max_width=28)
    for name, field in told["fields"].items():
        wrote = f"{field['rule']} ← {field['side']}" if field["rule"] else ""
        mark = "[yellow]" if field["why"] else "[not bold]"
        table.add_row(f"{mark}{name}[/]", _text(field["hubspot"]), _text(field["salesforce"]), wrote)
    out.print(table)
    for item in told["waiting"]:
        out.print(
            f"[yellow]{item['id']}[/] {item['field'] or 'the record'}: {item['cause']}", highlight=False
        )
        out.print(f"    {item['fix']}", style="dim", highlight=False)


def _text(value: object) -> str:
    return "·" if value in (None, "") else str(value)
