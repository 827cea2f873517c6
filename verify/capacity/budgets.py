"""How many sign vectors a class needs, if it is to fit every labelling up to some errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

from constructions.errors import AssumptionViolated
from verify.capacity.enclosures import Bits, ball_bits, binomial_bits, bits_of, exact_bits
from verify.capacity.question import SizeQuestion
from verify.capacity.sign_patterns import hamming_bracket

# Up to here the labellings of a ball are counted exactly.
_SUMMED = 2**14


@dataclass(frozen=True, slots=True)
class Budget:
    """A class with fewer sign vectors than this fails.

    Attributes:
        points: on how many points the sign vectors are counted.
        bits: log2 of the number of sign vectors needed, enclosed.
        ledger: what is taken off ``available`` to arrive there.
    """

    question: SizeQuestion
    points: int
    bits: Bits
    ledger: dict[str, Bits]
    by_pairs: bool = False

    def exceeds(self, count: int) -> bool:
        """Tell, in integers, whether a number of sign vectors is too few."""
        asked = self.question
        if self.by_pairs:
            needed = math.comb(asked.points - asked.forgiven, self.points) << self.points
            return count * math.comb(asked.points, self.points) < needed
        ball = hamming_bracket(asked.points, asked.forgiven)[1]
        return count * ball * asked.failure.denominator < asked.failure.numerator << asked.points


def hamming_budget(question: SizeQuestion) -> Budget:
    """Return the need by Hamming balls: those around the sign vectors must cover all labellings.

    Every labelling is to lie within ``forgiven`` changes of a sign vector; each sign vector
    serves one ball of labellings. With a failure probability eta only a fraction eta of the
    labellings must be covered.

    Raises:
        AssumptionViolated: eta is so small that one sign vector may serve as many labellings.
    """
    ball = ball_bits(question.points, question.forgiven)[1]
    available = exact_bits(question.points) + bits_of(question.failure)
    budget = Budget(question, question.points, available - ball, {"ball": ball, "available": available})
    if question.failure < 1 and not (budget.bits > 0 or (question.points <= _SUMMED and budget.exceeds(1))):
        raise AssumptionViolated(
            f"the failure probability must be above the share of labellings bounded to be within {question.forgiven} "
            f"changes of one sign vector on {question.points} points, got {str(question.failure)[:40]}",
            "failure",
        )
    return budget


def double_counting_budget(question: SizeQuestion) -> Budget | None:
    """Return the need by the paper's count of pairs, ``None`` where it asks for nothing.

    Each labelling is right on at least ``m - forgiven`` points, so on ``C(m - forgiven, V)``
    sets of V = m/2 points (rounded down). Each set with a labelling of it is shared by
    2^(m-V) labellings; so on some set ``2^V C(m - forgiven, V) / C(m, V)`` sign vectors occur.
    """
    half = question.points // 2
    if half == 0 or half > question.points - question.forgiven:
        return None
    lost = binomial_bits(question.points, half) - binomial_bits(question.points - question.forgiven, half)
    available = exact_bits(half)
    return Budget(question, half, available - lost, {"pairs": lost, "available": available}, by_pairs=True)
