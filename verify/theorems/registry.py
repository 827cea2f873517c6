"""Look up a statement by its word id or its number in the paper, and check it."""

from __future__ import annotations

import time
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from constructions.errors import AssumptionViolated, UsageError
from verify.theorem import Report, Request, Theorem
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
from verify.theorems.report_files import write_report
from verify.theorems.request import read_request
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
    request = read_request(statement, instance, started)
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
