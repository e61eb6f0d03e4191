"""`crmsync run`: the daemon."""

from __future__ import annotations

from crmsync.cli.common import close


def command() -> None:
    """Run one cycle after another until SIGTERM. Logs JSON lines to stderr."""
    from crmsync.settings import load_settings

    settings = load_settings()
    from crmsync.app import build_engine, configure_logging, writer
    from crmsync.service.daemon import Daemon

    configure_logging(settings.log.level)
    made = build_engine(settings)
    try:
        Daemon(made, settings.run.interval_s).run(writer(made.store))
    finally:
        close(made)
