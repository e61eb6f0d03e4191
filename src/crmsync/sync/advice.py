"""What an admin can do about a vendor's refusal, by its code, and which refusals a later try may find gone.

The codes are the vendors' (docs: Salesforce status codes of the SOAP API, HubSpot property validation errors).
"""

from __future__ import annotations

from typing import Final

_ADVICE: Final = {
    # the value
    "STRING_TOO_LONG": "shorten {field} at its source, lengthen the field in the CRM, or set `truncate: true` on it",
    "INVALID_LENGTH": "shorten {field} at its source, or set `truncate: true` on it",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "add the value to the picklist of {field} (and to its record type), "
    "or map it under `values`",
    "INVALID_OPTION": "add the option to {field} in HubSpot, or map it under `values`",
    "INVALID_STATUS": "choose a status that {field} has, or map it under `values`",
    "FIELD_INTEGRITY_EXCEPTION": "the org checks {field} against another field, as it does states against countries: "
    "correct the two at their source, or map them under `values`",
    "NUMBER_OUTSIDE_VALID_RANGE": "{field} holds fewer digits: correct the number at its source, or widen the field",
    "INVALID_INTEGER": "{field} takes whole numbers: correct the value at its source, or change its `transform`",
    "INVALID_DECIMAL": "{field} takes numbers: correct the value at its source, or change its `transform`",
    "INVALID_DATE": "{field} takes a day: correct the value at its source, or change its `transform`",
    "INVALID_TYPE_ON_FIELD_IN_RECORD": "{field} is of another type: change its `transform` in config/mapping.yaml",
    "JSON_PARSER_ERROR": "{field} is of another type: change its `transform` in config/mapping.yaml",
    "INVALID_EMAIL_ADDRESS": "correct the e-mail address at its source",
    "INVALID_EMAIL": "correct the e-mail address at its source",
    "INVALID_PHONE_NUMBER": "correct the number at its source, with its country code",
    # what a record needs
    "REQUIRED_FIELD_MISSING": "fill {field} in at its source, or give it a `default_on_create`",
    "REQUIRED_PROPERTY_MISSING": "fill {field} in at its source, or give it a `default_on_create`",
    # rules of the org
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "a validation rule of the org says no: satisfy it, or exempt the crmsync user",
    "FIELD_FILTER_VALIDATION_EXCEPTION": "a lookup filter on {field} says no: satisfy it, or exempt the crmsync user",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "a trigger or flow of the org failed on {field}: its owner must look at it",
    "TXN_SECURITY_METERING_ERROR": "a transaction security policy of the org says no: exempt the crmsync user",
    # somebody else has it
    "DUPLICATES_DETECTED": "a duplicate rule found another record: merge the two, or let the rule pass for crmsync",
    "DUPLICATE_VALUE": "another record has this value of {field}: merge the two, or correct one of them",
    "CONFLICT": "another record has this value of {field}: merge the two, or correct one of them",
    "CONFLICTING_UNIQUE_VALUE": "another record has this value of {field}: merge the two, or correct one of them",
    "INVALID_CROSS_REFERENCE_KEY": "what {field} refers to is gone, or the crmsync user does not see it: "
    "choose another one, or share it with that user",
    # owners
    "INACTIVE_OWNER_OR_USER": "give the record an active owner",
    "INVALID_OWNER_ID": "give the record an owner who is active in HubSpot",
    # rights and the state of the record
    "ENTITY_IS_LOCKED": "the record is locked by an approval: decide that, or let the crmsync user edit locked records",
    "INSUFFICIENT_ACCESS_OR_READONLY": "grant the crmsync user the right to edit this record",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "share what {field} refers to with the crmsync user",
    "INSUFFICIENT_ACCESS": "grant the crmsync user the right to edit this record",
    "STORAGE_LIMIT_EXCEEDED": "the org's data storage is full: free some, or buy more",
    "LIMIT_EXCEEDED": "a limit of the org is reached: its admin finds which under Setup, System Overview",
    # the field itself
    "PROPERTY_DOESNT_EXIST": "create the property {field}, or correct its name in config/mapping.yaml",
    "INVALID_FIELD": "create the field {field} and let the crmsync user see it, or correct config/mapping.yaml",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "{field} cannot be written by the crmsync user: grant it, or change its "
    "direction in config/mapping.yaml",
    "READ_ONLY_VALUE": "{field} cannot be written there: change its direction in config/mapping.yaml",
}

CIRCUMSTANCES: Final = (
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "DUPLICATES_DETECTED", "DUPLICATE_VALUE", "CONFLICT",
    "CONFLICTING_UNIQUE_VALUE", "ENTITY_IS_LOCKED", "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    "FIELD_FILTER_VALIDATION_EXCEPTION", "INACTIVE_OWNER_OR_USER", "INSUFFICIENT_ACCESS",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "INSUFFICIENT_ACCESS_OR_READONLY",
    "INVALID_CROSS_REFERENCE_KEY", "INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_OPTION",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "INVALID_OWNER_ID", "LIMIT_EXCEEDED", "STORAGE_LIMIT_EXCEEDED",
    "TXN_SECURITY_METERING_ERROR",
)  # fmt: skip
"""Refusals that lie in the CRM rather than in the value: what mends them changes neither record nor definition."""


def advice(code: str, field: str) -> str:
    """What to do about `code`; `field` is the native field ("" for the whole record)."""
    name = "TXN_SECURITY_METERING_ERROR" if code.upper().startswith("TXN_SECURITY") else code.upper()
    words = _ADVICE.get(
        name, "correct the value at its source, or change the mapping; it is then tried again"
    )
    return words.format(field=field or "the record")
