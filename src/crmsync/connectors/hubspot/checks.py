"""Live preconditions on HubSpot, each with what an admin does about it. Writes nothing, never raises."""

from __future__ import annotations

from collections.abc import Callable

from crmsync.errors import CrmsyncError
from crmsync.model.ports import Connector
from crmsync.model.records import Check, ObjectInfo

OBJECTS = ("contacts",)
READ_ONLY = ("companies",)
_SCOPES = (
    "Give the token crm.objects.contacts.read and .write, crm.schemas.contacts.read and .write, "
    "crm.objects.companies.read, crm.schemas.companies.read and crm.objects.owners.read."
)


def run_checks(connector: Connector, daily: Callable[[], tuple[int, int] | None]) -> list[Check]:
    """Stops at the first failure that makes the rest meaningless."""
    try:
        identity = connector.identity()
    except CrmsyncError as error:
        fix = error.fix or "See that the address is right and api.hubapi.com can be reached from here."
        return [Check("hubspot reachable and token valid", False, str(error), fix)]
    except Exception as error:  # doctor shows what it finds, whatever it is
        return [
            Check("hubspot reachable and token valid", False, type(error).__name__, "Report this as a bug.")
        ]
    found = [Check("hubspot reachable and token valid", True, f"portal {identity.account_id}")]
    for obj in (*OBJECTS, *READ_ONLY):
        found += _object(connector, obj, writes=obj in OBJECTS)
    return [*found, _quota(daily())]


def _object(connector: Connector, obj: str, *, writes: bool) -> list[Check]:
    try:
        info = connector.describe(obj)
        connector.scan(obj, ("hs_object_id",), None)
    except CrmsyncError as error:
        return [Check(f"hubspot {obj} readable", False, str(error), error.fix or _SCOPES)]
    except Exception as error:  # doctor shows what it finds, whatever it is
        return [Check(f"hubspot {obj} readable", False, type(error).__name__, "Report this as a bug.")]
    readable = Check(f"hubspot {obj} readable", True, f"{len(info.fields)} properties")
    return [readable, _key(info, connector.key_field)] if writes else [readable]


def _key(info: ObjectInfo, key_field: str) -> Check:
    name = f"hubspot {info.name} key {key_field}"
    key = info.fields.get(key_field)
    if key is None:
        return Check(name, False, "the property does not exist", "Run `crmsync setup --apply`.")
    if not key.unique:
        fix = "Delete the property and run `crmsync setup --apply`: unique values can be chosen at creation only."
        return Check(name, False, "its values are not unique", fix)
    if not (key.createable and key.updateable):
        return Check(name, False, "it is read-only", "Allow edits of its values in HubSpot.")
    return Check(name, True, "unique and writable")


def _quota(daily: tuple[int, int] | None) -> Check:
    if daily is None:
        return Check("hubspot daily quota", True, "HubSpot states none for this token")
    limit, left = daily
    enough = left * 20 > limit
    fix = "" if enough else "Wait until midnight in the portal's time zone, or raise the API limit."
    return Check("hubspot daily quota", enough, f"{left} of {limit} calls left", fix)
