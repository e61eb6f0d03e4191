"""The daemon: one cycle after another until it is told to stop. A signal ends it between two calls, cleanly."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from types import FrameType

import structlog

from crmsync.errors import CrmsyncError, FatalError, LeaseError, StoppedError, TransientError
from crmsync.sync.cycle import Writer, sync_cycle, writing
from crmsync.sync.engine import Engine

log = structlog.get_logger("crmsync.service")

TICK_S = 0.2

GRACE_S = 6.0
"""How long a call or a wait in flight may go on after a signal; then it is broken off, as a crash would, and safely."""


class Daemon:
    """Runs cycles every `interval_s` seconds while it holds the lease."""

    def __init__(self, engine: Engine, interval_s: float) -> None:
        self._stop = threading.Event()
        self._engine, self._interval_s = replace(engine, stopping=self._stop.is_set), interval_s

    def stop(self, signum: int = 0, frame: FrameType | None = None) -> None:
        """Ask for the end; also the signal handler. A vendor who does not answer is not waited for."""
        self._stop.set()
        signal.setitimer(signal.ITIMER_REAL, GRACE_S)

    def run(self, writer: Writer) -> None:
        """Hold the lease and run until stopped. Raises LeaseError when another crmsync works here."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        signal.signal(signal.SIGALRM, _break_off)
        try:
            with writing(self._engine, writer) as generation:
                log.info("started", interval_s=self._interval_s)
                while not self._stop.is_set():
                    self._cycle(generation)
                    self._wait(generation)
        except StoppedError:
            log.info("broken off")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        log.info("stopped")

    def _cycle(self, generation: int) -> None:
        try:
            report, _ = sync_cycle(self._engine, generation)
            if report.problems:
                log.warning("cycle not finished", problems=report.problems)
        except StoppedError:
            log.info("cycle left where it was; the next start goes on from there")
        except TransientError as error:
            log.warning("cycle broken off", error=str(error))
        except (LeaseError, FatalError):
            raise
        except CrmsyncError as error:
            log.warning("cycle failed", error=str(error), fix=error.fix)

    def _wait(self, generation: int) -> None:
        """Rest in small steps, so that a signal is heard at once and the lease stays ours."""
        clock, store = self._engine.clock, self._engine.store
        until = clock.now().timestamp() + self._interval_s
        renewed = clock.now()
        while not self._stop.is_set() and clock.now().timestamp() < until:
            clock.sleep(TICK_S)
            now = clock.now()
            if (now - renewed).total_seconds() > 20:
                store.renew(generation, now, 60.0)
                renewed = now


def _break_off(signum: int, frame: FrameType | None) -> None:
    raise StoppedError
