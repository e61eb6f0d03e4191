"""A record that is not there yet: whether to create it, as what, and with which values. Decides; creates nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crmsync.mapping.fields.codec import BadValue, Directory, read, write
from crmsync.mapping.fields.types import FieldMap
from crmsync.mapping.rule import Rule
from crmsync.model.links import Account, Change, Link, Parked, SideRow
from crmsync.model.records import FieldType, NativeField, ObjectInfo
from crmsync.model.values import Side, Value, Values, is_blank, other
from crmsync.reconcile.digest import digest
from crmsync.reconcile.ends import field_mark, refused_mark


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new person goes: the object, the Account it belongs to (Contact), or the Account it resembles (Lead)."""

    object: str
    account: Account | None = None
    matched: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Birth:
    """The fields of a create, and the fields that could not travel. `parked` with field "" stops the create."""

    object: str
    changes: tuple[Change, ...]
    parked: tuple[Parked, ...]

    @property
    def stopped(self) -> bool:
        return any(p.field == "" for p in self.parked)


def record_mark(source: SideRow, side: Side, version: str) -> str:
    """What a parked create waits on: any other value of the person, or another definition."""
    return digest("", side, version, *(source.current.get(n) for n in sorted(source.current)))


def lead_or_contact(
    person: Values, country: str, accounts: Sequence[Account], contact_when: Rule | None, person_model: str
) -> Place:
    """Decide once whether a person becomes a Lead or a Contact.

    `accounts` are the active Accounts of the person's registrable domain; another billing country rules one out.
    Exactly one Account for which `contact_when` holds makes a Contact there; otherwise a Lead that names them.
    """
    near = [a for a in accounts if not (country and a.country and a.country != country)]
    if person_model == "contacts_only":
        return Place("Contact", near[0] if len(near) == 1 else None)
    facts = {"account": dict(near[0].values), "person": person} if len(near) == 1 else {}
    if facts and contact_when is not None and contact_when.holds(facts):
        return Place("Contact", near[0])
    return Place("Lead", matched=tuple(near))


@dataclass(frozen=True, slots=True)
class Route:
    """One field of a new record: where it comes from (`origin` "": only its default) and where it goes."""

    fmap: FieldMap
    native: str
    target: NativeField
    origin: str
    default: Value
    met: dict[tuple[type, Value], tuple[Value, Value]] = field(default_factory=dict)
    """(canonical, native there) by native value, since many people share a country or a company."""


@dataclass(frozen=True, slots=True)
class Routes:
    """What all births from one object into another have in common; `required` natives must be given."""

    fields: tuple[Route, ...]
    required: tuple[str, ...]


def routes(fields: Sequence[FieldMap], origin: Side, from_object: str, info: ObjectInfo) -> Routes:
    """Each field's way from an object of the side `origin` into the object described by `info`."""
    side, obj = info.side, info.name
    found = []
    for fmap in fields:
        native = fmap.native_name(side, obj)
        target = info.fields.get(native) if native else None
        if native is None or target is None or not target.createable:
            continue
        source = fmap.native_name(origin, from_object) if fmap.writes_to(side) else None
        default = fmap.default_on_create.get(side, {}).get(obj)
        if source is not None or default is not None:
            found.append(Route(fmap, native, target, source or "", default))
    required = sorted(n for n, f in info.fields.items() if f.required and f.createable)
    return Routes(tuple(found), tuple(required))


def create_changes(
    link: Link,
    source: SideRow,
    side: Side,
    place: Place,
    fields: Sequence[FieldMap],
    infos: Mapping[tuple[Side, str], ObjectInfo],
    directory: Directory,
    key_field: str,
    key: str,
    version: str,
    known: dict[tuple[Side, str, str], Routes] | None = None,
) -> Birth:
    """The values of a new record on `side` from the person's record on the other side.

    A value that cannot travel is parked with its field; a required field without a value parks the record. `known`
    remembers the routes from one person to the next.
    """
    info = infos[side, place.object]
    kind, known = (source.side, source.object, place.object), {} if known is None else known
    ways = known.get(kind)
    if ways is None:
        ways = known[kind] = routes(fields, source.side, source.object, info)
    held = source.current
    changes: list[Change] = []
    parked: list[Parked] = []
    for way in ways.fields:
        change = _field(link, source, side, place.object, way, held, directory, version)
        if isinstance(change, Change):
            changes.append(change)
        elif change is not None:
            parked.append(change)
    changes += [c for c in _account(place, info) if c.native not in {f.native for f in changes}]
    changes.append(Change(key_field, key_field, None, key, "key", settles=False))
    given = {c.native for c in changes if not is_blank(c.after)}
    missing = [n for n in ways.required if n not in given]
    if missing and not any(p.field == "" for p in parked):
        parked.append(_missing(link, source, side, place.object, missing, fields, version))
    return Birth(place.object, tuple(changes), tuple(parked))


def _field(
    link: Link,
    source: SideRow,
    side: Side,
    obj: str,
    way: Route,
    values: Values,
    directory: Directory,
    version: str,
) -> Change | Parked | None:
    fmap, native, target, default = way.fmap, way.native, way.target, way.default
    held = values.get(way.origin) if way.origin else None
    if not way.origin or (held is None and target.type is not FieldType.BOOLEAN):
        return _default(fmap, native, default)
    refused = link.parked.get(fmap.name)
    if refused and refused == field_mark(fmap.name, side, held, version):
        return _default(fmap, native, default)
    try:
        once = (type(held), held)
        value, after = way.met.get(once) or (None, None)
        if once not in way.met:
            value = read(fmap, source.side, source.object, held, directory)
            after = write(fmap, side, obj, value, target, directory)
            way.met[once] = value, after
    except BadValue as bad:
        mark = field_mark(fmap.name, side, held, version, bad.waits_on)
        return Parked(link.id, side, obj, "", fmap.name, bad.code, bad.cause, bad.fix, mark, held)
    again = refused and refused == refused_mark(fmap, side, held, after, version)
    if again or is_blank(after):
        return _default(fmap, native, default)
    return Change(
        fmap.name,
        native,
        None,
        after,
        "create",
        agreed=value,
        source_row=source.id,
        source_native=way.origin,
        source_value=held,
    )


def _default(fmap: FieldMap, native: str, default: Value) -> Change | None:
    """What a vendor requires and nobody said: written on the create, never part of the base."""
    if default is None:
        return None
    return Change(fmap.name, native, None, default, "default_on_create", settles=False)


def _account(place: Place, info: ObjectInfo) -> list[Change]:
    if place.account is not None and "AccountId" in info.fields:
        return [Change("account", "AccountId", None, place.account.id, "matched_account", settles=False)]
    named_in = info.fields.get("Matched_Account__c")
    if place.matched and named_in is not None and named_in.createable:
        named = "; ".join(f"{a.name} ({a.id})" for a in place.matched)
        cut = named[: named_in.length] if named_in.length else named
        return [Change("matched_account", named_in.name, None, cut, "matched_account", settles=False)]
    return []


def _missing(
    link: Link,
    source: SideRow,
    side: Side,
    obj: str,
    missing: Sequence[str],
    fields: Sequence[FieldMap],
    version: str,
) -> Parked:
    names = ", ".join(missing)
    by_native = {fmap.native_name(side, obj): fmap for fmap in fields}
    origin = other(side).replace("hubspot", "HubSpot").replace("salesforce", "Salesforce")
    hints = [
        f"{by_native[n].place}: give `{by_native[n].name}` a default_on_create for {obj}"
        for n in missing
        if n in by_native
    ]
    fix = f"fill it in in {origin}" + (f", or in {'; '.join(hints)}" if hints else "")
    mark = record_mark(source, side, version)
    cause = f"{obj} requires {names} and this person has none"
    return Parked(link.id, side, obj, "", "", "required_missing", cause, fix, mark)
