"""`config/crmsync.yaml` with its overlay -> the parts of the definition that are not fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from crmsync.definition.definition import ScopeList
from crmsync.definition.fields import NATIVE, OBJECTS
from crmsync.definition.section import Section
from crmsync.definition.tree import Node
from crmsync.errors import Finding
from crmsync.mapping.fields import times
from crmsync.mapping.fields.types import Place
from crmsync.mapping.rule import Rule
from crmsync.model.values import SIDES, Side
from crmsync.reconcile.budget import Shares
from crmsync.reconcile.limits import Limit, Limits

IDENTITY: Final[Mapping[str, tuple[str, ...]]] = {
    "contacts": ("email", "first_name", "last_name", "salesforce_contact", "salesforce_lead", "account"),
    "Lead": ("email", "first_name", "last_name", "account"),
    "Contact": ("email", "first_name", "last_name", "account"),
}
"""What identifies a person, per object."""

ACCOUNTS: Final = ("name", "domain", "country", "active")
INTERVALS: Final = (
    "overlap_s",
    "archived_every_s",
    "companies_every_s",
    "owners_every_s",
    "lists_every_s",
    "wide_every_s",
    "wide_s",
    "audit_every_s",
)
LONGEST_S: Final = 30 * 86_400
GUARD: Final = ("deletes", "updates", "creates", "blanks", "moves")
CREATE: Final[Mapping[Side, tuple[str, ...]]] = {
    "salesforce": ("at_handoff", "in_scope"),
    "hubspot": ("never", "in_scope"),
}
PERSON_MODELS: Final = ("leads_and_contacts", "contacts_only", "person_accounts")
SECTIONS: Final = (
    "scope", "create", "mode", "go_live", "person_model", "contact_when", "coexist", "accept_partial_view",
    "intervals", "budgets", "guard", "identity", "accounts",
)  # fmt: skip


def read_main(root: Node, findings: list[Finding]) -> dict[str, Any]:
    """The keyword arguments of Definition that this file decides; mistakes are added to `findings`."""
    top = Section(root, findings, root.place)
    scope, scope_list = _scope(top.section("scope"))
    create = _create(top.section("create"))
    mode = top.choice("mode", ("live", "shadow"), "live")
    go_live = _go_live(top)
    person_model = top.choice("person_model", PERSON_MODELS, "leads_and_contacts")
    contact_when = top.rule("contact_when")
    coexist = _coexist(top)
    partial = top.flag("accept_partial_view", False)
    intervals = _intervals(top.section("intervals"))
    budgets, shares = _budgets(top.section("budgets"))
    limits = _guard(top.section("guard"))
    identity = _identity(top.section("identity"))
    accounts = _accounts(top.section("accounts"))
    top.done()
    return {
        "scope": scope,
        "scope_list": scope_list,
        "create": create,
        "mode": mode,
        "go_live": go_live,
        "person_model": person_model,
        "contact_when": contact_when,
        "coexist": coexist,
        "accept_partial_view": partial,
        **intervals,
        "budgets": budgets,
        "shares": shares,
        "limits": limits,
        "identity": identity,
        "accounts": accounts,
        "places": _places(top),
    }


def _places(top: Section) -> dict[str, Place]:
    """Where each setting stands, as `section` and `section.key`, for messages that are found out later."""
    places = dict(top.keys)
    for key, node in top.nodes.items():
        places |= {f"{key}.{inner}": place for inner, place in node.keys.items()}
    return places


def _scope(at: Section) -> tuple[dict[Side, Rule | None], ScopeList | None]:
    node = at.node("hubspot")
    by_list = node is not None and isinstance(node.value, dict)
    rules: dict[Side, Rule | None] = {
        side: None if by_list and side == "hubspot" else at.rule(side) for side in SIDES
    }
    listed = _list(at.section("hubspot")) if by_list else None
    at.done()
    return rules, listed


def _list(at: Section) -> ScopeList | None:
    """`list`, the name of a HubSpot list of contacts. Whether there is one, only HubSpot can tell."""
    name, node = at.text("list").strip(), at.node("list")
    if not name and (not at.keys if node is None else isinstance(node.value, str)):
        at.wrong(
            at.at("list"), "`list`: the name of a HubSpot list of contacts was expected, as it stands there"
        )
    at.done()
    return ScopeList(name, node.place) if name and node is not None else None


def _create(at: Section) -> dict[Side, str]:
    found: dict[Side, str] = {side: at.choice(side, CREATE[side], CREATE[side][0]) for side in SIDES}
    at.done()
    return found


def _go_live(top: Section) -> str:
    text = top.text("go_live")
    try:
        return times.day(text) if text else ""
    except ValueError:
        node = top.node("go_live")
        top.wrong(node.place if node else top.place, "`go_live`: a day was expected, such as 2026-01-31")
        return ""


def _coexist(top: Section) -> tuple[str, ...]:
    node = top.node("coexist")
    if node is None:
        return ()
    if not isinstance(node.value, list):
        top.wrong(node.place, f"`coexist`: a list of field names was expected, found {node.kind}")
        return ()
    names = []
    for item in node.value:
        if isinstance(item.value, str):
            names.append(item.value)
        else:
            top.wrong(item.place, f"`coexist`: the name of a field was expected, found {item.kind}")
    return tuple(names)


def _intervals(at: Section) -> dict[str, float]:
    found = {name: at.number(name, -1, 0, LONGEST_S) for name in INTERVALS}
    at.done()
    return {name: seconds for name, seconds in found.items() if seconds >= 0}


def _budgets(at: Section) -> tuple[dict[Side, int], Shares]:
    found: dict[Side, int] = {side: calls for side in SIDES if (calls := at.whole(side, 0))}
    default = Shares()
    shares = Shares(
        at.number("reserve_percent", default.reserve, 0, 30), at.number("leave_percent", default.leave, 0, 90)
    )
    at.done()
    return found, shares


def _guard(at: Section) -> Limits:
    default = Limits()
    found = {name: _limit(at.section(name), getattr(default, name)) for name in GUARD}
    at.done()
    return Limits(**found)


def _limit(at: Section, default: Limit) -> Limit:
    limit = Limit(
        at.whole("floor", default.floor),
        at.number("percent", default.percent, 0, 100),
        at.whole("cap", default.cap),
    )
    at.done()
    return limit


def _identity(at: Section) -> dict[Side, dict[str, dict[str, str]]]:
    found: dict[Side, dict[str, dict[str, str]]] = {}
    for side in SIDES:
        objects = at.section(side)
        found[side] = {}
        for obj in OBJECTS[side]:
            block = objects.section(obj)
            names = {key: _native(block, key, side) for key in IDENTITY[obj]}
            block.done()
            found[side][obj] = {key: name for key, name in names.items() if name}
        objects.done()
    at.done()
    return found


def _accounts(at: Section) -> dict[Side, dict[str, str]]:
    found: dict[Side, dict[str, str]] = {}
    for side in SIDES:
        block = at.section(side)
        names = {key: _native(block, key, side) for key in ACCOUNTS if key != "active"}
        active = block.node("active")
        names["active"] = (
            "" if active is not None and active.value is True else _native(block, "active", side)
        )
        block.done()
        found[side] = {key: name for key, name in names.items() if name}
    at.done()
    return found


def _native(at: Section, key: str, side: Side) -> str:
    name = at.text(key)
    node = at.node(key)
    if name and node is not None and not NATIVE[side].match(name):
        at.wrong(node.place, f"`{key}`: the API name of a {side} field was expected, found `{name}`")
        return ""
    return name
