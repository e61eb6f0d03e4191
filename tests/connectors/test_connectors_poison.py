"""A bad row never fails its batch, wherever it stands, whether or not the vendor says which row it is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from crm_worlds import world

from crmsync.connectors.batches import Rejects, send_all
from crmsync.model.records import Verdict, Write, WriteResult


@pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
@pytest.mark.parametrize("at", range(100))
def test_one_bad_row_in_a_hundred_fails_alone_wherever_it_stands(at: int, named: bool) -> None:
    """A vendor that takes a batch whole or not at all; at best it names the field that nobody may write."""
    sent: list[int] = []

    def send(batch: Sequence[Write]) -> list[WriteResult]:
        sent.append(len(batch))
        if any(w.ref == at for w in batch):
            raise Rejects(lambda w: WriteResult(w.ref, Verdict.REJECTED), frozenset({"bad"} if named else ()))
        return [WriteResult(w.ref, Verdict.DONE) for w in batch]

    writes = [Write(n, {"bad": "x"} if n == at else {"good": "x"}, id=str(n)) for n in range(100)]
    results = {r.ref: r.verdict for r in send_all(writes, 100, send)}
    assert results == {n: Verdict.REJECTED if n == at else Verdict.DONE for n in range(100)}
    assert len(sent) <= (2 if named else 15)


@pytest.mark.parametrize("at", [0, 49, 99])
def test_a_batch_that_hubspot_refuses_whole_loses_its_bad_row_only(at: int) -> None:
    with world("hubspot", "in process") as here:
        here.cluster.hubspot.switches.update_partial = False
        people = here.people(100)
        writes = [
            Write(n, {"email": "no address" if n == at else f"n{n}@acme.example"}, id=native)
            for n, native in enumerate(people)
        ]
        results = {r.ref: r for r in here.crm.write("contacts", writes)}
        assert [n for n, r in results.items() if r.verdict is not Verdict.DONE] == [at]
        assert (results[at].verdict, results[at].code, results[at].fields) == (
            Verdict.REJECTED,
            "INVALID_EMAIL",
            ("email",),
        )
