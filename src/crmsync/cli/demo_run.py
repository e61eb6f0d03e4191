"""The demo's work: makes a world, syncs it twice in process, looks at both CRMs before and after, has it judged."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmsync.cli.common import close
from crmsync.cli.simulate import load_data

if TYPE_CHECKING:
    from crmsync.settings import Settings
    from crmsync.simulator.cluster import Cluster
    from crmsync.simulator.world import Story
    from crmsync.sync.engine import Engine, Report

CALM_S = 30 * 60
"""Virtual seconds until nothing of the first cycle is still on its way."""


@dataclass(slots=True)
class Shown:
    """Everything the demo has to tell. `org` says what is special about the org, `refused` why nobody is created where."""

    before: dict[str, Any]
    org: str = ""
    after: dict[str, Any] = field(default_factory=dict)
    first: Report | None = None
    second: Report | None = None
    setup: int = 0
    linked: int = 0
    conflicts: int = 0
    parked: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    violations: list[dict[str, str]] = field(default_factory=list)
    stories: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


class SimulatedTime:
    """The cluster's clock, as the engine asks for one: waiting moves it."""

    def __init__(self, cluster: Cluster) -> None:
        self._clock = cluster.clock

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._clock.advance(seconds)


def run(people: int, seed: int, data: Path | None, told: Any, profile: str = "plain") -> Shown:
    """Make a world, sync it twice, judge it. In process, in a temporary store."""
    from crmsync.app import configure_logging
    from crmsync.cli.judging import expectation
    from crmsync.simulator.cluster import Cluster
    from crmsync.simulator.judge import judge
    from crmsync.simulator.rights import within_rights
    from crmsync.simulator.world import populate
    from crmsync.store.read import status
    from crmsync.sync.cycle import Writer, sync_cycle, writing
    from crmsync.sync.setup import prepare

    configure_logging("warning")
    started = time.perf_counter()
    cluster = Cluster(seed, profile=profile)
    told("inventing people", 0, 0)
    told_of: tuple[Story, ...] = ()
    if data:
        load_data(cluster, data)
    else:
        world = populate(cluster, people, seed, leads=cluster.profile.leads)
        told_of = (world.newcomer, world.shared)
    shown = Shown(picture(cluster), "" if profile == "plain" else cluster.profile.says)
    before = portraits(cluster, told_of)
    cluster.clock.advance(CALM_S)
    with (
        tempfile.TemporaryDirectory(prefix="crmsync-demo-") as folder,
        built(cluster, Path(folder), told) as engine,
    ):
        shown.setup = sum(c.action in ("create", "grant") for c in prepare(engine, apply=True))
        with writing(engine, Writer("demo")) as generation:
            shown.first, _ = sync_cycle(engine, generation, approve=True)
            cluster.clock.advance(CALM_S)
            shown.second, _ = sync_cycle(engine, generation, approve=True)
        shown.refused = not_created(engine)
        counts = status(engine.store)  # type: ignore[arg-type]
        shown.linked, shown.conflicts, shown.parked = counts["links"], counts["conflicts"], counts["parked"]
        told("judging", 0, 0)
        expected = within_rights(cluster, expectation(engine.definition, engine.store))  # type: ignore[arg-type]
        shown.violations = [
            {"invariant": v.invariant, "record": v.record, "detail": v.detail}
            for v in judge(cluster, expected)
        ]
    shown.linked = len(expected.links)
    shown.after = picture(cluster)
    shown.calls = {side: sum(calls.values()) for side, calls in cluster.calls.items()}
    shown.stories = stories(before, portraits(cluster, told_of, expected.links), told_of)
    shown.seconds = time.perf_counter() - started
    return shown


def not_created(engine: Engine) -> dict[str, str]:
    """Where crmsync creates nobody though the definition asks for it: side -> why, in words."""
    from crmsync.model.values import SIDES
    from crmsync.sync.engine import PEOPLE
    from crmsync.sync.rights import refused

    infos = {(side, obj): engine.connectors[side].describe(obj) for side in SIDES for obj in PEOPLE[side]}
    barred = refused(engine, infos)
    found: dict[str, str] = {}
    for side in SIDES:
        reasons = [barred.get((side, obj)) for obj in PEOPLE[side]]
        if all(reasons):
            found[side] = str(reasons[0])
    return found


@contextmanager
def built(cluster: Cluster, folder: Path, told: Any) -> Iterator[Engine]:
    """The engine on the cluster's mounts, with the shipped definition as an admin fits it to the org, everybody in scope."""
    from crmsync.app import Transports, build_engine
    from crmsync.cli.fitting import fit
    from crmsync.definition.starter import write_starter
    from crmsync.simulator.mounts import HubSpotPool, SalesforceAdapter

    config = folder / "config"
    write_starter(config)
    overlay = fit(config, cluster.profile.name)
    transports = Transports(
        HubSpotPool(cluster.vendor("hubspot")),
        SalesforceAdapter(cluster.vendor("salesforce")),
        SimulatedTime(cluster),
    )
    settings = settings_for(cluster, config, folder).model_copy(update={"overlay": overlay})
    engine = build_engine(settings, transports=transports, progress=told)
    try:
        yield engine
    finally:
        close(engine)


def settings_for(cluster: Cluster, config: Path, folder: Path) -> Settings:
    """Settings that point at the cluster and at a store of their own; nothing comes from the environment."""
    from crmsync.settings import Connection, HubSpot, Salesforce, Settings

    env = cluster.env()
    return Settings(
        config=config,
        overlay=config / "overlays" / "everybody.yaml",
        database_url=f"sqlite:///{folder / 'demo.db'}",
        connections={
            "default": Connection(
                hubspot=HubSpot(
                    base_url=env["CRMSYNC_HUBSPOT__BASE_URL"],
                    access_token=env["CRMSYNC_HUBSPOT__ACCESS_TOKEN"],
                ),
                salesforce=Salesforce(
                    login_url=env["CRMSYNC_SALESFORCE__LOGIN_URL"],
                    instance_url=env["CRMSYNC_SALESFORCE__INSTANCE_URL"],
                    consumer_key=env["CRMSYNC_SALESFORCE__CONSUMER_KEY"],
                    consumer_secret=env["CRMSYNC_SALESFORCE__CONSUMER_SECRET"],
                    api_version="62.0",
                ),
            )
        },
        clock_url=None,
    )


# -- looking at the CRMs ----------------------------------------------------------------------------------------
def picture(cluster: Cluster) -> dict[str, Any]:
    """Live records per object, and how many people a reader would find on both sides by e-mail."""
    hub = [r for r in cluster.hubspot.state().get("contacts", []) if not r.get("archived")]
    state = cluster.salesforce.state()
    leads = [r for r in state.get("Lead", []) if not r.get("IsDeleted") and not r.get("IsConverted")]
    contacts = [r for r in state.get("Contact", []) if not r.get("IsDeleted")]
    mails = {str(r.get("email") or "").lower() for r in hub} - {""}
    theirs = {str(r.get("Email") or "").lower() for r in (*leads, *contacts)} - {""}
    return {
        "hubspot": len(hub),
        "leads": len(leads),
        "contacts": len(contacts),
        "both": len(mails & theirs),
        "keyed": sum(bool(r.get("crmsync_id")) for r in hub),
        "stages": dict(Counter(str(r.get("lifecyclestage") or "") for r in hub)),
    }


FACTS = {
    "first name": ("firstname", "FirstName"),
    "last name": ("lastname", "LastName"),
    "title": ("jobtitle", "Title"),
    "phone": ("phone", "Phone"),
    "company": ("company", "Company"),
    "country": ("country", "Country"),
    "source": ("hs_analytics_source", "LeadSource"),
    "sales owner": ("crmsync_sales_owner", "OwnerId"),
}
"""What the story shows: label -> HubSpot property and Salesforce field."""


def portraits(
    cluster: Cluster, people: tuple[Story, ...], links: Any = ()
) -> dict[str, dict[str, dict[str, Any]]]:
    """The story people as both CRMs show them now: name -> side -> fact -> value."""
    partner = {pair.hubspot: pair.salesforce for pair in links}
    hub = {r["id"]: r for r in cluster.hubspot.state().get("contacts", [])}
    state = cluster.salesforce.state()
    users = {str(u["Id"]): str(u.get("Name") or "") for u in state.get("User", [])}
    users[cluster.salesforce.user_id] = "(nobody yet)"
    firms = {str(a["Id"]): str(a.get("Name") or "") for a in state.get("Account", [])}
    sales = {r["Id"]: (obj, r) for obj in ("Lead", "Contact") for r in state.get(obj, [])}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for story in people:
        if story.hubspot not in hub:
            continue
        obj, theirs = sales.get(story.salesforce or partner.get(story.hubspot, ""), ("", {}))
        found[story.name] = {
            "hubspot": {k: hub[story.hubspot].get(names[0]) for k, names in FACTS.items()},
            "salesforce": _sales_facts(obj, theirs, users, firms) if theirs else {},
            "is": {"object": obj},
        }
    return found


def _sales_facts(
    obj: str, row: dict[str, Any], users: dict[str, str], firms: dict[str, str]
) -> dict[str, Any]:
    """What a reader of the Salesforce record sees: the owner and the Account by name, a Contact's mailing address."""
    shown = {k: row.get(name) for k, (_, name) in FACTS.items()}
    shown["sales owner"] = users.get(str(row.get("OwnerId")), "")
    if obj == "Contact":
        shown |= {"company": firms.get(str(row.get("AccountId")), ""), "country": row.get("MailingCountry")}
    return shown


def stories(before: Any, after: Any, told_of: tuple[Story, ...]) -> list[dict[str, Any]]:
    """Each story person before and after."""
    people = {s.name: s for s in told_of}
    return [
        {
            "name": name,
            "email": people[name].email,
            "company": people[name].company,
            "before": before[name],
            "after": after[name],
        }
        for name in before
        if name in after
    ]
