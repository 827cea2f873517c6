"""The report of a folder of runs: one section per kind of rows, each with figures and tables of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from constructions.errors import UsageError
from verify.certificate.issue import write_whole
from verify.report import checks
from verify.report.drawing import DOTS_PER_INCH, house_style, write_drawing
from verify.report.training import expressivity, generalization, optimum_gap, sign_vectors
from verify.report.training.grouping import Table
from verify.sweep.store import Row

SECTIONS: tuple[ModuleType, ...] = (checks, expressivity, generalization, optimum_gap, sign_vectors)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: its name, its tables, and the files written."""

    name: str
    tables: tuple[Table, ...]
    files: tuple[Path, ...]


def write_report(rows: Sequence[Row], folder: Path, dots: int = DOTS_PER_INCH) -> list[Section]:
    """Write figures (PDF, PNG), numbers (CSV) and tables (text) of every kind of rows that a section knows.

    Args:
        rows: finished rows of a store.
        folder: is made if it is not there.
        dots: per inch of the PNG files.

    Raises:
        UsageError: no section knows any of the rows, or matplotlib is not installed.
    """
    found = []
    for module in SECTIONS:
        panels = module.panels_of([row for row in rows if row.job.kind in module.KINDS])
        if panels:
            folder.mkdir(parents=True, exist_ok=True)
            tables = tuple(module.tables_of(panels))
            with house_style():
                figure = module.draw(panels)
                drawn = [] if figure is None else write_drawing(figure, folder, module.NAME, dots)
            found.append(Section(module.NAME, tables, (*drawn, *_write_tables(module.NAME, tables, folder))))
    if not found:
        kinds = sorted({row.job.kind for row in rows})
        raise UsageError(
            f"there is nothing to report on {', '.join(kinds) if kinds else 'a folder without finished rows'}"
        )
    return found


def _write_tables(name: str, tables: Sequence[Table], folder: Path) -> list[Path]:
    """Write all tables of a section as one text, and each as comma-separated values."""
    text = folder / f"{name}.txt"
    write_whole(text, "\n".join(table.as_text() for table in tables).encode())
    written = [text]
    for place, table in enumerate(tables, start=1):
        path = folder / (f"{name}.csv" if len(tables) == 1 else f"{name}-{place}.csv")
        write_whole(path, table.as_csv().encode())
        written.append(path)
    return written
