"""Tries what the engine relies on: both CRMs and our rights there, the mapped fields, the identities, the consent path."""

from __future__ import annotations

from crmsync.errors import CrmsyncError
from crmsync.mapping.rule import Rule
from crmsync.model.records import Check
from crmsync.model.values import SIDES, Side
from crmsync.sync.engine import ACCOUNTS, PEOPLE, Engine
from crmsync.sync.membership import RIGHT, find
from crmsync.sync.rights import UNUSED


def examine(engine: Engine) -> list[Check]:
    """Every check, failed ones with their fix. Never raises for what a check is about."""
    checks: list[Check] = []
    for side in SIDES:
        checks += [c for c in engine.connectors[side].checks() if not _unused(engine, c)]
    for side in SIDES:
        checks += _mapped(engine, side)
    checks += _rules(engine)
    checks += _list(engine)
    checks += _identities(engine)
    checks.append(_consent(engine))
    return checks


def _unused(engine: Engine, check: Check) -> bool:
    """A check of an object that holds nobody by the definition."""
    return any(f" {obj} " in check.name for obj in UNUSED.get(engine.definition.person_model, ()))


def _mapped(engine: Engine, side: Side) -> list[Check]:
    """Each mapped native field exists and can be written where the direction asks for it."""
    found = []
    for obj in PEOPLE[side]:
        try:
            fields = engine.connectors[side].describe(obj).fields
        except CrmsyncError:
            return []  # the connector's own checks say why
        if not fields:
            continue
        wrong = []
        for fmap in engine.definition.fields:
            native = fmap.native_name(side, obj)
            if native is None:
                continue
            info = fields.get(native)
            if info is None:
                wrong.append(f"{native} does not exist or is hidden ({fmap.place})")
            elif fmap.writes_to(side) and not info.updateable:
                wrong.append(f"{native} cannot be written by our user ({fmap.place})")
        fix = "run `crmsync setup --apply`, grant field access, or change the mapping at the places named"
        detail = "; ".join(wrong) or "every mapped field is there and can be written where it should be"
        found.append(Check(f"{side} {obj} fields", not wrong, detail, fix if wrong else ""))
    return found


def _rules(engine: Engine) -> list[Check]:
    """Each native field that a rule names exists: a rule over a field that is not there is never true."""
    asked: list[tuple[str, Rule | None, Side, str, str]] = [
        (f"scope.{side}", engine.definition.scope.get(side), side, side, obj)
        for side in SIDES
        for obj in PEOPLE[side]
    ]
    asked.append(
        ("contact_when", engine.definition.contact_when, "salesforce", "account", ACCOUNTS["salesforce"])
    )
    found = []
    for name, rule, side, variable, obj in asked:
        if rule is None or not rule.reads.get(variable):
            continue
        try:
            fields = engine.connectors[side].describe(obj).fields
        except CrmsyncError:
            continue
        if not fields:
            continue
        missing = sorted(rule.reads[variable] - set(fields))
        detail = (
            f"{side} {obj} has no {', '.join(missing)} ({rule.place})"
            if missing
            else "every field it names is there"
        )
        fix = "correct the name at that place, or grant access to the field" if missing else ""
        found.append(Check(f"{name} on {obj}", not missing, detail, fix))
    return found


def _list(engine: Engine) -> list[Check]:
    """The list of the scope is there, and its name stands for one."""
    wanted = engine.definition.scope_list
    if wanted is None:
        return []
    name = "scope.hubspot is a HubSpot list"
    try:
        found, wrong = find(engine.connectors["hubspot"].lists(), wanted)
    except CrmsyncError as error:
        return [Check(name, False, f"{error} ({wanted.place})", error.fix or RIGHT)]
    if found is None:
        fix = "write the name of a HubSpot list of contacts at that place, as it stands in HubSpot"
        return [Check(name, False, f"{wrong} ({wanted.place})", fix)]
    size = f" with {found.size:,} on it" if found.size >= 0 else ""
    return [Check(name, True, f"`{found.name}`{size}")]


def _identities(engine: Engine) -> list[Check]:
    found = []
    for side in SIDES:
        try:
            account = engine.connectors[side].identity().account_id
        except CrmsyncError:
            continue
        with engine.store.transaction() as tx:
            known = tx.get(f"account:{side}")
        ok = known in (None, account)
        detail = f"account {account}" if ok else f"account {account}, but this store belongs to {known}"
        fix = "" if ok else "point the settings at the old account, or use a new CRMSYNC_DATABASE_URL"
        found.append(Check(f"{side} is the account of this store", ok, detail, fix))
    return found


def _consent(engine: Engine) -> Check:
    mapped = [f for f in engine.definition.fields if f.rule.value == "most_restrictive"]
    detail = (
        "a HubSpot e-mail opt-out travels to Salesforce; an opt-out made in Salesforce stays there in this version"
        if mapped
        else "no field carries consent: opt-outs do not travel"
    )
    fix = "" if mapped else "map email_opt_out in config/mapping.yaml, as the default does"
    return Check("consent", bool(mapped), detail, fix)
