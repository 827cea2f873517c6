"""The time and the memory that methods may take, and the seconds each has taken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What is left for a call.

    Attributes:
        deadline: ``time.monotonic()`` value, ``None`` for none.
        point_seconds: of the complete method on each ball.
        most_bytes: of its open cases.
        spent: seconds by method.
    """

    deadline: float | None
    point_seconds: float | None
    most_bytes: int
    spent: dict[str, float]

    @property
    def time_is_left(self) -> bool:
        """True before the deadline."""
        return self.deadline is None or time.monotonic() < self.deadline

    @contextmanager
    def clock(self, name: str) -> Iterator[None]:
        """Add the seconds of a block to those of a method."""
        started = time.monotonic()
        yield
        self.spent[name] = self.spent.get(name, 0.0) + time.monotonic() - started
