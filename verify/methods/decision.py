"""What is known of one point."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from constructions.data.norm_ball import Point
from verify.certificate.trees import Tree
from verify.methods.separable.margins import Bound


@dataclass(frozen=True, slots=True)
class Decision:
    """What is known of one point.

    Attributes:
        status: ``robust``, ``violated`` or ``unknown``.
        method: what decided it, ``""`` where nothing did.
        margin: a proved lower bound of the margin on the ball, where robust; ``None``
            also where no point of the ball lies in the domain.
        witness: an exact point of the ball that is wrong, where violated.
        trees: cases and multipliers that prove it, where the complete method did.
        nodes: cases the complete method looked at.
        parabolas: what proves it, where the separable method did.
    """

    status: Literal["robust", "violated", "unknown"]
    method: str = ""
    margin: Fraction | None = None
    witness: Point | None = None
    trees: tuple[Tree, ...] | None = None
    nodes: int = 0
    parabolas: Bound | None = None


UNDECIDED = Decision("unknown")
