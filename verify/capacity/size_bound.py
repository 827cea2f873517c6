"""The largest size at which every network fails on some labelling, certified."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from constructions.errors import UsageError
from verify.capacity.budgets import Budget, double_counting_budget, hamming_budget
from verify.capacity.enclosures import bits_of, middle, precision_for, rounded_down, rounded_up
from verify.capacity.question import SizeQuestion
from verify.capacity.rules import RegionRule, Rule, rules_for

METHODS = ("auto", "regions", "layers", "precision", "double-counting")
Mode = Literal["auto", "exact", "enclosure"]
EXACT_POINTS = 2**12
MOST_EXACT_POINTS = 10**6
# Between sign vectors and need, so that coarser bounds of binomials prove an enclosure again.
SPARE = Fraction(17, 16)
_MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class SizeBound:
    """A size that is too small, and what the proof spends.

    Attributes:
        size: W: every network (of those in ``networks``) with at most W nonzero parameters
            errs on more than ``error * points`` of the points, for some labelling (or, with
            a failure probability eta, for more than a fraction 1 - eta of all labellings).
        method: the rule that counts sign vectors.
        evidence: ``exact`` (integers) or ``enclosure`` (ball arithmetic).
        question: the points, the error and the networks considered.
        ledger: bits by purpose, rounded up to multiples of 2^-20: what the rule spends at
            this size (``supports``, ``signs``, ``regions`` or ``values``), ``ball`` for the
            wrong points forgiven, and ``available``, rounded down.
    """

    size: int
    method: str
    evidence: Literal["exact", "enclosure"]
    question: SizeQuestion
    ledger: dict[str, Fraction]

    @property
    def networks(self) -> str:
        """Which networks the size is too small for, as it narrows "every ReLU network"."""
        if self.method == "precision":
            return f"with weights from 2^{self.question.weight_bits} values"
        return "" if self.question.depth is None else f"of depth at most {self.question.depth}"

    def certificate(self, path: str | Path) -> Path:
        """Write a certificate that ``verify/certificate/count_checker.py`` proves again."""
        from verify.certificate.issue_count import issue_size_bound

        return issue_size_bound(self, Path(path))


def certified_size_bound(
    points: Any,
    dim: Any,
    error: Any = 0,
    depth: Any = None,
    weight_bits: Any = None,
    failure_probability: Any = None,
    method: str = "auto",
    mode: Mode = "auto",
) -> SizeBound:
    """Return the largest size that is certified to be too small to be right robustly.

    Put ``points`` hard points so that a network which is robust there labels as many
    midpoints in any way one likes (the linearly separable grid, or any set of separated
    points). Networks with at most W nonzero parameters realise only so many sign vectors;
    if these, and all labellings within ``error * points`` changes of them, are fewer than
    2^points, some labelling defeats all of them.

    Theorem: thm:hard-linearly-separable-sets

    Args:
        points: m, a positive integer of at most 14,000 bits.
        dim: d, the dimension of the input.
        error: alpha in [0, 1/2), exact.
        depth: longest path in the networks, counted in affine maps; any by default.
        weight_bits: b when every nonzero parameter is one of 2^b values; real by default.
        failure_probability: eta in (0, 1]; the bound then holds for a uniformly random
            labelling with probability above 1 - eta.
        method: ``"regions"`` (any network), ``"layers"`` (bounded depth), ``"precision"``
            (2^b values), ``"double-counting"`` (regions with the paper's weaker argument).
            ``"auto"``: precision where ``weight_bits`` is given, else the
            better of regions and, where ``depth`` is given, layers.
        mode: ``"exact"`` for integers (at most 10^6 points), ``"enclosure"`` for ball
            arithmetic; ``"auto"``: integers up to 4,096 points.

    Returns:
        The bound, with its ledger.

    Raises:
        UsageError: a number is out of range, or the method needs a number that is absent.
        AssumptionViolated: the error is not below 1/2, or eta is too small for any bound.
        InexactInput: a number is a float.

    Cost:
        Milliseconds to seconds; the size has about half as many bits as ``points``.

    Example:
        >>> certified_size_bound(points=1296, dim=5, error="1/10").size
        34
    """
    question = SizeQuestion.of(points, dim, error, depth, weight_bits, failure_probability)
    exact = _is_exact(question, mode)
    if method == "double-counting":
        return _by_double_counting(question, exact)
    rules = rules_for(question)
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}; choose one of {', '.join(METHODS)}")
    if method != "auto" and method not in rules:
        needs = {"layers": "depth", "precision": "weight_bits"}[method]
        raise UsageError(f"method {method} needs {needs}")
    strongest = ["precision"] if "precision" in rules else list(rules)
    names = strongest if method == "auto" else [method]
    with precision_for(question.points):
        budget = hamming_budget(question)
        found = [_largest_size(rules[name], budget, exact) for name in names]
    return max(found, key=lambda bound: bound.size)


def _by_double_counting(question: SizeQuestion, exact: bool) -> SizeBound:
    if question.failure != 1:
        raise UsageError("double counting says nothing of random labellings; leave out the failure probability")
    with precision_for(question.points):
        budget = double_counting_budget(question)
        if budget is None:
            return SizeBound(0, "double-counting", "exact", question, {})
        rule = RegionRule(replace(question, points=budget.points))
        return replace(_largest_size(rule, budget, exact), method="double-counting")


def _is_exact(question: SizeQuestion, mode: str) -> bool:
    if mode not in ("auto", "exact", "enclosure"):
        raise UsageError(f"unknown mode {mode!r}; choose auto, exact or enclosure")
    if mode == "exact" and question.points > MOST_EXACT_POINTS:
        raise UsageError(f"exact mode handles up to {MOST_EXACT_POINTS} points, got {question.points}")
    return mode == "exact" or (mode == "auto" and question.points <= EXACT_POINTS)


def _largest_size(rule: Rule, budget: Budget, exact: bool) -> SizeBound:
    least = budget.bits - bits_of(SPARE)

    def enclosed(size: int) -> bool:
        """Tell whether size W is certified; rigorous where it says yes."""
        if size and not rule.bits_below(size) < least:
            return False
        return bool(rule.bits_above(size, least) < least)

    def counted(size: int) -> bool:
        """Tell the same in integers; what is too large by a factor of 2 is not worked out."""
        return not rule.bits_below(size) > budget.bits + 1 and budget.exceeds(rule.count(size)[1])

    if not exact:
        size = largest_true(enclosed, first_guess(rule, budget), rule.most)
    elif budget.points <= EXACT_POINTS:
        size = largest_true(counted, 1, rule.most)
    else:
        size = largest_true(counted, largest_true(enclosed, first_guess(rule, budget), rule.most), rule.most)
    ledger = {name: rounded_up(bits) for name, bits in rule.ledger(size).items()}
    ledger |= {name: rounded_up(bits) for name, bits in budget.ledger.items()}
    ledger["available"] = rounded_down(budget.ledger["available"])
    return SizeBound(size, rule.name, "exact" if exact else "enclosure", budget.question, ledger)


def first_guess(rule: Rule, budget: Budget) -> int:
    """Return about the largest certified size, by the secant rule; a proposal that saves steps."""
    wanted = middle(budget.bits)

    def clipped(size: Fraction | int) -> int:
        return max(1, min(rule.most, int(size)))

    here = clipped(math.isqrt(4 * max(0, int(wanted))))
    before = clipped(here - (here >> 20) - 1)
    spent = [middle(rule.bits_below(size)) for size in (before, here)]
    for _ in range(_MOST_STEPS):
        if spent[0] == spent[1]:
            break
        step = clipped(here + (wanted - spent[1]) * (here - before) / (spent[1] - spent[0]))
        if abs(step - here) <= 1:
            break
        before, here = here, step
        spent = [spent[1], middle(rule.bits_below(here))]
    return here


def largest_true(holds: Callable[[int], bool], guess: int, most: int) -> int:
    """Return the largest n in 1..most where a falling property holds, 0 if it never does."""
    low, high = 0, most + 1
    place, step = min(max(1, guess), most), 1
    while low < place < high:
        if holds(place):
            low, place = place, place + step
        else:
            high, place = place, place - step
        step *= 2
    while high - low > 1:
        place = (low + high) // 2
        low, high = (place, high) if holds(place) else (low, place)
    return low
