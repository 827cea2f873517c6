"""The inputs a network's output depends on, and what it cannot tell apart without the others."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.exact.norms import length
from constructions.network.relu_network import ReluNetwork
from verify.claims.first_layer import Confusion
from verify.verdict import Verdict


def inputs_with_a_path(network: ReluNetwork) -> tuple[int, ...]:
    """Return the inputs from which nonzero weights lead to the output, in order.

    The output does not depend on the others.
    """
    live = np.ones(network.maps[-1].shape[0], dtype=bool)
    for affine in reversed(network.maps):
        entries = affine.numerators
        kept = live[entries.entry_rows] & (entries.values != 0)
        live = np.zeros(affine.shape[1], dtype=bool)
        live[entries.columns[kept.astype(bool)]] = True
    return tuple(int(j) for j in np.flatnonzero(live))


def inputs_at_least(
    network: ReluNetwork,
    data: LabelledPoints,
    norm: str,
    radius: Fraction,
    promised: int,
    name: str = "inputs_read",
) -> Verdict:
    """Judge "the network reads as many inputs as being right on these balls takes".

    Below that the verdict is ``violated`` once two opposite balls have points that agree on
    the inputs read, with the one the network is wrong at as the witness.

    Args:
        network: layered, with one output.
        data: points labelled -1 and +1.
        norm: of the balls.
        radius: of the balls, squared in l2.
        promised: number of inputs.
        name: of the claim.
    """
    read = inputs_with_a_path(network)
    common: dict[str, Any] = {
        "measured": str(len(read)), "promised": str(promised), "direction": "at least", "method": "paths",
    }  # fmt: skip
    detail = "inputs from which nonzero weights lead to the output"
    if len(read) >= promised:
        return Verdict(name, "holds", "exact", detail=detail, **common)
    found = find_agreement(network, data, norm, radius, read)
    if found is None:
        return Verdict(name, "unknown", "exact", detail=f"{detail}; no wrong point found", **common)
    index = found.indices[found.wrong]
    detail = (
        f"points of the balls of {found.indices[0]} and {found.indices[1]} agree on the inputs read and have output "
        f"{found.output}: wrong for point {index} with label {data.labels[index]}"
    )
    return Verdict(name, "violated", "exact", detail=detail, witness=found.witness("same_inputs"), **common)


def find_agreement(
    network: ReluNetwork, data: LabelledPoints, norm: str, radius: Fraction, read: Sequence[int] | None = None
) -> Confusion | None:
    """Return two points of opposite balls that agree on the inputs read; ``None`` only if there are none.

    Opposite data points that are closest on these inputs move half-way to each other, on
    these inputs alone.

    Args:
        network: with one output.
        data: points labelled -1 and +1.
        norm: of the balls.
        radius: of the balls, squared in l2.
        read: inputs with a path to the output, where they are known.
    """
    inputs = inputs_with_a_path(network) if read is None else read
    mask = np.zeros(data.dim, dtype=np.int64)
    mask[list(inputs)] = 1
    closest = LabelledPoints.of(data.numerators * mask, data.label_array, data.scale).closest_opposite_pairs(norm)
    if closest is None or closest.distance > (4 if norm == "l2" else 2) * radius:
        return None
    first, second = closest.pairs[0]
    here, there = list(data.point(first)), list(data.point(second))
    for j in inputs:
        here[j] = there[j] = (here[j] + there[j]) / 2
    assert _moved(here, data, first, norm) <= radius and _moved(there, data, second, norm) <= radius
    (value,), (same,) = network(here), network(there)
    assert value == same, "the output depends on the inputs read alone"
    wrong = 0 if data.labels[first] * value <= 0 else 1
    return Confusion((first, second), (tuple(here), tuple(there)), value, wrong)


def _moved(point: Sequence[Fraction], data: LabelledPoints, index: int, norm: str) -> Fraction:
    return length([x - y for x, y in zip(point, data.point(index), strict=True)], norm)
