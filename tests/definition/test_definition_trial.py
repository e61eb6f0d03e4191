"""Expressions with a loop are tried in a process with one second of CPU; others start no process."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from crmsync.definition.load import load
from crmsync.definition.trial import trial
from crmsync.errors import ConfigurationError
from crmsync.mapping.fields.types import Place
from crmsync.mapping.rule import Rule

FIELD = "fields:\n  title:\n    hubspot: jobtitle\n    salesforce: Title\n"
SLOW = "[" + ",".join(["1"] * 800) + "].exists(v, person.title.matches('(.?.?.?){80}zz'))"


def folder(tmp_path: Path, scope: str) -> Path:
    (tmp_path / "crmsync.yaml").write_text(f'scope:\n  hubspot: "{scope}"\n')
    (tmp_path / "mapping.yaml").write_text(FIELD)
    return tmp_path


def test_a_short_loop_passes() -> None:
    trial(Rule.compile("['a', 'b'].exists(w, person.title.contains(w))", Place("m", 1, 1)))


def test_loading_refuses_it_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(folder(tmp_path, SLOW))
    finding = caught.value.findings[0]
    assert (finding.line, finding.column) == (2, 13)
    assert "needs more than 1 s" in finding.message


def test_without_a_loop_no_process_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert load(folder(tmp_path, "person.title == 'CEO'")).scope["hubspot"] is not None
    with pytest.raises(AssertionError, match="a process was started"):
        load(folder(tmp_path, "['CEO'].exists(w, person.title == w)"))
