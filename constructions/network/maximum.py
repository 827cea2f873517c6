"""The largest output of a network, or of each group of its outputs, as a network."""

from __future__ import annotations

from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork


def largest_output(network: ReluNetwork) -> ReluNetwork:
    """Return the network with one output: the largest of the outputs of a network.

    ``max(a, b) = relu(a - b) + relu(b) - relu(-b)``, pair by pair, so a network with K
    outputs becomes deeper by the rounded up logarithm of K.

    Args:
        network: at least one output.
    """
    return largest_of_groups(network, network.outputs)


def largest_of_groups(network: ReluNetwork, count: int) -> ReluNetwork:
    """Return the network whose outputs are the largest of each ``count`` outputs in a row.

    Args:
        network: a multiple of ``count`` outputs.
        count: how many outputs make a group, at least 1.

    Raises:
        ValueError: the outputs do not fill whole groups.
    """
    if count < 1 or network.outputs % count:
        raise ValueError(f"{network.outputs} outputs make no groups of {count}")
    maps = list(network.maps)
    groups = network.outputs // count
    while count > 1:
        before, after = _one_round(count, groups)
        maps[-1:] = [composed(before, maps[-1]), after]
        count = after.shape[0] // groups
    return ReluNetwork(maps)


def _one_round(count: int, groups: int) -> tuple[AffineMap, AffineMap]:
    """Return the map to the units of all pairs, and the map from them to the maxima."""
    rows, columns, values = [], [], []
    out_rows, out_columns, out_values = [], [], []
    unit, maxima = 0, (count + 1) // 2
    for group in range(groups):
        for place in range(maxima):
            first, second = 2 * place, 2 * place + 1
            last = min(second, count - 1)
            terms = [[(last, 1)], [(last, -1)]]
            if second < count:
                terms.insert(0, [(first, 1), (second, -1)])
            for entries, weight in zip(terms, [1, 1, -1][-len(terms) :], strict=True):
                for column, value in entries:
                    rows.append(unit)
                    columns.append(group * count + column)
                    values.append(value)
                out_rows.append(group * maxima + place)
                out_columns.append(unit)
                out_values.append(weight)
                unit += 1
    before = AffineMap.from_coo(rows, columns, values, (unit, count * groups), [0] * unit)
    total = maxima * groups
    return before, AffineMap.from_coo(out_rows, out_columns, out_values, (total, unit), [0] * total)
