"""How many different parameters a construction takes, over all labellings."""

from __future__ import annotations

from fractions import Fraction

from constructions.classifiers.bit_extraction import BlockTable
from constructions.classifiers.grid_index import GridBalls
from constructions.network.relu_network import ReluNetwork


def extraction_alphabet(balls: GridBalls, table: BlockTable) -> int:
    """Return how many nonzero values the bit-extraction networks of all labellings take at most.

    Words of b labels and their differences are the integers from -(2^b - 1) to 2^b - 1. All
    other parameters are the same for every labelling: the block starts ``-k b`` and
    ``1 - k b``, the thresholds and slopes of the axes, and powers of two.

    Args:
        balls: the grid and the radius.
        table: at least two blocks.
    """
    length, largest = table.length, 2**table.length - 1
    starts = max(0, table.blocks - 1 - largest // length)
    if length > 1:
        starts += max(0, table.blocks - 1 - (largest + 1) // length)
    others = _axis_values(balls) | ({Fraction(2)} if length == 1 else {Fraction(1 + largest), Fraction(-1 - largest)})
    apart = [value for value in others if not _is_word(value, largest) and not _is_start(value, table)]
    return 2 * largest + starts + len(apart)


def _axis_values(balls: GridBalls) -> set[Fraction]:
    slope = 1 / (Fraction(1, balls.steps) - 2 * balls.radius)
    weights = {sign * slope * (balls.steps + 1) ** axis for axis in range(balls.axes) for sign in (1, -1)}
    rises = {-Fraction(step, balls.steps) - balls.radius for step in range(balls.steps)}
    stops = {balls.radius - Fraction(step + 1, balls.steps) for step in range(balls.steps)}
    return (weights | rises | stops) - {0}


def _is_word(value: Fraction, largest: int) -> bool:
    return value.denominator == 1 and abs(value) <= largest


def _is_start(value: Fraction, table: BlockTable) -> bool:
    blocks = (-value / table.length, (1 - value) / table.length)
    return any(block.denominator == 1 and 1 <= block < table.blocks for block in blocks)


def bump_alphabet(balls: GridBalls) -> int:
    """Return how many nonzero values the networks of one box bump per point take, over all labellings.

    Args:
        balls: the grid, and the radius of the boxes, all neighbours being of different labels.
    """
    slope = 1 / (Fraction(1, balls.steps) - 2 * balls.radius)
    faces = {sign * Fraction(step, balls.steps) - balls.radius for step in range(balls.steps + 1) for sign in (1, -1)}
    return len((faces | {Fraction(1), Fraction(-1), Fraction(2), Fraction(-2), -slope}) - {0})


def parameter_values(network: ReluNetwork) -> set[Fraction]:
    """Return the different nonzero weights and biases of a network, exactly."""
    found: set[Fraction] = set()
    for affine in network.maps:
        numerators = {*affine.numerators.values.tolist(), *affine.bias_numerators.tolist()}
        found |= {Fraction(int(value), affine.denominator) for value in numerators if value}
    return found
