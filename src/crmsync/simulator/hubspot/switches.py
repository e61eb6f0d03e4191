"""What nobody could confirm about HubSpot, or what portals differ in: each a switch with its default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Switches:
    """Times are virtual seconds. docs/simulator.md says what each stands for."""

    search_lag_s: float = 0.0
    """How long a write stays unseen by search (list and batch read always see it)."""
    burst_per_10_s: int | None = None
    """Calls per rolling 10 s; None: off, because under a frozen clock the bucket never refills."""
    search_per_s: int | None = None
    """Search calls per second, a bucket of its own; None: off, as above."""
    daily_limit: int = 1_000_000
    """Calls until midnight UTC, the portal's time zone."""
    shuffle_results: bool = True
    """Batch results come in another order than the inputs."""
    default_lifecycle: str = "lead"
    """The stage of a contact created over the API without one; "" for none."""
    forward_only_lifecycle: bool = True
    null_clears: bool = False
    """Whether JSON null in a write clears the value; by default it is ignored."""
    upsert_by_email_partial: bool = False
    """Whether an upsert by e-mail with trace ids writes its good rows (the documentation says no)."""
    update_partial: bool = False
    """Whether an update with trace ids writes its good rows beside invalid ones."""
    conflict_without_id: bool = False
    """A 409 that does not name the existing record."""
    merged_email_reusable: bool = False
    """Whether a new contact may take an additional e-mail of a merged one."""
    url_limit: int = 16_000
    """Longest path and query in bytes before 414."""
    filter_limits: tuple[int, int, int] = (5, 6, 18)
    """Filter groups, filters per group, filters in all."""
    rotate_refresh_tokens: bool = False
    """Each refresh replaces the refresh token; the one used is void at once."""
    missing_scopes_on_top: bool = False
    """A 403 names the missing scopes in its own context instead of in that of its first error."""
