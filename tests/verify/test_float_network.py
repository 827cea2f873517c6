"""Float copies of networks: the sign of the network at every scale, one gradient by two libraries."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from constructions.data.norm_ball import NormBall
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.methods import float_network
from verify.methods.attack import find_counterexamples
from verify.methods.float_network import FloatNetwork, fastest_gradient


def dense_network() -> ReluNetwork:
    """Return a network of 6 inputs, 5 units and 3 outputs."""
    stream = np.random.RandomState(1)
    first = AffineMap(stream.randint(-3, 4, size=(5, 6)).tolist(), stream.randint(-3, 4, size=5).tolist())
    return ReluNetwork([first, AffineMap(stream.randint(-3, 4, size=(3, 5)).tolist(), [1, 2, 3])])


@pytest.fixture
def small_networks_through_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(float_network, "TORCH_WEIGHTS", 1)


@pytest.mark.usefixtures("small_networks_through_torch")
def test_torch_and_numpy_agree_on_the_gradient() -> None:
    copy = FloatNetwork.of(dense_network(), Fraction(2))
    through_torch = fastest_gradient(copy)
    assert through_torch != copy.gradient
    places = np.random.RandomState(2).uniform(-1, 1, size=(50, 6))
    for one, other in zip(through_torch(places), copy.gradient(places), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("small_networks_through_torch")
def test_without_torch_numpy_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    centres, ball = np.full((4, 6), 2), NormBall("l2", 3)
    with_torch = find_counterexamples(dense_network(), centres, 1, ball)
    monkeypatch.setitem(sys.modules, "torch", None)
    copy = FloatNetwork.of(dense_network(), Fraction(2))
    assert fastest_gradient(copy) == copy.gradient
    assert sorted(find_counterexamples(dense_network(), centres, 1, ball)) == sorted(with_torch) == [0, 1, 2, 3]


def test_small_networks_stay_with_numpy() -> None:
    copy = FloatNetwork.of(dense_network(), Fraction(2))
    assert fastest_gradient(copy) == copy.gradient


@pytest.mark.usefixtures("small_networks_through_torch")
def test_sparse_networks_stay_with_scipy() -> None:
    identity = AffineMap([[int(i == j) for j in range(9)] for i in range(9)], [0] * 9)
    copy = FloatNetwork.of(ReluNetwork([identity, AffineMap([[1] * 9], [0])]), Fraction(2))
    assert fastest_gradient(copy) == copy.gradient


def test_gradient_is_the_slope_of_the_smallest_output() -> None:
    """Against differences of the exact network along every axis, inside one linear piece."""
    network, step = dense_network(), Fraction(1, 2**20)
    copy = FloatNetwork.of(network, Fraction(1))
    place = [Fraction(k, 8) for k in (3, -5, 1, 7, -2, 5)]
    value, slope = copy.gradient(np.array([[float(x) for x in place]]))
    assert np.count_nonzero(slope) >= 4
    unit = float(value[0]) / float(min(network(place)))
    for axis in range(6):
        moved = [x + step * (j == axis) for j, x in enumerate(place)]
        difference = (min(network(moved)) - min(network(place))) / step
        assert slope[0, axis] == pytest.approx(unit * float(difference), rel=1e-4, abs=1e-5 * abs(unit))


@pytest.mark.parametrize("weight", [1, 2**70, 2**3000, Fraction(1, 7**900)], ids=["1", "2^70", "2^3000", "7^-900"])
def test_float_copies_keep_signs_at_every_scale(weight: Any) -> None:
    """The float copy is a positive multiple of the network, however large the weights."""
    hidden = AffineMap([[weight, -weight], [3 * weight, weight]], [weight, -weight])
    network = ReluNetwork([hidden, AffineMap([[-weight, 2 * weight]], [5 * weight * weight])])
    places = np.array([[0, 0], [1, 0], [0, 1], [2, -1], [-1, -2]])
    exact = [network(place.tolist())[0] / weight**2 for place in places]
    copied = FloatNetwork.of(network, Fraction(2)).margins(places / 2)
    np.testing.assert_allclose(copied / copied[0], [float(value / exact[0]) for value in exact], rtol=1e-12)
    assert copied[0] * exact[0] > 0
