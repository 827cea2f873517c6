"""The claims of the construction, checked exactly on drawn training sets.

``PLANTED_BUG=1 pytest`` runs the same tests on the variant with a bug.
"""

import os

import mybumps
import pytest
from hypothesis import given, settings

from constructions import LabelledPoints
from verify import robust_error
from verify.testing import check_construction, strategies

builder = mybumps.memorize_with_a_bug if os.environ.get("PLANTED_BUG") else mybumps.memorize


@pytest.mark.theorem("robust-memorization-linf", claims=["robust_error", "margin"])
def test_every_ball_is_classified_with_margin_1():
    check_construction(builder, ["fits_labels", "robust_error", "margin"], max_examples=60, seed=0)


@pytest.mark.theorem("robust-memorization-linf", claims=["parameters"])
def test_the_number_of_parameters_is_at_most_the_count():
    check_construction(builder, {"parameters": mybumps.count, "depth": 3}, max_examples=30, seed=0)


def test_it_follows_the_symmetries_and_refuses_what_it_must():
    check_construction(builder, ["determinism", "refusals", "permutation", "scaling"], max_examples=20, seed=0)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(strategies.separated_points(norm="linf", max_points=5, max_dim=2))
def test_a_property_of_ones_own(data: LabelledPoints):
    separation = data.separation("linf")
    radius = 1 if separation is None else separation * 3 / 8
    assert robust_error(builder(data, radius), data, "linf", radius).upper == 0
