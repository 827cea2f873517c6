"""Parity, half-space, checkerboard and random labels of a grid."""

from __future__ import annotations

import numpy as np
import pytest

from constructions.errors import AssumptionViolated, UsageError
from constructions.hard_distributions.grid import GridIndices
from constructions.hard_distributions.structured_labels import LABEL_KINDS, labels_of_kind


@pytest.mark.parametrize("kind", LABEL_KINDS)
@pytest.mark.parametrize(("axes", "steps"), [(1, 5), (2, 3), (3, 2)])
def test_labels_follow_the_digits(kind: str, axes: int, steps: int) -> None:
    grid = GridIndices(axes, steps)
    labels = labels_of_kind(kind, grid, seed=3)
    assert labels.shape == (grid.size,) and set(labels.tolist()) == {-1, 1}
    for index, label in enumerate(labels.tolist()):
        digits = grid.digits(index)
        expected = {
            "parity": 1 if sum(digits) % 2 == 0 else -1,
            "half-space": 1 if sum(digits) >= axes * steps / 2 else -1,
            "checkerboard": 1 if sum(digit // 2 for digit in digits) % 2 == 0 else -1,
        }
        assert label == expected.get(kind, label)


def test_random_labels_are_those_of_the_hard_sets_and_depend_on_the_seed() -> None:
    from constructions.hard_distributions.linear_separable import LinearlySeparableGrid

    grid = LinearlySeparableGrid.of(3, "1/6", seed=5)
    labels = labels_of_kind("random", grid.indices, 5)
    assert labels.tolist() == list(grid.listed().labels)
    assert not np.array_equal(labels, labels_of_kind("random", grid.indices, 6))


def test_unknown_kinds_and_single_classes_are_refused() -> None:
    with pytest.raises(UsageError, match=r"unknown labels 'stripes'.*checkerboard"):
        labels_of_kind("stripes", GridIndices(2, 3))
    with pytest.raises(AssumptionViolated, match="needs more on each axis, got 2"):
        labels_of_kind("checkerboard", GridIndices(2, 1))
