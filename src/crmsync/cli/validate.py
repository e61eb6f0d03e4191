"""`crmsync validate`: check the definition; no network."""

from __future__ import annotations

import sys

import typer

from crmsync.cli.common import CONFIGURATION, out, say_json
from crmsync.errors import ConfigurationError


def command(json: bool = typer.Option(False, "--json", help="One JSON document on stdout.")) -> None:
    """Check every file of the definition. Exits 2 when one is wrong."""
    from crmsync.definition.load import load
    from crmsync.settings import load_settings

    found = load_settings()
    try:
        definition = load(found.config, found.overlay)
    except ConfigurationError as error:
        if not json:
            raise
        errors = [
            {"file": f.file, "line": f.line, "column": f.column, "message": f.message} for f in error.findings
        ] or [{"file": str(found.config), "line": 1, "column": 1, "message": str(error)}]
        say_json({"errors": errors})
        sys.exit(CONFIGURATION)
    if json:
        say_json({"errors": [], "version": definition.version})
        return
    out.print(
        f"[green]valid[/] {found.config}: {len(definition.fields)} fields, version {definition.version}",
        highlight=False,
    )
