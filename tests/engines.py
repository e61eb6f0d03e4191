"""Builders for tests of the whole engine: the real parts on in-process simulators, with a store in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from crmsync.app import Transports, build_engine
from crmsync.cli.common import close
from crmsync.cli.demo_run import SimulatedTime, settings_for
from crmsync.cli.judging import expectation
from crmsync.definition.starter import write_starter
from crmsync.simulator.cluster import Cluster
from crmsync.simulator.judge import Violation, judge
from crmsync.simulator.mounts import HubSpotPool, SalesforceAdapter
from crmsync.sync.cycle import Writer, sync_cycle, writing
from crmsync.sync.engine import Engine, Report, Selection
from crmsync.sync.setup import prepare

CALM_S = 1800
"""Virtual seconds past every lag and overlap."""

EVERYBODY = "create:\n  salesforce: in_scope\n  hubspot: in_scope\n"
DEFAULTS = "create:\n  salesforce: at_handoff\n  hubspot: never\n"


@contextmanager
def engine_on(
    cluster: Cluster,
    folder: Path,
    overlay: str = EVERYBODY,
    *,
    set_up: bool = True,
    config: Path | None = None,
) -> Iterator[Engine]:
    """An engine on the cluster; the store and the definition live in `folder` and outlast the block."""
    folder.mkdir(parents=True, exist_ok=True)
    where = config or folder / "config"
    if not where.exists():
        write_starter(where)
    over = folder / "overlay.yaml"
    over.write_text(overlay)
    transports = Transports(
        HubSpotPool(cluster.vendor("hubspot")),
        SalesforceAdapter(cluster.vendor("salesforce")),
        SimulatedTime(cluster),
    )
    settings = settings_for(cluster, where, folder).model_copy(update={"overlay": over})
    engine = build_engine(settings, transports=transports)
    try:
        if set_up:
            prepare(engine, apply=True)
        yield engine
    finally:
        close(engine)


def sync(engine: Engine, selection: Selection | None = None, *, approve: bool = True) -> Report:
    """One cycle under the lease."""
    with writing(engine, Writer("test", takeover=True)) as generation:
        return sync_cycle(engine, generation, selection, approve=approve)[0]


def calm(cluster: Cluster) -> None:
    """Let everything that is on its way arrive."""
    cluster.clock.advance(CALM_S)


def violations(cluster: Cluster, engine: Engine, *births: str) -> list[Violation]:
    """What the judge finds, with the engine's own account of what it left undone."""
    expected = expectation(engine.definition, engine.store)  # type: ignore[arg-type]
    return judge(cluster, replace(expected, births=frozenset(births)) if births else expected)


def contacts(cluster: Cluster) -> list[dict[str, object]]:
    """Live HubSpot contacts."""
    return [r for r in cluster.hubspot.state()["contacts"] if not r.get("archived")]


def rows(cluster: Cluster, obj: str) -> list[dict[str, object]]:
    """Live Salesforce rows of an object; converted Leads are not live."""
    found = cluster.salesforce.state()[obj]
    return [r for r in found if not r.get("IsDeleted") and not r.get("IsConverted")]


def api_writes(cluster: Cluster) -> list[object]:
    """What was written through the APIs to people, set-up left out."""
    people = ("contacts", "Lead", "Contact")
    return [e for e in cluster.ledger.entries if e.actor == "api" and e.object in people]
