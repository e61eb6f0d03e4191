"""The schema for editors names the same keys and words as the loader."""

from __future__ import annotations

import json
import re
from typing import Any

from ruamel.yaml import YAML

from crmsync.definition import main
from crmsync.definition.schema import schema
from crmsync.definition.starter import starter

Schema = dict[str, Any]


def fits(value: Any, rule: Schema) -> bool:
    """The few words of JSON Schema that ours uses, to tell whether a value is accepted."""
    if "anyOf" in rule:
        return any(fits(value, one) for one in rule["anyOf"])
    if "const" in rule:
        return bool(value is rule["const"])
    if "enum" in rule:
        return value in rule["enum"]
    kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    if not any(_is(value, kind) for kind in kinds):
        return False
    if isinstance(value, str):
        return re.search(rule.get("pattern", ""), value) is not None and len(value) >= rule.get(
            "minLength", 0
        )
    if isinstance(value, list):
        return all(fits(item, rule["items"]) for item in value)
    if isinstance(value, dict):
        return _block_fits(value, rule)
    return True


def _block_fits(value: Schema, rule: Schema) -> bool:
    if set(rule.get("required", ())) - value.keys():
        return False
    for key, item in value.items():
        inner = rule.get("properties", {}).get(key, rule["additionalProperties"])
        if inner is False or not fits(item, inner):
            return False
    return all(fits(key, {"type": "string", **rule.get("propertyNames", {})}) for key in value)


def _is(value: Any, kind: str) -> bool:
    kinds: dict[str, Any] = {
        "object": dict, "array": list, "string": str, "null": type(None), "boolean": bool, "integer": int,
        "number": (int, float),
    }  # fmt: skip
    return isinstance(value, kinds[kind]) and not (isinstance(value, bool) and kind in {"number", "integer"})


def plain(name: str) -> Any:
    return YAML(typ="safe").load((starter() / name).read_text(encoding="utf-8"))


def test_the_shipped_files_fit_their_schema() -> None:
    parts = schema()["$defs"]
    assert fits(plain("crmsync.yaml"), parts["crmsync.yaml"])
    assert fits(plain("overlays/everybody.yaml"), parts["crmsync.yaml"])
    assert fits(plain("mapping.yaml"), parts["mapping.yaml"])


def test_mistakes_do_not() -> None:
    parts = schema()["$defs"]
    assert not fits({"scop": {}}, parts["crmsync.yaml"])
    assert not fits({"create": {"hubspot": "always"}}, parts["crmsync.yaml"])
    field = {"hubspot": "jobtitle", "salesforce": "Title"}
    assert fits({"fields": {"title": field}}, parts["mapping.yaml"])
    assert not fits({"fields": {"title": field | {"rule": "best"}}}, parts["mapping.yaml"])
    assert not fits({"fields": {"Job Title": field}}, parts["mapping.yaml"])
    assert not fits({"fields": {"title": {"hubspot": "jobtitle"}}}, parts["mapping.yaml"])


def test_it_names_every_section_the_loader_reads_and_is_json() -> None:
    parts = schema()["$defs"]
    assert tuple(parts["crmsync.yaml"]["properties"]) == main.SECTIONS
    assert set(plain("crmsync.yaml")) == set(main.SECTIONS)
    assert json.loads(json.dumps(schema())) == schema()
