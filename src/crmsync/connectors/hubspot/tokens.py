"""HubSpot's access tokens: a static one, or an OAuth app's, renewed from a refresh token that lives in a file.

A refresh may hand out a new refresh token and void the old one, so the new one is on disk before its access token
is used. What nobody can close: a process that dies, or a reply that is lost, after HubSpot has replaced the token
and before the file says so. Where HubSpot replaces tokens the app must then be installed again; no data is lost.
Docs: developers.hubspot.com, "Manage OAuth tokens", "Usage guidelines" (renew from expires_in, not from a 401).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol

from crmsync.connectors.hubspot.failures import Refused, Unauthorized
from crmsync.errors import ConfigurationError, FatalError
from crmsync.model.ports import Clock

Grant = Callable[[Mapping[str, str]], dict[str, Any]]
"""Posts a form to the token endpoint. Raises Refused, TransientError, FatalError."""

EARLY: Final = 0.1
"""The part of its life that a token has left when it is renewed."""
LIFE_S: Final = 1800.0
"""How long a token lives when the reply does not say."""


class Token(Protocol):
    """Where a call's token comes from. No method's error quotes one."""

    def current(self) -> str:
        """A token for the next call. Raises FatalError, TransientError."""
        ...

    def renew(self, spent: str) -> bool:
        """After a 401 for `spent`: whether there is another token to try."""
        ...

    def rejected(self, where: str) -> FatalError:
        """What to say when no token is accepted."""
        ...


class StaticToken:
    """A token of a service key or private app, which does not expire. Raises ConfigurationError when empty."""

    def __init__(self, token: str) -> None:
        if not token:
            raise ConfigurationError(
                "HubSpot's access token is not set.",
                fix="Set CRMSYNC_HUBSPOT__ACCESS_TOKEN, or CRMSYNC_HUBSPOT__CLIENT_ID, __CLIENT_SECRET and "
                "__REFRESH_TOKEN_FILE of an OAuth app.",
            )
        self._token = token

    def current(self) -> str:
        return self._token

    def renew(self, spent: str) -> bool:
        return False

    def rejected(self, where: str) -> FatalError:
        return FatalError(
            f"HubSpot does not accept the access token ({where}).",
            fix="Put a current token of the service key or private app into CRMSYNC_HUBSPOT__ACCESS_TOKEN.",
        )


class FileToken:
    """The access token of an OAuth app, renewed by one thread and one process at a time.

    The file holds the refresh token and nothing else; beside it stands a lock file. Raises ConfigurationError
    when something is missing.
    """

    def __init__(self, path: str, client_id: str, client_secret: str, clock: Clock, grant: Grant) -> None:
        if not (client_id and client_secret):
            raise ConfigurationError(
                "HubSpot's OAuth app is not complete.",
                fix="Set CRMSYNC_HUBSPOT__CLIENT_ID and CRMSYNC_HUBSPOT__CLIENT_SECRET.",
            )
        self._path = Path(path)
        self._app = {"client_id": client_id, "client_secret": client_secret}
        self._clock = clock
        self._grant = grant
        self._lock = Lock()
        self._access: tuple[str, datetime] = ("", clock.now())
        self._unsaved = ""
        self._read()

    def current(self) -> str:
        token, until = self._access
        if token and self._clock.now() < until:
            return token
        with self._lock:
            token, until = self._access
            if token and self._clock.now() < until:
                return token  # another thread was quicker
            return self._renewed()

    def renew(self, spent: str) -> bool:
        with self._lock:
            if self._access[0] == spent:
                self._renewed()
        return True

    def rejected(self, where: str) -> FatalError:
        return FatalError(
            f"HubSpot does not accept an access token that it has just given ({where}).",
            fix="See in the portal that the app is still connected, and that it is the app of "
            "CRMSYNC_HUBSPOT__CLIENT_ID.",
        )

    def _renewed(self) -> str:
        with self._alone():
            old = self._unsaved or self._read()
            reply = self._granted(old)
            new, token = str(reply.get("refresh_token") or old), str(reply.get("access_token") or "")
            if new != old or self._unsaved:
                self._unsaved = new
                self._write(new)
                self._unsaved = ""
        if not token:
            raise FatalError("HubSpot's token endpoint answered without an access token.")
        lives = reply.get("expires_in")
        lives = float(lives) if isinstance(lives, int | float) and lives > 0 else LIFE_S
        self._access = (token, self._clock.now() + timedelta(seconds=lives * (1 - EARLY)))
        return token

    def _granted(self, refresh_token: str) -> dict[str, Any]:
        try:
            return self._grant({"grant_type": "refresh_token", **self._app, "refresh_token": refresh_token})
        except Unauthorized as refused:
            raise _no_app(refused.where) from None
        except Refused as refused:
            if (
                refused.body.get("status") == "BAD_REFRESH_TOKEN"
                or refused.body.get("error") == "invalid_grant"
            ):
                raise FatalError(
                    f"HubSpot no longer accepts the refresh token in {self._path}: it was revoked or replaced, or "
                    "the app was disconnected.",
                    fix="Install the app in the portal again and write its new refresh token into that file.",
                ) from None
            raise _no_app(f"HTTP {refused.status} {refused.body.get('error') or ''}".strip()) from None

    def _read(self) -> str:
        try:
            token = self._path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"HubSpot's refresh token cannot be read from {self._path} ({type(error).__name__}).",
                fix="Write the refresh token of the installed app into the file that "
                "CRMSYNC_HUBSPOT__REFRESH_TOKEN_FILE names.",
            ) from None
        if not token or len(token.split()) != 1:
            raise ConfigurationError(
                f"{self._path} does not hold one refresh token.",
                fix="Write the refresh token of the installed app into it, and nothing else.",
            )
        return token

    def _write(self, token: str) -> None:
        """Replace the file at once, as a whole and on disk; nobody else may read it."""
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            beside.unlink(missing_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                self._give_back(file.fileno())
                file.write(f"{token}\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise FatalError(
                f"HubSpot's new refresh token cannot be written to {self._path} ({type(error).__name__}).",
                fix="Let crmsync write that file and its directory before this process ends: the token before it is "
                "void, and this process alone holds the new one.",
            ) from None

    def _give_back(self, handle: int) -> None:
        """A file made by root stays that of whom the token file belongs to: a service beside which root ran a command."""
        with suppress(OSError):
            owner = self._path.stat()
            if os.fstat(handle).st_uid != owner.st_uid:
                os.fchown(handle, owner.st_uid, owner.st_gid)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While one process renews, others wait for it, and then read what it wrote."""
        lock = self._path.with_name(f"{self._path.name}.lock")
        handle = -1
        with suppress(OSError):  # a read-only directory: tokens that are not replaced need no lock
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
            self._give_back(handle)
        try:
            if handle >= 0:
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            if handle >= 0:
                os.close(handle)


def _no_app(where: str) -> FatalError:
    return FatalError(
        f"HubSpot refuses to renew the access token ({where}).",
        fix="Check CRMSYNC_HUBSPOT__CLIENT_ID and CRMSYNC_HUBSPOT__CLIENT_SECRET.",
    )
