"""The composition root: builds the parts from settings and joins them. The only place that knows every part."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from crmsync.clock import make_clock
from crmsync.connectors.hubspot import HubSpotSettings, hubspot_connector
from crmsync.connectors.salesforce import SalesforceSettings, salesforce_connector
from crmsync.definition.definition import Definition
from crmsync.definition.load import load
from crmsync.model.ports import Clock, Connector, Store
from crmsync.model.values import Side
from crmsync.settings import Settings
from crmsync.store import SqlStore, open_store
from crmsync.sync.cycle import Writer
from crmsync.sync.engine import Engine, Progress, even, silent
from crmsync.sync.flights import Serial, Threads


@dataclass(frozen=True, slots=True)
class Transports:
    """Stand-ins beneath the vendor clients, for simulation in process; None is the network."""

    hubspot: Any = None
    salesforce: Any = None
    clock: Clock | None = None


def load_definition(settings: Settings) -> Definition:
    """The definition that the settings point at. Raises ConfigurationError with every finding."""
    return load(settings.config, settings.overlay)


def build_store(settings: Settings, connection: str = "default") -> SqlStore:
    """The store, migrated when it is older."""
    return open_store(settings.database_url.get_secret_value(), connection)


def build_connectors(
    settings: Settings, clock: Clock, connection: str = "default", transports: Transports | None = None
) -> Mapping[Side, Connector]:
    """Both CRMs of one connection."""
    through = transports or Transports()
    parts = settings.connection(connection)
    hub, sales = parts.hubspot, parts.salesforce
    return {
        "hubspot": hubspot_connector(
            HubSpotSettings(
                base_url=hub.base_url,
                access_token=hub.access_token.get_secret_value(),
                api_version=hub.api_version,
                client_id=hub.client_id,
                client_secret=hub.client_secret.get_secret_value(),
                refresh_token_file=hub.refresh_token_file,
            ),
            clock,
            pool=through.hubspot,
        ),
        "salesforce": salesforce_connector(
            SalesforceSettings(
                login_url=sales.login_url or sales.instance_url,
                instance_url=sales.instance_url,
                consumer_key=sales.consumer_key,
                consumer_secret=sales.consumer_secret.get_secret_value(),
                username=sales.username,
                private_key_file=sales.private_key_file,
                api_version=sales.api_version,
            ),
            clock,
            adapter=through.salesforce,
        ),
    }


def build_engine(
    settings: Settings,
    connection: str = "default",
    *,
    progress: Progress = silent,
    transports: Transports | None = None,
    definition: Definition | None = None,
) -> Engine:
    """The engine of one connection, ready for a cycle. Reads the definition first: a wrong one opens nothing.

    In process every call comes after the other, so that the same seed gives the same trace.
    """
    made = definition or load_definition(settings)
    clock = (transports.clock if transports else None) or make_clock(str(settings.clock_url or ""))
    store = build_store(settings, connection)
    connectors = build_connectors(settings, clock, connection, transports)
    return Engine(
        connectors,
        store,
        clock,
        made,
        connection,
        settings.run.settle_s,
        _event_key(store),
        progress,
        flights=Serial() if transports else Threads(settings.run.in_flight),
        chance=even if transports else _chance,
    )


def _chance() -> float:
    return os.urandom(1)[0] / 255


def _event_key(store: SqlStore) -> bytes:
    """A secret of this store, made once, so that hashes in its log mean nothing elsewhere."""
    with store.transaction() as tx:
        key = tx.get("event_key")
        if key is None:
            key = os.urandom(32).hex()
            tx.put("event_key", key)
    return bytes.fromhex(key)


def writer_name() -> str:
    """This process, as it signs the lease: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def writer(store: Store) -> Writer:
    """Sign for this process; a lease left by a dead process of this machine is taken over at once."""
    held = store.lease()
    return Writer(writer_name(), takeover=held is not None and _dead(held[0]))


def _dead(owner: str) -> bool:
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit() or int(pid) == os.getpid():
        return False
    return not Path(f"/proc/{pid}").exists() if Path("/proc").exists() else _no_process(int(pid))


def _no_process(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def configure_logging(level: str) -> None:
    """JSON lines on stderr; stdout stays for what was asked."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
