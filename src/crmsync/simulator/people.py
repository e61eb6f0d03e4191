"""Made-up people, places and companies for the simulated world. Data tables and the draws from them; no CRM.

Addresses stand on reserved `.example` domains, phone numbers in blocks set aside for fiction where a country
has one. Everything is drawn from the `random.Random` handed in.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    "Aisha Alan Amara Ana Anders Andrea Anika Arjun Astrid Beatriz Ben Bianca Carla Carlos Chidi Chloe Clara "
    "Daniel Deepa Diego Dora Elena Elif Emeka Emil Emma Erik Esther Eva Fatima Felix Fiona Gabriel George Grace "
    "Hana Hannah Hassan Helen Hiro Hugo Ida Imani Ines Ingrid Ivan Jack Jana Javier Jonas Joyce Julia Kamal Karin "
    "Kenji Kofi Laila Lars Laura Leo Lina Lucas Luis Mara Marco Maria Mateo Mei Mia Mina Nadia Naomi Nils Nina "
    "Noah Nora Olga Oliver Omar Oscar Paul Petra Priya Rahul Rosa Ruth Samir Sara Sofia Stefan Tara Tom Uma Vera "
    "Victor Wanjiru Yara Yusuf Zoe"
)
UNICODE_FIRST = (
    "Zoë",
    "José",
    "Søren",
    "Łukasz",
    "Çağla",
    "Đorđe",
    "Renée",
    "Jürgen",
    "Øyvind",
    "Ñusta",
    "美咲",
    "Анна",
)
LAST = _words(
    "Abara Adler Almeida Andersen Bakker Banerjee Barros Becker Bennett Berg Bianchi Brandt Brooks Carter Castro "
    "Chen Cohen Costa Cruz Dahl Das Diaz Dubois Eriksen Evans Farah Fischer Fontaine Foster Garcia Gomez Gray "
    "Green Gupta Haas Hansen Harris Hayashi Holm Hughes Ibrahim Ito Iyer Jansen Jensen Kaplan Kaur Keller Khan "
    "Kimura Klein Kovacs Kumar Lang Larsen Laurent Lee Lopez Malik Mbeki Mehta Mendes Meyer Mills Moreau Mori "
    "Morris Mwangi Nair Nguyen Novak Okoye Olsen Ortiz Osei Palmer Park Patel Pereira Petrov Popov Price Quinn "
    "Rao Reed Reyes Ricci Rossi Sato Schmidt Shah Silva Singh Sousa Stone Tanaka Torres Turner Vargas Vogel Wagner "
    "Walsh Weber West Wood Wright Yamada Yilmaz Young Zhang Zimmer"
)
UNICODE_LAST = (
    "Müller",
    "Nuñez",
    "Gößling",
    "Ångström",
    "Dvořák",
    "Şahin",
    "Żak",
    "O’Hara",
    "D'Angelo",
    "佐藤",
    "Иванова",
)

TITLES = (
    "Marketing Manager", "VP Marketing", "Head of Demand Generation", "CEO", "CTO", "IT Manager",
    "Director of Operations", "Operations Analyst", "Sales Director", "Account Executive", "Procurement Lead",
    "Finance Manager", "CFO", "Data Engineer", "Product Manager", "HR Business Partner", "Office Manager",
    "Managing Director", "Consultant", "Research Assistant",
)  # fmt: skip
COMPANY_WORDS = _words(
    "Alder Amber Anchor Arbor Aspen Atlas Aurora Beacon Birch Bluebell Bramble Bridge Canyon Cedar Cinder Clover "
    "Cobalt Compass Copper Coral Crescent Cypress Delta Drift Ember Falcon Fern Fjord Flint Garnet Glacier Granite "
    "Harbor Hazel Heron Indigo Iris Juniper Kestrel Lantern Larch Lumen Maple Marble Meadow Mistral Nimbus Oak "
    "Onyx Orchard Osprey Pebble Pine Plover Quarry Quartz Raven Reef Ridge Rowan Saffron Sage Sierra Slate Spruce "
    "Summit Tamarack Thistle Timber Topaz Umber Vale Verdant Willow Wren Zephyr"
)
COMPANY_KINDS = (
    "Logistics",
    "Software",
    "Foods",
    "Energy",
    "Health",
    "Textiles",
    "Media",
    "Robotics",
    "Finance",
)
ACCOUNT_TYPES = ("Prospect", "Customer - Direct", "Customer - Channel", "Channel Partner / Reseller", "Other")
FREE_MAIL = ("mail.example", "post.example")

SOURCES: Mapping[str, str] = {
    "ORGANIC_SEARCH": "Web",
    "PAID_SEARCH": "Web",
    "DIRECT_TRAFFIC": "Web",
    "SOCIAL_MEDIA": "Web",
    "EMAIL_MARKETING": "Web",
    "REFERRALS": "Partner Referral",
    "OFFLINE": "Phone Inquiry",
    "OTHER_CAMPAIGNS": "Other",
}
"""HubSpot's original source beside the Lead Source a rep would pick; both from the vendors' stock lists."""


@dataclass(frozen=True, slots=True)
class Place:
    """A city with the shapes of its phone numbers; `#` is a digit. `abroad` is the same number from elsewhere."""

    city: str
    state: str
    zip: str
    country: str
    phone: str
    abroad: str
    streets: tuple[str, ...] = ("Market Street", "Station Road", "Mill Lane", "High Street", "Park Avenue")


PLACES = (
    Place("San Francisco", "CA", "94105", "United States", "(415) 555-01##", "+1 415 555 01##"),
    Place("Chicago", "IL", "60601", "United States", "(312) 555-01##", "+1 312-555-01##"),
    Place("New York", "NY", "10001", "United States", "212.555.01##", "+1 (212) 555-01##"),
    Place("Austin", "TX", "78701", "United States", "512-555-01##", "+1 512 555 01##"),
    Place("Toronto", "ON", "M5H 2N2", "Canada", "(416) 555-01##", "+1 416 555 01##"),
    Place("London", "", "EC1A 1BB", "United Kingdom", "020 7946 0###", "+44 20 7946 0###"),
    Place("Manchester", "", "M1 1AE", "United Kingdom", "0161 496 0###", "+44 161 496 0###"),
    Place(
        "Berlin", "", "10115", "Germany", "030 23125 ###", "+49 30 23125###", ("Lindenallee", "Am Markt", "Bahnhofstraße")
    ),
    Place("München", "", "80331", "Germany", "089 99998 ###", "+49 89 99998###", ("Gartenweg", "Schillerstraße")),
    Place("Lyon", "", "69002", "France", "04 65 71 ## ##", "+33 4 65 71 ## ##", ("rue de la Gare", "avenue du Parc")),
    Place("Stockholm", "", "111 20", "Sweden", "08-465 004 ##", "+46 8 465 004 ##", ("Storgatan", "Ängsvägen")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Firm:
    """A company on its own domain."""

    name: str
    domain: str
    kind: str
    type: str
    place: Place


@dataclass(frozen=True, slots=True)
class Human:
    """One made-up person as they are, before two CRMs wrote them down differently. `email` may be ""."""

    first: str
    last: str
    email: str
    title: str
    firm: Firm
    place: Place
    street: str
    digits: str
    source: str
    opted_out: bool = False

    def phone(self, *, abroad: bool = False) -> str:
        """The number as written at home, or from abroad."""
        return dial(self.place.abroad if abroad else self.place.phone, self.digits)


def dial(shape: str, digits: str) -> str:
    """Fill the `#` of a shape from the right end of `digits`."""
    left = list(digits[-shape.count("#") :])
    return "".join(left.pop(0) if c == "#" else c for c in shape)


def firms(rng: random.Random, count: int) -> list[Firm]:
    """Companies with distinct names and domains."""
    names = [f"{word} {kind}" for kind in COMPANY_KINDS for word in COMPANY_WORDS]
    rng.shuffle(names)
    made = []
    for i in range(count):
        name = names[i % len(names)] + (f" {i // len(names) + 1}" if i >= len(names) else "")
        kind = name.split()[1]
        type_ = rng.choices(ACCOUNT_TYPES, (50, 25, 10, 5, 10))[0]
        made.append(Firm(name, f"{name.lower().replace(' ', '-')}.example", kind, type_, rng.choice(PLACES)))
    return made


def human(
    rng: random.Random, firms: list[Firm], taken: set[str], name: tuple[str, str] | None = None
) -> Human:
    """Draw one person; the address is new to `taken` and is added to it. `name` gives a namesake."""
    first, last = name or (
        rng.choice(UNICODE_FIRST if rng.random() < 0.04 else FIRST),
        rng.choice(UNICODE_LAST if rng.random() < 0.04 else LAST),
    )
    firm = rng.choice(firms)
    domain = rng.choice(FREE_MAIL) if rng.random() < 0.12 else firm.domain
    place = firm.place if rng.random() < 0.85 else rng.choice(PLACES)
    return Human(
        first=first,
        last=last,
        email=_address(first, last, domain, taken),
        title=rng.choice(TITLES),
        firm=firm,
        place=place,
        street=f"{rng.randint(1, 240)} {rng.choice(place.streets)}",
        digits=f"{rng.randrange(10_000):04d}",
        source=rng.choices(tuple(SOURCES), (24, 14, 20, 10, 10, 10, 8, 4))[0],
        opted_out=rng.random() < 0.03,
    )


def _address(first: str, last: str, domain: str, taken: set[str]) -> str:
    local = ".".join(part for part in (_ascii(first), _ascii(last)) if part) or "person"
    address, n = f"{local}@{domain}", 2
    while address in taken:
        address, n = f"{local}{n}@{domain}", n + 1
    taken.add(address)
    return address


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(c for c in plain.lower() if c.isalnum())
