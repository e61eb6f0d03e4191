"""One taxonomy of errors. Each class's docstring is its advice: what it means and what to do next.

A refused or stale record and a hold end nothing, so they are data (`Verdict`, `Hold`), not exceptions.
"""

from __future__ import annotations

from dataclasses import dataclass


class CrmsyncError(Exception):
    """Something went wrong in crmsync."""

    exit_code = 4

    def __init__(self, message: str = "", *, fix: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        self.fix = fix


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake in the admin's files. `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ConfigurationError(CrmsyncError):
    """The configuration is wrong; nothing was written. Mend the places named and run `crmsync validate`."""

    exit_code = 2

    def __init__(self, message: str = "", *, findings: tuple[Finding, ...] = (), fix: str = "") -> None:
        super().__init__(message or "\n".join(map(str, findings)), fix=fix)
        self.findings = findings


class TransientError(CrmsyncError):
    """The vendor or the network failed for now; the same work is tried again later. Nothing is lost.

    `retry_after` is in seconds (0: no wish stated). `maybe_written` says that a write may have landed or may
    still land, so its records must be read before anything is written to them again.
    """

    def __init__(
        self, message: str = "", *, retry_after: float = 0.0, maybe_written: bool = False, fix: str = ""
    ) -> None:
        super().__init__(message, fix=fix)
        self.retry_after = retry_after
        self.maybe_written = maybe_written


class QuotaError(TransientError):
    """The vendor's daily quota is used up; work goes on when it is renewed, or raise the quota."""


class StoppedError(CrmsyncError):
    """Asked to stop; nothing is lost, and the work goes on where it was at the next start."""

    exit_code = 0


class LeaseError(CrmsyncError):
    """Another crmsync works on this store. Stop it, or wait until its lease runs out."""


class FatalError(CrmsyncError):
    """crmsync cannot go on without an admin: wrong credentials, a missing right, a foreign portal or org."""
