"""The options of a check, read into an instance of a statement."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.data.manifold import Manifold
from constructions.data.weights import read_weights
from constructions.errors import UsageError
from constructions.exact.rational import exact_fraction
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.labelled_sets import LabelledSets
from verify.theorem import FamilyOptions, Request, Theorem

_EVERYWHERE = ("output", "seconds", "seed", "data_name", "most_memory", "progress")
_SHORT = {"points": "n", "dim": "d", "weight_bits": "bits", "most_memory": "max_memory"}
_NORM_OF_ID = {
    "robust-memorization-linf": "linf",
    "robust-memorization-l1": "l1",
    "robust-memorization-l2": "l2",
    "memorization-size-bound-linf": "linf",
    "memorization-size-bound-l2": "l2",
}


def fixed_norm(statement: Theorem) -> str | None:
    """Return the norm that a statement is about, ``None`` where it can be chosen."""
    return _NORM_OF_ID.get(statement.id)


def read_request(statement: Theorem, options: dict[str, Any], started: float) -> Request:
    """Return the instance of a statement that options choose, every number read exactly.

    Args:
        statement: which fixes the options that fit, and perhaps the norm.
        options: as given to ``check``; ``None`` counts as absent.
        started: ``time.monotonic()`` at the start, from which ``seconds`` are counted.

    Raises:
        UsageError: an option does not fit the statement, or a value does not fit the option.
        InexactInput: a number is a float.
    """
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
