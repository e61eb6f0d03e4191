"""Record types: Leads, Contacts and Accounts come in kinds, and a kind offers only some values of a picklist.

The integration user's profile gives each object a default kind and leaves one kind to others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.simulator.salesforce.human import Typed
from crmsync.simulator.salesforce.profiles.shaping import Profile, put, standard
from crmsync.simulator.salesforce.schema import Entity, Field, Row

if TYPE_CHECKING:
    from crmsync.simulator.salesforce.org import SalesforceSim


@dataclass(frozen=True, slots=True)
class Kind:
    """A record type. `offers` narrows picklists; one that it does not name is whole. `ours`: our user may assign it."""

    name: str
    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ours: bool = True
    active: bool = True


KINDS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "Lead": (
        Kind("Inbound", {"LeadSource": ("Web", "Partner Referral", "Other")}),
        Kind("Outbound", {"LeadSource": ("Phone Inquiry", "Purchased List", "Other")}),
        Kind("Event", {"LeadSource": ("Other",)}, ours=False),
        Kind("Legacy", active=False),
    ),
    "Contact": (Kind("Business"), Kind("Press", {"LeadSource": ("Other",)}, ours=False)),
    "Account": (Kind("Company"), Kind("Partner", {"Type": ("Channel Partner / Reseller", "Other")})),
}
"""Per object its kinds; the first is the default of the user's profile."""

RESTRICTED: Final = (("Lead", "LeadSource"), ("Contact", "LeadSource"))


def _shape(sim: SalesforceSim) -> None:
    made: dict[str, tuple[str, Kind]] = {}
    for obj, kinds in KINDS.items():
        ids = [_row(sim, obj, kind) for kind in kinds]
        made |= {record_id: (obj, kind) for record_id, kind in zip(ids, kinds, strict=True)}
        standard(sim, obj, [_field(ids[0])])
    for obj, name in RESTRICTED:
        sim.restrict(obj, name)
    org = sim.org
    org.rules.barred |= {record_id for record_id, (_, kind) in made.items() if not kind.ours}

    def allowed(entity: Entity, item: Field, row: Row) -> tuple[str, ...] | None:
        _, kind = made.get(str(row.get("RecordTypeId")), ("", None))
        return kind.offers.get(item.name) if kind and item.restricted else None

    def assignable(entity: Entity, row: Row, old: Row | None) -> ApiError | None:
        given = row.get("RecordTypeId")
        if given is None or (old is not None and old.get("RecordTypeId") == given):
            return None
        obj, kind = made.get(str(given), ("", Kind("", active=False)))
        if obj == entity.name and kind.active and kind.ours:
            return None
        return row_error(
            "INVALID_CROSS_REFERENCE_KEY",
            f"Record Type ID: this ID value isn't valid for the user: {given}",
            ("RecordTypeId",),
        )

    def offered(obj: str, kind: Kind, name: str, value: object) -> bool:
        item = org.schema.entities[obj].fields.get(name)
        if value in (None, "") or item is None or not item.restricted:
            return True
        return value in kind.offers.get(name, item.picklist)

    def chosen(typed: Typed) -> Typed:
        """Whoever wants a value chooses a kind of record that offers it; what none offers cannot be picked."""
        if typed.object not in KINDS:
            return typed
        values = dict(typed.values)
        known = (org.look(typed.id) or {}).get("RecordTypeId") if typed.id else values.get("RecordTypeId")
        ours = [i for i, (obj, kind) in made.items() if obj == typed.object and kind.active and kind.ours]
        fits = [i for i in ours if all(offered(typed.object, made[i][1], n, v) for n, v in values.items())]
        record_type = str(known or (fits or ours)[0])
        if not typed.id:
            values["RecordTypeId"] = record_type
        if record_type not in made:
            return typed
        kind = made[record_type][1]
        kept = {n: v for n, v in values.items() if offered(typed.object, kind, n, v)}
        return Typed(typed.object, typed.id, kept)

    org.rules.picklists.append(allowed)
    org.validations.append(assignable)
    sim.screens.append(chosen)


def _row(sim: SalesforceSim, obj: str, kind: Kind) -> str:
    return put(
        sim,
        "RecordType",
        Name=kind.name,
        DeveloperName=kind.name,
        SobjectType=obj,
        IsActive=kind.active,
        IsPersonType=False,
    )


def _field(default: str) -> Field:
    return Field(
        "RecordTypeId",
        "reference",
        label="Record Type ID",
        length=18,
        references=("RecordType",),
        relationship="RecordType",
        default=default,
        permissionable=False,
    )


PROFILE = Profile(
    "record-types", "records come in kinds, and each kind offers its own picklist values", _shape
)
