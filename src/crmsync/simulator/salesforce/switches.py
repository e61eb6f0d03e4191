"""What nobody could confirm about the vendor, or what orgs differ in: each a switch with its default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crmsync.simulator.salesforce.schema import Row

AssignmentRule = Callable[[Row], str | None]
"""Given a Lead about to be saved, the id of its new owner, or None to leave it."""


@dataclass(slots=True)
class Switches:
    """Times are seconds. See docs/simulator-salesforce.md for what each stands for."""

    page_size: int = 2000
    """Rows a query page; the vendor may return fewer at will."""
    locator_ttl_s: float = 2 * 86400.0
    token_ttl_s: float | None = None
    """Age at which an access token is refused; None: never."""
    grant_limit: int = 5
    """Live tokens of one user and app; one more revokes the oldest."""
    daily_limit: int = 115_000
    overrun: int = 0
    """Calls allowed beyond the daily limit before 403."""
    count_failed_calls: bool = True
    upsert_update_status: int = 200
    """Answer to an upsert that updated: 200 with a body, or 204 without."""
    type_errors_fail_request: bool = False
    """A value of the wrong type fails its Collections row (False) or the whole request (True)."""
    deleted_keys_clash: bool = False
    """Whether a unique value held by a deleted row still counts as taken."""
    edit_converted: bool = False
    """The user may view and edit converted Leads."""
    composite_heavy_limit: int = 5
    """Queries and Collections allowed among the subrequests of one composite call."""
    assignment_rule: AssignmentRule | None = None
    """The active Lead assignment rule."""
    convert_map: tuple[tuple[str, str], ...] = ()
    """Custom Lead fields that conversion carries over: (Lead field, `Contact.Field` or `Account.Field`)."""
