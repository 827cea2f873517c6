"""Branch and bound without floats: the certificate's own rule drives the search."""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from constructions.data.norm_ball import Point
from constructions.exact.rational import over_common_denominator
from constructions.network.relu_network import ReluNetwork
from verify.branching.leaf import leaf_of
from verify.branching.proof import Box, TreeRule
from verify.certificate.checker import TreeProver
from verify.certificate.trees import Multipliers, Node, Tree

_MOST_WORK = 10**6


class ExactSearch:
    """All outputs on one ball, for small networks whose numbers floats do not resolve.

    Args:
        rule: of the network, label and balls.
        heads: the margins one by one.
        domain: box that cuts the ball, or ``None``.
        centre: of the ball.
        limit: ``time.monotonic()`` value after which it gives up.
    """

    def __init__(
        self, rule: TreeRule, heads: Sequence[ReluNetwork], domain: Box | None, centre: Point, limit: float
    ) -> None:
        self._rule, self._heads, self._limit, self._centre = rule, heads, limit, centre
        radius = rule.ball.radius
        self._low = tuple(value - radius for value in centre)
        self._high = tuple(value + radius for value in centre)
        self._is_cut = domain is not None
        if domain is not None:
            self._low, self._high = tuple(map(max, self._low, domain[0])), tuple(map(min, self._high, domain[1]))

    def run(self) -> tuple[tuple[Tree, ...] | None, Point | None]:
        """Return finished trees, or a point of the ball that is wrong, or neither."""
        size = self._rule.network.size
        if size.units * size.nonzero > _MOST_WORK:
            return None, None
        numerators, scale = over_common_denominator(self._centre)
        prover = self._rule.prover(scale)
        root, box = prover.start(numerators)
        trees = []
        for output, head in enumerate(self._heads):
            nodes: list[Node] = []
            waiting: list[tuple[Any, dict[int, bool]]] = [(root, {})] if root is not None else []
            if root is None:
                nodes.append(Node())
            while waiting:
                if time.monotonic() >= self._limit:
                    return None, None
                bounds, splits = waiting.pop()
                found = self._visit(prover, output, head, bounds, box, splits)
                if isinstance(found, Node):
                    nodes.append(found)
                    if found.unit >= 0:
                        for side in (1, 0):
                            part = prover.split(bounds, box, found.unit, side)
                            waiting.append((part, {**splits, found.unit: bool(side)}))
                    continue
                witness = None if found is None else self._wrong(head, found)
                return None, witness
            trees.append(tuple(nodes))
        return tuple(trees), None

    def _visit(self, prover: TreeProver, output: int, head: ReluNetwork, bounds, box, splits):  # type: ignore[no-untyped-def]
        """Return the node, or a point that may be wrong, or ``None`` if neither was found."""
        if bounds is None or prover.bound(-1, output, 1, bounds, box) > 0:
            return Node()
        flat = [interval for layer in bounds for interval in layer]
        widths = [min(-low, high) if low < 0 < high else 0 for low, high in flat]
        widest = max(range(len(widths)), key=widths.__getitem__, default=-1)
        if widest >= 0 and widths[widest] > 0:
            return Node(widest)
        is_on = [low >= 0 for low, _ in flat]
        case = (self._low, self._high)
        leaf = leaf_of(head, is_on, splits, self._centre, self._rule.ball, case, self._is_cut).decide()
        return Node(leaf=leaf) if isinstance(leaf, Multipliers) else leaf

    def _wrong(self, head: ReluNetwork, point: Sequence[Fraction]) -> Point | None:
        place = tuple(point)
        inside = all(low <= x <= high for x, low, high in zip(place, self._low, self._high, strict=True))
        return place if inside and self._rule.ball.contains(self._centre, place) and head(place)[0] <= 0 else None
