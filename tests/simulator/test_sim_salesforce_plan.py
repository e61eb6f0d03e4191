"""Indexes change the cost of a statement and never its answer: any condition against a plain look at every row."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sim_salesforce import Org, new_org

from crmsync.simulator.salesforce.soql.names import Scope
from crmsync.simulator.salesforce.soql.parser import parse
from crmsync.simulator.salesforce.soql.predicate import Compiler

CITIES = ("Ulm", "Bonn", "ulm")


def crowd() -> Org:
    """Twelve Leads on five stamps, shared e-mails, some changed after others, two deleted."""
    org = new_org()
    ids = []
    for n in range(12):
        if n % 3 == 0:
            org.clock.advance(1)
        values: dict[str, Any] = {"City": CITIES[n % 3]} | (
            {"Email": f"p{n % 4}@one.example"} if n % 5 else {}
        )
        ids.append(org.lead(**values))
    org.clock.advance(1)
    for n in (7, 2, 4):
        org.sim.edit("Lead", ids[n], {"Email": f"p{n - 1}@one.example"})
    for n in (3, 7):
        org.sim.delete("Lead", ids[n])
    return org


CROWD = crowd()
IDS = [str(r["Id"]) for r in CROWD.sim.state()["Lead"]]
stamps = st.integers(14, 21).map(lambda s: f"2026-11-02T09:30:{s}Z")
mails = st.integers(0, 7).map(lambda n: f"'P{n}@one.example'")
ids = st.sampled_from([f"'{i}'" for i in (*IDS, "00Q000000000001AAA")])
signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
leaves = st.one_of(
    st.builds("SystemModstamp {} {}".format, signs, stamps),
    st.builds("Email {} {}".format, st.sampled_from(["=", "!="]), mails | st.just("null")),
    st.builds("Id {} {}".format, signs, ids),
    st.builds(
        lambda op, v: f"Email {op} ({', '.join(v)})",
        st.sampled_from(["IN", "NOT IN"]),
        st.lists(mails, min_size=1, max_size=3),
    ),
    st.builds(
        lambda op, v: f"Id {op} ({', '.join(v)})",
        st.sampled_from(["IN", "NOT IN"]),
        st.lists(ids, min_size=1, max_size=3),
    ),
    st.builds("City = '{}'".format, st.sampled_from(CITIES)),
    st.just("Id IN (SELECT ConvertedContactId FROM Lead WHERE IsConverted = true)"),
    st.just("SystemModstamp = TODAY"),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=6,
)
orders = st.sampled_from(
    ["", " ORDER BY Id", " ORDER BY SystemModstamp, Id", " ORDER BY SystemModstamp", " ORDER BY Email, Id"]
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(conditions, orders, st.booleans())
def test_a_planned_statement_finds_what_a_look_at_every_row_finds(
    where: str, order: str, deleted: bool
) -> None:
    soql = f"SELECT Id, SystemModstamp, Email FROM Lead WHERE {where}{order}"
    found = CROWD.rows(soql, "queryAll" if deleted else "query")
    assert sorted(r["Id"] for r in found) == plain(soql, deleted)
    if order:
        keys = [
            tuple((r[n.strip()] is not None, r[n.strip()] or "") for n in order[10:].split(","))
            for r in found
        ]
        assert keys == sorted(keys)


def plain(soql: str, deleted: bool) -> list[str]:
    """Ids of every row that the condition is true of, without an index."""
    org, query = CROWD.sim.org, parse(soql)
    scope, entity = Scope(org), org.schema.entities["Lead"]

    def left(node: Any) -> Any:
        hops, item = scope.resolve(soql, entity, node)
        return scope.getter(hops, item), item

    assert query.where is not None
    test = Compiler(soql, left, lambda _sub: frozenset(), date(2026, 11, 2)).test(query.where)
    rows = org.tables["Lead"].rows.values()
    return sorted(str(r["Id"]) for r in rows if test(r) and (deleted or not r["IsDeleted"]))
