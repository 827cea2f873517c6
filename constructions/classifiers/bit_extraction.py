"""Any labelling of a grid, robustly, with about 26.5 parameters per square root of a point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.classifiers.grid_index import GridBalls, index_layers
from constructions.errors import AssumptionViolated
from constructions.network.named_units import Row, maps_of_rows
from constructions.network.relu_network import ReluNetwork


@dataclass(frozen=True, slots=True)
class BlockTable:
    """How many blocks the labels are cut into, and how many labels a block holds.

    Attributes:
        blocks: number of blocks, at least 1.
        length: labels per block, at least 1; one layer of the network reads one label.
    """

    blocks: int
    length: int

    @classmethod
    def smallest(cls, count: int) -> BlockTable:
        """Return the division of ``count`` labels with about the fewest parameters.

        The length is the integer nearest to ``sqrt(8 count / 22)``, found in integers.
        """
        return cls.with_length(count, max(1, (math.isqrt(16 * count // 11) + 1) // 2))

    @classmethod
    def with_length(cls, count: int, length: int) -> BlockTable:
        """Return the division of ``count`` labels into blocks of one length."""
        if length < 1:
            raise AssumptionViolated(f"a block holds at least one label, got length {length}")
        return cls(-(-count // length), length)


def classify_grid_by_bit_extraction(
    labels: Sequence[int] | np.ndarray, balls: GridBalls, table: BlockTable | None = None
) -> ReluNetwork:
    """Return a network with the right sign on the whole ball around every grid point.

    The first layers turn a ball into the index of its centre. The index selects a block,
    whose labels are the binary digits of one weight; then each layer takes off the leading
    digit, and keeps it if the position in the block is reached.

    Theorem: thm:hard-linearly-separable-sets

    Assumes:
        Labels are -1 or +1, one per grid point.
        ``0 <= radius < 1 / (2 steps)``.

    Args:
        labels: in the order of the index of the grid points.
        balls: the grid and the radius.
        table: blocks and their length; about the smallest network by default.

    Returns:
        A network from R^dim to R; coordinates beyond the grid's axes do not matter.

    Guarantees:
        robust_error: zero on the closed l-infinity balls, so on those of every norm.
        margin: the output is exactly the label on every ball.
        parameters: at most ``count_bit_extraction(balls, table)``, with equality when the
            radius is positive, neighbouring blocks differ and the first has a label +1.

    Raises:
        AssumptionViolated: the labels are not -1 and +1, or not one per grid point, or the
            table does not hold them.

    Cost:
        O(m) bit operations for m grid points.

    Example:
        >>> balls = GridBalls.of(dim=2, axes=1, steps=3, radius="1/8")
        >>> network = classify_grid_by_bit_extraction([1, -1, -1, 1], balls)
        >>> [str(network([x, 7])[0]) for x in ("-1/8", "1/3", "11/24", "2/3", "7/8")]
        ['1', '-1', '-1', '-1', '1']
    """
    bits = _bits(labels, balls.count)
    table = BlockTable.smallest(balls.count) if table is None else table
    if table.length < 1 or table.blocks * table.length < balls.count:
        raise AssumptionViolated(f"{table.blocks} blocks of {table.length} do not hold {balls.count} labels", "table")
    layers = [*_lookup_rows(_block_words(bits, table), table), *_extraction_rows(table.length)]
    return ReluNetwork([*index_layers(balls), *maps_of_rows(layers, ["index"])])


def count_bit_extraction(balls: GridBalls, table: BlockTable) -> int:
    """Return the number of nonzero parameters of the network for generic labels."""
    index = 6 * balls.steps * balls.axes
    if table.length == 1:
        return index + 8 * table.blocks + 5
    return index + 8 * table.blocks + 22 * table.length - 20


def _bits(labels: Sequence[int] | np.ndarray, count: int) -> np.ndarray:
    array = np.asarray(labels)
    if array.shape != (count,):
        raise AssumptionViolated(f"{count} grid points need as many labels, got shape {array.shape}", "labels")
    if not bool(np.isin(array, (-1, 1)).all()):
        raise AssumptionViolated("labels must be -1 or +1", "labels")
    return np.asarray(array > 0)


def _block_words(bits: np.ndarray, table: BlockTable) -> list[int]:
    """Return each block as the integer whose binary digits are its labels, the first leading."""
    padded = np.zeros(table.blocks * table.length, dtype=bool)
    padded[: len(bits)] = bits
    spare = -table.length % 8
    rows = np.pad(padded.reshape(table.blocks, table.length), ((0, 0), (spare, 0)))
    return [int.from_bytes(row.tobytes(), "big") for row in np.packbits(rows, axis=1)]


def _lookup_rows(words: list[int], table: BlockTable) -> list[dict[str, Row]]:
    """Return the layers that turn the index into the word of its block and the position in it."""
    later = range(1, table.blocks)
    above: dict[str, Row] = {"index": ({"index": 1}, 0)}
    for block in later:
        above[f"from{block}"] = ({"index": 1}, 1 - block * table.length)
        above[f"past{block}"] = ({"index": 1}, -block * table.length)
    word: dict[str, int] = {}
    position = {"index": 1}
    for block in later:
        change = words[block] - words[block - 1]
        word.update({f"from{block}": change, f"past{block}": -change})
        position.update({f"from{block}": -table.length, f"past{block}": table.length})
    found: dict[str, Row] = {"word": (word, words[0]), "right": (position, 0)}
    return [above, found]


def _extraction_rows(length: int) -> list[dict[str, Row]]:
    """Return one layer per label of a block, then the sum and the output.

    ``word`` holds the digits still to be read, as an integer below 2^length whose leading
    digit has weight ``half``; ``high - low`` is that digit; ``right + left`` is the distance
    from the label that is read to the one that is wanted; ``chosen`` is the digit where the
    distance is 0, and 0 elsewhere.
    """
    half = 2 ** (length - 1)
    digits: dict[str, int] = {"word": 1}
    layers: list[dict[str, Row]] = []
    for place in range(length):
        rows: dict[str, Row] = {
            "word": (digits, 0),
            "high": (digits, 1 - half),
            "low": (digits, -half),
            "right": ({"right": 1}, -1 if place else 0),
        }
        if place == length - 1:
            del rows["word"]  # nothing reads it any more
        if place == 1:
            rows["left"] = ({"right": -1}, 1)
        elif place > 1:
            rows["left"] = ({"left": 1, "right": -1}, 1)
        if place:
            rows["chosen"] = (_chosen(place - 1), 0)
        if place > 1:
            rows["sum"] = (_sum(place - 1), 0)
        layers.append(rows)
        digits = {"word": 2, "high": -2 * half, "low": 2 * half}
    last: dict[str, Row] = {"chosen": (_chosen(length - 1), 0)}
    if length == 1:
        return [*layers, last, {"output": ({"chosen": 2}, -1)}]
    return [*layers, {**last, "sum": (_sum(length - 1), 0)}, {"output": ({"chosen": 2, "sum": 2}, -1)}]


def _chosen(place: int) -> dict[str, int]:
    row = {"high": 1, "low": -1, "right": -1}
    return row if place == 0 else {**row, "left": -1}


def _sum(place: int) -> dict[str, int]:
    return {"chosen": 1} if place == 1 else {"chosen": 1, "sum": 1}


def parameters_per_root(count: int) -> Fraction:
    """Return the square of (parameters beyond the index) over ``count``, for the smallest table.

    At most 704 for every count: the network has at most ``sqrt(704 m)`` parameters beyond
    the ``6 * steps * axes`` of the index.
    """
    table = BlockTable.smallest(count)
    beyond = 8 * table.blocks + (5 if table.length == 1 else 22 * table.length - 20)
    return Fraction(beyond * beyond, count)
