"""Hashed bits that just miss: each is the genuine network with one thing wrong.

Compare with ``constructions.memorizers.hashing``. ``HASHED_TWINS`` lists them with the claim
that each breaks on ``HASHED_INSTANCE``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.hashing.hashed_bits import HashedBits, build_hashed_bits
from constructions.memorizers.hashing.line_projection import threshold_lines
from constructions.memorizers.hashing.threshold_table import ThresholdTable
from constructions.memorizers.instance import memorization_instance
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

_STEPS, _WORDS, _FIRST_FOLD = 1, 2, 4
_LENGTH, _DIGITS = 11, 4
_POSITIONS = (0, 2, 3, 7, 8, 9, 13, 15, 16, 18, 21, 22, 23, 26, 28, 29, 31, 34, 35, 37, 38, 40, 43, 44, 46, 49)

HASHED_INSTANCE = (
    LabelledPoints.of([[place] for place in _POSITIONS], [(-1) ** place for place in range(len(_POSITIONS))]),
    Fraction(1, 4),
)


def hashed_genuine(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The construction itself, with long words."""
    return build_hashed_bits(data, _plan(data, radius))


def hashed_radius_forgotten(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Thresholds for the points alone: a ramp begins inside a ball."""
    return hashed_genuine(data, Fraction(0))


def hashed_first_number_odd(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The first number of every word is not doubled but one more: what follows is read backwards."""
    table = _plan(data, radius).table
    odd = 2 ** (table.folds + 1 - table.widths[0])
    return _edited(hashed_genuine(data, radius), _WORDS, bias=lambda i, value: value + odd if i == 0 else value)


def hashed_last_digit_lost(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The last digit of every word is 0: groups that start with the other label keep theirs."""
    network = hashed_genuine(data, radius)
    return _edited(network, len(network.maps) - 2, lambda i, j, value: value if value != 4 else Fraction(0))


def hashed_group_starts_late(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The last group starts eight steps too late."""
    last = hashed_genuine(data, radius).maps[_STEPS].shape[0] - 2
    return _edited(hashed_genuine(data, radius), _STEPS, bias=lambda i, value: value - 8 * (i >= last))


def hashed_words_in_doubles(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The words are rounded to 53 binary digits, as float64 would."""
    return _edited(
        hashed_genuine(data, radius),
        _WORDS,
        lambda i, j, value: value if i else Fraction(float(value)),
        lambda i, value: value if i else Fraction(float(value)),
    )


def hashed_fold_too_flat(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The first fold turns with slope 1 instead of 2."""
    return _edited(
        hashed_genuine(data, radius), _FIRST_FOLD, lambda i, j, value: value + 1 if i == 0 and value == -4 else value
    )


def hashed_output_bias_missing(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The output without its bias: zero on the label of the first point."""
    network = hashed_genuine(data, radius)
    return _edited(network, len(network.maps) - 1, bias=lambda i, value: Fraction(0))


HASHED_TWINS: tuple[Callable[[LabelledPoints, Fraction], ReluNetwork], ...] = (
    hashed_radius_forgotten,
    hashed_first_number_odd,
    hashed_last_digit_lost,
    hashed_group_starts_late,
    hashed_words_in_doubles,
    hashed_fold_too_flat,
    hashed_output_bias_missing,
)


def _plan(data: LabelledPoints, radius: Fraction) -> HashedBits:
    instance = memorization_instance(data, "linf", radius)
    assert instance is not None
    line = threshold_lines(instance)[0]
    inner = _LENGTH + 1
    groups = 1 + max(0, -(-(len(line.thresholds) - _LENGTH) // inner))
    return HashedBits(line, ThresholdTable(_DIGITS, _LENGTH, 0, groups))


def _edited(
    network: ReluNetwork,
    layer: int,
    weight: Callable[[int, int, Fraction], Fraction] = lambda i, j, value: value,
    bias: Callable[[int, Fraction], Fraction] = lambda i, value: value,
) -> ReluNetwork:
    """Return the network with other entries in one map."""
    affine = network.maps[layer]
    rows = [[weight(i, j, value) for j, value in enumerate(row)] for i, row in enumerate(affine.weight)]
    changed = AffineMap(rows, [bias(i, value) for i, value in enumerate(affine.bias)])
    return ReluNetwork([*network.maps[:layer], changed, *network.maps[layer + 1 :]])
