"""JSON Schema of the admin's files, for editors that complete and check while typing. The loader is stricter.

Built from the same tables as the loader, so that the two name the same keys and words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crmsync.definition import main
from crmsync.definition.fields import NAME, NATIVE, OBJECTS
from crmsync.mapping.expression import MAX_LENGTH
from crmsync.mapping.fields.transforms import TRANSFORMS
from crmsync.mapping.fields.types import Blank, Direction, FirstLink, Survivorship
from crmsync.model.values import SIDES, Side

Schema = dict[str, Any]


def schema() -> Schema:
    """One schema with a definition for each file: `$defs/crmsync.yaml` (overlays too) and `$defs/mapping.yaml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "crmsync definition",
        "anyOf": [{"$ref": "#/$defs/crmsync.yaml"}, {"$ref": "#/$defs/mapping.yaml"}],
        "$defs": {"crmsync.yaml": _main(), "mapping.yaml": _mapping()},
    }


def _block(properties: Mapping[str, Schema], required: Iterable[str] = (), says: str = "") -> Schema:
    """A block that has these keys and no others; an empty one is fine where nothing is required."""
    found: Schema = {
        "type": ["object", "null"],
        "properties": dict(properties),
        "additionalProperties": False,
    }
    if required:
        found |= {"type": "object", "required": list(required)}
    return found | ({"description": says} if says else {})


def _words(choices: Iterable[str], says: str = "") -> Schema:
    return {"enum": [*choices, None]} | ({"description": says} if says else {})


def _number(low: float, high: float, says: str = "", whole: bool = False) -> Schema:
    kind = "integer" if whole else "number"
    found: Schema = {"type": [kind, "null"], "minimum": low, "maximum": high}
    return found | ({"description": says} if says else {})


def _rule(says: str) -> Schema:
    return {"type": ["string", "null"], "maxLength": MAX_LENGTH, "description": says}


def _native(side: Side) -> Schema:
    pattern = "^" + NATIVE[side].pattern.replace(r"\Z", "$")
    return {"type": ["string", "null"], "pattern": pattern}


def _main() -> Schema:
    limit = _block(
        {"floor": _number(0, 1e9, whole=True), "percent": _number(0, 100), "cap": _number(0, 1e9, whole=True)}
    )
    sections: Mapping[str, Schema] = {
        "scope": _scope(),
        "create": _block({s: _words(main.CREATE[s], f"when somebody is created in {s}") for s in SIDES}),
        "mode": _words(("live", "shadow"), "shadow sends nothing"),
        "go_live": {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\d", "description": "a day"},
        "person_model": _words(main.PERSON_MODELS),
        "contact_when": _rule(
            "CEL over account.* and person.*; true makes a Contact on the matching Account"
        ),
        "coexist": {
            "type": ["array", "null"],
            "items": {"type": "string"},
            "description": "canonical fields",
        },
        "accept_partial_view": {"type": ["boolean", "null"]},
        "intervals": _block({n: _number(0, main.LONGEST_S, "seconds") for n in main.INTERVALS}),
        "budgets": _block(
            {s: _number(0, 1e9, "API calls a day", whole=True) for s in SIDES}
            | {
                "reserve_percent": _number(0, 30, "Kept back for opt-outs, per cent of a day's calls"),
                "leave_percent": _number(
                    0, 90, "Left to other integrations, per cent of the account's quota"
                ),
            }
        ),
        "guard": _block(dict.fromkeys(main.GUARD, limit)),
        "identity": _block(
            {
                s: _block({o: _block(dict.fromkeys(main.IDENTITY[o], _native(s))) for o in OBJECTS[s]})
                for s in SIDES
            }
        ),
        "accounts": _block({s: _block(_accounts(s)) for s in SIDES}),
    }
    return _block({name: sections[name] for name in main.SECTIONS})


def _scope() -> Schema:
    rules: dict[str, Schema] = {s: _rule(f"CEL over person.* and {s}.*; empty: everybody") for s in SIDES}
    name: Schema = {"type": "string", "minLength": 1, "description": "its name in HubSpot"}
    listed = _block({"list": name}, required=["list"], says="whoever is on a HubSpot list of contacts")
    return _block(rules | {"hubspot": {"anyOf": [rules["hubspot"], listed]}})


def _accounts(side: Side) -> dict[str, Schema]:
    names = dict.fromkeys(main.ACCOUNTS, _native(side))
    return names | {"active": {"anyOf": [{"const": True}, _native(side)]}}


def _mapping() -> Schema:
    pattern = "^" + NAME.pattern.replace(r"\Z", "$")
    fields: Schema = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": pattern},
        "additionalProperties": _field(),
    }
    return _block({"fields": fields}, required=["fields"])


def _field() -> Schema:
    natives: dict[str, Schema] = {
        side: {"anyOf": [_native(side), _block(dict.fromkeys(OBJECTS[side], _native(side)))]}
        for side in SIDES
    }
    text: Schema = {"type": "string", "minLength": 1}
    pair = _block(dict.fromkeys(SIDES, text), required=SIDES)
    scalar: Schema = {"type": ["string", "number", "boolean", "null"]}
    objects = [obj for side in SIDES for obj in OBJECTS[side]]
    return _block(
        {
            **natives,
            "direction": _words([d.value for d in Direction]),
            "rule": _words([s.value for s in Survivorship], "who wins when both sides changed"),
            "owner": _words(SIDES, "who wins where the rule has no answer"),
            "blank": _words([b.value for b in Blank], "clear: a clearing on one side clears the other"),
            "first_link": _words([f.value for f in FirstLink]),
            "transform": _words(TRANSFORMS),
            "values": {
                "type": ["object", "null"],
                "additionalProperties": {"anyOf": [text, pair]},
                "description": "HubSpot value: Salesforce value",
            },
            "default_on_create": _block(dict.fromkeys(objects, scalar)),
            "truncate": {"type": ["boolean", "null"]},
        },
        required=SIDES,
    )
