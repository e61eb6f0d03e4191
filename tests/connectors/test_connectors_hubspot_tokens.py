"""HubSpot's tokens: renewed in time, once, by one; on disk before use; told to nobody; honest when they are gone."""

from __future__ import annotations

import io
import logging
import os
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from crmsync.app import Transports, build_connectors
from crmsync.connectors.hubspot import HubSpotSettings
from crmsync.connectors.hubspot.client import Client
from crmsync.errors import ConfigurationError, CrmsyncError, FatalError, TransientError
from crmsync.settings import HubSpot, Salesforce, Settings
from crmsync.simulator.clock import SimClock
from crmsync.simulator.faults import Fault, Faults
from crmsync.simulator.hubspot.portal import HubSpotSim
from crmsync.simulator.ledger import Ledger
from crmsync.simulator.mounts import HubSpotPool
from crmsync.simulator.server import serve
from crmsync.simulator.wire import Request, Response

CONTACTS = "/crm/v3/objects/contacts"
MOUNTS = pytest.mark.parametrize("mount", ["in process", "http"])


@dataclass
class Watch:
    """The simulator's clock as the connector meets it."""

    sim: SimClock

    def now(self) -> datetime:
        return self.sim.now()

    def sleep(self, seconds: float) -> None:
        self.sim.advance(seconds)


@dataclass
class Desk:
    """A portal with an installed app whose refresh token lies in a file; what reached the token endpoint."""

    folder: Path
    clock: SimClock = field(default_factory=lambda: SimClock(datetime(2026, 3, 2, 9, tzinfo=UTC)))
    side: str = "hubspot"
    refreshes: list[dict[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sim = HubSpotSim(self.clock, Ledger())
        self.faults = Faults(self.clock)
        self.app = self.sim.install_app()
        self.file = self.folder / "refresh_token"
        self.file.write_text(self.app.refresh_token + "\n")
        self._front = self.faults.around(self.sim)

    def handle(self, request: Request) -> Response:
        self.lines.append(f"{request.method} {request.path}")
        if request.path.endswith("/token"):
            self.refreshes.append(dict(parse_qsl(request.body.decode())))
        return self._front.handle(request)

    def settings(self, **changed: str) -> HubSpotSettings:
        given = {
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "refresh_token_file": str(self.file),
            "base_url": "https://hubspot.example",
        }
        return HubSpotSettings(**{**given, **changed})  # type: ignore[arg-type]

    def client(self, pool: object | None = None, **changed: str) -> Client:
        return Client(self.settings(**changed), Watch(self.clock), pool or HubSpotPool(self))


@contextmanager
def connected(desk: Desk, mount: str) -> Iterator[Client]:
    """The client over either mount."""
    if mount == "in process":
        yield desk.client()
        return
    server = serve(desk)
    client = Client(desk.settings(base_url=server.url), Watch(desk.clock))
    try:
        yield client
    finally:
        client.close()
        server.close()


def read(client: Client) -> Any:
    return client.get("scan", CONTACTS)


def held(desk: Desk) -> str:
    return desk.file.read_text().strip()


# -- in time -------------------------------------------------------------------------------------------------
@MOUNTS
def test_the_first_call_gets_a_token_and_those_after_it_use_it(mount: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with connected(desk, mount) as client:
        assert [read(client)["results"] for _ in range(3)] == [[], [], []]
    assert [form["grant_type"] for form in desk.refreshes] == ["refresh_token"]
    assert client.caller.by_purpose() == {"token": 1, "scan": 3}


@MOUNTS
@pytest.mark.parametrize("rotating", [False, True])
def test_a_token_is_renewed_before_it_runs_out(mount: str, rotating: bool, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.sim.switches.rotate_refresh_tokens = rotating
    with connected(desk, mount) as client:
        for _ in range(40):  # two hours
            read(client)
            desk.clock.advance(180)
    assert len(desk.refreshes) == 5
    assert client.caller.by_purpose()["scan"] == 40  # no call was lost to a 401
    assert (held(desk) != desk.app.refresh_token) is rotating


def test_nothing_is_asked_of_hubspot_before_a_call_needs_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.client()
    assert desk.lines == []


# -- a racy 401 ----------------------------------------------------------------------------------------------
@MOUNTS
def test_a_call_that_meets_a_token_that_ran_out_is_made_once_more(mount: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with connected(desk, mount) as client:
        read(client)
        desk.faults.add(Fault("expired", match="POST"))
        body = {"inputs": [{"properties": {"email": "ann@firm.example"}}]}
        made = client.send("create", f"{CONTACTS}/batch/create", body)
    assert len(made["results"]) == 1
    assert len(desk.sim.state()["contacts"]) == 1
    assert len(desk.refreshes) == 2


def test_a_fresh_token_that_is_refused_too_ends_the_cycle_and_after_some_of_them_the_daemon(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    desk.faults.add(Fault("unauthorized", match=CONTACTS, count=0))
    client = desk.client()
    for _ in range(2):
        with pytest.raises(TransientError, match="just given") as failed:
            read(client)
        assert not failed.value.maybe_written
        assert "CRMSYNC_HUBSPOT__CLIENT_ID" in failed.value.fix
        desk.clock.advance(150)
    with pytest.raises(FatalError, match="just given") as refused:
        read(client)
    assert refused.value.fix == failed.value.fix
    assert len(desk.refreshes) == 4  # one for the first call, one for each call that was refused


def test_a_call_that_goes_through_ends_the_count_of_refusals(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    client = desk.client()
    for _ in range(4):
        desk.faults.add(Fault("unauthorized", match=CONTACTS, count=2))
        with pytest.raises(TransientError):
            read(client)
        desk.clock.advance(400)
        assert read(client)["results"] == []


def test_many_threads_renew_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    client, start = desk.client(), threading.Barrier(8)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            start.wait()
            read(client)
        except BaseException as error:
            failed.append(error)

    lock = threading.Lock()
    handle = desk._front.handle

    class Alone:
        side = "hubspot"

        def handle(self, request: Request) -> Response:
            with lock:
                return handle(request)

    desk._front = Alone()
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(desk.refreshes) == 1


def test_two_processes_take_turns_and_each_finds_the_newest_refresh_token(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.sim.switches.rotate_refresh_tokens = True
    daemon, command = desk.client(), desk.client()
    for _ in range(3):
        read(daemon)
        read(command)
        desk.clock.advance(1700)
    used = [form["refresh_token"] for form in desk.refreshes]
    assert len(set(used)) == len(used) == 6


# -- on disk -------------------------------------------------------------------------------------------------
def test_a_new_refresh_token_is_on_disk_before_its_access_token_is_used(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.sim.switches.rotate_refresh_tokens = True
    on_disk: list[str] = []

    class Spy:
        side = "hubspot"

        def handle(self, request: Request) -> Response:
            if not request.path.endswith("/token"):
                on_disk.append(held(desk))
            return desk.handle(request)

    read(desk.client(HubSpotPool(Spy())))
    assert on_disk == [held(desk)]
    assert desk.sim.keys.grant(on_disk[0]) is not None
    assert on_disk[0] != desk.app.refresh_token


def test_the_file_is_ours_alone_and_replaced_as_a_whole(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.sim.switches.rotate_refresh_tokens = True
    desk.file.chmod(0o644)
    (tmp_path / "refresh_token.new").write_text("left by a process that died")
    before = desk.file.stat().st_ino
    read(desk.client())
    assert desk.file.stat().st_mode & 0o777 == 0o600
    assert desk.file.stat().st_ino != before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["refresh_token", "refresh_token.lock"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_command_that_root_runs_leaves_the_file_to_the_service(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.sim.switches.rotate_refresh_tokens = True
    os.chown(desk.file, 4711, 4712)
    read(desk.client())
    owners = {path.name: (path.stat().st_uid, path.stat().st_gid) for path in tmp_path.iterdir()}
    assert owners == {"refresh_token": (4711, 4712), "refresh_token.lock": (4711, 4712)}


def test_a_token_that_is_not_replaced_leaves_the_file_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    before = desk.file.stat().st_mtime_ns
    read(desk.client())
    assert desk.file.stat().st_mtime_ns == before


def test_a_token_that_cannot_be_kept_is_not_used_and_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    desk.sim.switches.rotate_refresh_tokens = True
    client = desk.client()
    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(FatalError, match="cannot be written") as refused:
            read(client)
    assert "directory" in refused.value.fix
    assert held(desk) == desk.app.refresh_token
    assert [line for line in desk.lines if CONTACTS in line] == []
    read(client)  # the disk is writable again, and this process still knew the newest token
    assert desk.sim.keys.grant(held(desk)) is not None


def full(handle: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_process_that_dies_between_reply_and_disk_loses_the_connection_where_tokens_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one gap that is left: nobody but HubSpot and the dead process knew the new token. It is said, not hidden."""
    desk = Desk(tmp_path)
    desk.sim.switches.rotate_refresh_tokens = True
    with monkeypatch.context() as killed:
        killed.setattr("os.fsync", full)
        with pytest.raises(FatalError):
            read(desk.client())
    with pytest.raises(FatalError, match="revoked or replaced") as refused:
        read(desk.client())
    assert "Install the app" in refused.value.fix
    desk.file.write_text(again(desk))
    assert read(desk.client())["results"] == []


def again(desk: Desk) -> str:
    """The refresh token after somebody connected the app once more."""
    access = desk.sim.keys.redeem(
        desk.sim.keys.apps[desk.app.client_id], desk.sim.authorize_app(desk.app.client_id)
    )
    assert access is not None
    assert access.grant is not None
    return access.grant.refresh_token


@pytest.mark.parametrize("rotating", [False, True])
def test_a_reply_that_is_lost_is_asked_for_again_which_helps_where_tokens_stay(
    rotating: bool, tmp_path: Path
) -> None:
    desk = Desk(tmp_path)
    desk.sim.switches.rotate_refresh_tokens = rotating
    desk.faults.add(Fault("reset_after_send", match="/token"))
    if rotating:
        with pytest.raises(FatalError, match="revoked or replaced"):
            read(desk.client())
    else:
        assert read(desk.client())["results"] == []
    assert len(desk.refreshes) == 2


# -- refused -------------------------------------------------------------------------------------------------
@MOUNTS
@pytest.mark.parametrize("how", ["revoked", "uninstalled"])
def test_a_refresh_token_that_is_gone_is_fatal_and_says_what_to_do(
    mount: str, how: str, tmp_path: Path
) -> None:
    desk = Desk(tmp_path)
    with connected(desk, mount) as client:
        read(client)
        if how == "revoked":
            desk.sim.revoke_refresh_tokens(desk.app.client_id)
        else:
            desk.sim.uninstall_app(desk.app.client_id)
        desk.clock.advance(1790)
        with pytest.raises(FatalError, match="no longer accepts the refresh token") as refused:
            read(client)
    assert str(desk.file) in str(refused.value)
    assert "Install the app" in refused.value.fix
    assert len(desk.refreshes) == 2  # no loop


def test_a_wrong_client_secret_points_at_the_settings(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="refuses to renew") as refused:
        read(Desk(tmp_path).client(client_secret="wrong"))
    assert "CRMSYNC_HUBSPOT__CLIENT_SECRET" in refused.value.fix


@pytest.mark.parametrize("kind", ["internal", "gateway_html", "rate_limit", "refused", "timeout", "empty"])
def test_a_token_endpoint_in_trouble_is_asked_again(kind: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.faults.add(Fault(kind, match="/token", count=2))
    assert read(desk.client())["results"] == []


def test_a_token_endpoint_that_stays_in_trouble_is_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.faults.add(Fault("unavailable", match="/token", count=0))
    with pytest.raises(TransientError) as failed:
        desk.client().send("create", f"{CONTACTS}/batch/create", {"inputs": []})
    assert not failed.value.maybe_written


def test_a_reply_without_a_token_is_fatal(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.faults.add(Fault("status", match="/token", status=200, body='{"token_type": "bearer"}'))
    with pytest.raises(FatalError, match="without an access token"):
        read(desk.client())


# -- settings ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_id": ""}, "not complete"),
        ({"client_secret": ""}, "not complete"),
        ({"access_token": "pat-na1-x"}, "both"),
        ({"refresh_token_file": ""}, "access token is not set"),
        ({"refresh_token_file": "/nowhere/at/all"}, "cannot be read"),
    ],
)
def test_settings_that_do_not_fit_are_refused_with_a_fix(
    changed: dict[str, str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=said) as refused:
        Desk(tmp_path).client(**changed)
    assert "CRMSYNC_HUBSPOT__" in refused.value.fix


@pytest.mark.parametrize("text", ["", "\n", "two tokens", "na1-\u00e9"])
def test_a_file_that_holds_no_token_is_refused(text: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError):
        desk.client()


def test_a_static_token_is_used_as_it_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    settings = HubSpotSettings(desk.sim.access_token, "https://hubspot.example")
    assert read(Client(settings, Watch(desk.clock), HubSpotPool(desk)))["results"] == []
    assert desk.refreshes == []


def test_a_static_token_that_worked_before_gets_three_cycles(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    client = Client(
        HubSpotSettings(desk.sim.access_token, "https://hubspot.example"),
        Watch(desk.clock),
        HubSpotPool(desk),
    )
    read(client)
    desk.faults.add(Fault("unauthorized", count=0))
    for _ in range(2):
        with pytest.raises(TransientError, match="does not accept the access token"):
            read(client)
        desk.clock.advance(200)
    with pytest.raises(FatalError) as refused:
        read(client)
    assert "CRMSYNC_HUBSPOT__ACCESS_TOKEN" in refused.value.fix


def test_a_static_token_that_is_refused_is_not_tried_twice(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    settings = HubSpotSettings("pat-na1-old", "https://hubspot.example")
    with pytest.raises(FatalError, match="does not accept the access token") as refused:
        read(Client(settings, Watch(desk.clock), HubSpotPool(desk)))
    assert "CRMSYNC_HUBSPOT__ACCESS_TOKEN" in refused.value.fix
    assert len(desk.lines) == 1


def test_the_settings_reach_the_connector_and_its_checks_pass(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.sim.define("contacts", "crmsync_id", unique=True)
    settings = Settings(
        hubspot=HubSpot(
            base_url="https://hubspot.example",
            client_id=desk.app.client_id,
            client_secret=desk.app.client_secret,  # type: ignore[arg-type]
            refresh_token_file=str(desk.file),
        ),
        salesforce=Salesforce(login_url="https://sales.example", consumer_key="key", consumer_secret="s"),  # type: ignore[arg-type]
    )
    through = Transports(hubspot=HubSpotPool(desk))
    hub = build_connectors(settings, Watch(desk.clock), transports=through)["hubspot"]
    assert hub.identity().account_id == desk.sim.portal_id
    assert [check.name for check in hub.checks() if not check.ok] == []


# -- told to nobody ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault("internal", match="/token", count=0),
        Fault("timeout", match="/token", count=0),
        Fault("status", match="/token", status=400, body='{"error": "invalid_grant"}'),
        Fault("unauthorized", match=CONTACTS, count=0),
    ],
)
def test_no_secret_stands_in_a_log_an_error_or_a_printed_setting(
    fault: Fault | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk, told = Desk(tmp_path), io.StringIO()
    desk.sim.switches.rotate_refresh_tokens = True
    if fault is not None:
        desk.faults.add(fault)
    client = desk.client()
    try:
        read(client)
    except CrmsyncError as error:
        traceback.print_exception(error, file=told)
        told.write(repr(error) + error.fix)
    told.write(repr(desk.settings()) + caplog.text)
    secrets = [desk.app.client_secret, desk.app.refresh_token, held(desk), *desk.sim.keys._accesses]
    assert not [secret for secret in secrets if secret in told.getvalue()]
