"""FiniteDistribution: exact, non-negative, summing to 1."""

from fractions import Fraction

import pytest

from constructions import AssumptionViolated, FiniteDistribution, InexactInput, LabelledPoints

DATA = LabelledPoints.of([[0], [1], [2]], labels=[-1, 1, 1])


def test_uniform_gives_every_point_the_same_weight():
    assert FiniteDistribution.uniform(DATA).probabilities == (Fraction(1, 3),) * 3


def test_weight_counts_a_point_once():
    assert FiniteDistribution(DATA, ["1/2", "1/4", "1/4"]).weight_of([0, 2, 2]) == Fraction(3, 4)


@pytest.mark.parametrize(
    ("probabilities", "error", "words"),
    [
        (["1/2", "1/4", "1/8"], AssumptionViolated, "sum to 7/8"),
        (["3/2", "-1/4", "-1/4"], AssumptionViolated, "probability 1 is -1/4"),
        ([0.5, "1/4", "1/4"], InexactInput, "0.5"),
        (["1/2", "1/2"], ValueError, "3 points"),
    ],
)
def test_what_is_no_distribution_is_refused(probabilities, error, words):
    with pytest.raises(error, match=words):
        FiniteDistribution(DATA, probabilities)
