"""The command line: one file a command. This file is the table of them, and starts fast because it imports nothing."""

from __future__ import annotations

import sys

COMMANDS: dict[str, tuple[str, dict[str, str]]] = {
    "start": (
        "Try it, set it up",
        {
            "demo": "see two CRMs come into agreement, on bundled simulators",
            "init": "write the default definition into a directory",
            "validate": "check the definition; no network",
            "doctor": "check the live preconditions, each with its fix",
            "setup": "create the custom properties and fields that crmsync needs",
        },
    ),
    "work": (
        "Keep two CRMs in agreement",
        {
            "plan": "show what a sync would write, without writing it",
            "sync": "run one whole cycle",
            "approve": "let a held plan run, by its digest",
            "run": "run the daemon",
        },
    ),
    "look": (
        "See what happened and why",
        {
            "status": "freshness, links, conflicts, parked, held, budget",
            "explain": "one person: every field on both sides, and why",
            "audit": "compare every value again; what was missed goes to the next sync",
            "review": "the list of what waits for a person; resolve, retry or drop items",
        },
    ),
    "tools": (
        "For integrators",
        {
            "schema": "print the JSON Schema of the configuration files",
            "simulate": "serve a local HubSpot and Salesforce",
        },
    ),
}
"""Group -> (title, command -> one line). Each command is the file of its name in this folder."""


def names() -> list[str]:
    """Every command."""
    return [name for _, commands in COMMANDS.values() for name in commands]


def help_text(colour: bool) -> str:
    """The overview that `crmsync --help` prints."""
    bold, dim, end = ("\033[1m", "\033[2m", "\033[0m") if colour else ("", "", "")
    lines = [
        f"{bold}crmsync{end} keeps HubSpot and Salesforce in agreement about people.",
        "",
        "usage: crmsync COMMAND [OPTIONS]     crmsync COMMAND --help tells more",
    ]
    for title, commands in COMMANDS.values():
        lines += ["", f"{bold}{title}{end}"]
        lines += [f"  {name:<10}{dim}{text}{end}" for name, text in commands.items()]
    lines += ["", "Most commands take --json. Exit codes: 0 done, 1 something parked,"]
    lines += ["2 wrong configuration or usage, 3 held for approval, 4 fatal."]
    return "\n".join(lines)


def main() -> None:
    """Run the `crmsync` command."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(help_text(sys.stdout.isatty()))
        return
    if arguments[0] in ("-V", "--version"):
        from crmsync import __version__

        print(f"crmsync {__version__}")
        return
    if arguments[0] not in names():
        from difflib import get_close_matches

        near = get_close_matches(arguments[0], names(), 1)
        hint = f" Did you mean `{near[0]}`?" if near else " See `crmsync --help`."
        print(f"crmsync: there is no command {arguments[0]!r}.{hint}", file=sys.stderr)
        sys.exit(2)
    from crmsync.cli.common import start

    start(arguments[0], arguments[1:])
