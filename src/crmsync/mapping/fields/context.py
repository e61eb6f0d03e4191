"""What a transform may know besides the value: its field, the place it stands, owners and firms. And how it says no."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crmsync.errors import CrmsyncError
from crmsync.mapping.fields.firms import Firms
from crmsync.mapping.fields.types import FieldMap
from crmsync.model.records import NativeField, Owner
from crmsync.model.values import Side


class BadValue(CrmsyncError):
    """A value cannot be carried over as it is; its field is parked, the rest of the record goes on.

    `code` is a stable word for counting: picklist_unmapped, too_long, invalid_email, invalid_value,
    not_an_option, owner_unknown, account_unknown, account_unmatched or account_ambiguous. `cause` names the place of
    the field map and never what a person typed as free text; `fix` says what to do. `waits_on` is what else than
    the value and the definition decides (which Accounts there are), so that a change of it tries again.
    """

    def __init__(self, code: str, cause: str, fix: str, waits_on: str = "") -> None:
        super().__init__(cause, fix=fix)
        self.code = code
        self.cause = cause
        self.waits_on = waits_on


@dataclass(frozen=True, slots=True)
class Directory:
    """The owners of both sides, by id (inactive ones too) and by lower-cased e-mail (active ones only); and firms."""

    ids: Mapping[tuple[Side, str], Owner] = field(default_factory=dict)
    emails: Mapping[tuple[Side, str], Owner] = field(default_factory=dict)
    firms: Firms = field(default_factory=Firms)

    @classmethod
    def of(cls, owners: Iterable[Owner]) -> Directory:
        """Index owners. Of several with one e-mail on a side the one with the lowest id counts."""
        ordered = sorted(owners, key=lambda o: (o.side, o.id), reverse=True)
        return cls(
            {(o.side, _id(o.side, o.id)): o for o in ordered},
            {(o.side, o.email.strip().lower()): o for o in ordered if o.active and o.email.strip()},
        )

    def by_id(self, side: Side, id: str) -> Owner | None:
        """The owner with this native id; a Salesforce id may have 15 or 18 characters."""
        return self.ids.get((side, _id(side, id)))

    def by_email(self, side: Side, email: str) -> Owner | None:
        """The active owner with this address, in any letter case."""
        return self.emails.get((side, email.strip().lower()))


def _id(side: Side, id: str) -> str:
    return id.strip()[:15] if side == "salesforce" else id.strip()


@dataclass(slots=True)  # made for each value that is read or written: frozen ones take three times as long
class At:
    """Where a value stands: its field map, the side and object, the native field when it is known, the owners."""

    field: FieldMap
    side: Side
    object: str
    info: NativeField | None
    directory: Directory

    @property
    def as_text(self) -> bool:
        """Whether the wire carries text only, as HubSpot's does."""
        return self.info.as_text if self.info else self.side == "hubspot"

    @property
    def reads(self) -> bool:
        """Whether values come from this side: always, but for the target of a one-way field."""
        return self.field.writes_to("salesforce" if self.side == "hubspot" else "hubspot")

    @property
    def native(self) -> str:
        """The native field's name, for people."""
        return self.field.native_name(self.side, self.object) or self.field.name

    def bad(self, code: str, what: str, fix: str, waits_on: str = "") -> BadValue:
        """A refusal that names the field on both the vendor's and the admin's side."""
        crm = "HubSpot" if self.side == "hubspot" else "Salesforce"
        where = f"{crm} {self.object}.{self.native}"
        return BadValue(
            code, f"{where}: {what} (field `{self.field.name}`, {self.field.place})", fix, waits_on
        )
