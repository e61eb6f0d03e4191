"""Writing records, by whomever: check the values, keep uniqueness, apply, remember. No HTTP here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crmsync.simulator.hubspot.errors import ApiError, Invalid, InvalidValues, exists
from crmsync.simulator.hubspot.properties import TEXT_LIMIT, Wrong, refusal, stored
from crmsync.simulator.hubspot.rows import Row, Version, keys
from crmsync.simulator.hubspot.state import Kind, Portal

_SOURCES = {"api": "INTEGRATION", "human": "CRM_UI", "system": "AUTOMATION_PLATFORM"}
_IDENTITY = frozenset(
    {"hs_object_id", "createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"}
)


def check(
    portal: Portal, kind: Kind, row: Row | None, raw: Mapping[str, object], actor: str
) -> dict[str, str]:
    """The values to store ("" clears) for a write to `row` (None: a create). Raises ApiError 400 naming them all.

    People may set what is read-only over the API (the opt-out, counters), never a record's identity.
    """
    api = actor == "api"
    wrong: list[Invalid] = []
    good: dict[str, str] = {}
    before = row.values if row is not None else {}
    for name, value in raw.items():
        prop = kind.schema.get(name)
        if prop is None or (prop.read_only and (api or name in _IDENTITY)):
            wrong.append(refusal(name, prop))
            continue
        if prop.plain and type(value) is str and len(value) <= TEXT_LIMIT:
            good[name] = value
        elif value is not None or not api or portal.switches.null_clears:
            try:
                good[name] = stored(prop, value, before.get(name, ""))
                _reference(portal, name, good[name])
            except Wrong as error:
                wrong.append(Invalid(name, error.code, str(error)))
    if wrong:
        raise InvalidValues(wrong, portal.id)
    if api:
        _hold_stage(portal, kind, row, good)
    return good


def clash(portal: Portal, kind: Kind, row: Row | None, good: Mapping[str, str]) -> ApiError | None:
    """The refusal when a unique value belongs to another record: 409 for an e-mail, 400 for a property of ours."""
    num = row.num if row is not None else 0
    for name, index in kind.table.unique.items():
        value = good.get(name)
        holder = index.get(value) if value else None
        if value is None or holder is None or holder == num:
            continue
        if name == "email":
            additional = kind.table.rows[holder].values.get("email") != value
            if additional and portal.switches.merged_email_reusable:
                continue
            return exists(kind.singular, str(holder), tell=not portal.switches.conflict_without_id)
        return _taken(portal, kind, name, value, num, holder)
    return None


def create(portal: Portal, kind: Kind, good: Mapping[str, str], actor: str) -> Row:
    """A new record of checked values."""
    now = portal.now()
    num = portal.mint(kind)
    portal.touch(kind, num)
    values = {name: portal.pool.one(name, value) for name, value in good.items() if value}
    row = Row(num, values, now, now, _SOURCES[actor])
    typed = dict(row.values)
    company = row.values.pop("associatedcompanyid", "")
    default = portal.switches.default_lifecycle if kind.name == "contacts" else ""
    if default and "lifecyclestage" not in row.values and "lifecyclestage" in kind.schema:
        row.values["lifecyclestage"] = default
    _stamp_stage(row, "", now)
    kind.table.add(row)
    for name in kind.table.unique:
        kind.table.claim(row, name, ())
    portal.record(actor, "create", kind.name, row.id, {}, typed)
    if default and "lifecyclestage" not in typed:
        portal.record("system", "update", kind.name, row.id, *portal.first_stage(default))
    if company:
        associate(portal, row.num, int(company), primary=True)
    return row


def update(portal: Portal, kind: Kind, row: Row, good: Mapping[str, str], actor: str) -> Row:
    """Apply checked values. What is equal already moves nothing, but stands in the ledger as an empty update."""
    changed = {name: value for name, value in good.items() if row.values.get(name, "") != value}
    before = {name: row.values.get(name) for name in changed}
    portal.record(actor, "update", kind.name, row.id, before, {n: v or None for n, v in changed.items()})
    if not changed:
        return row
    portal.touch(kind, row.num)
    now = portal.now()
    company = changed.pop("associatedcompanyid", None)
    stage = row.values.get("lifecyclestage", "")
    held = {name: keys(name, row.values) for name in kind.table.unique}
    source = _SOURCES[actor]
    for name, value in changed.items():
        _remember(row, name, value, now, source)
        if value:
            row.values[name] = value
        else:
            row.values.pop(name, None)
    if "email" in changed:
        _primary_is_not_additional(row)
    for name, claimed in held.items():
        kind.table.claim(row, name, claimed)
    if "lifecyclestage" in changed:
        _stamp_stage(row, stage, now)
    row.modified = now
    kind.table.stamped(row)
    if company is not None:
        _set_company(portal, row, company)
    return row


def archive(portal: Portal, kind: Kind, row: Row, actor: str) -> None:
    """Archive a live record; its associations go."""
    portal.touch(kind, row.num)
    kind.table.bury(row, portal.now())
    portal.record(actor, "delete", kind.name, row.id, {"archived": False}, {"archived": True})
    if kind.name == "contacts":
        for company in portal.companies_of.pop(row.num, []):
            portal.contacts_of.get(company, set()).discard(row.num)
    else:
        for contact in sorted(portal.contacts_of.pop(row.num, set())):
            dissociate(portal, contact, row.num)


def restore(portal: Portal, kind: Kind, row: Row, actor: str) -> None:
    """Bring an archived record back. Its associations stay gone."""
    portal.touch(kind, row.num)
    row.modified = portal.now()
    kind.table.revive(row)
    portal.record(actor, "restore", kind.name, row.id, {"archived": True}, {"archived": False})


def associate(portal: Portal, contact: int, company: int, *, primary: bool = False, actor: str = "") -> None:
    """Link a contact to a company; the first company becomes the primary one, which touches the contact.

    With an `actor` a change of the primary company stands in the ledger.
    """
    linked = portal.companies_of.setdefault(contact, [])
    if company in linked and not (primary and linked[0] != company):
        return
    first = primary or not linked
    if company in linked:
        linked.remove(company)
    linked.insert(0 if first else len(linked), company)
    portal.contacts_of.setdefault(company, set()).add(contact)
    if first:
        _show_company(portal, contact, actor)


def dissociate(portal: Portal, contact: int, company: int, actor: str = "") -> None:
    """Unlink; the next company, if any, becomes the primary one. `actor` as in `associate`."""
    linked = portal.companies_of.get(contact, [])
    if company in linked:
        was = linked[0]
        linked.remove(company)
        portal.contacts_of.get(company, set()).discard(contact)
        if was == company:
            _show_company(portal, contact, actor)


def _show_company(portal: Portal, contact: int, actor: str) -> None:
    kind = portal.kinds["contacts"]
    row = kind.table.rows[contact]
    portal.touch(kind, contact)
    before = {"associatedcompanyid": row.values.get("associatedcompanyid")}
    linked = portal.companies_of.get(contact)
    if actor:
        after = {"associatedcompanyid": str(linked[0]) if linked else None}
        portal.record(actor, "update", kind.name, row.id, before, after)
    if linked:
        row.values["associatedcompanyid"] = str(linked[0])
    else:
        row.values.pop("associatedcompanyid", None)
    row.modified = portal.now()
    kind.table.stamped(row)


def _set_company(portal: Portal, row: Row, company: str) -> None:
    if company:
        associate(portal, row.num, int(company), primary=True)
    elif portal.companies_of.get(row.num):
        dissociate(portal, row.num, portal.companies_of[row.num][0])


def _reference(portal: Portal, name: str, value: str) -> None:
    if not value:
        return
    if name == "hubspot_owner_id" and value not in portal.owners:
        raise Wrong("INVALID_OWNER_ID", f"Owner {value} does not exist")
    if name == "associatedcompanyid":
        company = portal.kinds["companies"].table.get(value)
        if company is None or company.archived:
            raise Wrong("INVALID_ASSOCIATION", f"Company {value} does not exist")


def _hold_stage(portal: Portal, kind: Kind, row: Row | None, good: dict[str, str]) -> None:
    """Over the API a lifecycle stage only moves forward; a move back is no error, it just does not happen."""
    wanted = good.get("lifecyclestage")
    if row is None or not wanted or not portal.switches.forward_only_lifecycle:
        return
    ranks = kind.schema["lifecyclestage"].ranks
    current = row.values.get("lifecyclestage", "")
    if current and ranks.get(wanted, 0) < ranks.get(current, 0):
        good["lifecyclestage"] = current


def _stamp_stage(row: Row, previous: str, now: str) -> None:
    stage = row.values.get("lifecyclestage", "")
    if stage != previous and previous:
        row.values[f"hs_v2_date_exited_{previous}"] = now
    if stage and stage != previous:
        row.values[f"hs_lifecyclestage_{stage}_date"] = now
        row.values[f"hs_v2_date_entered_{stage}"] = now


def _remember(row: Row, name: str, value: str, now: str, source: str) -> None:
    past = row.history.get(name)
    if past is None:
        known = name in row.values
        past = row.history[name] = [Version(row.values[name], row.created, row.source)] if known else []
    past.append(Version(value, now, source))


def _primary_is_not_additional(row: Row) -> None:
    more = row.values.get("hs_additional_emails", "")
    if more:
        kept = [each for each in more.split(";") if each != row.values.get("email")]
        row.values["hs_additional_emails"] = ";".join(kept)


def _taken(portal: Portal, kind: Kind, name: str, value: str, num: int, holder: int) -> ApiError:
    where = f"portalId={portal.id}, objectTypeId={kind.type_id}, propertyName={name}, value={value}"
    message = f"Cannot set PropertyValueCoordinates{{{where}}} on {num}. {holder} already has that value."
    context: Mapping[str, list[str]] = {"propertyName": [name], "existingId": [str(holder)]}
    errors = [{"message": message, "code": "CONFLICTING_UNIQUE_VALUE", "context": {"propertyName": [name]}}]
    return ApiError(400, message, "VALIDATION_ERROR", context=context, errors=errors)


def unwritten(names: Iterable[str], kind: Kind) -> list[str]:
    """Names that are no properties of the object type."""
    return sorted(name for name in names if name not in kind.schema)
