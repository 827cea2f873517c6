"""The arrays behind one search tree, and the calls into the compiled loop."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from verify.branching import search_kernel as kernel
from verify.branching.float_problem import FloatLayers
from verify.certificate.trees import Multipliers, Node, Tree


@dataclass(frozen=True, slots=True)
class Options:
    """How a search behaves; none of it bears on soundness.

    Attributes:
        steps: Adam steps on the multipliers of a node that plain slopes leave open.
        target: a node is closed when its bound exceeds this.
        by_input: split input coordinates while at least this many units are undecided, 0 for never.
        most_bytes: of the pool of open nodes.
    """

    steps: int = 8
    target: float = 1e-9
    by_input: int = 0
    most_bytes: int = 2**28


class Search:
    """A tree over one ball, grown in floats until nothing is open."""

    def __init__(self, layers: FloatLayers, geometry: tuple[Any, ...], box: np.ndarray, options: Options) -> None:
        self.layers, self.geometry, self.options = layers, geometry, options
        units, widest, dim = layers.units, layers.widest, int(layers.sizes[0])
        self._slot_bytes = 33 * units + 16 * dim + 24
        self.wrong_below = 0.0
        self.counts = np.zeros(3, dtype=np.int64)
        self.candidate = np.zeros(dim)
        self._box = box
        self._pool = self._new_pool(64)
        self._pool[0][0], self._pool[1][0], self._pool[5][0] = -np.inf, np.inf, box
        self.tree = self._new_tree(256)
        self.leaf_rows = (np.zeros((64, units), np.int16), np.zeros((64, units)))
        self._memory = (np.zeros(units), np.zeros(units), np.zeros(units), np.zeros(units), np.zeros(widest))
        self._moments = (*(np.zeros(units) for _ in range(6)), np.zeros(widest), np.zeros(widest))
        rows = 2 * int(layers.sizes[1:].max(initial=1))
        self._scratch = (
            np.zeros((rows, widest)), np.zeros((rows, widest)), np.zeros(rows), np.zeros(rows, np.int64), np.zeros(dim),
        )  # fmt: skip
        self._place, self._best = np.zeros(dim), (np.zeros(units), np.zeros(units))
        self.settled: dict[int, Multipliers] = {}

    def _new_pool(self, slots: int) -> tuple[np.ndarray, ...]:
        units, dim = self.layers.units, int(self.layers.sizes[0])
        return (
            np.zeros((slots, units)),
            np.zeros((slots, units)),
            np.zeros((slots, units)),
            np.zeros((slots, units)),
            np.zeros((slots, units), np.int8),
            np.zeros((slots, 2, dim)),
            np.full(slots, kernel.FREE),
            np.zeros(slots, np.int64),
            np.zeros(slots, np.int64),
        )

    @staticmethod
    def _new_tree(nodes: int) -> tuple[np.ndarray, ...]:
        return np.zeros(nodes, np.int32), np.zeros(nodes, np.int32), np.full(nodes, -1, np.int32), np.zeros(nodes)

    @property
    def nodes(self) -> int:
        """Nodes in the tree."""
        return int(self.counts[0])

    def run(self, budget: int) -> int:
        """Process up to ``budget`` nodes; return why it stopped."""
        options = (self.options.steps, self.options.target, budget, self.options.by_input, self.wrong_below)
        code = kernel.explore(
            self.layers.arrays, self.geometry, self._pool, self.tree, self.leaf_rows, self.counts, options,
            self._memory, self._moments, self._scratch, self._place, self._best, self.candidate,
        )  # fmt: skip
        if code == kernel.FULL:
            return kernel.PAUSED if self._grow() else kernel.FULL
        return int(code)

    def stuck(self) -> list[int]:
        """Return the slots of nodes whose units are all decided and whose bound is not above the target."""
        return np.flatnonzero(self._pool[6] == kernel.STUCK).tolist()

    def slot(self, slot: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return which units are on, which were split to which side, and the box of a node."""
        return self._pool[0][slot] >= 0, self._pool[4][slot], self._pool[5][slot]

    def node_of(self, slot: int) -> int:
        """Return the tree node in a slot."""
        return int(self._pool[7][slot])

    def settle(self, slot: int, multipliers: Multipliers) -> None:
        """Close a stuck node by multipliers found elsewhere."""
        self.settled[self.node_of(slot)] = multipliers
        self.tree[0][self.node_of(slot)] = kernel.LEAF
        self._pool[6][slot] = kernel.FREE

    def preorder(self) -> Tree:
        """Return the finished tree."""
        split, child, leaf, at = self.tree
        nodes: list[Node] = []
        waiting = [0]
        while waiting:
            name = waiting.pop()
            unit = int(split[name])
            if unit >= 0:
                nodes.append(Node(unit, Fraction(float(at[name])) if unit >= self.layers.units else Fraction(0)))
                waiting += [int(child[name]) + 1, int(child[name])]
            else:
                nodes.append(Node(leaf=self.settled.get(name) or self._leaf(int(leaf[name]))))
        return tuple(nodes)

    def _leaf(self, row: int) -> Multipliers | None:
        if row < 0:
            return None
        slopes, betas = self.leaf_rows[0][row], self.leaf_rows[1][row]
        undecided = np.flatnonzero(slopes >= 0)
        kept = dict(zip(undecided.tolist(), slopes[undecided].tolist(), strict=True))
        places = np.flatnonzero(betas)
        return Multipliers(kept, dict(zip(places.tolist(), betas[places].tolist(), strict=True)))

    def _grow(self) -> bool:
        slots, nodes, rows = len(self._pool[6]), len(self.tree[0]), len(self.leaf_rows[0])
        if self.counts[2] == slots:
            if 2 * slots * self._slot_bytes > self.options.most_bytes:
                return False
            self._pool = _doubled(self._pool, self._new_pool(2 * slots))
        if self.counts[0] + 2 > nodes:
            self.tree = _doubled(self.tree, self._new_tree(2 * nodes))
        if self.counts[1] + 2 > rows:
            units = self.layers.units
            larger = np.zeros((2 * rows, units), np.int16), np.zeros((2 * rows, units))
            self.leaf_rows = _doubled(self.leaf_rows, larger)
        return True


def _doubled(old: tuple[np.ndarray, ...], new: tuple[np.ndarray, ...]) -> Any:
    for before, after in zip(old, new, strict=True):
        after[: len(before)] = before
    return new
