"""What an error means: its exit code, its message, and the envelope of a result that never came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from constructions.errors import (
    AssumptionViolated,
    BudgetExceeded,
    InexactInput,
    MalformedInput,
    TimeLimit,
    UsageError,
)
from verify.versions import versions

SCHEMA = "robustproofs/result/1"
USAGE, UNKNOWN, INAPPLICABLE, REJECTED, INTERRUPTED, BUG = 2, 3, 4, 5, 6, 70
_PRECEDENCE = (BUG, INTERRUPTED, REJECTED, USAGE, INAPPLICABLE, 1, UNKNOWN, 0)
_VERDICTS = {0: "holds", 1: "violated", UNKNOWN: "unknown", INAPPLICABLE: "inapplicable"}


def judge_error(error: Exception) -> tuple[int, str]:
    """Return the exit code and the message of an exception of this project or of Python."""
    if isinstance(error, (InexactInput, MalformedInput)):
        return REJECTED, str(error)
    if isinstance(error, AssumptionViolated):
        return INAPPLICABLE, str(error)
    if isinstance(error, UsageError):
        return USAGE, str(error)
    if isinstance(error, (BudgetExceeded, TimeLimit)):
        return UNKNOWN, str(error)
    if isinstance(error, MemoryError):
        return UNKNOWN, "out of memory; give --max-memory to be told beforehand, or a smaller instance"
    if isinstance(error, OSError):
        return USAGE, f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
    return BUG, f"{type(error).__name__}: {error}"


def verdict_of_code(code: int) -> str:
    """Return the verdict that an exit code stands for, ``"error"`` where nothing was decided."""
    return _VERDICTS.get(code, "error")


def first_to_tell(codes: Iterable[int]) -> int:
    """Return the exit code of several results together: a bug first, all hold last.

    Example:
        >>> first_to_tell([0, 3, 1, 0]), first_to_tell([])
        (1, 0)
    """
    found = set(codes)
    return next((code for code in _PRECEDENCE if code in found), BUG if found else 0)


def failed_envelope(
    verb: str | None, theorem: str | None, code: int, message: str, seconds: float = 0.0
) -> dict[str, Any]:
    """Return the result envelope of a command that failed, with what went wrong as ``error``."""
    return {
        "schema": SCHEMA,
        "verb": verb,
        "verdict": verdict_of_code(code) if code in (UNKNOWN, INAPPLICABLE) else "error",
        "exit": code,
        "theorem": theorem,
        "instance": {},
        "claims": [],
        "network": None,
        "certificate": None,
        "seconds": round(seconds, 6),
        "versions": versions(),
        "error": message,
    }
