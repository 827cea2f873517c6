"""Claims about a decided robust error: that it is zero, and how large the margin is."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from verify.robustness import RobustError
from verify.verdict import Verdict
from verify.wording import counted


def zero_robust_error(result: RobustError, name: str = "robust_error", numbers: Sequence[int] | None = None) -> Verdict:
    """Judge "no point has a perturbation the network gets wrong" (Definition 2.1).

    Args:
        result: what was decided.
        name: of the claim.
        numbers: how the points are numbered for the reader, from 0 on by default.
    """
    numbers = range(len(result.data)) if numbers is None else numbers
    measured = str(result.upper) if result.is_exact else f"{result.lower} to {result.upper}"
    common: dict[str, Any] = {"measured": measured, "promised": "0", "direction": "at most", "seconds": result.seconds}
    if result.upper == 0:
        return Verdict(name, "holds", "exact", method=_methods(result), detail=_where(result), **common)
    if result.lower > 0:
        index = next(i for i, status in enumerate(result.status) if status == "violated")
        point = result.witness(index)
        assert point is not None
        value = result.network(point)
        label = result.data.labels[index]
        detail = f"point {numbers[index]} with label {label} has a perturbation with output {_show(value)}"
        witness = {"index": numbers[index], "point": [str(x) for x in point], "output": [str(v) for v in value]}
        return Verdict(name, "violated", "exact", method=result.method(index), detail=detail, witness=witness, **common)
    open_points = [i for i, status in enumerate(result.status) if status == "unknown"]
    detail = f"{counted(len(open_points), 'point')} undecided, the first is {numbers[open_points[0]]}"
    return Verdict(name, "unknown", "exact", method=_methods(result), detail=detail, **common)


def margin_at_least(result: RobustError, promised: Fraction, name: str = "margin") -> Verdict:
    """Judge "label * f is at least ``promised`` on every ball"."""
    smallest = result.smallest_margin
    if smallest is not None and smallest >= promised:
        return Verdict(name, "holds", "exact", str(smallest), str(promised), "at least", _methods(result))
    if smallest is None and result.upper == 0:
        return Verdict(name, "holds", "exact", "no perturbation allowed", str(promised), "at least", _methods(result))
    if result.lower > 0:
        return Verdict(name, "violated", "exact", "at most 0", str(promised), "at least", "counterexample")
    measured = None if smallest is None else f"at least {smallest}"
    return Verdict(name, "unknown", "exact", measured, str(promised), "at least", _methods(result))


def _methods(result: RobustError) -> str:
    used = {result.method(index) for index in range(len(result.data))} - {""}
    return ", ".join(sorted(used))


def _where(result: RobustError) -> str:
    return f"{counted(len(result.data), 'point')} decided, {result.ball.norm} radius {result.ball.radius}"


def _show(values: tuple[Fraction, ...]) -> str:
    return ", ".join(str(value) for value in values)
