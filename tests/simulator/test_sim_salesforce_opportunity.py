"""Opportunities: what their stage derives, their history, their contact roles."""

from __future__ import annotations

import pytest
from facts import fact
from sim_salesforce import Org, new_org


def required(*names: str) -> list[dict[str, object]]:
    message = f"Required fields are missing: [{', '.join(names)}]"
    return [{"message": message, "errorCode": "REQUIRED_FIELD_MISSING", "fields": list(names)}]


@fact("salesforce", "opportunities", "An Opportunity needs a Name, a StageName and a CloseDate.", "doc")
def test_name_stage_and_close_date_are_required() -> None:
    answer = new_org().post("Opportunity", Amount=5)
    assert (answer.status, answer.body) == (400, required("Name", "StageName", "CloseDate"))


@fact("salesforce", "opportunities", "An Opportunity may stand without an Account.", "doc")
def test_no_account_is_needed() -> None:
    answer = new_org().post("Opportunity", Name="x", StageName="Prospecting", CloseDate="2026-12-01")
    assert answer.status == 201


@fact("salesforce", "opportunities", "A stage gives the Opportunity its default probability.", "doc")
def test_the_stage_gives_the_probability() -> None:
    org = new_org()
    deal = org.opportunity(StageName="Qualification")
    assert org.row("Opportunity", deal)["Probability"] == 10.0
    org.patch("Opportunity", deal, StageName="Negotiation/Review")
    assert org.row("Opportunity", deal)["Probability"] == 90.0


@fact(
    "salesforce", "opportunities", "A probability that is sent along wins over the one of the stage.", "doc"
)
def test_a_probability_of_ones_own_stands() -> None:
    org = new_org()
    deal = org.opportunity()
    org.patch("Opportunity", deal, StageName="Qualification", Probability=35)
    assert org.row("Opportunity", deal)["Probability"] == 35.0


@fact(
    "salesforce",
    "opportunities",
    "A stage decides ForecastCategory and proposes ForecastCategoryName.",
    "doc",
)
def test_the_stage_gives_the_forecast_category() -> None:
    org = new_org()
    deal = org.opportunity(StageName="Closed Lost")
    row = org.one("SELECT ForecastCategory, ForecastCategoryName FROM Opportunity")
    assert row == {"ForecastCategory": "Omitted", "ForecastCategoryName": "Omitted"}
    org.patch("Opportunity", deal, StageName="Prospecting", ForecastCategoryName="Commit")
    row = org.one("SELECT ForecastCategory, ForecastCategoryName FROM Opportunity")
    assert row == {"ForecastCategory": "Forecast", "ForecastCategoryName": "Commit"}


@pytest.mark.parametrize(
    ("stage", "closed", "won"),
    [("Prospecting", False, False), ("Closed Won", True, True), ("Closed Lost", True, False)],
)
@fact("salesforce", "opportunities", "IsClosed and IsWon follow the stage.", "doc")
def test_closed_and_won_follow_the_stage(stage: str, closed: bool, won: bool) -> None:
    org = new_org()
    org.opportunity(StageName=stage)
    assert org.one("SELECT IsClosed, IsWon FROM Opportunity") == {"IsClosed": closed, "IsWon": won}


@pytest.mark.parametrize("name", ["IsClosed", "IsWon", "ForecastCategory", "ExpectedRevenue", "FiscalYear"])
@fact("salesforce", "opportunities", "What a stage derives cannot be written.", "doc")
def test_derived_fields_are_read_only(name: str) -> None:
    org = new_org()
    answer = org.patch("Opportunity", org.opportunity(), **{name: None})
    assert (answer.status, answer.code, answer.body[0]["fields"]) == (
        400,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        [name],
    )


@fact("salesforce", "opportunities", "The expected revenue is the amount times the probability.", "doc")
def test_expected_revenue() -> None:
    org = new_org()
    org.opportunity(Amount=2000, StageName="Value Proposition")
    assert org.one("SELECT ExpectedRevenue FROM Opportunity") == {"ExpectedRevenue": 1000.0}


@fact("salesforce", "opportunities", "The fiscal period comes from the close date.", "doc")
def test_fiscal_period() -> None:
    org = new_org()
    org.opportunity(CloseDate="2027-05-31")
    row = org.one("SELECT Fiscal, FiscalYear, FiscalQuarter FROM Opportunity")
    assert row == {"Fiscal": "2027 2", "FiscalYear": 2027, "FiscalQuarter": 2}


@fact("salesforce", "opportunities", "OpportunityStage lists the stages with what they mean.", "doc")
def test_stages_are_rows() -> None:
    rows = new_org().rows(
        "SELECT ApiName, IsClosed, IsWon, DefaultProbability, ForecastCategoryName FROM OpportunityStage"
        " WHERE IsActive = true AND IsClosed = true ORDER BY SortOrder"
    )
    assert [r["ApiName"] for r in rows] == ["Closed Won", "Closed Lost"]
    assert [(r["IsWon"], r["DefaultProbability"]) for r in rows] == [(True, 100.0), (False, 0.0)]


@fact(
    "salesforce", "opportunities", "A stage name outside the list may be stored or refused.", "assumed",
    "unknown_stage_refused",
)  # fmt: skip
@pytest.mark.parametrize("refused", [False, True])
def test_an_unknown_stage(refused: bool) -> None:
    org = new_org()
    org.sim.switches.unknown_stage_refused = refused
    answer = org.post("Opportunity", Name="x", StageName="Dreaming", CloseDate="2026-12-01")
    if refused:
        assert answer.code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    else:
        row = org.one("SELECT StageName, Probability, IsClosed FROM Opportunity")
        assert row == {"StageName": "Dreaming", "Probability": 0.0, "IsClosed": False}


# -- history --------------------------------------------------------------------------------------------------
def history(org: Org, *names: str) -> list[tuple[object, ...]]:
    rows = org.rows(f"SELECT {', '.join(names)} FROM OpportunityHistory ORDER BY Id")
    return [tuple(r[n] for n in names) for r in rows]


@fact(
    "salesforce",
    "opportunities",
    "Creating an Opportunity writes its first row of OpportunityHistory.",
    "doc",
)
def test_history_begins_with_the_create() -> None:
    org = new_org()
    org.opportunity(Amount=10)
    assert history(org, "StageName", "Amount", "PrevAmount") == [("Prospecting", 10.0, None)]


@pytest.mark.parametrize(
    "change",
    [{"Amount": 20}, {"Probability": 15}, {"StageName": "Qualification"}, {"CloseDate": "2027-01-01"}],
)
@fact(
    "salesforce", "opportunities",
    "Amount, Probability, StageName and CloseDate are the fields whose change writes a row of OpportunityHistory.",
    "doc",
)  # fmt: skip
def test_history_follows_four_fields(change: dict[str, object]) -> None:
    org = new_org()
    deal = org.opportunity(Amount=10)
    org.patch("Opportunity", deal, **change)
    assert len(history(org, "Id")) == 2


@fact("salesforce", "opportunities", "Other changes write no row of OpportunityHistory.", "doc")
def test_history_leaves_other_fields_out() -> None:
    org = new_org()
    org.patch("Opportunity", org.opportunity(), NextStep="call", Name="New")
    assert len(history(org, "Id")) == 1


@fact(
    "salesforce",
    "opportunities",
    "OpportunityHistory tells the amount and close date before the change.",
    "doc",
)
def test_history_tells_what_was_before() -> None:
    org = new_org()
    deal = org.opportunity(Amount=10)
    org.patch("Opportunity", deal, Amount=20, CloseDate="2027-01-01")
    assert history(org, "Amount", "PrevAmount", "CloseDate", "PrevCloseDate")[1] == (
        20.0,
        10.0,
        "2027-01-01",
        "2026-12-01",
    )


@fact("salesforce", "opportunities", "OpportunityHistory is written by the vendor alone.", "doc")
def test_history_cannot_be_written() -> None:
    org = new_org()
    org.opportunity()
    row = org.one("SELECT Id FROM OpportunityHistory")["Id"]
    assert org.post("OpportunityHistory", StageName="x").code == "INVALID_TYPE_FOR_OPERATION"
    assert org.patch("OpportunityHistory", row, StageName="x").code == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert org.send("DELETE", f"sobjects/OpportunityHistory/{row}").code == "INSUFFICIENT_ACCESS_OR_READONLY"


# -- contact roles --------------------------------------------------------------------------------------------
@fact("salesforce", "opportunities", "A contact role needs an Opportunity and a Contact.", "doc")
def test_a_role_needs_both_ends() -> None:
    answer = new_org().post("OpportunityContactRole", Role="Evaluator")
    assert answer.body == required("OpportunityId", "ContactId")


@fact("salesforce", "opportunities", "The Opportunity of a contact role cannot be changed.", "doc")
def test_a_role_stays_with_its_opportunity() -> None:
    org = new_org()
    one, two = org.opportunity(), org.opportunity()
    role = org.post("OpportunityContactRole", OpportunityId=one, ContactId=org.contact()).body["id"]
    assert (
        org.patch("OpportunityContactRole", role, OpportunityId=two).code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    )
    assert org.patch("OpportunityContactRole", role, Role="Evaluator").status == 204


@fact(
    "salesforce",
    "opportunities",
    "An Opportunity has one primary contact role; a new one takes its place.",
    "doc",
)
def test_one_primary_contact() -> None:
    org = new_org()
    deal = org.opportunity()
    for _ in range(2):
        org.post("OpportunityContactRole", OpportunityId=deal, ContactId=org.contact(), IsPrimary=True)
    rows = org.rows("SELECT IsPrimary FROM OpportunityContactRole ORDER BY Id")
    assert [r["IsPrimary"] for r in rows] == [False, True]


@fact("salesforce", "opportunities", "A ContactId sent on create becomes the primary contact role.", "doc")
def test_a_contact_named_on_create_is_primary() -> None:
    org = new_org()
    contact = org.contact()
    org.post("Opportunity", Name="x", StageName="Prospecting", CloseDate="2026-12-01", ContactId=contact)
    row = org.one("SELECT ContactId, IsPrimary FROM OpportunityContactRole")
    assert row == {"ContactId": contact, "IsPrimary": True}


@fact("salesforce", "opportunities", "ContactId can be set on create only.", "doc")
def test_the_contact_cannot_be_changed_later() -> None:
    org = new_org()
    answer = org.patch("Opportunity", org.opportunity(), ContactId=org.contact())
    assert answer.code == "INVALID_FIELD_FOR_INSERT_UPDATE"


@fact(
    "salesforce",
    "sharing",
    "Whoever sees an Opportunity sees its contact roles and its history, nobody else.",
    "doc",
)
def test_details_are_seen_with_their_opportunity() -> None:
    org = new_org(private_sharing=True)
    rep = org.rows("SELECT Id FROM User WHERE FirstName = 'Rosa'")[0]["Id"]
    mine, theirs = org.opportunity(), org.opportunity(OwnerId=rep)
    for deal in (mine, theirs):
        org.sim.create("OpportunityContactRole", {"OpportunityId": deal, "ContactId": org.contact()})
    assert [r["OpportunityId"] for r in org.rows("SELECT OpportunityId FROM OpportunityContactRole")] == [
        mine
    ]
    assert [r["OpportunityId"] for r in org.rows("SELECT OpportunityId FROM OpportunityHistory")] == [mine]


@fact("salesforce", "opportunities", "An Opportunity cannot be owned by a queue.", "seen")
def test_no_queue_owns_an_opportunity() -> None:
    org = new_org()
    queue = org.one("SELECT Id FROM Group WHERE Type = 'Queue'")["Id"]
    answer = org.patch("Opportunity", org.opportunity(), OwnerId=queue)
    assert answer.body == [
        {
            "message": f"Owner ID: id value of incorrect type: {queue}",
            "errorCode": "FIELD_INTEGRITY_EXCEPTION",
            "fields": ["OwnerId"],
        }
    ]


def test_a_refused_consequence_undoes_the_save() -> None:
    org = new_org()
    before = len(org.ledger.entries)
    org.sim.setup.failing_trigger("Opportunity", "System.NullPointerException")
    answer = org.post("Opportunity", Name="x", StageName="Prospecting", CloseDate="2026-12-01")
    assert answer.code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert org.rows("SELECT Id FROM Opportunity") == org.rows("SELECT Id FROM OpportunityHistory") == []
    assert len(org.ledger.entries) == before
