"""The rest of a network where a ball has become one vector: exact evaluation of many vectors."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from constructions.exact.integer_arrays import INT64_EXACT, integer_array, largest_magnitude
from constructions.exact.workers import worker_count
from verify.methods.ball_program import BallProgram
from verify.methods.limb_kernel import LimbLayers, evaluate, integers_of, limb_layers, limbs_of

_COLUMNS = 256
_FEW_PRODUCTS = 2**17


class ConstantTail:
    """The layers of a program, applied exactly to values that are known.

    Products of matrices while the integers fit int64; then compiled arithmetic on many
    limbs, or Python integers where there is little to do.

    Args:
        program: the network and balls as integers.
    """

    def __init__(self, program: BallProgram) -> None:
        self._program = program
        self._limbs: LimbLayers | None = None

    def smallest_outputs(self, layer: int, values: np.ndarray, deadline: float | None = None) -> list[int | None]:
        """Return the smallest output for every column of values.

        Args:
            layer: the first layer to apply, at most the last one.
            values: integers that are not negative, shape (units, columns).
            deadline: ``time.monotonic()`` value after which columns are left out.

        Returns:
            One integer per column, in units of the program's last scale; ``None`` where
            time ran out.
        """
        if values.shape[1] * self._products(layer) >= _FEW_PRODUCTS and self._limbs is None:
            self._limbs = limb_layers(self._program.weights, self._program.biases)
        blocks = [values[:, start : start + _COLUMNS] for start in range(0, values.shape[1], _COLUMNS)]

        def run(block: np.ndarray) -> Iterable[int | None]:
            if deadline is not None and time.monotonic() >= deadline:
                return [None] * block.shape[1]
            return [int(value) for value in self._outputs(layer, block).min(axis=0)]

        with ThreadPoolExecutor(worker_count()) as pool:
            return [value for part in pool.map(run, blocks) for value in part]

    def _products(self, layer: int) -> int:
        return sum(rows.nonzero for rows in self._program.weights[layer:])

    def _outputs(self, layer: int, values: np.ndarray) -> np.ndarray:
        depth = len(self._program.weights)
        for index in range(layer, depth):
            rows, bias = self._program.weights[index], self._program.biases[index]
            values = integer_array(values)
            largest = largest_magnitude(values)
            fits = rows.largest_row_sum() * largest + largest_magnitude(bias) < INT64_EXACT
            if not fits and self._limbs is not None:
                return _limb_outputs(self._limbs, index, values)
            product = rows.times(values, largest)
            shift = bias[:, None]
            values = product + shift if fits else product.astype(object) + shift
            if index < depth - 1:
                values = np.maximum(values, 0)
        return values


def _limb_outputs(layers: LimbLayers, layer: int, values: np.ndarray) -> np.ndarray:
    limbs = np.stack(limbs_of(values), axis=1)
    return integers_of(*evaluate(layers, layer, limbs.reshape(-1, values.shape[1]).astype(np.int32), len(values)))
