"""Which Lead assignment rule a write runs: the active one, the one named by id, or none."""

from __future__ import annotations

from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.rules import Criteria
from crmsync.simulator.salesforce.tenant import Tenant


def lead_rule(org: Tenant, wanted: bool | str) -> Criteria | None:
    """The rule that Sforce-Auto-Assign asks for: True the active one, an id that one, active or not.

    Raises ApiError for an id that no Lead rule has. See REST/headers-autoassign.
    """
    if wanted is True:
        return org.switches.assignment_rule or _active(org)
    known = to18(wanted)
    found = next((r for r in org.rules.assignments if r.id == known), None)
    if found is None:
        raise row_error("INVALID_CROSS_REFERENCE_KEY", f"invalid assignment rule id: {wanted}")
    return found.criteria


def _active(org: Tenant) -> Criteria | None:
    rows = org.tables["AssignmentRule"].rows
    return next((r.criteria for r in org.rules.assignments if rows[r.id].get("Active", False)), None)
