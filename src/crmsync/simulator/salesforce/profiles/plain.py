"""The plain org: an Enterprise Edition as it is delivered, without any optional feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmsync.simulator.salesforce.profiles.shaping import Profile

if TYPE_CHECKING:
    from crmsync.simulator.salesforce.org import SalesforceSim


def _shape(sim: SalesforceSim) -> None:
    """Nothing is changed."""


PROFILE = Profile("plain", "an org without optional features; the integration user sees everything", _shape)
