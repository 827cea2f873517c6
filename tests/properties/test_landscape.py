"""Sizes for every data set cover every drawn one, and never fall to a size that is too small."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructions import LabelledPoints
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.instance import half_separation
from constructions.memorizers.layer_widths import dense_size, depth_of
from verify.report.landscape.setting import Setting
from verify.report.landscape.sizes import landscape_of
from verify.testing.strategies import memorization_instances

NORMS = ("linf", "l1", "l2")
norms = pytest.mark.parametrize("norm", NORMS)
drawn_ratios = st.one_of(
    st.fractions(min_value=Fraction(1, 10**7), max_value=1 - Fraction(1, 10**7), max_denominator=10**7),
    st.sampled_from([Fraction(1, 2), 1 - Fraction(1, 10**30), Fraction(1, 10**30)]),
)


@norms
@given(points=st.integers(2, 10**6), dim=st.integers(1, 10**5), ratio=drawn_ratios)
def test_no_size_for_every_data_set_falls_to_one_that_is_too_small(
    norm: str, points: int, dim: int, ratio: Fraction
) -> None:
    landscape = landscape_of(Setting.of_sizes(points, dim, norm, [ratio]))
    assert landscape.inversions == [] and landscape.uncounted == []
    (row,) = landscape.rows
    assert row.smallest() is not None and row.bounds
    assert landscape.least_ratio is None or landscape.least_ratio > 1


@norms
@given(points=st.integers(2, 12), dim=st.integers(1, 6), ratio=drawn_ratios)
def test_small_sizes_do_not_invert_either(norm: str, points: int, dim: int, ratio: Fraction) -> None:
    assert landscape_of(Setting.of_sizes(points, dim, norm, [ratio])).inversions == []


@norms
@given(data=st.data())
def test_every_drawn_data_set_is_covered(norm: str, data: st.DataObject) -> None:
    points, radius = data.draw(memorization_instances(norm, max_points=7, both_classes=False))
    eps = _eps(points, norm)
    for construction in constructions_for(norm):
        plan = construction.plan(points, radius, eps, norm, None)
        if plan is None:
            continue
        network = plan.build()
        widths = (points.dim, *(affine.shape[0] for affine in network.maps))
        assert plan.widths in (widths, ())
        assert (dense_size(widths), depth_of(widths)) == (network.size.dense, network.size.depth)
        assert network.size.nonzero <= plan.parameters <= plan.promised
        worst = construction.worst
        if worst is not None and eps is not None and len(points) > 1:
            found = worst(len(points), points.dim, radius / eps, norm)
            if found is None or found.condition:
                continue
            assert plan.promised <= found.parameters
            assert not found.widths or network.size.dense <= dense_size(found.widths)


@norms
@given(points=st.integers(2, 1000), dim=st.integers(1, 1000), ratio=drawn_ratios)
def test_sizes_for_every_data_set_rise_with_points_dimension_and_ratio(
    norm: str, points: int, dim: int, ratio: Fraction
) -> None:
    larger = [(points + 1, dim, ratio), (points, dim + 1, ratio), (points, dim, (1 + ratio) / 2)]
    for construction in constructions_for(norm):
        if construction.worst is None:
            continue
        here = construction.worst(points, dim, ratio, norm)
        for more in larger:
            there = construction.worst(*more, norm)
            assert here is None or there is None or here.parameters <= there.parameters


def _eps(points: LabelledPoints, norm: str) -> Fraction | None:
    closest = points.closest_opposite_pairs(norm)
    return None if closest is None else half_separation(closest.distance, norm)
