"""A network rounded to floats that cannot overflow: it proposes points and decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import sparse

from constructions.exact.integer_arrays import IntegerRows, largest_magnitude
from constructions.network.relu_network import ReluNetwork
from verify.methods.attack_balls import ratios, slices

# The slope of a ReLU that is off, and the rounding error of an output at most 1, both generous.
LEAK = 2.0**-20
DOUBT = 2.0**-40
TORCH_WEIGHTS = 2**16

Gradient = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class FloatNetwork:
    """Float copies of the layers, each divided by a positive number.

    ReLU is positively homogeneous, so every output keeps its sign, up to rounding, and
    no number in any layer exceeds 1 as long as no input does.

    Attributes:
        layers: weight (dense or sparse) and bias, shape (rows, 1), of each map.
    """

    layers: tuple[tuple[np.ndarray | sparse.csr_array, np.ndarray], ...]

    @classmethod
    def of(cls, network: ReluNetwork, extent: Fraction) -> FloatNetwork:
        """Return the float copy whose inputs are coordinates divided by ``extent``."""
        layers, size = [], extent
        for affine in network.maps:
            rows, bias = affine.numerators, affine.bias_numerators
            total, shift = max(rows.largest_row_sum(), 1), max(largest_magnitude(bias), 1)
            grown = size * total + shift
            weight = _matrix(rows, ratios(rows.values, total) * float(size * total / grown))
            layers.append((weight, ratios(bias, shift)[:, None] * float(shift / grown)))
            size = grown / affine.denominator
        return cls(tuple(layers))

    def margins(self, points: np.ndarray) -> np.ndarray:
        """Return the smallest output at floats of shape (b, d)."""
        columns = points.T
        for index, (weight, bias) in enumerate(self.layers):
            columns = weight @ (np.maximum(columns, 0) if index else columns) + bias
        return columns.min(axis=0)

    def gradient(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the smallest output and its gradient, (b,) and (b, d).

        A ReLU that is off passes a tiny slope, so that a plateau has a downhill too.
        """
        columns, slopes = points.T, []
        for index, (weight, bias) in enumerate(self.layers):
            if index:
                slopes.append(np.where(columns > 0, 1.0, LEAK))
                columns = columns * slopes[-1]
            columns = weight @ columns + bias
        smallest = columns.argmin(axis=0)
        back = np.zeros_like(columns)
        back[smallest, np.arange(len(points))] = 1.0
        for weight, _ in self.layers[:0:-1]:
            back = (weight.T @ back) * slopes.pop()
        return columns.min(axis=0), (self.layers[0][0].T @ back).T


def fastest_gradient(network: FloatNetwork) -> Gradient:
    """Return ``network.gradient``: by torch on large dense networks, where torch imports.

    Sparse layers stay with scipy, whose products and transposes are several times
    faster, and small networks with numpy, which starts at once.
    """
    dense = [(weight, bias) for weight, bias in network.layers if isinstance(weight, np.ndarray)]
    if len(dense) < len(network.layers) or sum(weight.size for weight, _ in dense) < TORCH_WEIGHTS:
        return network.gradient
    try:
        import torch
    except (ImportError, OSError):
        return network.gradient
    layers = [(torch.from_numpy(weight), torch.from_numpy(bias)) for weight, bias in dense]

    def gradient(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        start = torch.tensor(points.T.copy(), requires_grad=True)
        columns = start
        for index, (matrix, shift) in enumerate(layers):
            active = torch.nn.functional.leaky_relu(columns, LEAK) if index else columns
            columns = matrix @ active + shift
        smallest = columns.min(dim=0).values
        (slopes,) = torch.autograd.grad(smallest.sum(), start)
        return smallest.detach().numpy(), slopes.numpy().T

    return gradient


def blockwise(gradient: Gradient, rows: int) -> Gradient:
    """Return the same gradient, computed for at most ``rows`` points at a time."""

    def in_blocks(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = [gradient(points[part]) for part in slices(len(points), rows)]
        return np.concatenate([value for value, _ in parts]), np.concatenate([slope for _, slope in parts])

    return in_blocks


def _matrix(rows: IntegerRows, values: np.ndarray) -> np.ndarray | sparse.csr_array:
    matrix = sparse.csr_array((values, rows.columns, rows.starts), shape=rows.shape)
    return matrix.toarray() if rows.is_dense else matrix
