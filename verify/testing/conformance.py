"""The standard battery for a construction: claims checked on drawn instances, failures shrunk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.errors import Flaky, HypothesisException
from hypothesis.strategies import SearchStrategy

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import Point
from constructions.errors import UsageError
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from verify.testing import claim_checks
from verify.testing.claim_checks import Builder, Finding, Trial
from verify.testing.relations import RELATIONS, follows
from verify.testing.strategies import Instance, memorization_instances
from verify.verdict import Verdict

Check = Callable[[Trial, Any], Finding]


_CHECKS: dict[str, Check] = {
    "fits_labels": claim_checks.fits_labels,
    "robust_error": claim_checks.robust,
    "margin": claim_checks.margin,
    "parameters": claim_checks.parameters,
    "count": claim_checks.count,
    "depth": claim_checks.depth,
    "determinism": claim_checks.determinism,
    "refusals": claim_checks.refusals,
    **{name: partial(follows, name) for name in RELATIONS},
}
_NEED_A_VALUE = ("parameters", "count", "depth")
_MOST_CODE = 2000

CLAIMS = tuple(_CHECKS)
STANDARD_CLAIMS = tuple(name for name in CLAIMS if name not in _NEED_A_VALUE)


class ConformanceFailure(AssertionError):
    """A construction breaks a claim; the message holds code that shows it.

    Attributes:
        claim: the name of the claim; ``builds`` where the builder raises.
        data: the training set, shrunk as far as possible.
        radius: the perturbation radius.
        norm: of the perturbations.
        index: the point whose ball the witness lies in, if there is one.
        witness: exact coordinates at which the network is wrong, if the claim has one.
        finding: the verdict and its instance.
    """

    def __init__(self, builder: Builder, norm: str, finding: Finding) -> None:
        self.claim, self.norm, self.finding = finding.verdict.name, norm, finding
        self.data, self.radius = finding.data, finding.radius
        place = finding.verdict.witness or {}
        self.index: int | None = place.get("index")
        self.witness: Point | None = tuple(Fraction(x) for x in place["point"]) if place else None
        super().__init__(_message(self, getattr(builder, "__qualname__", repr(builder))))


@dataclass(frozen=True, slots=True)
class ConformanceReport:
    """What a battery checked.

    Attributes:
        claims: the claims, all of which held wherever they were decided.
        instances: how many instances were examined.
        undecided: how many claims on single instances stayed unknown.
    """

    claims: tuple[str, ...]
    instances: int
    undecided: int


def check_construction(
    builder: Builder,
    claims: Iterable[str] | Mapping[str, Any],
    *,
    norm: str = "linf",
    instances: SearchStrategy[Instance] | Iterable[Instance] | None = None,
    max_examples: int = 100,
    seed: int | None = None,
    seconds: float | None = None,
    allow_undecided: bool = False,
) -> ConformanceReport:
    """Hold a construction to its claims on drawn instances, by exact verdicts.

    The claims:

    * ``fits_labels``: the sign is right at every point.
    * ``robust_error``: zero on all closed balls (an output of zero is an error).
    * ``margin``: label times output is at least the value, 1 by default, on all balls.
    * ``parameters``, ``count``: at most, exactly, that many nonzero weights and biases.
    * ``depth``: at most that many affine maps.
    * ``determinism``: equal instances give equal networks.
    * ``refusals``: a radius of half the separation or more, and equal points with
      different labels, raise ``AssumptionViolated``.
    * ``permutation``, ``axes``, ``translation``, ``scaling``, ``label_swap``: after the
      change the builder still builds, and every point keeps its verdict.

    Args:
        builder: takes labelled points and a radius (a ``Fraction``), returns a network
            with one output.
        claims: names, or a mapping from names to values. ``parameters``, ``count`` and
            ``depth`` need one: an integer, or a function of data and radius; ``None``
            stands for the default.
        norm: of the perturbations, ``"linf"``, ``"l1"`` or ``"l2"``.
        instances: a strategy for pairs (data, radius), or the pairs themselves;
            ``strategies.memorization_instances(norm)`` by default.
        max_examples: how many instances to draw.
        seed: makes the draw the same every time.
        seconds: time limit of every decision.
        allow_undecided: count a claim that no method decides, instead of failing.

    Returns:
        What was checked.

    Raises:
        ConformanceFailure: a claim is broken, or undecided; with the smallest instance found.
        UsageError: an unknown claim or norm, or a claim without the value it needs.

    Example:
        >>> from constructions.memorizers.box_bumps import count_box_bumps, memorize_with_box_bumps
        >>> claims = {"margin": 1, "count": count_box_bumps, "depth": 3}
        >>> check_construction(memorize_with_box_bumps, claims, max_examples=10, seed=0).undecided
        0
        >>> from verify.testing.broken_memorizers import box_missing_face
        >>> try:
        ...     check_construction(box_missing_face, ["robust_error"], seed=0)
        ... except ConformanceFailure as failure:
        ...     failure.claim, len(failure.data), failure.data.dim, failure.witness
        ('robust_error', 2, 1, (Fraction(0, 1),))
    """
    __tracebackhide__ = True  # pytest then shows the line of the test, not this function.
    battery = _Battery(builder, _valued(claims), check_norm(norm), seconds, allow_undecided)
    source = memorization_instances(norm) if instances is None else instances
    try:
        if isinstance(source, SearchStrategy):
            _search(battery, source, max_examples, seed)
        else:
            for data, radius in source:
                battery.examine(data, exact_fraction(radius, "radius"))
    except ConformanceFailure as failure:
        shrunk = failure
    else:
        return ConformanceReport(tuple(battery.claims), battery.examined, battery.undecided)
    # Raised anew: a short traceback, without the notes of the search.
    raise ConformanceFailure(builder, norm, shrunk.finding) from shrunk.finding.cause


@dataclass(slots=True)
class _Battery:
    """Claims on one instance after another; once one is broken, only that one is looked at."""

    builder: Builder
    claims: dict[str, Any]
    norm: str
    seconds: float | None
    allow_undecided: bool
    examined: int = 0
    undecided: int = 0
    failure: ConformanceFailure | None = field(default=None)

    def examine(self, data: LabelledPoints, radius: Fraction) -> None:
        """Check one instance.

        Raises:
            ConformanceFailure: a claim is broken, or undecided and that is not allowed.
        """
        self.examined += 1
        try:
            trial = Trial(self.builder, data, radius, self.norm, self.seconds)
        except HypothesisException:
            raise
        except Exception as error:
            detail = f"the builder raises {type(error).__name__}: {error}"
            self._judge(Finding(Verdict("builds", "violated", "exact", detail=detail), data, radius, error))
            return
        for name, value in self.claims.items():
            if self.failure is None or self.failure.claim == name:
                self._judge(_CHECKS[name](trial, value))

    def _judge(self, finding: Finding) -> None:
        status = finding.verdict.status
        if status == "unknown" and self.allow_undecided:
            self.undecided += 1
        elif status != "holds" and (self.failure is None or self.failure.claim == finding.verdict.name):
            self.failure = ConformanceFailure(self.builder, self.norm, finding)
            raise self.failure from finding.cause


def _search(battery: _Battery, instances: SearchStrategy[Instance], max_examples: int, seed: int | None) -> None:
    @settings(
        max_examples=max_examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(instances)
    def search(instance: Instance) -> None:
        battery.examine(*instance)

    try:
        (search if seed is None else hypothesis.seed(seed)(search))()
    except Flaky:
        # Broken once and not again on the same instance: the builder is not deterministic.
        assert battery.failure is not None
        raise battery.failure from None


def _valued(claims: Iterable[str] | Mapping[str, Any]) -> dict[str, Any]:
    """Return every claim with its value, in the order of the battery."""
    given_values = (
        dict(claims) if isinstance(claims, Mapping) else dict.fromkeys([claims] if isinstance(claims, str) else claims)
    )
    if not given_values:
        raise UsageError(f"no claim to check; choose among {', '.join(_CHECKS)}")
    for name in given_values:
        if name not in _CHECKS:
            raise UsageError(f"unknown claim {name!r}; choose among {', '.join(_CHECKS)}")
        if name in _NEED_A_VALUE and given_values[name] is None:
            raise UsageError(
                f"the claim {name} needs a value: claims={{{name!r}: 100}}, or a function of data and radius"
            )
    if "margin" in given_values:
        value = given_values["margin"]
        given_values["margin"] = exact_fraction(1 if value is None else value, "margin")
    return {name: given_values[name] for name in _CHECKS if name in given_values}


def _message(failure: ConformanceFailure, name: str) -> str:
    verdict = failure.finding.verdict
    status = "is undecided" if verdict.status == "unknown" else "is broken"
    lines = [f"claim {failure.claim} of {name} {status} ({failure.norm}, radius {failure.radius})", verdict.detail]
    if verdict.measured is not None:
        lines.append(f"measured {verdict.measured}, promised {verdict.direction} {verdict.promised}")
    return "\n".join([*filter(None, lines), "", *_code(failure, name)])


def _code(failure: ConformanceFailure, name: str) -> list[str]:
    """Return Python that rebuilds the instance; ``builder`` is the construction."""
    data = failure.data
    if data.numerators.size <= _MOST_CODE:
        rows = ", ".join(_texts(point) for point in data.points)
        points = f"data = LabelledPoints.of([{rows}], labels={list(data.labels)})"
    else:
        points = f"# data is {data!r}, sha256 {data.digest()}"
    lines = [
        "from fractions import Fraction",
        "from constructions import LabelledPoints",
        "",
        f"# builder is {name}",
        points,
        f'radius = Fraction("{failure.radius}")',
        "network = builder(data, radius)",
    ]
    if failure.witness is None:
        return lines
    value = failure.finding.verdict.witness["output"][0]  # type: ignore[index]
    label = data.labels[failure.index]  # type: ignore[index]
    return [
        *lines,
        f"witness = {_texts(failure.witness)}",
        f"# in the closed {failure.norm} ball of point {failure.index}, whose label is {label}",
        f'assert network(witness)[0] == Fraction("{value}")',
    ]


def _texts(point: Point) -> str:
    return "[" + ", ".join(f'"{value}"' for value in point) + "]"
