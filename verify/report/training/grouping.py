"""Rows of one setting together: what differs between them goes on an axis, the rest into a caption."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verify.sweep.store import Row


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one setting.

    Attributes:
        shared: the parameters that all of them have.
        rows: in the order of the store.
    """

    shared: dict[str, Any]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers as text, for a CSV file and for a reader.

    Attributes:
        title: one line.
        heads: of the columns.
        rows: one text per column.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_text(self) -> str:
        """Return the table with aligned columns."""
        body = [self.heads, *self.rows]
        widths = [max(len(row[place]) for row in body) for place in range(len(self.heads))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in body]
        return "\n".join([self.title, *lines]) + "\n"

    def as_csv(self) -> str:
        """Return the table as comma-separated values, with a head line."""
        body = [self.heads, *self.rows]
        return "".join(",".join(cell if "," not in cell else f'"{cell}"' for cell in row) + "\r\n" for row in body)


def grouped(rows: Iterable[Row], varying: Sequence[str]) -> list[Group]:
    """Return the rows by their parameters other than those that vary, in a fixed order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        shared = {name: value for name, value in row.job.parameters.items() if name not in varying}
        found.setdefault(json.dumps(shared, sort_keys=True), []).append(row)
    return [Group(json.loads(shared), tuple(members)) for shared, members in sorted(found.items())]


def mean(values: Sequence[Fraction]) -> Fraction:
    """Return the mean of at least one number, exactly."""
    return sum(values, Fraction(0)) / len(values)


def shown(value: Fraction | str) -> str:
    """Return an error as a decimal with three digits, for a reader; the exact number is in the store."""
    return f"{float(Fraction(value)):.3f}"


def seeds_text(rows: Iterable[Row]) -> str:
    """Return the seeds of some rows: ``seed 0``, or ``seeds 0, 1``."""
    seeds = sorted({int(row.job.parameters["seed"]) for row in rows if "seed" in row.job.parameters})
    return f"seed{'s' if len(seeds) != 1 else ''} {', '.join(map(str, seeds))}"
