"""What nobody could confirm about HubSpot, or what portals differ in: each a switch with its default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Switches:
    """Times are virtual seconds. docs/simulator.md says what each stands for."""

    search_lag_s: float = 0.0
    """How long a write stays unseen by search (list and batch read always see it)."""
    search_replicas: tuple[float, ...] = ()
    """Further lags of the index's replicas, one of which serves each search: recent results come and go."""
    search_shows_current: bool = False
    """Whether search finds rows by its index but shows them as they are, even where they match no longer."""
    search_omits_unset: bool = False
    """Whether search leaves out a property without a value instead of saying null."""
    tier: str = "enterprise"
    """free, starter, professional or enterprise: how many calls the account may make."""
    limit_increases: int = 0
    """API limit increases bought, two at most."""
    professional_day: int = 625_000
    """Calls per day of the professional tier; another page says 650,000."""
    rate_limits: bool = False
    """The short buckets as the tier has them; off, because under a frozen clock they never refill."""
    burst_per_10_s: int | None = None
    """Calls per rolling 10 s; None: what the tier says with `rate_limits`, else off."""
    search_per_s: int | None = None
    """Search calls per second, a bucket of its own; None: 5 with `rate_limits`, else off. Older pages say 4."""
    search_limit_per_token: bool = False
    """Whether each token has a search bucket, as older pages say, or the account has one."""
    search_counts_daily: bool = True
    """Whether search calls count towards the day."""
    daily_limit: int | None = None
    """Calls until midnight in the portal's time zone; None: what the tier says."""
    secondly_headers: bool = True
    """Whether replies still carry the deprecated headers of one second."""
    retry_after: bool = False
    """Whether a 429 carries Retry-After, which is undocumented."""
    rate_limit_category: bool = False
    """Whether a 429 has the category RATE_LIMITS."""
    time_zone: str = "UTC"
    """The portal's time zone, a name of the IANA data base."""
    account_type: str = "STANDARD"
    """STANDARD, DEVELOPER_TEST, SANDBOX or APP_DEVELOPER."""
    shuffle_results: bool = True
    """Batch results come in another order than the inputs."""
    default_lifecycle: str = "lead"
    """The stage of a contact created over the API without one; "" for none."""
    forward_only_lifecycle: bool = True
    """A backward lifecycle stage is answered with 200 and does not happen."""
    deal_moves_lifecycle: bool = True
    """Whether the contacts of a deal move forward with it: to opportunity, when it is won to customer."""
    first_company_is_primary: bool = True
    """Whether the only company of a contact or deal becomes its primary one by itself."""
    association_ids_as_text: bool = False
    """Ids in association replies: numbers as in the documentation's examples, or text as in the specification."""
    marketing_enterprise: bool = False
    """Whether the portal has Marketing Hub Enterprise, which the batches of subscription statuses need."""
    data_privacy: bool = False
    """Whether data privacy settings are on: a change of a subscription then needs a legal basis."""
    own_opt_out_is_final: bool = False
    """Whether v4 and later refuse to subscribe a person again who opted out with their own hands (v3 does refuse)."""
    blocked_address_refused: bool = True
    """Whether a contact cannot be created with the address of somebody who was deleted for good."""
    merge_takes_furthest_stage: bool = True
    """Whether the survivor of a merge has the furthest lifecycle stage of all, not the primary record's."""
    native_properties_writable: bool = False
    """Whether others may write the properties of HubSpot's own Salesforce integration, which owns them."""
    closing_sets_close_date: bool = True
    """Whether a deal that closes without a close date gets the present one."""
    flag_per_subscription: bool = True
    """Whether a contact shows who left one subscription, as hs_email_optout_<subscription id>."""
    archived_id_is_404: bool = True
    """Whether a read of an archived id without archived=true is 404, or answers the archived record."""
    clearing_stamps_exit: bool = True
    """Whether clearing a stage stamps that it was left, as moving to another one does."""
    null_clears: bool = False
    """Whether JSON null in a write clears the value; by default it is ignored."""
    upsert_by_email_partial: bool = False
    """Whether an upsert by e-mail with trace ids writes its good rows (the documentation says no)."""
    update_partial: bool = False
    """Whether an update with trace ids writes its good rows beside invalid ones."""
    update_by_unique_property: bool = True
    """Whether a batch update takes an idProperty that is unique: the specification says so, the documentation not."""
    update_by_address_is_silent: bool = False
    """Whether a batch update with an e-mail address for an id says nothing of it, instead of not finding it."""
    batch_read_by_additional_email: bool = False
    """Whether a batch read by e-mail finds a record by an additional address, as a single read does."""
    dated_partial_is_207: bool = True
    """Whether a batch that succeeds in part is 207 on 2026-09 paths, which do not declare it, or 200."""
    listed_errors: int | None = None
    """How many property errors are listed beside the message, which names all; None: all of them."""
    conflict_without_id: bool = False
    """A 409 that does not name the existing record."""
    merged_email_reusable: bool = False
    """Whether a new contact may take an additional e-mail of a merged one."""
    strays_ignored: bool = False
    """Whether query parameters and body keys that a route does not take are ignored instead of refused."""
    url_limit: int = 16_000
    """Longest path and query in bytes before 414."""
    filter_limits: tuple[int, int, int] = (5, 6, 18)
    """Filter groups, filters per group, filters in all."""
    rotate_refresh_tokens: bool = False
    """Each refresh replaces the refresh token; the one used is void at once."""
    missing_scopes_on_top: bool = False
    """A 403 names the missing scopes in its own context instead of in that of its first error."""
    webhook_type_field: str = "subscriptionType"
    """The name of an event's type: real events say subscriptionType, the documentation's tables eventType."""
    webhook_settings_lag_s: float = 0.0
    """How long the sender goes on with the subscriptions and target that it knew; at most 300 are documented."""
    webhook_shuffle: bool = False
    """Events of one moment come in any order, within a call and over calls."""
    webhook_double_share: float = 0.0
    """The share of events that are sent once more, in another call."""
    webhook_repeat_event_ids: bool = False
    """Event ids that other events have too."""
    webhook_changes_on_create: bool = True
    """Whether a new record also tells its first values as property changes."""
    webhook_creation_flag: str = "CREATED"
    """The changeFlag of a creation; the documentation's signed example says NEW."""
    webhook_merge_names_new: bool = False
    """Whether the objectId of a merge is the new record's or the chosen primary's."""
    journal_end_status: int = 204
    """What the journal answers when there is nothing after an offset (or nothing at all)."""
    journal_file: str = "events"
    """Entry files, whose form is unknown: a JSON list of push events, or "refused", so that nobody relies on it."""
