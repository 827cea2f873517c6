"""Memorizers at thousands of exact points of their balls, and the sampler that finds the points."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructions import LabelledPoints, NormBall, ReluNetwork
from constructions.data.sources import load_data
from constructions.memorizers.catalog import CATALOG
from constructions.memorizers.instance import half_separation
from constructions.memorizers.plan import Construction
from verify.testing.ball_points import BallPoints, ball_points
from verify.testing.broken import BROKEN_TWINS, BrokenTwin
from verify.testing.strategies import memorization_instances

NORMS = ("linf", "l1", "l2")
RATIOS = ("1/100", "1/2", "9/10", "99/100")
BLOCKS = 9
ENTRIES = [(norm, entry) for entry in CATALOG for norm in entry.norms]
IN_SAMPLE_REACH = {"robust_error", "fits_labels", "margin"}
each_entry = pytest.mark.parametrize(
    ("norm", "entry"), [pytest.param(norm, entry, id=f"{norm} {entry.name}") for norm, entry in ENTRIES]
)


def margins(network: ReluNetwork, data: LabelledPoints, block: BallPoints) -> list[Fraction]:
    values = network.numerators_at(block.numerators, block.scale)[:, 0].astype(object)
    unit = block.scale * network.scale
    return [Fraction(int(v) * data.labels[i], unit) for v, i in zip(values, block.index.tolist(), strict=True)]


def radius_of(data: LabelledPoints, norm: str, ratio: str) -> Fraction:
    closest = data.closest_opposite_pairs(norm)
    assert closest is not None
    return Fraction(ratio) * half_separation(closest.distance, norm)


@pytest.mark.parametrize("norm", NORMS)
@given(draws=st.data())
def test_the_points_lie_in_their_closed_balls(norm: str, draws: st.DataObject) -> None:
    data, radius = draws.draw(memorization_instances(norm, max_points=4, max_dim=4))
    stream = Random(draws.draw(st.integers(0, 2**32), label="seed"))
    ball, limit = NormBall(norm, radius), radius * radius if norm == "l2" else radius
    on_sphere = 0
    for block in islice(ball_points(data, norm, radius, stream), BLOCKS):
        sizes = block.sizes(data, norm)
        for place, index in enumerate(block.index.tolist()):
            point = [Fraction(int(value), block.scale) for value in block.numerators[place]]
            assert ball.contains(data.point(index), point)
            assert NormBall(norm, radius / 2).contains(data.point(index), point) == (sizes[place] <= _half(limit, norm))
        on_sphere += sizes.count(limit)
    assert on_sphere >= 2 * len(data)


def _half(limit: Fraction, norm: str) -> Fraction:
    return limit / 4 if norm == "l2" else limit / 2


def test_points_towards_a_pythagorean_neighbour_touch_the_sphere_and_none_passes_it() -> None:
    """3, 4, 5: with radius 5/2 the balls touch at the midpoint, which both contain."""
    data = LabelledPoints.of([[0, 0], [3, 4]], [1, -1])
    blocks = list(islice(ball_points(data, "l2", Fraction(5, 2), Random(1)), 60))
    towards = [block for block in blocks if block.kind == "towards"]
    met = [size for block in towards for size in block.sizes(data, "l2")]
    assert met and set(met) <= {Fraction(25, 4), Fraction(0)} and Fraction(25, 4) in met
    irrational = LabelledPoints.of([[0, 0], [1, 1]], [1, -1])
    blocks = list(islice(ball_points(irrational, "l2", Fraction(1, 2), Random(1)), 60))
    met = [size for block in blocks if block.kind == "towards" for size in block.sizes(irrational, "l2")]
    assert Fraction(1, 4) - Fraction(1, 2**7) < max(met) < Fraction(1, 4)


@each_entry
@pytest.mark.parametrize("dim", [1, 2, 5])
def test_no_margin_is_below_one_and_one_is_met(norm: str, entry: Construction, dim: int) -> None:
    data = load_data(f"random:n=8,d={dim},levels={64 // dim},seed={dim}")
    smallest = []
    for ratio in RATIOS:
        radius = radius_of(data, norm, ratio)
        plan = entry.plan(data, radius, None, norm, None)
        if plan is not None:
            network = plan.build()
            for block in islice(ball_points(data, norm, radius, Random(dim)), BLOCKS):
                smallest.append(min(margins(network, data, block)))
    assert smallest and min(smallest) == 1


@pytest.mark.parametrize(
    "twin", [pytest.param(twin, id=twin.name) for twin in BROKEN_TWINS if twin.claim in IN_SAMPLE_REACH]
)
def test_points_of_the_balls_find_the_broken_twins(twin: BrokenTwin) -> None:
    """A sampler that missed them would say nothing by finding no violation elsewhere."""
    network = twin.builder(twin.data, twin.radius)
    blocks = islice(ball_points(twin.data, twin.norm, twin.radius, Random(0)), 200)
    limit = 1 if twin.claim == "margin" else Fraction(1, 2**200)
    assert any(min(margins(network, twin.data, block)) < limit for block in blocks)


@each_entry
@given(draws=st.data())
def test_parameters_of_points_in_general_position_are_the_closed_form(
    norm: str, entry: Construction, draws: st.DataObject
) -> None:
    """No coordinate, no difference and no range is a short fraction: nothing vanishes by accident."""
    dim = draws.draw(st.integers(1, 4), label="dim")
    entries = st.builds(lambda part, whole: part + 1009 * whole, st.integers(1, 1008), st.integers(10, 13))
    row = st.lists(entries, min_size=dim, max_size=dim)
    rows = draws.draw(st.lists(row, min_size=2, max_size=5, unique_by=tuple), label="numerators over 1009")
    data = LabelledPoints.of(np.array(rows, dtype=np.int64), [1 - 2 * (k % 2) for k in range(len(rows))], scale=1009)
    radius = radius_of(data, norm, "1/101" if entry.name == "hash-line" else "37/101")
    plan = entry.plan(data, radius, None, norm, None)
    if plan is not None:
        assert plan.build().size.nonzero == plan.parameters
