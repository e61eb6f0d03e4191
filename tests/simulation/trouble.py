"""One kind of trouble: how it is armed, and how often. That it struck is told by whoever saw it strike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim_run import Simulation

Arm = Callable[["Simulation", Random, str], None]
"""Prepares it for the cycle that comes next: (the run, a generator of its own, its name). Calls `met(name)`, or hands
a fault to `strike`, when it strikes; being armed is not enough."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """`rate` is the chance that a troubled run arms it before a cycle. A run that features it arms it until it strikes."""

    arm: Arm
    rate: float = 0.025
