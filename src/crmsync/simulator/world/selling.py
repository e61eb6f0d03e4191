"""What a rep does with one of her people: calls, accepts, rejects, recycles, converts. One function an act.

`progress` of a soul is how far sales has come with them: new, called, working, qualified, rejected, converted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from crmsync.simulator.world.operations import STATUS_NEW, type_in
from crmsync.simulator.world.scene import Rep, Scene, Values
from crmsync.simulator.world.souls import CONTACT, LEAD, PERSON, Soul

WORKING, CLOSED, CONVERTED = "Working - Contacted", "Closed - Not Converted", "Closed - Converted"
REASONS = ("No budget", "Not now", "No fit", "Unreachable", "Wrong person", "Competitor")


def touch(scene: Scene) -> bool:
    """A rep takes up whoever raised a hand, else one of her people, and does what comes next with them."""
    rep = scene.rep
    soul = _next(scene, rep) if rep else None
    if rep is None or soul is None:
        return False
    scene.soul = soul
    sales = scene.on_salesforce(soul)
    if sales is None:
        return scene.act("claim") if soul.truth.interest > 0.3 else False
    if scene.act("edit_in_salesforce"):
        return True
    if sales[0] == PERSON:
        return scene.act("open_opportunity") or scene.act("meet") or scene.act("call")
    return scene.act(_step(scene, rep, soul))


def _next(scene: Scene, rep: Rep) -> Soul | None:
    if rep.urgent:
        return scene.town.roster.souls[rep.urgent.pop(0)]
    return scene.hers(rep)


def _step(scene: Scene, rep: Rep, soul: Soul) -> str:
    """The next act with a Lead."""
    if soul.progress == "new":
        return "call" if scene.rng.random() < rep.character.phone_first else "work_lead"
    if soul.progress == "called":
        return "work_lead"
    if soul.progress == "qualified":
        return "convert_lead"
    if soul.progress == "rejected":
        return "recycle_lead"
    drawn = scene.rng.random()
    if drawn < 0.15 + 0.5 * soul.truth.chance:
        return "qualify_lead"
    return "reject_lead" if drawn < 0.35 + 0.5 * rep.character.picky else "call"


def call(scene: Scene) -> bool:
    """She calls, and closes a Task that says so."""
    sales, soul = scene.on_salesforce(scene.soul), scene.soul
    if sales is None or soul is None:
        return False
    answered = scene.rng.random() < 0.3 + 0.5 * soul.truth.interest
    scene.create(
        "Task",
        {
            "WhoId": sales[1],
            "Subject": "Call",
            "TaskSubtype": "Call",
            "Status": "Completed",
            "ActivityDate": scene.town.today.isoformat(),
            "CallDisposition": "Connected" if answered else "No answer",
            "OwnerId": scene.user,
        },
    )
    if soul.progress == "new":
        soul.progress = "called"
    return True


def meet(scene: Scene) -> bool:
    """She agrees on a meeting within a fortnight."""
    sales = scene.on_salesforce(scene.soul)
    if sales is None:
        return False
    day = scene.town.today + timedelta(days=scene.rng.randint(1, 14))
    start = f"{day.isoformat()}T{scene.rng.randint(8, 16):02d}:00:00Z"
    values = {"Subject": "Meeting", "StartDateTime": start, "DurationInMinutes": 60, "OwnerId": scene.user}
    scene.create("Event", {"WhoId": sales[1], **values})
    return True


def edit_in_salesforce(scene: Scene) -> bool:
    """She learns a detail and corrects it."""
    sales = scene.on_salesforce(scene.soul)
    if sales is None:
        return False
    scene.edit(*sales, scene.typed(sales[0], scene.rng.choice(("title", "phone", "city", "street"))))
    return True


def work_lead(scene: Scene) -> bool:
    return _status(scene, {"Status": WORKING}, "working")


def qualify_lead(scene: Scene) -> bool:
    """She accepts them: there is something to talk about."""
    return _status(scene, {"Rating": "Hot"}, "qualified")


def reject_lead(scene: Scene) -> bool:
    """Closed; why, she says if she is careful."""
    values: Values = {"Status": CLOSED, "Rating": "Cold"}
    if scene.rep is None or scene.rng.random() >= scene.rep.character.careless:
        values["Description"] = f"Reason: {scene.rng.choice(REASONS)}"
    return _status(scene, values, "rejected")


def recycle_lead(scene: Scene) -> bool:
    """Open again, for another try."""
    return _status(scene, {"Status": STATUS_NEW}, "new")


def convert_lead(scene: Scene) -> bool:
    """The Lead becomes a Contact, at the Account of that domain where there is one."""
    soul = scene.soul
    lead = soul.one(LEAD) if soul else None
    if soul is None or lead is None:
        return False
    known = scene.rng.random() < 0.7  # she sees that they are there already
    wanted = scene.town.habits.open_opportunity > 0 and scene.rng.random() < 0.5
    contact = soul.one(PERSON) if known else None
    made = scene.town.cluster.salesforce.convert(
        lead,
        None if contact else scene.town.roster.accounts.get(soul.domain),
        contact,
        CONVERTED,
        opportunity="" if wanted else None,
        user=scene.user,
    )
    soul.progress = "converted"
    if made.get("opportunityId"):
        scene.town.bargain("Opportunity", str(made["opportunityId"]), soul)
    return True


def claim(scene: Scene) -> bool:
    """She types in somebody whom she met, and whom maybe marketing has already."""
    soul = scene.soul
    if soul is None or soul.forgotten or not soul.email or not (soul.records.get(CONTACT) or soul.first):
        return False
    type_in(scene, soul, soul.email, Status=WORKING, OwnerId=scene.user)
    soul.progress = "working"
    return True


def _status(scene: Scene, values: Values, progress: str) -> bool:
    soul = scene.soul
    lead = soul.one(LEAD) if soul else None
    if soul is None or lead is None:
        return False
    scene.edit(LEAD, lead, values)
    soul.progress = progress
    return True


BY_REPS: Mapping[str, Callable[[Scene], bool]] = {
    "call": call,
    "meet": meet,
    "edit_in_salesforce": edit_in_salesforce,
    "work_lead": work_lead,
    "qualify_lead": qualify_lead,
    "reject_lead": reject_lead,
    "recycle_lead": recycle_lead,
    "convert_lead": convert_lead,
    "claim": claim,
}
"""What a touch may come to."""
