"""What one job may use: seconds and memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from constructions.errors import UsageError
from constructions.exact.rational import parse_fraction

LIMITS = ("seconds", "memory")

_SIZE = re.compile(r"(\d+)\s*([KMGT]?)i?B?\Z", re.IGNORECASE)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and resident bytes of one job, ``None`` for no limit.

    What runs past them is stopped, and its row says ``unknown``.
    """

    seconds: float | None = None
    memory: int | None = None

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Limits:
        """Return the limits that a table of a plan sets.

        Raises:
            UsageError: a value is no number of seconds, or no size.
        """
        seconds = _seconds(table["seconds"]) if "seconds" in table else None
        return cls(seconds, parse_size(str(table["memory"])) if "memory" in table else None)


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise UsageError(f"seconds: {value!r} is not a number of seconds")
    seconds = parse_fraction(str(value), "seconds:")
    if not 0 < seconds < 10**9:
        raise UsageError(f"seconds: {value} is not between 0 and 10^9")
    return float(seconds)


def parse_size(text: str) -> int:
    """Return the bytes of a size such as ``500M`` or ``12GiB``.

    Raises:
        UsageError: it is none.
    """
    match = _SIZE.match(text.strip())
    if not match:
        raise UsageError(f"{text!r} is not a size such as 500M or 12GiB")
    return int(match.group(1)) * _UNITS[match.group(2).upper()]


def size_text(size: int) -> str:
    """Return a number of bytes in MiB, for a message."""
    return f"{size / 2**20:,.0f} MiB"
