"""At most one writer on a folder: a lock that dies with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from constructions.errors import UsageError

LOCK_NAME = "runs.lock"


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold a folder for writing while the block runs.

    The operating system keeps the lock and drops it when the process ends, however it
    ends: a file left behind by a killed process stops nobody.

    Raises:
        UsageError: another process holds the folder; the message has its number.
        OSError: the folder cannot be written.
    """
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(_refusal(folder, descriptor)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _refusal(folder: Path, descriptor: int) -> str:
    holder = os.pread(descriptor, 32, 0).decode("ascii", errors="replace").strip()
    who = f"process {holder}" if holder.isdigit() else "another process"
    return f"{who} is writing to {folder}; wait until it ends, or choose another folder"
