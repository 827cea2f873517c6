"""From axes to combinations: every value with every other, or axes side by side."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from constructions.errors import UsageError

MOST_JOBS = 1_000_000
_RANGE = re.compile(r"\s*(-?\d{1,9})\s*:\s*(-?\d{1,9})\s*\Z")
_NAME = re.compile(r"\{(\w+)\}")

Axes = dict[str, list[Any]]


def axis_values(value: Any, is_counted: bool) -> list[Any]:
    """Return the values an axis lists: one value, a list, and ranges where integers are counted.

    Raises:
        UsageError: there are none.

    Example:
        >>> axis_values(["0:3", 9], is_counted=True), axis_values("1/2", is_counted=False)
        ([0, 1, 2, 9], ['1/2'])
    """
    listed = value if isinstance(value, list) else [value]
    found: list[Any] = []
    for item in listed:
        match = _RANGE.match(item) if is_counted and isinstance(item, str) else None
        if match is None:
            found.append(item)
            continue
        first, last = int(match[1]), int(match[2])
        if last - first > MOST_JOBS:
            raise UsageError(f"the range {item!r} has {last - first:,} values; at most {MOST_JOBS:,} are listed")
        found += range(first, last)
    if not found:
        raise UsageError(f"{value!r} has no values")
    return found


def combinations(axes: Axes, groups: Sequence[Sequence[str]]) -> Iterator[dict[str, Any]]:
    """Yield one value for each axis, in every way; the last axis changes fastest.

    Args:
        axes: the values of each axis.
        groups: axes that go side by side: their first values together, then their second.

    Raises:
        UsageError: a group names an unknown axis, or axes of different lengths; or there
            are too many combinations.

    Example:
        >>> list(combinations({"n": [1, 2], "d": [3, 4], "s": [5]}, [["n", "d"]]))
        [{'n': 1, 'd': 3, 's': 5}, {'n': 2, 'd': 4, 's': 5}]
    """
    bundles = _bundles(axes, groups)
    count = math.prod(len(bundle) for bundle in bundles)
    if count > MOST_JOBS:
        raise UsageError(f"the axes have {count:,} combinations; at most {MOST_JOBS:,} are run")
    for chosen in itertools.product(*bundles):
        together = {name: value for part in chosen for name, value in part.items()}
        yield {name: together[name] for name in axes}


def _bundles(axes: Axes, groups: Sequence[Sequence[str]]) -> list[list[dict[str, Any]]]:
    group_of: dict[str, Sequence[str]] = {}
    for group in groups:
        for name in group:
            if name not in axes:
                raise UsageError(f"zip: {name!r} is no axis of this table; its axes are {', '.join(axes)}")
            if name in group_of:
                raise UsageError(f"zip: {name!r} is named twice")
            group_of[name] = group
        lengths = {name: len(axes[name]) for name in group}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            raise UsageError(f"zip: axes side by side have equally many values, but {shown}")
    bundles: list[list[dict[str, Any]]] = []
    seen: set[str] = set()
    for name in axes:
        group = group_of.get(name, [name])
        if name not in seen:
            seen.update(group)
            columns = zip(*(axes[member] for member in group), strict=True)
            bundles.append([dict(zip(group, column, strict=True)) for column in columns])
    return bundles


def fill_in(text: str, values: Mapping[str, Any]) -> tuple[str, set[str]]:
    """Return a text with ``{name}`` replaced by values, and the names that were used.

    Raises:
        UsageError: a name has no value.
    """
    used = set(_NAME.findall(text))
    for name in sorted(used - set(values)):
        known = ", ".join(values) or "none is"
        raise UsageError(f"{{{name}}} is not listed in the table each; listed: {known}")
    return _NAME.sub(lambda match: str(values[match[1]]), text), used
