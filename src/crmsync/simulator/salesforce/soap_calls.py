"""Operations that only SOAP has: conversion and merge; and login, where the org still allows it (SOAP/)."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from xml.etree.ElementTree import Element

from crmsync.simulator.salesforce import lifecycle, soap
from crmsync.simulator.salesforce.assertions import Refused
from crmsync.simulator.salesforce.auth import Auth
from crmsync.simulator.salesforce.conversion import Conversion, convert
from crmsync.simulator.salesforce.errors import ApiError, row_error
from crmsync.simulator.salesforce.ids import to18
from crmsync.simulator.salesforce.limits import Limits
from crmsync.simulator.salesforce.save import update
from crmsync.simulator.salesforce.soap import Asked, SoapFault, Values, text
from crmsync.simulator.salesforce.tenant import Actor, Tenant
from crmsync.simulator.wire import Request, Response

MAX_CONVERSIONS = 100
MAX_MERGES = 200
_LAST_LOGIN = 64
_SERVED = range(41, 69)
_CONVERSION = frozenset(
    {"leadId", "convertedStatus", "accountId", "contactId", "doNotCreateOpportunity", "opportunityName"}
    | {"overwriteLeadSource", "ownerId", "sendNotificationEmail"}
    | {"bypassAccountDedupeCheck", "bypassContactDedupeCheck"}
)


class Soap:
    """POST /services/Soap/u/NN.0, perhaps with the org's id behind."""

    def __init__(self, org: Tenant, auth: Auth, limits: Limits) -> None:
        self._org = org
        self._auth = auth
        self._limits = limits

    def handle(self, request: Request, tail: str) -> Response | None:
        """Answer a request below /services/Soap/; None for an address that is not there."""
        parts = tail.split("/")
        number = parts[1].partition(".")[0] if len(parts) > 1 and parts[0] == "u" else ""
        if not number.isdecimal() or int(number) not in _SERVED or request.method != "POST":
            return None
        try:
            asked = soap.read(request.body)
            return soap.answer(asked.operation, self._run(asked, int(number)))
        except SoapFault as refusal:
            return soap.fault(refusal)
        except ApiError as error:
            return soap.fault(SoapFault(error.code, error.problems[0].message))

    def _run(self, asked: Asked, version: int) -> list[str]:
        """The results of an operation. Raises SoapFault or ApiError."""
        if asked.operation == "login" and version <= _LAST_LOGIN:
            return [self._login(asked, version)]
        work = {"convertLead": self._convert, "merge": self._merge}.get(asked.operation)
        if work is None:
            message = f"No operation available for request {{{soap.PARTNER}}}{asked.operation}"
            raise SoapFault("", message)
        self._session(asked)
        number = self._limits.take()
        self._limits.check()
        actor = Actor("api", self._org.user_id, number, allow_duplicates=asked.allow_duplicates)
        return work(asked, actor)

    def _session(self, asked: Asked) -> None:
        try:
            self._auth.check(f"Bearer {asked.session}")
        except ApiError:
            message = "Invalid Session ID found in SessionHeader: Illegal Session"
            raise SoapFault("INVALID_SESSION_ID", message) from None

    def _login(self, asked: Asked, version: int) -> str:
        if not self._org.switches.soap_login:
            raise SoapFault("INVALID_OPERATION", "SOAP API login() is disabled by default in this org.")
        try:
            self._auth.sign_in(text(asked.body, "username"), text(asked.body, "password"))
        except Refused:
            message = "Invalid username, password, security token; or user locked out."
            raise SoapFault("INVALID_LOGIN", message) from None
        grant = self._auth.tokens.grant(self._org.user_id)
        where = f"{self._auth.instance_url}/services/Soap/u/{version}.0/{self._org.org_id[:15]}"
        return soap.result(
            {
                "passwordExpired": False,
                "sandbox": False,
                "serverUrl": where,
                "sessionId": grant.access,
                "userId": grant.user_id,
            }
        )

    def _convert(self, asked: Asked, actor: Actor) -> list[str]:
        leads = _all(asked, "leadConverts")
        if len(leads) > MAX_CONVERSIONS:
            raise SoapFault(
                "EXCEEDED_MAX_SIZE_REQUEST", f"At most {MAX_CONVERSIONS} Leads are converted at once"
            )
        return [_each(self._converted, lead, actor) for lead in leads]

    def _converted(self, lead: Element, actor: Actor) -> dict[str, str | bool | list[str] | None]:
        _known(lead, _CONVERSION)
        given = {soap.name(e): (e.text or "").strip() for e in lead}
        if given.get("contactId") and not given.get("accountId"):
            raise row_error("REQUIRED_FIELD_MISSING", "accountId is required with contactId", ("accountId",))
        if not given.get("convertedStatus"):
            raise row_error("REQUIRED_FIELD_MISSING", "convertedStatus is required", ("convertedStatus",))
        wanted = Conversion(
            lead=_id(given.get("leadId", "")) or "",
            account=_id(given.get("accountId", "")),
            contact=_id(given.get("contactId", "")),
            status=given["convertedStatus"],
            opportunity=None
            if given.get("doNotCreateOpportunity") == "true"
            else given.get("opportunityName", ""),
            owner=_id(given.get("ownerId", "")),
            overwrite_source=given.get("overwriteLeadSource") == "true",
        )
        if "true" in (given.get("bypassAccountDedupeCheck"), given.get("bypassContactDedupeCheck")):
            actor = replace(actor, allow_duplicates=True)
        return {**convert(self._org, wanted, actor), "success": True}

    def _merge(self, asked: Asked, actor: Actor) -> list[str]:
        requests = _all(asked, "request")
        if len(requests) > MAX_MERGES:
            raise SoapFault(
                "EXCEEDED_MAX_SIZE_REQUEST", f"At most {MAX_MERGES} merges are carried out at once"
            )
        return [_each(self._merged, request, actor) for request in requests]

    def _merged(self, request: Element, actor: Actor) -> dict[str, str | bool | list[str] | None]:
        _known(request, {"masterRecord", "recordToMergeIds"})
        masters = soap.children(request, "masterRecord")
        if len(masters) != 1:
            raise row_error("INVALID_ID_FIELD", "A merge has one master record")
        master = masters[0]
        given = {soap.name(e): e.text for e in master if soap.name(e) not in {"type", "fieldsToNull"}}
        given |= {(e.text or "").strip(): None for e in soap.children(master, "fieldsToNull")}
        winner = _id(given.pop("Id", None) or "") or ""
        entity = self._org.schema.of_id(winner)
        if entity is None or text(master, "type") != entity.name:
            raise row_error("INVALID_ID_FIELD", "The master record needs its type and Id")
        losers = [_id(e.text or "") or "" for e in soap.children(request, "recordToMergeIds")]
        with self._org.unit():
            lifecycle.merge(self._org, entity, winner, losers, actor)
            if given:
                update(self._org, entity, winner, given, actor)
        return {"id": winner, "mergedRecordIds": list(losers), "success": True}


def _all(asked: Asked, wanted: str) -> list[Element]:
    """The elements of an operation that takes these alone. Raises SoapFault for any other."""
    stray = next((each for each in asked.body if soap.name(each) != wanted), None)
    if stray is not None:
        raise SoapFault("", f"Element {stray.tag} invalid at this location")
    return list(asked.body)


def _known(element: Element, names: Container[str]) -> None:
    """Raises SoapFault for a child that is none of these."""
    stray = next((each for each in element if soap.name(each) not in names), None)
    if stray is not None:
        raise SoapFault("", f"Element {stray.tag} invalid at this location")


def _each(work: Callable[[Element, Actor], Values], element: Element, actor: Actor) -> str:
    """One result: what the work gives, or its errors."""
    try:
        return soap.result(work(element, actor))
    except ApiError as error:
        errors = [soap.result({"message": p.message, "statusCode": p.code}, "errors") for p in error.problems]
        return f"<result>{''.join(errors)}<success>false</success></result>"


def _id(value: str) -> str | None:
    """The 18-character form of an id; the text itself when it is none, so that it is refused where it is used."""
    return to18(value) or value or None
