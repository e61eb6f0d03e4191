"""Subscription statuses over the API. Docs: developers.hubspot.com, "Subscription preferences" v4 and later, and v3.

Keyed by e-mail address. `hs_email_optout` is read-only over the CRM API: this is the way to write it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from crmsync.simulator.hubspot import consent
from crmsync.simulator.hubspot.consent import Grounds
from crmsync.simulator.hubspot.errors import ApiError, not_found, validation
from crmsync.simulator.hubspot.exchange import Call, Handler, Reply
from crmsync.simulator.hubspot.properties import Wrong, email_address
from crmsync.simulator.hubspot.state import Portal, Preference, Subscription

Json = dict[str, Any]
BASES: Final = frozenset(
    [
        "LEGITIMATE_INTEREST_PQL",
        "LEGITIMATE_INTEREST_CLIENT",
        "LEGITIMATE_INTEREST_OTHER",
        "PERFORMANCE_OF_CONTRACT",
        "CONSENT_WITH_NOTICE",
        "NON_GDPR",
        "PROCESS_AND_STORE",
    ]
)
_LEFT, _BACK, _SAME = "UNSUBSCRIBE_FROM_ALL_OCCURRED", "RESUBSCRIBE_OCCURRED", "NO_STATUS_CHANGE"


def statuses(call: Call) -> Reply:
    """GET statuses/{email}?channel=EMAIL: one line for each subscription, said or not."""
    _newer(call)
    _asked(call)
    return 200, _done(call.portal, _every(call.portal, _address(call.args["email"])))


def write(call: Call) -> Reply:
    """POST statuses/{email}: one subscription of one address."""
    _newer(call)
    email, body = _address(call.args["email"]), call.body()
    return 200, _done(call.portal, [_written(call.portal, email, body)])


def left_all(call: Call) -> Reply:
    """GET statuses/{email}/unsubscribe-all: empty for somebody who has not left everything."""
    _newer(call)
    _asked(call)
    return 200, _done(call.portal, _wide(call.portal, _address(call.args["email"])))


def leave_all(call: Call) -> Reply:
    """POST statuses/{email}/unsubscribe-all: the results are empty unless `verbose` asks for them."""
    _newer(call)
    _asked(call)
    portal, email = call.portal, _address(call.args["email"])
    consent.leave(portal, email, "", "API", "api")
    told = _every(portal, email, _LEFT) if call.flag("verbose") else []
    return 200, _done(portal, told)


def definitions(call: Call) -> Reply:
    """GET definitions: the kinds of e-mail that the portal sends."""
    _unit(call)
    found = [_definition(each) for each in call.portal.subscriptions.values()]
    if call.version == "v3":
        return 200, {"subscriptionDefinitions": found}
    return 200, _done(call.portal, found)


# -- batches: Marketing Hub Enterprise -------------------------------------------------------------------------
def batch(answer: Callable[[Portal, Any], list[Json]], *, asked: bool = True) -> Handler:
    """A batch of at most 100 inputs; with `asked` the query names their channel. Raises ApiError 403 without Marketing Hub Enterprise."""

    def handle(call: Call) -> Reply:
        _newer(call)
        if not call.portal.switches.marketing_enterprise:
            raise ApiError(403, "This endpoint needs a Marketing Hub Enterprise subscription", "FORBIDDEN")
        if asked:
            _asked(call)
        inputs = call.body().get("inputs")
        if not isinstance(inputs, list) or not 1 <= len(inputs) <= 100:
            raise validation("inputs must number between 1 and 100")
        results: list[Json] = []
        errors = []
        for each in inputs:
            try:
                results += answer(call.portal, each)
            except ApiError as error:
                errors.append(error.row())
        more = {"numErrors": len(errors), "errors": errors} if errors else {}
        return 207 if errors else 200, _done(call.portal, results) | more

    return handle


def _read_one(portal: Portal, asked: Any) -> list[Json]:
    email = _address(str(asked))
    return [{"subscriberIdString": email, "statuses": _every(portal, email)}]


def _write_one(portal: Portal, asked: Any) -> list[Json]:
    if not isinstance(asked, dict):
        raise validation("an input is an object")
    return [_written(portal, _address(str(asked.get("subscriberIdString") or "")), asked)]


def _leave_one(portal: Portal, asked: Any) -> list[Json]:
    email = _address(str(asked))
    consent.leave(portal, email, "", "API", "api")
    return [{"subscriberIdString": email, "statuses": _every(portal, email, _LEFT)}]


def _left_one(portal: Portal, asked: Any) -> list[Json]:
    return _wide(portal, _address(str(asked)))


# -- version 3 ---------------------------------------------------------------------------------------------------
def status_v3(call: Call) -> Reply:
    """GET v3 status/email/{email}."""
    _older(call)
    _unit(call)
    portal, email = call.portal, _address(call.args["email"])
    found = [_shown_v3(portal, email, each) for each in portal.subscriptions.values()]
    return 200, {"recipient": email, "subscriptionStatuses": found}


def subscribe_v3(call: Call) -> Reply:
    """POST v3 subscribe. Raises ApiError 400 for somebody who opted out: this version cannot bring them back."""
    _older(call)
    portal, body = call.portal, call.body()
    email, kind = _address(str(body.get("emailAddress") or "")), _subscription(portal, body)
    if _is_out(portal, email, kind.id):
        raise validation(f"{email} has opted out of this subscription and cannot be subscribed again")
    consent.join(portal, email, kind.id, "API", "api", _grounds(portal, body))
    return 200, _shown_v3(portal, email, kind)


def unsubscribe_v3(call: Call) -> Reply:
    """POST v3 unsubscribe, from one subscription."""
    _older(call)
    portal, body = call.portal, call.body()
    email, kind = _address(str(body.get("emailAddress") or "")), _subscription(portal, body)
    consent.leave(portal, email, kind.id, "API", "api", _grounds(portal, body))
    return 200, _shown_v3(portal, email, kind)


def _written(portal: Portal, email: str, body: Mapping[str, Any]) -> Json:
    """Carry out one status change. Raises ApiError 400."""
    _channel(str(body.get("channel") or ""))
    kind, state = _subscription(portal, body), body.get("statusState")
    if state not in consent.STATES:
        raise validation(f"statusState {state!r} is none of {', '.join(consent.STATES)}")
    grounds, was = _grounds(portal, body), _state(portal, email, kind.id)
    if state == consent.SUBSCRIBED:
        known = consent.preference(portal, email, kind.id)
        own = known is not None and known.state == consent.UNSUBSCRIBED and known.source == consent.SELF
        if own and portal.switches.own_opt_out_is_final:
            raise validation(f"{email} opted out and cannot be subscribed again by an integration")
        consent.join(portal, email, kind.id, "API", "api", grounds)
    elif state == consent.UNSUBSCRIBED:
        consent.leave(portal, email, kind.id, "API", "api", grounds)
    else:
        consent.unspecify(portal, email, kind.id, "API", "api")
    back = was == consent.UNSUBSCRIBED and state == consent.SUBSCRIBED
    reason = _SAME if was == state else _BACK if back else ""
    return _shown(portal, email, kind, reason)


def _grounds(portal: Portal, body: Mapping[str, Any]) -> Grounds:
    """The legal basis; with data privacy settings on it must be given. Raises ApiError 400."""
    basis, said = body.get("legalBasis"), str(body.get("legalBasisExplanation") or "")
    if basis is not None and (not isinstance(basis, str) or basis not in BASES):
        raise validation(f"legalBasis {basis!r} is none of {', '.join(sorted(BASES))}")
    if portal.switches.data_privacy and not (basis and said):
        raise validation("legalBasis and legalBasisExplanation are required: data privacy settings are on")
    return Grounds(basis or "", said)


def _subscription(portal: Portal, body: Mapping[str, Any]) -> Subscription:
    known = portal.subscriptions.get(str(body.get("subscriptionId") or ""))
    if known is None:
        raise validation(f"Subscription {body.get('subscriptionId')} does not exist")
    return known


def _address(text: str) -> str:
    try:
        return email_address(text)
    except Wrong as error:
        raise validation(str(error)) from None


def _asked(call: Call) -> None:
    """Hold a call's query to what there is: e-mail, and one business unit. Raises ApiError 400."""
    _channel(call.request.param("channel"))
    _unit(call)


def _unit(call: Call) -> None:
    unit = call.request.param("businessUnitId") or "0"
    if unit != "0":
        raise validation(f"Business unit {unit} does not exist")


def _channel(name: str) -> None:
    if name != "EMAIL":
        raise validation(f"channel {name!r} is not supported: EMAIL")


def _newer(call: Call) -> None:
    if call.version == "v3":
        raise not_found()


def _older(call: Call) -> None:
    if call.version != "v3":
        raise not_found()


def _is_out(portal: Portal, email: str, subscription: str) -> bool:
    return _state(portal, email, subscription) == consent.UNSUBSCRIBED


def _state(portal: Portal, email: str, subscription: str) -> str:
    known = consent.preference(portal, email, subscription)
    return known.state if known is not None else consent.UNSPECIFIED


def _every(portal: Portal, email: str, reason: str = "") -> list[Json]:
    return [_shown(portal, email, each, reason) for each in portal.subscriptions.values()]


def _wide(portal: Portal, email: str) -> list[Json]:
    if not consent.left_all(portal, email):
        return []
    held = portal.preferences[email][""]
    return [{"wideStatusType": "PORTAL_WIDE", **_said(email, held), "status": consent.UNSUBSCRIBED}]


def _shown(portal: Portal, email: str, kind: Subscription, reason: str) -> Json:
    known = consent.preference(portal, email, kind.id)
    if known is None:  # the specification has a moment for every status
        known = Preference(consent.UNSPECIFIED, "", portal.now(), "", "")
    line = {**_said(email, known), "subscriptionId": int(kind.id), "subscriptionName": kind.name}
    return {**line, "setStatusSuccessReason": reason or None}


def _said(email: str, known: Preference) -> Json:
    return {
        "businessUnitId": 0,
        "channel": "EMAIL",
        "subscriberIdString": email,
        "status": known.state,
        "source": known.source,
        "legalBasis": known.basis or None,
        "legalBasisExplanation": known.explanation or None,
        "timestamp": known.at or None,
    }


def _shown_v3(portal: Portal, email: str, kind: Subscription) -> Json:
    state = _state(portal, email, kind.id)
    everything = consent.left_all(portal, email)
    return {
        "id": kind.id,
        "name": kind.name,
        "description": "",
        "status": "SUBSCRIBED" if state == consent.SUBSCRIBED else "NOT_SUBSCRIBED",
        "sourceOfStatus": "PORTAL_WIDE_STATUS" if everything else "SUBSCRIPTION_STATUS",
    }


def _definition(kind: Subscription) -> Json:
    return {
        "id": kind.id,
        "name": kind.name,
        "description": "",
        "purpose": "Marketing",
        "communicationMethod": "Email",
        "isActive": True,
        "isDefault": False,
        "isInternal": False,
        "businessUnitId": 0,
        "createdAt": kind.created,
        "updatedAt": kind.created,
    }


def _done(portal: Portal, results: list[Json]) -> Json:
    now = portal.now()
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


ROUTES: Final[dict[str, Handler]] = {
    "GET communication-preferences/definitions": definitions,
    "POST communication-preferences/statuses/batch/read": batch(_read_one),
    "POST communication-preferences/statuses/batch/write": batch(_write_one, asked=False),
    "POST communication-preferences/statuses/batch/unsubscribe-all": batch(_leave_one),
    "POST communication-preferences/statuses/batch/unsubscribe-all/read": batch(_left_one),
    "GET communication-preferences/statuses/{email}": statuses,
    "POST communication-preferences/statuses/{email}": write,
    "GET communication-preferences/statuses/{email}/unsubscribe-all": left_all,
    "POST communication-preferences/statuses/{email}/unsubscribe-all": leave_all,
    "GET communication-preferences/status/email/{email}": status_v3,
    "POST communication-preferences/subscribe": subscribe_v3,
    "POST communication-preferences/unsubscribe": unsubscribe_v3,
}
