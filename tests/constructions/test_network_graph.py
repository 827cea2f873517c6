"""The networkx view: one node a neuron, one edge a nonzero weight, all exact."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from fractions import Fraction

import networkx
import numpy as np
import pytest

from constructions.errors import BudgetExceeded
from constructions.network import graph as graph_module
from constructions.network.affine_map import AffineMap
from constructions.network.graph import network_graph
from constructions.network.relu_network import ReluNetwork


def _random_network(seed: int) -> ReluNetwork:
    draw = random.Random(seed)
    widths = [draw.randint(1, 5) for _ in range(draw.randint(2, 4))]
    pairs = itertools.pairwise(widths)
    return ReluNetwork(
        AffineMap(
            [
                [Fraction(draw.choice([0, 0, 1, -2, 3**50]), draw.randint(1, 4)) for _ in range(inputs)]
                for _ in range(outputs)
            ],
            [Fraction(draw.randint(-2, 2), 3) for _ in range(outputs)],
        )
        for inputs, outputs in pairs
    )


def _value_by_paths(graph: networkx.DiGraph, point: list[Fraction]) -> list[Fraction]:
    """Evaluate the network from its graph alone, node by node in topological order."""
    values: dict[tuple[int, int], Fraction] = {}
    for node in networkx.topological_sort(graph):
        data = graph.nodes[node]
        if data["kind"] == "input":
            values[node] = point[node[1]]
            continue
        total = data["bias"] + sum(
            (graph.edges[source, node]["weight"] * values[source] for source in graph.predecessors(node)), Fraction(0)
        )
        values[node] = max(total, Fraction(0)) if data["kind"] == "hidden" else total
    return [values[node] for node in sorted(graph.nodes) if graph.nodes[node]["kind"] == "output"]


@pytest.mark.parametrize("seed", range(20))
def test_the_graph_alone_gives_the_values_of_the_network(seed: int) -> None:
    network = _random_network(seed)
    point = [Fraction(3 * j - 4, seed + 1) for j in range(network.dim)]
    assert tuple(_value_by_paths(network_graph(network), point)) == network(point)


@pytest.mark.parametrize("seed", range(20))
def test_edges_and_nodes_are_counted_as_the_size_counts_them(seed: int) -> None:
    network = _random_network(seed)
    graph = network_graph(network)
    biases = sum(1 for _, bias in graph.nodes(data="bias") if bias)
    assert graph.number_of_edges() + biases == network.size.nonzero
    assert sum(1 for _, kind in graph.nodes(data="kind") if kind == "hidden") == network.size.units
    assert networkx.dag_longest_path_length(graph, weight=None) <= network.size.depth


def test_units_without_a_weight_are_nodes() -> None:
    graph = network_graph(ReluNetwork([AffineMap([[0, 0]], ["1/2"]), AffineMap([[0]], [0])]))
    assert dict(graph.nodes(data="kind")) == {
        (0, 0): "input",
        (0, 1): "input",
        (1, 0): "hidden",
        (2, 0): "output",
    }
    assert graph.number_of_edges() == 0
    assert graph.nodes[1, 0]["bias"] == Fraction(1, 2)


def test_weights_are_fractions_of_python_integers() -> None:
    (edge,) = network_graph(ReluNetwork([AffineMap([["-3/4"]], [0])])).edges(data="weight")
    assert edge == ((0, 0), (1, 0), Fraction(-3, 4))
    assert type(edge[2].numerator) is int


@pytest.mark.parametrize(("limit", "refused"), [(5, True), (6, False)])
def test_the_limit_counts_edges(monkeypatch: pytest.MonkeyPatch, limit: int, refused: bool) -> None:
    monkeypatch.setattr(graph_module, "LARGEST_GRAPH", limit)
    network = ReluNetwork([AffineMap([[1, 2, 3], [4, 5, 6]], [0, 0])])
    if refused:
        with pytest.raises(BudgetExceeded, match="5 neurons and 6 nonzero weights"):
            network_graph(network)
    else:
        assert network_graph(network).number_of_edges() == 6


@pytest.mark.parametrize("shape", [(1, 2_000_001), (2_000_001, 1)])
def test_large_networks_are_refused_before_anything_is_built(shape: tuple[int, int]) -> None:
    ones = np.ones(2_000_001, dtype=np.int64)
    rows, columns = (ones * 0, np.arange(2_000_001)) if shape[0] == 1 else (np.arange(2_000_001), ones * 0)
    network = ReluNetwork([AffineMap.from_coo(rows, columns, ones, shape, np.zeros(shape[0], np.int64))])
    with pytest.raises(BudgetExceeded, match="2000001 nonzero weights is above 2000000"):
        network_graph(network)


def test_networkx_is_imported_only_when_a_graph_is_asked_for() -> None:
    code = "import sys, constructions.network.graph; sys.exit('networkx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
