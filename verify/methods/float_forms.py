"""Affine forms in floats: they only say where exact forms are hopeless."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy import sparse

from constructions.exact.integer_arrays import largest_magnitude, scaled
from verify.methods.attack_balls import ratios
from verify.methods.ball_program import BallProgram
from verify.methods.form_layers import FormBalls, first_forms, next_forms, rectified


@dataclass(frozen=True, slots=True)
class FloatForms:
    """A program in floats, each layer divided by its size.

    Attributes:
        program: the network and balls as integers.
        extent: the length that floats call 1.
        layers: per layer the weights, their positive and negative parts, and the bias.
    """

    program: BallProgram
    extent: int
    layers: list[tuple[Any, Any, Any, np.ndarray]]

    @classmethod
    def of(cls, program: BallProgram, points: np.ndarray) -> FloatForms:
        """Return the program in floats for balls around any of the points."""
        size = extent = max(1, largest_magnitude(points) * program.point_factor + program.radius)
        layers = []
        for rows, bias in zip(program.weights, program.biases, strict=True):
            grown = max(1, rows.largest_row_sum() * size + largest_magnitude(bias))
            peak = max(1, largest_magnitude(rows.values))
            values = ratios(rows.values, peak) * float(Fraction(peak * size, grown))
            matrix = sparse.csr_array((values, rows.columns, rows.starts), shape=rows.shape)
            shift = ratios(bias, max(1, largest_magnitude(bias))) * float(Fraction(largest_magnitude(bias), grown))
            layers.append((matrix, matrix.maximum(0), (-matrix).maximum(0), shift))
            size = grown
        return cls(program, extent, layers)

    def margins(self, points: np.ndarray) -> np.ndarray:
        """Return the bound on each ball, in units of the largest possible output."""
        with np.errstate(all="ignore"):
            balls = self._balls(points)
            rows = first_forms(balls, self)
            for layer in range(1, len(self.layers)):
                rows = next_forms(rectified(rows), layer, balls, self)
        return np.asarray(rows.lowest.min(axis=0))

    def image(self, layer: int, columns: np.ndarray) -> np.ndarray:
        """Return the weights of a layer times the columns."""
        return np.asarray(self.layers[layer][0] @ columns)

    def interval(self, layer: int, below: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the image of intervals."""
        _, up, down, _ = self.layers[layer]
        return up @ below - down @ above, up @ above - down @ below

    def shift(self, layer: int) -> np.ndarray:
        """Return the biases of a layer."""
        return self.layers[layer][3]

    def root(self, squares: np.ndarray, radius: float) -> np.ndarray:
        """Return the radius times the square roots."""
        return radius * np.sqrt(squares)

    def _balls(self, points: np.ndarray) -> FormBalls:
        program, extent = self.program, self.extent
        radius = float(Fraction(program.radius, extent))
        centre = ratios(scaled(points, program.point_factor), extent)
        low, high = centre - radius, centre + radius
        if program.lower is not None and program.upper is not None:
            low, high = np.maximum(low, ratios(program.lower, extent)), np.minimum(high, ratios(program.upper, extent))
        return FormBalls(centre, low, high, radius, program.norm)
