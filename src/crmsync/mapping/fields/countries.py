"""Country names and codes -> ISO 3166 alpha-2, and back to the name people write. Knows countries, no CRM."""

from __future__ import annotations

import re
from functools import lru_cache

import pycountry

_SPELLINGS = {
    "AE": "UAE, U.A.E.",
    "BA": "Bosnia",
    "BO": "Bolivia",
    "BR": "Brasil",
    "CD": "DR Congo, Democratic Republic of the Congo",
    "CH": "Schweiz, Suisse, Svizzera",
    "CI": "Ivory Coast",
    "CZ": "Czech Republic",
    "DE": "Deutschland",
    "ES": "España",
    "FM": "Micronesia",
    "GB": "UK, U.K., Great Britain, Britain, England, Scotland, Wales, Northern Ireland",
    "IR": "Iran",
    "IT": "Italia",
    "KR": "Korea, Republic of Korea",
    "MK": "Macedonia",
    "MO": "Macau",
    "NL": "Holland, The Netherlands, Nederland",
    "AT": "Österreich",
    "PL": "Polska",
    "PS": "Palestine",
    "RU": "Russia",
    "SE": "Sverige",
    "SZ": "Swaziland",
    "TR": "Turkey",
    "US": "USA, U.S.A., U.S., United States of America, The United States, America",
    "VA": "Vatican, Vatican City",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands, U.S. Virgin Islands",
}
_NAMES = {
    "CD": "Democratic Republic of the Congo",
    "FM": "Micronesia",
    "PS": "Palestine",
    "RU": "Russia",
    "TR": "Turkey",
    "VA": "Vatican City",
    "VG": "British Virgin Islands",
    "VI": "U.S. Virgin Islands",
}
_SPACES = re.compile(r"\s+")


def _fold(name: str) -> str:
    return _SPACES.sub(" ", name.strip()).casefold()


@lru_cache(maxsize=1)
def _index() -> dict[str, str]:
    index: dict[str, str] = {}
    for code, names in _SPELLINGS.items():
        index |= {_fold(name): code for name in names.split(", ")}
    for country in pycountry.countries:
        known: list[str] = [country.alpha_2, country.alpha_3, country.name]
        known += [
            str(getattr(country, key)) for key in ("common_name", "official_name") if hasattr(country, key)
        ]
        index |= {_fold(name): country.alpha_2 for name in known}
    return index


@lru_cache(maxsize=8192)
def code(text: str) -> str:
    """The alpha-2 code of a country's name or code in any letter case; "" when it is none we know.

    >>> code("germany"), code("USA"), code("uk"), code("Atlantis")
    ('DE', 'US', 'GB', '')
    """
    return _index().get(_fold(text), "")


@lru_cache(maxsize=512)
def name(alpha_2: str) -> str:
    """The English everyday name of an alpha-2 code; "" when there is no such code.

    >>> name("VN"), name("RU"), name("XX")
    ('Vietnam', 'Russia', '')
    """
    if alpha_2 in _NAMES:
        return _NAMES[alpha_2]
    country = pycountry.countries.get(alpha_2=alpha_2)
    return str(getattr(country, "common_name", country.name)) if country else ""
