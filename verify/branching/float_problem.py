"""A margin network and one ball in floats, laid out for the compiled search."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.exact.integer_arrays import largest_magnitude
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.certificate.tree_enclosure import TOO_SMALL

NORM_CODES = {"linf": 0, "l1": 1, "l2": 2}


@dataclass(frozen=True, slots=True)
class FloatLayers:
    """A network with one output in floats, flat.

    Attributes:
        arrays: sizes, weights, where each layer's weights and units start, biases,
            output weights and output bias: the ``net`` of the compiled loops.
    """

    arrays: tuple[Any, ...]

    @property
    def sizes(self) -> np.ndarray:
        """Inputs, then units of each hidden layer."""
        return self.arrays[0]

    @property
    def units(self) -> int:
        """Number of hidden units."""
        return int(self.sizes[1:].sum())

    @property
    def widest(self) -> int:
        """Largest layer, the input included."""
        return int(self.sizes.max())

    @classmethod
    def of(cls, network: ReluNetwork) -> FloatLayers:
        """Return the nearest floats of a network with one output."""
        *hidden, last = network.maps
        sizes = np.array([network.dim, *(affine.shape[0] for affine in hidden)], dtype=np.int64)
        weights = [dense(affine) for affine in hidden]
        starts = np.concatenate([[0, 0], np.cumsum([weight.size for weight in weights])])[: len(sizes)]
        units = np.concatenate([[0, 0], np.cumsum(sizes[1:])])[: len(sizes)]
        biases = [floats(affine.bias_numerators, affine.denominator) for affine in hidden]
        empty = [np.zeros(0)]
        return cls(
            (
                sizes,
                np.concatenate([*(weight.ravel() for weight in weights), *empty]),
                starts.astype(np.int64),
                units.astype(np.int64),
                np.concatenate([*biases, *empty]),
                dense(last)[0],
                float(floats(last.bias_numerators, last.denominator)[0]),
            )
        )


def floats(numerators: np.ndarray, denominator: int) -> np.ndarray:
    """Return the quotients as the nearest floats, infinite or tiny where there is none."""
    if numerators.dtype != object and denominator < 2**53 and largest_magnitude(numerators) < 2**53:
        return numerators / float(denominator)
    return np.array([_quotient(int(value), denominator) for value in numerators], dtype=np.float64)


def _quotient(value: int, denominator: int) -> float:
    try:
        return value / denominator or (TOO_SMALL if value else 0.0)
    except OverflowError:
        return np.inf


def dense(affine: AffineMap) -> np.ndarray:
    """Return the weight matrix in floats."""
    rows = affine.numerators
    matrix = np.zeros(affine.shape)
    matrix[rows.entry_rows, rows.columns] = floats(rows.values, affine.denominator)
    return matrix


def geometry(centre: list[Fraction], radius: Fraction, norm: str) -> tuple[np.ndarray, float, int]:
    """Return centre, radius and norm as the compiled loops take them."""
    return np.array([float(value) for value in centre]), float(radius), NORM_CODES[norm]
