"""The countries and states that the simulated org's picklists offer: ISO code -> integration value. Data only.

Integration values are the full ISO names that the vendor delivers; few countries come with states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Country:
    """A country by its two-letter code, with its states by theirs."""

    code: str
    name: str
    states: Mapping[str, str] = field(default_factory=dict)


def _table(text: str) -> dict[str, str]:
    pairs = (entry.strip().partition(" ") for entry in text.split(","))
    return {code: name for code, _, name in pairs}


_STATES: Mapping[str, Mapping[str, str]] = {
    "US": _table(
        "AL Alabama, AK Alaska, AZ Arizona, AR Arkansas, CA California, CO Colorado, CT Connecticut, DE Delaware,"
        "DC District of Columbia, FL Florida, GA Georgia, HI Hawaii, ID Idaho, IL Illinois, IN Indiana, IA Iowa,"
        "KS Kansas, KY Kentucky, LA Louisiana, ME Maine, MD Maryland, MA Massachusetts, MI Michigan, MN Minnesota,"
        "MS Mississippi, MO Missouri, MT Montana, NE Nebraska, NV Nevada, NH New Hampshire, NJ New Jersey,"
        "NM New Mexico, NY New York, NC North Carolina, ND North Dakota, OH Ohio, OK Oklahoma, OR Oregon,"
        "PA Pennsylvania, RI Rhode Island, SC South Carolina, SD South Dakota, TN Tennessee, TX Texas, UT Utah,"
        "VT Vermont, VA Virginia, WA Washington, WV West Virginia, WI Wisconsin, WY Wyoming"
    ),
    "CA": _table(
        "AB Alberta, BC British Columbia, MB Manitoba, NB New Brunswick, NL Newfoundland and Labrador,"
        "NT Northwest Territories, NS Nova Scotia, NU Nunavut, ON Ontario, PE Prince Edward Island, QC Quebec,"
        "SK Saskatchewan, YT Yukon Territories"
    ),
    "AU": _table(
        "ACT Australian Capital Territory, NSW New South Wales, NT Northern Territory, QLD Queensland,"
        "SA South Australia, TAS Tasmania, VIC Victoria, WA Western Australia"
    ),
}

COUNTRIES = tuple(
    Country(code, name, _STATES.get(code, {}))
    for code, name in _table(
        "AE United Arab Emirates, AT Austria, AU Australia, BE Belgium, BR Brazil, CA Canada, CH Switzerland,"
        "CN China, CZ Czech Republic, DE Germany, DK Denmark, EG Egypt, ES Spain, FI Finland, FR France,"
        "GB United Kingdom, GR Greece, HK Hong Kong, IE Ireland, IL Israel, IN India, IT Italy, JP Japan,"
        "KE Kenya, MX Mexico, NG Nigeria, NL Netherlands, NO Norway, NZ New Zealand, PL Poland, PT Portugal,"
        "SA Saudi Arabia, SE Sweden, SG Singapore, TR Turkey, US United States, ZA South Africa"
    ).items()
)

ALSO: Mapping[str, str] = {
    "usa": "United States", "united states of america": "United States", "uk": "United Kingdom",
    "great britain": "United Kingdom", "deutschland": "Germany", "sverige": "Sweden",
}  # fmt: skip
"""What people would type if they were let, and the entry that they then find in the list."""

_BY_CODE = {c.code.casefold(): c for c in COUNTRIES}
_BY_NAME = {c.name.casefold(): c for c in COUNTRIES}


def country_of(text: str, *, by_code: bool = False) -> Country | None:
    """The country with this integration value or, asked so, with this code; letter case does not matter."""
    return (_BY_CODE if by_code else _BY_NAME).get(text.strip().casefold())
