"""The exact pieces of a network in the plane: they fill the window, and the network is affine on each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from constructions.data.sources import load_data
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.instance import half_separation
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.report.pictures.linear_pieces import LinearPiece, linear_pieces
from verify.report.pictures.planes import Place
from verify.report.pictures.zero_line import ZeroLine, values_on_grid, zero_line

HALF = Fraction(1, 2)
WINDOW = ((Fraction(-1, 5), Fraction(-1, 3)), (Fraction(6, 5), Fraction(7, 5)))
TENT = ReluNetwork([AffineMap([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4), AffineMap([[-1] * 4], [1])])


def _corners(piece: LinearPiece) -> list[Place]:
    return [(Fraction(x, w), Fraction(y, w)) for x, y, w in piece.corners]


def _area(corners: Sequence[Place]) -> Fraction:
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return sum((a * d - c * b for (a, b), (c, d) in pairs), Fraction(0)) / 2


def _random_network(seed: int) -> ReluNetwork:
    stream = np.random.RandomState(seed)
    widths = [2, *stream.randint(1, 5, size=stream.randint(1, 4)), 1]
    maps = []
    for inputs, outputs in itertools.pairwise(widths):
        weight = stream.randint(-3, 4, size=(outputs, inputs)).tolist()
        maps.append(AffineMap(weight, [Fraction(int(b), 3) for b in stream.randint(-3, 4, size=outputs)]))
    return ReluNetwork(maps)


def _memorizers() -> list[ReluNetwork]:
    data = load_data("random:n=6,d=2,levels=9,seed=3")
    found = []
    for norm in ("linf", "l1", "l2"):
        pairs = data.closest_opposite_pairs(norm)
        assert pairs is not None
        eps = half_separation(pairs.distance, norm)
        plans = [
            entry.plan(data, eps / 2, eps, norm, None) for entry in constructions_for(norm) if entry.name != "paper"
        ]
        found += [plan.build() for plan in plans if plan is not None]
    return found


NETWORKS = [TENT, *map(_random_network, range(25)), *_memorizers()]


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_pieces_fill_the_window_and_have_the_values_of_the_network(network: ReluNetwork) -> None:
    pieces = linear_pieces(network, WINDOW)
    assert pieces is not None
    (left, bottom), (right, top) = WINDOW
    areas = [_area(_corners(piece)) for piece in pieces]
    assert min(areas) > 0 and sum(areas) == (right - left) * (top - bottom)
    _, factor = network.integer_network()
    for piece in pieces:
        corners = _corners(piece)
        middle = tuple(sum(values) / len(corners) for values in zip(*corners, strict=True))
        for x, y in (*corners, middle):
            a, b, c = piece.form
            assert a * x + b * y + c == factor * network((x, y))[0]


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_the_zero_line_is_zero_and_parts_the_signs(network: ReluNetwork) -> None:
    zeros = zero_line(network, WINDOW)
    assert zeros is not None
    for start, end in zeros.segments:
        share = Fraction(3, 7)
        between = tuple(a + share * (b - a) for a, b in zip(start, end, strict=True))
        assert network(start)[0] == network(end)[0] == network(between)[0] == 0
    for corners in zeros.plateaus:
        middle = tuple(sum(values) / len(corners) for values in zip(*corners, strict=True))
        assert network(middle)[0] == 0
    _every_change_of_sign_is_on_it(network, zeros)


def _every_change_of_sign_is_on_it(network: ReluNetwork, zeros: ZeroLine) -> None:
    """Along a row of points, signs change only where the line or a plateau is between them."""
    height = Fraction(23, 71)
    row = [(Fraction(k, 37), height) for k in range(-7, 44)]
    values = [network(place)[0] for place in row]
    for (x, _), (z, _), value, after in zip(row, row[1:], values, values[1:], strict=False):
        if value * after < 0:
            assert any(_meets(segment, x, z, height) for segment in zeros.segments)


def _meets(segment: tuple[Place, Place], left: Fraction, right: Fraction, height: Fraction) -> bool:
    (a, b), (c, d) = segment
    if b == d:
        return b == height and min(a, c) <= right and max(a, c) >= left
    share = (height - b) / (d - b)
    return 0 <= share <= 1 and left <= a + share * (c - a) <= right


def test_the_zeros_of_a_tent_are_a_square() -> None:
    zeros = zero_line(TENT, ((Fraction(-2), Fraction(-2)), (Fraction(2), Fraction(2))))
    assert zeros is not None and zeros.pieces == 4 and zeros.plateaus == ()
    corners = {(0, 1), (1, 0), (0, -1), (-1, 0)}
    assert {end for segment in zeros.segments for end in segment} == corners
    (line,) = zeros.lines()
    assert line[0] == line[-1] and len(line) == 5 and set(line) == corners


def test_lines_use_every_segment_once() -> None:
    for network in NETWORKS:
        zeros = zero_line(network, WINDOW)
        assert zeros is not None
        walked = [tuple(sorted(pair)) for line in zeros.lines() for pair in itertools.pairwise(line)]
        assert sorted(walked) == sorted(zeros.segments)


def test_a_network_that_is_zero_throughout_is_a_plateau() -> None:
    flat = ReluNetwork([AffineMap([[1, 0]], [-5]), AffineMap([[1]], [0])])
    zeros = zero_line(flat, WINDOW)
    assert zeros is not None and zeros.segments == () and len(zeros.plateaus) == 1


def test_too_many_pieces_give_no_answer() -> None:
    assert linear_pieces(TENT, ((Fraction(-1), Fraction(-1)), (Fraction(1), Fraction(1))), most=3) is None
    assert zero_line(TENT, ((Fraction(-1), Fraction(-1)), (Fraction(1), Fraction(1))), most=3) is None


def test_values_on_a_grid_are_those_of_the_network() -> None:
    values = values_on_grid(TENT, ((Fraction(-1), Fraction(0)), (Fraction(1), Fraction(1))), 8)
    assert values.shape == (8, 8)
    for row in range(8):
        for column in range(8):
            place = (Fraction(2 * column + 1, 8) - 1, Fraction(2 * row + 1, 16))
            assert values[row, column] == float(TENT(place)[0])
