"""When a growing sample is looked at: a schedule fixed beforehand, its failure probability split over it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from constructions.sets.brackets import Bracket
from verify.generalization.confidence import clopper_pearson, lower_limit

MOST_LOOKS = 8
_LEAST_SAMPLES = 16


@dataclass(frozen=True, slots=True)
class Look:
    """What was known when the sample had grown to a size of the schedule.

    Attributes:
        samples: all points drawn so far.
        wrong: those known to be wrong.
        undecided: those not known to be right or wrong.
        limits: at the failure probability of one look.
    """

    samples: int
    wrong: int
    undecided: int
    limits: Bracket


def look_sizes(samples: int, width: Fraction | None) -> tuple[int, ...]:
    """Return the sizes at which a sample is looked at, increasing, the last one ``samples``.

    Without a width there is one look. With one the size doubles from look to look, at
    most eight of them.

    Theorem: thm:sampled-robust-error

    Args:
        samples: the largest sample, at least 1.
        width: that ends the sampling.

    Example:
        >>> look_sizes(1000, None), look_sizes(100, Fraction(1, 10))
        ((1000,), (25, 50, 100))
    """
    sizes = [samples]
    while width is not None and len(sizes) < MOST_LOOKS and sizes[0] >= 2 * _LEAST_SAMPLES:
        sizes.insert(0, -(-sizes[0] // 2))
    return tuple(sizes)


def look_limits(wrong: int, undecided: int, samples: int, failure: Fraction, one_sided: bool) -> Bracket:
    """Return the limits of one look: undecided points count as right below and as wrong above.

    Theorem: thm:sampled-robust-error

    Args:
        wrong: points known to be wrong.
        undecided: points not known to be right or wrong.
        samples: all points.
        failure: of these limits.
        one_sided: spend all of it on the lower limit; the upper one is then 1.

    Example:
        >>> look_limits(0, 2, 2, Fraction(1, 4), one_sided=False)
        Bracket(lower=Fraction(0, 1), upper=Fraction(1, 1))
    """
    if one_sided:
        return Bracket(lower_limit(wrong, samples, failure), Fraction(1))
    return clopper_pearson(wrong, samples, failure, wrong + undecided)


def look_width(look: Look, one_sided: bool) -> Fraction:
    """Return the distance of the limits, or of the share of wrong points from the lower limit alone."""
    above = Fraction(look.wrong, look.samples) if one_sided else look.limits.upper
    return above - look.limits.lower
