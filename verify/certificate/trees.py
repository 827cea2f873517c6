"""Trees of cases with the multipliers of their leaves, to and from their compact text."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from verify.certificate.checker import FIRST_SPLIT, MULTIPLIERS, PLAIN, PULLED, Stream


@dataclass(frozen=True, slots=True)
class Multipliers:
    """What a leaf needs besides its splits.

    Attributes:
        slopes: lower slopes of undecided units, in 255ths.
        betas: multipliers of decided units, floats or dyadic fractions.
        pull: multiplier of the ball where a box cuts it, dyadic; 0 for none.
    """

    slopes: dict[int, int] = field(default_factory=dict)
    betas: Mapping[int, float | Fraction] = field(default_factory=dict)
    pull: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Node:
    """A node in preorder: a leaf, a split of a unit, or of an input coordinate.

    Attributes:
        unit: unit split, numbered through the hidden layers, or ``units + axis``; -1 for a leaf.
        at: where an input coordinate is split.
        leaf: multipliers of a leaf, ``None`` for the plain rule.
    """

    unit: int = -1
    at: Fraction = Fraction(0)
    leaf: Multipliers | None = None


Tree = tuple[Node, ...]
"""Nodes in preorder: the side where a unit is off (a coordinate small) before the other."""


def tree_text(trees: Iterable[Tree], units: int, input_bits: int) -> str:
    """Return trees as the text that a certificate carries.

    Args:
        trees: in the order of the points and outputs.
        units: number of hidden units.
        input_bits: coordinates are split at multiples of ``2**-input_bits``.
    """
    body = bytearray()
    for tree in trees:
        for node in tree:
            for number in _numbers(node, units, input_bits):
                _append(body, number)
    return base64.b64encode(zlib.compress(bytes(body), 9)).decode("ascii")


def _numbers(node: Node, units: int, input_bits: int) -> Iterator[int]:
    if node.unit >= 0:
        yield FIRST_SPLIT + node.unit
        if node.unit >= units:
            yield _signed(int(node.at * 2**input_bits))
    elif node.leaf is None:
        yield PLAIN
    else:
        yield PULLED if node.leaf.pull else MULTIPLIERS
        yield from _keyed(node.leaf.slopes)
        parts = {key: value.as_integer_ratio() for key, value in node.leaf.betas.items() if value}
        unit = max((below for _, below in parts.values()), default=1).bit_length() - 1
        numbers = {key: (above << unit) // below for key, (above, below) in parts.items()}
        low = min((_trailing_zeros(value) for value in numbers.values()), default=0)
        yield _signed(low - unit)
        yield from _keyed({key: value >> low for key, value in numbers.items()})
        if node.leaf.pull:
            bits = node.leaf.pull.denominator.bit_length() - 1
            yield _signed(-bits)
            yield int(node.leaf.pull * 2**bits)


def _keyed(values: dict[int, int]) -> Iterator[int]:
    yield len(values)
    last = -1
    for key in sorted(values):
        yield key - last - 1
        last = key
    for key in sorted(values):
        yield values[key]


def _signed(value: int) -> int:
    return 2 * value if value >= 0 else -2 * value + 1


def _trailing_zeros(value: int) -> int:
    return (value & -value).bit_length() - 1


def _append(body: bytearray, number: int) -> None:
    while number >= 128:
        body.append(number & 127 | 128)
        number >>= 7
    body.append(number)


def read_tree(stream: Stream, units: int, input_bits: int, bits: int) -> Tree:
    """Read the next tree of a text, betas and pull rounded down to multiples of ``2**-bits``.

    Raises:
        Rejected: the text is malformed.
    """
    nodes: list[Node] = []
    missing = 1
    while missing:
        code = stream.natural()
        if code < FIRST_SPLIT:
            slopes, betas, pull = stream.multipliers(code, bits, units)
            exact = {unit: Fraction(value, 2**bits) for unit, value in betas.items()}
            leaf = Multipliers(slopes, exact, Fraction(pull, 2**bits)) if code != PLAIN else None
            nodes.append(Node(leaf=leaf))
            missing -= 1
        else:
            unit = code - FIRST_SPLIT
            at = Fraction(stream.signed(), 2**input_bits) if unit >= units else Fraction(0)
            nodes.append(Node(unit, at))
            missing += 1
    return tuple(nodes)
