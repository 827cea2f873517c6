"""What the printed and the corrected Theorem 2.2 share: instance, building, deciding."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, BudgetExceeded, UsageError
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.instance import half_separation
from constructions.memorizers.plan import Construction, Plan
from constructions.network.relu_network import ReluNetwork
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.claims.separation_claims import separated_by
from verify.claims.size_claims import parameters_at_most, parameters_equal
from verify.robustness import RobustError, robust_error
from verify.theorem import DEFAULT_RATIO, Report, Request
from verify.verdict import Status, Verdict

DEFAULT_DATA = "random:n=64,d=8,levels=16,seed=0"
_BYTES_PER_PARAMETER = 1_000
_BASE_BYTES = 250 * 2**20


@dataclass(frozen=True, slots=True)
class Setting:
    """A memorization instance with every number fixed.

    Attributes:
        data: labelled points.
        norm: of the perturbation set.
        separation: exact, squared in l2; ``None`` with one class only.
        eps: half the separation assumed, ``None`` with one class only.
        radius: of the perturbation set.
    """

    data: LabelledPoints
    norm: str
    separation: Fraction | None
    eps: Fraction | None
    radius: Fraction

    def describe(self, name: str) -> dict[str, Any]:
        """Return the instance as text, both radii always shown."""
        eps = self.eps
        return {
            "data": name,
            "points": len(self.data),
            "dim": self.data.dim,
            "classes": {str(label): int(self.data.indices(label).size) for label in self.data.classes},
            "norm": self.norm,
            "separation_squared" if self.norm == "l2" else "separation": None
            if self.separation is None
            else str(self.separation),
            "eps": None if eps is None else str(eps),
            "radius": str(self.radius),
            "ratio": str(self.radius / eps) if eps else None,
            "radius_limit_printed": None if eps is None else str(eps / 2),
            "radius_limit_corrected": None if eps is None else str(eps),
        }


def setting_of(request: Request) -> Setting:
    """Fix eps and the radius: half the separation, and 3/7 of it, unless given.

    Raises:
        UsageError: both a radius and a ratio were given.
    """
    if request.data is None:
        from constructions.data.sources import load_data

        data = load_data(DEFAULT_DATA)
    else:
        data = request.data
    if request.radius is not None and request.ratio is not None:
        raise UsageError("give a radius or a ratio, not both")
    closest = data.closest_opposite_pairs(request.norm)
    separation = None if closest is None else closest.distance
    half = None if separation is None else half_separation(separation, request.norm)
    eps = request.eps if request.eps is not None else half
    if request.radius is not None:
        radius = request.radius
    else:
        ratio = DEFAULT_RATIO if request.ratio is None else request.ratio
        radius = ratio * (Fraction(1) if eps is None else eps)
    return Setting(data, request.norm, separation, eps, radius)


def shared_hypotheses(setting: Setting) -> list[Verdict]:
    """Judge labels and separation, the hypotheses of every version."""
    wrong = [label for label in setting.data.classes if label not in (-1, 1)]
    labels = Verdict(
        "labels",
        "inapplicable" if wrong else "holds",
        "exact",
        ", ".join(f"{label:+d}" for label in setting.data.classes[:6]),
        "-1, +1",
        "equal",
        "all points",
        detail=f"label {wrong[0]} is neither -1 nor +1" if wrong else "",
    )
    if setting.eps is None:
        return [labels, separated_by(setting.data, setting.norm, Fraction(0), failing="inapplicable")]
    separated = separated_by(setting.data, setting.norm, 2 * setting.eps, failing="inapplicable")
    if separated.status != "holds" and setting.separation is not None:
        largest = half_separation(setting.separation, setting.norm)
        limit = f"; any radius below {largest} works with eps {largest}"
        return [labels, replace(separated, detail=separated.detail + limit)]
    if setting.eps > 0 or separated.status != "holds":
        return [labels, separated]
    pairs = ", ".join(f"{i}-{j}" for i, j in setting.data.conflicting_duplicates()[:5])
    why = f"equal points with different labels: {pairs}" if pairs else "eps must be positive"
    return [labels, Verdict("separation", "inapplicable", "exact", "0", "0", "more than", "all pairs", detail=why)]


def radius_below(setting: Setting, limit: Fraction | None, meaning: str, otherwise: str = "") -> Verdict:
    """Judge the hypothesis ``0 <= radius < limit``."""
    if limit is None:
        return Verdict("radius", "holds", "exact", str(setting.radius), "infinite", "less than", "one class only")
    fits = 0 <= setting.radius < limit
    detail = ""
    if not fits:
        detail = f"radius {setting.radius} must be at least 0 and below {meaning} = {limit}{otherwise}"
        detail += f"; closest opposite pairs {_closest(setting)}"
    status: Status = "holds" if fits else "inapplicable"
    return Verdict("radius", status, "exact", str(setting.radius), str(limit), "less than", "comparison", detail=detail)


def _closest(setting: Setting) -> str:
    closest = setting.data.closest_opposite_pairs(setting.norm)
    return "" if closest is None else ", ".join(f"{i}-{j}" for i, j in closest.pairs[:5])


def plans_for(
    setting: Setting, request: Request, left_out: dict[str, str] | None = None
) -> list[tuple[Construction, Plan]]:
    """Count the constructions asked for, the smallest first, on ties in the order of the catalog.

    Args:
        setting: the instance.
        request: which constructions; one asked for by name is searched without a budget.
        left_out: takes the constructions that were not counted, and why.

    Raises:
        UsageError: no construction of that name works in this norm.
        BudgetExceeded: the smallest would not fit the memory budget.
    """
    wanted = None if request.construction in (None, "all") else request.construction
    _refuse_beyond(request, _needed(setting, 0), "the points and the work on them")
    entries = constructions_for(setting.norm, wanted)
    if not entries:
        names = ", ".join(entry.name for entry in constructions_for(setting.norm))
        raise UsageError(f"no construction {wanted!r} in {setting.norm}; choose {names} or all")
    plans, reasons = [], {} if left_out is None else left_out
    for entry in entries:
        stage = _stage(request, f"plan {entry.name}")
        count = entry.plan if wanted is None else entry.plan_at_any_cost or entry.plan
        try:
            plan = count(setting.data, setting.radius, setting.eps, setting.norm, stage)
        except BudgetExceeded as error:
            reasons[entry.name] = f"{error}; --construction {entry.name} searches them all"
            continue
        if plan is None:
            reasons[entry.name] = "does not apply to these points at this radius"
        else:
            plans.append((entry, plan))
    if not plans:
        raise AssumptionViolated(f"construction {wanted} does not apply to these points at this radius", "construction")
    plans.sort(key=lambda entry: entry[1].parameters)
    parameters = plans[0][1].parameters
    _refuse_beyond(request, _needed(setting, parameters), f"a network of {parameters} parameters on these points")
    return plans


def _needed(setting: Setting, parameters: int) -> int:
    """Return about how many bytes points, network and work take, the process itself included."""
    return _BASE_BYTES + 6 * setting.data.numerators.nbytes + _BYTES_PER_PARAMETER * parameters


def _refuse_beyond(request: Request, needed: int, what: str) -> None:
    if request.most_memory is not None and needed > request.most_memory:
        raise BudgetExceeded(
            f"{what} needs about {needed / 2**20:,.0f} MiB; the budget is {request.most_memory / 2**20:,.3g} MiB"
        )


def _stage(request: Request, stage: str) -> Callable[[int, int], None] | None:
    report = request.progress
    return None if report is None else lambda done, total: report(stage, done, total)


def memorize_and_judge(
    report: Report, setting: Setting, request: Request, judge_sizes: Callable[[ReluNetwork, Plan], list[Verdict]]
) -> None:
    """Build the smallest construction (or all), decide it, and add the claims to the report."""
    started = time.monotonic()
    plans = plans_for(setting, request, report.left_out)
    report.seconds["plan"] = time.monotonic() - started
    built = plans if request.construction == "all" else plans[:1]
    for place, (entry, plan) in enumerate(plans):
        chosen = place < len(built)
        report.sizes.append({"name": entry.name, "title": entry.title, "parameters": plan.parameters, "built": chosen})
        if chosen:
            told = _announcing(request, f"construction {place + 1} of {len(built)}, {entry.name}")
            _judge_one(report, setting, told, plan, judge_sizes, "" if place == 0 else f" ({entry.name})")


def _announcing(request: Request, what: str) -> Request:
    """Return the request with a progress report that says first what is being worked on."""
    report = request.progress
    if report is None:
        return request
    report(f"{what}: build", 0, 1)
    return replace(request, progress=lambda stage, done, total: report(f"{what}: {stage}", done, total))


def _judge_one(
    report: Report,
    setting: Setting,
    request: Request,
    plan: Plan,
    judge_sizes: Callable[[ReluNetwork, Plan], list[Verdict]],
    suffix: str,
) -> None:
    started = time.monotonic()
    network = plan.build()
    built = time.monotonic()
    result = _decided(network, setting, request, "auto")
    for method in ("paired", "affine"):
        if result.upper == 0 and margin_at_least(result, Fraction(1)).status == "unknown":
            sharper = _decided(network, setting, request, method)
            result = sharper if margin_at_least(sharper, Fraction(1)).status == "holds" else result
    verdicts = [zero_robust_error(result), margin_at_least(result, Fraction(1)), *judge_sizes(network, plan)]
    report.verdicts.extend(_renamed(verdict, suffix) for verdict in verdicts)
    report.seconds[f"build{suffix}"] = built - started
    report.seconds[f"decide{suffix}"] = time.monotonic() - built
    if not suffix:
        report.network, report.result = network, result


def _decided(network: ReluNetwork, setting: Setting, request: Request, method: str) -> RobustError:
    seconds = None if request.deadline is None else max(0.0, request.deadline - time.monotonic())
    return robust_error(
        network,
        setting.data,
        setting.norm,
        setting.radius,
        method,
        seconds,
        seed=request.seed,
        progress=request.progress,
    )


def _renamed(verdict: Verdict, suffix: str) -> Verdict:
    return replace(verdict, name=verdict.name + suffix)


def sizes_of_construction(network: ReluNetwork, plan: Plan) -> list[Verdict]:
    """Judge the promised bound, and the closed form where it counts exactly."""
    verdicts = [parameters_at_most(network, plan.promised, f"bound of the {plan.name} construction")]
    if plan.is_exact_count:
        verdicts.append(parameters_equal(network, plan.parameters))
    return verdicts
