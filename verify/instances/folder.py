"""A folder of instances as verification competitions read it, with the proved answers."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.errors import UsageError
from verify.instances.families import draw_instances
from verify.instances.readme import readme_text
from verify.instances.truth import VERSIONS, ProvedInstance, paths_of, write_and_prove

SCHEMA = "robustproofs/benchmark/1"
_COLUMNS = ("name", "family", "answer", "competition", "onnx", "vnnlib", "margin", "gap", "certificate")
_COMPETITION = {"holds": "unsat", "violated": "sat"}


def export_instances(
    folder: Path,
    count: int,
    seed: int,
    margin: Fraction,
    families: Sequence[str],
    *,
    timeout: int = 300,
    seconds: float | None = 60.0,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[ProvedInstance]:
    """Write instances with their proved answers to a folder, which appears only when it is complete.

    Args:
        folder: a new or empty folder.
        count: number of instances drawn; those not decided in time are left out.
        seed: of the draw.
        margin: a power of two, how close to the boundary the instances are.
        families: names, see ``FAMILIES``.
        timeout: seconds a verifier is given, for ``instances.csv``.
        seconds: time limit of each proof.
        progress: called with (stage, done, total).

    Returns:
        The instances written.

    Raises:
        UsageError: an argument is out of range, or the folder is not empty or cannot be made.
        RuntimeError: an answer is not the one its construction promises.
    """
    drawn = draw_instances(count, seed, margin, families)
    partial = _new_folder(folder)
    try:
        for room in ("onnx", *VERSIONS.values(), "certificates"):
            (partial / room).mkdir()
        proved = []
        for number, instance in enumerate(drawn, start=1):
            found = write_and_prove(instance, partial, seconds)
            proved += [] if found is None else [found]
            if progress is not None:
                progress("instances", number, count)
        _write_tables(partial, proved, timeout, {"seed": seed, "margin": str(margin), "families": list(families)})
        if folder.is_dir():
            folder.rmdir()
        os.replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return proved


def _new_folder(folder: Path) -> Path:
    """Return an empty folder beside the one asked for.

    Raises:
        UsageError: the one asked for is not empty, or no folder can be made there.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder; give a new one with -o")
    partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"cannot make a folder beside {folder}: {error.strerror}") from None
    return partial


def _write_tables(folder: Path, proved: Sequence[ProvedInstance], timeout: int, draw: dict[str, Any]) -> None:
    entries = [_entry(one, folder) for one in proved]
    for version, name in (("1.0", "instances.csv"), ("2.0", "instances_2.0.csv")):
        rows = [[entry["onnx"], f"{VERSIONS[version]}/{entry['name']}.vnnlib", timeout] for entry in entries]
        _write_rows(folder / name, rows)
    table = [[entry[column] if entry[column] is not None else "" for column in _COLUMNS] for entry in entries]
    _write_rows(folder / "ground_truth.csv", [list(_COLUMNS), *table])
    document = {"schema": SCHEMA, "draw": draw, "instances": entries}
    (folder / "ground_truth.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    checker = Path(__file__).parents[1] / "certificate" / "checker.py"
    shutil.copyfile(checker, folder / "checker.py")
    (folder / "README.md").write_text(readme_text(proved, draw), encoding="utf-8")


def _write_rows(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def _entry(one: ProvedInstance, folder: Path) -> dict[str, Any]:
    instance, paths = one.instance, paths_of(one.instance, folder)
    witness = one.result.witness(0)
    return {
        "name": instance.name,
        "family": instance.family,
        "answer": instance.answer,
        "competition": _COMPETITION[instance.answer],
        "onnx": f"onnx/{instance.name}.onnx",
        "vnnlib": f"{VERSIONS['1.0']}/{instance.name}.vnnlib",
        "label": instance.label,
        "centre": [str(value) for value in instance.centre],
        "radius": str(instance.radius),
        "margin": _text(one.margin),
        "proved_margin": _text(one.proved_margin),
        "gap": _text(instance.gap),
        "witness": None if witness is None else [str(value) for value in witness],
        "method": one.result.method(0),
        "nonzero": one.network.size.nonzero,
        "certificate": f"certificates/{instance.name}.json",
        "sha256": {kind: hashlib.sha256(path.read_bytes()).hexdigest() for kind, path in paths.items()},
    }


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
