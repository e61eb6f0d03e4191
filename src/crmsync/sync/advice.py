"""What an admin can do about a vendor's refusal, by its code. Words only."""

from __future__ import annotations

_ADVICE = {
    "STRING_TOO_LONG": "shorten {field} at its source, lengthen the field in the CRM, or set `truncate: true` on it",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "add the value to the picklist of {field}, or map it under `values`",
    "INVALID_OPTION": "add the option to {field} in HubSpot, or map it under `values`",
    "REQUIRED_FIELD_MISSING": "fill {field} in at its source, or give it a `default_on_create`",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "a validation rule of the org says no: satisfy it, or exempt the crmsync user",
    "INVALID_EMAIL_ADDRESS": "correct the e-mail address at its source",
    "INVALID_EMAIL": "correct the e-mail address at its source",
    "DUPLICATES_DETECTED": "a duplicate rule found another record: merge the two, or let the rule pass for crmsync",
    "INSUFFICIENT_ACCESS_OR_READONLY": "grant the crmsync user the right to edit this record",
    "INACTIVE_OWNER_OR_USER": "give the record an active owner",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "a trigger or flow of the org failed on {field}: its owner must look at it",
    "PROPERTY_DOESNT_EXIST": "create the property {field}, or correct its name in config/mapping.yaml",
    "READ_ONLY_VALUE": "{field} cannot be written there: change its direction in config/mapping.yaml",
}


def advice(code: str, field: str) -> str:
    """What to do about `code`; `field` is the native field ("" for the whole record)."""
    words = _ADVICE.get(
        code.upper(), "correct the value at its source, or change the mapping; it is then tried again"
    )
    return words.format(field=field or "the record")
