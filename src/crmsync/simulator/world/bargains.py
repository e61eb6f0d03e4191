"""Deals in HubSpot and Opportunities in Salesforce: opened, moved on, changed, postponed, closed, reopened, deleted.

What they come to follows the hidden truth about the person: who fits and is interested buys more often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from crmsync.simulator.world.scene import Bargain, Scene, Values
from crmsync.simulator.world.souls import CONTACT, PERSON

OPEN_STAGES = (
    "Prospecting",
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Proposal/Price Quote",
    "Negotiation/Review",
)
WON, LOST = "Closed Won", "Closed Lost"
REASONS = ("No budget", "Competitor", "No decision", "Not now")
ROLES = ("Decision Maker", "Influencer", "Business User", "Evaluator")


def open_opportunity(scene: Scene) -> bool:
    """A rep opens one for a Contact, who is its primary contact; now and then a colleague stands on it too."""
    soul = scene.soul
    contact = soul.one(PERSON) if soul else None
    if soul is None or contact is None or soul.number in scene.town.bargaining:
        return False
    account = scene.town.roster.accounts.get(soul.domain)
    values: Values = {
        "Name": f"{soul.company or soul.last} {scene.town.today:%B %Y}",
        "StageName": OPEN_STAGES[0],
        "CloseDate": _soon(scene),
        "Amount": _amount(scene),
        "OwnerId": scene.user,
        **({"AccountId": account} if account else {}),
    }
    id = scene.create("Opportunity", values)
    _role(scene, id, contact, primary=True)
    colleague = scene.somebody(PERSON)
    if colleague is not None and colleague is not soul and colleague.domain == soul.domain:
        _role(scene, id, colleague.records[PERSON][0], primary=False)
    scene.town.bargain("Opportunity", id, soul)
    return True


def open_deal(scene: Scene) -> bool:
    """Somebody who works in HubSpot only opens a deal there."""
    soul = scene.somebody(CONTACT)
    if soul is None or soul.number in scene.town.bargaining:
        return False
    portal = scene.town.cluster.hubspot
    values = {
        "dealname": f"{soul.company or soul.last} {scene.town.today:%B %Y}",
        "pipeline": "default",
        "dealstage": portal.stages()[0][0],
        "amount": str(_amount(scene)),
        "closedate": f"{_soon(scene)}T00:00:00.000Z",
    }
    id = scene.create("deals", values)
    portal.associate("deals", id, "contacts", soul.records[CONTACT][0])
    company = scene.town.roster.companies.get(soul.domain)
    if company is not None:
        portal.associate("deals", id, "companies", company)
    scene.town.bargain("deals", id, soul)
    return True


def haggle(scene: Scene) -> bool:
    """Something moves in a bargain. When it is closed, most often nothing does any more."""
    bargain = scene.bargain
    if bargain is None or bargain.gone:
        return False
    if bargain.closed:
        return scene.act("reopen")
    if scene.act("delete_bargain") or scene.act("change_amount") or scene.act("postpone"):
        return True
    ends = bargain.stage >= _last(scene, bargain) or scene.rng.random() < 0.15 * (
        1 - bargain.soul.truth.chance
    )
    return scene.act("close" if ends else "advance")


def advance(scene: Scene) -> bool:
    """One stage on; who skips one is in a hurry."""
    bargain = scene.bargain
    if bargain is None:
        return False
    bargain.stage = min(_last(scene, bargain), bargain.stage + scene.rng.choice((1, 1, 1, 2)))
    return _move(scene, bargain, _open_stages(scene, bargain)[bargain.stage])


def close(scene: Scene) -> bool:
    """Won or lost, as the truth about the person and the stage it has reached make it likely."""
    bargain = scene.bargain
    if bargain is None:
        return False
    far = bargain.stage / _last(scene, bargain)
    bargain.won = scene.rng.random() < 0.05 + 1.4 * bargain.soul.truth.chance * (1 + far)
    bargain.closed = True
    if not bargain.won and not _careless(scene):
        scene.edit(
            bargain.object, bargain.id, {_name(bargain, "Description", "closed_lost_reason"): _why(scene)}
        )
    if bargain.object == "Opportunity":
        return _move(scene, bargain, WON if bargain.won else LOST)
    closed = {float(odds): stage for stage, _, odds in scene.town.cluster.hubspot.stages()}
    return _move(scene, bargain, closed[1.0 if bargain.won else 0.0])


def reopen(scene: Scene) -> bool:
    """It was not over after all."""
    bargain = scene.bargain
    if bargain is None:
        return False
    bargain.closed = False
    return _move(scene, bargain, _open_stages(scene, bargain)[bargain.stage])


def change_amount(scene: Scene) -> bool:
    if scene.bargain is None:
        return False
    amount = _amount(scene)
    scene.edit(scene.bargain.object, scene.bargain.id, {_name(scene.bargain, "Amount", "amount"): amount})
    return True


def postpone(scene: Scene) -> bool:
    bargain = scene.bargain
    if bargain is None:
        return False
    day = _soon(scene)
    value = day if bargain.object == "Opportunity" else f"{day}T00:00:00.000Z"
    scene.edit(bargain.object, bargain.id, {_name(bargain, "CloseDate", "closedate"): value})
    return True


def delete_bargain(scene: Scene) -> bool:
    bargain = scene.bargain
    if bargain is None:
        return False
    crm = scene.town.cluster.salesforce if bargain.object == "Opportunity" else scene.town.cluster.hubspot
    crm.delete(bargain.object, bargain.id)
    bargain.gone = True
    scene.town.bargaining.pop(bargain.soul.number, None)
    return True


def _move(scene: Scene, bargain: Bargain, stage: str) -> bool:
    scene.edit(bargain.object, bargain.id, {_name(bargain, "StageName", "dealstage"): stage})
    if bargain.closed:
        scene.town.bargaining.pop(bargain.soul.number, None)
    else:
        scene.town.bargaining[bargain.soul.number] = None
    return True


def _open_stages(scene: Scene, bargain: Bargain) -> list[str]:
    if bargain.object == "Opportunity":
        return list(OPEN_STAGES)
    return [stage for stage, _, odds in scene.town.cluster.hubspot.stages() if 0.0 < float(odds) < 1.0]


def _last(scene: Scene, bargain: Bargain) -> int:
    return len(_open_stages(scene, bargain)) - 1


def _name(bargain: Bargain, opportunity: str, deal: str) -> str:
    return opportunity if bargain.object == "Opportunity" else deal


def _careless(scene: Scene) -> bool:
    return scene.rep is not None and scene.rng.random() < scene.rep.character.careless


def _why(scene: Scene) -> str:
    return f"Reason: {scene.rng.choice(REASONS)}"


def _role(scene: Scene, opportunity: str, contact: str, *, primary: bool) -> None:
    role = {"Role": scene.rng.choice(ROLES), "IsPrimary": primary}
    scene.create("OpportunityContactRole", {"OpportunityId": opportunity, "ContactId": contact, **role})


def _amount(scene: Scene) -> int:
    """Money in whole units: small bargains are common, large ones rare."""
    return int(scene.rng.lognormvariate(9.5, 0.8)) // 100 * 100


def _soon(scene: Scene) -> str:
    return (scene.town.today + timedelta(days=scene.rng.randint(14, 120))).isoformat()


BY_BARGAINS: Mapping[str, Callable[[Scene], bool]] = {
    "open_opportunity": open_opportunity,
    "haggle": haggle,
    "delete_bargain": delete_bargain,
    "change_amount": change_amount,
    "postpone": postpone,
    "advance": advance,
    "close": close,
    "reopen": reopen,
}
"""What a rep opens, and what may become of it."""
