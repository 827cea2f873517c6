"""Batch normalization in inference mode, where its square roots are rational."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from constructions.network.exact_arrays import as_fractions


def normalization_factors(
    scale: np.ndarray, shift: np.ndarray, mean: np.ndarray, variance: np.ndarray, epsilon: Fraction
) -> tuple[np.ndarray, np.ndarray]:
    """Return factors and offsets with ``factor * x + offset`` the normalized value, exactly.

    The layer is ``(x - mean) / sqrt(variance + epsilon) * scale + shift``, one entry of
    each array for a channel.

    Raises:
        ValueError: a root is irrational, or the arrays differ in length.
        InexactInput: a number is NaN or infinite.

    Example:
        >>> one = np.array([1.0])
        >>> factors, offsets = normalization_factors(one, one, one, np.array([2.0]), Fraction(1, 4))
        >>> factors[0], offsets[0]
        (Fraction(2, 3), Fraction(1, 3))
    """
    parts = (scale, shift, mean, variance)
    if any(part.ndim != 1 or part.shape != scale.shape for part in parts):
        raise ValueError(f"a normalization needs four arrays of one length, not {[part.shape for part in parts]}")
    roots = np.array([_root(value + epsilon) for value in as_fractions(variance)], dtype=object)
    factors = as_fractions(scale) / roots
    return factors, as_fractions(shift) - factors * as_fractions(mean)


def _root(value: Fraction) -> Fraction:
    if value > 0:
        root = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
        if root * root == value:
            return root
    raise ValueError(
        f"variance + epsilon = {str(value)[:40]} has no rational square root, so the layer has no exact weights; "
        "fold it into the layer before it, whose rounded weights are then the network"
    )
