"""Live preconditions on Salesforce, each with what an admin does about it. Writes nothing, never raises."""

from __future__ import annotations

from collections.abc import Callable

from crmsync.errors import CrmsyncError
from crmsync.model.ports import Connector
from crmsync.model.records import Check, ObjectInfo

OBJECTS = ("Lead", "Contact")
READ_ONLY = ("Account",)


def run_checks(connector: Connector, usage: Callable[[], tuple[int, int] | None]) -> list[Check]:
    """Stops at the first failure that makes the rest meaningless."""
    name = "salesforce reachable and credentials valid"
    try:
        identity = connector.identity()
    except CrmsyncError as error:
        fix = error.fix or "See that the login and instance URLs are right and can be reached from here."
        return [Check(name, False, str(error), fix)]
    except Exception as error:  # doctor shows what it finds, whatever it is
        return [Check(name, False, type(error).__name__, "Report this as a bug.")]
    found = [Check(name, True, f"org {identity.account_id} ({identity.name}), user {identity.user_id}")]
    for obj in (*OBJECTS, *READ_ONLY):
        found += _object(connector, obj, writes=obj in OBJECTS)
    return [*found, _quota(usage())]


def _object(connector: Connector, obj: str, *, writes: bool) -> list[Check]:
    name = f"salesforce {obj} readable"
    try:
        info = connector.describe(obj)
    except CrmsyncError as error:
        return [Check(name, False, str(error), f"Give the integration user Read on {obj}.")]
    except Exception as error:  # doctor shows what it finds, whatever it is
        return [Check(name, False, type(error).__name__, "Report this as a bug.")]
    if not info.fields:
        fix = f"Give the integration user Read on {obj}"
        fix += ", or set `person_model: contacts_only` where sales has no Leads." if obj == "Lead" else "."
        return [Check(name, False, "our user has no access to it", fix)]
    found = [Check(name, True, f"{len(info.fields)} fields")]
    if writes:
        found += [_rights(info), _key(info, connector.key_field)]
    fix = f"Give the integration user View All on {obj}; without it crmsync creates nothing there."
    sees = "all records" if info.sees_all else "only what is shared with the user"
    fix = "" if info.sees_all else fix
    return [*found, Check(f"salesforce {obj} all records visible", info.sees_all, sees, fix)]


def _rights(info: ObjectInfo) -> Check:
    lacking = [n for n, ok in (("Create", info.createable), ("Edit", info.updateable)) if not ok]
    name = f"salesforce {info.name} writable"
    if not lacking:
        return Check(name, True, "create and edit")
    rights = " and ".join(lacking)
    return Check(name, False, f"no right to {rights}", f"Give the integration user {rights} on {info.name}.")


def _key(info: ObjectInfo, key_field: str) -> Check:
    name = f"salesforce {info.name} key {key_field}"
    key = info.fields.get(key_field)
    if key is None:
        return Check(name, False, "the field does not exist or is hidden", "Run `crmsync setup --apply`.")
    if not key.unique:
        return Check(name, False, "its values are not unique", "Make it External Id and Unique in Setup.")
    if not (key.createable and key.updateable):
        return Check(name, False, "it cannot be edited", "Run `crmsync setup --apply`.")
    return Check(name, True, "unique and writable")


def _quota(usage: tuple[int, int] | None) -> Check:
    if usage is None:
        return Check("salesforce daily quota", True, "Salesforce stated none")
    used, limit = usage
    left = limit - used
    enough = left * 20 > limit
    fix = "" if enough else "Wait for the rolling 24 hours, or buy more API requests."
    return Check("salesforce daily quota", enough, f"{left} of {limit} requests left", fix)
