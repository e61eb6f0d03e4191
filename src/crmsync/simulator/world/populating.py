"""A believable starting point in two simulated CRMs.

Everything is typed by humans (the ledger says so) and drawn from the seed, so the same seed gives the same world.
Nothing here syncs, and nothing knows what crmsync will make of it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from crmsync.simulator.handwriting import (
    CONTACT_NAMES,
    HUBSPOT_NAMES,
    LEAD_NAMES,
    Version,
    differ,
    named,
    twice,
    written,
)
from crmsync.simulator.people import (
    PLACES,
    Firm,
    Human,
    dial,
    firms,
    human,
)
from crmsync.simulator.world.peopled import Peopled

REPS = (("Priya", "Raman"), ("Tomás", "Herrera"), ("Greta", "Solberg"), ("Kwame", "Asante"))
"""The sales reps. All but the last are HubSpot owners too, so one owner cannot be resolved there."""

STORY_FIRM = Firm("Northwind Example", "northwind.example", "Logistics", "Customer - Direct", PLACES[0])


@dataclass(frozen=True, slots=True)
class Story:
    """A named person the demo tells about. `salesforce` is "" when only HubSpot knows them."""

    name: str
    email: str
    company: str
    hubspot: str
    object: str = ""
    salesforce: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """What `populate` made, as counts of live records; converted Leads come on top of `leads` and are not live.

    `hubspot` and `leads + contacts` are the people on either side, `overlap` of them are on both. `opted_out`
    counts HubSpot. `differing` are people on both sides whose title, phone or street really differ.
    """

    seed: int
    hubspot: int
    leads: int
    contacts: int
    accounts: int
    companies: int
    overlap: int
    no_email: int
    opted_out: int
    converted: int
    namesakes: int
    differing: int
    newcomer: Story
    shared: Story


@dataclass(slots=True)
class _Draw:
    """A population before it is written anywhere."""

    both: list[Human]
    hubspot: list[Human]
    salesforce: list[Human]
    contacts: set[int]
    """Indexes into `both + salesforce` of the people who are Contacts; the others are Leads."""
    namesakes: int


def populate(cluster: Peopled, people: int = 1000, seed: int = 7, *, leads: bool = True) -> World:
    """Fill both CRMs with `people` persons each, 60 % of them the same; an hour of virtual time passes afterwards.

    Salesforce holds 70 % Leads and 30 % Contacts on Accounts; most Accounts are HubSpot companies too. The people
    on both sides share an address, but blanks, phone formats, some titles, phones and streets differ. About 2 %
    of the others have no address, 1 % are namesakes, 3 % opted out, a few Contacts were Leads once.
    Without `leads` everybody in Salesforce is a Contact. Raises ValueError for fewer than two people.
    """
    if people < 2:
        raise ValueError("a world needs at least two people a side")
    rng = random.Random(seed)
    companies = [STORY_FIRM, *firms(rng, max(5, people // 12))]
    draw = _draw(rng, companies, people, leads=leads)
    writer = _Writer(cluster, rng)
    writer.organisation(companies)
    return writer.write(draw, seed)


def _draw(rng: random.Random, companies: Sequence[Firm], people: int, *, leads: bool) -> _Draw:
    both_count = max(1, round(people * 0.6))
    only = people - both_count
    maya, jonas = _story("Maya", "Okafor", "VP Marketing"), _story("Jonas", "Lindqvist", "Operations Analyst")
    taken = {maya.email, jonas.email}
    pool = list(companies)
    both = [jonas, *(human(rng, pool, taken) for _ in range(both_count - 1))]
    namesakes = min(max(1, only // 100), max(0, only - 1))
    sides = []
    for first in ([maya], []):
        twins = [human(rng, pool, taken, (h.first, h.last)) for h in rng.choices(both, k=namesakes)]
        fresh = [human(rng, pool, taken) for _ in range(only - len(first) - len(twins))]
        without = max(1, only // 50) if fresh else 0
        kept = [_without_email(h) if i < without else h for i, h in enumerate(fresh)]
        sides.append([*first, *kept, *twins])
    persons = [*both, *sides[1]]
    chance = [rng.random() * (0.4 if h.firm.type.startswith("Customer") else 1.0) for h in persons]
    chance[0] = 2.0  # the story's person on both sides is a Lead
    ranked = sorted(range(len(persons)), key=chance.__getitem__)
    contacts = ranked[: round(people * 0.3)] if leads else ranked
    return _Draw(both, sides[0], sides[1], set(contacts), namesakes * 2)


def _story(first: str, last: str, title: str) -> Human:
    email = f"{first}.{last}@{STORY_FIRM.domain}".lower()
    return Human(
        first, last, email, title, STORY_FIRM, PLACES[0], "18 Harbor Street", "0142", "ORGANIC_SEARCH"
    )


def _jonas(person: Human) -> tuple[Version, Version]:
    """Promoted, and given a new number, which only Salesforce knows."""
    left, right = written(person, "hubspot"), written(person, "salesforce")
    return left, right | {"title": "Director of Operations", "phone": dial(person.place.phone, "0177")}


def _without_email(person: Human) -> Human:
    return Human(
        person.first, person.last, "", person.title, person.firm, person.place, person.street, person.digits, "OFFLINE"
    )  # fmt: skip


class _Writer:
    """Types a population into both CRMs."""

    def __init__(self, cluster: Peopled, rng: random.Random) -> None:
        self.cluster, self.rng = cluster, rng
        self.users: list[str] = []
        self.accounts: dict[str, str] = {}
        self.account_owner: dict[str, str] = {}
        self.companies: dict[str, str] = {}
        self.typed = 0

    def organisation(self, companies: Sequence[Firm]) -> None:
        """The reps, the Accounts they own and the HubSpot companies."""
        self.users = [self._rep(first, last) for first, last in REPS]
        for firm in companies:
            owner = self._owner()
            self.account_owner[firm.domain] = owner
            site = self.rng.choice((f"https://www.{firm.domain}", f"www.{firm.domain}", firm.domain))
            self.accounts[firm.domain] = self._salesforce(
                "Account",
                {
                    "Name": firm.name,
                    "Website": site,
                    "Type": firm.type,
                    "BillingCity": firm.place.city,
                    "BillingCountry": firm.place.country,
                    "OwnerId": owner,
                },
            )
            if firm is STORY_FIRM or self.rng.random() < 0.7:
                self.companies[firm.domain] = self._hubspot(
                    "companies",
                    {"name": firm.name, "domain": firm.domain, "city": firm.place.city, "country": firm.place.country},
                )  # fmt: skip

    def write(self, draw: _Draw, seed: int) -> World:
        """Everybody, in one order on one side and in another on the other."""
        hubspot: dict[int, str] = {}
        salesforce: dict[int, str] = {}
        pairs = [_jonas(p) if i == 0 else twice(self.rng, p) for i, p in enumerate(draw.both)]
        left = [*(one for one, _ in pairs), *(written(p, "hubspot") for p in draw.hubspot)]
        right = [*(two for _, two in pairs), *(written(p, "salesforce") for p in draw.salesforce)]
        lefts, rights = [*draw.both, *draw.hubspot], [*draw.both, *draw.salesforce]
        for i in self.rng.sample(range(len(left)), len(left)):
            hubspot[i] = self._contact(lefts[i], left[i])
        for i in self.rng.sample(range(len(right)), len(right)):
            salesforce[i] = self._person(rights[i], right[i], i in draw.contacts)
        leads = len(right) - len(draw.contacts)
        were_leads = sorted(draw.contacts) if leads else ()
        converted = self._conversions([(rights[i], right[i], salesforce[i]) for i in were_leads])
        self.cluster.clock.advance(3600.0)
        jonas, maya = draw.both[0], draw.hubspot[0] if draw.hubspot else draw.both[0]
        return World(
            seed=seed,
            hubspot=len(left),
            leads=leads,
            contacts=len(draw.contacts),
            accounts=len(self.accounts),
            companies=len(self.companies),
            overlap=len(draw.both),
            no_email=sum(not p.email for p in (*draw.hubspot, *draw.salesforce)),
            opted_out=sum("opted_out" in v for v in left),
            converted=converted,
            namesakes=draw.namesakes,
            differing=sum(differ(one, two) for one, two in pairs),
            newcomer=_told(maya, hubspot[len(draw.both)] if draw.hubspot else hubspot[0]),
            shared=_told(jonas, hubspot[0], "Lead" if leads else "Contact", salesforce[0]),
        )

    def _contact(self, person: Human, version: Version) -> str:
        values = named(version, HUBSPOT_NAMES)
        company = self.companies.get(person.firm.domain)
        if company is not None and person.email.endswith("@" + person.firm.domain):
            values["associatedcompanyid"] = company
        return self._hubspot("contacts", values)

    def _person(self, person: Human, version: Version, contact: bool) -> str:
        if contact:
            domain = person.firm.domain
            owner, account = self.account_owner[domain], self.accounts[domain]
            return self._salesforce(
                "Contact", {**named(version, CONTACT_NAMES), "AccountId": account, "OwnerId": owner}
            )
        status = self.rng.choices(
            ("Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"), (6, 3, 1)
        )
        return self._salesforce(
            "Lead", {**named(version, LEAD_NAMES), "Status": status[0], "OwnerId": self._owner()}
        )

    def _conversions(self, contacts: Sequence[tuple[Human, Version, str]]) -> int:
        """Give a few Contacts the Lead that they once were; returns how many."""
        known = [c for c in contacts if c[0].email]
        chosen = self.rng.sample(known, min(len(known), max(1, len(contacts) // 20)))
        for person, version, contact in chosen:
            values: dict[str, object] = {**named(version, LEAD_NAMES), "Status": "Working - Contacted"}
            lead = self._salesforce("Lead", {**values, "OwnerId": self._owner()})
            account = self.accounts[person.firm.domain]
            self.cluster.salesforce.convert(
                lead, account=account, contact=contact, status="Closed - Converted"
            )
        return len(chosen)

    def _rep(self, first: str, last: str) -> str:
        email = f"{_plain(first)}.{_plain(last)}@sales.example"
        if (first, last) != REPS[-1]:
            self._hubspot("owners", {"email": email, "firstName": first, "lastName": last})
        return self._salesforce(
            "User",
            {
                "Username": email,
                "Email": email,
                "FirstName": first,
                "LastName": last,
                "IsActive": True,
                "UserType": "Standard",
            },
        )

    def _owner(self) -> str:
        return self.rng.choices(self.users, (4, 3, 2, 1))[0]

    def _hubspot(self, obj: str, values: dict[str, object]) -> str:
        self._tick()
        return self.cluster.hubspot.create(obj, values)

    def _salesforce(self, obj: str, values: dict[str, object]) -> str:
        self._tick()
        return self.cluster.salesforce.create(obj, values)

    def _tick(self) -> None:
        """A second passes now and then: many records share a stamp, as after an import."""
        self.typed += 1
        if self.typed % 20 == 0:
            self.cluster.clock.advance(1.0)


def _told(person: Human, hubspot: str, obj: str = "", salesforce: str = "") -> Story:
    return Story(f"{person.first} {person.last}", person.email, person.firm.name, hubspot, obj, salesforce)


def _plain(name: str) -> str:
    return name.lower().replace("á", "a")
