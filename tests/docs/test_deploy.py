"""The unit and the image start the daemon directly, and hand it secrets under names that the settings read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from crmsync.service.daemon import GRACE_S
from crmsync.settings import load_settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNIT = (DEPLOY / "crmsync.service").read_text("utf-8")
IMAGE = (DEPLOY / "Dockerfile").read_text("utf-8")
SECRETS = re.findall(r"^LoadCredential=(crmsync_\w+):(\S+)$", UNIT, re.M)


def directives(name: str) -> list[str]:
    """The values of a directive of the unit that are in force."""
    return re.findall(rf"^{name}=(.*)$", UNIT, re.M)


def secret(name: str) -> str:
    """What the settings hold for the setting of a secret file's name."""
    value: object = load_settings()
    for part in name.removeprefix("crmsync_").split("__"):
        value = getattr(value, part)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


@pytest.mark.parametrize("name", [name for name, _ in SECRETS])
def test_a_secret_file_of_the_unit_is_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text("from-the-file\n", "utf-8")
    monkeypatch.setenv("CRMSYNC_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv(name.upper(), raising=False)
    assert secret(name) == "from-the-file"


def test_each_secret_keeps_its_name_on_disk_so_that_commands_beside_the_service_find_it() -> None:
    assert [(name, Path(path).name) for name, path in SECRETS] == [(name, name) for name, _ in SECRETS]
    assert {"CRMSYNC_SECRETS_DIR=%d"} <= set(directives("Environment"))


def test_the_unit_runs_the_daemon_and_lets_a_wrong_configuration_stay_failed() -> None:
    assert directives("ExecStart") == ["/opt/crmsync/bin/crmsync run"]
    assert directives("Restart") == ["on-failure"]
    assert directives("RestartPreventExitStatus") == ["2"]


def test_the_unit_waits_for_a_stop_as_long_as_one_may_take() -> None:
    [wait] = directives("TimeoutStopSec")
    assert int(wait.removesuffix("s")) >= 2 * GRACE_S
    assert directives("KillSignal") == ["SIGTERM"]


def test_the_unit_may_write_its_own_state_and_nothing_else() -> None:
    assert directives("DynamicUser") == ["yes"]
    assert directives("ProtectSystem") == ["strict"]
    assert directives("StateDirectory") == ["crmsync"]
    assert directives("ReadWritePaths") == []


def test_the_unit_does_not_hide_processes_because_a_hidden_lease_holder_looks_dead() -> None:
    assert directives("ProtectProc") == []


def test_the_image_starts_crmsync_without_a_shell_that_would_swallow_sigterm() -> None:
    assert 'ENTRYPOINT ["crmsync"]' in IMAGE
    assert 'CMD ["run"]' in IMAGE


def test_the_image_installs_what_the_lock_says_and_does_not_run_as_root() -> None:
    assert "--require-hashes -r requirements/runtime.lock" in IMAGE
    last_stage = IMAGE.rsplit("\nFROM ", 1)[1]
    assert re.findall(r"^USER (\S+)$", last_stage, re.M) == ["crmsync"]
