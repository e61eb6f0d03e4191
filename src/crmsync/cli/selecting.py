"""The options that choose a part of a plan, the same for `plan`, `sync` and `approve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from crmsync.sync.engine import Engine, Selection

KINDS = ("create", "update", "archive")

Person = Annotated[str, typer.Option(help="Only this person, by e-mail, native id or crmsync_id.")]
Object = Annotated[str, typer.Option(help="Only this object, such as Lead or contacts.")]
Limit = Annotated[int, typer.Option(min=0, help="At most this many operations; the rest waits.")]
Where = Annotated[
    str, typer.Option(help="Only people for whom this holds, such as \"person.country == 'DE'\" (CEL).")
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field", help="Only this field of each update, as mapping.yaml names it; may be repeated."
    ),
]
Kind = Annotated[str, typer.Option(help=f"Only operations of this kind: {', '.join(KINDS)}.")]


def selection(
    made: Engine, person: str, object: str, limit: int, where: str, fields: list[str] | None, kind: str
) -> Selection:
    """What was asked for. Raises ConfigurationError for a rule or a field that cannot be."""
    from crmsync.definition.where import compile_where, known_fields
    from crmsync.sync.engine import Selection

    if kind not in ("", *KINDS):
        raise typer.BadParameter(f"one of {', '.join(KINDS)}", param_hint="--kind")
    rule = compile_where(where, made.definition) if where else None
    return Selection(
        person, object, limit, where=rule, fields=known_fields(fields or (), made.definition), kind=kind
    )
