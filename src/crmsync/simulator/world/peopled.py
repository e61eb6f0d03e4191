"""What the world needs of a cluster: the human side of either CRM, a clock, and the ledger it reads along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class _Clock(Protocol):
    def advance(self, seconds: float) -> Any: ...


class _Crm(Protocol):
    def create(self, object: str, values: dict[str, Any], actor: str = "human") -> str: ...
    def edit(self, object: str, id: str, values: dict[str, Any], actor: str = "human") -> Any: ...
    def state(self) -> Mapping[str, Sequence[Mapping[str, Any]]]: ...


class _Salesforce(_Crm, Protocol):
    def convert(
        self, lead: str, account: str | None = None, contact: str | None = None, status: str | None = None
    ) -> Any: ...


class Peopled(Protocol):
    """What `populate` and `humans` need of a cluster."""

    @property
    def clock(self) -> _Clock: ...
    @property
    def hubspot(self) -> _Crm: ...
    @property
    def salesforce(self) -> _Salesforce: ...
