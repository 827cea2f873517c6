"""A plan: tables of axes in TOML, read into jobs before anything runs."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from constructions.errors import UsageError
from verify.sweep.axes import MOST_JOBS, axis_values, combinations, fill_in
from verify.sweep.instance_options import FILE_ENDINGS, OPTIONS, refuse_misfit
from verify.sweep.job import Job
from verify.sweep.limits import LIMITS, Limits

_TOP = ("sweep", "limits")
_OTHERS = ("theorem", "each", "zip", *LIMITS)
Digest = Callable[[str], str]
_UNSAID = {"trim": 0, "instance": "default"}


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job, and what it may use."""

    job: Job
    limits: Limits


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs of a plan, each once, in the order written.

    Attributes:
        text: the file.
        jobs: what is to be done.
        repeated: how many more were written that are the same as earlier ones.
    """

    text: str
    jobs: tuple[PlannedJob, ...]
    repeated: int = 0


def read_plan(path: str | Path, seed: int = 0) -> Plan:
    """Read a plan from a TOML file.

    Args:
        path: the file.
        seed: of jobs whose table names none.

    Raises:
        UsageError: there is no such file, or ``parse_plan`` refuses it.
    """
    target = Path(path)
    if not target.is_file():
        raise UsageError(f"there is no file {target}")
    try:
        text = target.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{target} is not UTF-8 text: {error}") from None
    return parse_plan(text, str(target), seed)


def parse_plan(text: str, name: str = "plan", seed: int = 0) -> Plan:
    """Read a plan: every table ``[[sweep]]`` is crossed out into jobs and checked.

    Decimals are taken exactly. Files that are named are hashed into the jobs, so that a
    changed file makes another job.

    Args:
        text: TOML.
        name: of the file, for messages.
        seed: of jobs whose table names none.

    Raises:
        UsageError: it is not TOML, or a key or a value is unknown or does not fit the
            statement; the message names file, table and key, and what is accepted.

    Example:
        >>> plan = parse_plan("[[sweep]]\\ntheorem = '2.2'\\nratio = [0.1, '3/7']\\nseed = '0:2'")
        >>> [job.job.parameters["ratio"] for job in plan.jobs]
        ['1/10', '1/10', '3/7', '3/7']
    """
    try:
        document = tomllib.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        raise UsageError(f"{name} is not TOML: {error}") from None
    with _place(name):
        _refuse_unknown(document, _TOP)
        tables = document.get("sweep", [])
        if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
            raise UsageError("there is no table [[sweep]]")
        defaults = document.get("limits", {})
        if not isinstance(defaults, dict):
            raise UsageError("limits: write a table [limits]")
        with _place("table [limits]"):
            _refuse_unknown(defaults, LIMITS)
            Limits.of(defaults)
    digest_of = cache(file_digest)
    found: dict[str, PlannedJob] = {}
    count = 0
    for number, table in enumerate(tables, start=1):
        with _place(f"{name}, table [[sweep]] number {number}"):
            for planned in _jobs_of(table, defaults, {"seed": seed}, digest_of):
                count += 1
                if count > MOST_JOBS:
                    raise UsageError(f"the plan has more than {MOST_JOBS:,} jobs")
                found.setdefault(planned.job.key, planned)
    return Plan(text, tuple(found.values()), count - len(found))


def _jobs_of(
    table: dict[str, Any], defaults: dict[str, Any], unsaid: dict[str, Any], digest_of: Digest
) -> Iterator[PlannedJob]:
    _refuse_unknown(table, (*_OTHERS, *OPTIONS))
    if "theorem" not in table:
        raise UsageError("theorem: is missing; name one or a list")
    limits = Limits.of(defaults | {key: table[key] for key in LIMITS if key in table})
    options = {key: value for key, value in table.items() if key in OPTIONS}
    axes = {"theorem": _each("theorem", table["theorem"], False, _word)}
    for key, value in options.items():
        option = OPTIONS[key]
        axes[key] = _each(key, value, option.is_counted, _word if option.may_vary else option.read)
    variables = _variables(table.get("each", {}), axes)
    _refuse_unused(variables, options)
    for chosen in combinations(axes | variables, _groups(table.get("zip", []))):
        named = {key: chosen.pop(key) for key in variables}
        theorem = chosen.pop("theorem")
        for key, value in chosen.items():
            if OPTIONS[key].may_vary:
                with _place(key):
                    chosen[key] = OPTIONS[key].read(fill_in(value, named)[0])
        yield PlannedJob(_job(theorem, unsaid | chosen, digest_of), limits)


def _job(theorem: str, options: dict[str, Any], digest_of: Digest) -> Job:
    statement = refuse_misfit(theorem, options)
    said = {key: value for key, value in options.items() if _UNSAID.get(key) != value}
    files = {}
    for key in ("data", "sets", "weights", "distribution", "network"):
        if str(said.get(key, "")).lower().endswith(FILE_ENDINGS):
            with _place(key):
                files[said[key]] = digest_of(said[key])
    return Job("check", {"theorem": statement.id, **said, **({"files": files} if files else {})})


def file_digest(path: str) -> str:
    """Return the SHA-256 of a file.

    Raises:
        UsageError: there is no such file.
    """
    if not Path(path).is_file():
        raise UsageError(f"there is no file {path}")
    with open(path, "rb") as body:
        return hashlib.file_digest(body, "sha256").hexdigest()


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{value!r} is not text")
    return value


def _each(key: str, value: Any, is_counted: bool, read: Callable[[Any], Any]) -> list[Any]:
    with _place(key):
        return [read(item) for item in axis_values(value, is_counted)]


def _variables(table: Any, axes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the values of the table ``each``, under their names."""
    if not isinstance(table, dict):
        raise UsageError("each: write a table [sweep.each] of names and their values")
    found = {}
    for name, value in table.items():
        with _place(f"each.{name}"):
            values = axis_values(value, True)
            if any(isinstance(item, bool) or not isinstance(item, (int, str)) for item in values):
                raise UsageError(f"{value!r} has something else than integers and text")
            found[name] = values
    for name in found:
        if name in axes:
            raise UsageError(f"each.{name}: {name} is an axis of this table; choose another name")
    return found


def _refuse_unused(variables: dict[str, list[Any]], options: dict[str, Any]) -> None:
    texts = [text for key in options if OPTIONS[key].may_vary for text in axis_values(options[key], False)]
    for name in variables:
        if not any(f"{{{name}}}" in text for text in texts):
            raise UsageError(f"each.{name}: {{{name}}} stands in no text of this table")


def _groups(value: Any) -> list[list[str]]:
    groups = value if isinstance(value, list) and value and isinstance(value[0], list) else [value] if value else []
    if not all(isinstance(group, list) and all(isinstance(name, str) for name in group) for group in groups):
        raise UsageError(f"zip: {value!r} is not a list of axes, or a list of such lists")
    return groups


def _refuse_unknown(table: dict[str, Any], accepted: tuple[str, ...]) -> None:
    for key in table:
        if key not in accepted:
            raise UsageError(f"{key}: unknown key; accepted: {', '.join(accepted)}")


@contextmanager
def _place(where: str) -> Iterator[None]:
    """Put where it stands before the message of an error."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
