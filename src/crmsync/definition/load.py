"""The admin's files -> one frozen Definition, or every mistake in them at once. Reads files; touches nothing else."""

from __future__ import annotations

from pathlib import Path

from crmsync.definition.checks import check_fields, check_rules, rules
from crmsync.definition.definition import Definition
from crmsync.definition.fields import read_fields
from crmsync.definition.main import read_main
from crmsync.definition.tree import Node, overlaid, read_tree
from crmsync.definition.trial import TrialError, trial
from crmsync.definition.version import version
from crmsync.errors import ConfigurationError, Finding

MAIN = "crmsync.yaml"
MAPPING = "mapping.yaml"


def load(directory: Path, overlay: Path | None = None) -> Definition:
    """The definition that the files in `directory` say, with the keys of `overlay` over those of crmsync.yaml.

    Raises ConfigurationError with a finding (file, line, column, what was expected) for each mistake.
    """
    findings: list[Finding] = []
    main, mapping = _read(directory, overlay, findings)
    if main is None or mapping is None:
        raise _error(findings)
    parts = read_main(main, findings)
    fields = read_fields(mapping, findings)
    findings += check_fields(fields)
    firms = {f.name for f in fields if f.transform == "account"}
    findings += check_rules(parts, mapping_names(mapping), firms)
    if not findings:
        findings += _tried(parts)
    if findings:
        raise _error(findings)
    places = parts.pop("places") | {f"fields.{f.name}": f.place for f in fields}
    plain = Definition(version="", directory=str(directory), fields=fields, places=places, **parts)
    return plain.with_version(version(plain))


def mapping_names(mapping: Node) -> set[str]:
    """The canonical names that mapping.yaml defines, rightly or wrongly."""
    fields = mapping.value.get("fields") if isinstance(mapping.value, dict) else None
    return set(fields.value) if fields is not None and isinstance(fields.value, dict) else set()


def _read(directory: Path, overlay: Path | None, findings: list[Finding]) -> tuple[Node | None, Node | None]:
    if not directory.is_dir():
        findings.append(
            Finding(str(directory), 1, 1, "this directory was expected; `crmsync init` writes it")
        )
        return None, None
    main = read_tree(directory / MAIN, str(directory / MAIN), findings)
    mapping = read_tree(directory / MAPPING, str(directory / MAPPING), findings)
    if overlay is None:
        return main, mapping
    over = read_tree(overlay, str(overlay), findings)
    return (overlaid(main, over) if main is not None and over is not None else None), mapping


def _tried(parts: dict[str, object]) -> list[Finding]:
    """Expressions with a loop are tried with a time limit; others cannot run for long."""
    findings = []
    for rule in rules(parts):
        if not rule.loops:
            continue
        try:
            trial(rule)
        except TrialError as error:
            findings.append(Finding(rule.place.file, rule.place.line, rule.place.column, str(error)))
    return findings


def _error(findings: list[Finding]) -> ConfigurationError:
    return ConfigurationError(findings=tuple(sorted(set(findings))))
