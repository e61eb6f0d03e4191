"""Opening, migrating and refusing a store; its lease."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from store_builders import NOW, later, sqlite_url

from crmsync.errors import FatalError, LeaseError
from crmsync.model.ports import Store
from crmsync.model.transaction import Tx
from crmsync.store import SqlStore, open_store
from crmsync.store.migrations.runner import SCRIPTS
from crmsync.store.revision import HEAD, KNOWN
from crmsync.store.schema import metadata
from crmsync.store.tx import SqlTx


def as_store(store: SqlStore) -> Store:
    return store


def test_every_word_of_the_protocols_is_there() -> None:
    wanted = {name for name in vars(Tx) if not name.startswith("_")}
    assert wanted <= set(vars(SqlTx))
    assert {name for name in vars(Store) if not name.startswith("_")} <= set(vars(SqlStore))


def test_an_empty_place_becomes_a_store(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/new/crmsync.db")
    with store.transaction() as tx:
        tx.put("a", "1")
    store.close()
    again = open_store(f"sqlite:///{tmp_path}/new/crmsync.db")
    with again.transaction() as tx:
        assert tx.get("a") == "1"
    again.close()


def test_the_migrations_make_the_schema(store: SqlStore) -> None:
    with store.reading() as db:
        context = MigrationContext.configure(db.conn, opts={"compare_type": True})
        found = [d for d in compare_metadata(context, metadata) if "counter" not in str(d)]
    assert found == []


def test_the_head_is_the_newest_migration() -> None:
    assert SCRIPTS.get_heads() == [HEAD]
    assert {script.revision for script in SCRIPTS.walk_revisions()} == KNOWN


def test_a_store_of_a_newer_crmsync_is_refused(store: SqlStore, tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(FatalError, match=r"schema 9999.*newer") as error:
        open_store(url)
    assert "Install the newer crmsync" in error.value.fix


@pytest.mark.parametrize("url", ["nonsense", "mysql://x@db.example/y", "sqlite:////proc/no/such.db"])
def test_a_wrong_address_says_what_to_do(url: str) -> None:
    with pytest.raises(FatalError) as error:
        open_store(url)
    assert error.value.fix


def test_an_up_to_date_store_opens_without_alembic(tmp_path: Path) -> None:
    code = (
        "import sys; from crmsync.store import open_store; open_store(sys.argv[1]).close();"
        "sys.exit('alembic' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code, sqlite_url(tmp_path)], check=False)
    assert ran.returncode == 0


def test_sqlite_survives_a_power_cut(tmp_path: Path) -> None:
    store = open_store(sqlite_url(tmp_path))
    with store.reading() as db:
        assert db.conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert db.conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


def test_a_second_writer_waits_and_loses_nothing(store: SqlStore) -> None:
    def count() -> None:
        for _ in range(20):
            with store.transaction() as tx:
                tx.spend("hubspot", "read", 1, "2026-03-02")
                tx.mint({})

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as db:
        calls = db.rows(sa.text("SELECT calls FROM budget WHERE connection_id = :cid"))
    assert [row.calls for row in calls] == [40]


def test_one_owner_holds_the_lease(store: SqlStore) -> None:
    assert store.lease() is None
    first = store.acquire("a", NOW, 60)
    assert store.lease() == ("a", later(60))
    with pytest.raises(LeaseError, match="a works on this store"):
        store.acquire("b", later(59), 60)
    store.renew(first, later(30), 60)
    second = store.acquire("b", later(31), 60, takeover=True)
    assert second > first
    with pytest.raises(LeaseError):
        store.renew(first, later(32), 60)
    store.free(first)
    assert store.lease() == ("b", later(91))
    store.free(second)
    assert store.lease() is None
    assert store.acquire("c", later(33), 60) > second


def test_a_lease_that_ran_out_can_be_taken(store: SqlStore) -> None:
    store.acquire("a", NOW, 60)
    assert store.acquire("b", later(60), 60) == 2


OPEN = "import sys; from crmsync.store import open_store; sys.stdin.read(1); open_store(sys.argv[1]).close()"


def test_many_processes_may_open_a_new_store_at_the_same_moment(tmp_path: Path) -> None:
    for n in range(3):
        command = [sys.executable, "-c", OPEN, f"sqlite:///{tmp_path / f'{n}.db'}"]
        started = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]
        for process in started:
            assert process.stdin is not None
            process.stdin.write(b"x")
            process.stdin.flush()
        for process in started:
            _, told = process.communicate(timeout=60)
            assert process.returncode == 0, told.decode()
