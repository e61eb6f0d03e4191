"""How two CRMs come to have one person written down differently: field names, habits, blanks, stale values.

Turns a `Human` into native values for either side. Draws from the `random.Random` handed in; writes nowhere.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from crmsync.simulator.compare import same
from crmsync.simulator.people import SOURCES, TITLES, Human, dial

Version = dict[str, str]
"""A person as one CRM has them: plain field name -> text; a blank field is left out."""

HUBSPOT_NAMES = {
    "email": "email",
    "first": "firstname",
    "last": "lastname",
    "phone": "phone",
    "title": "jobtitle",
    "company": "company",
    "street": "address",
    "city": "city",
    "state": "state",
    "zip": "zip",
    "country": "country",
    "source": "hs_analytics_source",
    "opted_out": "hs_email_optout",
}
LEAD_NAMES = {
    "email": "Email",
    "first": "FirstName",
    "last": "LastName",
    "phone": "Phone",
    "title": "Title",
    "company": "Company",
    "street": "Street",
    "city": "City",
    "state": "State",
    "zip": "PostalCode",
    "country": "Country",
    "source": "LeadSource",
}
CONTACT_NAMES = {k: v for k, v in LEAD_NAMES.items() if k != "company"} | {
    "street": "MailingStreet",
    "city": "MailingCity",
    "state": "MailingState",
    "zip": "MailingPostalCode",
    "country": "MailingCountry",
}
OPTIONAL = ("phone", "title", "street", "city", "state", "zip", "source")

SHORT = {"United States": "USA", "United Kingdom": "UK", "Germany": "Deutschland"}


def named(version: Version, names: Mapping[str, str]) -> dict[str, object]:
    """The version under an object's own field names, without blanks."""
    return {names[k]: v for k, v in version.items() if k in names and v}


def written(person: Human, side: str) -> Version:
    """The person in full, in one side's habits."""
    hubspot = side == "hubspot"
    version = {
        "email": person.email,
        "first": person.first,
        "last": person.last,
        "phone": person.phone(abroad=hubspot),
        "title": person.title,
        "company": person.firm.name,
        "street": person.street,
        "city": person.place.city,
        "state": person.place.state,
        "zip": person.place.zip,
        "country": person.place.country,
        "source": person.source if hubspot else SOURCES[person.source],
    }
    if hubspot and person.opted_out:
        version["opted_out"] = "true"
    return version


def twice(rng: random.Random, person: Human) -> tuple[Version, Version]:
    """The two ways in which HubSpot and Salesforce have the same person written down."""
    left, right = written(person, "hubspot"), written(person, "salesforce")
    right["email"] = _recased(rng, person.email)
    if rng.random() < 0.08:
        right["title"] = rng.choice(TITLES)
    if rng.random() < 0.04:
        right["phone"] = dial(person.place.phone, f"{rng.randrange(10_000):04d}")
    if rng.random() < 0.06:
        left["street"] = f"{rng.randint(1, 240)} {rng.choice(person.place.streets)}"
    if rng.random() < 0.5:
        left["phone"] = person.phone()
    if rng.random() < 0.1:
        right["country"] = SHORT.get(right["country"], right["country"])
    for name in OPTIONAL:
        chance = rng.random()
        if chance < 0.07:
            left.pop(name, None)
        elif chance < 0.14:
            right.pop(name, None)
    return left, right


def differ(left: Version, right: Version) -> bool:
    """Whether title, phone or street stand on both sides with different meanings."""
    kinds = {"title": "text", "phone": "phone", "street": "text"}
    both = [n for n in kinds if n in left and n in right]
    return any(not same(kinds[n], left[n], right[n]) for n in both)


def _recased(rng: random.Random, email: str) -> str:
    """The address as somebody typed it: mostly as it is, sometimes with capitals."""
    chance = rng.random()
    if chance < 0.1:
        return email.upper()
    return ".".join(p.capitalize() for p in email.split(".")) if chance < 0.25 else email
