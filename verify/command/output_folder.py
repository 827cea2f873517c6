"""The folder of ``-o``: made before the work begins, and gone again if nothing came into it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from constructions.errors import UsageError


@contextlib.contextmanager
def ready_folder(folder: Path | None) -> Iterator[None]:
    """Make a folder and its parents; those still empty at the end are removed again.

    Args:
        folder: where files will go, ``None`` for nowhere.

    Raises:
        UsageError: it cannot be made, or no file can be made in it.
    """
    if folder is None:
        yield
        return
    fresh = [place for place in (folder, *folder.parents) if not os.path.lexists(place)]
    try:
        _make(folder)
        yield
    finally:
        for place in fresh:
            with contextlib.suppress(OSError):
                place.rmdir()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror or error}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write into the folder {folder}")
