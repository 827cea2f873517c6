"""The affine layers of an ONNX chain of Gemm and Relu nodes, as floats and as their nonzeros."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Layer:
    """``weight @ x + bias``, in the float kind of the file.

    Attributes:
        weight: shape (outputs, inputs).
        bias: shape (outputs,).
    """

    weight: np.ndarray
    bias: np.ndarray

    @cached_property
    def entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, columns and float64 values of the nonzero weights, row by row."""
        rows, columns = np.nonzero(self.weight)
        return rows, columns, self.weight[rows, columns].astype(np.float64)

    @cached_property
    def starts(self) -> np.ndarray:
        """Where the entries of each row begin, and the end of the last."""
        return np.searchsorted(self.entries[0], np.arange(len(self.bias) + 1))

    def row(self, index: int) -> list[tuple[int, float]]:
        """Return the nonzero terms of one row as (column, weight)."""
        part = slice(self.starts[index], self.starts[index + 1])
        return list(zip(self.entries[1][part].tolist(), self.entries[2][part].tolist(), strict=True))


def read_layers(path: str) -> list[Layer]:
    """Return the layers of the file.

    Raises:
        ValueError: the file is not a chain of plain Gemm nodes with Relu between.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(Path(path).read_bytes()).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    layers = []
    for place, node in enumerate(graph.node):
        if node.op_type != ("Relu" if place % 2 else "Gemm"):
            raise ValueError(f"node {place} is {node.op_type}")
        if node.op_type == "Gemm":
            flags = {attribute.name: attribute.i for attribute in node.attribute}
            weight = arrays[node.input[1]]
            layers.append(Layer(weight if flags.get("transB") else weight.T, arrays[node.input[2]]))
    return layers
