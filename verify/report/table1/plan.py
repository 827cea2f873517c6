"""The table as a plan of ``rproof sweep``: one job a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from verify.report.table1.generalization_cells import GENERALIZATION
from verify.report.table1.lines import Cell, Line
from verify.report.table1.training_cells import TRAINING
from verify.sweep.plan import Plan, parse_plan

TABLE1: tuple[Cell, ...] = (*TRAINING, *GENERALIZATION)
_LIMITS = '[limits]\nseconds = 300\nmemory = "3GiB"\n'


def plan_text(cells: Sequence[Cell] = TABLE1) -> str:
    """Return the plan of some cells as TOML; ``rproof sweep`` runs it as it is.

    Example:
        >>> print(plan_text(TABLE1[:1]).split("[[sweep]]")[1].strip())
        # training-upper: printed-linf
        theorem = "robust-memorization"
        data = "random:n=32,d=16,levels=16,seed=0,shrink=4"
        ratio = "3/7"
        norm = "linf"
    """
    return _LIMITS + "".join(_table(cell, line) for cell in cells for line in cell.lines)


def plan_of(cells: Sequence[Cell] = TABLE1) -> Plan:
    """Return the jobs of some cells, in their order, one a line."""
    plan = parse_plan(plan_text(cells), "the plan of table 1")
    assert plan.repeated == 0, "two lines of the table are the same job"
    return plan


def _table(cell: Cell, line: Line) -> str:
    chosen: dict[str, Any] = {"theorem": line.theorem, **line.options}
    keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in chosen.items())
    return f"\n[[sweep]]\n# {cell.name}: {line.name}\n{keys}"
