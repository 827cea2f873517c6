"""The store of finished jobs: keys, rows, one writer, kill -9, damaged files, a full disk."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructions.errors import InexactInput, MalformedInput, UsageError
from verify.command.outcome import judge
from verify.sweep.job import Job, canonical_json
from verify.sweep.store import STORE_NAME, Row, RunStore
from verify.sweep.writer_lock import LOCK_NAME

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def numbered(number: int) -> Job:
    return Job("check", {"theorem": "separation", "seed": number})


# Jobs ----------------------------------------------------------------------------------


def test_a_key_depends_on_content_and_not_on_its_order() -> None:
    one = Job("check", {"b": [1, {"y": None, "x": True}], "a": Fraction(1, 3)})
    two = Job("check", {"a": "1/3", "b": (1, {"x": True, "y": None})})
    assert one == two and one.key == two.key and hash(one) == hash(two)
    assert one.parameters == {"b": [1, {"y": None, "x": True}], "a": "1/3"}


@pytest.mark.parametrize(
    "other",
    [
        Job("train", {"a": 1}),
        Job("check", {"a": 2}),
        Job("check", {"a": "1"}),
        Job("check", {"a": True}),
        Job("check", {"a": 1.0}),
        Job("check", {"a": [1]}),
        Job("check", {"b": 1}),
        Job("check", {"a": 1, "b": None}),
        Job("check", {}),
    ],
    ids=lambda job: canonical_json(job.parameters),
)
def test_different_jobs_have_different_keys(other: Job) -> None:
    assert other.key != Job("check", {"a": 1}).key


def test_keys_do_not_change_between_releases() -> None:
    job = Job("check", {"theorem": "separation", "radius": Fraction(3, 32), "data": "Zürich.csv"})
    text = r'{"kind":"check","parameters":{"data":"Z\u00fcrich.csv","radius":"3/32","theorem":"separation"}}'
    assert job.key == hashlib.sha256(text.encode("ascii")).hexdigest()
    assert job.key == "de03d9647b13f1e668e1487a8fe8cfc63d435603812ec06cc1f7501ec77a6fe9"


@pytest.mark.parametrize(
    ("parameters", "error", "named"),
    [
        ({"a": {"b": [float("nan")]}}, InexactInput, "parameters.a.b[0] is nan"),
        ({"a": float("-inf")}, InexactInput, "parameters.a is -inf"),
        ({"a": {1: 2}}, UsageError, "parameters.a has the key 1"),
        ({"a": {2}}, UsageError, "parameters.a is a set"),
        ({"a": b"x"}, UsageError, "parameters.a is a bytes"),
    ],
)
def test_what_is_not_json_is_refused_by_name(parameters: dict, error: type[Exception], named: str) -> None:
    with pytest.raises(error) as caught:
        Job("check", parameters)
    assert named in str(caught.value)


@pytest.mark.parametrize(("kind", "parameters"), [("", {}), (3, {}), ("check", [])])
def test_a_job_has_a_word_and_a_table(kind: object, parameters: object) -> None:
    with pytest.raises(UsageError):
        Job(kind, parameters)  # type: ignore[arg-type]


@given(parameters=st.dictionaries(st.text(max_size=5), JSON, max_size=3), result=st.dictionaries(st.text(), JSON))
def test_rows_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, parameters: dict, result: dict) -> None:
    job = Job("check", parameters)
    with RunStore.open(tmp_path_factory.mktemp("store")) as store:
        store.record(job, result, 0.25)
        assert store.finished(job.key) == result
        (row,) = store.rows()
        assert row == Row(job, result, 0.25) and row.job.key == job.key


# Rows ----------------------------------------------------------------------------------


def test_rows_have_one_order_whatever_order_they_came_in(tmp_path: Path) -> None:
    jobs = [numbered(number) for number in range(40)] + [Job("train", {"seed": 1}), Job("bound", {"seed": 1})]
    found = []
    for turn in range(3):
        random.Random(turn).shuffle(jobs)
        with RunStore.open(tmp_path / str(turn)) as store:
            for job in jobs:
                store.record(job, {"seed": job.parameters["seed"]}, 1.0)
            found.append([row.job for row in store.rows()])
            assert [row.job.kind for row in store.rows("train")] == ["train"] and list(store.rows("none")) == []
    assert found[0] == found[1] == found[2] and set(found[0]) == set(jobs)


def test_a_finished_job_is_not_recorded_twice_unless_asked(tmp_path: Path) -> None:
    with RunStore.open(tmp_path) as store:
        assert store.finished(numbered(1).key) is None
        store.record(numbered(1), {"verdict": "unknown", "bound": Fraction(1, 3)}, 1.0)
        with pytest.raises(UsageError, match="finished already"):
            store.record(numbered(1), {"verdict": "holds"}, 2.0)
        assert store.finished(numbered(1).key) == {"verdict": "unknown", "bound": "1/3"}
        store.record(numbered(1), {"verdict": "holds"}, 2.0, replace=True)
        assert store.finished(numbered(1).key) == {"verdict": "holds"} and len(store) == 1


def test_rows_and_plan_are_there_when_the_store_is_opened_again(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "runs"
    with RunStore.open(folder) as store:
        assert store.plan is None
        store.plan = "first"
        store.plan = "[[sweep]]\ntheorem = 'séparation'\n"
        store.record(numbered(1), {"x": 1}, 0.5)
    with RunStore.open(folder) as store:
        assert store.plan == "[[sweep]]\ntheorem = 'séparation'\n" and [row.seconds for row in store.rows()] == [0.5]


@pytest.mark.parametrize("result", [{"a": float("inf")}, {"a": object()}, {"a": {1: 1}}])
def test_a_result_that_is_not_json_leaves_no_row(tmp_path: Path, result: dict) -> None:
    with RunStore.open(tmp_path) as store:
        with pytest.raises((InexactInput, UsageError)):
            store.record(numbered(1), result, 0.5)
        assert len(store) == 0


# One writer ----------------------------------------------------------------------------

HOLD = """
import sys, time
from verify.sweep.job import Job
from verify.sweep.store import RunStore
with RunStore.open(sys.argv[1]) as store:
    for seed in range(int(sys.argv[2])):
        store.record(Job("check", {"theorem": "separation", "seed": seed}), {"seed": seed}, 0.0)
        print(seed, flush=True)
    time.sleep(60)
"""


def hold(folder: Path, rows: int, endless: bool = False) -> subprocess.Popen[str]:
    """Start a process that writes rows and keeps the store open; return when ``rows`` are written."""
    command = [sys.executable, "-c", HOLD, str(folder), "1000000" if endless else str(rows)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for seed in range(rows):
        assert process.stdout.readline() == f"{seed}\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_a_second_writer_is_refused_and_told_who_writes(tmp_path: Path) -> None:
    process = hold(tmp_path, 1)
    try:
        with pytest.raises(UsageError, match=f"process {process.pid} is writing to {tmp_path}") as caught:
            RunStore.open(tmp_path).__enter__()
        assert judge(caught.value)[0] == 2
        with RunStore.read(tmp_path) as store:
            assert len(store) == 1
    finally:
        kill(process)


def test_a_second_writer_of_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with (
        RunStore.open(tmp_path),
        pytest.raises(UsageError, match=f"process {os.getpid()} is writing"),
        RunStore.open(tmp_path),
    ):
        pass
    with RunStore.open(tmp_path) as store:
        assert len(store) == 0


def test_a_killed_writer_leaves_its_rows_and_stops_nobody(tmp_path: Path) -> None:
    for turn in range(2):
        process = hold(tmp_path / str(turn), 7 + turn)
        kill(process)
        assert (tmp_path / str(turn) / LOCK_NAME).read_text() == f"{process.pid}\n"
        with RunStore.open(tmp_path / str(turn)) as store:
            assert {row.result["seed"] for row in store.rows()} == set(range(7 + turn))
            store.record(numbered(99), {}, 0.0)


def test_a_kill_at_any_moment_leaves_whole_rows(tmp_path: Path) -> None:
    for turn in range(6):
        process = hold(tmp_path / str(turn), 0, endless=True)
        assert process.stdout is not None and process.stdout.readline() == "0\n"
        time.sleep(0.007 * turn)
        kill(process)
        with RunStore.open(tmp_path / str(turn)) as store:
            seeds = {row.result["seed"] for row in store.rows()}
            assert seeds == set(range(len(store))) and seeds


# Files that cannot be used -------------------------------------------------------------


def filled(folder: Path) -> Path:
    with RunStore.open(folder) as store:
        for number in range(200):
            store.record(numbered(number), {"verdict": "holds", "detail": "x" * 200}, 0.5)
    return folder / STORE_NAME


def read_all(folder: Path) -> int:
    with RunStore.open(folder) as store:
        return sum(1 for _ in store.rows())


def test_a_file_that_is_no_database_is_rejected(tmp_path: Path) -> None:
    (tmp_path / STORE_NAME).write_bytes(b"theorem,verdict\n" * 300)
    with pytest.raises(MalformedInput, match="not a store of runs") as caught:
        read_all(tmp_path)
    assert judge(caught.value)[0] == 5


def test_a_database_of_something_else_is_rejected_and_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / STORE_NAME)
    connection.execute("CREATE TABLE rows (key TEXT)")
    connection.close()
    before = (tmp_path / STORE_NAME).read_bytes()
    for open_it in (RunStore.open, RunStore.read):
        with pytest.raises(MalformedInput, match="something else"), open_it(tmp_path):
            pass
    connection = sqlite3.connect(tmp_path / STORE_NAME)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("rows",)]
    connection.close()
    assert len((tmp_path / STORE_NAME).read_bytes()) == len(before)


def test_a_store_of_a_later_version_is_rejected(tmp_path: Path) -> None:
    connection = sqlite3.connect(filled(tmp_path))
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(MalformedInput, match="version 9"):
        read_all(tmp_path)


@pytest.mark.parametrize("change", ["UPDATE rows SET result = replace(result, 'holds', 'fails')", "DROP TABLE rows"])
def test_a_changed_store_is_rejected(tmp_path: Path, change: str) -> None:
    connection = sqlite3.connect(filled(tmp_path))
    with connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(MalformedInput):
        read_all(tmp_path)


@pytest.mark.parametrize("column", ["key", "kind", "parameters", "result", "result_sha256"])
@pytest.mark.parametrize("value", ["'x'", "'{'", "7", "x'ff00'", "'[]'", "cast(x'ff' as text)"])
def test_a_row_with_any_text_changed_is_rejected(tmp_path: Path, column: str, value: str) -> None:
    with RunStore.open(tmp_path) as store:
        store.record(numbered(1), {"verdict": "holds"}, 0.5)
    connection = sqlite3.connect(tmp_path / STORE_NAME)
    with connection:
        connection.execute(f"UPDATE rows SET {column} = {value}")
    connection.close()
    with pytest.raises(MalformedInput):
        read_all(tmp_path)


def test_bytes_changed_anywhere_never_give_another_result(tmp_path: Path) -> None:
    path = filled(tmp_path / "whole")
    body, drawn = path.read_bytes(), random.Random(3)
    rejected = 0
    for _ in range(40):
        place = drawn.randrange(len(body))
        (tmp_path / "cut").mkdir(exist_ok=True)
        (tmp_path / "cut" / STORE_NAME).write_bytes(
            body[:place] + bytes([body[place] ^ (1 << drawn.randrange(8))]) + body[place + 1 :]
        )
        try:
            with RunStore.open(tmp_path / "cut") as store:
                assert all(row.result["verdict"] == "holds" for row in store.rows())
        except MalformedInput:
            rejected += 1
    assert rejected > 20


@pytest.mark.parametrize("length", [1, 50, 99, 4096, 9000])
def test_a_truncated_file_is_rejected(tmp_path: Path, length: int) -> None:
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(MalformedInput):
        read_all(tmp_path)


def test_an_empty_file_is_a_new_store(tmp_path: Path) -> None:
    (tmp_path / STORE_NAME).touch()
    with pytest.raises(UsageError, match="empty"), RunStore.read(tmp_path):
        pass
    assert read_all(tmp_path) == 0


def test_reading_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no runs in"), RunStore.read(tmp_path / "none"):
        pass
    assert not (tmp_path / "none").exists()


def test_a_full_disk_is_named_and_loses_nothing(tmp_path: Path) -> None:
    with RunStore.open(tmp_path) as store:
        store.record(numbered(1), {"x": 1}, 0.5)
        store._connection.execute("PRAGMA max_page_count = 8").fetchone()
        with pytest.raises(OSError, match="the disk is full") as caught:
            for number in range(2, 100):
                store.record(numbered(number), {"x": "y" * 2000}, 0.5)
        assert judge(caught.value)[0] == 2 and STORE_NAME in judge(caught.value)[1]
        kept = len(store)
    with RunStore.open(tmp_path) as store:
        assert len(list(store.rows())) == kept and store.finished(numbered(1).key) == {"x": 1}
        store.record(numbered(1000), {"x": "y" * 2000}, 0.5)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError) as caught, RunStore.open(tmp_path / "file" / "runs"):
        pass
    code, message = judge(caught.value)
    assert code == 2 and str(tmp_path / "file") in message


def test_a_store_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    filled(tmp_path)
    with RunStore.open(tmp_path) as store:
        store._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(OSError, match="cannot be used"):
            store.record(numbered(1000), {}, 0.5)
