"""Rows from real systems for tests, ready for the simulators. The data is not part of the project.

It is looked for in the folder `CRMSYNC_TEST_DATA` names, else in `../shared/data` beside the repository. Where it
is absent each function skips the calling test and says why. Nothing here is copied anywhere, and personal
addresses are neither invented on real domains nor derived from anything but a row's id.
"""

from __future__ import annotations

import csv
import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import pytest

FOLDER = "CRMSYNC_TEST_DATA"
MISSING = frozenset({"", "Select", "unknown"})
DOMAIN = "xeducation.example"

SOURCES: Mapping[str, str] = {
    "google": "ORGANIC_SEARCH",
    "bing": "ORGANIC_SEARCH",
    "organic search": "ORGANIC_SEARCH",
    "direct traffic": "DIRECT_TRAFFIC",
    "olark chat": "DIRECT_TRAFFIC",
    "live chat": "DIRECT_TRAFFIC",
    "reference": "REFERRALS",
    "referral sites": "REFERRALS",
    "welingak website": "REFERRALS",
    "facebook": "SOCIAL_MEDIA",
    "social media": "SOCIAL_MEDIA",
    "youtubechannel": "SOCIAL_MEDIA",
    "pay per click ads": "PAID_SEARCH",
    "click2call": "OFFLINE",
    "nc_edm": "EMAIL_MARKETING",
}
"""Lead Source (lower case) -> HubSpot's `hs_analytics_source`; whatever is not here is OTHER_CAMPAIGNS."""

Row = dict[str, object]


def folder() -> Path:
    """The data folder; skips the test when there is none."""
    named = os.environ.get(FOLDER)
    path = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"no real data: {path} is not a folder (set {FOLDER})")
    return path


def la_dev_group(kind: str, *, custom: bool = False) -> list[Row]:
    """The sample org's records of `kind` (Lead, Contact or Account) as they are, without the tree's `attributes`.

    Fields that the system keeps for itself (`READ_ONLY`) are left out, and so are the org's own custom fields
    unless `custom` asks for them: a fresh org does not have them. Some picklist values (a LeadSource of
    `Public Relations`) are outside a fresh org's stock list.
    """
    tree = json.loads(_file("salesforce_sample", "la_dev_group", f"{kind}.json").read_text("utf-8"))
    return [
        {k: v for k, v in row.items() if k not in READ_ONLY and (custom or not k.endswith("__c"))}
        for row in tree["records"]
    ]


READ_ONLY = frozenset({"attributes", "IsConverted", "IsUnreadByOwner", "CleanStatus"})
"""What an import cannot set: the tree's own mark, and fields that only the system writes."""


def xeducation(limit: int | None = None) -> list[dict[str, str]]:
    """The first `limit` leads of the case study (None: all) as HubSpot contact properties, all text.

    The file has neither names nor addresses: both come from the row's lead number, on a reserved domain. `Select`
    means missing; a missing property is left out. Columns that sales filled in after contact are not used.
    """
    with _file("xeducation", "leads.csv").open(encoding="utf-8", newline="") as lines:
        return [_contact(row) for row in islice(csv.DictReader(lines), limit)]


def _contact(row: Mapping[str, str]) -> dict[str, str]:
    number = row["Lead Number"].strip()
    values = {
        "email": f"lead.{number}@{DOMAIN}",
        "firstname": f"Lead{number[:3]}",
        "lastname": f"Person{number}",
        "city": _known(row["City"]),
        "country": _known(row["Country"]),
        "jobtitle": _known(row["What is your current occupation"]),
        "hs_analytics_source": _source(row),
        "hs_email_optout": "true" if row["Do Not Email"].strip() == "Yes" else "",
    }
    return {name: value for name, value in values.items() if value}


def _source(row: Mapping[str, str]) -> str:
    if row["Lead Origin"].strip() in {"Lead Add Form", "Lead Import"}:
        return "OFFLINE"
    source = _known(row["Lead Source"]).lower()
    return SOURCES.get(source, "OTHER_CAMPAIGNS") if source else ""


def _known(value: str) -> str:
    value = value.strip()
    return "" if value in MISSING else value


def naughty_strings() -> list[str]:
    """515 strings that break careless software; some are blank, some hold control characters."""
    strings: list[str] = json.loads(_file("text", "blns.json").read_text("utf-8"))
    return strings


def email_cases() -> list[tuple[str, str]]:
    """(address, verdict) pairs; a verdict is the category, such as `ISEMAIL_VALID_CATEGORY` or `ISEMAIL_ERR`.

    The file writes control characters as the pictures at U+2400; they are put back here.
    """
    cases = []
    for test in ET.parse(_file("text", "isemail_tests.xml")).getroot().iter("test"):
        address = "".join(
            chr(ord(c) - 0x2400) if 0x2400 <= ord(c) < 0x2420 else c for c in test.findtext("address") or ""
        )
        cases.append((address, (test.findtext("category") or "").strip()))
    return cases


def _file(*parts: str) -> Path:
    path = folder().joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"no real data: {path} is absent")
    return path
