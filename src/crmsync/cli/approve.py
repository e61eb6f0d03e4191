"""`crmsync approve DIGEST`: let a held plan run."""

from __future__ import annotations

import sys

import typer

from crmsync.cli.common import engine, exit_code, out, say_json
from crmsync.cli.selecting import Fields, Kind, Limit, Object, Person, Where, selection
from crmsync.cli.sync import run, say
from crmsync.errors import ConfigurationError, LeaseError


def command(
    digest: str = typer.Argument(help="The digest that `plan`, `sync` or `status` showed."),
    person: Person = "",
    object: Object = "",
    where: Where = "",
    field: Fields = None,
    kind: Kind = "",
    limit: Limit = 0,
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Plan again and run what equals the approved plan; what is new meets the guard by itself."""
    with engine(quiet=json) as made:
        from crmsync.sync.cycle import approve
        from crmsync.sync.engine import Selection

        chosen = selection(made, person, object, limit, where, field, kind)
        operations = approve(made, digest, chosen)
        if not operations:
            raise ConfigurationError(
                f"no plan and no hold has the digest {digest}, or nothing of it is selected",
                fix="run `crmsync plan` again and take the digest that it shows",
            )
        try:
            # In part: what was approved and nothing else. Whole: a cycle as ever, where new things meet the guard.
            part = Selection() if chosen.everything else Selection(approved=True, fields=chosen.fields)
            report, parked = run(made, part, approve=False)
        except LeaseError:
            _left_to_the_daemon(digest, operations, json)
            return
    if json:
        say_json({"digest": digest, "operations": operations, "sync": report.as_json()})
    else:
        out.print(f"approved {operations:,} operations of {digest}", highlight=False)
        say(report, parked)
    sys.exit(exit_code(report, parked))


def _left_to_the_daemon(digest: str, operations: int, json: bool) -> None:
    """Another crmsync holds the store: the approval is kept there, and its next cycle carries it out."""
    if json:
        say_json({"digest": digest, "operations": operations, "sync": None})
    else:
        out.print(
            f"approved {operations:,} operations of {digest}; the running daemon carries them out",
            highlight=False,
        )
