"""What else people and admins of a CRM can do through the admin port: acts by name, switches, webhooks. No HTTP here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from typing import Any, Final

ACTS: Final[Mapping[str, frozenset[str]]] = {
    "hubspot": frozenset(
        {
            *("associate", "dissociate", "linked", "engage", "opt_out", "opt_in", "define_subscription", "forget"),
            *("make_list", "change_list", "members", "add_pipeline", "stages", "add_stage", "remove_stage"),
            *("define", "require", "native_integration", "install_app", "authorize_app", "uninstall_app"),
            *("revoke_refresh_tokens", "rotate_token", "take_scope", "archive_owner"),
        }
    ),
    "salesforce": frozenset(
        {"purge", "empty_bin", "archive_activities", "purge_log", "commit_late", "touch", "restrict"}
        | {"hide_field", "drop_field"}
    ),
}  # fmt: skip
"""Side -> the methods of its simulator that may be called by name; their parameters are those of the method."""


_PLAIN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "at": datetime.fromisoformat,
    "began": datetime.fromisoformat,
    "scopes": frozenset,
}
"""Parameters that JSON has no form for."""


def act(side: str, crm: Any, name: object, given: Mapping[str, Any]) -> Any:
    """Call a method of the simulator by name; returns what it returns, as plain JSON. Raises ValueError."""
    if name not in ACTS[side]:
        raise ValueError(f"{side} has no act {name!r}; there are {', '.join(sorted(ACTS[side]))}")
    plain = {key: _PLAIN[key](value) if key in _PLAIN else value for key, value in given.items()}
    done = getattr(crm, str(name))(**plain)
    return asdict(done) if is_dataclass(done) and not isinstance(done, type) else done


def switch(crm: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Turn switches of a vendor and return them all; those that are functions are left out. Raises ValueError."""
    known = {field.name for field in fields(crm.switches)}
    if wanted.keys() - known:
        raise ValueError(f"no such switch: {', '.join(sorted(wanted.keys() - known))}")
    for name, value in wanted.items():
        now = getattr(crm.switches, name)
        setattr(
            crm.switches, name, tuple(value) if isinstance(now, tuple) and isinstance(value, list) else value
        )
    current = {name: getattr(crm.switches, name) for name in sorted(known)}
    return {name: value for name, value in current.items() if not callable(value)}


def webhooks(crm: Any, url: str, secret: str, wanted: Sequence[Mapping[str, str]]) -> list[int]:
    """Send webhooks from now on: subscriptions are `{type, property?, object_type_id?}`; returns their ids."""
    crm.webhooks.target(url, secret)
    return [crm.webhooks.subscribe(**each) for each in wanted]
