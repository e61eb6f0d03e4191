"""`crmsync schema`: the JSON Schema of the configuration files."""

from __future__ import annotations

import typer

from crmsync.cli.common import say_json


def command(json: bool = typer.Option(False, "--json", help="It is JSON either way.")) -> None:
    """Print the JSON Schema of the files under `config/`, for editors that check as you type."""
    from crmsync.definition.schema import schema

    say_json(schema())
