"""The options that choose an instance of a statement, as ``rproof check`` spells them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from constructions.classifiers.catalog import FOR_ALL_SETS
from constructions.data.sources import refuse_unknown_source
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.rational import parse_fraction
from constructions.manifolds.sources import load_manifold
from constructions.memorizers.catalog import CATALOG
from verify.theorem import Theorem
from verify.theorems.registry import find_theorem
from verify.theorems.request import fixed_norm

FILE_ENDINGS = (".csv", ".npz", ".json", ".onnx")
_NORMS = ("linf", "l1", "l2")
_INSTANCES = ("default", "erratum")


@dataclass(frozen=True, slots=True)
class InstanceOption:
    """One option.

    Attributes:
        argument: its name among the arguments of ``verify.check``.
        read: from a value of a plan to the JSON value that stands in a job.
        is_counted: a text ``A:B`` stands for the integers from A up to B.
        may_vary: a text may hold ``{name}`` for the values of a table ``each``.
    """

    argument: str
    read: Callable[[Any], Any]
    is_counted: bool = False
    may_vary: bool = False


def _exact(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise UsageError(f"{value!r} is not an exact number such as 3, 3/32 or 0.09375")
    return str(parse_fraction(str(value), "value"))


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise UsageError(f'{value!r} is not an integer of at least 0; a range is written "0:20"')
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{value!r} is not text")
    return value


def _choice(*names: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in names:
            raise UsageError(f"{value!r} is unknown; choose {', '.join(names)}")
        return str(value)

    return read


def _data(value: Any) -> str:
    refuse_unknown_source(_text(value))
    return str(value)


def _sets(value: Any) -> str:
    if _text(value).partition(":")[0] not in ("boxes", "points") and not value.lower().endswith(".json"):
        refuse_unknown_source(value)
    return str(value)


def _manifold(value: Any) -> str:
    try:
        load_manifold(_text(value))
    except AssumptionViolated as error:
        raise UsageError(str(error)) from None
    return str(value)


def _network(value: Any) -> str:
    if not _text(value).lower().endswith((".json", ".onnx")):
        raise UsageError(f"{value!r} is not a network file; its name ends in .json or .onnx")
    return str(value)


def _file(ending: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not _text(value).lower().endswith(ending):
            raise UsageError(f"{value!r} is not a {ending} file")
        return str(value)

    return read


_constructions = _choice(*dict.fromkeys([*(entry.name for entry in CATALOG), *FOR_ALL_SETS, "all"]))

OPTIONS = {
    "data": InstanceOption("data", _data, may_vary=True),
    "sets": InstanceOption("sets", _sets, may_vary=True),
    "manifold": InstanceOption("manifold", _manifold, may_vary=True),
    "weights": InstanceOption("weights", _file(".csv"), may_vary=True),
    "distribution": InstanceOption("distribution", _file(".json"), may_vary=True),
    "network": InstanceOption("network", _network, may_vary=True),
    "instance": InstanceOption("instance", _choice(*_INSTANCES)),
    "norm": InstanceOption("norm", _choice(*_NORMS)),
    "radius": InstanceOption("radius", _exact),
    "ratio": InstanceOption("ratio", _exact),
    "eps": InstanceOption("eps", _exact),
    "construction": InstanceOption("construction", _constructions),
    "d": InstanceOption("dim", _whole, is_counted=True),
    "n": InstanceOption("points", _whole, is_counted=True),
    "error": InstanceOption("error", _exact),
    "depth": InstanceOption("depth", _whole, is_counted=True),
    "bits": InstanceOption("weight_bits", _whole, is_counted=True),
    "failure": InstanceOption("failure", _exact),
    "block-length": InstanceOption("block_length", _whole, is_counted=True),
    "mu": InstanceOption("mu", _exact),
    "samples": InstanceOption("samples", _whole, is_counted=True),
    "balls": InstanceOption("balls", _whole, is_counted=True),
    "accuracy": InstanceOption("accuracy", _exact),
    "confidence": InstanceOption("confidence", _exact),
    "trim": InstanceOption("trim", _whole, is_counted=True),
    "seed": InstanceOption("seed", _whole, is_counted=True),
}


def accepted_options(statement: Theorem) -> tuple[str, ...]:
    """Return the options that choose an instance of a statement."""
    always = ("instance", "seed", *(("trim",) if "data" in statement.options else ()))
    return tuple(name for name, option in OPTIONS.items() if option.argument in statement.options or name in always)


def refuse_misfit(theorem: str, options: dict[str, Any]) -> Theorem:
    """Return the statement, if it takes these options with these values.

    Raises:
        UsageError: there is no such statement, an option is none of its own, or the norm
            or the instance is one it does not have.
    """
    statement = find_theorem(theorem)
    accepted = accepted_options(statement)
    for name in options:
        if name not in accepted:
            raise UsageError(f"{name}: {statement.id} takes no such option; it takes {', '.join(accepted)}")
    fixed = fixed_norm(statement)
    if fixed is not None and options.get("norm", fixed) != fixed:
        raise UsageError(f"norm: {statement.id} is about {fixed}, not {options['norm']}")
    if options.get("instance") == "erratum" and statement.erratum is None:
        raise UsageError(f"instance: {statement.id} has no failing instance")
    return statement
