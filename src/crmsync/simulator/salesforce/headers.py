"""What the vendor's own request headers ask for: who writes and under which options (REST/headers)."""

from __future__ import annotations

from collections.abc import Mapping

from crmsync.simulator.salesforce.tenant import Actor


def writer(user_id: str, call: int, headers: Mapping[str, str], version: str) -> Actor:
    """The API user with the options of a call; REST knows the duplicate header from version 52 on."""
    given = headers.get("sforce-duplicate-rule-header")
    if given is None or float(version) < 52:
        return Actor("api", user_id, call, assignment(headers))
    wanted = options(given)
    return Actor(
        "api",
        user_id,
        call,
        assignment(headers),
        wanted.get("allowsave") == "true",
        wanted.get("includerecorddetails") == "true",
        wanted.get("runascurrentuser") == "true",
    )


def assignment(headers: Mapping[str, str]) -> bool | str:
    """Sforce-Auto-Assign: TRUE (the default), FALSE or the id of a rule (REST/headers-autoassign)."""
    given = headers.get("sforce-auto-assign")
    if given is None:
        return True
    text = given.strip()
    if text.upper() == "FALSE":
        return False
    return True if text.upper() == "TRUE" else text


def options(header: str) -> dict[str, str]:
    """`a=b; c=d` or `a=b, c=d` with names and values in lower case."""
    pairs = (part.partition("=") for part in header.replace(";", ",").split(","))
    return {name.strip().lower(): value.strip().lower() for name, _, value in pairs if name.strip()}
