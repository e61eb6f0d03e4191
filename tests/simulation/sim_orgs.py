"""Seeded runs on other kinds of orgs, with the definition as an admin fits it to each."""

from __future__ import annotations

from functools import cache

from sim_run import OVERLAY, Run, Simulation, workshop

from crmsync.cli.fitting import HERE, fit
from crmsync.definition.definition import Definition
from crmsync.definition.load import load
from crmsync.definition.starter import write_starter


@cache
def org_definition(profile: str) -> Definition:
    """The shipped definition fitted to a kind of org, with the guard of the other runs."""
    config = workshop() / f"config-{profile}"
    write_starter(config)
    fit(config, profile)
    own = HERE / profile / "overlay.yaml"
    lines = own.read_text("utf-8").splitlines(keepends=True) if own.is_file() else []
    overlay = config / "seeds.yaml"
    overlay.write_text(OVERLAY + "".join(line for line in lines if line.startswith("person_model:")))
    return load(config, overlay)


def simulate_org(seed: int, profile: str, *, loud: bool = False) -> Run:
    """Run one seed on a kind of org."""
    sim = Simulation(seed, loud=loud, profile=profile)
    sim.definition = org_definition(profile)
    sim._restart()
    return sim.whole()
