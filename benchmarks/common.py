"""What every benchmark shares: timing, peak memory, a table on stdout, a JSON file."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

_PACKAGES = ("robustproofs", "numpy", "numba", "scipy", "python-flint", "onnx")


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Return the wall seconds that ``work`` took, and what it returned."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def median(seconds: Sequence[float]) -> float:
    """Return the median, 0 of nothing."""
    return statistics.median(seconds) if seconds else 0.0


def peak_bytes() -> int:
    """Return the largest resident set of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> dict[str, Any]:
    """Return what a reader needs to judge the times: cores, kind of processor, load, versions."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "cores": cores(),
        "processor": platform.machine(),
        "load_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": versions,
    }


def seconds_text(seconds: float | None) -> str:
    """Return seconds with three significant digits; a dash for ``None``."""
    if seconds is None:
        return "-"
    return f"{seconds:.3g}" if seconds < 100 else f"{seconds:,.0f}"


def size_text(size: int | None) -> str:
    """Return bytes in MiB; a dash for ``None``."""
    return "-" if size is None else f"{size / 2**20:,.0f} MiB"


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], notes: Sequence[str] = ()) -> None:
    """Print a table on stdout, first column to the left, the others to the right."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", caption="\n".join(notes) or None, caption_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    for row in rows:
        table.add_row(*(str(value) for value in row))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def write_json(folder: Path | None, name: str, document: dict[str, Any]) -> None:
    """Write ``folder/name.json``; nothing when no folder was asked for."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def progress(text: str) -> None:
    """Say on stderr what is being measured."""
    print(text, file=sys.stderr, flush=True)
