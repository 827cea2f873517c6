"""Counterexamples judged from the ONNX file alone, in fractions, by code that no tool shares."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

Layers = list[tuple[list[list[tuple[int, Fraction]]], list[Fraction]]]


def exact_layers(path: str | Path) -> Layers:
    """Return, per affine map of an ONNX chain, the nonzero terms of every row, and the bias."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(Path(path).read_bytes()).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    layers = []
    for node in graph.node:
        if node.op_type == "Gemm":
            weight, bias = arrays[node.input[1]], arrays[node.input[2]]
            weight = weight if any(flag.name == "transB" and flag.i for flag in node.attribute) else weight.T
            layers.append(([_terms(row) for row in weight], [Fraction(float(value)) for value in bias]))
    return layers


def _terms(row: Any) -> list[tuple[int, Fraction]]:
    return [(int(column), Fraction(float(row[column]))) for column in row.nonzero()[0]]


def outputs(layers: Layers, point: Sequence[Fraction]) -> list[Fraction]:
    """Return the exact outputs at a point."""
    values = list(point)
    for depth, (rows, bias) in enumerate(layers):
        values = [max(value, Fraction(0)) for value in values] if depth else values
        values = [
            sum((weight * values[column] for column, weight in row), shift)
            for row, shift in zip(rows, bias, strict=True)
        ]
    return values


def is_wrong_at(layers: Layers, job: dict[str, Any], index: int, texts: Sequence[str]) -> bool:
    """True when the point, moved into the closed ball coordinate by coordinate, breaks the property exactly.

    Args:
        layers: of the job's network.
        job: with ``points``, ``scale``, ``radius`` and ``labels``.
        index: of the ball.
        texts: the coordinates as exact fractions.
    """
    radius, scale, label = Fraction(job["radius"]), job["scale"], job["labels"][index]
    centre = [Fraction(int(value), scale) for value in job["points"][index]]
    if len(texts) != len(centre):
        return False
    inside = [
        min(max(Fraction(text), middle - radius), middle + radius) for text, middle in zip(texts, centre, strict=True)
    ]
    values = outputs(layers, inside)
    if len(values) == 1:
        return label * values[0] <= 0
    return any(values[label] <= value for place, value in enumerate(values) if place != label)
