"""Floats as the binary fractions they are, and back only where nothing is lost."""

from __future__ import annotations

import numpy as np

from constructions.errors import InexactInput
from constructions.exact.integer_arrays import IntegerRows, integer_array
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

_MANTISSA = 53


def affine_map_from_floats(weight: np.ndarray, bias: np.ndarray) -> AffineMap:
    """Return the affine map of float arrays, every float taken exactly.

    Args:
        weight: floats, shape (outputs, inputs).
        bias: floats, shape (outputs,).

    Raises:
        InexactInput: an entry is NaN or infinite.
    """
    rows, columns = np.nonzero(weight)
    entries = weight[rows, columns]
    numerators, denominator = _binary_fractions(np.concatenate([entries, bias]).astype(np.float64))
    matrix = IntegerRows.from_entries(rows, columns, numerators[: entries.size], weight.shape)
    return AffineMap.from_integers(matrix, numerators[entries.size :], denominator)


def _binary_fractions(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Return integers over one power of two, equal to the floats."""
    finite = np.isfinite(values)
    if not np.all(finite):
        raise InexactInput(f"a weight or bias is NaN or infinite: {values[~finite][0]}")
    fractions, exponents = np.frexp(values)
    odd = np.ldexp(fractions, _MANTISSA).astype(np.int64)
    shifts = exponents.astype(np.int64) - _MANTISSA
    nonzero = odd != 0
    trailing = np.zeros_like(odd)
    lowest = odd[nonzero] & -odd[nonzero]
    trailing[nonzero] = np.log2(lowest.astype(np.float64)).astype(np.int64)
    odd >>= trailing
    shifts = np.where(nonzero, shifts + trailing, 0)
    smallest = min(int(shifts.min(initial=0)), 0)
    lift = shifts - smallest
    bits = np.where(nonzero, _MANTISSA - trailing + lift, 0)
    if int(bits.max(initial=0)) < 63:
        return odd << lift, 2**-smallest
    exact = np.array([int(value) << int(shift) for value, shift in zip(odd, lift, strict=True)], dtype=object)
    return integer_array(exact), 2**-smallest


def holds_exactly(network: ReluNetwork, kind: np.dtype) -> bool:
    """Return whether every weight and bias is a float of this kind, without rounding."""
    return all(_fits(affine, kind) for affine in network.maps)


def dense_floats(affine: AffineMap, kind: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Return the dense weight and bias as floats; exact when ``holds_exactly`` said so."""
    weight = np.zeros(affine.shape, dtype=kind)
    rows = affine.numerators
    weight[rows.entry_rows, rows.columns] = _floats(rows.values, affine.denominator, kind)
    return weight, _floats(affine.bias_numerators, affine.denominator, kind)


def _floats(numerators: np.ndarray, denominator: int, kind: np.dtype) -> np.ndarray:
    if denominator.bit_length() <= _MANTISSA and numerators.dtype != object:
        return (numerators.astype(np.float64) / float(denominator)).astype(kind)
    return np.array([int(value) / denominator for value in numerators], dtype=kind)


def _fits(affine: AffineMap, kind: np.dtype) -> bool:
    if affine.denominator & (affine.denominator - 1):
        return False
    numerators = np.concatenate([affine.numerators.values, affine.bias_numerators])
    try:
        with np.errstate(over="ignore"):
            written = _floats(numerators, affine.denominator, kind).astype(np.float64)
        if not np.all(np.isfinite(written)):
            return False
        back, denominator = _binary_fractions(written)
    except OverflowError:
        return False
    left = back.astype(object) * affine.denominator
    return bool(np.all(left == numerators.astype(object) * denominator))
