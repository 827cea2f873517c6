"""A ReLU network as a directed graph of its neurons and nonzero weights, for networkx."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from constructions.errors import BudgetExceeded
from constructions.network.relu_network import ReluNetwork

if TYPE_CHECKING:
    import networkx

LARGEST_GRAPH = 2_000_000


def network_graph(network: ReluNetwork) -> networkx.DiGraph:
    """Return the graph of the neurons, with an edge for every nonzero weight.

    A node is the pair ``(layer, index)``: layer 0 holds the inputs, layer ``i`` what the
    i-th affine map gives. Every node has a ``kind``, ``"input"``, ``"hidden"`` or
    ``"output"``; all but the inputs have a ``bias``, every edge a ``weight``, both exact.
    Units that no weight touches are nodes too.

    Args:
        network: any exact network.

    Raises:
        BudgetExceeded: it has more than 2,000,000 nonzero weights, or as many neurons.

    Example:
        >>> from constructions.network.affine_map import AffineMap
        >>> graph = network_graph(ReluNetwork([AffineMap([["1/2", 0]], [3]), AffineMap([[-1]], [0])]))
        >>> sorted(graph.nodes)
        [(0, 0), (0, 1), (1, 0), (2, 0)]
        >>> str(graph.edges[(0, 0), (1, 0)]["weight"]), str(graph.nodes[1, 0]["bias"])
        ('1/2', '3')
    """
    _refuse_large(network)
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(((0, index) for index in range(network.dim)), kind="input")
    for layer, affine in enumerate(network.maps, start=1):
        kind = "output" if layer == len(network.maps) else "hidden"
        graph.add_nodes_from(((layer, index), {"kind": kind, "bias": bias}) for index, bias in enumerate(affine.bias))
        rows = affine.numerators
        entries = zip(rows.columns.tolist(), rows.entry_rows.tolist(), rows.values.tolist(), strict=True)
        graph.add_edges_from(
            ((layer - 1, source), (layer, target), {"weight": Fraction(value, affine.denominator)})
            for source, target, value in entries
        )
    return graph


def _refuse_large(network: ReluNetwork) -> None:
    edges = sum(affine.numerators.nonzero for affine in network.maps)
    nodes = network.dim + sum(affine.shape[0] for affine in network.maps)
    if max(edges, nodes) > LARGEST_GRAPH:
        raise BudgetExceeded(f"a graph of {nodes} neurons and {edges} nonzero weights is above {LARGEST_GRAPH}")
