"""Networks of one depth next to each other, on the same input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from constructions.exact.integer_arrays import integer_array, scaled
from constructions.network.affine_map import AffineMap


def side_by_side(chains: Sequence[Sequence[AffineMap]]) -> list[AffineMap]:
    """Return the maps of all chains at once: the first on one input, the others block by block.

    Args:
        chains: of equal length, the first maps with equal inputs.

    Raises:
        ValueError: the chains have different lengths.
    """
    return [_block(maps, shared=place == 0) for place, maps in enumerate(zip(*chains, strict=True))]


def _block(maps: Sequence[AffineMap], shared: bool) -> AffineMap:
    common = math.lcm(*(affine.denominator for affine in maps))
    tops = [0, *accumulate(affine.shape[0] for affine in maps)]
    lefts = [0] * len(maps) if shared else [0, *accumulate(affine.shape[1] for affine in maps)][:-1]
    width = maps[0].shape[1] if shared else sum(affine.shape[1] for affine in maps)
    rows = [affine.numerators.entry_rows + top for affine, top in zip(maps, tops[:-1], strict=True)]
    columns = [affine.numerators.columns.astype(np.int64) + left for affine, left in zip(maps, lefts, strict=True)]
    values = [scaled(affine.numerators.values, common // affine.denominator) for affine in maps]
    bias = [scaled(affine.bias_numerators, common // affine.denominator) for affine in maps]
    return AffineMap.from_coo(
        np.concatenate(rows),
        np.concatenate(columns),
        integer_array(np.concatenate(values)),
        (tops[-1], width),
        integer_array(np.concatenate(bias)),
        common,
    )
