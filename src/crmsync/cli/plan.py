"""`crmsync plan`: what a sync would write, without writing it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import typer
from rich.markup import escape

from crmsync.cli.common import HELD, engine, out, say_json
from crmsync.cli.selecting import Fields, Kind, Limit, Object, Person, Where, selection
from crmsync.model.links import Change, Intent

STREAM_ABOVE = 1000
SHOWN_OF_EACH = 3
WIDE = 48


def command(
    person: Person = "",
    object: Object = "",
    where: Where = "",
    field: Fields = None,
    kind: Kind = "",
    limit: Limit = 0,
    json: bool = typer.Option(False, "--json", help="JSON on stdout; one operation a line above 1,000."),
) -> None:
    """Read both CRMs and show what would be written. Writes nothing to either."""
    with engine(quiet=json) as made:
        from crmsync.app import writer
        from crmsync.sync.cycle import plan_cycle, writing

        chosen = selection(made, person, object, limit, where, field, kind)
        with writing(made, writer(made.store)) as generation:
            _, planned = plan_cycle(made, generation, chosen)
        held = [{"digest": h.digest, "reason": h.reason, "count": h.count} for h in planned.holds]
        with made.store.transaction() as tx:
            if json:
                _say_json(planned.digest, tx.proposed(), planned.operations, held)
            else:
                _say(planned.digest, tx.proposed(), held, whole=chosen.everything)
    sys.exit(HELD if held else 0)


def operation(intent: Intent) -> dict[str, Any]:
    """One operation with the stable keys of `crmsync plan --json`."""
    return {
        "side": intent.side,
        "object": intent.object,
        "kind": intent.kind.value,
        "id": intent.native_id or None,
        "person": intent.person,
        "fields": {c.name: {"from": c.before, "to": c.after, "rule": c.rule} for c in intent.changes},
    }


def _say_json(digest: str, intents: Iterator[Intent], count: int, held: list[dict[str, Any]]) -> None:
    if count <= STREAM_ABOVE:
        say_json({"digest": digest, "operations": [operation(i) for i in intents], "held": held})
        return
    for intent in intents:
        sys.stdout.buffer.write(orjson.dumps(operation(intent)) + b"\n")
    say_json({"digest": digest, "held": held})


def _say(digest: str, intents: Iterator[Intent], held: list[dict[str, Any]], *, whole: bool) -> None:
    counts: Counter[tuple[str, str, str]] = Counter()
    lines: list[str] = []
    for intent in intents:
        group = intent.side, intent.object, intent.kind.value
        counts[group] += 1
        if counts[group] <= SHOWN_OF_EACH:
            lines += _lines(intent)
    total = sum(counts.values())
    shown = sum(min(count, SHOWN_OF_EACH) for count in counts.values())
    if not total:
        agree = "both CRMs agree." if whole else "there is nothing of what was chosen."
        out.print(f"[green]Nothing to write:[/] {agree}")
        return
    out.print("\n".join(lines), highlight=False)
    if total > shown:
        out.print(f"… and {total - shown:,} more operations (all of them with --json)", style="dim")
    out.print()
    for (side, obj, kind), count in sorted(counts.items()):
        out.print(f"  {count:>7,} {kind} {side} {obj}")
    out.print(f"\nplan [bold]{digest}[/]", highlight=False)
    for hold in held:
        out.print(f"[yellow]held[/] {hold['digest']}: {hold['reason']}", highlight=False)
    if held:
        out.print("Let it run with `crmsync approve DIGEST`;")
        out.print("or begin small: `crmsync sync --limit 5`.")
    elif whole:
        out.print("Run it with `crmsync sync`.")
    else:
        out.print(
            "Run this part with `crmsync sync` and the same options; without them it writes everything."
        )


def _lines(intent: Intent) -> list[str]:
    """One operation for people: who and where, then a line for each field."""
    names = {"hubspot": "HubSpot", "salesforce": "Salesforce"}
    colour = "green" if intent.kind.value == "create" else "cyan"
    head = f"[{colour}]{intent.kind.value}[/] {names[intent.side]} {intent.object}  [bold]{escape(intent.person)}[/]"
    shown = [c for c in intent.changes if c.rule != "key"]
    return [head, *(f"    {c.name:<18} {_change(c)}  [dim]{c.rule}[/]" for c in shown)]


def _change(change: Change) -> str:
    after = _text(change.after)
    return after if change.before in (None, "") else f"{_text(change.before)} [bold]→[/] {after}"


def _text(value: object) -> str:
    text = "(blank)" if value in (None, "") else str(value).replace("\n", " ")
    return escape(text if len(text) <= WIDE else text[: WIDE - 1] + "…")
