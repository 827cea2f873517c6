"""The search on one ball: a tree of cases grown in floats, its wrong points and stuck leaves judged exactly."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

import numpy as np

from constructions.data.norm_ball import NormBall, Point
from constructions.exact.workers import worker_count
from constructions.network.relu_network import ReluNetwork
from verify.branching import search_kernel as kernel
from verify.branching.float_problem import FloatLayers, geometry
from verify.branching.leaf import Leaf, leaf_of
from verify.branching.search import Options, Search
from verify.certificate.trees import Multipliers, Node, Tree

_NODES_AT_ONCE = 256
_SNAP_BITS = 16
_EMPTY = Node()

Box = tuple[Point, Point]


class Terms(Protocol):
    """What a search keeps to."""

    @property
    def ball(self) -> NormBall:
        """Norm and radius."""

    @property
    def domain(self) -> Box | None:
        """Lower and upper corner of a box that also restricts the attacker."""

    @property
    def most_nodes(self) -> int | None:
        """A ball stays unknown beyond this many; no exact programs then either."""

    @property
    def most_bytes(self) -> int:
        """Memory of the open nodes of all balls at work."""

    @property
    def is_late(self) -> bool:
        """True once the work has to end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the complete method found on one ball.

    Attributes:
        status: ``robust``, ``violated`` or ``unknown``.
        margin: proved lower bound of every output, where robust.
        witness: an exact point of the ball with an output at most 0, where violated.
        trees: one per output, where robust.
        nodes: nodes of all trees.
        is_confused: floats contradicted exact arithmetic, so that the search gave up.
    """

    status: Literal["robust", "violated", "unknown"]
    margin: Fraction | None = None
    witness: Point | None = None
    trees: tuple[Tree, ...] = ()
    nodes: int = 0
    is_confused: bool = False


class BallSearch:
    """One output on one ball, from the root to a finished tree or a wrong point.

    Args:
        method: ball, domain, memory and number of nodes that the search keeps to.
        head: a network with one output.
        layers: the same in floats.
        centre: of the ball.
        limit: ``time.monotonic()`` value after which it gives up.
        target: a node is closed above this, times the size of the output at the centre.
    """

    def __init__(
        self, method: Terms, head: ReluNetwork, layers: FloatLayers, centre: Point, limit: float, target: float
    ) -> None:
        self._method, self._head, self._limit, self._centre = method, head, limit, centre
        ball = method.ball
        self._low = tuple(value - ball.radius for value in centre)
        self._high = tuple(value + ball.radius for value in centre)
        if method.domain is not None:
            self._low = tuple(map(max, self._low, method.domain[0]))
            self._high = tuple(map(min, self._high, method.domain[1]))
        self._is_cut = method.domain is not None
        self._root = np.array([[float(v) for v in self._low], [float(v) for v in self._high]])
        shape = geometry(list(centre), ball.radius, ball.norm)
        scale = abs(kernel.output_at(layers.arrays, shape[0], np.zeros(layers.widest), np.zeros(layers.widest)))
        options = Options(
            target=target * max(scale, 1e-200),
            by_input=4 * head.dim if head.dim <= 6 and len(head.maps) > 2 else 0,
            most_bytes=method.most_bytes // worker_count(),
        )
        self._search = Search(layers, shape, self._root, options)

    def run(self) -> Answer:
        """Search until done, wrong, or out of time or memory."""
        search = self._search
        if any(low > high for low, high in zip(self._low, self._high, strict=True)):
            return Answer("robust", trees=((_EMPTY,),))
        while True:
            code = search.run(min(_NODES_AT_ONCE, self._method.most_nodes or _NODES_AT_ONCE))
            if code == kernel.CANDIDATE:
                witness = self._wrong(self._nearest(self._snapped(search.candidate)))
                if witness is None:
                    witness = self._wrong(self._nearest([Fraction(float(x)) for x in search.candidate]))
                if witness is not None:
                    return Answer("violated", witness=witness, nodes=search.nodes)
                search.wrong_below = min(2 * search.wrong_below, -1e-3 * search.options.target)
            most = self._method.most_nodes
            if most is not None and code != kernel.DONE and search.nodes >= most:
                return Answer("unknown", nodes=search.nodes)
            for slot in search.stuck():
                if most is not None:
                    return Answer("unknown", nodes=search.nodes)
                found = self._leaf(slot).decide()
                if isinstance(found, Multipliers):
                    search.settle(slot, found)
                    continue
                witness = None if found is None else self._wrong(found)
                if witness is None:
                    return Answer("unknown", nodes=search.nodes, is_confused=True)
                return Answer("violated", witness=witness, nodes=search.nodes)
            if code == kernel.DONE:
                return Answer("robust", trees=(search.preorder(),), nodes=search.nodes)
            if code == kernel.FULL or self._method.is_late or time.monotonic() >= self._limit:
                return Answer("unknown", nodes=search.nodes)

    def _wrong(self, point: Point) -> Point | None:
        """Return the point if it is one of the ball at which the output is exactly at most 0."""
        if not self._method.ball.contains(self._centre, point):
            return None
        if any(not low <= x <= high for x, low, high in zip(point, self._low, self._high, strict=True)):
            return None
        return point if self._head(point)[0] <= 0 else None

    def _snapped(self, place: np.ndarray) -> list[Fraction]:
        """Return short coordinates near float ones: ends of the box, or few bits."""
        short = []
        for x, low, high in zip(place, self._low, self._high, strict=True):
            unit = (high - low) / 2**_SNAP_BITS
            near = [end for end in (low, high) if abs(Fraction(float(x)) - end) <= unit]
            grid = 2 ** max(0, _SNAP_BITS - bit_length(high - low)) if high > low else 1
            short.append(near[0] if near else Fraction(round(float(x) * grid), grid))
        return short

    def _nearest(self, place: Sequence[Fraction]) -> Point:
        """Return a point of the ball near another."""
        ball = self._method.ball
        point = tuple(min(max(x, low), high) for x, low, high in zip(place, self._low, self._high, strict=True))
        for bits in (50, 40, 30, 20):
            if ball.contains(self._centre, point):
                break
            keep = 1 - Fraction(1, 2**bits)
            point = tuple(c + keep * (x - c) for x, c in zip(point, self._centre, strict=True))
            point = tuple(map(min, map(max, point, self._low), self._high))
        return point

    def _leaf(self, slot: int) -> Leaf:
        """Return the exact problem of a node whose units are all decided."""
        is_on, phase, box = self._search.slot(slot)
        splits = {int(unit): bool(phase[unit] > 0) for unit in np.flatnonzero(phase)}
        low, high = (
            tuple(
                exact if float(here) == float(root) else Fraction(float(here))
                for exact, here, root in zip(side, box[k], self._root[k], strict=True)
            )
            for k, side in enumerate((self._low, self._high))
        )
        is_cut = self._is_cut or low != self._low or high != self._high
        return leaf_of(self._head, is_on, splits, self._centre, self._method.ball, (low, high), is_cut)


def bit_length(value: Fraction) -> int:
    """Return the binary logarithm of a positive number, to within one."""
    return value.numerator.bit_length() - value.denominator.bit_length()
