"""Networks and certificates of the lines, under names a reader can follow."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from verify.report.table1.entries import Entry
from verify.sweep.store import ROWS

_PLACES = {
    "certificate": ("certificate.json", "certificates", "{stem}.json"),
    "size_certificate": ("size_certificate.json", "certificates", "{stem}-size.json"),
    "network": ("network.json", "networks", "{stem}.json"),
    "onnx": ("network.onnx", "networks", "{stem}.onnx"),
}


def copy_files(entries: Sequence[Entry], folder: Path) -> list[Entry]:
    """Copy what the rows keep to ``certificates/`` and ``networks/``; return the entries with their files.

    Args:
        entries: of the table.
        folder: of the runs; rows keep their files under ``rows/KEY`` in it.
    """
    return [replace(entry, files=_copied(entry, folder)) for entry in entries]


def _copied(entry: Entry, folder: Path) -> dict[str, str]:
    found = {}
    for kind, (kept_as, place, pattern) in _PLACES.items():
        source = folder / ROWS / entry.job.key / kept_as
        if entry.result is not None and source.is_file():
            others = sorted(source.parent.glob(f"{source.stem}.*.*"))
            # A certificate names the files that go with it: these keep their names, in a folder of their own.
            name = f"{entry.stem}/{kept_as}" if others else pattern.format(stem=entry.stem)
            target = folder / place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            for other in others:
                shutil.copyfile(other, target.with_name(other.name))
            found[kind] = f"{place}/{name}"
    return found
