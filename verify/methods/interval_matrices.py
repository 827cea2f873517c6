"""Interval propagation as exact matrix products, with pairs of ReLUs bounded together.

For any numbers A and B,

    relu(A) + relu(B) = max(0, A, B, A + B)
    relu(A) - relu(B) = min(max(0, A), max(-B, A - B)),

so two terms of one sum can be bounded by the intervals of A, B and A + B (or A - B).
Where A and B move against each other this is much tighter than two intervals, and it is
exact for the two sides of a box, for absolute values and for maxima. The combined forms
become further rows of the layer before, and are paired again there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from constructions.exact.integer_arrays import IntegerRows, largest_magnitude
from verify.methods.ball_program import SAFE, BallProgram, reaches

_WIDEST_ROW = 8


@dataclass(frozen=True, slots=True)
class PairedLayer:
    """The rows of one layer, original ones first, and how each sums its terms.

    Attributes:
        single_up: positive weights of the terms bounded on their own.
        single_down: magnitudes of the negative ones.
        bias: one integer per row.
        pair_rows: (rows, pairs) matrix of 0 and 1: which row each pair belongs to.
        pair_first: unit A of each pair, in the layer before.
        pair_second: unit B.
        pair_form: row of the layer before that holds the combined form.
        first_weight: positive weight of A.
        second_weight: positive weight of B.
        kind: +1 for A + B, -1 for -(A + B), 0 for A - B.
    """

    single_up: IntegerRows
    single_down: IntegerRows
    bias: np.ndarray
    pair_rows: IntegerRows
    pair_first: np.ndarray
    pair_second: np.ndarray
    pair_form: np.ndarray
    first_weight: np.ndarray
    second_weight: np.ndarray
    kind: np.ndarray


@dataclass(slots=True)
class _Rows:
    """Rows under construction: sparse dictionaries over the units before, and biases."""

    terms: list[dict[int, int]]
    bias: list[int]


def paired_layers(program: BallProgram, pairing: bool = True) -> tuple[_Rows, list[PairedLayer]]:
    """Split every layer into single terms and pairs, from the output backwards.

    Returns:
        The rows of the first layer (over the coordinates) and the later layers.
    """
    originals = [
        _Rows([_row(rows, i) for i in range(rows.shape[0])], [int(value) for value in bias])
        for rows, bias in zip(program.weights, program.biases, strict=True)
    ]
    layers: list[PairedLayer] = []
    for index in range(len(originals) - 1, 0, -1):
        layers.append(_paired(originals[index], originals[index - 1], pairing))
    return originals[0], layers[::-1]


def _row(rows: IntegerRows, index: int) -> dict[int, int]:
    columns, values = rows.row(index)
    return dict(zip(columns.tolist(), (int(value) for value in values), strict=True))


def _paired(layer: _Rows, before: _Rows, pairing: bool) -> PairedLayer:
    """Pair the terms of every row; append the combined forms to the layer before."""
    units = len(before.terms)
    known: dict[tuple[object, ...], int] = {}
    pairs: list[tuple[int, int, int, int, int, int, int]] = []
    up: list[tuple[int, int, int]] = []
    down: list[tuple[int, int, int]] = []
    for index, terms in enumerate(layer.terms):
        left = dict(terms)
        for first, second in _candidates(terms, before) if pairing else []:
            pairs.append((index, *_combine(first, second, left.pop(first), left.pop(second), before, known)))
        for unit, weight in left.items():
            (up if weight > 0 else down).append((index, unit, abs(weight)))
    table = np.array(pairs, dtype=object).reshape(-1, 7)
    return PairedLayer(
        single_up=_matrix(up, len(layer.terms), units),
        single_down=_matrix(down, len(layer.terms), units),
        bias=_column(layer.bias)[:, 0],
        pair_rows=_matrix(
            [(int(row), place, 1) for place, row in enumerate(table[:, 0])], len(layer.terms), len(table)
        ),
        pair_first=table[:, 1].astype(np.int64),
        pair_second=table[:, 2].astype(np.int64),
        pair_form=table[:, 3].astype(np.int64),
        first_weight=_column(table[:, 4].tolist()),
        second_weight=_column(table[:, 5].tolist()),
        kind=table[:, 6].astype(np.int64),
    )


def _candidates(terms: dict[int, int], before: _Rows) -> list[tuple[int, int]]:
    """Match terms whose inputs share a coordinate or unit and partly cancel."""
    waiting: dict[int, int] = {}
    matched: list[tuple[int, int]] = []
    for unit, weight in terms.items():
        row = before.terms[unit]
        if not 0 < len(row) <= _WIDEST_ROW:
            continue
        partner = None
        for place, value in row.items():
            other = waiting.get(place)
            if other is not None and (terms[other] * before.terms[other][place] > 0) != (weight * value > 0):
                partner = other
                break
        if partner is None:
            for place in row:
                waiting.setdefault(place, unit)
        else:
            matched.append((partner, unit))
            for place in before.terms[partner]:
                if waiting.get(place) == partner:
                    del waiting[place]
    return matched


def _combine(
    first: int, second: int, first_weight: int, second_weight: int, before: _Rows, known: dict[tuple[object, ...], int]
) -> tuple[int, int, int, int, int, int]:
    """Return the pair with the row of its combined form, which is added if new."""
    kind = 0
    if first_weight > 0 and second_weight > 0:
        kind = 1
    elif first_weight < 0 and second_weight < 0:
        kind = -1
    elif first_weight < 0:
        first, second, first_weight, second_weight = second, first, second_weight, first_weight
    left, right = abs(first_weight), abs(second_weight)
    sign = 1 if kind else -1
    form: dict[int, int] = {place: left * value for place, value in before.terms[first].items()}
    for place, value in before.terms[second].items():
        form[place] = form.get(place, 0) + sign * right * value
    form = {place: value for place, value in sorted(form.items()) if value}
    bias = left * before.bias[first] + sign * right * before.bias[second]
    key = (bias, *form.items())
    if key not in known:
        known[key] = len(before.terms)
        before.terms.append(form)
        before.bias.append(bias)
    return first, second, known[key], left, right, kind


def _matrix(entries: list[tuple[int, int, int]], rows: int, columns: int) -> IntegerRows:
    if not entries:
        none = np.zeros(0, dtype=np.int64)
        return IntegerRows(np.zeros(rows + 1, dtype=np.int64), none, none, (rows, columns))
    table = np.array(entries, dtype=object)
    return IntegerRows.from_entries(
        table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), _column(table[:, 2].tolist())[:, 0], (rows, columns)
    )


def _column(values: list[int]) -> np.ndarray:
    """Return integers as a column, int64 where they are small enough to add."""
    array = np.array(values, dtype=object).reshape(-1, 1)
    return array.astype(np.int64) if largest_magnitude(array) < SAFE else array


class PairedIntervals:
    """A network on balls, ready to bound its outputs ball by ball or in batches."""

    def __init__(self, program: BallProgram, pairing: bool = True) -> None:
        rows, layers = paired_layers(program, pairing)
        entries = [(i, j, value) for i, terms in enumerate(rows.terms) for j, value in terms.items()]
        self._program = program
        self._first = _matrix(entries, len(rows.terms), program.weights[0].shape[1])
        self._first_bias = _column(rows.bias)
        self._first_reach = _column(reaches(self._first, program.radius, program.norm))
        self._layers = layers
        self._uses_drift = pairing or program.norm != "linf"

    @property
    def has_pairs(self) -> bool:
        """True when some pair is bounded together."""
        return any(layer.kind.size for layer in self._layers)

    @property
    def rows(self) -> int:
        """Number of rows of all layers together, the memory unit of one ball."""
        return self._first.shape[0] + sum(layer.bias.size + 3 * layer.kind.size for layer in self._layers)

    def lower_margins(self, points: np.ndarray) -> list[int]:
        """Return, per point, a lower bound of its smallest output over the ball.

        Args:
            points: integers, shape (batch, dim), in the program's point units.
        """
        program = self._program
        centre = points.T.astype(object) * program.point_factor
        if largest_magnitude(centre) + program.radius < SAFE:
            centre = centre.astype(np.int64)
        low, high = centre - program.radius, centre + program.radius
        if program.lower is not None and program.upper is not None:
            low, high = np.maximum(low, program.lower[:, None]), np.minimum(high, program.upper[:, None])
        up, down = _split(self._first)
        smallest, largest = _affine(up, down, self._first_bias, low, high)
        value = _add(self._first.times(centre, largest_magnitude(centre)), self._first_bias)
        smallest, largest = _tightened(smallest, largest, value, self._first_reach)
        for index, layer in enumerate(self._layers):
            smallest, largest = _next(layer, smallest, largest)
            if index == 0 and self._uses_drift:
                smallest, largest = _tightened(smallest, largest, self._second_input(value), program.drift[:, None])
        return [int(bound) for bound in smallest[: program.weights[-1].shape[0]].min(axis=0)]

    def _second_input(self, value: np.ndarray) -> np.ndarray:
        """Return the exact inputs of the original second-layer units at the centres."""
        rows, bias = self._program.weights[1], self._program.biases[1]
        active = np.maximum(value[: rows.shape[1]], 0)
        return _add(rows.times(active, largest_magnitude(active)), bias[:, None])


def _tightened(
    smallest: np.ndarray, largest: np.ndarray, value: np.ndarray, room: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Intersect the first rows with ``value`` plus or minus ``room``; later rows stay."""
    count = len(value)
    below = np.maximum(smallest[:count], _add(value, -room))
    above = np.minimum(largest[:count], _add(value, room))
    return np.concatenate([below, smallest[count:]]), np.concatenate([above, largest[count:]])


def _split(rows: IntegerRows) -> tuple[IntegerRows, IntegerRows]:
    parts = []
    for sign in (1, -1):
        keep = np.flatnonzero(sign * rows.values > 0)
        parts.append(
            IntegerRows.from_entries(rows.entry_rows[keep], rows.columns[keep], sign * rows.values[keep], rows.shape)
        )
    return parts[0], parts[1]


def _add(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Add exactly: in int64 where the largest sum fits, else in Python integers."""
    if left.dtype != object and right.dtype != object and largest_magnitude(left) + largest_magnitude(right) < SAFE:
        return left + right
    return left.astype(object) + right.astype(object)


def _affine(
    up: IntegerRows, down: IntegerRows, bias: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    size = max(largest_magnitude(low), largest_magnitude(high))
    smallest = _add(_add(up.times(low, size), -down.times(high, size)), bias)
    largest = _add(_add(up.times(high, size), -down.times(low, size)), bias)
    return smallest, largest


def _times(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    if (
        weights.dtype != object
        and values.dtype != object
        and largest_magnitude(weights) * largest_magnitude(values) < SAFE
    ):
        return weights * values
    return weights.astype(object) * values.astype(object)


def _next(layer: PairedLayer, smallest: np.ndarray, largest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Carry the bounds of one layer's inputs to the next layer's inputs."""
    units = layer.single_up.shape[1]
    low, high = np.maximum(smallest[:units], 0), np.maximum(largest[:units], 0)
    below, above = _affine(layer.single_up, layer.single_down, layer.bias[:, None], low, high)
    if layer.kind.size:
        pair_low, pair_high = _pair_bounds(layer, smallest, largest)
        below = _add(below, layer.pair_rows.times(pair_low, largest_magnitude(pair_low)))
        above = _add(above, layer.pair_rows.times(pair_high, largest_magnitude(pair_high)))
    return below, above


def _pair_bounds(layer: PairedLayer, smallest: np.ndarray, largest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first_low, first_high = (_times(layer.first_weight, side[layer.pair_first]) for side in (smallest, largest))
    second_low, second_high = (_times(layer.second_weight, side[layer.pair_second]) for side in (smallest, largest))
    form_low, form_high = smallest[layer.pair_form], largest[layer.pair_form]
    a_low, a_high, b_low, b_high = (np.maximum(side, 0) for side in (first_low, first_high, second_low, second_high))
    sum_low = np.maximum(np.maximum(np.maximum(a_low, b_low), form_low), _add(a_low, b_low))
    sum_high = np.minimum(np.maximum(np.maximum(a_high, b_high), form_high), _add(a_high, b_high))
    difference_low = np.minimum(a_low, np.maximum(-second_high, form_low))
    difference_low = np.maximum(difference_low, _add(a_low, -b_high))
    difference_high = np.minimum(a_high, np.maximum(-second_low, form_high))
    difference_high = np.minimum(difference_high, _add(a_high, -b_low))
    kind = layer.kind[:, None]
    low = np.where(kind == 1, sum_low, np.where(kind == -1, -sum_high, difference_low))
    high = np.where(kind == 1, sum_high, np.where(kind == -1, -sum_low, difference_high))
    return low, high
