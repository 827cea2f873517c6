"""A minimum-weight vertex cover of a conflict graph, with the maximum flow that proves it minimum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from constructions.exact.opposite_distances import unpacked
from verify.optimal_risk.conflict_graph import ConflictGraph
from verify.optimal_risk.flow_kernel import flow_state, maximize

MOST_COMPILED = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class IntegerWeights:
    """Probabilities as integers over their common denominator.

    Attributes:
        numerators: one a point, at least 0, in int64 or as Python integers.
        total: the denominator, and the sum of the numerators.
    """

    numerators: np.ndarray = field(repr=False)
    total: int

    @property
    def fits(self) -> bool:
        """True when no sum of weights can overflow the compiled flow."""
        return self.total < MOST_COMPILED


@dataclass(frozen=True, slots=True)
class MinimumCover:
    """Points that touch every conflict, and a flow along conflicts of the same weight.

    Attributes:
        cover: indices in increasing order.
        pairs: (plus, minus) conflicts that carry flow, in lexicographic order.
        amounts: what each carries, positive, in units of the weights.
    """

    cover: tuple[int, ...] = field(repr=False)
    pairs: tuple[tuple[int, int], ...] = field(repr=False)
    amounts: tuple[int, ...] = field(repr=False)

    @property
    def value(self) -> int:
        """The flow, which is the weight of the cover."""
        return sum(self.amounts)


def integer_weights(probabilities: Sequence[Fraction]) -> IntegerWeights:
    """Return exact probabilities over their common denominator."""
    total = math.lcm(*{value.denominator for value in probabilities})
    numerators = [value.numerator * (total // value.denominator) for value in probabilities]
    kind = np.int64 if total < MOST_COMPILED else object
    return IntegerWeights(np.array(numerators, dtype=kind), total)


def minimum_cover(graph: ConflictGraph, weights: IntegerWeights) -> MinimumCover:
    """Return a minimum-weight set of points that touches every conflict, and its proof.

    By the max-flow min-cut theorem the largest flow from the plus points over the conflicts
    to the minus points, each point carrying at most its weight, equals the smallest weight
    of a cover. A point of weight 0 is in the cover iff it has a conflict.

    Theorem: thm:optimal-robust-error

    Args:
        graph: the conflicts.
        weights: one for each point of the graph's data.

    Cost:
        One search of the graph a path, in compiled code on rows of bits; networkx where the
        weights have a common denominator of 2^62 or more.
    """
    solve = _compiled_flow if weights.fits else _networkx_flow
    supply, demand = weights.numerators[graph.plus], weights.numerators[graph.minus]
    reached_plus, reached_minus, places, amounts = solve(graph.rows, supply, demand)
    given_up = np.zeros(len(graph.data), dtype=bool)
    given_up[graph.plus[~reached_plus]] = True
    given_up[graph.minus[reached_minus]] = True
    weightless = weights.numerators == 0
    given_up[weightless] = graph.has_conflict()[weightless]
    return MinimumCover(
        tuple(np.flatnonzero(given_up).tolist()),
        tuple((int(graph.plus[i]), int(graph.minus[j])) for i, j in places),
        tuple(int(amount) for amount in amounts),
    )


Solution = tuple[np.ndarray, np.ndarray, np.ndarray, Sequence[int]]


def _compiled_flow(rows: np.ndarray, supply: np.ndarray, demand: np.ndarray) -> Solution:
    """Return what the last search reached on both sides, the conflicts with flow, and the amounts."""
    state = flow_state(rows, supply, demand)
    maximize(state)
    places = np.argwhere(unpacked(state.carriers, len(supply)))[:, ::-1]
    places = places[np.lexsort((places[:, 1], places[:, 0]))]
    reached_plus = unpacked(state.reached_plus[None], len(supply))[0]
    reached_minus = unpacked(state.reached_minus[None], len(demand))[0]
    return reached_plus, reached_minus, places, state.flow[places[:, 0], places[:, 1]].tolist()


def _networkx_flow(rows: np.ndarray, supply: np.ndarray, demand: np.ndarray) -> Solution:
    """Return the same in Python integers of any size."""
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(("source", "sink"))
    graph.add_edges_from(("source", ("plus", i), {"capacity": int(value)}) for i, value in enumerate(supply))
    graph.add_edges_from((("minus", j), "sink", {"capacity": int(value)}) for j, value in enumerate(demand))
    conflicts = np.argwhere(unpacked(rows, len(demand)))
    graph.add_edges_from((("plus", i), ("minus", j)) for i, j in conflicts.tolist())
    _, flow = networkx.maximum_flow(graph, "source", "sink")
    left = networkx.DiGraph()  # what can still be sent, or sent back
    left.add_nodes_from(graph)
    left.add_edges_from(("source", ("plus", i)) for i in range(len(supply)) if flow["source"][("plus", i)] < supply[i])
    left.add_edges_from((("plus", i), ("minus", j)) for i, j in conflicts.tolist())
    carried = [(i, j) for i, j in conflicts.tolist() if flow[("plus", i)][("minus", j)]]
    left.add_edges_from((("minus", j), ("plus", i)) for i, j in carried)
    reached = networkx.descendants(left, "source")
    return (
        np.array([("plus", i) in reached for i in range(len(supply))], dtype=bool),
        np.array([("minus", j) in reached for j in range(len(demand))], dtype=bool),
        np.array(carried, dtype=np.int64).reshape(-1, 2),
        [flow[("plus", i)][("minus", j)] for i, j in carried],
    )
