"""All troubles by family and by name, which of them a seed features, and whether one is armed before a cycle.

A further family is one more line in `FAMILIES`. Each name draws for itself, so that a new one moves none of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING, Final

from trouble import Trouble
from troubles_people import PEOPLE
from troubles_process import PROCESS
from troubles_vendor import MEANING
from troubles_wire import PROTOCOL, TRANSPORT

if TYPE_CHECKING:
    from sim_run import Simulation

FAMILIES: Final[Mapping[str, Mapping[str, Trouble]]] = {
    "transport": TRANSPORT,
    "protocol": PROTOCOL,
    "meaning": MEANING,
    "process": PROCESS,
    "people": PEOPLE,
}
TROUBLES: Final[Mapping[str, Trouble]] = {
    name: one for family in FAMILIES.values() for name, one in family.items()
}


def share(*of: object) -> float:
    """A number from 0 up to 1 that these things always give, in any process."""
    drawn = blake2b("/".join(map(str, of)).encode(), digest_size=6).digest()
    return int.from_bytes(drawn) / 2**48


def featured(seed: int) -> str:
    """The trouble that a seed's run must meet: whichever bids highest, so a new name takes a few seeds of each."""
    return max(TROUBLES, key=lambda name: share("featured", seed, name))


def seeds_of(name: str, start: int = 0) -> Iterator[int]:
    """The seeds that feature a trouble, in order, without end."""
    seed = start
    while True:
        if featured(seed) == name:
            yield seed
        seed += 1


def arm_all(sim: Simulation, *, troubled: bool) -> list[str]:
    """Arm what is due before the next cycle of a run; returns the names."""
    armed = []
    for name, one in TROUBLES.items():
        due = name == sim.featured and not sim.run.happened[name]
        if due or (troubled and share(sim.run.seed, name, sim.cycle) < one.rate):
            one.arm(sim, Random(f"{sim.run.seed}/{name}/{sim.cycle}"), name)
            armed.append(name)
    return armed
