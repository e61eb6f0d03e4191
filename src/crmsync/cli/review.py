"""`crmsync review`: the list of what waits for a person; resolve, retry or drop items."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import islice
from typing import Any

import typer
from rich.table import Table

from crmsync.cli.common import CONFIGURATION, err, out, say_json, settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
SHOWN = 30


@app.callback(invoke_without_command=True)
def listing(
    context: typer.Context,
    kind: str = typer.Option("", help="Only held, conflict, parked or ambiguous."),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """List what waits for a person: held plans, conflicts, parked fields and ambiguous people."""
    if context.invoked_subcommand:
        return
    from crmsync.app import build_store
    from crmsync.store.read import review_items

    store = build_store(settings())
    items = [_stable(item) for item in review_items(store) if kind in ("", item["kind"])]
    store.close()
    if json:
        say_json({"items": items})
        return
    if not items:
        out.print("[green]Nothing waits for you.[/]")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("id", "person", "field", "HubSpot", "Salesforce", "why"):
        table.add_column(title, overflow="ellipsis", no_wrap=True, max_width=44)
    for item in islice(items, SHOWN):
        values = item["values"]
        table.add_row(
            item["id"],
            str(item["person"] or "·"),
            item["field"] or "·",
            _text(values.get("hubspot")),
            _text(values.get("salesforce")),
            item["cause"],
        )
    out.print(table)
    if len(items) > SHOWN:
        out.print(f"… and {len(items) - SHOWN:,} more (all of them with --json)", style="dim")
    counts = Counter(item["kind"] for item in items)
    out.print("\n" + ", ".join(f"{n:,} {name}" for name, n in sorted(counts.items())), highlight=False)
    out.print(
        "`crmsync review resolve ID --side hubspot|salesforce`, `review retry ID`, `review drop ID`",
        style="dim",
    )


@app.command()
def resolve(
    item: str = typer.Argument(help="A conflict, such as c12."),
    side: str = typer.Option(..., help="Whose value wins: hubspot or salesforce."),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Decide a conflict for one side; the next sync carries it out."""
    if side not in ("hubspot", "salesforce"):
        raise typer.BadParameter("hubspot or salesforce", param_hint="--side")
    _act("resolve", item, json, side)


@app.command()
def retry(
    item: str = typer.Argument(help="A parked item, such as p7."),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Try a parked item again with the next sync."""
    _act("retry", item, json)


@app.command()
def drop(
    item: str = typer.Argument(help="An item, such as c12 or p7."),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Take an item off the list and leave both sides as they are."""
    _act("drop", item, json)


def _act(what: str, item: str, json: bool, side: str = "") -> None:
    from crmsync.app import build_store
    from crmsync.clock import make_clock
    from crmsync.store import review

    found = settings()
    store, now = build_store(found), make_clock(str(found.clock_url or "")).now()
    if what == "resolve":
        done = review.resolve(store, item, "hubspot" if side == "hubspot" else "salesforce", now)
    else:
        done = review.retry(store, item, now) if what == "retry" else review.drop(store, item, now)
    store.close()
    if not done:
        err.print(f"there is no item {item} to {what}; `crmsync review` lists them")
        sys.exit(CONFIGURATION)
    if json:
        say_json({"id": item, "done": what})
    else:
        out.print(f"{item}: {what}; the next sync carries it out" if what != "drop" else f"{item}: dropped")


def _stable(item: dict[str, Any]) -> dict[str, Any]:
    """The stable keys of `crmsync review --json`."""
    names = ("id", "kind", "person", "field", "values", "cause", "fix")
    return {
        **{name: item[name] for name in names},
        "since": item["since"].isoformat() if item["since"] else None,
    }


def _text(value: object) -> str:
    return "·" if value in (None, "") else str(value)
