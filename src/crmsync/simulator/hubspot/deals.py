"""The properties that a new portal has on deals: a realistic part of HubSpot's own set."""

from __future__ import annotations

from typing import Final

from crmsync.simulator.hubspot.properties import Property

GROUP: Final = "dealinformation"
_CURRENCIES: Final = ("EUR", "USD", "GBP", "SEK", "NOK", "DKK", "CHF")
_TYPES: Final = (("newbusiness", "New Business"), ("existingbusiness", "Existing Business"))
_PRIORITIES: Final = (("low", "Low"), ("medium", "Medium"), ("high", "High"))
_FORECASTS: Final = (
    ("OMIT", "Not forecasted"),
    ("PIPELINE", "Pipeline"),
    ("BEST_CASE", "Best case"),
    ("COMMIT", "Commit"),
    ("CLOSED", "Closed won"),
)


def deal_properties() -> list[Property]:
    """About 45 deal properties; those of the stages come with the pipelines."""
    return [
        _own("dealname", "Deal Name"),
        _own("amount", "Amount", "number", "number"),
        _own("dealstage", "Deal Stage", "enumeration", "radio"),
        _own("pipeline", "Pipeline", "enumeration", "select"),
        _own("closedate", "Close Date", "datetime", "date"),
        _own("dealtype", "Deal Type", "enumeration", "radio", _TYPES),
        _own("hs_priority", "Priority", "enumeration", "select", _PRIORITIES),
        _own("hs_manual_forecast_category", "Forecast category", "enumeration", "select", _FORECASTS),
        _own(
            "deal_currency_code",
            "Currency",
            "enumeration",
            "select",
            tuple((code, code) for code in _CURRENCIES),
        ),
        _own("hubspot_owner_id", "Deal owner", "enumeration", "select"),
        _own("description", "Deal Description", "string", "textarea"),
        _own("closed_lost_reason", "Closed Lost Reason", "string", "textarea"),
        _own("closed_won_reason", "Closed Won Reason", "string", "textarea"),
        _own("hs_next_step", "Next step"),
        *(_kept(name, "bool", "calculation_equation") for name in _FLAGS),
        *(_kept(name, "number", "calculation_equation") for name in _NUMBERS),
        *(_kept(name, "datetime", "date") for name in _TIMES),
        *(_kept(name, "string", "text") for name in _TEXTS),
    ]


_FLAGS: Final = ("hs_is_closed", "hs_is_closed_won", "hs_is_closed_lost")
_NUMBERS: Final = (
    "hs_deal_stage_probability",
    "hs_projected_amount",
    "hs_closed_amount",
    "amount_in_home_currency",
    "days_to_close",
    "num_associated_contacts",
    "num_notes",
    "num_contacted_notes",
    "hs_primary_associated_company",
    "hs_object_id",
)
_TIMES: Final = (
    "createdate",
    "hs_createdate",
    "hs_lastmodifieddate",
    "hs_closed_won_date",
    "notes_last_contacted",
    "notes_last_updated",
    "hubspot_owner_assigneddate",
)
_TEXTS: Final = (
    "hs_merged_object_ids",
    "hs_object_source",
    "hs_object_source_id",
    "hs_object_source_label",
    "hs_all_owner_ids",
    "hubspot_team_id",
)


def _own(
    name: str,
    label: str,
    type: str = "string",
    field: str = "text",
    options: tuple[tuple[str, str], ...] = (),
) -> Property:
    return Property(name, label, type, field, GROUP, options)


def _kept(name: str, type: str, field: str) -> Property:
    label = name.removeprefix("hs_").replace("_", " ").capitalize()
    return Property(name, label, type, field, GROUP, read_only=True, calculated=True)
