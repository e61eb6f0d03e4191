"""`crmsync approve DIGEST`: let a held plan run."""

from __future__ import annotations

import sys

import typer

from crmsync.cli.common import CONFIGURATION, engine, err, exit_code, out, say_json
from crmsync.cli.sync import run, say


def command(
    digest: str = typer.Argument(help="The digest that `plan`, `sync` or `status` showed."),
    person: str = typer.Option("", help="Only this person."),
    object: str = typer.Option("", help="Only this object."),
    limit: int = typer.Option(0, min=0, help="At most this many operations."),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Plan again and run what equals the approved plan; what is new meets the guard by itself."""
    from crmsync.sync.cycle import approve
    from crmsync.sync.engine import Selection

    with engine(quiet=json) as made:
        operations = approve(made, digest)
        if not operations:
            err.print(f"no plan or hold has the digest {digest}; run `crmsync plan` and take its digest")
            sys.exit(CONFIGURATION)
        report, parked = run(made, Selection(person, object, limit), approve=False)
    if json:
        say_json({"digest": digest, "operations": operations, "sync": report.as_json()})
    else:
        out.print(f"approved {operations:,} operations of {digest}", highlight=False)
        say(report, parked)
    sys.exit(exit_code(report, parked))
