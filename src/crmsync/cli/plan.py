"""`crmsync plan`: what a sync would write, without writing it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import typer
from rich.table import Table

from crmsync.cli.common import HELD, engine, out, say_json
from crmsync.model.links import Intent

STREAM_ABOVE = 1000
SHOWN = 20


def command(
    person: str = typer.Option("", help="Only this person, by e-mail, native id or crmsync_id."),
    object: str = typer.Option("", help="Only this object, such as Lead or contacts."),
    limit: int = typer.Option(0, min=0, help="At most this many operations."),
    json: bool = typer.Option(False, "--json", help="JSON on stdout; one operation a line above 1,000."),
) -> None:
    """Read both CRMs and show what would be written. Writes nothing to either."""
    from crmsync.app import writer
    from crmsync.sync.cycle import plan_cycle, writing
    from crmsync.sync.engine import Selection

    with engine(quiet=json) as made:
        with writing(made, writer(made.store)) as generation:  # type: ignore[arg-type]
            _, planned = plan_cycle(made, generation, Selection(person, object, limit))
        held = [{"digest": h.digest, "reason": h.reason, "count": h.count} for h in planned.holds]
        with made.store.transaction() as tx:
            if json:
                _say_json(planned.digest, tx.proposed(), planned.operations, held)
            else:
                _say(planned.digest, tx.proposed(), held)
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


def _say(digest: str, intents: Iterator[Intent], held: list[dict[str, Any]]) -> None:
    counts: Counter[tuple[str, str, str]] = Counter()
    fields: Counter[tuple[str, str, str]] = Counter()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("side", "object", "", "person", "field", "from", "to", "why"):
        table.add_column(title, overflow="ellipsis", no_wrap=True, max_width=34)
    for intent in intents:
        counts[intent.side, intent.object, intent.kind.value] += 1
        for n, change in enumerate(intent.changes):
            fields[intent.side, intent.object, change.name] += 1
            if sum(counts.values()) > SHOWN:
                continue
            head = (intent.side, intent.object, intent.kind.value, intent.person) if n == 0 else ("",) * 4
            table.add_row(*head, change.name, _text(change.before), _text(change.after), change.rule)
    total = sum(counts.values())
    if not total:
        out.print("[green]Nothing to write:[/] both CRMs agree.")
        return
    out.print(table)
    if total > SHOWN:
        out.print(f"… and {total - SHOWN:,} more operations (all of them with --json)", style="dim")
    out.print()
    for (side, obj, kind), count in sorted(counts.items()):
        out.print(f"  {count:>7,} {kind} {side} {obj}")
    out.print(f"\nplan [bold]{digest}[/]", highlight=False)
    for hold in held:
        out.print(f"[yellow]held[/] {hold['digest']}: {hold['reason']}", highlight=False)
    if held:
        out.print("Let it run with `crmsync approve DIGEST`, or begin small: `crmsync sync --limit 5`.")
    else:
        out.print("Run it with `crmsync sync`.")


def _text(value: object) -> str:
    return "·" if value in (None, "") else str(value)
