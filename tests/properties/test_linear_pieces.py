"""The zero line of any small network lies between its signs, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from constructions.network.relu_network import ReluNetwork
from verify.report.pictures.planes import Place
from verify.report.pictures.zero_line import zero_line
from verify.testing.strategies import relu_networks

WINDOW = ((Fraction(-2), Fraction(-3)), (Fraction(3), Fraction(2)))
PLACES = st.builds(lambda x, y: (Fraction(x, 32), Fraction(y, 32)), st.integers(-64, 96), st.integers(-96, 64))

Segment = tuple[Place, Place]


@given(relu_networks(inputs=2), PLACES, PLACES)
def test_the_way_between_two_signs_meets_the_zero_line(network: ReluNetwork, first: Place, second: Place) -> None:
    zeros = zero_line(network, WINDOW)
    assert zeros is not None
    if network(first)[0] * network(second)[0] < 0:
        edges = [edge for plateau in zeros.plateaus for edge in _edges(plateau)]
        assert any(_meet(segment, (first, second)) for segment in [*zeros.segments, *edges])


@given(relu_networks(inputs=2, weights="rational"))
def test_every_end_of_the_zero_line_is_a_zero_in_the_window(network: ReluNetwork) -> None:
    zeros = zero_line(network, WINDOW)
    assert zeros is not None
    (left, bottom), (right, top) = WINDOW
    for x, y in {end for ends in (*zeros.segments, *zeros.plateaus) for end in ends}:
        assert network((x, y))[0] == 0 and left <= x <= right and bottom <= y <= top


def _edges(corners: Sequence[Place]) -> list[Segment]:
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))


def _meet(one: Segment, other: Segment) -> bool:
    """Tell whether two segments have a point in common, those on one line taken to."""
    return all(_side(a, b[0]) * _side(a, b[1]) <= 0 for a, b in ((one, other), (other, one)))


def _side(line: Segment, place: Place) -> Fraction:
    (a, b), (c, d) = line
    return (c - a) * (place[1] - b) - (d - b) * (place[0] - a)
