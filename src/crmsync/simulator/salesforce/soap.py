"""The partner SOAP API as an envelope: what was asked, by which session, and answers and faults in XML.

What the few operations do is in soap_calls.py; every other operation is refused as one that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from crmsync.simulator.wire import Response

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
PARTNER = "urn:partner.soap.sforce.com"
FAULT = "urn:fault.partner.soap.sforce.com"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "text/xml;charset=UTF-8"
Values = dict[str, str | bool | list[str] | None]
"""What a result says, by the names of its elements."""


class SoapFault(Exception):
    """A refused operation: the code is the vendor's ExceptionCode, "" for a mistake of the envelope itself."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation with its element, the session it names, and the options of its header."""

    operation: str
    body: Element
    session: str
    allow_duplicates: bool


def read(data: bytes) -> Asked:
    """Raises SoapFault for what is no envelope with one operation."""
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - from this machine, and the library expands no files
    except ElementTree.ParseError:
        raise SoapFault("", "Content is not allowed in prolog.") from None
    body = root.find(f"{{{ENVELOPE}}}Body")
    calls = [] if body is None else list(body)
    if len(calls) != 1:
        raise SoapFault("", "The envelope needs a body with one operation")
    session = text(root, "sessionId")
    return Asked(name(calls[0]), calls[0], session, text(root, "allowSave") == "true")


def name(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def children(element: Element, wanted: str) -> list[Element]:
    """The children of this name, whatever their namespace."""
    return [child for child in element if name(child) == wanted]


def text(element: Element, wanted: str) -> str:
    """The text of the first element of this name anywhere below, "" when there is none or it is nil."""
    found = next((e for e in element.iter() if name(e) == wanted), None)
    return "" if found is None else (found.text or "").strip()


def result(values: Values, tag: str = "result") -> str:
    """An element with one child for each value: None is nil, a list repeats."""
    inner = "".join(_child(key, one) for key, value in values.items() for one in _listed(value))
    return f"<{tag}>{inner}</{tag}>"


def answer(operation: str, results: list[str]) -> Response:
    """200 with the results of an operation."""
    return _sent(200, f"<{operation}Response>{''.join(results)}</{operation}Response>")


def fault(refusal: SoapFault) -> Response:
    """500 with a fault, as SOAP 1.1 wants it."""
    code, message = escape(refusal.code), escape(refusal.message)
    if not code:
        return _sent(500, _FAULT.format(code="soapenv:Client", said=message, detail=""))
    inner = f"<sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{message}</sf:exceptionMessage>"
    detail = f"<detail><sf:fault>{inner}</sf:fault></detail>"
    return _sent(500, _FAULT.format(code=f"sf:{code}", said=f"{code}: {message}", detail=detail))


_FAULT = (
    '<soapenv:Fault><faultcode xmlns="">{code}</faultcode><faultstring xmlns="">{said}</faultstring>'
    "{detail}</soapenv:Fault>"
)


def _sent(status: int, body: str) -> Response:
    spaces = f'xmlns:soapenv="{ENVELOPE}" xmlns="{PARTNER}" xmlns:sf="{FAULT}" xmlns:xsi="{XSI}"'
    head = f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope {spaces}>'
    text = f"{head}<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    return Response(status, text.encode(), {"Content-Type": XML})


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _child(key: str, value: object) -> str:
    if value is None:
        return f'<{key} xsi:nil="true"/>'
    return f"<{key}>{escape(str(value).lower() if isinstance(value, bool) else str(value))}</{key}>"
