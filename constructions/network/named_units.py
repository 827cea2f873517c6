"""Affine maps written as rows over named units, for networks built layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from constructions.network.affine_map import AffineMap

Row = tuple[Mapping[str, int], int]


def maps_of_rows(layers: Sequence[Mapping[str, Row]], inputs: Sequence[str], denominator: int = 1) -> list[AffineMap]:
    """Return one map per layer, each row an affine form of the units of the layer before.

    Args:
        layers: the units of every layer by name, each with its weights by the names of the
            units it reads, and its bias. Weights of 0 may be named.
        inputs: names of what the first layer reads, in order.
        denominator: divides the weights and biases of the last layer.

    Returns:
        Maps whose outputs stand in the order of the names.

    Example:
        >>> rows = {"rise": ({"x": 1}, 0), "turn": ({"x": 1}, -1)}
        >>> [str(value) for value in maps_of_rows([rows], ["x"])[0]([3])]
        ['3', '2']
    """
    maps, places = [], {name: place for place, name in enumerate(inputs)}
    for number, rows in enumerate(layers, start=1):
        entries = [
            (place, places[name], value)
            for place, (row, _) in enumerate(rows.values())
            for name, value in row.items()
            if value
        ]
        bias = [shift for _, shift in rows.values()]
        maps.append(
            AffineMap.from_coo(
                [place for place, _, _ in entries],
                [column for _, column, _ in entries],
                [value for _, _, value in entries],
                (len(rows), len(places)),
                bias,
                denominator if number == len(layers) else 1,
            )
        )
        places = {name: place for place, name in enumerate(rows)}
    return maps
