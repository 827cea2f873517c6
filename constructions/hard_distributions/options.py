"""The hard points that ``hard:d=6,eps=1/8,seed=0`` names."""

from __future__ import annotations

import re

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.rational import parse_fraction
from constructions.hard_distributions.cube_grid import CubeGrid
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid

_EXAMPLE = "hard:d=6,eps=1/8,seed=0"
_DEFAULTS = {
    "d": "6",
    "eps": "1/8",
    "family": "separable",
    "c": "1/2",
    "offset": "",
    "seed": "0",
    "independence": "1024",
}
_INTEGERS = {"d": (1, 2**20), "seed": (0, 2**32 - 1), "independence": (1, 2**20)}
_FAMILIES = ("separable", "cube")


def hard_from_options(options: str | None) -> LabelledPoints:
    """Return all points of ``hard:options``, such as ``d=6,eps=1/8,seed=0``.

    Args:
        options: as for ``hard_grid_from_options``.

    Raises:
        UsageError: an option is unknown, given twice, does not parse or is out of range.
        BudgetExceeded: there are more than 2^22 points.
    """
    return hard_grid_from_options(options).listed()


def hard_grid_from_options(options: str | None) -> LinearlySeparableGrid | CubeGrid:
    """Return the grid of ``hard:options`` without listing its points: any dimension will do.

    Args:
        options: ``d``, ``eps``, ``family`` (``separable`` or ``cube``), ``c`` (the radius
            over eps), ``offset`` (half the radius by default), ``seed`` and ``independence`` (of
            the labels, beyond 2^22 of them), all optional.

    Raises:
        UsageError: an option is unknown, given twice, does not parse or is out of range.
        BudgetExceeded: an index or the labels need too many bits.
    """
    given = _parsed(options)
    values = {**_DEFAULTS, **given}
    if values["family"] not in _FAMILIES:
        raise UsageError(f"hard option family must be separable or cube, got {values['family'][:40]!r}")
    dim, seed, independence = (_integer(key, values[key]) for key in ("d", "seed", "independence"))
    eps = parse_fraction(values["eps"], "hard option eps")
    try:
        if values["family"] == "cube":
            _refuse_separable_options(given)
            return CubeGrid.of(dim, eps, seed=seed, independence=independence)
        radius = parse_fraction(values["c"], "hard option c") * eps
        offset = parse_fraction(values["offset"], "hard option offset") if values["offset"] else None
        return LinearlySeparableGrid.of(dim, eps, radius, offset, seed=seed, independence=independence)
    except AssumptionViolated as error:
        raise UsageError(f"hard: {error}") from None


def _parsed(options: str | None) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in [] if options is None else options.split(","):
        key, _, text = part.partition("=")
        if key not in _DEFAULTS:
            known = ", ".join(_DEFAULTS)
            raise UsageError(f"hard has no option {key[:40]!r}; write {_EXAMPLE}; the options are {known}")
        if key in given:
            raise UsageError(f"hard option {key} is given twice")
        if not text:
            raise UsageError(f"hard option {key} has no value; write {_EXAMPLE}")
        given[key] = text
    return given


def _integer(key: str, text: str) -> int:
    low, high = _INTEGERS[key]
    value = int(text) if re.fullmatch(r"[0-9]{1,18}", text) else -1
    if not low <= value <= high:
        raise UsageError(f"hard option {key} must be an integer from {low} to {high}, got {text[:40]!r}")
    return value


def _refuse_separable_options(given: dict[str, str]) -> None:
    for key in ("c", "offset"):
        if key in given:
            raise UsageError(f"hard option {key} has no meaning for family=cube")
