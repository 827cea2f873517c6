"""Proving trees: the certificate's rule, in bulk with rigorous rounding or exactly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from constructions.data.norm_ball import NormBall, Point
from constructions.exact.integer_arrays import largest_magnitude
from constructions.exact.rational import over_common_denominator
from constructions.network.network_json import network_document
from constructions.network.relu_network import ReluNetwork
from verify.branching.float_problem import dense, floats
from verify.certificate.checker import Stream, TreeProver, read_network
from verify.certificate.tree_enclosure import FloatMap, TreeEnclosure
from verify.certificate.trees import Tree, tree_text
from verify.methods.ball_program import margin_network

_LEAST_BITS, _MOST_BITS = 48, 2**13
_MOST_STEPS = 10**9

Box = tuple[Point, Point]


@dataclass(slots=True)
class TreeRule:
    """The rule that decides whether trees prove balls of one label, norm and radius robust.

    Attributes:
        network: the network of the claim, not yet turned into margins.
        label: of the balls.
        ball: norm and radius.
        domain: lower and upper corner of a box that cuts the balls, or ``None``.
    """

    network: ReluNetwork
    label: int
    ball: NormBall
    domain: Box | None = None
    _maps: list[FloatMap] = field(init=False)
    _layers: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        maps = margin_network(self.network, self.label).maps
        self._maps = [FloatMap(dense(affine), floats(affine.bias_numerators, affine.denominator)) for affine in maps]

    def enclosed(self, centres: Sequence[Point], trees: Sequence[Sequence[Tree]]) -> list[float]:
        """Return a proved lower bound of all outputs on each ball, ``-inf`` where rounding hides it."""
        flat = [tree for several in trees for tree in several]
        owners = [place for place, several in enumerate(trees) for _ in several]
        outputs = [output for several in trees for output in range(len(several))]
        bounds = TreeEnclosure(
            self._maps,
            self.ball.norm,
            [centres[place] for place in owners],
            self.ball.radius,
            self.domain,
            flat,
            outputs,
        ).bounds()
        result = [math.inf] * len(centres)
        for place, bound in zip(owners, bounds, strict=True):
            result[place] = min(result[place], float(bound))
        return result

    def exact(self, centre: Point, trees: Sequence[Tree]) -> Fraction | None:
        """Return an exactly proved lower bound of all outputs on a ball, ``None`` if none is positive."""
        if sum(map(len, trees)) * self.network.size.nonzero > _MOST_STEPS // max(1, self.network.size.units):
            return None
        units, inner = self.network.size.units, input_bits(trees)
        numerators, scale = over_common_denominator(centre)
        bits = _LEAST_BITS + growth_bits(self.network)
        while bits <= _MOST_BITS:
            bound = self.prover(scale, bits, inner).prove(numerators, Stream(tree_text(trees, units, inner)))
            if bound is None or bound == math.inf:
                return Fraction(1)
            if bound > 0:
                return Fraction(bound, 2**bits)
            if bound < -(2 ** (bits // 2)):
                return None
            bits *= 2
        return None

    def prover(self, scale: int, bits: int | None = None, inner: int = 0) -> TreeProver:
        """Return the checker's prover for points over a scale."""
        if self._layers is None:
            self._layers = read_network(network_document(self.network))[0]
        statement = {"norm": self.ball.norm, "radius": self.ball.radius, "domain": self._domain_texts()}
        bits = 2 * (_LEAST_BITS + growth_bits(self.network)) if bits is None else bits
        return TreeProver(self._layers, self.label, statement, scale, bits, inner)

    def _domain_texts(self) -> dict[str, list[str]] | None:
        if self.domain is None:
            return None
        return {
            name: [str(value) for value in side] for name, side in zip(("lower", "upper"), self.domain, strict=True)
        }


def input_bits(trees: Iterable[Tree]) -> int:
    """Return how many bits the coordinates at which trees split the input need."""
    return max((node.at.denominator.bit_length() - 1 for tree in trees for node in tree), default=0)


def growth_bits(network: ReluNetwork) -> int:
    """Return how many bits a rounding error can grow by on its way through a network."""
    total = 0
    for affine in network.maps:
        size = affine.numerators.largest_row_sum() + largest_magnitude(affine.bias_numerators)
        total += (2 + size // affine.denominator).bit_length()
    return total


def rule_bits(network: ReluNetwork, margin: Fraction) -> int:
    """Return how many bits the exact rule needs to prove a margin with room to spare."""
    return _LEAST_BITS + growth_bits(network) + max(0, margin.denominator.bit_length() - margin.numerator.bit_length())
