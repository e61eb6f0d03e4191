"""`crmsync explain`: one person, every field on both sides, and why."""

from __future__ import annotations

from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from crmsync.cli.common import out, say_json, settings
from crmsync.errors import ConfigurationError


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
        raise ConfigurationError(
            "nobody with this e-mail or id has been read so far",
            fix="see that it is spelt right; somebody new is known after the next `crmsync plan` or `crmsync sync`",
        )
    if json:
        say_json(told)
        return
    ids = told["ids"]
    out.print(f"[bold]{escape(told['person'])}[/]  {ids['crmsync_id'] or 'no key yet'}", highlight=False)
    out.print(
        f"  HubSpot {ids['hubspot'] or 'not there'}, Salesforce {ids['salesforce'] or 'not there'}",
        highlight=False,
    )
    for other in ids["others"]:
        out.print(f"  also {other}", style="dim", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("field", no_wrap=True)
    written = {name: _written(field) for name, field in told["fields"].items()}
    last = max(12, *map(len, written.values()))
    first = max(14, *map(len, written))
    for title in ("HubSpot", "Salesforce"):
        table.add_column(
            title, overflow="ellipsis", no_wrap=True, max_width=max(12, (out.width - first - last - 6) // 2)
        )
    table.add_column("last written", no_wrap=True)
    for name, field in told["fields"].items():
        mark = "[yellow]" if field["why"] else "[not bold]"
        table.add_row(f"{mark}{name}[/]", _text(field["hubspot"]), _text(field["salesforce"]), written[name])
    out.print(table)
    if any(written.values()):
        out.print("→ from HubSpot to Salesforce, ← the other way", style="dim")
    for item in told["waiting"]:
        out.print()
        out.print(
            f"[yellow]{item['id']}[/] {item['field'] or 'the record'}: {escape(item['cause'])}",
            highlight=False,
        )
        out.print(f"    {escape(item['fix'])}", style="dim", highlight=False)


def _written(field: dict[str, Any]) -> str:
    """By which rule the value went over last, and which way."""
    if not field["rule"]:
        return ""
    return f"→ {field['rule']}" if field["side"] == "hubspot" else f"← {field['rule']}"


def _text(value: object) -> str:
    """A cell; whatever a CRM holds is shown as it is, never as markup."""
    if isinstance(value, bool):
        return str(value).lower()
    return "·" if value in (None, "") else escape(str(value).replace("\n", " "))
