"""The largest output of a network, as a network."""

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
    maps = list(network.maps)
    count = network.outputs
    while count > 1:
        before, after = _one_round(count)
        maps[-1:] = [composed(before, maps[-1]), after]
        count = after.shape[0]
    return ReluNetwork(maps)


def _one_round(count: int) -> tuple[AffineMap, AffineMap]:
    """Return the map to the units of all pairs, and the map from them to the maxima."""
    rows, columns, values = [], [], []
    out_rows, out_columns, out_values = [], [], []
    unit = 0
    for place in range((count + 1) // 2):
        first, second = 2 * place, 2 * place + 1
        last = min(second, count - 1)
        terms = [[(last, 1)], [(last, -1)]]
        if second < count:
            terms.insert(0, [(first, 1), (second, -1)])
        for entries, weight in zip(terms, [1, 1, -1][-len(terms) :], strict=True):
            for column, value in entries:
                rows.append(unit)
                columns.append(column)
                values.append(value)
            out_rows.append(place)
            out_columns.append(unit)
            out_values.append(weight)
            unit += 1
    maxima = (count + 1) // 2
    before = AffineMap.from_coo(rows, columns, values, (unit, count), [0] * unit)
    return before, AffineMap.from_coo(out_rows, out_columns, out_values, (maxima, unit), [0] * maxima)
