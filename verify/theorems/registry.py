"""Look up a statement by its word id or its number in the paper, and check it."""

from __future__ import annotations

import time
from dataclasses import fields
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.data.manifold import Manifold
from constructions.data.weights import read_weights
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.rational import exact_fraction
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.labelled_sets import LabelledSets
from verify.theorem import FamilyOptions, Report, Request, Theorem
from verify.theorems import (
    atlas,
    balanced_distribution,
    clean_learning,
    distance_classifier,
    hard_linearly_separable_sets,
    hard_linearly_separable_sets_printed,
    hard_manifold_sets,
    hard_separated_sets,
    hashed_memorization,
    manifold_approximation,
    memorization_size_bound,
    memorization_size_bound_l2,
    memorization_size_bound_linf,
    optimal_robust_error,
    partition_of_unity,
    robust_classifier,
    robust_classifier_on_manifold,
    robust_classifier_on_manifold_printed,
    robust_classifier_printed,
    robust_error_on_manifold,
    robust_memorization,
    robust_memorization_l1,
    robust_memorization_l2,
    robust_memorization_linf,
    robust_overfitting,
    robust_test_error,
    robust_training_error,
    sampled_error_limits,
    separation,
    training_gap,
    voting_memorization,
)
from verify.verdict import Verdict

_THEOREMS = (
    separation.SEPARATION,
    robust_training_error.ROBUST_TRAINING_ERROR,
    robust_memorization.PRINTED,
    robust_memorization_linf.CORRECTED,
    robust_memorization_l1.CORRECTED,
    robust_memorization_l2.CORRECTED,
    memorization_size_bound.PRINTED,
    memorization_size_bound_linf.CORRECTED,
    memorization_size_bound_l2.CORRECTED,
    robust_test_error.ROBUST_TEST_ERROR,
    distance_classifier.PRINTED,
    distance_classifier.CORRECTED,
    hashed_memorization.HASHED,
    voting_memorization.VOTING,
    robust_classifier_printed.PRINTED,
    robust_classifier.CORRECTED,
    hard_separated_sets.PRINTED,
    hard_separated_sets.CORRECTED,
    balanced_distribution.BALANCED,
    hard_linearly_separable_sets_printed.PRINTED,
    hard_linearly_separable_sets.CORRECTED,
    clean_learning.PRINTED,
    clean_learning.CORRECTED,
    atlas.ATLAS,
    partition_of_unity.PARTITION,
    partition_of_unity.POLYNOMIAL,
    robust_error_on_manifold.DEFINITION,
    robust_classifier_on_manifold_printed.PRINTED,
    robust_classifier_on_manifold.CORRECTED,
    manifold_approximation.PRINTED,
    manifold_approximation.CORRECTED,
    hard_manifold_sets.PRINTED,
    hard_manifold_sets.CORRECTED,
    robust_overfitting.OVERFITTING,
    sampled_error_limits.SAMPLED,
    training_gap.GAP,
    optimal_robust_error.OPTIMAL,
)
_EVERYWHERE = ("output", "seconds", "seed", "data_name", "most_memory", "progress")
_SHORT = {"points": "n", "dim": "d", "weight_bits": "bits", "most_memory": "max_memory"}
_NORM_OF_ID = {
    "robust-memorization-linf": "linf",
    "robust-memorization-l1": "l1",
    "robust-memorization-l2": "l2",
    "memorization-size-bound-linf": "linf",
    "memorization-size-bound-l2": "l2",
}


def theorems() -> tuple[Theorem, ...]:
    """Return every registered statement, in the paper's order."""
    return _THEOREMS


def theorem_ids() -> list[str]:
    """Return every word id, then every number that stands for a printed statement."""
    ids = [theorem.id for theorem in _THEOREMS]
    return ids + [theorem.paper for theorem in _THEOREMS if not theorem.corrected]


def find_theorem(name: str) -> Theorem:
    """Return the statement with this word id, or printed under this number.

    Raises:
        UsageError: there is none; the message names what is spelled alike.
    """
    wanted = name.removeprefix("thm:").removeprefix("def:").removeprefix("lem:")
    for theorem in _THEOREMS:
        if theorem.id == wanted or (theorem.paper == wanted and not theorem.corrected):
            return theorem
    close = get_close_matches(wanted, theorem_ids(), 4, 0.5)
    guess = f"did you mean {' or '.join(close)}? " if close else ""
    raise UsageError(f"unknown theorem {name[:60]!r}; {guess}rproof list shows all {len(_THEOREMS)}")


def fixed_norm(statement: Theorem) -> str | None:
    """Return the norm that a statement is about, ``None`` where it can be chosen."""
    return _NORM_OF_ID.get(statement.id)


def check(theorem: str, **instance: Any) -> Report:
    """Check a statement on an instance.

    Args:
        theorem: word id (the corrected statement) or number (the printed one).
        **instance: ``data`` (a specification or ``LabelledPoints``), ``norm``, ``eps``,
            ``radius``, ``ratio``, ``construction``; ``sets`` (a specification or ``LabelledSets``)
            where the statement is about sets; ``weights`` (a csv file or numbers) and
            ``distribution`` (a JSON file, a ``FiniteDistribution`` or a ``BoxMixture``) where
            it is about a distribution; or where the statement makes its own points
            ``points``, ``dim``, ``error``, ``depth``, ``weight_bits``, ``failure``,
            ``block_length``, ``mu``, ``samples``, ``accuracy``, ``confidence``; ``manifold`` (a
            specification or a ``Manifold``) where the sets lie on one; ``balls`` (how many are
            sampled) where an instance may be too large to be decided whole; further
            ``network``, ``output`` (a folder for result, network and certificate),
            ``seconds``, ``seed``, ``most_memory``, ``progress``, and
            ``instance="erratum"`` for the failing instance of a printed statement. What
            is absent takes the statement's default.

    Returns:
        The report, with one verdict per hypothesis and claim.

    Raises:
        UsageError: an unknown theorem or option, or a value that does not fit.
        InexactInput: a number is a float.

    Example:
        >>> report = check("robust-memorization-linf", data="random:n=12,d=3,levels=8,seed=1")
        >>> report.verdict, report.claim("margin").measured
        ('holds', '1')
    """
    started = time.monotonic()
    statement = find_theorem(theorem)
    which = instance.pop("instance", "default")
    request = _request(statement, instance, started)
    if which not in ("default", "erratum"):
        raise UsageError(f"unknown instance {which!r}; choose default or erratum")
    if which == "erratum" and statement.erratum is None:
        raise UsageError(f"{theorem} has no failing instance{_where_it_fails(statement)}")
    run = statement.erratum if which == "erratum" and statement.erratum is not None else statement.run
    try:
        report = run(request)
    except AssumptionViolated as error:
        report = Report(statement.id, _asked(request))
        name = error.assumption or "hypothesis"
        report.verdicts.append(Verdict(name, "inapplicable", "exact", method="comparison", detail=str(error)))
    if request.output is not None:
        write_report(report, request.output)
    report.seconds["total"] = time.monotonic() - started
    return report


def _where_it_fails(statement: Theorem) -> str:
    """Return why a statement has no failing instance, and which printed one has."""
    printed = [entry for entry in _THEOREMS if entry.paper and entry.paper == statement.paper and entry.erratum]
    if statement.corrected and printed:
        return f": it is the corrected statement; the printed one, {printed[0].paper}, has one"
    if statement.corrected:
        return ": no instance of it is known to fail"
    return ": nothing in the printed statement is false"


def _asked(request: Request) -> dict[str, Any]:
    """Return what the request fixes, as text."""
    numbers = {name: getattr(request, name) for name in ("eps", "radius", "ratio")}
    numbers |= {entry.name: getattr(request.family, entry.name) for entry in fields(request.family)}
    named = {"data": request.data_name} if request.data_name else {}
    named |= {"sets": request.sets_name} if request.sets_name else {}
    given = {name: getattr(value, "spec", str(value)) for name, value in numbers.items() if value is not None}
    return {**named, "norm": request.norm, **given}


def write_report(report: Report, folder: Path) -> None:
    """Write certificate, network and result of a report into a folder.

    The certificate is proved again before it counts; failing that is our bug.

    Raises:
        RuntimeError: our own certificate was rejected.
    """
    folder.mkdir(parents=True, exist_ok=True)
    proof = report.result or report.neighbourhoods or report.test_error
    if proof is not None:
        started = time.monotonic()
        report.certificate = proof.certificate(folder / "certificate.json")
        issued = time.monotonic()
        sentence = _proved(report.certificate)
        report.seconds["certify"], report.seconds["recheck"] = issued - started, time.monotonic() - issued
        report.verdicts.append(Verdict("certificate", "holds", "exact", method="recheck", detail=sentence))
    for place, bound in enumerate(report.bounds, start=1):
        name = "size_certificate" if place == 1 else f"size_certificate_{place}"
        path = bound.certificate(folder / f"{name}.json")
        report.files[path.name] = str(path)
        report.verdicts.append(Verdict(name, "holds", bound.evidence, method="recheck", detail=_proved(path)))
    if report.optimal is not None:
        path = report.optimal.certificate(folder / "optimal_certificate.json")
        report.files[path.name] = str(path)
        report.verdicts.append(Verdict("optimal_certificate", "holds", "exact", method="recheck", detail=_proved(path)))
    report.save(folder)


def _proved(path: Path) -> str:
    from constructions.errors import MalformedInput
    from verify.certificate.issue import recheck

    try:
        return recheck(path)
    except MalformedInput as error:
        raise RuntimeError(f"our own certificate was rejected: {error}") from error


def _request(statement: Theorem, options: dict[str, Any], started: float) -> Request:
    given = {key: value for key, value in options.items() if value is not None}
    unfit = sorted(set(given) - set(statement.options) - set(_EVERYWHERE))
    if unfit:
        known = ", ".join(map(_as_typed, statement.options))
        raise UsageError(
            f"{statement.id} takes no option {unfit[0]!r} ({_as_typed(unfit[0])}); its instance is chosen by {known}"
        )
    norm = given.get("norm", _NORM_OF_ID.get(statement.id, "linf"))
    if norm != _NORM_OF_ID.get(statement.id, norm):
        raise UsageError(f"{statement.id} is about {_NORM_OF_ID[statement.id]}, not {norm}")
    named = given.get("data", statement.default_data)
    data, name = _data(named) if _reads_data(statement, "data" in given) else (None, "")
    sets, sets_name = _sets(given.get("sets"))
    distribution, distribution_name = _distribution(given.get("distribution"))
    seconds = given.get("seconds")
    return Request(
        data=data,
        data_name=given.get("data_name", name),
        sets=sets,
        sets_name=sets_name,
        distribution=distribution,
        distribution_name=distribution_name,
        weights=_weights(given.get("weights")),
        norm=norm,
        eps=_number(given, "eps"),
        radius=_number(given, "radius"),
        ratio=_number(given, "ratio"),
        construction=given.get("construction"),
        network=given.get("network"),
        output=None if "output" not in given else Path(given["output"]),
        deadline=None if seconds is None else started + float(seconds),
        seed=int(given.get("seed", 0)),
        most_memory=given.get("most_memory"),
        progress=given.get("progress"),
        family=_family(given),
    )


def _as_typed(option: str) -> str:
    """Return an option of ``check`` as the command line writes it."""
    return f"--{_SHORT.get(option, option).replace('_', '-')}"


def _family(given: dict[str, Any]) -> FamilyOptions:
    exact = {name: _number(given, name) for name in ("error", "failure", "mu", "accuracy", "confidence")}
    names = ("dim", "depth", "weight_bits", "block_length", "samples", "points", "balls")
    whole = {name: _whole(given, name) for name in names}
    return FamilyOptions(**exact, **whole, manifold=_manifold(given.get("manifold")))  # type: ignore[arg-type]


def _manifold(manifold: Any) -> Manifold | None:
    from constructions.manifolds.sources import load_manifold

    return load_manifold(manifold) if isinstance(manifold, str) else manifold


def _whole(given: dict[str, Any], name: str) -> int | None:
    if name not in given:
        return None
    value = exact_fraction(given[name], name)
    if value.denominator != 1 or value < 0:
        raise UsageError(f"{name} must be an integer of at least 0, got {value}")
    return int(value)


def _number(given: dict[str, Any], name: str) -> Fraction | None:
    return exact_fraction(given[name], name) if name in given else None


def _reads_data(statement: Theorem, is_given: bool) -> bool:
    """Tell whether points are loaded: a statement about sets takes points only when they are named."""
    return "data" in statement.options and (is_given or "sets" not in statement.options)


def _data(data: Any) -> tuple[LabelledPoints | None, str]:
    from constructions.data.sources import load_data
    from verify.theorems.memorization import DEFAULT_DATA

    if data is None:
        return load_data(DEFAULT_DATA), DEFAULT_DATA
    if isinstance(data, str):
        return load_data(data), data
    if isinstance(data, LabelledPoints):
        return data, "given points"
    raise UsageError(f"data must be a specification or LabelledPoints, not {type(data).__name__}")


def _distribution(law: Any) -> tuple[FiniteDistribution | BoxMixture | None, str]:
    if isinstance(law, str | Path):
        return BoxMixture.load(law), str(law)
    if law is None or isinstance(law, FiniteDistribution | BoxMixture):
        return law, "" if law is None else f"given {type(law).__name__}"
    raise UsageError(f"distribution must be a file, a FiniteDistribution or a BoxMixture, not {type(law).__name__}")


def _weights(weights: Any) -> tuple[Fraction, ...] | None:
    if isinstance(weights, str | Path):
        return read_weights(weights)
    return None if weights is None else tuple(exact_fraction(value, "weight") for value in weights)


def _sets(sets: Any) -> tuple[LabelledSets | None, str]:
    if isinstance(sets, str):
        from constructions.sets.sources import load_sets

        return load_sets(sets), sets
    if sets is None or isinstance(sets, LabelledSets):
        return sets, "" if sets is None else f"{type(sets.positive).__name__} and {type(sets.negative).__name__}"
    raise UsageError(f"sets must be LabelledSets or a specification, got {type(sets).__name__}")
