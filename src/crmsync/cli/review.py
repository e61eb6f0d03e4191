"""`crmsync review`: the list of what waits for a person; resolve, retry or drop items."""

from __future__ import annotations

from collections import Counter
from typing import Any

import typer
from rich.text import Text

from crmsync.cli.common import out, say_json, settings
from crmsync.errors import ConfigurationError

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
SHOWN = 30
KINDS = ("held", "conflict", "parked", "ambiguous")
NAMES = {"hubspot": "HubSpot", "salesforce": "Salesforce"}
PAST = {"resolve": "resolved", "retry": "tried again", "drop": "dropped"}
HOW = {
    "crmsync review resolve ID --side hubspot|salesforce": {"conflict"},
    "crmsync review retry ID": {"parked", "ambiguous"},
    "crmsync review drop ID": {"conflict", "parked", "ambiguous"},
}
"""What can be done -> with which kinds."""


@app.callback(invoke_without_command=True)
def listing(
    context: typer.Context,
    kind: str = typer.Option("", help="Only held, conflict, parked or ambiguous."),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """List what waits for a person: held plans, conflicts, parked fields and ambiguous people."""
    if context.invoked_subcommand:
        return
    if kind not in ("", *KINDS):
        raise typer.BadParameter(f"one of {', '.join(KINDS)}", param_hint="--kind")
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
    _show(items)


def _show(items: list[dict[str, Any]]) -> None:
    """Two lines an item, beneath what is the matter with them, which most have in common."""
    shown: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for item in items[:SHOWN]:
        shown.setdefault((item["kind"], item["cause"]), []).append(item)
    for (kind, cause), group in shown.items():
        out.print(Text(f"{kind}: ", style="yellow").append(cause, style="not bold default"))
        for item in group:
            _show_item(item)
        if kind != "conflict":
            for fix in dict.fromkeys(item["fix"] for item in group):
                out.print(Text(f"  what to do: {fix}", style="dim"))
        out.print()
    if len(items) > SHOWN:
        out.print(f"… and {len(items) - SHOWN:,} more (all of them with --json)", style="dim")
    counts = Counter(item["kind"] for item in items)
    out.print(", ".join(f"{n:,} {name}" for name, n in sorted(counts.items())), highlight=False)
    for what, kinds in HOW.items():
        if kinds & counts.keys():
            out.print(f"  {what}", style="dim", highlight=False)


def _show_item(item: dict[str, Any]) -> None:
    if item["kind"] == "held":
        return
    line = Text.assemble(f"  {item['id']:<6} ", (item["field"] or "the whole record", "bold"), "  ")
    out.print(line.append(str(item["person"] or "")), no_wrap=True, overflow="ellipsis")
    if not item["field"]:
        return
    values = [(side, item["values"][key]) for key, side in NAMES.items() if key in item["values"]]
    width = max(12, (out.width - 9 - sum(len(side) + 3 for side, _ in values)) // max(1, len(values)))
    told = [f"{side} {_text(value, width)}" for side, value in values if not isinstance(value, dict)]
    if told:
        out.print(Text("         " + "  ".join(told)), no_wrap=True, overflow="ellipsis")


@app.command()
def resolve(
    item: str = typer.Argument(help="A conflict, such as c12, or a parked fight, such as p7."),
    side: str = typer.Option(..., help="Whose value wins: hubspot or salesforce."),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Decide a conflict, or a field that is set back and forth, for one side; the next sync carries it out."""
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
        kinds = {
            "resolve": "a conflict, such as c12, or of a field that is set back and forth",
            "retry": "a parked item, such as p7",
        }
        raise ConfigurationError(
            f"there is nothing called {item} that could be {PAST[what]}",
            fix=f"take the id of {kinds.get(what, 'an item')}, from `crmsync review`",
        )
    if json:
        say_json({"id": item, "done": what})
    else:
        then = "" if what == "drop" else "; the next `crmsync sync` carries it out"
        out.print(f"{item} is {PAST[what]}{then}", highlight=False)


def _stable(item: dict[str, Any]) -> dict[str, Any]:
    """The stable keys of `crmsync review --json`."""
    names = ("id", "kind", "person", "field", "values", "cause", "fix")
    return {
        **{name: item[name] for name in names},
        "since": item["since"].isoformat() if item["since"] else None,
    }


def _text(value: object, width: int) -> str:
    text = "(blank)" if value in (None, "") else str(value).replace("\n", " ")
    return text if len(text) <= width else text[: width - 1] + "…"
