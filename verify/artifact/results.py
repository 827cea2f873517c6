"""What lies in a folder of results: files to ship, finished rows, envelopes, certificates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from constructions.errors import MalformedInput, UsageError
from verify.certificate import checker, count_checker, cover_checker, volume_checker
from verify.failures import SCHEMA
from verify.sweep.store import ROWS, STORE_NAME, Row, RunStore
from verify.sweep.writer_lock import LOCK_NAME

RESULTS = "results"
_MACHINERY = (STORE_NAME, f"{STORE_NAME}-wal", f"{STORE_NAME}-shm", f"{STORE_NAME}-journal", LOCK_NAME)
_SCHEMA = re.compile(rb'\s*\{\s*"schema"\s*:\s*"(robustproofs/[a-z-]+/\d+)"')
CHECKERS = {
    checker.SCHEMA: "checker.py",
    count_checker.SCHEMA: "count_checker.py",
    count_checker.COVER_SCHEMA: "count_checker.py",
    cover_checker.SCHEMA: "cover_checker.py",
    volume_checker.SCHEMA: "volume_checker.py",
}
"""Schema of a certificate to the checker it is for."""
_TAKES = (
    "it has no result.json, no certificate and no finished row; artifact takes a folder that check, verify, optimal, "
    "bound, radius, sweep, train or table1 has written, and packs pictures and tables that lie beside such results"
)
_HEAD = 200
_LARGEST_ENVELOPE = 2**26


@dataclass(slots=True)
class Results:
    """The content of a folder of results.

    Attributes:
        files: name inside the archive to the file.
        rows: the finished rows of sweeps and experiments, if there is a store.
        plan: the plan of the last sweep.
        envelopes: name inside the archive to the result envelope it holds.
        certificates: name inside the archive to the checker it is for.
    """

    files: dict[str, Path]
    rows: list[Row] = field(default_factory=list)
    plan: str | None = None
    envelopes: dict[str, dict[str, Any]] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)


def read_results(folder: Path, besides: Path) -> Results:
    """Return what lies in a folder that ``check``, ``sweep`` or another verb has filled.

    Rows of a sweep that were never finished are left out, as are links and hidden files.

    Args:
        folder: the folder.
        besides: a file that is not shipped, the archive itself.

    Raises:
        UsageError: there is no such folder, or no results in it.
        MalformedInput: the store of runs is damaged.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    rows, plan = _rows(folder)
    finished = {row.job.key for row in rows}
    found = Results({}, rows, plan)
    for path in _files(folder, besides):
        place = path.relative_to(folder)
        if plan is not None and place.parts[0] == ROWS and (len(place.parts) < 3 or place.parts[1] not in finished):
            continue
        name = f"{RESULTS}/{place.as_posix()}"
        if not name.isprintable():
            raise UsageError(f"the name {name!r} cannot go into an archive that is to be read everywhere")
        found.files[name] = path
        _look_into(found, name, path)
    if not (rows or found.envelopes or found.certificates):
        raise UsageError(f"there are no results in {folder}: {_TAKES}")
    return found


def _rows(folder: Path) -> tuple[list[Row], str | None]:
    if not (folder / STORE_NAME).is_file():
        return [], None
    with RunStore.read(folder) as store:
        return list(store.rows()), store.plan or ""


def _files(folder: Path, besides: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in place.parts)
        linked = any((folder / Path(*place.parts[: depth + 1])).is_symlink() for depth in range(len(place.parts)))
        machinery = str(place) in _MACHINERY or path.suffix == ".partial"
        if path.is_file() and not hidden and not linked and not machinery and path.resolve() != besides.resolve():
            yield path


def _look_into(found: Results, name: str, path: Path) -> None:
    """Note what a JSON file is: a certificate, or the envelope of a result."""
    if path.suffix != ".json":
        return
    with open(path, "rb") as body:
        match = _SCHEMA.match(body.read(_HEAD))
    schema = "" if match is None else match[1].decode()
    if schema in CHECKERS or "certificate" in schema:
        found.certificates[name] = CHECKERS.get(schema, "checker.py")  # which rejects what nobody knows
    elif path.name == "result.json" and path.stat().st_size <= _LARGEST_ENVELOPE:
        try:
            envelope = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise MalformedInput(f"{path} is damaged: {error}") from None
        if isinstance(envelope, dict) and envelope.get("schema") == SCHEMA:
            found.envelopes[name] = envelope
