"""Person accounts: an Account that is a person, with a Contact of its own behind it.

The two halves are kept as two rows; on the Account the Contact's fields are read and written as `Person...`, `__pc`
and the parts of the name. See SOAP/sforce_api_guidelines_personaccounts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.simulator.salesforce.human import Typed
from crmsync.simulator.salesforce.profiles.person_fields import SHARED, account_name, contact_name, mirrored
from crmsync.simulator.salesforce.profiles.shaping import Profile, put, standard
from crmsync.simulator.salesforce.rows import derive, touch
from crmsync.simulator.salesforce.save import insert, update
from crmsync.simulator.salesforce.schema import Entity, Field, Row
from crmsync.simulator.salesforce.tenant import Actor, Tenant

if TYPE_CHECKING:
    from crmsync.simulator.salesforce.org import SalesforceSim

FREE_MAIL: Final = ("@mail.example", "@post.example")
"""Whoever writes from here is nobody's employee: people in sales make them a person account."""


def _shape(sim: SalesforceSim) -> None:
    kinds = [
        put(
            sim,
            "RecordType",
            Name=name,
            DeveloperName=name.replace(" ", ""),
            SobjectType="Account",
            IsActive=True,
            IsPersonType=person,
        )
        for name, person in (("Business Account", False), ("Person Account", True))
    ]
    org = sim.org
    contact = org.schema.entities["Contact"]
    lead = org.schema.entities["Lead"]
    lead.add(replace(lead.fields["Company"], required=False))
    hidden = Field("IsPersonAccount", "boolean", default=False, createable=False, updateable=False,
                   permissionable=False)  # fmt: skip
    standard(sim, "Contact", [hidden])
    whose = Field("PersonContactId", "reference", length=18, references=("Contact",), relationship="PersonContact",
                  createable=False, updateable=False, permissionable=False)  # fmt: skip
    kind = Field("RecordTypeId", "reference", label="Record Type ID", length=18, references=("RecordType",),
                 relationship="RecordType", default=kinds[0], permissionable=False)  # fmt: skip
    standard(sim, "Account", [kind, hidden, whose])
    standard(sim, "Account", [m for f in contact.fields.values() if (m := mirrored(f))])
    halves = _Halves(org, *kinds)
    org.rules.fills.append(halves.fill)
    org.rules.afters.append(halves.saved)
    org.rules.persons = halves.born
    org.rules.added.append(lambda entity, item: _grown(org, entity, item))
    sim.screens.append(_entered)


def _grown(org: Tenant, entity: Entity, item: Field) -> None:
    """A custom field of Contact shows on person accounts as `__pc`."""
    mirror = mirrored(item) if entity.name == "Contact" else None
    if mirror is not None:
        org.add_field(org.schema.entities["Account"], mirror)


class _Halves:
    """Keeps the Account and the Contact of a person one."""

    def __init__(self, org: Tenant, business: str, person: str) -> None:
        self._org = org
        self._business, self._person = business, person
        self._row: Row | None = None
        self._given: Row = {}
        self._actor = Actor("system", org.user_id)
        self._inside = False
        """One half is writing the other."""

    # -- before the save ------------------------------------------------------------------------------------
    def fill(self, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
        """Take the person's values out of an Account about to be saved. Raises ApiError for the wrong kind."""
        if entity.name == "Contact" and not self._inside:
            self._contact(row, old)
        if entity.name != "Account" or self._inside:
            return
        given = {n: row.pop(n) for n in [n for n in row if contact_name(n)]}
        again = row is self._row  # automations have run since
        self._row, self._actor = row, actor
        self._given = {**self._given, **given} if again else given
        if old is None and self._given.get("LastName") and row.get("RecordTypeId") == self._business:
            row["RecordTypeId"] = self._person
        person = row.get("RecordTypeId") == self._person
        if old is not None and bool(old.get("IsPersonAccount", False)) is not person:
            self._marriage(row, old, person=person)
        elif not person and self._given:
            raise bad_names(sorted(self._given))
        elif person:
            self._named(row, old, again=again)

    def _named(self, row: Row, old: Row | None, *, again: bool) -> None:
        """The name of a person account is made of its parts, and nothing else may set it."""
        if not again and row.get("Name") != (old or {}).get("Name"):
            raise barred("Name") if self._org.switches.person_name_barred else bad_names(["Name"])
        row["IsPersonAccount"] = True
        held = self._org.look(row.get("PersonContactId")) or {}
        parts = [self._given.get(n, held.get(n)) for n in ("FirstName", "LastName")]
        if parts[1] is None:
            raise row_error("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"])
        row["Name"] = " ".join(str(p) for p in parts if p)

    def _marriage(self, row: Row, old: Row, *, person: bool) -> None:
        """A business account becomes a person, or the other way round: by its record type, and by nothing else."""
        same = {"RecordTypeId", "LastModifiedDate", "LastModifiedById", "SystemModstamp"}
        if self._given or any(row.get(n) != old.get(n) for n in {*row, *old} - same):
            raise row_error(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                "Cannot specify any additional fields when marrying or separating a Person-Account",
            )
        table = self._org.tables["Contact"]
        live = [
            r for r in table.pick(table.indexes["AccountId"].get(old["Id"])) if not r.get("IsDeleted", False)
        ]
        if len(live) != 1:
            raise row_error(
                "FIELD_INTEGRITY_EXCEPTION", "A person account has exactly one contact", ["RecordTypeId"]
            )
        contact = str(live[0]["Id"])
        row["IsPersonAccount"], row["PersonContactId"] = person, contact if person else None
        derive(self._org, "Contact", contact, {"IsPersonAccount": person})
        if person:
            row["Name"] = live[0]["Name"]

    def _contact(self, row: Row, old: Row | None) -> None:
        """A person contact stays with its Account, and no other Contact joins it there."""
        if old is not None and old.get("IsPersonAccount", False):
            if row.get("AccountId") != old.get("AccountId"):
                raise bad_names(["AccountId"])
            return
        account = self._org.look(row.get("AccountId")) or {}
        if account.get("IsPersonAccount", False) and row.get("AccountId") != (old or {}).get("AccountId"):
            raise row_error(
                "FIELD_INTEGRITY_EXCEPTION", "A person account has exactly one contact", ["AccountId"]
            )

    # -- after the save -------------------------------------------------------------------------------------
    def saved(self, entity: Entity, row: Row, old: Row | None) -> None:
        """Carry what was saved on one half to the other; their stamps are always the same."""
        if self._inside or entity.name not in {"Account", "Contact"} or not row.get("IsPersonAccount", False):
            return
        if bool(row.get("IsDeleted", False)) is not bool((old or {}).get("IsDeleted", False)):
            self._deleted(entity, row)
            return
        self._inside = True
        try:
            if entity.name == "Account":
                self._to_contact(row, old)
            else:
                self._to_account(row)
        finally:
            self._inside = False
            self._given = {}

    def _deleted(self, entity: Entity, row: Row) -> None:
        account = self._org.look(row.get("AccountId")) or {}
        if entity.name == "Contact" and row.get("IsDeleted", False) and not account.get("IsDeleted", False):
            raise row_error(
                self._org.switches.person_delete_code,
                "A person contact is deleted with its person account only",
            )

    def _to_contact(self, row: Row, old: Row | None) -> None:
        contacts = self._org.schema.entities["Contact"]
        values: Row = {contact_name(n): v for n, v in self._given.items()}
        values |= {n: row.get(n) for n in SHARED if row.get(n) != (old or {}).get(n)}
        known = row.get("PersonContactId")
        if known is None:
            contact = insert(self._org, contacts, {**values, "AccountId": row["Id"]}, self._actor)
            derive(self._org, "Contact", contact, {"IsPersonAccount": True})
            derive(self._org, "Account", row["Id"], {"PersonContactId": contact})
        elif values:
            update(self._org, contacts, str(known), values, self._actor)
        else:
            self._stamped(contacts, str(known), row, {})

    def _to_account(self, row: Row) -> None:
        values: Row = {n: row.get(n) for n in (*SHARED, "Name")}
        self._stamped(self._org.schema.entities["Account"], str(row["AccountId"]), row, values)

    def _stamped(self, entity: Entity, record_id: str, by: Row, values: Row) -> None:
        row = self._org.tables[entity.name].rows[record_id]
        touch(self._org, entity, row, values, str(by["LastModifiedById"]))

    def born(self, values: Row, actor: Actor) -> tuple[str, str]:
        """A person account of a Contact's values; returns the Account's id and the Contact's."""
        accounts = self._org.schema.entities["Account"]
        names = {contact_name(f.name): f.name for f in accounts.fields.values() if contact_name(f.name)}
        given = {names.get(n, n): v for n, v in values.items() if n in names or n in SHARED}
        account = insert(self._org, accounts, {**given, "RecordTypeId": self._person}, actor)
        return account, str(self._org.tables["Account"].rows[account]["PersonContactId"])


def bad_names(names: list[str]) -> ApiError:
    """Fields of the other kind of Account."""
    return row_error(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Account: bad field names on insert/update call: {', '.join(names)}",
        names,
    )


def barred(name: str) -> ApiError:
    """A field that cannot be written on this kind of Account."""
    return row_error(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Unable to create/update fields: {name}. Please check the security settings of this field and verify that it is"
        " read/write for your profile or permission set.",
        [name],
    )


def _entered(typed: Typed) -> Typed:
    """Whoever has a private address is entered as a person account."""
    address = str(typed.values.get("Email") or "").lower()
    if typed.object != "Contact" or typed.id or not address.endswith(FREE_MAIL):
        return typed
    values = {n: v for n, v in typed.values.items() if n != "AccountId"}
    return Typed("Account", "", {account_name(n) or n: v for n, v in values.items()})


PROFILE = Profile("person-accounts", "some of the Accounts are people, with a Contact behind each", _shape)
