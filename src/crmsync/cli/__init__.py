"""The command line: one file a command."""

from __future__ import annotations


def main() -> None:
    """Run the `crmsync` command."""
    from crmsync.cli.main import app

    app()
