"""People at work on both sides, drawn from a seed: they add, edit, blank, opt out, convert, delete and merge.

An act is one function; it returns whether it happened (the vendor may say no, or there may be nobody to do it to).
Left out of the mix, because crmsync does not have what they need yet: Salesforce merges, e-mail swaps, opt-outs
typed in Salesforce, and acts between our re-read and our write.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.hubspot.errors import ApiError as HubSpotRefusal
from crmsync.simulator.salesforce.errors import ApiError as SalesforceRefusal

MOST_PEOPLE: Final = 10
TITLES: Final = ("CEO", "CTO", "Head of Sales", "Buyer")
CITIES: Final = ("Berlin", "Lyon", "Chicago")
NAMES: Final = ("Ann", "Bob", "Cid", "Dee", "Eva", "Fay")
LAST: Final = ("Lee", "Cox", "Kim", "Müller")
COUNTRIES: Final = ("Germany", "France", "United States")
PHONES: Final = ("+1 415 555 0101", "(415) 555-0102", "+49 30 23125 001", "020 7946 0001")
COMPANIES: Final = ("Acme", "Contoso", "Northwind")
SOURCES: Final = (("ORGANIC_SEARCH", "Web"), ("OFFLINE", "Phone Inquiry"), ("REFERRALS", "Referrals"))
DOMAINS: Final = ("northwind.example", "contoso.example", "mail.example")

RECENT: Final = timedelta(seconds=2)

Values = dict[str, Any]

FIELDS: Final[Mapping[str, tuple[str, str, str, tuple[str, ...]]]] = {
    "title": ("jobtitle", "Title", "Title", TITLES),
    "phone": ("phone", "Phone", "Phone", PHONES),
    "mobile": ("mobilephone", "MobilePhone", "MobilePhone", PHONES),
    "city": ("city", "City", "MailingCity", CITIES),
    "country": ("country", "Country", "MailingCountry", COUNTRIES),
    "first": ("firstname", "FirstName", "FirstName", NAMES),
    "last": ("lastname", "LastName", "LastName", LAST),
    "company": ("company", "Company", "", COMPANIES),
}
"""Field -> (HubSpot, Lead, Contact ("": none there), what people type into it)."""

REQUIRED: Final = frozenset({"LastName", "Company"})
"""What Salesforce does not let anybody clear."""


@dataclass(frozen=True, slots=True)
class Someone:
    """A live record of a person."""

    side: str
    object: str
    id: str
    email: str

    def native(self, name: str) -> str:
        return FIELDS[name][0 if self.side == "hubspot" else 1 if self.object == "Lead" else 2]


@dataclass(slots=True)
class People:
    """The people of one run. `done` counts the acts that happened."""

    cluster: Cluster
    rng: random.Random
    done: Counter[str] = field(default_factory=Counter)
    made: int = 0

    def settle_in(self) -> None:
        """The first people and the Accounts that some of them belong to."""
        cluster = self.cluster
        cluster.salesforce.create(
            "Account", {"Name": "Northwind", "Website": DOMAINS[0], "Type": "Customer - Direct"}
        )
        cluster.salesforce.create("Account", {"Name": "Contoso", "Website": DOMAINS[1], "Type": "Prospect"})
        for _ in range(self.rng.randint(2, 5)):
            self.rng.choice((new_in_hubspot, new_in_salesforce, new_in_both))(self)
        self.done.clear()

    def act(self) -> None:
        """One thing somebody does; nothing when it was not possible."""
        self._breathe()
        name = self.rng.choices(tuple(ACTS), [weight for weight, _ in ACTS.values()])[0]
        try:
            happened = ACTS[name][1](self)
        except (HubSpotRefusal, SalesforceRefusal):
            return  # the screen says no
        self.done[name] += happened

    def _breathe(self) -> None:
        """Nobody edits within two seconds of a write of ours in Salesforce.

        Its stamps are whole seconds and its replies show no values: such an edit looks like the save's own rewriting.
        """
        now = self.cluster.clock.now()
        for entry in reversed(self.cluster.ledger.entries):
            if now - entry.at > RECENT:
                return
            if (entry.side, entry.actor) == ("salesforce", "api"):
                self.cluster.clock.advance(3.0)
                return

    # -- looking around -------------------------------------------------------------------------------------
    def live(self, *objects: str) -> list[Someone]:
        """Live people in the order in which the vendors hold them."""
        found = []
        for obj in objects or ("contacts", "Lead", "Contact"):
            if obj == "contacts":
                rows = self.cluster.hubspot.state()["contacts"]
                found += [
                    Someone("hubspot", obj, str(r["id"]), str(r.get("email") or ""))
                    for r in rows
                    if not r.get("archived")
                ]
            else:
                rows = self.cluster.salesforce.state()[obj]
                found += [
                    Someone("salesforce", obj, str(r["Id"]), str(r.get("Email") or "").lower())
                    for r in rows
                    if not r.get("IsDeleted") and not r.get("IsConverted")
                ]
        return found

    def one(self, *objects: str) -> Someone | None:
        found = self.live(*objects)
        return self.rng.choice(found) if found else None

    def edit(self, who: Someone, values: Values) -> None:
        crm = self.cluster.hubspot if who.side == "hubspot" else self.cluster.salesforce
        crm.edit(who.object, who.id, values)

    def address(self) -> str:
        """An address nobody had before."""
        self.made += 1
        return f"p{self.made}@{self.rng.choice(DOMAINS)}"

    def typed(self, who: Someone, names: list[str]) -> Values:
        """What somebody types into these fields; now and then they clear one."""
        values: Values = {}
        for name in names:
            native = who.native(name)
            if not native:
                continue
            clears = self.rng.random() < 0.15 and native not in REQUIRED
            values[native] = "" if clears else self.rng.choice(FIELDS[name][3])
        return values


# -- acts -----------------------------------------------------------------------------------------------------
def _contact(people: People, email: str) -> str:
    values: Values = {"lastname": people.rng.choice(LAST)} if people.rng.random() < 0.9 else {}
    for name in ("title", "phone", "city", "first", "company", "country"):
        if people.rng.random() < 0.4:
            values[FIELDS[name][0]] = people.rng.choice(FIELDS[name][3])
    if people.rng.random() < 0.3:
        values["hs_analytics_source"] = people.rng.choice(SOURCES)[0]
    return people.cluster.hubspot.create("contacts", {"email": email, **values})


def _row(people: People, email: str) -> str:
    obj = people.rng.choice(("Lead", "Lead", "Contact"))
    values: Values = {"LastName": people.rng.choice(LAST)}
    at = 1 if obj == "Lead" else 2
    for name in ("title", "phone", "city", "first", "country"):
        if people.rng.random() < 0.4:
            values[FIELDS[name][at]] = people.rng.choice(FIELDS[name][3])
    if obj == "Lead":
        values["Company"] = people.rng.choice(COMPANIES)
    if people.rng.random() < 0.3:
        values["LeadSource"] = people.rng.choice(SOURCES)[1]
    mail = email.upper() if people.rng.random() < 0.2 else email
    return people.cluster.salesforce.create(obj, {"Email": mail, **values})


def new_in_hubspot(people: People) -> bool:
    if people.made >= MOST_PEOPLE:
        return False
    _contact(people, people.address())
    return True


def new_in_salesforce(people: People) -> bool:
    if people.made >= MOST_PEOPLE:
        return False
    _row(people, people.address())
    return True


def new_in_both(people: People) -> bool:
    """The same person is typed into both CRMs at the same time."""
    if people.made >= MOST_PEOPLE:
        return False
    email = people.address()
    _contact(people, email)
    _row(people, email)
    return True


def edit_one(people: People) -> bool:
    who = people.one()
    if who is None:
        return False
    values = people.typed(who, people.rng.sample(tuple(FIELDS), people.rng.randint(1, 2)))
    people.edit(who, values)
    return bool(values)


def edit_both(people: People) -> bool:
    """Both teams change the same field of one person."""
    hub = people.one("contacts")
    twins = [s for s in people.live("Lead", "Contact") if hub and hub.email and s.email == hub.email]
    if hub is None or not twins:
        return False
    name = people.rng.choice(tuple(FIELDS))
    for who in (hub, people.rng.choice(twins)):
        people.edit(who, people.typed(who, [name]))
    return True


def new_owner(people: People) -> bool:
    who = people.one("Lead", "Contact")
    users = [str(u["Id"]) for u in people.cluster.salesforce.state()["User"] if u.get("IsActive")]
    if who is None:
        return False
    people.edit(who, {"OwnerId": people.rng.choice(users)})
    return True


def new_source(people: People) -> bool:
    who = people.one()
    if who is None:
        return False
    hub, sales = people.rng.choice(SOURCES)
    people.edit(who, {"hs_analytics_source": hub} if who.side == "hubspot" else {"LeadSource": sales})
    return True


def opt_out(people: People) -> bool:
    who = people.one("contacts")
    if who is None:
        return False
    people.edit(who, {"hs_email_optout": people.rng.choice(("true", "true", "true", "false"))})
    return True


def new_email(people: People) -> bool:
    who = people.one()
    if who is None or people.made >= MOST_PEOPLE:
        return False
    email = people.address()
    people.edit(who, {"email" if who.side == "hubspot" else "Email": email})
    return True


def convert(people: People) -> bool:
    who = people.one("Lead")
    if who is None:
        return False
    people.cluster.salesforce.convert(who.id)
    return True


def delete_in_hubspot(people: People) -> bool:
    who = people.one("contacts")
    if who is None:
        return False
    people.cluster.hubspot.delete("contacts", who.id)
    return True


def delete_in_salesforce(people: People) -> bool:
    who = people.one("Lead", "Contact")
    if who is None:
        return False
    people.cluster.salesforce.delete(who.object, who.id)
    return True


def merge_in_hubspot(people: People) -> bool:
    found = people.live("contacts")
    if len(found) < 2:
        return False
    winner, loser = people.rng.sample(found, 2)
    people.cluster.hubspot.merge("contacts", winner.id, [loser.id])
    return True


def restore_in_hubspot(people: People) -> bool:
    """Somebody brings a deleted contact back."""
    rows = people.cluster.hubspot.state()["contacts"]
    gone = [str(r["id"]) for r in rows if r.get("archived") and not r.get("merged_into")]
    if not gone:
        return False
    people.cluster.hubspot.restore("contacts", people.rng.choice(gone))
    return True


def undelete_in_salesforce(people: People) -> bool:
    """Somebody takes a deleted row out of the recycle bin."""
    state = people.cluster.salesforce.state()
    gone = [(o, str(r["Id"])) for o in ("Lead", "Contact") for r in state[o] if r.get("IsDeleted")]
    if not gone:
        return False
    people.cluster.salesforce.undelete(*people.rng.choice(gone))
    return True


def purge_in_salesforce(people: People) -> bool:
    """Somebody deletes a person for good, past the recycle bin."""
    who = people.one("Lead", "Contact")
    if who is None:
        return False
    people.cluster.salesforce.delete(who.object, who.id)
    people.cluster.salesforce.purge(who.object, who.id)
    return True


def commit_late(people: People) -> bool:
    """A long transaction of Salesforce ends: its stamps are those of its beginning, behind our cursor."""
    who = people.one("Lead", "Contact")
    if who is None:
        return False
    row = next(r for r in people.cluster.salesforce.state()[who.object] if r["Id"] == who.id)
    began = people.cluster.clock.now() - timedelta(seconds=people.rng.choice((1, 20, 200)))
    if began <= datetime.fromisoformat(str(row["SystemModstamp"])) + RECENT:
        return False  # the row was changed meanwhile, so the transaction would have waited for that lock
    people.cluster.salesforce.commit_late(who.object, who.id, {"Title": people.rng.choice(TITLES)}, began)
    return True


def type_twice(people: People) -> bool:
    """Somebody types a person into Salesforce who is there already."""
    who = people.one("Lead", "Contact")
    if who is None or not who.email:
        return False
    _row(people, who.email)
    return True


ACTS: Final[Mapping[str, tuple[int, Callable[[People], bool]]]] = {
    "edit_one": (30, edit_one),
    "edit_both": (18, edit_both),
    "new_in_hubspot": (8, new_in_hubspot),
    "new_in_salesforce": (8, new_in_salesforce),
    "new_in_both": (6, new_in_both),
    "new_owner": (4, new_owner),
    "new_source": (4, new_source),
    "opt_out": (6, opt_out),
    "new_email": (4, new_email),
    "convert": (4, convert),
    "delete_in_hubspot": (4, delete_in_hubspot),
    "delete_in_salesforce": (4, delete_in_salesforce),
    "merge_in_hubspot": (2, merge_in_hubspot),
    "restore_in_hubspot": (6, restore_in_hubspot),
    "undelete_in_salesforce": (12, undelete_in_salesforce),
    "purge_in_salesforce": (2, purge_in_salesforce),
    "commit_late": (4, commit_late),
    "type_twice": (2, type_twice),
}
"""Name -> (how often, the act)."""
