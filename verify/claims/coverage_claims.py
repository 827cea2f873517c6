"""Claims that confidence limits hold the truth often enough: probabilities computed exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

from constructions.sets.brackets import Bracket
from verify.generalization.coverage import (
    are_in_order,
    coverage_at,
    grid,
    least_coverage,
    sequential_coverage,
    undecided_coverage,
)
from verify.verdict import Verdict

_MILLION = 10**6
_GRID = 32
_OPEN = (Fraction(0), Fraction(1, 3), Fraction(1))


def limits_in_order(limits: Sequence[Bracket], name: str = "monotone") -> Verdict:
    """Judge "no limit falls as the count of wrong samples grows".

    Args:
        limits: for 0, 1, ..., n wrong samples.
        name: of the claim.
    """
    falls = [k for k, (a, b) in enumerate(pairwise(limits)) if not are_in_order([a, b])]
    witness = {"wrong": falls[0]} if falls else None
    detail = f"{len(limits)} counts compared"
    status: Any = "violated" if falls else "holds"
    return Verdict(name, status, "exact", str(len(falls)), "0", "at most", "comparison", detail=detail, witness=witness)


def coverage_at_least(limits: Sequence[Bracket], failure: Fraction, name: str = "coverage") -> Verdict:
    """Judge "whatever the error is, the limits hold it with probability at least 1 - failure".

    Args:
        limits: for 0, 1, ..., n wrong samples, in order.
        failure: probability with which they may miss.
        name: of the claim.
    """
    started = time.monotonic()
    least, (end, other) = least_coverage(limits)
    witness = None
    if least < 1 - failure:
        place, step = (end + other) / 2, (other - end) / 2
        while coverage_at(limits, place) >= 1 - failure:
            step /= 2
            place = end + step
        witness = _missed(place, coverage_at(limits, place))
    return _judged(name, least, failure, "every probability", witness, started)


def undecided_coverage_at_least(
    rule: Callable[[int, int], Bracket], samples: int, failure: Fraction, name: str = "undecided_coverage"
) -> Verdict:
    """Judge the same where wrong and right samples stay undecided with some probabilities, on a grid.

    Args:
        rule: limits for numbers of wrong and of undecided samples.
        samples: their number.
        failure: probability with which the limits may miss.
        name: of the claim.
    """
    started = time.monotonic()
    known = {(k, u): rule(k, u) for k in range(samples + 1) for u in range(samples + 1 - k)}
    least, witness = Fraction(1), None
    for probability, open_wrong, open_right in product(grid(_GRID), _OPEN, _OPEN):
        share = undecided_coverage(lambda k, u: known[k, u], samples, probability, open_wrong, open_right)
        if share < least:
            least, witness = share, _missed(probability, share, undecided=[str(open_wrong), str(open_right)])
    return _judged(name, least, failure, f"a grid of {_GRID + 1} probabilities, samples undecided", witness, started)


def sequential_coverage_at_least(
    rule: Callable[[int, int], Bracket],
    sizes: Sequence[int],
    width: Fraction,
    failure: Fraction,
    name: str = "sequential_coverage",
) -> Verdict:
    """Judge the same where the sampling ends at the first look with close limits, on a grid.

    Args:
        rule: limits for a number of wrong samples and the size of the sample.
        sizes: of the sample at each look.
        width: at which the sampling ends.
        failure: probability with which the limits may miss.
        name: of the claim.
    """
    started = time.monotonic()
    known = {(k, size): rule(k, size) for size in sizes for k in range(size + 1)}
    least, witness = Fraction(1), None
    for probability in grid(_GRID):
        share = sequential_coverage(lambda k, size: known[k, size], sizes, width, probability)
        if share < least:
            least, witness = share, _missed(probability, share, looks=list(sizes))
    return _judged(name, least, failure, f"a grid of {_GRID + 1} probabilities, {len(sizes)} looks", witness, started)


def _judged(
    name: str, least: Fraction, failure: Fraction, where: str, witness: dict[str, Any] | None, started: float
) -> Verdict:
    """Compare the exact number; it is shown rounded down."""
    promised = 1 - failure
    unit = _MILLION * promised.denominator
    shown = str(Fraction(math.floor(least * unit), unit))
    holds = least >= promised
    detail = f"the smallest coverage over {where}, compared exactly and shown rounded down"
    return Verdict(
        name,
        "holds" if holds else "violated",
        "exact",
        shown,
        str(promised),
        "at least",
        "binomial sums",
        time.monotonic() - started,
        detail,
        None if holds else witness,
    )


def _missed(probability: Fraction, share: Fraction, **more: Any) -> dict[str, Any]:
    return {"probability": str(probability), "coverage": str(share), **more}
