"""Several values in one field, merged part by part: what one side added is added, what one side removed is removed.

then {a, b}, HubSpot {a}, Salesforce {a, b, c}   {a, c}
then {a, b}, HubSpot {a}, Salesforce {b}         nothing is left
then HubSpot {a, b}, Salesforce {a}: a part never arrived there; now Salesforce {a, c}   {a, b, c}
removed on one side, added anew on the other     it stays
"""

from __future__ import annotations


def parts(value: str) -> frozenset[str]:
    """The parts of a value, which are separated by `;`."""
    return frozenset(p for p in value.split(";") if p)


def united(hub: str, sales: str, hub_then: str = "", sales_then: str = "") -> str:
    """The parts that stand after both sides' changes, HubSpot's first. `*_then` is what a side held before ("" unknown).

    A side removes only what it held itself, so one that never got a part does not drop it.
    """
    here, there = parts(hub), parts(sales)
    removed_here, removed_there = parts(hub_then) - here, parts(sales_then) - there
    removed = (removed_here & parts(sales_then)) | (removed_there & parts(hub_then))
    return ";".join(dict.fromkeys(p for p in (*hub.split(";"), *sales.split(";")) if p and p not in removed))
