"""What the statements on the size of memorizers share: shattered points, widths, both bounds."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from fractions import Fraction

from constructions.errors import UsageError
from constructions.hard_distributions.shattered_balls import MOST_PER_PAIR, ShatteredBalls
from constructions.hard_distributions.unit_vectors import origin_against_unit_vectors
from constructions.memorizers.literals import memorize_with_literals
from verify.capacity.memorization_bounds import checked_ratio, first_layer_width, memorization_size_bounds
from verify.capacity.memorization_upper import enough_for_every_set
from verify.capacity.size_bound import certified_size_bound
from verify.claims.first_layer import first_layer_at_least
from verify.claims.linear_shattering import judge_linear_group
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.claims.shattering import (
    every_labelling_realised,
    groups_apart,
    opposite_centres_apart,
    points_in_their_balls,
)
from verify.claims.size_bound_claims import size_bound_found
from verify.claims.size_claims import parameters_equal
from verify.theorem import Report, Request
from verify.theorems.hard_sets import decided
from verify.theorems.memorization_inputs import judge_inputs
from verify.verdict import Status, Verdict

CLAIMS = (
    "separation",
    "membership",
    "shattering",
    "group_separation",
    "size_bound",
    "width_bound",
    "first_layer",
    "robust_error",
    "margin",
    "count",
    "sandwich",
)
CLOSED_FORMS = {"first-layer": "width_bound", "inputs": "input_bound"}
OPTIONS = ("points", "dim", "norm", "ratio")
DEFAULT_POINTS, DEFAULT_DIM = 32, 16
DEFAULT_RATIO = {"linf": Fraction(1, 2), "l1": Fraction(9, 10), "l2": Fraction(9, 10)}
MOST_PER_GROUP = {"linf": 10, "l1": 1024, "l2": 1024}
MOST_BUILT = 2**20
MOST_RATIO_BITS = 6600
HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class SizeInstance:
    """N points in dimension d, a norm, and the radius over eps.

    Attributes:
        points: N.
        dim: d.
        norm: of separation and perturbations.
        ratio: in [0, 1).
    """

    points: int
    dim: int
    norm: str
    ratio: Fraction

    @classmethod
    def of(cls, request: Request, points: int = DEFAULT_POINTS, dim: int = DEFAULT_DIM) -> SizeInstance:
        """Return the instance of a request, with defaults for what it leaves open.

        Raises:
            UsageError: a number is not positive, or in l2 the ratio too long to write out its square.
            AssumptionViolated: the ratio is not in [0, 1).
        """
        asked = request.family
        count = points if asked.points is None else asked.points
        axes = dim if asked.dim is None else asked.dim
        if count < 1 or axes < 1:
            raise UsageError(f"at least 1 point in dimension 1 is needed, got {count} in {axes}")
        ratio = DEFAULT_RATIO[request.norm] if request.ratio is None else request.ratio
        rho = checked_ratio(ratio)
        if request.norm == "l2" and rho.denominator.bit_length() > MOST_RATIO_BITS:
            raise UsageError(f"a ratio in l2 has at most {MOST_RATIO_BITS} bits, as its square is written out")
        return cls(count, axes, request.norm, rho)

    def describe(self) -> dict[str, object]:
        """Return the instance as text."""
        return {"points": _shown(self.points), "d": self.dim, "norm": self.norm, "ratio": str(self.ratio)}


def check_both_sides(request: Request, theorem: str) -> Report:
    """Judge the corrected statement in one norm: what is too few, and what is enough.

    Args:
        request: norm and ratio, and of ``family`` the number of points and the dimension.
        theorem: id of the statement.

    Raises:
        AssumptionViolated: the ratio is not in [0, 1).
        UsageError: a number is out of range.
    """
    instance = SizeInstance.of(request)
    report = Report(theorem, instance.describe())
    family = judge_shattered_points(report, instance)
    largest = judge_sizes_below(report, instance, family.size)
    judge_first_layer(report, request, instance)
    if instance.norm != "linf" and instance.points > 1:
        judge_inputs(report, request, instance.dim, instance.ratio)
    judge_sizes_above(report, instance, largest)
    return report


def _shown(count: int) -> int | str:
    """Return a count for JSON, as text where a double does not hold it."""
    return count if count < 2**53 else str(count)


def judge_shattered_points(report: Report, instance: SizeInstance) -> ShatteredBalls:
    """Add the claims about the points that balls shatter, and return these.

    All labellings of one group are listed up to 12 points. Larger groups in l1 and l2 are
    judged coordinate by coordinate; groups are cut to 1024 points, in l-infinity to 10,
    which the instance then says.
    """
    family = ShatteredBalls.of(instance.points, instance.dim, instance.norm, instance.ratio)
    most, fitting = MOST_PER_GROUP[instance.norm], family.per_pair
    if fitting > most:
        report.instance["cut"] = f"groups of {fitting} points are cut to {most}"
    family = replace(family, per_pair=min(fitting, most))
    report.instance |= {"shattered": _shown(family.size), "per_pair": family.per_pair if family.pairs else 1}
    if family.per_pair > MOST_PER_PAIR:
        case = replace(family, per_pair=MOST_PER_PAIR).enumerated()
        case = replace(case, eps=family.eps, radius=family.radius)
        report.verdicts += judge_linear_group(family.group(), family.norm, family.eps, family.radius)
    else:
        case = family.enumerated()
        if family.pairs:
            report.verdicts += [opposite_centres_apart(case), points_in_their_balls(case)]
            report.verdicts.append(every_labelling_realised(case))
    report.verdicts.append(groups_apart(case, family.spacing, family.pairs, family.singles))
    return family


def judge_sizes_below(report: Report, instance: SizeInstance, shattered: int) -> int:
    """Add what is too small: by the count for the shattered points, the first layer, and the inputs.

    Returns:
        The largest number of nonzero parameters proved to be too few.
    """
    started = time.monotonic()
    bound = certified_size_bound(shattered, instance.dim)
    report.bounds.append(bound)
    report.verdicts.append(size_bound_found(bound))
    report.seconds["bound"] = time.monotonic() - started
    others = {
        other.name: other
        for other in memorization_size_bounds(instance.points, instance.dim, instance.norm, instance.ratio)
    }
    found = [(claim, others[name]) for name, claim in CLOSED_FORMS.items() if name in others]
    for claim, other in found:
        report.verdicts.append(
            Verdict(claim, "holds", "exact", str(other.size), method="closed form", detail=other.meaning)
        )
    return max([bound.size, *(other.size for _, other in found)])


def judge_first_layer(report: Report, request: Request, instance: SizeInstance) -> None:
    """Add the claims about a memorizer of the origin against unit vectors."""
    width = first_layer_width(instance.points, instance.dim, instance.norm, instance.ratio)
    if width == 0:
        return
    if instance.points * instance.dim > MOST_BUILT:
        detail = f"the network is not built: at most {MOST_BUILT} coordinates are"
        report.verdicts.append(Verdict("robust_error", "unknown", "exact", None, "0", "at most", detail=detail))
        return
    data, radius = origin_against_unit_vectors(instance.points, instance.dim), instance.ratio * HALF
    started = time.monotonic()
    network = memorize_with_literals(data, radius, HALF)
    report.seconds["build"] = time.monotonic() - started
    result = decided(network, data, request, radius)
    if result.upper == 0 and margin_at_least(result, Fraction(1)).status == "unknown":
        result = decided(network, data, request, radius, "paired")
    report.network, report.result = network, result
    report.seconds["decide"] = result.seconds
    directions = min(instance.points - 1, instance.dim)
    report.sizes.append(
        {
            "name": "literals",
            "title": "the origin against unit vectors",
            "parameters": network.size.nonzero,
            "built": True,
        }
    )
    report.verdicts += [
        first_layer_at_least(network, data, instance.norm, radius, width),
        zero_robust_error(result),
        margin_at_least(result, Fraction(1)),
        parameters_equal(network, (3 if radius else 2) * directions + 3),
    ]


def judge_sizes_above(report: Report, instance: SizeInstance, largest: int, name: str = "sandwich") -> None:
    """Add the claim that a size which is enough for every data set exceeds all that are not."""
    enough = enough_for_every_set(instance.points, instance.dim, instance.norm, instance.ratio)
    status: Status = "holds" if enough.size > largest else "violated"
    detail = f"{enough.size} parameters are enough for all {instance.points} points ({enough.construction}), "
    optimal = ", so the size is optimal" if enough.size == largest + 1 else ""
    report.sizes.append(
        {"name": enough.construction, "title": "for every data set", "parameters": enough.size, "built": False}
    )
    report.verdicts.append(
        Verdict(
            name,
            status,
            "exact",
            str(enough.size),
            str(largest),
            "more than",
            "closed form",
            detail=detail + f"{largest} are too few for some{optimal}",
        )
    )


def printed_order(points: int, dim: int) -> int:
    """Return ``sqrt(N d)`` rounded down: the printed order with its constant taken as 1."""
    return math.isqrt(points * dim)
