"""What commands share: starting one, building the engine, errors and exit codes, JSON on stdout and words on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import orjson
import typer
from rich.console import Console

from crmsync.errors import ConfigurationError, CrmsyncError

if TYPE_CHECKING:
    from crmsync.settings import Settings
    from crmsync.sync.engine import Engine, Progress, Report

out = Console()
err = Console(stderr=True)

DONE, PARKED, CONFIGURATION, HELD, FATAL = 0, 1, 2, 3, 4


def start(name: str, arguments: list[str]) -> None:
    """Run the command in the file of its name."""
    module = import_module(f"crmsync.cli.{name}")
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    if hasattr(module, "app"):
        app = module.app
    else:
        app.command(name)(module.command)
    with errors_told():
        app(args=arguments, prog_name=f"crmsync {name}")


@contextmanager
def errors_told() -> Iterator[None]:
    """Turn our errors into words and an exit code."""
    try:
        yield
    except CrmsyncError as error:
        say_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err.print("stopped")
        sys.exit(130)


def say_error(error: CrmsyncError) -> None:
    """One error on stderr: what is wrong, where, and what to do."""
    err.print(f"[bold red]{type(error).__name__.removesuffix('Error').lower()}[/]", end=" ")
    err.print(str(error), markup=False, highlight=False)
    if isinstance(error, ConfigurationError) and error.findings:
        err.print("nothing was written; correct these places and run `crmsync validate`", style="dim")
    if error.fix:
        err.print(f"what to do: {error.fix}", markup=False, highlight=False)


def say_json(document: Any) -> None:
    """Exactly one JSON document on stdout."""
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS) + b"\n")
    sys.stdout.buffer.flush()


def settings() -> Settings:
    """The settings of this process, with logging configured."""
    from crmsync.app import configure_logging
    from crmsync.settings import load_settings

    found = load_settings()
    configure_logging("warning" if found.log.level == "info" else found.log.level)
    return found


@contextmanager
def engine(quiet: bool = False) -> Iterator[Engine]:
    """The engine of the default connection with a progress line on stderr; closed at the end."""
    from crmsync.app import build_engine

    with progress(quiet) as told:
        made = build_engine(settings(), progress=told)
        try:
            yield made
        finally:
            close(made)


def close(made: Engine) -> None:
    """Close the engine's connections and its store."""
    for connector in made.connectors.values():
        connector.close()
    made.store.close()


@contextmanager
def progress(quiet: bool = False) -> Iterator[Progress]:
    """A progress line on stderr that goes away at the end; silent where nobody watches."""
    from crmsync.sync.engine import silent

    if quiet or not err.is_terminal:
        yield silent
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<32}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
    with bar:
        task = bar.add_task("starting", total=None)

        def told(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total or None)

        yield told


def exit_code(report: Report, parked: int) -> int:
    """The first that applies: something is held, something is parked, all done."""
    if report.held:
        return HELD
    return PARKED if parked else DONE
