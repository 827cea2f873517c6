"""The rows of a folder: of a store of runs, or the results that single checks left in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from constructions.errors import MalformedInput, UsageError
from verify.experiments.plan import plan_of
from verify.failures import SCHEMA
from verify.sweep.job import Job
from verify.sweep.store import STORE_NAME, Row, RunStore

_LARGEST = 2**26


def rows_of_folder(folder: Path) -> list[Row]:
    """Return the rows of the plan that was run last in a folder; without a store, those of its result.json files.

    Args:
        folder: of ``train``, ``sweep`` or ``table1``, or of ``check -o``, or one above several of those.

    Raises:
        UsageError: there is nothing in it to report on.
        MalformedInput: a store or a result is damaged.
    """
    if not (folder / STORE_NAME).is_file():
        results = [row for path in sorted(folder.rglob("result.json")) if (row := _row(path, folder)) is not None]
        if results:
            return results
    with RunStore.read(folder) as store:
        rows = list(store.rows())
        try:
            wanted = {job.key for job in plan_of(store.plan or "").jobs}
        except UsageError:
            return rows
    return [row for row in rows if row.job.key in wanted]


def _row(path: Path, folder: Path) -> Row | None:
    """Return the envelope of a check as a row, its files named as seen from the folder."""
    result = _envelope(path)
    if result is None or result.get("verb") != "check":
        return None
    place = path.parent.relative_to(folder)
    parameters: dict[str, Any] = {"theorem": result.get("theorem"), **_choices(result)}
    if str(place) != ".":
        parameters["folder"] = place.as_posix()
    result["files"] = {name: text if str(text).startswith("skipped") else (place / name).as_posix()
                       for name, text in (result.get("files") or {}).items()}  # fmt: skip
    if result.get("certificate"):
        result["certificate"] = (place / "certificate.json").as_posix()
    return Row(Job("check", parameters), result, float(result.get("seconds", 0)))


def _choices(result: dict[str, Any]) -> dict[str, Any]:
    """Return what chose the instance, of what the envelope says about it."""
    said = result.get("instance") or {}
    names = ("data", "sets", "manifold", "norm", "eps", "radius", "ratio", "d", "error")
    return {name: str(said[name]) for name in names if name in said}


def _envelope(path: Path) -> dict[str, Any] | None:
    if path.stat().st_size > _LARGEST:
        raise MalformedInput(f"{path} is larger than {_LARGEST} bytes")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedInput(f"{path} is damaged: {error}") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        return None
    if not all(isinstance(claim, dict) and {"name", "status"} <= set(claim) for claim in found.get("claims", [None])):
        raise MalformedInput(f"{path} is damaged: its claims have no names")
    return found
