"""Which units of a network depend on one coordinate, and which are sums of such functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from constructions.exact.integer_arrays import INT64_EXACT, concatenated_ranges, integer_array
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.methods.separable.pieces import Pieces, Window, combined

MOST_NODES = 4096
_MANY_NODES = 64
# Networks whose units have little in common are left to other methods.
MOST_FUNCTIONS = 2**14
_MOST_ENTRIES = 2**26
Line = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Range:
    """The interval on which coordinates move.

    Attributes:
        low: smallest coordinate of any ball.
        high: largest, above ``low``.
    """

    low: Fraction
    high: Fraction

    @classmethod
    def of(cls, points: np.ndarray, scale: int, radius: Fraction) -> Range:
        """Return the range of balls around ``points / scale``, a little more where that is one number."""
        low, high = Fraction(int(points.min()), scale) - radius, Fraction(int(points.max()), scale) + radius
        return cls(low, high if low < high else low + Fraction(1, 1024 * scale))


@dataclass(frozen=True)
class Layer:
    """Units that are sums of functions of one coordinate each, as sparse rows.

    Attributes:
        starts: where the terms of every unit begin, and the number of all.
        axes: coordinate of each term, increasing within a unit.
        functions: number of its function.
    """

    starts: np.ndarray
    axes: np.ndarray
    functions: np.ndarray

    @cached_property
    def counts(self) -> np.ndarray:
        """How many coordinates matter to each unit, at least 1."""
        return np.diff(self.starts)

    def terms(self, unit: int) -> list[tuple[int, int]]:
        """Return coordinate and number of the function of each term of a unit."""
        part = slice(int(self.starts[unit]), int(self.starts[unit + 1]))
        return list(zip(self.axes[part].tolist(), self.functions[part].tolist(), strict=True))


class Analysis:
    """The units of a network layer by layer; equal functions have one number, and are worked out once.

    Functions are the network's on the range, and beyond it too unless they have many nodes.

    Args:
        network: exact network.
        span: where the coordinates move.
    """

    def __init__(self, network: ReluNetwork, span: Range) -> None:
        self._network = network
        self.span = span
        self.functions: list[Pieces] = []
        self._numbers: dict[Pieces, int] = {}
        self._windows: dict[int, Window] = {}

    def units_before_last(self) -> Layer | None:
        """Return the units that feed the last hidden layer, ``None`` if one is no sum.

        A unit that sums over several coordinates must be nonnegative on the range, so that
        its ReLU changes nothing there.
        """
        dim = self._network.dim
        line = self.number(Pieces.line(Fraction(1), Fraction(0)))
        layer: Layer | None = Layer(np.arange(dim + 1), np.arange(dim), np.full(dim, line))
        for affine in self._network.maps[:-2]:
            layer = None if layer is None else self.preactivations(affine, layer)
            layer = None if layer is None else self._after_relu(layer)
        return layer

    def number(self, pieces: Pieces) -> int:
        """Return the number of a function."""
        found = self._numbers.setdefault(pieces, len(self.functions))
        if found == len(self.functions):
            self.functions.append(pieces)
        return found

    def _near(self, pieces: Pieces) -> Pieces:
        """Return a function without its nodes far from the range, if it has many."""
        if len(pieces.nodes) <= _MANY_NODES:
            return pieces
        return pieces.cut(2 * self.span.low - self.span.high, 2 * self.span.high - self.span.low)

    def window(self, function: int) -> Window:
        """Return a function on the range."""
        if function not in self._windows:
            self._windows[function] = self.functions[function].on(self.span.low, self.span.high)
        return self._windows[function]

    def line(self, function: int) -> Line | None:
        """Return slope and constant of a function that is affine on the range."""
        return self.functions[function].line_on(self.span.low, self.span.high)

    def preactivations(self, affine: AffineMap, layer: Layer) -> Layer | None:
        """Return the rows of a map as sums of functions of one coordinate; a bias joins the first.

        ``None`` if there are too many different ones.
        """
        matrix, dim = affine.numerators, self._network.dim
        counts = layer.counts[matrix.columns]
        if int(counts.sum()) > _MOST_ENTRIES:
            return None
        places = concatenated_ranges(layer.starts[matrix.columns], counts)
        entry = np.repeat(np.arange(len(counts)), counts)
        empty = np.flatnonzero(np.diff(matrix.starts) == 0)
        rows = np.concatenate([matrix.entry_rows[entry], empty])
        axes = np.concatenate([layer.axes[places], np.zeros(len(empty), dtype=np.int64)])
        zero = self.number(Pieces.line(Fraction(0), Fraction(0)))
        functions = np.concatenate([layer.functions[places], np.full(len(empty), zero)])
        weights, kinds = np.unique(np.concatenate([matrix.values, [1]]), return_inverse=True)
        kinds = np.concatenate([kinds[entry], np.full(len(empty), kinds[-1])])
        keys = rows * dim + axes
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], rows[order]
        begins = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        leads = np.r_[True, rows[begins][1:] != rows[begins][:-1]]
        sums = self._sums(affine, weights, kinds[order], functions[order], begins, rows[begins], leads)
        if sums is None:
            return None
        starts = np.searchsorted(rows[begins], np.arange(affine.shape[0] + 1))
        return Layer(starts, axes[order][begins], sums)

    def _sums(
        self,
        affine: AffineMap,
        weights: np.ndarray,
        kinds: np.ndarray,
        functions: np.ndarray,
        begins: np.ndarray,
        rows: np.ndarray,
        leads: np.ndarray,
    ) -> np.ndarray | None:
        """Return the number of the function that each group of terms adds up to.

        Terms are alike when they have the same weights, of the same functions, and the same bias.
        """
        biases, own = np.unique(np.concatenate([affine.bias_numerators, [0]]), return_inverse=True)
        bias = np.where(leads, own[:-1][rows], own[-1])
        lengths = np.diff(np.r_[begins, len(kinds)])
        found = np.empty(len(begins), dtype=np.int64)
        for length in np.unique(lengths).tolist():
            groups = np.flatnonzero(lengths == length)
            alike = bias[groups]
            for step in range(length):
                term = begins[groups] + step
                alike = _paired(_paired(alike, kinds[term]), functions[term])
            _, firsts, names = np.unique(alike, return_index=True, return_inverse=True)
            if len(self.functions) + len(firsts) > MOST_FUNCTIONS:
                return None
            numbers = []
            for group in groups[firsts].tolist():
                part = range(int(begins[group]), int(begins[group]) + length)
                terms = [(int(weights[kinds[i]]), self.functions[int(functions[i])]) for i in part]
                total = combined(terms, int(biases[bias[group]]), affine.denominator)
                numbers.append(self.number(self._near(total)))
            found[groups] = np.array(numbers)[names]
        return found

    def _after_relu(self, layer: Layer) -> Layer | None:
        several = layer.counts > 1
        if several.any() and not self._is_nonnegative(layer, np.flatnonzero(several)):
            return None
        alone = layer.starts[:-1][~several]
        different, names = np.unique(layer.functions[alone], return_inverse=True)
        after = [self._near(self.functions[function].relu()) for function in different.tolist()]
        if any(len(pieces.nodes) > MOST_NODES for pieces in after):
            return None
        functions = layer.functions.copy()
        functions[alone] = np.array([self.number(pieces) for pieces in after], dtype=np.int64)[names]
        return Layer(layer.starts, layer.axes, functions)

    def _is_nonnegative(self, layer: Layer, units: np.ndarray) -> bool:
        """Return whether sums of the smallest values of their terms are all at least 0."""
        counts = layer.counts[units]
        different, names = np.unique(
            layer.functions[concatenated_ranges(layer.starts[units], counts)], return_inverse=True
        )
        sums, _ = group_sums([self.window(function).least for function in different.tolist()], names, counts)
        return bool((sums >= 0).all())


def group_sums(values: list[Fraction], names: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, int]:
    """Add up named numbers group by group; return integers and the unit they are in.

    Args:
        values: the numbers.
        names: which of them each term is, groups end to end.
        counts: how many terms each group has, at least 1.
    """
    unit = math.lcm(*(value.denominator for value in values))
    whole = np.array([value.numerator * (unit // value.denominator) for value in values], dtype=object)
    largest = max((abs(value) for value in whole), default=0) * int(counts.max(initial=0))
    terms = (whole.astype(np.int64) if largest < INT64_EXACT else whole)[names]
    if not len(counts):
        return np.zeros(0, dtype=np.int64), unit
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    return integer_array(np.add.reduceat(terms, starts)), unit


def _paired(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return small integers that are equal exactly where both arguments are."""
    width = int(second.max(initial=0)) + 1
    if (int(first.max(initial=0)) + 1) * width >= INT64_EXACT:
        _, first = np.unique(first, return_inverse=True)
    return first * width + second
