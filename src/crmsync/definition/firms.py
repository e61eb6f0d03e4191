"""What `transform: account` asks of its field, and what fields of company and Account ids ask of their transform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmsync.definition.section import Section
from crmsync.mapping.fields.types import Blank, FieldMap
from crmsync.model.values import SIDES, Side

LINKS: Final[Mapping[Side, str]] = {"hubspot": "associatedcompanyid", "salesforce": "AccountId"}
"""The field of a person that holds the id of their company or Account."""


def check_account(field: FieldMap, at: Section) -> None:
    """Mistakes are added to the section's findings."""
    if field.transform != "account":
        for side in SIDES:
            if field.writes_to(side) and LINKS[side] in field.native[side].values():
                at.wrong(
                    at.at("transform"),
                    f"{LINKS[side]} holds an id that means nothing on the other side: `transform: account` was expected",
                )
        return
    if set(field.native["hubspot"].values()) != {LINKS["hubspot"]}:
        at.wrong(at.at("hubspot"), f"`transform: account` needs `hubspot: {LINKS['hubspot']}`")
    if "Lead" in field.native["salesforce"]:
        at.wrong(
            at.at("salesforce"),
            f"a Lead belongs to no Account: `salesforce: {{Contact: {LINKS['salesforce']}}}` was expected",
        )
    if field.blank is Blank.CLEAR:
        at.wrong(
            at.at("blank"),
            "`transform: account` never takes a person out of a firm: `blank: keep` was expected",
        )
    if field.default_on_create:
        at.wrong(at.at("default_on_create"), "`transform: account` has no default")
