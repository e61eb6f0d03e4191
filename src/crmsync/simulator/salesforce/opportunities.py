"""What the vendor derives around Opportunities: from the stage, the history of stages, the primary contact role."""

from __future__ import annotations

from crmsync.simulator.salesforce.catalog_sales import FORECASTS
from crmsync.simulator.salesforce.errors import row_error
from crmsync.simulator.salesforce.rows import live, make, touch
from crmsync.simulator.salesforce.schema import Entity, Row
from crmsync.simulator.salesforce.tenant import Actor, Tenant

_HISTORY = ("Amount", "Probability", "StageName", "CloseDate")
_CATEGORY = {name: category for category, name in FORECASTS.items()}


def stage_of(org: Tenant, name: object) -> Row | None:
    """The OpportunityStage of this name, or None."""
    rows = org.tables["OpportunityStage"].rows.values()
    return next((r for r in rows if r["ApiName"] == name), None)


def fill(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """Probability, forecast, closed and won from the stage; the expected amount and the fiscal period."""
    moved = old is None or row.get("StageName") != old.get("StageName")
    stage = stage_of(org, row.get("StageName"))
    if moved and row.get("StageName") is not None:
        if stage is None and org.switches.unknown_stage_refused:
            raise row_error(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"Stage: bad value for restricted picklist field: {row['StageName']}",
                ("StageName",),
            )
        row["IsClosed"] = bool(stage and stage.get("IsClosed", False))
        row["IsWon"] = bool(stage and stage.get("IsWon", False))
        if old is not None:
            row["LastStageChangeDate"] = row["LastModifiedDate"]
        _from_stage(row, old, stage)
    if row.get("ForecastCategoryName") is not None:
        row["ForecastCategory"] = _CATEGORY.get(str(row["ForecastCategoryName"]))
    amount, probability = row.get("Amount"), row.get("Probability")
    whole = isinstance(amount, float) and isinstance(probability, float)
    row["ExpectedRevenue"] = float(amount) * float(probability) / 100 if whole and amount and probability else (
        0.0 if whole else None)  # fmt: skip
    close = str(row.get("CloseDate") or "")
    if close:
        quarter = (int(close[5:7]) + 2) // 3
        row["FiscalYear"], row["FiscalQuarter"] = int(close[:4]), quarter
        row["Fiscal"] = f"{close[:4]} {quarter}"


def _from_stage(row: Row, old: Row | None, stage: Row | None) -> None:
    """What a stage proposes stands unless the same write says otherwise."""
    proposed: Row = {
        "Probability": stage.get("DefaultProbability") if stage else 0.0,
        "ForecastCategoryName": stage.get("ForecastCategoryName") if stage else "Pipeline",
    }
    for name, value in proposed.items():
        if row.get(name) is None or (old is not None and row.get(name) == old.get(name)):
            row[name] = value


def saved(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """A row of history when one of the four fields changed; a contact named on create is the primary one."""
    if row["IsDeleted"]:
        return
    if old is None or any(row.get(n) != old.get(n) for n in _HISTORY):
        before = old or {}
        values = {n: row.get(n) for n in (*_HISTORY, "ForecastCategory", "ExpectedRevenue")}
        previous = {f"Prev{n}": before.get(n) for n in ("Amount", "CloseDate")} if old is not None else {}
        keys = {"OpportunityId": row["Id"]}
        make(org, "OpportunityHistory", {**keys, **values, **previous}, actor.user_id)
    if old is None and row.get("ContactId") is not None:
        role: Row = {"OpportunityId": row["Id"], "ContactId": row["ContactId"], "IsPrimary": True}
        make(org, "OpportunityContactRole", role, actor.user_id)


def role_saved(org: Tenant, entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """An Opportunity has one primary contact: a new one takes the place of the former."""
    if not row.get("IsPrimary", False) or row["IsDeleted"]:
        return
    for other in live(org, "OpportunityContactRole", "OpportunityId", row["OpportunityId"]):
        if other["Id"] != row["Id"] and other.get("IsPrimary", False):
            touch(org, entity, other, {"IsPrimary": False}, actor.user_id)
