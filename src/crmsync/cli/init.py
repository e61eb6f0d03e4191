"""`crmsync init`: write the default definition into a directory."""

from __future__ import annotations

from pathlib import Path

import typer

from crmsync.cli.common import out, say_json


def command(
    directory: Path = typer.Argument(
        Path("config"), help="Where to write it; must not hold a definition yet."
    ),
    json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Write the default definition, with comments, for you to tune. Overwrites nothing."""
    from crmsync.definition.starter import write_starter

    written = [str(path) for path in write_starter(directory)]
    if json:
        say_json({"written": written})
        return
    out.print(f"Wrote {len(written)} files into [bold]{directory}[/]:")
    for path in written:
        out.print(f"  {path}", highlight=False)
    if directory != Path("config"):
        out.print(f"\nSet CRMSYNC_CONFIG={directory}, so that crmsync looks there.", highlight=False)
    out.print("\nNext: tune them and run `crmsync validate`. Then set these, and run `crmsync doctor`:")
    for name in (
        "HUBSPOT__ACCESS_TOKEN",
        "SALESFORCE__LOGIN_URL",
        "SALESFORCE__CONSUMER_KEY",
        "SALESFORCE__CONSUMER_SECRET",
    ):
        out.print(f"  CRMSYNC_{name}", highlight=False)
