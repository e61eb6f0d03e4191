"""`python -m tests.benchmarks.simulator`: does a simulated vendor stay quick and small with 100,000 people?

Each vendor and size lives in a process of its own, filled with people of 20 values each; half of the values are a
person's own, half repeat, as a country does. A call's time is the median
of several, in process, without a socket; the figure that counts is its ratio to the same call at the small size.
`CRMSYNC_BENCH_SCALE` sets the large size.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from crmsync.simulator.cluster import Cluster
from crmsync.simulator.wire import Request, Response

SMALL, LARGE = 1_000, int(os.environ.get("CRMSYNC_BENCH_SCALE", "100000"))
RUNS = 15
OWN = 9
MOST_RATIO, MOST_MB = 3.0, 250.0
HUBSPOT_TEXT = [
    "firstname",
    "lastname",
    "jobtitle",
    "company",
    "phone",
    "mobilephone",
    "fax",
    "website",
    "address",
    "city",
    "state",
    "zip",
    "country",
    "industry",
    "salutation",
    "school",
    "degree",
    "message",
    "seniority",
]
SALESFORCE_TEXT = [
    "FirstName",
    "LastName",
    "Title",
    "Company",
    "Phone",
    "MobilePhone",
    "Fax",
    "Website",
    "Street",
    "City",
    "State",
    "PostalCode",
    "Country",
    "Description",
    "LeadSource",
    "Industry",
    "Rating",
    "Salutation",
    "Jigsaw",
]


def main() -> int:
    """Measure all, print a table, and answer 1 when a limit is missed."""
    if len(sys.argv) == 3:
        sys.stdout.write(json.dumps(_measured(sys.argv[1], int(sys.argv[2]))))
        return 0
    missed = False
    sys.stdout.write(f"{'call':34}{SMALL:>10,}{LARGE:>12,}{'ratio':>8}\n")
    for side in ("hubspot", "salesforce"):
        small, large = _child(side, SMALL), _child(side, LARGE)
        for name in small["ms"]:
            ratio = large["ms"][name] / small["ms"][name]
            missed |= ratio > MOST_RATIO
            sys.stdout.write(
                f"{name:34}{small['ms'][name]:>7.2f} ms{large['ms'][name]:>9.2f} ms{ratio:>8.2f}\n"
            )
        missed |= large["mb"] > MOST_MB
        sys.stdout.write(
            f"{side + ': memory of the people':34}{small['mb']:>7.1f} MB{large['mb']:>9.1f} MB\n"
        )
    sys.stdout.write(
        f"limits: ratio {MOST_RATIO:g}, {MOST_MB:g} MB a side: {'MISSED' if missed else 'kept'}\n"
    )
    return int(missed)


def _child(side: str, people: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.simulator", side, str(people)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def _measured(side: str, people: int) -> dict[str, Any]:
    cluster = Cluster(seed=1)
    before = _rss_mb()
    ids = _fill(cluster, side, people)
    grown = _rss_mb() - before
    calls = _hubspot(cluster, ids) if side == "hubspot" else _salesforce(cluster, ids)
    return {"mb": grown, "ms": {f"{side}: {name}": _median_ms(call) for name, call in calls.items()}}


def _fill(cluster: Cluster, side: str, people: int) -> list[str]:
    """20 values a person, and a second of virtual time for every 50 of them."""
    crm = cluster.hubspot if side == "hubspot" else cluster.salesforce
    texts, kind, email = (
        (HUBSPOT_TEXT, "contacts", "email") if side == "hubspot" else (SALESFORCE_TEXT, "Lead", "Email")
    )
    ids = []
    for n in range(people):
        if n % 50 == 0:
            cluster.clock.advance(1)
        values = {name: f"{name} {n if at < OWN else n % 50}"[:20] for at, name in enumerate(texts)}
        ids.append(crm.create(kind, {**values, email: f"p{n}@a.example"}))
    return ids


def _hubspot(cluster: Cluster, ids: list[str]) -> Mapping[str, Callable[[int], None]]:
    post = _sender(cluster, "hubspot", {"authorization": f"Bearer {cluster.hubspot.access_token}"})
    base, half = "/crm/v3/objects/contacts", ids[len(ids) // 2 :]
    recent = int((cluster.clock.now() - timedelta(seconds=15)).timestamp() * 1000)
    changed = {"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(recent)}]}
    return {
        "search by time": lambda n: post(
            "POST", f"{base}/search", {"filterGroups": [changed], "limit": 200}
        ),
        "search by e-mail": lambda n: post(
            "POST",
            f"{base}/search",
            {"filters": [{"propertyName": "email", "operator": "EQ", "value": f"p{n}@a.example"}]},
        ),
        "list page of 100": lambda n: post("GET", base, None, (("limit", "100"), ("after", half[n]))),
        "batch read of 100": lambda n: post(
            "POST", f"{base}/batch/read", {"properties": HUBSPOT_TEXT, "inputs": [{"id": i} for i in half[n : n + 100]]}
        ),
        "batch update of 100": lambda n: post(
            "POST",
            f"{base}/batch/update",
            {"inputs": [{"id": i, "properties": {"jobtitle": f"Chief {n}"}} for i in half[n : n + 100]]},
        ),
        "batch create of 100": lambda n: post(
            "POST",
            f"{base}/batch/create",
            {"inputs": [{"properties": {"email": f"new{n}-{k}@a.example"}} for k in range(100)]},
        ),
    }  # fmt: skip


def _salesforce(cluster: Cluster, ids: list[str]) -> Mapping[str, Callable[[int], None]]:
    org = cluster.salesforce
    form = f"grant_type=client_credentials&client_id={org.consumer_key}&client_secret={org.consumer_secret}"
    token = json.loads(org.handle(Request("POST", "/services/oauth2/token", body=form.encode())).body)[
        "access_token"
    ]
    send = _sender(cluster, "salesforce", {"authorization": f"Bearer {token}"})
    base, half = "/services/data/v62.0", ids[len(ids) // 2 :]
    names = ", ".join(["Id", "Email", *SALESFORCE_TEXT])
    since = (cluster.clock.now() - timedelta(seconds=15)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def query(soql: str) -> None:
        send("GET", f"{base}/query", None, (("q", soql),))

    return {
        "query by time": lambda n: query(
            f"SELECT Id, SystemModstamp FROM Lead WHERE SystemModstamp >= {since} ORDER BY SystemModstamp, Id LIMIT 200"
        ),
        "query by e-mail": lambda n: query(f"SELECT {names} FROM Lead WHERE Email = 'p{n}@a.example'"),
        "query page of 500 by id": lambda n: query(
            f"SELECT {names} FROM Lead WHERE Id > '{half[n]}' ORDER BY Id LIMIT 500"
        ),
        "collections update of 200": lambda n: send(
            "PATCH",
            f"{base}/composite/sobjects",
            {"records": [{"attributes": {"type": "Lead"}, "id": i, "Title": f"Chief {n}"} for i in half[n : n + 200]]},
        ),
        "collections create of 200": lambda n: send(
            "POST",
            f"{base}/composite/sobjects",
            {"records": [{"attributes": {"type": "Lead"}, "LastName": f"N{n}-{k}", "Company": "A"} for k in range(200)]},
        ),
    }  # fmt: skip


def _sender(cluster: Cluster, side: str, headers: Mapping[str, str]) -> Callable[..., None]:
    vendor = cluster.vendor(side)

    def send(method: str, path: str, body: Any, query: tuple[tuple[str, str], ...] = ()) -> None:
        reply: Response = vendor.handle(
            Request(method, path, query, headers, b"" if body is None else json.dumps(body).encode())
        )
        if reply.status >= 300:
            raise RuntimeError(f"{method} {path}: {reply.status} {reply.body[:300]!r}")

    return send


def _median_ms(call: Callable[[int], None]) -> float:
    taken = []
    for n in range(RUNS):
        start = time.perf_counter()
        call(n)
        taken.append((time.perf_counter() - start) * 1000)
    return median(taken)


def _rss_mb() -> float:
    """Resident memory of this process now, in megabytes (Linux)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
