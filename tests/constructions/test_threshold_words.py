"""Thresholds stored many to a weight: the label between any two of them, tables, words and counts."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import numpy as np
import pytest

from constructions import LabelledPoints
from constructions.memorizers.hashing.threshold_reader import idle_weights, label_maps
from constructions.memorizers.hashing.threshold_table import ThresholdTable, group_starts, group_words, smallest_table
from constructions.network.named_units import maps_of_rows
from constructions.network.relu_network import ReluNetwork
from verify.pointwise import wrong_points, wrong_points_in_floats


def drawn(stream: random.Random, count: int, largest: int) -> np.ndarray:
    """Draw thresholds from 0 with steps of at most ``largest``."""
    return np.cumsum([0, *(stream.randint(1, largest) for _ in range(count - 1))])


def table_of(thresholds: np.ndarray, digits: int, length: int, stored: bool) -> ThresholdTable:
    """Return a table by filling group after group, one threshold at a time."""
    groups, left = 1, length
    for index, step in enumerate(np.diff(thresholds, prepend=-1)):
        if index and (step >= 2**digits or left == 0):
            groups, left = groups + 1, length
        else:
            left -= 1
    return ThresholdTable(digits, length, int(thresholds[-1] + 1).bit_length() if stored else 0, groups)


def label_at(place: Fraction, thresholds: np.ndarray, first: int) -> int | None:
    """Return the label at a place, ``None`` on a ramp."""
    passed, reached = (sum(place >= t + 1 for t in thresholds), sum(place > t for t in thresholds))
    return first * (-1) ** int(passed) if passed == reached else None


def assert_reads(thresholds: np.ndarray, table: ThresholdTable, first: int, parts: int = 3) -> None:
    network = ReluNetwork(label_maps(thresholds, table, first))
    assert network.size.nonzero == table.parameters - idle_weights(thresholds, table)
    assert network.size.depth == table.folds + 6 and len(group_starts(thresholds, table)) == table.groups - 1
    for part in range(parts * (int(thresholds[-1]) + 4)):
        place = Fraction(part, parts)
        expected = label_at(place, thresholds, first)
        assert expected is None or network([place]) == (expected,), (place, thresholds, table)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(("digits", "length"), list(itertools.product((1, 2, 4), (1, 2, 3, 5))))
def test_every_place_with_a_given_denominator_has_its_label(digits: int, length: int, stored: bool) -> None:
    stream = random.Random(f"{digits} {length}")
    for count in (1, 2, 3, 4, 7, 12):
        thresholds = drawn(stream, count, stream.choice((1, 3, 9)))
        assert_reads(thresholds, table_of(thresholds, digits, length, stored), stream.choice((-1, 1)))


@pytest.mark.parametrize("chosen", list(itertools.product((0, 1), repeat=5)))
def test_all_subsets_of_a_few_thresholds(chosen: tuple[int, ...]) -> None:
    thresholds = np.array([0, *(place for place, there in enumerate(chosen, start=1) if there)])
    for length, stored in itertools.product((1, 2, 4), (False, True)):
        assert_reads(thresholds, table_of(thresholds, 3, length, stored), 1, parts=2)


@pytest.mark.parametrize("seed", range(4))
def test_the_smallest_table_is_the_smallest_of_all_of_its_lengths(seed: int) -> None:
    stream = random.Random(seed)
    thresholds = drawn(stream, 30 + 20 * seed, 40)
    best = smallest_table(thresholds)
    assert_reads(thresholds, best, -1, parts=1)
    others = [table_of(thresholds, d, n, s) for d in range(1, 7) for n in range(1, 30) for s in (False, True)]
    assert best.parameters == min(table.parameters for table in others)


def test_a_large_step_starts_a_group_and_costs_no_digits() -> None:
    close = drawn(random.Random(1), 40, 8)
    apart = np.concatenate([close, 10**9 + drawn(random.Random(2), 40, 8)])
    table = smallest_table(apart)
    assert table.digits <= 4 and 40 in group_starts(apart, table)
    network = ReluNetwork(label_maps(apart, table, 1))
    for index, threshold in enumerate(apart):
        assert network([int(threshold)]) == ((-1) ** index,)
        assert network([int(threshold) + 1]) == ((-1) ** (index + 1),)


def test_words_hold_doubled_numbers_and_a_last_digit() -> None:
    thresholds = np.array([0, 3, 5, 6])
    table = ThresholdTable(digits=2, length=2, start_digits=0, groups=2)
    assert group_starts(thresholds, table) == [2]
    # 1 and 3 from the place -1; then a padding 0 and 1 from the place 5, and three thresholds and one 0 before.
    assert group_words(thresholds, table, [2]) == [0b010_110_0, 0b000_010_0]
    stored = ThresholdTable(digits=2, length=2, start_digits=3, groups=2)
    assert group_words(thresholds, stored, [2]) == [0b0000_010_110_0, 0b1100_000_010_0]


def test_trap_4_words_are_wrong_in_floats() -> None:
    thresholds = drawn(random.Random(5), 60, 30)
    table = table_of(thresholds, 5, 14, False)
    network = ReluNetwork(label_maps(thresholds, table, 1))
    places = [[int(t) + shift] for t in thresholds for shift in (0, 1)]
    labels = [(-1) ** (index // 2 + index % 2) for index in range(len(places))]
    data = LabelledPoints.of(places, labels)
    assert table.folds > 80 and len(wrong_points(network, data)) == 0
    for kind in (np.float32, np.float64):
        assert len(wrong_points_in_floats(network, data, kind)) > 0


def test_rows_over_named_units_keep_the_order_of_the_names() -> None:
    layers = [{"sum": ({"x": 1, "y": 2}, 3), "none": ({"x": 0}, 0)}, {"out": ({"none": 5, "sum": 7}, 1)}]
    first, last = maps_of_rows(layers, ["x", "y"], denominator=2)
    assert first.weight == ((1, 2), (0, 0)) and first.bias == (3, 0)
    assert last.weight == ((Fraction(7, 2), Fraction(5, 2)),) and last.bias == (Fraction(1, 2),)
