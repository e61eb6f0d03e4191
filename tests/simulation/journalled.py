"""I8: each write has an intent committed before it. Looks at every request on its way to a vendor, and at the store."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from crmsync.simulator.wire import Request, Response, Vendor
from crmsync.store import SqlStore
from crmsync.store import schema as t

_HUBSPOT: Final = re.compile(
    r"/objects/[^/]+/contacts/batch/(update|upsert|create)$|/contacts/batch/(update|upsert|create)$"
)
_SALESFORCE_ROW: Final = re.compile(r"/sobjects/(Lead|Contact)/([0-9A-Za-z]{15,18})$")
KEY: Final = "crmsync_id__c"
_SENT: Final = sa.select(t.intent.c.native_id, t.intent.c.key).where(t.intent.c.status == "sent")


def written(request: Request) -> Iterator[str]:
    """The id, or for a create the key, of each person that a request would write; "" for one that names neither."""
    if request.method not in ("POST", "PATCH"):
        return
    if _HUBSPOT.search(request.path):
        yield from (str(one.get("id") or "") for one in _body(request)["inputs"])
    elif "/composite/sobjects" in request.path:
        people = (
            r for r in _body(request).get("records", ()) if r["attributes"]["type"] in ("Lead", "Contact")
        )
        yield from (str(r.get("id") or r.get(KEY) or "") for r in people)
    elif request.path.endswith("/composite"):
        parts = (p for p in _body(request)["compositeRequest"] if p["method"] in ("PATCH", "POST"))
        yield from (found.group(2) for p in parts if (found := _SALESFORCE_ROW.search(p["url"])))
    elif request.method == "PATCH" and (found := _SALESFORCE_ROW.search(request.path)):
        yield found.group(2)


def _body(request: Request) -> Any:
    return json.loads(request.body)


def unjournalled(store: SqlStore, request: Request) -> Iterator[str]:
    """What a request would write although the store holds no intent that was committed as `sent` for it."""
    names = list(written(request))
    if not names:
        return
    with store.reading() as db:
        sent = {name for row in db.rows(_SENT) for name in row}
    yield from (
        f"I8 {request.method} {request.path} writes {name or 'nobody in particular'} without an intent"
        for name in names
        if not name or name not in sent
    )


@dataclass(slots=True)
class Watched:
    """A vendor whose callers are held to their journal; what they wrote without it goes to `wrong`."""

    inner: Vendor
    store: SqlStore
    wrong: list[str]

    @property
    def side(self) -> str:
        return self.inner.side

    def handle(self, request: Request) -> Response:
        self.wrong += unjournalled(self.store, request)
        return self.inner.handle(request)
