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
    """How long a query locator lives: two days."""
    token_ttl_s: float | None = None
    """Age at which an access token is refused; None: never."""
    grant_limit: int = 5
    """Live tokens of one user and app; one more revokes the oldest."""
    rotate_refresh_tokens: bool = False
    """Each refresh returns a new refresh token and ends the old one."""
    password_grant: bool = False
    """The username-password grant, which the vendor is phasing out."""
    soap_login: bool = False
    """SOAP login() up to version 64; orgs made since Winter '26 have it off."""
    oauth_scheme: bool = True
    """`Authorization: OAuth <token>` is taken for Bearer."""
    jwt_skew_s: float | None = 300.0
    """How far the clocks of client and vendor may differ; None: an assertion's age is not looked at."""
    jwt_invalid_text: str = "invalid assertion"
    """The words for an assertion that is not signed by the registered key, malformed or out of date."""
    jwt_audience_text: str = "audience is invalid"
    """The words for an assertion that is meant for another host."""
    session_policy: str = ""
    """Words of a 401 that a valid token meets because of a policy, not because it has ended; "": no policy."""
    daily_limit: int = 115_000
    """Requests in a rolling day."""
    overrun: int = 0
    """Calls allowed beyond the daily limit before 403."""
    page_sizes: tuple[int, ...] = ()
    """Sizes of the pages to come, again and again from the first; (): all of `page_size`."""
    locator_snapshot: bool = False
    """Later pages show records as they were when the query ran (True), or as they are when the page is fetched."""
    path_endings: tuple[str, ...] = (
        *(".com", ".org", ".net", ".inc", ".html", ".htm", ".xml", ".json", ".js", ".css", ".jsp", ".php"),
        *(".png", ".gif", ".jpg", ".txt", ".csv", ".pdf"),
    )
    """Endings of an external id in an address that make it 404."""
    uri_limit: int = 16_384
    """Bytes of path and query before 414."""
    updated_limit: int = 600_000
    """Ids that getUpdated and getDeleted return at most."""
    count_failed_calls: bool = True
    """Calls answered with an error count towards the quota."""
    concurrent_limit: int = 25
    """Requests of 20 seconds and more that may run at once (5 in a Developer Edition)."""
    app_limit: int | None = None
    """The connected app's own daily limit, which the usage header then names too; None: no such limit."""
    limits_lag_s: float = 0.0
    """How far /limits lags behind the header."""
    api_enabled: bool = True
    """Whether the org's edition has the API at all."""
    bulk_batch_limit: int = 15_000
    """Bulk batches of 10,000 rows a day."""
    bulk_query_limit: int = 10_000
    """Bulk query jobs a day."""
    bulk_upload_limit: int = 100_000_000
    """Bytes of one job's data."""
    bulk_seconds: float | None = None
    """How long a bulk job takes; None: it advances each time somebody asks for its state."""
    bulk_polls: int = 1
    """How often a job without duration is seen in progress before it is done."""
    bulk_error_text: str = "{code}:{message}:{fields} --"
    """How the results of a bulk job word a row's error."""
    bulk_shuffle: bool = True
    """Results of bulk jobs come in another order than the rows."""
    bulk_hard_delete: bool = False
    """The user may delete past the recycle bin."""
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
    unknown_stage_refused: bool = False
    """A StageName that no OpportunityStage has is refused (True), or kept as an open stage of probability 0."""
    task_queues: bool = True
    """Tasks may be owned by a queue."""
    activity_date_moves_stamp: bool = False
    """Whether a new LastActivityDate moves SystemModstamp, or stays unseen by a cursor as derived fields do."""
    member_twice_refused: bool = True
    """A person who is a member of a Campaign already is refused with DUPLICATE_VALUE."""
    member_status_refused: bool = False
    """A member status that its Campaign lacks is refused (True), or replaced by the default one."""
    set_audit_fields: bool = False
    """The user may set CreatedDate and its like on insert ("Set Audit Fields upon Record Creation")."""
    email_change_resets_bounce: bool = True
    """Changing Email clears EmailBouncedReason and EmailBouncedDate."""
    dependent_picklists_enforced: bool = False
    """A dependent value that its controlling field leaves no room for is refused also over the API."""
    convert_moves_closed: bool = True
    """Conversion moves closed Tasks to the Contact too, not only open ones."""
    won_keeps_account: bool = True
    """An Account with won Opportunities is not deleted (DELETE_FAILED)."""
    polymorphic_is_name: bool = True
    """In a query's records, a parent behind a polymorphic reference (Owner, Who, What) is said to be of type Name."""
    unequal_includes_null: bool = True
    """In SOQL, != and NOT IN are true of empty values."""
    idle_updates_move_stamps: bool = True
    """An update that changes nothing moves LastModifiedDate and SystemModstamp all the same."""
    delete_moves_stamp: bool = True
    """A deletion moves SystemModstamp, so that a cursor of queryAll sees it."""
    null_checkbox_is_false: bool = True
    """Null in a checkbox is taken as false; else it is refused."""
    key_in_upsert_body: bool = False
    """The body of an upsert of one row may repeat the external id of the address; else it is refused."""
    multiday_events: bool = True
    """Events may last up to 14 days; without, one day."""
    person_name_barred: bool = False
    """Name on a person account is refused as a field that cannot be written, not as a bad field name. Both were seen."""
    person_delete_code: str = "DELETE_FAILED"
    """The code for deleting a person account's Contact by itself, which the documentation only says cannot be done."""
    undelete_checks_keys: bool = True
    """A row whose unique value somebody has taken meanwhile stays in the recycle bin; else it comes back beside it."""
    queue_type: str = "Queue"
    """What Owner.Type says of a queue in SOQL: Queue or Group."""
