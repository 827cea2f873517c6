"""Plans of experiments: TOML files of tables, each of which stands for a list of jobs."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

from constructions.errors import AssumptionViolated, BudgetExceeded, MalformedInput, UsageError
from verify.experiments import expressivity, generalization, optimum_gap, sign_vectors
from verify.experiments.settings import read_table
from verify.experiments.trained import Files
from verify.sweep.job import Job

EXPERIMENTS: dict[str, ModuleType] = {
    "expressivity": expressivity,
    "generalization": generalization,
    "optimum_gap": optimum_gap,
    "sign_vectors": sign_vectors,
}
Runner = Callable[[dict[str, Any], Files], dict[str, Any]]
RUNNERS: dict[str, Runner] = {
    expressivity.TRAIN: expressivity.run_trained,
    expressivity.EXPLICIT: expressivity.run_explicit,
    generalization.TRAIN: generalization.run_trained,
    generalization.EXPLICIT: generalization.run_explicit,
    optimum_gap.TRAIN: optimum_gap.run_trained,
    optimum_gap.OPTIMUM: optimum_gap.run_optimum,
    sign_vectors.DRAWN: sign_vectors.run_drawn,
    sign_vectors.TRAIN: sign_vectors.run_trained,
}
_LARGEST_PLAN = 2**20
_MOST_JOBS = 100_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        text: the file as it was read.
        jobs: each once, in the order of the tables.
    """

    text: str
    jobs: tuple[Job, ...]


def default_plan_text() -> str:
    """Return the plan that ``rproof train --default`` runs."""
    return resources.files("verify.experiments").joinpath("default_plan.toml").read_text(encoding="utf-8")


def read_plan(path: Path) -> Plan:
    """Read a plan from a file.

    Raises:
        UsageError: there is no such file, or a key or a value is not allowed; the message names them.
        MalformedInput: the file is larger than 1 MiB or no text.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if path.stat().st_size > _LARGEST_PLAN:
        raise MalformedInput(f"{path.name} is larger than {_LARGEST_PLAN} bytes")
    try:
        return plan_of(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise MalformedInput(f"{path.name} is not UTF-8 text: {error}") from None


def plan_of(text: str, name: str = "plan") -> Plan:
    """Return the plan that a text describes.

    Args:
        text: TOML with tables ``[[expressivity]]``, ``[[generalization]]``, ``[[optimum_gap]]`` and
            ``[[sign_vectors]]``.
        name: of the file, for messages.

    Raises:
        UsageError: it is no TOML, or a table, a key or a value is not allowed; the message names them.
    """
    try:
        document = tomllib.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not valid TOML: {error}") from None
    unknown = sorted(set(document) - set(EXPERIMENTS))
    if unknown:
        raise UsageError(f"{name} has no experiment {unknown[0]!r}; there are {', '.join(EXPERIMENTS)}")
    found: dict[str, Job] = {}
    for experiment, tables in document.items():
        if not isinstance(tables, list):
            raise UsageError(f"{name}: write [[{experiment}]], with two brackets")
        for place, table in enumerate(tables, start=1):
            for job in _jobs(experiment, table, f"{name}: [[{experiment}]] number {place}"):
                found.setdefault(job.key, job)
    if not found:
        raise UsageError(f"{name} has no experiment; write a table such as [[expressivity]]")
    if len(found) > _MOST_JOBS:
        raise UsageError(f"{name} stands for {len(found)} jobs; at most {_MOST_JOBS} are run")
    return Plan(text, tuple(found.values()))


def _jobs(experiment: str, table: Any, where: str) -> list[Job]:
    module = EXPERIMENTS[experiment]
    settings = read_table(where, table, module.KEYS)
    try:
        return list(module.jobs(settings))
    except (UsageError, AssumptionViolated, BudgetExceeded, MalformedInput) as error:
        raise UsageError(f"{where}: {error}") from None
