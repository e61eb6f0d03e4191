"""What marketing's back office does in HubSpot: corrects, clears, merges, imports, deletes. One function an act."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crmsync.simulator.handwriting import HUBSPOT_NAMES, named, written
from crmsync.simulator.people import FREE_MAIL, PLACES, human
from crmsync.simulator.world.scene import Scene, Values
from crmsync.simulator.world.souls import CONTACT, Soul

EDITABLE = ("title", "phone", "city", "street")
SHORT = {"United States": "USA", "United Kingdom": "UK", "Germany": "Deutschland"}
LONG = {short: long for long, short in SHORT.items()}
MINUTE_S = 60.0


def edit_in_hubspot(scene: Scene) -> bool:
    """Somebody corrects a detail or two; one in eight moves the person to another place."""
    soul = scene.somebody(CONTACT)
    if soul is None:
        return False
    if scene.rng.random() < 0.125:
        return _moved(scene, soul)
    names = scene.rng.sample(EDITABLE, scene.rng.choice((1, 1, 1, 2)))
    scene.edit(CONTACT, soul.records[CONTACT][0], scene.typed(CONTACT, *names))
    return True


def _moved(scene: Scene, soul: Soul) -> bool:
    """Somebody writes the country as they say it; a workflow puts it right some minutes later."""
    values = scene.typed(CONTACT, "city", "state", "zip", "country")
    values["country"] = SHORT.get(values["country"], values["country"])
    scene.edit(CONTACT, soul.records[CONTACT][0], values)
    if values["country"] in LONG and scene.town.habits.workflow_on_country:
        soul.counts["place"] = next(i for i, p in enumerate(PLACES) if p.country == LONG[values["country"]])
        scene.town.later(MINUTE_S * (1 + scene.rng.random() * 9), "workflow_on_country", soul)
    return True


def workflow_on_country(scene: Scene) -> bool:
    """A HubSpot workflow writes the country out."""
    contact = scene.soul.one(CONTACT) if scene.soul else None
    if scene.soul is None or contact is None:
        return False
    scene.edit(CONTACT, contact, {"country": PLACES[scene.soul.counts["place"]].country}, "system")
    return True


def set_stage(scene: Scene) -> bool:
    """Somebody moves a person through the stages by hand; now and then back to the beginning."""
    soul = scene.somebody(CONTACT)
    if soul is None:
        return False
    stage = scene.rng.choice(
        ("lead", "marketingqualifiedlead", "marketingqualifiedlead", "salesqualifiedlead")
    )
    scene.edit(CONTACT, soul.records[CONTACT][0], {"lifecyclestage": stage})
    return True


def log_in_hubspot(scene: Scene) -> bool:
    """Somebody who sells from HubSpot writes down a call, a mail, a meeting or a note."""
    soul = scene.somebody(CONTACT)
    if soul is None:
        return False
    deed = scene.rng.choice(("call", "email", "email", "meeting", "note"))
    scene.town.cluster.hubspot.engage(soul.records[CONTACT][0], deed)
    return True


def clear_in_hubspot(scene: Scene) -> bool:
    soul = scene.somebody(CONTACT)
    if soul is None:
        return False
    scene.edit(CONTACT, soul.records[CONTACT][0], {HUBSPOT_NAMES[scene.rng.choice(EDITABLE)]: ""})
    return True


def second_address(scene: Scene) -> bool:
    """Somebody whom HubSpot has already comes in once more, with a private address: a duplicate to be."""
    soul = scene.somebody(CONTACT)
    if soul is None or not soul.email or len(soul.records[CONTACT]) > 1:
        return False
    address = f"{soul.email.partition('@')[0]}.{soul.number}@{scene.rng.choice(FREE_MAIL)}"
    if address in scene.town.roster.taken:
        return False
    values = {"email": address, "firstname": soul.first, "lastname": soul.last}
    scene.create(CONTACT, {name: value for name, value in values.items() if value}, soul)
    return True


def merge_in_hubspot(scene: Scene) -> bool:
    """Somebody merges two contacts of one person."""
    roster = scene.town.roster
    doubles = list(roster.doubles[CONTACT])
    if not doubles:
        return False
    ids = roster.souls[scene.rng.choice(doubles)].records[CONTACT]
    winner, loser = ids[:2] if scene.rng.random() < 0.7 else (ids[1], ids[0])
    scene.town.cluster.hubspot.merge(CONTACT, winner, [loser])
    return True


def delete_in_hubspot(scene: Scene) -> bool:
    soul = scene.somebody(CONTACT)
    if soul is None:
        return False
    scene.town.cluster.hubspot.delete(CONTACT, soul.records[CONTACT][-1])
    return True


def restore_in_hubspot(scene: Scene) -> bool:
    gone = list(scene.town.roster.bin[CONTACT])[-50:]
    if not gone:
        return False
    scene.town.cluster.hubspot.restore(CONTACT, scene.rng.choice(gone))
    return True


def forget(scene: Scene) -> bool:
    """Somebody asks to be deleted for good, and marketing does it."""
    soul = scene.somebody(CONTACT)
    if soul is None:
        return False
    scene.town.cluster.hubspot.forget(soul.records[CONTACT][0])
    return True


def edit_company(scene: Scene) -> bool:
    companies = list(scene.town.roster.companies.values())
    if not companies:
        return False
    place = scene.rng.choice(PLACES)
    values = {
        "city": place.city,
        "country": place.country,
        "numberofemployees": str(scene.rng.randint(2, 5000)),
    }
    scene.edit(
        "companies", scene.rng.choice(companies), {k: values[k] for k in scene.rng.sample(sorted(values), 2)}
    )
    return True


def import_by_marketing(scene: Scene) -> bool:
    """A list from a fair: most are known and get what the list says, some are new, a few have capitals in their address."""
    roster, rng = scene.town.roster, scene.rng
    firms = list(roster.firms.values())
    for _ in range(burst(scene)):
        soul = scene.somebody() if rng.random() < 0.6 or not firms else None
        if soul is not None and soul.email:
            known: Values = {"email": soul.email.upper() if rng.random() < 0.3 else soul.email}
            known |= scene.typed(CONTACT, *rng.sample(("title", "phone", "city"), rng.choice((0, 1, 1, 2))))
            contact = soul.one(CONTACT)
            if contact is not None:
                scene.edit(CONTACT, contact, {k: v for k, v in known.items() if k != "email"})
            else:
                scene.create(CONTACT, {**known, "lastname": soul.last or "Unknown"}, soul)
        elif firms:
            person = human(rng, firms, roster.taken)
            scene.create(CONTACT, dict(named(written(person, "hubspot"), HUBSPOT_NAMES)))
    return bool(roster.souls)


def mass_edit_in_hubspot(scene: Scene) -> bool:
    """Somebody ticks a page of people and sets one property for all of them."""
    values = scene.rng.choice(
        ({"hs_persona": "persona_1"}, {"hs_language": "en"}, {"jobtitle": "Decision Maker"})
    )
    chosen = {soul.number: soul for _ in range(burst(scene)) if (soul := scene.somebody(CONTACT))}
    for soul in chosen.values():
        scene.edit(CONTACT, soul.records[CONTACT][0], dict(values))
    return bool(chosen)


def make_list(scene: Scene) -> bool:
    """A manual list, say of guests, with a few people to begin with."""
    ids = [soul.records[CONTACT][0] for _ in range(burst(scene)) if (soul := scene.somebody(CONTACT))]
    lists = scene.town.lists
    name = f"Guests {len(lists) + 1}"
    lists.append(scene.town.cluster.hubspot.make_list(name, CONTACT, list(dict.fromkeys(ids))))
    return True


def change_list(scene: Scene) -> bool:
    """Some come onto a list, one goes."""
    if not scene.town.lists:
        return False
    portal, id = scene.town.cluster.hubspot, scene.rng.choice(scene.town.lists[-4:])
    there = list(portal.members(id))
    ids = [soul.records[CONTACT][0] for _ in range(burst(scene)) if (soul := scene.somebody(CONTACT))]
    add = [id for id in dict.fromkeys(ids) if id not in there]
    portal.change_list(id, add, [scene.rng.choice(there)] if there else [])
    return bool(add or there)


def edit_on_both_sides(scene: Scene) -> bool:
    """Marketing changes a detail now; within the hour somebody in sales changes the same one."""
    soul = scene.somebody(CONTACT)
    sales = scene.on_salesforce(soul)
    if soul is None or sales is None:
        return False
    name = scene.rng.choice(EDITABLE)
    scene.edit(CONTACT, soul.records[CONTACT][0], scene.typed(CONTACT, name))
    soul.counts["both"] = EDITABLE.index(name)
    scene.town.later(scene.rng.random() * 3600.0, "edit_the_other_side", soul)
    return True


def edit_the_other_side(scene: Scene) -> bool:
    """The second half of it."""
    sales = scene.on_salesforce(scene.soul)
    if sales is None or scene.soul is None:
        return False
    scene.edit(*sales, scene.typed(sales[0], EDITABLE[scene.soul.counts["both"]]))
    return True


def burst(scene: Scene) -> int:
    """How many rows a list or a page has: a hundredth of everybody, at least 3 and at most 200."""
    most = max(6, min(200, len(scene.town.roster.souls) // 50))
    return scene.rng.randint(3, most)


BY_MARKETING: Mapping[str, Callable[[Scene], bool]] = {
    "edit_in_hubspot": edit_in_hubspot,
    "set_stage": set_stage,
    "log_in_hubspot": log_in_hubspot,
    "clear_in_hubspot": clear_in_hubspot,
    "second_address": second_address,
    "merge_in_hubspot": merge_in_hubspot,
    "delete_in_hubspot": delete_in_hubspot,
    "restore_in_hubspot": restore_in_hubspot,
    "forget": forget,
    "edit_company": edit_company,
    "import_by_marketing": import_by_marketing,
    "mass_edit_in_hubspot": mass_edit_in_hubspot,
    "make_list": make_list,
    "change_list": change_list,
    "edit_on_both_sides": edit_on_both_sides,
}
"""Acts of an office, in its working hours."""
