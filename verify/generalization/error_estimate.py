"""What a sample says of an error: counts, confidence limits, and everything needed to repeat it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from constructions.data.norm_ball import NormBall
from constructions.data.sampler import Charge
from constructions.sets.brackets import Bracket
from verify.generalization.judges import SampleWitness
from verify.generalization.looks import Look
from verify.methods.ball_program import Domain


@dataclass(frozen=True, slots=True)
class ErrorEstimate:
    """The share of new points on which a classifier is wrong, between confidence limits.

    Except with probability ``failure`` over the sample the limits hold the true error. A
    sample never proves that it is zero.

    Attributes:
        samples: independent points that were drawn.
        wrong: those known to be wrong.
        undecided: those not known to be right or wrong; they count as right below and
            as wrong above.
        limits: of the error; the upper one is 1 where there is no other.
        failure: probability with which the limits may miss.
        seed: of samples and attacks.
        looks: what was known at each size at which the sampling might have ended.
        planned: the sizes at which it would have been looked at.
        one_sided: True for a black box under attack, which has no upper limit.
        arithmetic: ``exact``, or that of the black box.
        ball: of the perturbations; radius 0 for the clean error.
        domain: box that also restricted the attacker, if any.
        charge: what has positive probability around a sample.
        witness: a sample and a wrong point of its ball, where one is known.
        seconds: time taken.
    """

    samples: int
    wrong: int
    undecided: int
    limits: Bracket
    failure: Fraction
    seed: int
    looks: tuple[Look, ...]
    planned: tuple[int, ...]
    one_sided: bool
    arithmetic: str
    ball: NormBall
    domain: Domain | None
    charge: Charge
    witness: SampleWitness | None = None
    seconds: float = field(default=0.0, compare=False)

    @property
    def lower(self) -> Fraction:
        """The lower confidence limit."""
        return self.limits.lower

    @property
    def upper(self) -> Fraction:
        """The upper confidence limit, 1 where there is no other."""
        return self.limits.upper

    @property
    def is_refuted(self) -> bool:
        """True when "the error is 0" is false for certain: an exact mistake of positive probability is known."""
        if self.witness is None or not self.witness.is_exact or self.charge == "unknown":
            return False
        return self.charge == "points" or (self.witness.margin < 0 and self.domain is None)
