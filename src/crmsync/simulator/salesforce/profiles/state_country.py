"""State and country picklists: an address names its country and state by code and by integration value, kept in step.

The text fields take integration values only and the code fields codes only; what does not fit is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.simulator.salesforce.human import Typed
from crmsync.simulator.salesforce.profiles.places import ALSO, COUNTRIES, Country, country_of
from crmsync.simulator.salesforce.profiles.shaping import Profile, standard
from crmsync.simulator.salesforce.schema import Entity, Field, Row, Value, label_of
from crmsync.simulator.salesforce.tenant import Actor

if TYPE_CHECKING:
    from crmsync.simulator.salesforce.org import SalesforceSim

ADDRESSES = {"Lead": ("",), "Contact": ("Mailing", "Other"), "Account": ("Billing", "Shipping")}
"""The prefixes of each object's addresses."""


def _shape(sim: SalesforceSim) -> None:
    states = tuple(sorted({code for c in COUNTRIES for code in c.states}))
    countries = tuple(sorted(c.code for c in COUNTRIES))
    for obj, prefixes in ADDRESSES.items():
        entity = sim.org.schema.entities[obj]
        for prefix in prefixes:
            whole = f"{prefix}Address"
            parts = [_part(prefix, "Country", whole, countries), _part(prefix, "State", whole, states)]
            parts[1] = replace(parts[1], controller=parts[0].name, valid_for=_IN)
            standard(sim, obj, parts)
            compound = entity.fields[whole]
            entity.add(replace(compound, parts=(*compound.parts, *(p.name for p in parts))))
    sim.org.rules.fills.append(_picked_both)
    sim.org.automations.append(keep_in_step)
    sim.screens.append(_chosen)


_IN: Mapping[str, tuple[str, ...]] = {
    code: tuple(c.code for c in COUNTRIES if code in c.states) for c in COUNTRIES for code in c.states
}
"""A state's code -> the countries that have it."""


def _part(prefix: str, what: str, whole: str, codes: tuple[str, ...]) -> Field:
    name = f"{prefix}{what}Code"
    return Field(name, "picklist", label=label_of(name), length=10, picklist=codes, compound=whole)


def _picked_both(entity: Entity, row: Row, old: Row | None, actor: Actor) -> None:
    """Who picks a country in a screen means its name and its code; a client that sends one has sent that one."""
    if not actor.limited:
        keep_in_step(entity, row, old)


def keep_in_step(entity: Entity, row: Row, old: Row | None) -> None:
    """Make code and text of each address agree. Raises ApiError for values that the org does not have.

    See Salesforce Help, "State and Country/Territory Picklist Field-Syncing Logic".
    """
    for prefix in ADDRESSES.get(entity.name, ()):
        names = [f"{prefix}{n}" for n in ("Country", "CountryCode", "State", "StateCode")]
        if old is None or any(row.get(n) != old.get(n) for n in names):
            _address(prefix, row, old)


def _address(prefix: str, row: Row, old: Row | None) -> None:
    text, code = f"{prefix}Country", f"{prefix}CountryCode"
    country = _country(row, old, text, code)
    if country is None:
        given = old is None or any(row.get(f"{prefix}{n}") != old.get(f"{prefix}{n}") for n in _STATE)
        if given and any(row.get(f"{prefix}{n}") for n in _STATE):
            raise _wrong(
                "A country/territory must be specified before specifying a state value for field: "
                f"{_label(prefix + 'State')}",
                prefix + "State",
            )
        row[text] = row[code] = row[f"{prefix}State"] = row[f"{prefix}StateCode"] = None
        return
    row[text], row[code] = country.name, country.code
    _state(prefix, country, row, old)


_STATE = ("State", "StateCode")
_INVALID = "There's a problem with this {}, even though it may appear correct. Please select a {} from the list of valid {}"


def _country(row: Row, old: Row | None, text: str, code: str) -> Country | None:
    lead = _leading(row, old, text, code)
    if row.get(lead) is None:
        return None
    found = country_of(str(row[lead]), by_code=lead == code)
    if found is None:
        if lead == code:
            raise _unavailable(code, row[code], "country/territory")
        raise _wrong(
            _INVALID.format("country", "country/territory", "countries") + f".: {_label(text)}",
            text,
        )
    _agree(row, old, text, code, found.name)
    return found


def _state(prefix: str, country: Country, row: Row, old: Row | None) -> None:
    text, code = f"{prefix}State", f"{prefix}StateCode"
    lead = _leading(row, old, text, code)
    value = row.get(lead)
    if value is None:
        row[text] = row[code] = None
        return
    folded = str(value).casefold()
    by_code = lead == code
    found = next((c for c, n in country.states.items() if folded == (c if by_code else n).casefold()), None)
    if found is None:
        if by_code:
            raise _unavailable(code, value, "state")
        raise _wrong(
            _INVALID.format("state", "state", "states") + f".: {_label(text)}",
            text,
        )
    _agree(row, old, text, code, country.states[found])
    row[text], row[code] = country.states[found], found


def _leading(row: Row, old: Row | None, text: str, code: str) -> str:
    """The field that decides: the one that was changed; the code where both were, and on a new record."""
    if old is None:
        return code if row.get(code) is not None else text
    return text if row.get(code) == old.get(code) and row.get(text) != old.get(text) else code


def _agree(row: Row, old: Row | None, text: str, code: str, name: str) -> None:
    """A new record's text follows its code; an update that changes both must mean one thing."""
    if old is None or row.get(text) == old.get(text) or row.get(code) == old.get(code):
        return
    if row.get(text) is not None and str(row[text]).casefold() != name.casefold():
        raise _wrong(f"Mismatched integration value and ISO code for field: {_label(text)}", text)


def _unavailable(name: str, value: Value, what: str) -> ApiError:
    return _wrong(
        f"The {name} field contains {value}, which isn't an available {what}. Your administrator can add it for you.",
        name,
    )


def _wrong(message: str, name: str) -> ApiError:
    return row_error("FIELD_INTEGRITY_EXCEPTION", message, (name,))


def _label(name: str) -> str:
    label = label_of(name)
    return f"{label}/Province" if name.endswith("State") else label


def _chosen(typed: Typed) -> Typed:
    """What somebody picks who would have typed `USA` and `CA`: screens offer only what the org has."""
    values = dict(typed.values)
    for prefix in ADDRESSES.get(typed.object, ()):
        text, state = values.pop(f"{prefix}Country", None), values.pop(f"{prefix}State", None)
        country = None
        if text is not None:
            wanted = str(text).casefold()
            country = country_of(ALSO.get(wanted, str(text))) or country_of(str(text), by_code=True)
            values[f"{prefix}CountryCode"] = country.code if country else None
        if state is not None:
            values[f"{prefix}StateCode"] = _picked(str(state), [country] if country else COUNTRIES)
    return Typed(typed.object, typed.id, values)


def _picked(state: str, countries: object) -> str | None:
    wanted = state.casefold()
    for country in countries if isinstance(countries, list | tuple) else ():
        for code, name in country.states.items():
            if wanted in (code.casefold(), name.casefold()):
                return str(code)
    return None


PROFILE = Profile(
    "state-country", "states and countries are picklists: only known values, by name and by code", _shape
)
