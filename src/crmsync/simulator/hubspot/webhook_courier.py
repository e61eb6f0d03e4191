"""Carries webhooks out over loopback while a cluster is served: looks every now and then whether something is due."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import Any, Final

from crmsync.simulator.hubspot.webhook_wire import Loopback
from crmsync.simulator.hubspot.webhooks import AT_ONCE, Webhooks

LOOK_S: Final = 0.02
"""Real seconds between two looks."""


class Courier:
    """A thread of its own. `lock` keeps the portal's calls away while the ledger is read, not while posting."""

    def __init__(self, webhooks: Webhooks, lock: AbstractContextManager[Any]) -> None:
        self._webhooks, self._lock = webhooks, lock
        self._stop = threading.Event()
        self._transport = Loopback(AT_ONCE)
        self._thread = threading.Thread(target=self._run, name="sim-webhooks", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking; calls under way end first."""
        self._stop.set()
        self._thread.join()
        self._transport.close()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            if self._webhooks.settings.url:
                self._webhooks.pump(self._transport, self._lock)
