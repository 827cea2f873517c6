"""Run what is missing of the table, and write it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from constructions.errors import TimeLimit
from verify.failures import first_to_tell
from verify.report.table1.documents import write_documents
from verify.report.table1.entries import Entry, entries_of
from verify.report.table1.kept_files import copy_files
from verify.report.table1.lines import Cell
from verify.report.table1.plan import plan_of
from verify.sweep.running import Executor, jobs_left, run_jobs
from verify.sweep.store import RunStore


@dataclass(frozen=True, slots=True)
class Table:
    """The table as far as it is measured.

    Attributes:
        entries: one a line.
        files: name to path of the documents.
        found: lines that were measured before.
    """

    entries: tuple[Entry, ...]
    files: dict[str, Path]
    found: int

    @property
    def exit_code(self) -> int:
        """That of all lines together."""
        return first_to_tell(entry.exit_code for entry in self.entries)


def measure_table(
    cells: Sequence[Cell],
    folder: Path,
    execute: Executor,
    retry: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Table:
    """Measure the lines that have no row yet, keep rows and files in a folder, and write the table.

    Args:
        cells: of the table.
        folder: is made if it is not there; one that was left unfinished is gone on with.
        execute: runs chunks of jobs.
        retry: also run again the lines whose row decides nothing.
        progress: called with the number of lines done and of those to do.
    """
    plan = plan_of(cells)
    with RunStore.open(folder) as store:
        store.plan = plan.text
        left = jobs_left(plan, store, retry, folder)
        with contextlib.suppress(TimeLimit), contextlib.closing(run_jobs(left, store, execute)) as rows:
            for done, _ in enumerate(rows, start=1):
                if progress is not None:
                    progress(done, len(left))
        results = {row.job.key: row.result for row in store.rows("check")}
    entries = copy_files(entries_of(cells, plan, results), folder)
    return Table(tuple(entries), write_documents(entries, folder), len(plan.jobs) - len(left))
