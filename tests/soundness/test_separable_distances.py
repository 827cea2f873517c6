"""Comparisons of squared distances agree with Python integers, beyond 2^24, 2^53 and 2^63 too."""

from __future__ import annotations

import numpy as np
import pytest

from constructions.exact.integer_arrays import integer_array
from verify.methods.separable import distances
from verify.methods.separable.distances import Distances


def _squares(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    steps = points.astype(object)[:, None] - centres.astype(object)[None]
    return (steps * steps).sum(axis=2)


def _drawn(stream: np.random.RandomState, bits: int, count: int, dim: int, shift: int) -> np.ndarray:
    parts = stream.randint(-(2**20), 2**20, (count, dim)).astype(object)
    fine = stream.randint(0, 2**20, (count, dim)).astype(object)
    return integer_array((parts * 2**20 + fine) * 2**bits // 2**40 + shift)


@pytest.mark.parametrize("shift", [0, 10**6, -(2**70)])
@pytest.mark.parametrize("bits", [2, 8, 11, 20, 25, 30, 61, 64, 100])
def test_thresholds_at_just_below_and_just_above_a_distance(bits: int, shift: int) -> None:
    stream = np.random.RandomState(bits)
    for dim in (1, 3, 17):
        points, centres = (_drawn(stream, bits, count, dim, shift) for count in (9, 6))
        exact, judge = _squares(points, centres), Distances(points, centres)
        for row in range(0, len(points), 3):
            for change in (-1, 0, 1):
                wanted = [int(square) + change for square in exact[row]]
                found = judge.are_beyond(wanted)
                assert found.tolist() == (exact >= np.array(wanted, dtype=object)).all(axis=1).tolist()
        assert judge.square(2, 3) == exact[2, 3]


def test_thresholds_larger_than_any_distance_and_none_at_all() -> None:
    points, centres = np.array([[0, 0], [3, 4]]), np.array([[0, 1], [7, 7]])
    judge = Distances(points, centres)
    assert judge.are_beyond([2**200, 0]).tolist() == [False, False]
    assert judge.are_beyond([0, -5]).tolist() == [True, True]
    assert judge.are_beyond([1, 25]).tolist() == [True, True]
    assert judge.are_beyond([1, 26]).tolist() == [True, False]


@pytest.mark.parametrize("bits", [8, 30, 90])
def test_tiles_change_nothing(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = np.random.RandomState(bits)
    points, centres = (_drawn(stream, bits, count, 4, 0) for count in (23, 19))
    wanted = [int(value) for value in np.sort(_squares(points, centres), axis=0)[3]]
    whole = Distances(points, centres).are_beyond(wanted)
    monkeypatch.setattr(distances, "_TILE_ROWS", 5)
    monkeypatch.setattr(distances, "_TILE_COLUMNS", 3)
    assert Distances(points, centres).are_beyond(wanted).tolist() == whole.tolist()
    assert 0 < int(whole.sum()) < len(points) or bits == 8


def test_the_nearest_centre_is_found() -> None:
    stream = np.random.RandomState(5)
    points, centres = (_drawn(stream, 20, count, 3, 0) for count in (40, 30))
    columns = np.arange(3, 25)
    found = Distances(points, centres).nearest(np.arange(0, 40, 2), columns)
    exact = _squares(points[::2], centres[columns])
    assert (np.take_along_axis(exact, (found - 3)[:, None], axis=1)[:, 0] == exact.min(axis=1)).all()


def test_no_time_leaves_balls_open() -> None:
    points = np.array([[0], [9]])
    assert len(Distances(points, points).are_beyond([1, 1], deadline=0.0)) == 0
