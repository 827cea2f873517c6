"""Grid classifiers and overfitting networks that just miss: each has one thing wrong.

Compare with ``constructions.classifiers``. What breaks, and an instance on which it does,
stands in ``verify.testing.broken_hard_sets``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from constructions.classifiers.bit_extraction import BlockTable, classify_grid_by_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.classifiers.overfitting import overfit_robustly
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

MILLIONTH = Fraction(1, 10**6)
_RAMPS, _INDEX, _STEPS, _WORD, _FIRST_DIGIT = range(5)


@dataclass(frozen=True, slots=True)
class LabelledGrid:
    """What a grid classifier is built from.

    Attributes:
        balls: the grid and the radius.
        labels: in the order of the index.
        table: blocks and their length.
    """

    balls: GridBalls
    labels: tuple[int, ...]
    table: BlockTable


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What an overfitting network is built from.

    Attributes:
        grid: the hard points.
        training: the indices trained on.
    """

    grid: LinearlySeparableGrid
    training: tuple[int, ...]


def bits_genuine(asked: LabelledGrid) -> ReluNetwork:
    """The construction itself."""
    return classify_grid_by_bit_extraction(asked.labels, asked.balls, asked.table)


def bits_label_flipped(asked: LabelledGrid) -> ReluNetwork:
    """The label of the last point is the other one."""
    return bits_genuine(replace(asked, labels=(*asked.labels[:-1], -asked.labels[-1])))


def bits_ramp_starts_inside(asked: LabelledGrid) -> ReluNetwork:
    """Ramps for a radius that is a millionth too small."""
    return bits_genuine(replace(asked, balls=replace(asked.balls, radius=asked.balls.radius - MILLIONTH)))


def bits_axes_in_reverse(asked: LabelledGrid) -> ReluNetwork:
    """The index takes the first axis for the highest digit, not the lowest."""
    network, axes = bits_genuine(asked), asked.balls.axes
    ramps = network.maps[_RAMPS]
    weight = [[*row[:axes][::-1], *row[axes:]] for row in ramps.weight]
    return _with_map(network, _RAMPS, AffineMap(weight, ramps.bias))


def bits_block_starts_late(asked: LabelledGrid) -> ReluNetwork:
    """The last block begins one label too late."""
    steps = bits_genuine(asked).maps[_STEPS]
    last = steps.shape[0] - 2
    return _edited(bits_genuine(asked), _STEPS, bias=lambda i, value: value - (i >= last))


def bits_last_block_forgotten(asked: LabelledGrid) -> ReluNetwork:
    """The number of blocks is rounded down: the last labels are in no block."""
    last = bits_genuine(asked).maps[_WORD].shape[1] - 2
    return _edited(bits_genuine(asked), _WORD, lambda i, j, value: Fraction(0) if j >= last else value)


def bits_last_bit_lost(asked: LabelledGrid) -> ReluNetwork:
    """The last binary digit of every word is 0."""
    length = asked.table.length
    cut = tuple(-1 if place % length == length - 1 else label for place, label in enumerate(asked.labels))
    return bits_genuine(replace(asked, labels=cut))


def bits_slope_off_by_one(asked: LabelledGrid) -> ReluNetwork:
    """The slope of every digit test is 2^length - 1 in units of the word, not 2^length."""
    network, length = bits_genuine(asked), asked.table.length
    share = 1 - Fraction(1, 2**length)
    for place in range(length):
        # The rows of the two units of the test; the last layer keeps no word before them.
        tests = (1, 2) if place < length - 1 else (0, 1)
        network = _edited(network, _FIRST_DIGIT + place, partial(_scaled_rows, tests, share))
    return network


def bits_digit_too_heavy(asked: LabelledGrid) -> ReluNetwork:
    """A digit that was read is taken off with the weight 2^length + 1."""
    network, whole = bits_genuine(asked), 2**asked.table.length
    for layer in range(_FIRST_DIGIT + 1, _FIRST_DIGIT + asked.table.length):
        network = _edited(network, layer, lambda i, j, value: value + value / whole if abs(value) == whole else value)
    return network


def bits_words_in_doubles(asked: LabelledGrid) -> ReluNetwork:
    """The words are rounded to 53 binary digits, as float64 would."""
    return _edited(
        bits_genuine(asked),
        _WORD,
        lambda i, j, value: value if i else Fraction(float(value)),
        lambda i, value: value if i else Fraction(float(value)),
    )


def bits_blocks_longer_than_read(asked: LabelledGrid) -> ReluNetwork:
    """A block holds one label more than there are layers to read them."""
    shorter = bits_genuine(replace(asked, table=BlockTable.with_length(asked.balls.count, asked.table.length - 1)))
    return ReluNetwork([*bits_genuine(asked).maps[:_FIRST_DIGIT], *shorter.maps[_FIRST_DIGIT:]])


def bits_output_bias_missing(asked: LabelledGrid) -> ReluNetwork:
    """The output without the -1: zero where the label is -1."""
    network = bits_genuine(asked)
    return _edited(network, len(network.maps) - 1, bias=lambda i, value: Fraction(0))


def bits_idle_word_kept(asked: LabelledGrid) -> ReluNetwork:
    """The word of the last layer is kept, though nothing reads it."""
    network = bits_genuine(asked)
    layer = _FIRST_DIGIT + asked.table.length - 1
    digits, reader = network.maps[layer], network.maps[layer + 1]
    widened = AffineMap([digits.weight[0], *digits.weight], [0, *digits.bias])
    skipping = AffineMap([[0, *row] for row in reader.weight], reader.bias)
    return ReluNetwork([*network.maps[:layer], widened, skipping, *network.maps[layer + 2 :]])


def overfit_genuine(asked: TrainingSet) -> ReluNetwork:
    """The construction itself."""
    return overfit_robustly(asked.grid, asked.training)


def overfit_point_forgotten(asked: TrainingSet) -> ReluNetwork:
    """The last training point has no bump."""
    return overfit_robustly(asked.grid, asked.training[:-1])


def overfit_bumps_too_wide(asked: TrainingSet) -> ReluNetwork:
    """A bump is still one half at the next grid point."""
    slope = -1 / (2 * (2 * asked.grid.eps - asked.grid.radius))
    return _edited(overfit_genuine(asked), 1, lambda i, j, value: slope if value < 0 else value)


def overfit_clip_out_of_reach(asked: TrainingSet) -> ReluNetwork:
    """The clip changes its sign just below the balls of the label +1."""
    grid = asked.grid
    shift = (grid.radius - grid.offset + MILLIONTH) / grid.offset
    halves = 2 * grid.dim * len(asked.training)
    return _edited(overfit_genuine(asked), 0, bias=lambda i, value: value + shift if i >= halves else value)


def _scaled_rows(rows: tuple[int, ...], share: Fraction, i: int, j: int, value: Fraction) -> Fraction:
    return value * share if i in rows else value


def _edited(
    network: ReluNetwork,
    layer: int,
    weight: Callable[[int, int, Fraction], Fraction] = lambda i, j, value: value,
    bias: Callable[[int, Fraction], Fraction] = lambda i, value: value,
) -> ReluNetwork:
    """Return the network with other entries in one map."""
    affine = network.maps[layer]
    rows = [[weight(i, j, value) for j, value in enumerate(row)] for i, row in enumerate(affine.weight)]
    return _with_map(network, layer, AffineMap(rows, [bias(i, value) for i, value in enumerate(affine.bias)]))


def _with_map(network: ReluNetwork, layer: int, affine: AffineMap) -> ReluNetwork:
    return ReluNetwork([*network.maps[:layer], affine, *network.maps[layer + 1 :]])
