"""What sales operations do in Salesforce: imports, merges, deletes, new owners. One function an act."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crmsync.simulator.handwriting import named, written
from crmsync.simulator.people import human
from crmsync.simulator.world.marketing import EDITABLE, burst
from crmsync.simulator.world.scene import NATIVE, Scene, Values
from crmsync.simulator.world.souls import LEAD, PERSON, Soul

STATUS_NEW = "Open - Not Contacted"


def type_twice(scene: Scene) -> bool:
    """Somebody types in a person whom Salesforce has already, and does not look first."""
    soul = scene.somebody()
    if soul is None or not soul.email or scene.on_salesforce(soul) is None:
        return False
    email = soul.email.upper() if scene.rng.random() < 0.5 else soul.email.capitalize()
    type_in(scene, soul, email, LeadSource="Other")
    return True


def type_in(scene: Scene, soul: Soul, email: str, **more: str) -> str:
    """Type in what stands on a list or a business card: a new Lead, or a Contact where sales works without Leads."""
    company = scene.town.roster.firms.get(soul.domain)
    values: Values = {"FirstName": soul.first, "LastName": soul.last or "Unknown", "Email": email, **more}
    if scene.town.leads:
        name = company.name if company else soul.company or "Unknown"
        return scene.create(LEAD, {"Status": STATUS_NEW, **values, "Company": name}, soul)
    account = scene.town.roster.accounts.get(soul.domain)
    values.pop("Status", None)
    return scene.create(PERSON, values | ({"AccountId": account} if account else {}), soul)


def merge_in_salesforce(scene: Scene) -> bool:
    """Somebody merges two Leads, or two Contacts, of one person."""
    roster = scene.town.roster
    doubles = [(obj, number) for obj in (LEAD, PERSON) for number in roster.doubles[obj]]
    if not doubles:
        return False
    obj, number = scene.rng.choice(doubles)
    ids = roster.souls[number].records[obj]
    winner, loser = ids[:2] if scene.rng.random() < 0.7 else (ids[1], ids[0])
    scene.town.cluster.salesforce.merge(obj, winner, [loser])
    return True


def delete_in_salesforce(scene: Scene) -> bool:
    sales = scene.on_salesforce(scene.somebody())
    if sales is None:
        return False
    scene.town.cluster.salesforce.delete(*sales)
    return True


def undelete_in_salesforce(scene: Scene) -> bool:
    roster = scene.town.roster
    gone = [(obj, id) for obj in (LEAD, PERSON) for id in list(roster.bin[obj])[-50:]]
    if not gone:
        return False
    scene.town.cluster.salesforce.undelete(*scene.rng.choice(gone))
    return True


def purge_in_salesforce(scene: Scene) -> bool:
    """Somebody deletes a record, and then from the recycle bin too."""
    sales = scene.on_salesforce(scene.somebody())
    if sales is None:
        return False
    scene.town.cluster.salesforce.delete(*sales)
    scene.town.cluster.salesforce.purge(*sales)
    return True


def empty_bin(scene: Scene) -> bool:
    """What the vendor does at night."""
    return scene.town.cluster.salesforce.empty_bin() > 0


def clear_in_salesforce(scene: Scene) -> bool:
    sales = scene.on_salesforce(scene.somebody())
    if sales is None:
        return False
    scene.edit(*sales, {NATIVE[sales[0]][scene.rng.choice(EDITABLE)]: None})
    return True


def edit_account(scene: Scene) -> bool:
    accounts = list(scene.town.roster.accounts.values())
    if not accounts:
        return False
    values = scene.rng.choice(
        ({"NumberOfEmployees": scene.rng.randint(2, 5000)}, {"Rating": "Hot"}, {"Type": "Customer - Direct"})
    )
    scene.edit("Account", scene.rng.choice(accounts), dict(values))
    return True


def reassign(scene: Scene) -> bool:
    """A record gets another owner; another rep works with that person from now on."""
    soul = scene.somebody()
    sales = scene.on_salesforce(soul)
    if sales is None or soul is None or not scene.town.reps:
        return False
    rep = scene.rng.choice(scene.town.reps)
    scene.edit(*sales, {"OwnerId": rep.user})
    soul.rep = rep.number
    return True


def opt_out_by_phone(scene: Scene) -> bool:
    """Somebody asks a rep not to be mailed or called any more."""
    sales = scene.on_salesforce(scene.somebody())
    if sales is None:
        return False
    scene.edit(*sales, {scene.rng.choice(("HasOptedOutOfEmail", "DoNotCall")): True})
    return True


def import_by_sales(scene: Scene) -> bool:
    """A bought list: half of it are people whom one of the CRMs has already, some of them in capitals."""
    roster, rng = scene.town.roster, scene.rng
    firms = list(roster.firms.values())
    for _ in range(burst(scene)):
        soul = scene.somebody() if rng.random() < 0.5 or not firms else None
        if soul is not None and soul.email:
            email = soul.email.upper() if rng.random() < 0.4 else soul.email
            type_in(scene, soul, email, LeadSource="Purchased List")
        elif firms:
            person = human(rng, firms, roster.taken)
            obj = LEAD if scene.town.leads else PERSON
            values = named(written(person, "salesforce"), NATIVE[obj])
            scene.create(obj, {**values, "LeadSource": "Purchased List"})
    return bool(roster.souls)


def mass_edit_in_salesforce(scene: Scene) -> bool:
    """A page of Leads, or of Contacts where there are none, gets one value."""
    rng, reps = scene.rng, scene.town.reps
    obj = LEAD if scene.town.leads else PERSON
    values: Values = rng.choice(
        ({"Description": "Checked"}, {"LeadSource": "Other"}, {"Title": "Contact person"})
    )
    if reps and rng.random() < 0.4:
        values = {"OwnerId": rng.choice(reps).user}
    chosen = {soul.number: soul for _ in range(burst(scene)) if (soul := scene.somebody(obj))}
    for soul in chosen.values():
        scene.edit(obj, soul.records[obj][0], dict(values))
    return bool(chosen)


BY_SALES: Mapping[str, Callable[[Scene], bool]] = {
    "type_twice": type_twice,
    "merge_in_salesforce": merge_in_salesforce,
    "delete_in_salesforce": delete_in_salesforce,
    "undelete_in_salesforce": undelete_in_salesforce,
    "purge_in_salesforce": purge_in_salesforce,
    "clear_in_salesforce": clear_in_salesforce,
    "edit_account": edit_account,
    "reassign": reassign,
    "opt_out_by_phone": opt_out_by_phone,
    "import_by_sales": import_by_sales,
    "mass_edit_in_salesforce": mass_edit_in_salesforce,
}
"""Acts of an office, in its working hours."""
