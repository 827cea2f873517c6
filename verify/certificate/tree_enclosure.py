"""Trees of cases re-checked in bulk: the checker's rule in floats with rigorous rounding errors.

Every float result here is a lower bound of the exact value it stands for: sums and
products carry an a-priori error bound (``n`` terms lose at most ``n`` units in the last
place of the sum of their magnitudes, in any order and with or without fused products),
and weights are the nearest floats of the exact ones. What this proves is therefore
proved; what it cannot prove may still be provable exactly. No code of the search is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from verify.certificate.checker import SLOPES
from verify.certificate.trees import Multipliers, Tree

ROUND = 2.0**-52
TINY = 2.0**-1000
TOO_SMALL = 2.0**-1000
_BLOCK = 512
_ENTRIES = 2**20


@dataclass(frozen=True, slots=True)
class FloatMap:
    """The nearest floats of an affine map.

    Attributes:
        weight: shape (rows, columns).
        bias: shape (rows,).
    """

    weight: np.ndarray
    bias: np.ndarray


@dataclass(slots=True)
class _Cases:
    """A block of cases: a node of a tree each, with what is known there.

    Attributes:
        trees: index of the tree of each case.
        nodes: index of the node in its tree.
        below: lower bounds of all units, shape (cases, units).
        above: upper bounds.
        low: lowest coordinates, shape (cases, dim).
        high: highest coordinates.
    """

    trees: np.ndarray
    nodes: np.ndarray
    below: np.ndarray
    above: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def take(self, chosen: np.ndarray) -> _Cases:
        return _Cases(
            self.trees[chosen], self.nodes[chosen], self.below[chosen], self.above[chosen], self.low[chosen],
            self.high[chosen],
        )  # fmt: skip


@dataclass(slots=True)
class TreeEnclosure:
    """Bounds of the leaves of many trees over balls of one norm and radius.

    Attributes:
        maps: the margin network; one tree belongs to one output of one ball.
        norm: ``linf``, ``l1`` or ``l2``.
        centres: exact centres of the balls, one per tree.
        radius: exact.
        domain: lower and upper corner of a box that cuts the balls, or ``None``.
        trees: one per ball and output.
        outputs: output of each tree.
    """

    maps: Sequence[FloatMap]
    norm: str
    centres: Sequence[Sequence[Fraction]]
    radius: Fraction
    domain: tuple[Sequence[Fraction], Sequence[Fraction]] | None
    trees: Sequence[Tree]
    outputs: Sequence[int]
    _starts: np.ndarray = field(init=False)
    _centre: np.ndarray = field(init=False)
    _reach: float = field(init=False)
    _columns: list[float] = field(init=False)
    _second: list[np.ndarray] = field(init=False)
    _result: np.ndarray = field(init=False)

    def bounds(self) -> np.ndarray:
        """Return a proved lower bound of the output on each ball, ``-inf`` where none is."""
        with np.errstate(all="ignore"):
            return self._bounds()

    def _bounds(self) -> np.ndarray:
        self._result = np.full(len(self.trees), np.inf)
        if not self.trees:
            return self._result
        if any(_underflows(affine) for affine in self.maps):
            return np.full(len(self.trees), -np.inf)
        sizes = [affine.weight.shape[0] for affine in self.maps[:-1]]
        self._starts = np.cumsum([0, *sizes])
        self._columns = [float(np.abs(affine.weight).sum(axis=0).max(initial=0)) for affine in self.maps]
        self._second = [_second_children(tree) for tree in self.trees]
        self._centre = np.array([[_float(value) for value in centre] for centre in self.centres])
        self._reach = float(np.nextafter(_float(self.radius), np.inf))
        for start in range(0, len(self.trees), _BLOCK):
            waiting = [self._roots(np.arange(start, min(start + _BLOCK, len(self.trees))))]
            while waiting:
                waiting.extend(self._step(waiting.pop()))
        return self._result

    def _roots(self, trees: np.ndarray) -> _Cases:
        units = int(self._starts[-1])
        centre = self._centre[trees]
        pad = 4 * ROUND * (np.abs(centre) + self._reach) + TINY
        low, high = centre - self._reach - pad, centre + self._reach + pad
        if self.domain is not None:
            low = np.maximum(low, [np.nextafter(_float(value), -np.inf) for value in self.domain[0]])
            high = np.minimum(high, [np.nextafter(_float(value), np.inf) for value in self.domain[1]])
        unknown = np.full((len(trees), units), np.inf)
        cases = _Cases(trees, np.zeros(len(trees), np.int64), -unknown, unknown, low, high)
        for layer in range(len(self.maps) - 1):
            self._tighten(cases, layer, np.ones(len(trees), bool))
        return cases

    def _step(self, cases: _Cases) -> list[_Cases]:
        """Bound the leaves of a block and return its children, in blocks."""
        alive = ~((cases.below > cases.above).any(axis=1) | (cases.low > cases.high).any(axis=1))
        cases = cases.take(np.flatnonzero(alive))
        units = np.array(
            [self.trees[tree][node].unit for tree, node in zip(cases.trees, cases.nodes, strict=True)], dtype=np.int64
        )
        leaves = np.flatnonzero(units < 0)
        if leaves.size:
            closed = cases.take(leaves)
            np.minimum.at(self._result, closed.trees, self._leaf_bounds(closed))
        split = np.flatnonzero(units >= 0)
        if not split.size:
            return []
        children = self._children(cases.take(split), units[split])
        return [children.take(np.arange(s, min(s + _BLOCK, 2 * split.size))) for s in range(0, 2 * split.size, _BLOCK)]

    def _children(self, cases: _Cases, units: np.ndarray) -> _Cases:
        count, total = len(units), int(self._starts[-1])
        both = cases.take(np.repeat(np.arange(count), 2))
        second = [self._second[tree][node] for tree, node in zip(cases.trees, cases.nodes, strict=True)]
        both.nodes[0::2], both.nodes[1::2] = cases.nodes + 1, second
        hidden = np.flatnonzero(units < total)
        off, on, split = 2 * hidden, 2 * hidden + 1, units[hidden]
        both.above[off, split] = np.minimum(both.above[off, split], 0.0)
        both.below[on, split] = np.maximum(both.below[on, split], 0.0)
        first_to_tighten = np.searchsorted(self._starts, units, side="right")
        for place in np.flatnonzero(units >= total):
            axis = int(units[place]) - total
            at = self.trees[int(cases.trees[place])][int(cases.nodes[place])].at
            both.high[2 * place, axis] = min(both.high[2 * place, axis], np.nextafter(_float(at), np.inf))
            both.low[2 * place + 1, axis] = max(both.low[2 * place + 1, axis], np.nextafter(_float(at), -np.inf))
            first_to_tighten[place] = 0
        for layer in range(len(self.maps) - 1):
            self._tighten(both, layer, np.repeat(first_to_tighten <= layer, 2))
        return both

    def _tighten(self, cases: _Cases, layer: int, where: np.ndarray) -> None:
        """Tighten the undecided units of a layer from those of the layers before; of the first, all units."""
        here = slice(self._starts[layer], self._starts[layer + 1])
        below, above = cases.below[:, here], cases.above[:, here]
        empty = (cases.below > cases.above).any(axis=1)
        wanted = (below < 0) & (above > 0) if layer else np.ones(below.shape, dtype=bool)
        rows, units = np.nonzero(wanted & (where & ~empty)[:, None])
        relaxed = [self._relaxed(cases, inner) for inner in range(layer)]
        width = max(affine.weight.shape[1] for affine in self.maps[: layer + 1])
        size = max(1, _ENTRIES // (2 * width))
        weight, bias = self.maps[layer].weight, self.maps[layer].bias
        for start in range(0, len(rows), size):
            row, unit = rows[start : start + size], units[start : start + size]
            forms = np.concatenate([weight[unit], -weight[unit]])
            value = self._lower(cases, np.tile(row, 2), forms, np.concatenate([bias[unit], -bias[unit]]), relaxed)
            low, high = value[: len(row)], -value[len(row) :]
            below[row, unit] = np.maximum(below[row, unit], low)
            above[row, unit] = np.minimum(above[row, unit], high)

    def _relaxed(self, cases: _Cases, layer: int) -> tuple[np.ndarray, ...]:
        """Return the rates for coefficients below 0 and above, and the bounds of undecided units."""
        here = slice(self._starts[layer], self._starts[layer + 1])
        low, high = cases.below[:, here], cases.above[:, here]
        undecided = (low < 0) & (high > 0)
        on = (low >= 0).astype(float)
        slope = (1024 * high > -1025 * low).astype(float)
        upper = np.where(undecided, high / (high - low), on)
        lower = np.where(undecided, slope, on)
        return upper, lower, np.where(undecided, low, 0.0), np.where(undecided, high, 0.0)

    def _lower(
        self,
        cases: _Cases,
        rows: np.ndarray,
        forms: np.ndarray,
        constants: np.ndarray,
        relaxed: list[tuple[np.ndarray, ...]],
    ) -> np.ndarray:
        """Return lower bounds of forms over the outputs of the layers ``relaxed``, by the plain rule."""
        slack = 4 * ROUND * np.abs(constants) + TINY
        error = 4 * ROUND * np.abs(forms).max(axis=1, initial=0) + TINY
        for layer in range(len(relaxed) - 1, -1, -1):
            widest = float(np.max(relaxed[layer][3] - relaxed[layer][2], initial=0.0))
            upper, lower, low, high = (side[rows] for side in relaxed[layer])
            forms = forms - error[:, None]
            negative = np.minimum(forms, 0.0)
            forms -= negative
            falling = np.multiply(negative, upper, out=upper)
            lost = np.einsum("ij,ij->i", falling, low)
            size = lost - np.einsum("ij,ij->i", negative, high)
            nu = np.multiply(forms, lower, out=lower)
            nu += falling
            bias = self.maps[layer].bias
            constants = constants - lost + nu @ bias
            size += np.abs(nu) @ np.abs(bias)
            slack += (2 * len(bias) + 16) * ROUND * size + 4 * ROUND * np.abs(constants)
            slack += TINY * (1 + len(bias) * widest)  # a coefficient may underflow on its way through a unit
            forms, error = self._through(layer, nu)
        return self._on_ball(cases, rows, forms, error, constants, slack)

    def _through(self, layer: int, nu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the forms over the inputs of a layer and how far each coefficient may be off."""
        weight = self.maps[layer].weight
        largest = np.maximum(nu.max(axis=1, initial=0), -nu.min(axis=1, initial=0))
        return nu @ weight, (len(weight) + 4) * ROUND * largest * self._columns[layer] + TINY

    def _on_ball(
        self,
        cases: _Cases,
        rows: np.ndarray,
        forms: np.ndarray,
        error: np.ndarray,
        constants: np.ndarray,
        slack: np.ndarray,
    ) -> np.ndarray:
        """Return lower bounds of forms over the inputs, plus constants, minus everything lost."""
        sizes = np.abs(forms)
        centre = self._centre[cases.trees]
        extent = np.abs(centre) + 2 * self._reach
        middle = cases.low + (cases.high - cases.low) / 2
        half = np.maximum(cases.high - middle, middle - cases.low) * (1 + 4 * ROUND) + TINY
        if (cases.trees == cases.trees[0]).all() and not (np.ptp(middle, axis=0).any() or np.ptp(half, axis=0).any()):
            value, magnitude = forms @ middle[0] - sizes @ half[0], sizes @ extent[0]
            around = forms @ centre[0]
        else:
            value = np.einsum("ij,ij->i", forms, middle[rows]) - np.einsum("ij,ij->i", sizes, half[rows])
            magnitude = np.einsum("ij,ij->i", sizes, extent[rows])
            around = value if self.norm == "linf" else np.einsum("ij,ij->i", forms, centre[rows])
        if self.norm != "linf":
            length = _lengths(forms) if self.norm == "l2" else sizes.max(axis=1, initial=0)
            length = length * (1 + (forms.shape[1] + 8) * ROUND) + TINY
            value = np.maximum(value, around - self._reach * length)
        slack = slack + (forms.shape[1] + 16) * ROUND * magnitude + 2 * error * extent.sum(axis=1)[rows]
        total = constants + value
        total = total - 1.001 * (slack + 8 * ROUND * (np.abs(constants) + np.abs(value)) + TINY)
        return np.where(np.isnan(total), -np.inf, total)

    def _leaf_bounds(self, cases: _Cases) -> np.ndarray:
        """Return lower bounds of the outputs at leaves, under their multipliers."""
        leaves = [self.trees[tree][node].leaf for tree, node in zip(cases.trees, cases.nodes, strict=True)]
        rows = np.arange(len(leaves))
        outputs = np.array([self.outputs[tree] for tree in cases.trees])
        last = self.maps[-1]
        forms, constants = last.weight[outputs], last.bias[outputs]
        slack = 4 * ROUND * np.abs(constants) + TINY
        error = 4 * ROUND * np.abs(forms).max(axis=1, initial=0) + TINY
        slopes, betas = self._multipliers(cases, leaves)
        for layer in range(len(self.maps) - 2, -1, -1):
            here = slice(self._starts[layer], self._starts[layer + 1])
            low, high = cases.below[:, here], cases.above[:, here]
            undecided = (low < 0) & (high > 0)
            forms = forms - error[:, None]
            rate = np.where(forms < 0, high / (high - low), slopes[:, here])
            rate = np.where(undecided, rate, (low >= 0).astype(float))
            pull = np.where(undecided, 0.0, np.where(low >= 0, -betas[:, here], betas[:, here]))
            nu = forms * rate + pull
            least = np.minimum(forms * np.maximum(low, 0.0) - nu * low, forms * np.maximum(high, 0.0) - nu * high)
            least = np.where(undecided, np.minimum(least, 0.0), least)
            bias = self.maps[layer].bias
            constants = constants + least.sum(axis=1) + nu @ bias
            size = ((np.abs(forms) + np.abs(nu)) * np.maximum(np.abs(low), np.abs(high))).sum(axis=1)
            size += np.abs(nu) @ np.abs(bias)
            slack += (2 * len(bias) + 16) * ROUND * size + 4 * ROUND * np.abs(constants) + TINY
            forms, error = self._through(layer, nu)
        bounds = self._on_ball(cases, rows, forms, error, constants, slack)
        pulls = np.array([0.0 if leaf is None else _float(leaf.pull) for leaf in leaves])
        pulled = np.flatnonzero(pulls > 0)
        if pulled.size and self.norm != "linf":
            parts = (forms[pulled], error[pulled], constants[pulled], slack[pulled], pulls[pulled])
            bounds[pulled] = np.maximum(bounds[pulled], self._pulled(cases.take(pulled), *parts))
        return bounds

    def _pulled(
        self,
        cases: _Cases,
        forms: np.ndarray,
        error: np.ndarray,
        constants: np.ndarray,
        slack: np.ndarray,
        pulls: np.ndarray,
    ) -> np.ndarray:
        """Return lower bounds of forms on the ball cut by the box: a multiple of leaving the ball is added.

        Per coordinate the least of ``w * t + pull * |t|`` (l2: ``pull * t * t``) over the
        steps t from the centre that the box allows.
        """
        centre = self._centre[cases.trees]
        pad = 4 * ROUND * (np.abs(centre) + np.abs(cases.low) + np.abs(cases.high)) + TINY
        first, last = cases.low - centre - pad, cases.high - centre + pad
        pull = pulls[:, None]
        if self.norm == "l1":
            ends = [first, last, np.minimum(np.maximum(first, 0.0), last)]
            least = np.min([forms * t + pull * np.abs(t) for t in ends], axis=0)
            power = pulls * self._reach
        else:
            inner = -forms / (2 * pull)
            off = 16 * ROUND * np.abs(inner) + TINY
            low_end, high_end = (forms * t + pull * t * t for t in (first, last))
            least = np.where(inner < first, low_end - pull * off * off, forms * inner / 2)
            least = np.where(inner > last, high_end - pull * off * off, least)
            power = pulls * self._reach * self._reach
        far = np.maximum(np.abs(first), np.abs(last))
        size = np.abs(forms) * (far + np.abs(centre)) + pull * (far if self.norm == "l1" else far * far)
        size += np.abs(least)
        extent = np.abs(centre) + 2 * self._reach
        slack = slack + (forms.shape[1] + 32) * ROUND * (size.sum(axis=1) + power)
        slack += 2 * error * extent.sum(axis=1)
        # what underflows in a product is below TINY times its other factor
        slack += TINY * (1 + np.abs(forms).sum(axis=1) + far.sum(axis=1) + pulls + self._reach)
        value = np.einsum("ij,ij->i", forms, centre) + least.sum(axis=1) - power
        total = constants + value
        total = total - 1.001 * (slack + 8 * ROUND * (np.abs(constants) + np.abs(value)) + TINY)
        return np.where(np.isnan(total), -np.inf, total)

    def _multipliers(self, cases: _Cases, leaves: list[Multipliers | None]) -> tuple[np.ndarray, np.ndarray]:
        slopes = (1024 * cases.above > -1025 * cases.below).astype(float)
        betas = np.zeros(slopes.shape)
        for row, leaf in enumerate(leaves):
            if leaf is not None:
                if leaf.slopes:
                    slopes[row, list(leaf.slopes)] = np.array(list(leaf.slopes.values())) / SLOPES
                if leaf.betas:
                    betas[row, list(leaf.betas)] = [_float(value) for value in leaf.betas.values()]
        return slopes, betas


def _float(value: float | Fraction) -> float:
    """Return the nearest float, infinite beyond the largest."""
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def _lengths(forms: np.ndarray) -> np.ndarray:
    """Return the l2 lengths of rows, each divided by its largest entry first: squares do not underflow."""
    largest = np.abs(forms).max(axis=1, initial=0)
    shares = forms / np.where(largest > 0, largest, 1.0)[:, None]
    return largest * np.sqrt(np.einsum("ij,ij->i", shares, shares))


def _underflows(affine: FloatMap) -> bool:
    values = np.abs(np.concatenate([affine.weight.ravel(), affine.bias]))
    return bool(((values > 0) & (values < 2.0**-900)).any() or not np.isfinite(values).all())


def _second_children(tree: Tree) -> np.ndarray:
    """Return for every split of a tree in preorder where its second side begins."""
    second, ends = np.zeros(len(tree), dtype=np.int64), np.zeros(len(tree), dtype=np.int64)
    for place in range(len(tree) - 1, -1, -1):
        if tree[place].unit < 0:
            ends[place] = place + 1
        else:
            second[place] = ends[place + 1]
            ends[place] = ends[second[place]]
    return second
