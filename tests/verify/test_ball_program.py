"""Integers without factors that a map's numbers share: the same bounds, in l2 never more, in smaller numbers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verify
from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from constructions.data.sources import load_data
from constructions.memorizers.cuts import memorize_with_cuts
from constructions.memorizers.instance import half_separation
from verify.methods.ball_program import ball_program, perhaps_weaker
from verify.methods.interval_bounds import interval_margins, paired_margins
from verify.testing.strategies import relu_networks

POINTS = np.array([[1, -2, 5], [0, 3, -4], [7, 7, 7]], dtype=np.int64)
FEWER = settings(max_examples=settings().max_examples // 2)


def bounds(network: ReluNetwork, ball: NormBall, shorten: bool) -> list[list[Fraction]]:
    """Return the bounds of both interval methods on balls around the points."""
    points = POINTS[:, : network.dim]
    program = ball_program(network, points, 8, ball, shorten=shorten)
    found = [method(program, points) for method in (interval_margins, paired_margins)]
    return [[Fraction(value, program.scales[-1]) for value in row if value is not None] for row in found]


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@FEWER
@given(draws=st.data())
def test_leaving_factors_out_changes_no_bound_but_the_rounding_of_roots(norm: str, draws: st.DataObject) -> None:
    network = draws.draw(relu_networks(weights="rational"), label="network")
    maps = [*network.maps]
    if draws.draw(st.booleans(), label="integer weights"):
        first = maps[0]
        maps[0] = AffineMap.from_coo(
            first.numerators.entry_rows, first.numerators.columns, first.numerators.values, first.shape, first.bias
        )
    ball = NormBall(norm, Fraction(draws.draw(st.integers(0, 9), label="sevenths"), 7))
    whole, short = (bounds(ReluNetwork(maps), ball, shorten) for shorten in (False, True))
    if norm == "l2":
        assert all(a <= b for x, y in zip(short, whole, strict=True) for a, b in zip(x, y, strict=True))
    else:
        assert short == whole


def test_a_denominator_of_radius_and_thresholds_is_counted_once() -> None:
    """Radius and thresholds are k/3^20, weights are 1: the whole program multiplies 3^20 with itself."""
    fine = Fraction(1, 3**20)
    network = ReluNetwork([AffineMap([[1, 1], [1, -1]], [fine, -fine]), AffineMap([[1, 1]], [1])])
    ball, points = NormBall("linf", 3**18 * fine - fine), np.array([[1, 2]], dtype=np.int64)
    whole, short = (ball_program(network, points, 8, ball, shorten=shorten) for shorten in (False, True))
    assert (whole.is_shortened, short.is_shortened) == (False, True)
    assert (whole.scales[-1], short.scales[-1]) == (8 * 3**40, 8 * 3**20)
    assert short.fits_int64 and not whole.fits_int64
    for program in (whole, short):
        found = interval_margins(program, points)[0]
        least = 1 + Fraction(3, 8) + fine - 2 * ball.radius
        assert found is not None and Fraction(found, program.scales[-1]) == least


def test_balls_at_the_least_centre_value_need_no_finer_unit() -> None:
    network = ReluNetwork([AffineMap([[1]], [0])])
    points = np.array([[2], [4], [6], [8]], dtype=np.int64)
    margins = [Fraction(1), Fraction(3, 4), Fraction(2), None]
    assert perhaps_weaker(network, points, 2, margins).tolist() == [False, True, False, True]
    assert perhaps_weaker(network, points[:1], 2, [None]).tolist() == [True]


@pytest.mark.parametrize("ratio", ["3/7", "9/10"])
@pytest.mark.parametrize("spec", ["random:n=16,d=3,levels=16,seed=1", "random:n=24,d=6,levels=9,seed=2", "iris:1-2"])
def test_l2_certificates_state_what_the_checker_proves(spec: str, ratio: str, tmp_path: Path) -> None:
    data = load_data(spec)
    closest = data.closest_opposite_pairs("l2")
    assert closest is not None
    radius = Fraction(ratio) * half_separation(closest.distance, "l2")
    result = verify.robust_error(memorize_with_cuts(data, radius), data, "l2", radius)
    assert result.upper == 0 and "proved" in verify.recheck(result.certificate(tmp_path / "certificate.json"))


def test_an_irrational_reach_is_stated_as_the_checker_rounds_it(tmp_path: Path) -> None:
    """The margin on the ball is 1 - r sqrt(2), whose rounding depends on the unit."""
    fine = Fraction(1, 7**9)
    network = ReluNetwork([AffineMap([[1, 1], [1, 0]], [1 + fine, fine]), AffineMap([[1, 0]], [0])])
    data = LabelledPoints.of([[0, 0], [1, 1]], [1, 1])
    result = verify.robust_error(network, data, "l2", "1/4", method="interval")
    assert result.status == ("robust", "robust")
    assert "proved" in verify.recheck(result.certificate(tmp_path / "certificate.json"))
