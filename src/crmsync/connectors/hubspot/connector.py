"""HubSpot behind the Connector protocol: identity, description, owners, and the parts put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from crmsync.connectors.hubspot.associations import associated
from crmsync.connectors.hubspot.changes import changed
from crmsync.connectors.hubspot.checks import run_checks
from crmsync.connectors.hubspot.client import Client, HubSpotSettings, Json, Refused
from crmsync.connectors.hubspot.describe import KEY, described
from crmsync.connectors.hubspot.lists import lists, members
from crmsync.connectors.hubspot.read import Reader
from crmsync.connectors.hubspot.setup import set_up
from crmsync.connectors.hubspot.stages import stages
from crmsync.connectors.hubspot.write import BATCH, Writer
from crmsync.connectors.hubspot.writers import writer
from crmsync.model.ports import Clock, Connector
from crmsync.model.quota import Quota
from crmsync.model.records import (
    Association,
    Check,
    FieldSpec,
    Identity,
    MemberPage,
    ObjectInfo,
    Owner,
    Page,
    PeopleList,
    Record,
    SetupChange,
    Stage,
    StampPage,
    Version,
    Write,
    WriteResult,
)
from crmsync.model.values import Side

DETAILS = "/account-info/2026-09/details"
"""Account information has no CRM path; the dated one is served to every API version."""


class HubSpotConnector:
    """One HubSpot portal."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._infos: dict[str, ObjectInfo] = {}
        self._identity: Identity | None = None
        self._reader = Reader(client, self.describe)
        self._writer = Writer(client, self._reader.plain)

    @property
    def side(self) -> Side:
        return "hubspot"

    @property
    def calls(self) -> int:
        return self._client.caller.total

    def calls_by_purpose(self) -> dict[str, int]:
        """The calls counted for each purpose."""
        return self._client.caller.by_purpose()

    def quota(self) -> Quota | None:
        return self._client.quota

    def resting_until(self) -> datetime | None:
        return self._client.caller.rest.until()

    def ration(self, calls: int | None) -> None:
        self._client.caller.ration(calls)

    @property
    def key_field(self) -> str:
        return KEY

    def identity(self) -> Identity:
        """The portal id; a static token belongs to no user."""
        if self._identity is None:
            details = self._get("identity", DETAILS)
            self._client.zone = str(details.get("timeZone") or "")
            self._identity = Identity(
                "hubspot", str(details["portalId"]), name=str(details.get("uiDomain") or "")
            )
        return self._identity

    def describe(self, obj: str) -> ObjectInfo:
        if obj not in self._infos:
            try:
                self._infos[obj] = described(self._client, obj)
            except Refused as refused:
                raise refused.fatal(f"the property definitions of {obj}") from refused
        return self._infos[obj]

    def scan(self, obj: str, fields: Sequence[str], after: str | None) -> Page:
        return self._reader.scan(obj, fields, after)

    def changes(self, objects: Mapping[str, datetime], after: str | None) -> StampPage:
        return changed(self._client, objects, after)

    def archived(self, obj: str, after: str | None) -> StampPage:
        return self._reader.archived(obj, after)

    def read(self, obj: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        return self._reader.read(obj, ids, fields)

    def find(self, obj: str, by: Mapping[str, Sequence[str]], fields: Sequence[str]) -> list[Record]:
        return self._reader.find(obj, by, fields)

    def write(self, obj: str, writes: Sequence[Write]) -> list[WriteResult]:
        return self._writer.write(obj, writes)

    def history(
        self, obj: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, dict[str, tuple[Version, ...]]]:
        return self._reader.history(obj, ids, fields)

    def fence(self, check: Callable[[], None]) -> None:
        self._client.caller.fence = check

    def batch_size(self, obj: str) -> int:
        return BATCH

    def owners(self, *, queues: bool = False) -> list[Owner]:
        """Active owners first, then archived ones."""
        owners: dict[str, Owner] = {}
        for archived in ("false", "true"):
            after = ""
            while True:
                query = {"limit": "100", "archived": archived} | ({"after": after} if after else {})
                reply = self._get("owners", self._client.path("owners", "/"), query)
                for row in reply.get("results", []):
                    owner = _owner(row)
                    if queues or not owner.queue:
                        owners.setdefault(owner.id, owner)
                after = str((((reply.get("paging") or {}).get("next")) or {}).get("after") or "")
                if not after:
                    break
        return list(owners.values())

    def writer(self, obj: str, id: str, field: str) -> str:
        return writer(self._client, obj, id, field)

    def associated(self, obj: str, to: str, ids: Sequence[str]) -> dict[str, tuple[Association, ...]]:
        return associated(self._client, obj, to, ids)

    def stages(self, obj: str) -> list[Stage]:
        return stages(self._client, obj)

    def lists(self) -> list[PeopleList]:
        return lists(self._client)

    def members(self, list_id: str, after: str | None) -> MemberPage:
        return members(self._client, list_id, after)

    def setup(self, specs: Sequence[FieldSpec], apply: bool) -> list[SetupChange]:
        self.forget()
        try:
            return set_up(self._client, self.describe, specs, apply=apply)
        except Refused as refused:
            raise refused.fatal("the set-up") from refused
        finally:
            if apply:
                self.forget()

    def forget(self) -> None:
        self._infos.clear()
        self._reader.forget()

    def checks(self) -> list[Check]:
        return run_checks(self, lambda: self._client.daily)

    def close(self) -> None:
        self._client.close()

    def _get(self, purpose: str, path: str, query: Mapping[str, str] | None = None) -> Json:
        try:
            return self._client.get(purpose, path, query)
        except Refused as refused:
            raise refused.fatal(purpose) from refused


def _owner(row: Json) -> Owner:
    name = " ".join(part for part in (row.get("firstName"), row.get("lastName")) if part)
    email = str(row.get("email") or "").lower()
    active, queue = not row.get("archived", False), row.get("type") == "QUEUE"
    return Owner("hubspot", str(row["id"]), email, name or email, active=active, queue=queue)


def hubspot_connector(settings: HubSpotSettings, clock: Clock, pool: object | None = None) -> Connector:
    """A connector for one portal. `pool`, if given, stands in for urllib3's pool manager (in-process simulator).

    Raises ConfigurationError for an unusable address, version or token.
    """
    return HubSpotConnector(Client(settings, clock, pool))
