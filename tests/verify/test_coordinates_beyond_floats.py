"""Coordinates and denominators that no float holds are refused by name, or rounded, where training needs floats."""

from __future__ import annotations

from fractions import Fraction

import pytest

from constructions import LabelledPoints
from constructions.errors import InexactInput
from verify.training.learning import as_tensors

HUGE = Fraction(10) ** 400


def test_training_refuses_what_float32_does_not_hold_and_rounds_the_rest() -> None:
    with pytest.raises(InexactInput, match="too large for float32"):
        as_tensors(LabelledPoints.of([[HUGE], [1], [2], [-HUGE]], labels=[1, -1, 1, -1]))
    points, _ = as_tensors(LabelledPoints.of([[Fraction(1, 3) / HUGE], [1], [2], [5]], labels=[1, -1, 1, -1]))
    assert points.tolist() == [[0.0], [1.0], [2.0], [5.0]]
