"""Every broken classifier of two sets is refuted with a witness; the genuine one is not."""

from __future__ import annotations

from fractions import Fraction

import pytest

import verify
from constructions.sets.distances import box_gap
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.robustness import RobustError
from verify.testing.broken_separated_sets import SET_TWINS, Build, SetTwin

TWINS = pytest.mark.parametrize("twin", [pytest.param(twin, id=twin.name) for twin in SET_TWINS])


def decided(twin: SetTwin, build: Build) -> RobustError:
    balls = twin.sets.balls()
    assert balls is not None
    return verify.robust_error(build(twin.sets), balls, twin.sets.norm, twin.sets.radius, seconds=60)


@pytest.mark.theorem("robust-classifier", claims=["robust_error"])
@TWINS
def test_the_twin_is_refuted_at_an_exact_point(twin: SetTwin) -> None:
    result = decided(twin, twin.builder)
    assert zero_robust_error(result).status == "violated"
    index = result.status.index("violated")
    label, point = result.data.labels[index], result.witness(index)
    assert point is not None
    power = twin.sets.radius**2 if twin.sets.norm == "l2" else twin.sets.radius
    assert min(box_gap(point, point, *box, twin.sets.norm) for box in twin.sets.boxes(label)) <= power
    assert label * twin.builder(twin.sets)(point)[0] <= 0


@pytest.mark.theorem("robust-classifier", claims=["robust_error", "margin"])
@TWINS
def test_the_genuine_construction_is_not(twin: SetTwin) -> None:
    result = decided(twin, twin.genuine)
    assert zero_robust_error(result).status == "holds"
    least = Fraction(1, 100) if twin.name.startswith("hats") else Fraction(1)
    assert margin_at_least(result, least).status == "holds"


def test_every_twin_says_what_is_wrong() -> None:
    assert len({twin.name for twin in SET_TWINS}) == len(SET_TWINS) >= 8
    assert all(twin.builder.__doc__ for twin in SET_TWINS)
