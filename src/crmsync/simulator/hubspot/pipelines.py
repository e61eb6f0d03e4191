"""Pipelines of deals: their stages with probabilities, and what a deal's stage makes of the deal. No HTTP.

Docs: developers.hubspot.com, "Pipelines" (deal stages need `metadata.probability`, "0.0" to "1.0").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from crmsync.simulator.hubspot.errors import Invalid
from crmsync.simulator.hubspot.properties import Property

if TYPE_CHECKING:
    from crmsync.simulator.hubspot.rows import Row
    from crmsync.simulator.hubspot.state import Kind, Portal

BORN: Final = "2020-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `probability` is text as it was given, "1.0" is won and "0.0" lost."""

    id: str
    label: str
    order: int
    probability: str
    created: str = BORN
    updated: str = BORN
    archived: bool = False

    @property
    def closed(self) -> bool:
        return Decimal(self.probability) in (0, 1)

    @property
    def won(self) -> bool:
        return Decimal(self.probability) == 1


@dataclass(slots=True)
class Pipeline:
    """One pipeline with its stages by id."""

    id: str
    label: str
    order: int
    stages: dict[str, Stage] = field(default_factory=dict)
    created: str = BORN
    updated: str = BORN
    archived: bool = False

    def ordered(self) -> list[Stage]:
        """Its live stages in display order."""
        return sorted((s for s in self.stages.values() if not s.archived), key=lambda s: (s.order, s.id))


_SALES: Final = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
)


def first() -> Pipeline:
    """The sales pipeline of a new portal; its id is `default`."""
    stages = {id: Stage(id, label, at, odds) for at, (id, label, odds) in enumerate(_SALES)}
    return Pipeline("default", "Sales Pipeline", 0, stages)


def show(kind: Kind, pipelines: Mapping[str, Pipeline]) -> None:
    """Make pipelines and stages the options of the properties that hold them, and give each stage its stamps."""
    live = sorted((p for p in pipelines.values() if not p.archived), key=lambda p: (p.order, p.id))
    stages = [stage for pipeline in live for stage in pipeline.ordered()]
    options = {
        "pipeline": tuple((p.id, p.label) for p in live),
        "dealstage": tuple((s.id, s.label) for s in stages),
    }
    for name, listed in options.items():
        kind.schema[name] = replace(kind.schema[name], options=listed, ranks={})
    for stage in stages:
        for prop in stamp_properties(stage.id, stage.label, "dealinformation"):
            kind.schema.setdefault(prop.name, prop)


def stamp_properties(stage: str, label: str, group: str) -> list[Property]:
    """The read-only properties that tell of one stage of a deal or of a lifecycle."""
    forms = (
        ("hs_date_entered_{}", "Date entered", "datetime"),
        ("hs_v2_date_entered_{}", "Date entered", "datetime"),
        ("hs_v2_date_exited_{}", "Date exited", "datetime"),
        ("hs_v2_latest_time_in_{}", "Latest time in", "number"),
        ("hs_v2_cumulative_time_in_{}", "Cumulative time in", "number"),
    )
    return [
        Property(
            form.format(stage),
            f"{said} '{label}'",
            type,
            "calculation_read_time" if type == "datetime" else "number",
            group,
            read_only=True,
            calculated=True,
            hidden=True,
        )
        for form, said, type in forms
    ]


def settle(portal: Portal, row: Row | None, good: dict[str, str]) -> list[Invalid]:
    """Complete a deal's pipeline and say what is wrong with its stage. Stages go by internal id, in the pipeline."""
    if row is None and not good.get("pipeline"):
        good["pipeline"] = next(iter(portal.pipelines))
    if not {"pipeline", "dealstage"} & good.keys():
        return []
    before = row.values if row is not None else {}
    name = good.get("pipeline", before.get("pipeline", ""))
    stage = good.get("dealstage", before.get("dealstage", ""))
    pipeline = portal.pipelines.get(name)
    if pipeline is None or not stage:
        return []
    if stage in pipeline.stages and not pipeline.stages[stage].archived:
        return []
    allowed = ", ".join(each.id for each in pipeline.ordered())
    said = f"{stage} was not one of the allowed options of pipeline {name}: [{allowed}]"
    return [Invalid("dealstage", "INVALID_OPTION", said)]


def stage_of(portal: Portal, row: Row) -> Stage | None:
    """The stage that a deal is in."""
    pipeline = portal.pipelines.get(row.values.get("pipeline", ""))
    return pipeline.stages.get(row.values.get("dealstage", "")) if pipeline is not None else None


def derive(portal: Portal, row: Row) -> None:
    """What a deal's stage and amount make of it: closed, won, its probability and its projected amount."""
    stage, values = stage_of(portal, row), row.values
    if stage is None:
        return
    values["hs_is_closed"] = "true" if stage.closed else "false"
    values["hs_is_closed_won"] = "true" if stage.won else "false"
    values["hs_is_closed_lost"] = "true" if stage.closed and not stage.won else "false"
    values["hs_deal_stage_probability"] = stage.probability
    amount = values.get("amount", "")
    if amount:
        values["hs_projected_amount"] = _plain(Decimal(amount) * Decimal(stage.probability))
        values["hs_closed_amount"] = amount if stage.won else "0"
    else:
        for name in ("hs_projected_amount", "hs_closed_amount"):
            values.pop(name, None)


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
