"""The real rows are what their README says, in the shape that the simulators take."""

from __future__ import annotations

from pathlib import Path

import pytest

import realdata


def test_the_sample_org_comes_as_it_is_without_system_fields() -> None:
    leads, contacts, accounts = (realdata.la_dev_group(kind) for kind in ("Lead", "Contact", "Account"))
    assert (len(leads), len(contacts), len(accounts)) == (22, 20, 12)
    assert all(row["LastName"] and row["Company"] for row in leads)
    assert sum("Email" not in row for row in contacts) == 2
    assert not any(name.endswith("__c") or name in realdata.READ_ONLY for row in leads for name in row)
    assert "ProductInterest__c" in realdata.la_dev_group("Lead", custom=True)[0]


def test_the_case_study_becomes_hubspot_contacts_on_a_reserved_domain() -> None:
    rows = realdata.xeducation(2000)
    assert len(rows) == 2000
    assert len(realdata.xeducation()) == 6019
    assert len({row["email"] for row in rows}) == 2000
    assert all(row["email"].endswith(".example") and row["lastname"] for row in rows)
    assert not {"", "Select"} & {value for row in rows for value in row.values()}
    assert {row.get("hs_email_optout") for row in rows} == {"true", None}
    assert {row.get("hs_analytics_source") for row in rows} >= {
        "ORGANIC_SEARCH",
        "DIRECT_TRAFFIC",
        "OFFLINE",
    }


def test_the_texts_are_as_many_as_they_should_be() -> None:
    assert len(realdata.naughty_strings()) == 515
    cases = realdata.email_cases()
    assert len(cases) == 164
    assert ("test@iana.org", "ISEMAIL_VALID_CATEGORY") in cases
    assert any("\0" in address or "\a" in address for address, _ in cases)


def test_without_the_data_a_test_is_skipped_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(realdata.FOLDER, str(tmp_path / "nowhere"))
    with pytest.raises(pytest.skip.Exception, match="no real data"):
        realdata.xeducation(1)
    monkeypatch.setenv(realdata.FOLDER, str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="absent"):
        realdata.naughty_strings()
