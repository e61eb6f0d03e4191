"""A served org with the published simple-salesforce above it, unmodified. It speaks https only: an adapter leads it here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce

from crmsync.simulator.cluster import Cluster


class ToLoopback(HTTPAdapter):
    """Carries what is meant for any host to one on this machine."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._to = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        asked = urlsplit(request.url)
        request.url = urlunsplit((self._to.scheme, self._to.netloc, asked.path, asked.query, ""))
        return super().send(request, *args, **more)


@dataclass
class Org:
    """A served org and a client with a token. `name` is this test's own."""

    cluster: Cluster
    url: str
    session: requests.Session
    sf: Salesforce
    name: str = ""

    def lead(self, **values: Any) -> str:
        return str(self.sf.Lead.create({"LastName": self.name, "Company": "Acme", **values})["id"])

    def found(self, where: str = "") -> list[dict[str, Any]]:
        soql = f"SELECT Id, LastName, City FROM Lead WHERE LastName = '{self.name}' {where}"
        return list(self.sf.query_all(soql)["records"])


def logged_in(session: requests.Session, cluster: Cluster, **more: Any) -> Salesforce:
    """By client credentials, as the client does it by itself."""
    app = {
        "consumer_key": cluster.salesforce.consumer_key,
        "consumer_secret": cluster.salesforce.consumer_secret,
    }
    return Salesforce(**{**app, "domain": "acme.my", "version": "62.0", "session": session, **more})


@contextmanager
def served_org(profile: str = "plain") -> Iterator[Org]:
    """One org for the tests of a file; its clock is the real one, because the client dates its assertions."""
    cluster, session = Cluster(seed=22, speed=1.0, profile=profile), requests.Session()
    url = cluster.serve().salesforce
    cluster.salesforce.switches.page_size = 250
    session.mount("https://", ToLoopback(url))
    org = Org(cluster, url, session, logged_in(session, cluster))
    if "Lead" in {each["name"] for each in org.sf.describe()["sobjects"]}:
        for each, unique in (("Lead.Outer__c", True), ("Lead.Many__c", False)):
            _field(org, each, unique)
    yield org
    session.close()
    cluster.close()


def _field(org: Org, name: str, unique: bool) -> None:
    meta = {"type": "Text", "label": name, "length": 80, "externalId": True, "unique": unique}
    org.sf.toolingexecute("sobjects/CustomField", "POST", {"FullName": name, "Metadata": meta})
    rights = {"PermissionsRead": True, "PermissionsEdit": True}
    parent = org.cluster.salesforce.permission_set_id
    org.sf.FieldPermissions.create({"ParentId": parent, "SobjectType": "Lead", "Field": name, **rights})


def code(error: Any) -> str:
    """The first error's code."""
    return str(error.value.content[0]["errorCode"])
