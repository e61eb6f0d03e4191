"""The people of the living world and where they stand in the two CRMs, kept up to date from the ledger alone.

Reads each ledger line once; never looks at the vendors' tables. What other software writes is read like the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from crmsync.simulator.ledger import Entry, Ledger
from crmsync.simulator.people import PLACES, Firm
from crmsync.simulator.world.hours import stream

CONTACT, LEAD, PERSON = "contacts", "Lead", "Contact"
"""A HubSpot contact, a Salesforce Lead, a Salesforce Contact."""

_NAMES: Final[Mapping[str, tuple[str, str, str, str, str]]] = {
    CONTACT: ("email", "firstname", "lastname", "jobtitle", "company"),
    LEAD: ("Email", "FirstName", "LastName", "Title", "Company"),
    PERSON: ("Email", "FirstName", "LastName", "Title", "Company"),
}
_KEYS: Final = ("crmsync_id", "crmsync_id__c")
"""How software that syncs says whose record it makes: the last part of the key is the id on the other side."""

_SENIOR: Final = ("CEO", "CTO", "CFO", "VP", "Head", "Director", "Managing")


@dataclass(frozen=True, slots=True)
class Truth:
    """What nobody in the CRMs knows: how well somebody fits and how interested they are, 0-1.

    `chance` is the probability that they buy once sales has taken them up.
    """

    fit: float
    interest: float
    chance: float


@dataclass(slots=True)
class Soul:
    """One real person. `records` are the live ids by object; the first one is the one that people work with."""

    number: int
    email: str
    first: str
    last: str
    title: str
    company: str
    truth: Truth
    records: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    campaigns: dict[str, str] = field(default_factory=dict)
    """Campaign -> their membership, the latest last; `responded` are those they came to."""
    responded: set[str] = field(default_factory=set)
    forgotten: bool = False
    """Whether they asked HubSpot to delete them for good; their address is refused there from then on."""
    rep: int = 0
    progress: str = "new"

    def one(self, obj: str) -> str | None:
        """The id of their record of an object, if there is a live one."""
        ids = self.records.get(obj)
        return ids[0] if ids else None

    @property
    def domain(self) -> str:
        """Of their address; "" when they have none."""
        return self.email.rpartition("@")[2]


class Roster:
    """Everybody, and who is who. `fresh` are souls that came up since somebody last emptied it."""

    def __init__(self, seed: int, ledger: Ledger) -> None:
        self.seed, self.ledger = seed, ledger
        self.souls: list[Soul] = []
        self.fresh: list[Soul] = []
        self.by_email: dict[str, Soul] = {}
        self.of: dict[str, Soul] = {}
        """Record id -> its person; ids of merged, converted and deleted records stay."""
        self.doubles: dict[str, dict[int, None]] = defaultdict(dict)
        """Object -> people with more than one live record of it, in the order in which they came to be so."""
        self.opted_out: dict[int, None] = {}
        """People who opted out in HubSpot and did not come back."""
        self.bin: dict[str, dict[str, None]] = defaultdict(dict)
        """Object -> deleted records that can come back."""
        self.firms: dict[str, Firm] = {}
        self.accounts: dict[str, str] = {}
        self.companies: dict[str, str] = {}
        self.taken: set[str] = set()
        self.author: Soul | None = None
        """Whose record is being made just now."""
        self._read = 0

    def read(self) -> None:
        """Take note of everything that was written since the last time."""
        entries = self.ledger.entries
        while self._read < len(entries):
            entry = entries[self._read]
            self._read += 1
            if entry.object in _NAMES:
                self._person(entry)
            elif entry.object in ("Account", "companies"):
                self._firm(entry)

    # -- people ---------------------------------------------------------------------------------------------
    def _person(self, entry: Entry) -> None:
        if entry.op == "create":
            self._born(entry)
            self._consent(entry)
        elif entry.op == "update":
            self._consent(entry)
            email = entry.after.get(_NAMES[entry.object][0])
            soul = self.of.get(entry.id)
            if email and soul is not None:
                self._renamed(soul, str(email).lower())
        elif entry.op == "merge":
            self._merged(entry)
        elif entry.op in ("delete", "convert"):
            self._drop(entry.object, entry.id)
            self.bin[entry.object].pop(entry.id, None)
            if entry.op == "delete" and entry.after:  # a purge leaves nothing
                self.bin[entry.object][entry.id] = None
        elif entry.op == "privacy":
            self._forgotten(entry)
        elif entry.op == "restore":
            self.bin[entry.object].pop(entry.id, None)
            if entry.id in self.of:
                self._add(self.of[entry.id], entry.object, entry.id)

    def _born(self, entry: Entry) -> None:
        after = entry.after
        email, first, last, title, company = (str(after.get(name) or "") for name in _NAMES[entry.object])
        email = email.lower()
        soul = self.author or self._origin(after) or self.by_email.get(email)
        if soul is None:
            soul = self._new(email, first, last, title, company)
        elif email and not soul.email:
            self._renamed(soul, email)
        if email:
            self.by_email.setdefault(email, soul)
            self.taken.add(email)
        self._add(soul, entry.object, entry.id)

    def _forgotten(self, entry: Entry) -> None:
        self._drop(entry.object, entry.id)
        self.bin[entry.object].pop(entry.id, None)
        soul = self.of.get(entry.id)
        if soul is not None:
            soul.forgotten = True
            self.opted_out.pop(soul.number, None)

    def _consent(self, entry: Entry) -> None:
        out, soul = entry.after.get("hs_email_optout"), self.of.get(entry.id)
        if out == "true" and soul is not None:
            self.opted_out[soul.number] = None
        elif out is not None and soul is not None:
            self.opted_out.pop(soul.number, None)

    def _origin(self, after: Mapping[str, Any]) -> Soul | None:
        for name in _KEYS:
            key = after.get(name)
            if key:
                return self.of.get(str(key).rpartition(":")[2])
        return None

    def _new(self, email: str, first: str, last: str, title: str, company: str) -> Soul:
        number = len(self.souls)
        rng = stream(self.seed, "truth", number)
        senior = any(word in title for word in _SENIOR)
        fit = 0.35 * senior + 0.65 * rng.betavariate(2, 2)
        interest = rng.betavariate(1.3, 2.2)
        truth = Truth(fit, interest, fit * interest * 0.9 + 0.02)
        soul = Soul(number, email, first, last, title, company, truth)
        self.souls.append(soul)
        self.fresh.append(soul)
        return soul

    def _renamed(self, soul: Soul, email: str) -> None:
        soul.email = email
        self.taken.add(email)
        self.by_email.setdefault(email, soul)

    def _merged(self, entry: Entry) -> None:
        """HubSpot: one line at the survivor, which is new. Salesforce: one line at each loser."""
        if entry.object != CONTACT:
            self._drop(entry.object, entry.id)
            return
        merged = [str(id) for id in entry.before.get("ids", ())]
        for id in merged:
            self._drop(CONTACT, id)
        soul = self.of.get(merged[0]) if merged else None
        if soul is not None:
            self._add(soul, CONTACT, entry.id)

    def _add(self, soul: Soul, obj: str, id: str) -> None:
        self.of[id] = soul
        ids = soul.records.setdefault(obj, [])
        if id not in ids:
            ids.append(id)
        if len(ids) > 1:
            self.doubles[obj][soul.number] = None

    def _drop(self, obj: str, id: str) -> None:
        soul = self.of.get(id)
        ids = soul.records.get(obj, []) if soul else []
        if soul is not None and id in ids:
            ids.remove(id)
            if len(ids) < 2:
                self.doubles[obj].pop(soul.number, None)

    # -- firms ----------------------------------------------------------------------------------------------
    def _firm(self, entry: Entry) -> None:
        if entry.op != "create":
            return
        after = entry.after
        if entry.object == "companies":
            self.companies[str(after.get("domain") or "")] = entry.id
            return
        domain = str(after.get("Website") or "").rpartition("//")[2].removeprefix("www.").partition("/")[0]
        if domain and domain not in self.accounts:
            self.accounts[domain] = entry.id
            name, kind = str(after.get("Name") or domain), str(after.get("Type") or "Prospect")
            place = next((p for p in PLACES if p.city == after.get("BillingCity")), PLACES[0])
            self.firms[domain] = Firm(name, domain, "", kind, place)
