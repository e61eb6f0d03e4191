"""Who takes which e-mail: statuses by address, and the flags that every contact with that address shows.

Docs: developers.hubspot.com, "Subscription preferences". Keyed by e-mail, not by contact. No HTTP here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crmsync.simulator.hubspot import changes
from crmsync.simulator.hubspot.state import Kind, Portal, Preference, flag_of

SUBSCRIBED, UNSUBSCRIBED, UNSPECIFIED = "SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED"
STATES: Final = (SUBSCRIBED, UNSUBSCRIBED, UNSPECIFIED)
ALL: Final = flag_of()
SELF: Final = "self"
"""What a preference says of a person who opted out with their own hands."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why somebody may be written to, as the caller of the API says."""

    basis: str = ""
    explanation: str = ""


def preference(portal: Portal, email: str, subscription: str) -> Preference | None:
    """What is known of an address and a subscription; leaving everything counts for each."""
    held = portal.preferences.get(email.lower(), {})
    return held.get(subscription) or held.get("")


def left_all(portal: Portal, email: str) -> bool:
    """Whether an address takes nothing any more."""
    held = portal.preferences.get(email.lower(), {}).get("")
    return held is not None and held.state == UNSUBSCRIBED


def leave(
    portal: Portal, email: str, subscription: str, source: str, actor: str, grounds: Grounds = Grounds()
) -> None:
    """Take an address off one subscription ("": off everything)."""
    told = Preference(UNSUBSCRIBED, source, portal.now(), grounds.basis, grounds.explanation)
    _keep(portal, email, {subscription: told})
    _show(portal, email, actor)


def join(
    portal: Portal, email: str, subscription: str, source: str, actor: str, grounds: Grounds = Grounds()
) -> None:
    """Let an address take a subscription again ("": everything). One that had left everything keeps off the others."""
    told = Preference(SUBSCRIBED, source, portal.now(), grounds.basis, grounds.explanation)
    held = portal.preferences.get(email.lower(), {})
    before = held.pop("", None)
    others = {}
    if before is not None and before.state == UNSUBSCRIBED and subscription:
        others = {id: held.get(id, before) for id in portal.subscriptions if id != subscription}
    asked = {subscription: told} if subscription else dict.fromkeys(portal.subscriptions, told)
    _keep(portal, email, {**others, **asked})
    _show(portal, email, actor)


def unspecify(portal: Portal, email: str, subscription: str, source: str, actor: str) -> None:
    """Forget what an address said about a subscription."""
    _keep(portal, email, {subscription: Preference(UNSPECIFIED, source, portal.now(), "", "")})
    _show(portal, email, actor)


def typed(portal: Portal, email: str, value: str) -> None:
    """A person set or cleared the flag on a contact of this address: the address follows."""
    if email and left_all(portal, email) != (value == "true"):
        state = UNSUBSCRIBED if value == "true" else SUBSCRIBED
        portal.preferences[email] = {"": Preference(state, "CRM_UI", portal.now(), "", "")}


def flags(portal: Portal, email: str) -> dict[str, str]:
    """The properties that a contact with this address shows; "" for those it does not."""
    held = portal.preferences.get(email)
    if held is None:
        return {}
    everything = left_all(portal, email)
    out = {ALL: "true" if everything else ""}
    for id in portal.subscriptions if portal.switches.flag_per_subscription else ():
        known = held.get(id)
        gone = known.state == UNSUBSCRIBED if known is not None else everything
        out[flag_of(id)] = "true" if gone else ""
    return out


def _keep(portal: Portal, email: str, told: dict[str, Preference]) -> None:
    held = portal.preferences.setdefault(email.lower(), {})
    if "" in told:
        held.clear()
    held.update(told)


def _show(portal: Portal, email: str, actor: str) -> None:
    kind: Kind = portal.kinds["contacts"]
    num = kind.table.unique["email"].get(email.lower())
    row = kind.table.rows.get(num) if num is not None else None
    if row is not None and not row.archived:
        wanted = flags(portal, row.values.get("email", ""))
        moved = {name: value for name, value in wanted.items() if row.values.get(name, "") != value}
        if moved or actor == "api":
            changes.apply(portal, kind, row, moved, actor)
