"""`crmsync simulate`: serve a local HubSpot and Salesforce, with an admin port to act as their users."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import typer

from crmsync.cli.common import FATAL, err
from crmsync.errors import ConfigurationError

if TYPE_CHECKING:
    from crmsync.simulator.cluster import Cluster

ORG_PROFILES = "plain, person-accounts, record-types, state-country, multi-currency, private-sharing, contacts-only, heavy-flows."
"""The words after `--profile`, known without loading the simulator."""

PULSE_S = 0.1
"""Real seconds between two looks at what is due in a world that lives."""


def command(
    hubspot_port: int = typer.Option(0, min=0, max=65535, help="0: any free port."),
    salesforce_port: int = typer.Option(0, min=0, max=65535, help="0: any free port."),
    admin_port: int = typer.Option(0, min=0, max=65535, help="0: any free port."),
    seed: int = typer.Option(7, help="The same seed gives the same people."),
    people: int = typer.Option(0, min=0, help="People on each side to begin with; 0 or at least 2."),
    data: Path = typer.Option(
        None, help="A folder of records to begin with (sObject tree JSON, HubSpot CSV)."
    ),
    profile: str = typer.Option("plain", help="Kind of Salesforce org: " + ORG_PROFILES),
    speed: float = typer.Option(1.0, min=0, help="Simulated seconds per second; 0 stands still."),
    live: bool = typer.Option(False, help="Let the people go on living as the simulated time passes."),
) -> None:
    """Serve both CRMs on 127.0.0.1 until stopped. The first line on stdout says where, as JSON."""
    from crmsync.simulator.cluster import Cluster
    from crmsync.simulator.world import populate

    refuse_profile(profile)
    if people == 1:
        raise typer.BadParameter("0 or at least 2", param_hint="--people")
    cluster = Cluster(seed, speed=speed, profile=profile)
    if people:
        populate(cluster, people, seed, leads=cluster.profile.leads)
    if data:
        load_data(cluster, data)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        at = cluster.serve(hubspot_port, salesforce_port, admin_port)
    except OSError as error:
        err.print(f"cannot listen: {error.strerror}; choose other ports or leave them at 0")
        sys.exit(FATAL)
    _say_line(
        {
            "hubspot_url": at.hubspot,
            "salesforce_url": at.salesforce,
            "admin_url": at.admin,
            "env": cluster.env(),
        }
    )
    if live:
        life = cluster.living()
        while not stop.wait(PULSE_S):
            life.step(cluster.clock.now())
    stop.wait()
    cluster.close()
    _say_line({"stopped": True})


def load_data(cluster: Cluster, folder: Path) -> None:
    """Load a folder of records into both CRMs. Raises ConfigurationError when it holds none, or wrong ones."""
    from crmsync.simulator.loading import load_folder

    try:
        load_folder(cluster, folder)
    except Exception as error:  # the simulated CRMs refuse a record with errors of many kinds
        raise ConfigurationError(
            f"--data: {str(error)[:300]}",
            fix="give a folder with sObject tree JSON (Account, Contact, Lead) or CSV files of HubSpot contacts",
        ) from error


def refuse_profile(profile: str) -> None:
    """Raises BadParameter, naming them all, for a kind of org that there is not."""
    from crmsync.simulator.salesforce.profiles import profile_of

    try:
        profile_of(profile)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--profile") from error


def _say_line(document: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(document) + b"\n")
    sys.stdout.buffer.flush()
