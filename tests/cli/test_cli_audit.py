"""`crmsync audit` with the real command over real HTTP: clean, then with a change that no cycle noticed."""

from __future__ import annotations

from pathlib import Path

from cli_desk import crms, desk

KEYS = {"person", "side", "object", "id", "field", "kind", "detail"}


def test_an_audit_finds_what_no_sync_noticed_and_leaves_it_to_the_next(tmp_path: Path) -> None:
    with crms("--people", "12") as simulated:
        here = desk(tmp_path, simulated, everybody=True)
        here.run("setup", "--apply")
        early = here.run("audit", "--json", code=2)
        assert "crmsync sync" in early.json["error"]["fix"]
        here.run("sync", "--approve")
        here.run("sync")
        before = simulated.mark()
        clean = here.run("audit", "--json").json
        assert (clean["drifted"], clean["items"]) == (0, [])
        assert clean["compared"] >= sum(simulated.counts().values())
        assert "nothing was missed" in here.run("audit").out
        assert simulated.writes(before) == []

        lead = next(r for r in simulated.people()["salesforce"] if r["object"] == "Lead")
        one = {"object": "Lead", "id": lead["Id"]}
        late = {**one, "values": {"Title": "CTO"}, "began": "2020-01-01T00:00:00+00:00"}
        simulated.admin("act", **{"side": "salesforce", "act": "commit_late", "with": late})
        here.run("sync")
        assert simulated.writes(before) == []
        shown = here.run("audit", "--json", code=1).json
        assert set(shown) == {"compared", "drifted", "items", "pending"}
        [item] = shown["items"]
        assert set(item) == KEYS
        assert (item["kind"], item["id"], item["field"]) == ("changed", lead["Id"], "Title")
        assert simulated.writes(before) == []
        here.run("sync")
        assert any(r.get("jobtitle") == "CTO" for r in simulated.people()["hubspot"])
        assert here.run("audit", "--json").json["drifted"] == 0

        simulated.admin("delete", side="salesforce", **one)
        simulated.admin("act", **{"side": "salesforce", "act": "purge", "with": one})
        told = here.run("audit", code=1)
        assert "absent: no longer there" in told.out
        assert f"Lead {lead['Id']}  the whole record" in told.out
        assert "1 found" in told.out
        assert simulated.people()["hubspot"]
