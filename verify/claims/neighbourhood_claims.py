"""Claims about a network on whole neighbourhoods of two sets, decided through cubes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from verify.neighbourhoods.error import NeighbourhoodError
from verify.verdict import Verdict


def zero_neighbourhood_error(result: NeighbourhoodError, name: str = "robust_error") -> Verdict:
    """Judge "the network is right on every point within the radius of both sets"."""
    method = "cubes: " + ", ".join(result.methods) if result.methods else "cubes"
    common: dict[str, Any] = {"promised": "0", "direction": "at most", "seconds": result.seconds}
    where = f"{result.ball.norm} radius {result.ball.radius}"
    if result.mistake is not None:
        wrong = result.mistake
        detail = f"a point within {where} of the set labelled {wrong.label:+d} has output {wrong.output}"
        witness = {
            "label": wrong.label,
            "anchor": [str(value) for value in wrong.anchor],
            "point": [str(value) for value in wrong.point],
            "output": [str(wrong.output)],
        }
        return Verdict(
            name, "violated", "exact", "more than 0", method="attack", detail=detail, witness=witness, **common
        )
    if result.left:
        detail = f"{result.cubes} cubes proved right, {result.left} that meet a neighbourhood are open, {where}"
        return Verdict(name, "unknown", "exact", None, method=method, detail=detail, **common)
    detail = f"{result.cubes} cubes cover both neighbourhoods, all proved right, {where}"
    return Verdict(name, "holds", "exact", "0", method=method, detail=detail, **common)


def neighbourhood_margin_at_least(result: NeighbourhoodError, promised: Fraction, name: str = "margin") -> Verdict:
    """Judge "label * f is at least ``promised`` on both neighbourhoods"."""
    common: dict[str, Any] = {"promised": str(promised), "direction": "at least", "method": "cubes"}
    smallest = result.smallest_margin
    if smallest is not None and smallest >= promised:
        return Verdict(name, "holds", "exact", str(smallest), **common)
    wrong = result.mistake
    if wrong is not None and wrong.label * wrong.output < promised:
        return Verdict(name, "violated", "exact", f"at most {wrong.label * wrong.output}", **common)
    measured = None if smallest is None else f"at least {smallest}"
    return Verdict(name, "unknown", "exact", measured, **common)
