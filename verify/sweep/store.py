"""Finished rows in one SQLite file: written whole, kept through kill -9, never done twice."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructions.errors import MalformedInput, UsageError
from verify.sweep.job import Job, canonical_json, digest, json_value
from verify.sweep.writer_lock import writer_lock

STORE_NAME = "runs.sqlite"
ROWS = "rows"  # the folder beside it, where files of a row are kept under its key
_APPLICATION, _VERSION = 0x72707266, 1
_SCHEMA = f"""
BEGIN IMMEDIATE;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
CREATE TABLE texts (name TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL);
CREATE TABLE rows (
    key TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    parameters TEXT NOT NULL,
    result TEXT NOT NULL,
    result_sha256 TEXT NOT NULL,
    seconds REAL NOT NULL
);
COMMIT;
"""
_REFUSALS = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
)
_COLUMNS = "key, kind, parameters, result, result_sha256, seconds"


@dataclass(frozen=True, slots=True)
class Row:
    """A job that is done, what it found, and the seconds it took."""

    job: Job
    result: dict[str, Any]
    seconds: float


class RunStore:
    """The finished jobs of a folder, in ``runs.sqlite``.

    Use ``with RunStore.open(folder) as store`` to write, ``RunStore.read`` to look on
    while another process writes.

    Example:
        >>> import tempfile
        >>> job = Job("check", {"theorem": "separation"})
        >>> with tempfile.TemporaryDirectory() as folder, RunStore.open(folder) as store:
        ...     store.record(job, {"verdict": "holds"}, seconds=0.5)
        ...     store.finished(job.key), len(store)
        ({'verdict': 'holds'}, 1)
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, folder: str | Path) -> Iterator[RunStore]:
        """Open the store of a folder for writing, alone; make both if they are not there.

        Args:
            folder: where ``runs.sqlite`` lies.

        Raises:
            UsageError: another process writes there.
            MalformedInput: the file is damaged, or something else.
            OSError: the folder cannot be written, or the disk is full.
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        _refuse_stump(place / STORE_NAME)
        with writer_lock(place), _connected(place / STORE_NAME, "rwc") as connection:
            store = cls(place / STORE_NAME, connection)
            with store._errors():
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                connection.execute("PRAGMA synchronous = FULL")
                if _is_new(connection):
                    connection.executescript(_SCHEMA)
                store._examine()
            yield store

    @classmethod
    @contextmanager
    def read(cls, folder: str | Path) -> Iterator[RunStore]:
        """Open the store of a folder for reading only; a writer may go on meanwhile.

        Args:
            folder: where ``runs.sqlite`` lies.

        Raises:
            UsageError: there is no store.
            MalformedInput: the file is damaged, or something else.
        """
        path = Path(folder) / STORE_NAME
        if not path.is_file():
            raise UsageError(f"there are no runs in {folder}: it has no {STORE_NAME}")
        _refuse_stump(path)
        alone = not os.access(folder, os.W_OK) and not path.with_name(f"{STORE_NAME}-wal").exists()
        with _connected(path, "ro&immutable=1" if alone else "ro") as connection:
            store = cls(path, connection)
            with store._errors():
                if _is_new(connection):
                    raise UsageError(f"there are no runs in {folder}: {STORE_NAME} is empty")
                store._examine()
            yield store

    def record(self, job: Job, result: dict[str, Any], seconds: float, replace: bool = False) -> None:
        """Keep the result of a job; on return it is on the disk.

        Args:
            job: what was done.
            result: JSON values; fractions become text.
            seconds: what it took.
            replace: put the result in the place of an earlier one.

        Raises:
            InexactInput: a number in the result is NaN or infinite.
            UsageError: the job is finished already, or the result is not JSON.
            OSError: the disk is full; what was recorded before stays.
        """
        body = canonical_json(json_value(result, "result"))
        values = (job.key, job.kind, canonical_json(job.parameters), body, digest(body), float(seconds))
        verb = "INSERT OR REPLACE" if replace else "INSERT"
        with self._errors():
            try:
                with self._connection:
                    self._connection.execute(f"{verb} INTO rows ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", values)
            except sqlite3.IntegrityError:
                raise UsageError(f"the {job.kind} job {job.key[:16]} is finished already") from None

    def finished(self, key: str) -> dict[str, Any] | None:
        """Return the result of the job with this key, ``None`` if it is not done.

        Raises:
            MalformedInput: the row is damaged.
        """
        with self._errors():
            found = self._connection.execute(f"SELECT {_COLUMNS} FROM rows WHERE key = ?", (key,)).fetchone()
        return None if found is None else self._row(found).result

    def rows(self, kind: str | None = None) -> Iterator[Row]:
        """Yield the finished rows, ordered by kind and parameters, whatever the order they came in.

        Args:
            kind: only jobs of this kind.

        Raises:
            MalformedInput: a row is damaged.
        """
        query = f"SELECT {_COLUMNS} FROM rows WHERE kind = coalesce(?, kind) ORDER BY kind, parameters"
        with self._errors():
            for found in self._connection.execute(query, (kind,)):
                yield self._row(found)

    def __len__(self) -> int:
        with self._errors():
            return int(self._connection.execute("SELECT count(*) FROM rows").fetchone()[0])

    @property
    def plan(self) -> str | None:
        """The text of the plan that was run last, ``None`` before the first."""
        with self._errors():
            found = self._connection.execute("SELECT body FROM texts WHERE name = 'plan'").fetchone()
        return None if found is None else str(found[0])

    @plan.setter
    def plan(self, text: str) -> None:
        """Keep the text of the plan that is run now."""
        with self._errors(), self._connection:
            self._connection.execute("INSERT OR REPLACE INTO texts (name, body) VALUES ('plan', ?)", (text,))

    def _row(self, found: tuple[str, str, str, str, str, float]) -> Row:
        key, kind, parameters, result, result_digest, seconds = found
        try:
            job, body = Job(kind, json.loads(parameters)), json.loads(result)
        except (TypeError, ValueError, RecursionError) as error:
            raise MalformedInput(f"{self.path}: the row {key[:16]} is damaged: {error}") from None
        if job.key != key or digest(result) != result_digest or not isinstance(body, dict):
            raise MalformedInput(f"{self.path}: the row {key[:16]} is damaged: it does not match its digest")
        return Row(job, body, seconds)

    def _examine(self) -> None:
        """Refuse a file that is not ours, of another version, or damaged."""
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if application != _APPLICATION:
            raise MalformedInput(f"{self.path} is a database of something else")
        if version != _VERSION:
            raise MalformedInput(f"{self.path} has version {version} of the store; this program reads {_VERSION}")
        (state,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise MalformedInput(f"{self.path} is damaged: {state}")
        self._connection.execute(f"SELECT {_COLUMNS}, (SELECT body FROM texts LIMIT 1) FROM rows LIMIT 0").fetchone()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with _told_apart(self.path):
            yield


@contextmanager
def _connected(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    with _told_apart(path):
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _told_apart(path: Path) -> Iterator[None]:
    """Say of a database error what it means: a full disk, a folder that refuses, or a damaged file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF == sqlite3.SQLITE_FULL:
            message = "the disk is full; what was recorded stays, make room and run the command again"
            raise OSError(errno.ENOSPC, message, str(path)) from error
        if code is not None and code & 0xFF in _REFUSALS:
            raise OSError(errno.EIO, f"the store cannot be used ({error})", str(path)) from error
        raise MalformedInput(f"{path} is damaged, or not a store of runs: {error}") from error


def _refuse_stump(path: Path) -> None:
    """Refuse a file shorter than a database's header, which SQLite would take for an empty one."""
    if path.is_file() and 0 < path.stat().st_size < 100:
        raise MalformedInput(f"{path} is damaged, or not a store of runs: it has {path.stat().st_size} bytes")


def _is_new(connection: sqlite3.Connection) -> bool:
    """Tell whether a file has nothing in it, as one that was just made or never finished."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return application == 0 and connection.execute("SELECT name FROM sqlite_master").fetchone() is None
