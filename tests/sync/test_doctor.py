"""The doctor names what the engine relies on and misses, with its place and its fix."""

from __future__ import annotations

from pathlib import Path

from crmsync.simulator.cluster import Cluster
from crmsync.sync.doctor import examine
from engines import EVERYBODY, engine_on


def failed(
    cluster: Cluster, folder: Path, overlay: str = EVERYBODY, *, set_up: bool = True
) -> dict[str, str]:
    """Failed checks: name -> detail."""
    with engine_on(cluster, folder, overlay, set_up=set_up) as engine:
        checks = examine(engine)
        assert all(c.fix for c in checks if not c.ok)
        return {c.name: c.detail for c in checks if not c.ok}


def test_after_the_set_up_everything_is_well(tmp_path: Path) -> None:
    assert failed(Cluster(1), tmp_path) == {}


def test_before_it_the_key_is_missing_on_every_object(tmp_path: Path) -> None:
    names = failed(Cluster(2), tmp_path, set_up=False)
    assert {n for n in names if "key" in n} == {
        "hubspot contacts key crmsync_id",
        "salesforce Lead key crmsync_id__c",
        "salesforce Contact key crmsync_id__c",
    }


def test_a_mapped_field_that_our_user_cannot_see_is_named_with_its_line(tmp_path: Path) -> None:
    cluster = Cluster(3)
    cluster.salesforce.hide_field("Lead", "Title")
    found = failed(cluster, tmp_path)
    assert list(found) == ["salesforce Lead fields"]
    assert "Title" in found["salesforce Lead fields"]
    assert "mapping.yaml:" in found["salesforce Lead fields"]


def test_a_rule_over_a_property_that_does_not_exist_is_named_with_its_line(tmp_path: Path) -> None:
    found = failed(Cluster(4), tmp_path, EVERYBODY + "scope:\n  hubspot: hubspot.regoin == 'EMEA'\n")
    assert list(found) == ["scope.hubspot on contacts"]
    assert "regoin" in found["scope.hubspot on contacts"]
    assert "overlay.yaml:5:" in found["scope.hubspot on contacts"]


def test_a_blind_user_is_named(tmp_path: Path) -> None:
    cluster = Cluster(5)
    cluster.salesforce.private_sharing = True
    assert any("all records visible" in name for name in failed(cluster, tmp_path))
