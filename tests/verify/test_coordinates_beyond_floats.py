"""Coordinates and denominators that no float holds are refused by name, or rounded, where training needs floats."""

from __future__ import annotations

from fractions import Fraction

import pytest

from constructions import LabelledPoints
from constructions.errors import InexactInput
from verify import check
from verify.training.learning import as_tensors

HUGE = Fraction(10) ** 400


def test_training_refuses_what_float32_does_not_hold_and_rounds_the_rest() -> None:
    with pytest.raises(InexactInput, match="too large for float32"):
        as_tensors(LabelledPoints.of([[HUGE], [1], [2], [-HUGE]], labels=[1, -1, 1, -1]))
    points, _ = as_tensors(LabelledPoints.of([[Fraction(1, 3) / HUGE], [1], [2], [5]], labels=[1, -1, 1, -1]))
    assert points.tolist() == [[0.0], [1.0], [2.0], [5.0]]


@pytest.mark.theorem("robust-memorization-l2", claims=["robust_error"])
@pytest.mark.theorem("robust-memorization-linf", claims=["robust_error"])
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_constructions_searched_in_floats_are_left_out_and_others_built(norm: str) -> None:
    data = LabelledPoints.of([[0, HUGE], [1, 0], [3, 2]], labels=[1, -1, -1])
    report = check(f"robust-memorization-{norm}", data=data, ratio="1/4")
    assert report.exit_code == 0 and report.claim("robust_error").status == "holds"
    assert report.network is not None and report.network.size.nonzero == 6
    named = check(f"robust-memorization-{norm}", data=data, ratio="1/4", construction="hash-line")
    assert named.exit_code == 4 and "in floats" in named.verdicts[-1].detail
