"""What a user reads: the overview, and for every foreseeable mistake what is wrong and what to do next."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cli_desk import CRMSYNC, Crms, Desk, Ran, at_once, crms, desk

COMMANDS = "init validate doctor setup plan sync run status explain audit review approve schema demo simulate"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def simulated() -> Iterator[Crms]:
    with crms("--speed", "0") as found:
        yield found


def its_own(name: str) -> dict[str, str]:
    """A store that no command of the same test shares."""
    return {"CRMSYNC_DATABASE_URL": f"sqlite:///{name}.db"}


def seconds(*argv: str) -> float:
    """Median wall time of a program."""
    taken = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run(argv, check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def test_help_is_fast() -> None:
    bare = seconds(sys.executable, "-c", "pass")
    taken = seconds(str(CRMSYNC), "--help")
    assert taken < 0.5
    assert taken <= 6 * bare


def test_the_overview_names_every_command_within_eighty_columns(tmp_path: Path) -> None:
    told = Desk(tmp_path).run("--help").out
    for name in COMMANDS.split():
        assert f"\n  {name} " in told
    assert max(map(len, told.splitlines())) <= 80


def test_usage_mistakes_exit_2_and_name_the_way_out(tmp_path: Path) -> None:
    here = Desk(tmp_path)
    misspelt, option, number, kind, side, port, profile, few = at_once(
        partial(here.run, "stats", code=2),
        partial(here.run, "sync", "--aprove", code=2),
        partial(here.run, "sync", "--limit", "many", code=2),
        partial(here.run, "review", "--kind", "odd", code=2),
        partial(here.run, "review", "resolve", "c1", "--side", "mars", code=2),
        partial(here.run, "simulate", "--admin-port", "99999", code=2),
        partial(here.run, "simulate", "--profile", "odd", code=2),
        partial(here.run, "demo", "--people", "1", code=2),
    )
    assert "Did you mean `status`?" in misspelt.err
    assert "crmsync sync --help" in option.err and "crmsync sync --help" in number.err
    assert "held, conflict, parked, ambiguous" in kind.words
    assert "hubspot or salesforce" in side.words
    assert "65535" in port.words and "plain" in profile.words and "2" in few.words


def test_without_a_definition_init_is_named(tmp_path: Path) -> None:
    for ran in at_once(*(partial(Desk(tmp_path).run, name, code=2) for name in ("validate", "plan"))):
        assert "crmsync init" in ran.words
        assert ran.out == ""


def test_init_overwrites_nothing_and_names_the_settings_in_full(tmp_path: Path) -> None:
    here = Desk(tmp_path)
    assert "CRMSYNC_HUBSPOT__ACCESS_TOKEN" in here.run("init").out
    (tmp_path / "config" / "crmsync.yaml").write_text("mode: shadow\n")
    assert "config/crmsync.yaml:1:1" in here.run("init", code=2).words
    assert (tmp_path / "config" / "crmsync.yaml").read_text() == "mode: shadow\n"
    assert "CRMSYNC_CONFIG=elsewhere" in here.run("init", "elsewhere").out


def test_a_broken_definition_is_told_with_file_line_and_column(tmp_path: Path) -> None:
    here = desk(tmp_path)
    main = tmp_path / "config" / "crmsync.yaml"
    whole = main.read_text()
    line = 1 + whole[: whole.index("salesforce: at_handoff")].count("\n")
    main.write_text(whole.replace("salesforce: at_handoff", "salesforce: sometimes"))
    words, asked = at_once(partial(here.run, "sync", code=2), partial(here.run, "validate", "--json", code=2))
    assert f"config/crmsync.yaml:{line}:15: " in words.words
    assert "crmsync validate" in words.words
    assert [set(e) for e in asked.json["errors"]] == [{"file", "line", "column", "message"}]
    assert (asked.json["errors"][0]["line"], asked.json["errors"][0]["column"]) == (line, 15)
    main.write_text("create: [\n")
    broken = here.run("validate", "--json", code=2).json["errors"]
    assert broken and broken[0]["file"] == "config/crmsync.yaml"


def test_settings_that_are_missing_or_wrong_are_named_in_full(tmp_path: Path, simulated: Crms) -> None:
    here = desk(tmp_path, simulated)
    hub, sales = "CRMSYNC_HUBSPOT__", "CRMSYNC_SALESFORCE__"
    cases: list[tuple[dict[str, str], list[str]]] = [
        ({f"{hub}ACCESS_TOKEN": ""}, [f"Set {hub}ACCESS_TOKEN"]),
        ({f"{sales}CONSUMER_SECRET": ""}, [f"{sales}CONSUMER_SECRET", f"{sales}PRIVATE_KEY_FILE"]),
        (
            {f"{sales}LOGIN_URL": "", f"{sales}INSTANCE_URL": "", "CRMSYNC_CLOCK_URL": ""},
            [f"Set {sales}LOGIN_URL"],
        ),
        (
            {
                f"{hub}BASE_URL": "http://hubspot.example",
                f"{hub}API_VERSION": "v9",
                f"{hub}TOKEN": "x",
                "CRMSYNC_RUN__INTERVAL_S": "soon",
            },
            [
                f"{hub}BASE_URL: plain http is",
                f"{hub}API_VERSION: ",
                f"{hub}TOKEN: there is no such setting; did you mean {hub}ACCESS_TOKEN?",
                "CRMSYNC_RUN__INTERVAL_S: ",
            ],
        ),
        ({"CRMSYNC_HUBSPOT": "x"}, ["CRMSYNC_HUBSPOT is a group of settings"]),
        ({"CRMSYNC_SECRETS_DIR": "no-such"}, ["CRMSYNC_SECRETS_DIR: "]),
        ({"CRMSYNC_CLOCK_URL": "https://clock.example/"}, ["CRMSYNC_CLOCK_URL: "]),
        ({"CRMSYNC_OVERLAY": "no-such.yaml"}, ["no-such.yaml:1:1: "]),
    ]
    runs = at_once(*(partial(here.run, "sync", code=2, **env) for env, _ in cases))
    for (_, told), ran in zip(cases, runs, strict=True):
        assert all(words in ran.words for words in told), ran
        assert "what to do: " in ran.err


def test_a_crm_that_refuses_or_is_away_ends_with_4_and_advice(tmp_path: Path, simulated: Crms) -> None:
    here = desk(tmp_path, simulated)
    (tmp_path / "other.db").write_text("this is no database" * 100)
    wrong, app, away, checked, store, other = at_once(
        partial(here.run, "sync", "--json", code=4, CRMSYNC_HUBSPOT__ACCESS_TOKEN="pat-wrong"),
        partial(here.run, "plan", code=4, CRMSYNC_SALESFORCE__CONSUMER_SECRET="wrong", **its_own("b")),
        partial(here.run, "sync", code=4, CRMSYNC_HUBSPOT__BASE_URL=NOWHERE, **its_own("c")),
        partial(here.run, "doctor", "--json", code=2, CRMSYNC_HUBSPOT__ACCESS_TOKEN="pat-wrong"),
        partial(here.run, "status", code=4, CRMSYNC_DATABASE_URL="postgresql://me:hush@127.0.0.1:9/none"),
        partial(here.run, "status", code=4, **its_own("other")),
    )
    assert set(wrong.json["error"]) == {"kind", "message", "fix", "places"}
    assert "CRMSYNC_HUBSPOT__ACCESS_TOKEN" in wrong.json["error"]["fix"]
    assert "consumer key and secret" in app.words
    assert "connection refused" in away.words and "crmsync doctor" in away.words
    failed = [c for c in checked.json["checks"] if not c["ok"]]
    assert failed and all(c["fix"] for c in failed)
    assert "CRMSYNC_DATABASE_URL" in store.words and "hush" not in store.words
    assert "not a database" in other.words and "CRMSYNC_DATABASE_URL" in other.words


def test_unknown_digests_people_and_items_are_refused(tmp_path: Path, simulated: Crms) -> None:
    here = desk(tmp_path, simulated)
    commands: list[tuple[tuple[str, ...], str]] = [
        (("approve", "0000"), "crmsync plan"),
        (("explain", "nobody@nowhere.example"), "spelt"),
        (("review", "resolve", "c9", "--side", "hubspot"), "a conflict, such as c12"),
        (("review", "retry", "c9"), "a parked item, such as p7"),
        (("demo", "--data", "no-such"), "sObject tree JSON"),
        (("plan", "--where", "person.title == 'CTO' && hubspot.nonsense == 'x'"), "--where:1:26:"),
        (("approve", "0000", "--where", "person.titel == 'x'"), "did you mean `title`"),
        (("sync", "--field", "titel"), "did you mean `title`"),
    ]
    runs: list[Ran] = at_once(*(partial(here.run, *argv, code=2) for argv, _ in commands))
    for (_, told), ran in zip(commands, runs, strict=True):
        assert told in ran.words and "what to do: " in ran.err


def test_a_setting_that_is_one_slip_away_is_pointed_out(tmp_path: Path) -> None:
    ran = desk(tmp_path).run("status", CRMSYNC_HUBSPOT_ACCESS_TOKEN="pat")
    assert "did you mean CRMSYNC_HUBSPOT__ACCESS_TOKEN" in ran.words


def test_schema_is_one_json_document(tmp_path: Path) -> None:
    document: dict[str, Any] = Desk(tmp_path).run("schema").json
    assert {"crmsync.yaml", "mapping.yaml"} <= set(document["$defs"])


def test_the_first_line_of_simulate_says_where_everything_is(simulated: Crms) -> None:
    assert {"hubspot_url", "salesforce_url", "admin_url", "env"} <= set(simulated.first_line)
    assert simulated.env["CRMSYNC_HUBSPOT__BASE_URL"] == simulated.first_line["hubspot_url"]
    assert simulated.env["CRMSYNC_CLOCK_URL"].startswith(simulated.first_line["admin_url"])
