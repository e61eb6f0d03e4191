"""What prospects do: visit, open, click, submit forms, opt out, change jobs. Each act says whether it happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crmsync.simulator.handwriting import HUBSPOT_NAMES, named, written
from crmsync.simulator.people import human
from crmsync.simulator.world.scene import NATIVE, Scene
from crmsync.simulator.world.souls import CONTACT, LEAD, PERSON

FORMS = ("Newsletter", "White paper", "Webinar", "Price list", "Contact sales", "Demo request")
HAND_RAISES = frozenset({"Contact sales", "Demo request"})
SOON_S = 300.0


def visit(scene: Scene) -> bool:
    """One visit; the pages after the first are views."""
    pages = int(scene.rng.expovariate(0.5))
    return _deed(scene, "visit") and (not pages or _deed(scene, "view", count=pages))


def open_mail(scene: Scene) -> bool:
    return _deed(scene, "delivery") and _deed(scene, "open")


def click_mail(scene: Scene) -> bool:
    return _deed(scene, "click")


def submit_form(scene: Scene) -> bool:
    """Somebody known gives a new detail now and then; somebody unknown becomes a contact."""
    soul, rng = scene.soul, scene.rng
    if soul is None or not soul.email or soul.forgotten:
        return False
    form = rng.choice(FORMS)
    details = scene.typed(CONTACT, *rng.sample(("title", "phone", "city"), rng.choice((0, 0, 0, 1, 2))))
    contact = soul.one(CONTACT)
    if contact is None:
        values = {"email": soul.email, "firstname": soul.first, "lastname": soul.last, **details}
        scene.create(CONTACT, {name: value for name, value in values.items() if value}, soul)
    elif details:
        scene.edit(CONTACT, contact, details)
    _submitted(scene, form)
    return True


def arrive(scene: Scene) -> bool:
    """Somebody nobody knew fills in a form; two thirds say where they work."""
    town, rng = scene.town, scene.rng
    firms = list(town.roster.firms.values())
    if not firms:
        return False
    person = human(rng, firms, town.roster.taken)
    values = named(written(person, "hubspot"), HUBSPOT_NAMES)
    for name in ("phone", "address", "city", "state", "zip", "jobtitle", "company"):
        if rng.random() < 0.35:
            values.pop(name, None)
    company = town.roster.companies.get(person.firm.domain)
    if company is not None and person.email.endswith("@" + person.firm.domain):
        values["associatedcompanyid"] = company
    scene.create(CONTACT, dict(values))
    scene.soul = town.roster.by_email[person.email]
    _submitted(scene, rng.choice(FORMS))
    return True


def opt_out(scene: Scene) -> bool:
    """By the link in a mail, or marketing ticks the box for them."""
    contact = scene.soul.one(CONTACT) if scene.soul else None
    if scene.soul is None or contact is None:
        return False
    if scene.soul.email and scene.rng.random() < 0.6:
        scene.town.cluster.hubspot.opt_out(scene.soul.email)
    else:
        scene.edit(CONTACT, contact, {"hs_email_optout": "true"})
    return True


def leave_subscription(scene: Scene) -> bool:
    """One kind of mail no more; the others stay welcome."""
    portal, soul = scene.town.cluster.hubspot, scene.soul
    kinds = portal.subscriptions
    if soul is None or soul.one(CONTACT) is None or not soul.email or not kinds:
        return False
    portal.opt_out(soul.email, scene.rng.choice(kinds))
    return True


def opt_in_again(scene: Scene) -> bool:
    """Somebody who opted out subscribes again."""
    roster = scene.town.roster
    if not roster.opted_out:
        return False
    soul = roster.souls[scene.rng.choice(list(roster.opted_out))]
    if soul.one(CONTACT) is None or not soul.email:
        return False
    scene.town.cluster.hubspot.opt_in(soul.email)
    return True


def bounce(scene: Scene) -> bool:
    """A mail comes back, to marketing or to the rep who wrote it."""
    sales = scene.on_salesforce(scene.soul)
    if sales is not None and scene.rng.random() < 0.4:
        scene.edit(*sales, {"EmailBouncedReason": "550 5.1.1 no such user"}, "system")
        return True
    return _deed(scene, "bounce")


def change_job(scene: Scene) -> bool:
    """A new employer, so a new address and title; whoever hears of it first types it in."""
    soul, town, rng = scene.soul, scene.town, scene.rng
    firms = list(town.roster.firms.values())
    if soul is None or not soul.email or soul.forgotten or not firms:
        return False
    person = human(rng, firms, town.roster.taken, (soul.first or "Kim", soul.last or "Lee"))
    places = [(obj, soul.records[obj][0]) for obj in (CONTACT, PERSON, LEAD) if soul.records.get(obj)]
    if not places:
        return False
    obj, id = places[int(rng.random() * min(2, len(places)))]
    plain = {"email": person.email, "title": person.title, "company": person.firm.name}
    native = NATIVE[obj]
    scene.edit(obj, id, {native[name]: value for name, value in plain.items() if name in native})
    return True


def workflow_on_form(scene: Scene) -> bool:
    """A HubSpot workflow: whoever submitted a form is a lead, and new to sales."""
    contact = scene.soul.one(CONTACT) if scene.soul else None
    if contact is None:
        return False
    scene.edit(CONTACT, contact, {"hs_lead_status": "NEW"}, "system")
    return True


def _submitted(scene: Scene, form: str) -> None:
    soul = scene.soul
    _deed(scene, "form", name=form)
    if scene.town.habits.workflow_on_form:
        scene.town.later(60.0 + scene.rng.random() * SOON_S, "workflow_on_form", soul)
    if soul is not None and form in HAND_RAISES and scene.town.reps:
        scene.town.reps[soul.rep].urgent.append(soul.number)


def _deed(scene: Scene, deed: str, *, name: str = "", count: int = 1) -> bool:
    """Let HubSpot count something on the person's first contact."""
    contact = scene.soul.one(CONTACT) if scene.soul else None
    if contact is None:
        return False
    scene.town.cluster.hubspot.engage(contact, deed, name=name, count=count)
    return True


BY_SOULS: Mapping[str, Callable[[Scene], bool]] = {
    "visit": visit,
    "open_mail": open_mail,
    "click_mail": click_mail,
    "submit_form": submit_form,
    "opt_out": opt_out,
    "leave_subscription": leave_subscription,
    "bounce": bounce,
    "change_job": change_job,
}
"""Acts that come from a person's own stream."""
INTERESTED = frozenset({"visit", "open_mail", "click_mail", "submit_form"})
"""Those that who is interested does more often."""
BY_ANYBODY: Mapping[str, Callable[[Scene], bool]] = {"arrive": arrive, "opt_in_again": opt_in_again}
"""Acts of nobody in particular, at any hour."""
