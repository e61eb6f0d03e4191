"""What commands share: starting one, building the engine, errors and exit codes, JSON on stdout and words on stderr."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import orjson
import typer
from rich.console import Console
from rich.text import Text

from crmsync.errors import (
    ConfigurationError,
    CrmsyncError,
    FatalError,
    LeaseError,
    QuotaError,
    StoppedError,
    TransientError,
)

if TYPE_CHECKING:
    from crmsync.settings import Settings
    from crmsync.sync.engine import Engine, Progress, Report

out = Console()
err = Console(stderr=True)

DONE, PARKED, CONFIGURATION, HELD, FATAL = 0, 1, 2, 3, 4


def spare_collector() -> None:
    """Look for cycles seldom. A batch makes many small objects without any, and the default walks them over and over
    (a quarter of a first load's CPU); what is in no cycle is freed at once as ever."""
    gc.set_threshold(100_000, 50, 100)


def start(name: str, arguments: list[str]) -> None:
    """Run the command in the file of its name."""
    spare_collector()
    module = import_module(f"crmsync.cli.{name}")
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    if hasattr(module, "app"):
        app = module.app
    else:
        app.command(name)(module.command)
    with errors_told(json="--json" in arguments):
        app(args=arguments, prog_name=f"crmsync {name}")


@contextmanager
def errors_told(json: bool = False) -> Iterator[None]:
    """Turn our errors into words and an exit code; with `json` also into the one document on stdout."""
    try:
        yield
    except CrmsyncError as error:
        say_error(error)
        if json:
            say_json({"error": _error_json(error)})
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err.print("stopped")
        sys.exit(130)
    except Exception as error:
        said = _store_trouble(error)
        if said is None:
            raise
        say_error(said)
        if json:
            say_json({"error": _error_json(said)})
        sys.exit(said.exit_code)


def _store_trouble(error: Exception) -> CrmsyncError | None:
    """A failure of the store in one line, without the statement and its values; None for anything else."""
    from sqlalchemy.exc import DBAPIError

    if not isinstance(error, DBAPIError):
        return None
    reason = str(error.orig).strip().partition("\n")[0]
    return FatalError(
        f"the store failed: {reason}",
        fix="see that CRMSYNC_DATABASE_URL names crmsync's own store, that its disk has room, that the server is up"
        " and that nothing else locks it; then run it again",
    )


def say_error(error: CrmsyncError) -> None:
    """One error on stderr: what is wrong, where, and what to do."""
    label, _ = _WORDS.get(type(error), _OTHER)
    text = Text(f"{label}: ", style="bold red")
    err.print(text.append(str(error), style="not bold default"))
    err.print(f"what to do: {_advice(error)}", markup=False, highlight=False)


_OTHER = ("error", "run `crmsync doctor`; it tries what crmsync relies on")
_WORDS: dict[type[CrmsyncError], tuple[str, str]] = {
    ConfigurationError: ("configuration", "correct this, then run `crmsync validate`"),
    TransientError: (
        "not now",
        "run it again in a while; nothing is lost. `crmsync doctor` says what cannot be reached",
    ),
    QuotaError: ("not now", "wait until the vendor renews the quota, or raise it; nothing is lost"),
    LeaseError: ("busy", "stop the other crmsync (`crmsync run`?), or wait until it is done"),
    FatalError: ("fatal", "run `crmsync doctor`; it names what is missing and how to mend it"),
    StoppedError: ("stopped", "start it again; it goes on where it was"),
}
"""Per kind of error: the word for it, and what to do where the error itself does not say."""


def _advice(error: CrmsyncError) -> str:
    if error.fix:
        return error.fix
    if isinstance(error, ConfigurationError) and error.findings:
        places = "this place" if len(error.findings) == 1 else "these places"
        return f"correct {places} and run `crmsync validate`; nothing was written"
    return _WORDS.get(type(error), _OTHER)[1]


def _error_json(error: CrmsyncError) -> dict[str, Any]:
    places = error.findings if isinstance(error, ConfigurationError) else ()
    return {
        "kind": type(error).__name__.removesuffix("Error").lower(),
        "message": str(error),
        "fix": _advice(error),
        "places": [
            {"file": f.file, "line": f.line, "column": f.column, "message": f.message} for f in places
        ],
    }


def say_json(document: Any) -> None:
    """Exactly one JSON document on stdout."""
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS) + b"\n")
    sys.stdout.buffer.flush()


def settings() -> Settings:
    """The settings of this process, with logging configured."""
    from crmsync.settings import load_settings

    found = load_settings()  # first, because a wrong one should not wait for all the other imports
    _hint_at_misspelt()
    from crmsync.app import configure_logging

    configure_logging("warning" if found.log.level == "info" else found.log.level)
    return found


def _hint_at_misspelt() -> None:
    """A variable that is one slip away from a setting is read by nobody; the admin should know."""
    import os
    from difflib import get_close_matches

    from crmsync.settings import setting_names

    known = setting_names()
    for name in sorted(os.environ):
        if name.startswith("CRMSYNC_") and name not in known and "__" not in name:
            near = get_close_matches(name, known, 1, 0.9)
            if near:
                err.print(f"{name} is no setting and is ignored; did you mean {near[0]}?", style="yellow")


@contextmanager
def engine(quiet: bool = False) -> Iterator[Engine]:
    """The engine of the default connection with a progress line on stderr; closed at the end."""
    found = settings()
    from crmsync.app import build_engine

    with progress(quiet) as told:
        made = build_engine(found, progress=told)
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
        at = "starting"

        def told(stage: str, done: int, total: int) -> None:
            nonlocal at
            if stage != at:
                at = stage
                bar.reset(task, total=total or None, completed=done, description=stage)
            bar.update(task, completed=done, total=total or None)

        yield told


def exit_code(report: Report, parked: int) -> int:
    """The first that applies: a vendor broke it off, something is held, something is parked, all done."""
    if report.problems:
        return FATAL
    if report.held:
        return HELD
    return PARKED if parked else DONE
