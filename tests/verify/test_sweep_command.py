"""``rproof sweep``: rows, resuming, exit codes, the envelope, files kept."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verify.certificate.issue import recheck
from verify.cli import main
from verify.command.sweep_progress import SweepProgress
from verify.failures import first_to_tell
from verify.sweep import local
from verify.sweep.job import Job
from verify.sweep.store import STORE_NAME, RunStore
from verify.sweep.worker_pool import WorkerPool

PLAN = """
[[sweep]]
theorem = "separation"
data = "random:n=6,d=2,levels=8,seed={s}"
each = { s = "0:3" }
[[sweep]]
theorem = "robust-memorization-l1"
data = "random:n=6,d=2,levels=8,seed=1"
ratio = ["1/10", "1/2"]
"""


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["sweep", *arguments])
    return int(stopped.value.code or 0)


def envelope(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = run(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    return path


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run jobs here, one at a time, instead of in processes of their own; the list takes their keys."""
    from verify.sweep.check_job import run_check
    from verify.sweep.store import Row

    ran: list[str] = []
    alone = threading.Lock()  # a job changes the working directory of its process

    def run_chunk(self: WorkerPool, chunk: list[Any]) -> tuple[list[Row], list[Any]]:
        with alone:
            ran.extend(planned.job.key for planned in chunk)
            found = [(p.job, run_check(p.job.key, p.job.parameters, p.limits, self._folder)) for p in chunk]
        return [Row(job, result, 0.0) for job, result in found], []

    monkeypatch.setattr(local.WorkerPool, "run", run_chunk)
    return ran


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that a sweep with --keep has filled, in processes of its own."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "plan.toml").write_text(PLAN)
    assert run(str(folder / "plan.toml"), "-o", str(folder / "runs"), "--keep", "-j", "2", "-q") == 0
    yield folder / "runs"


def test_every_row_is_the_envelope_of_check(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RunStore.read(kept) as store:
        rows = list(store.rows())
        assert store.plan == PLAN
    assert len(rows) == 5 and {row.result["verdict"] for row in rows} == {"holds"}
    for row in rows:
        options = [f"--{name}={value}" for name, value in row.job.parameters.items() if name != "theorem"]
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main(["check", row.job.parameters["theorem"], *options, "--json"])
        known = json.loads(capsys.readouterr().out)
        assert row.result.keys() == known.keys()
        same = ("schema", "verb", "verdict", "exit", "theorem", "instance", "network", "constructions")
        assert {name: row.result[name] for name in same} == {name: known[name] for name in same}


def test_kept_certificates_are_proved_from_the_folder_of_the_runs(kept: Path) -> None:
    with RunStore.read(kept) as store:
        named = [row.result["certificate"] for row in store.rows() if row.result["certificate"]]
    assert len(named) == 2 and all("proved" in recheck(kept / path) for path in named)
    assert {path.name for path in (kept / "rows").iterdir()} == _keys(kept)


def _keys(folder: Path) -> set[str]:
    with RunStore.read(folder) as store:
        return {row.job.key for row in store.rows()}


def test_finished_rows_are_not_run_again(plan: Path, tmp_path: Path, in_this_process: list[str]) -> None:
    folder = str(tmp_path / "runs")
    assert run(str(plan), "-o", folder, "-q") == 0
    assert len(in_this_process) == len(set(in_this_process)) == 5
    assert run(str(plan), "-o", folder, "-q") == 0 and len(in_this_process) == 5
    plan.write_text(PLAN.replace("0:3", "1:5"))
    assert run(str(plan), "-o", folder, "-q") == 0 and len(in_this_process) == 7
    with RunStore.read(folder) as store:
        assert len(store) == 7 and store.plan == plan.read_text()


def test_files_that_are_missing_are_made_when_asked_for(plan: Path, tmp_path: Path, in_this_process: list[str]) -> None:
    folder = tmp_path / "runs"
    assert run(str(plan), "-o", str(folder), "-q") == 0 and not (folder / "rows").exists()
    assert run(str(plan), "-o", str(folder), "-q", "--keep") == 0 and len(in_this_process) == 10
    shutil.rmtree(folder / "rows" / in_this_process[0])
    assert run(str(plan), "-o", str(folder), "-q", "--keep") == 0 and in_this_process[10:] == [in_this_process[0]]
    with RunStore.read(folder) as store:
        assert len(store) == 5


def test_rows_that_decide_nothing_are_run_again_when_asked(
    plan: Path, tmp_path: Path, in_this_process: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    plan.write_text("[limits]\nmemory = '1M'\n" + PLAN)
    folder = str(tmp_path / "runs")
    code, found = envelope(capsys, str(plan), "-o", folder)
    assert (code, found["verdict"], found["counts"]["robust-memorization-l1"]) == (3, "unknown", {"unknown": 2})
    assert any("needs about" in claim["detail"] for claim in found["claims"])
    plan.write_text(PLAN)
    assert run(str(plan), "-o", folder, "-q") == 3
    code, found = envelope(capsys, str(plan), "-o", folder, "--retry")
    assert (code, found["finished_before"], len(in_this_process)) == (0, 3, 7)


def test_the_exit_code_is_that_of_all_rows_together(
    plan: Path, tmp_path: Path, in_this_process: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tables = {
        "holds": "theorem = '1.1'\ndata = 'random:n=6,d=2,levels=8,seed=1'",
        "violated": "theorem = '3.2'\ninstance = 'erratum'",
        "inapplicable": "theorem = 'robust-memorization-l1'\ndata = 'random:n=6,d=2,levels=8,seed=1'\nradius = 9",
        "error": "theorem = '1.1'\ndata = 'random:n=x'",
    }
    expected = {"holds": 0, "violated": 1, "inapplicable": 4, "error": 2}
    written = ""
    for verdict, table in tables.items():
        written += f"[[sweep]]\n{table}\n"
        plan.write_text(written)
        code, found = envelope(capsys, str(plan), "-o", str(tmp_path / "runs"))
        assert (code, found["exit"], found["verdict"]) == (expected[verdict], expected[verdict], verdict)
    assert [claim["status"] for claim in found["claims"]] == list(tables)
    assert [bool(claim["detail"]) for claim in found["claims"]] == [False, True, True, True]
    capsys.readouterr()
    assert run(str(plan), "-o", str(tmp_path / "runs")) == 2
    text = capsys.readouterr().out
    assert "inapplicable: robust-memorization-l1 data=random:n=6,d=2,levels=8,seed=1 radius=9" in text


def test_the_order_of_exit_codes() -> None:
    codes = [70, 6, 5, 2, 4, 1, 3, 0]
    for place, code in enumerate(codes):
        assert first_to_tell(reversed(codes[place:])) == code
    assert first_to_tell([0, 99]) == 0 and first_to_tell([99]) == 70


def test_the_envelope_has_a_claim_for_each_row(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = envelope(capsys, str(kept.parent / "plan.toml"), "-o", str(kept))
    assert code == 0 and (found["schema"], found["verb"], found["left"]) == ("robustproofs/result/1", "sweep", 0)
    assert len(found["claims"]) == 5 and found["finished_before"] == 5
    assert found["claims"][0]["name"] == "separation data=random:n=6,d=2,levels=8,seed=0 seed=0"
    assert {claim["evidence"] for claim in found["claims"]} == {"exact"}
    assert found["counts"] == {"separation": {"holds": 3}, "robust-memorization-l1": {"holds": 2}}


def test_a_dry_run_lists_and_makes_nothing(plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(plan), "-o", str(tmp_path / "runs"), "--dry-run") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6 and lines[-1] == f"5 jobs, 0 finished in {tmp_path / 'runs'}"
    assert not (tmp_path / "runs").exists()


def test_a_dry_run_says_what_is_finished(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = envelope(capsys, str(kept.parent / "plan.toml"), "-o", str(kept), "--dry-run")
    assert code == 0 and found["finished"] == 5 and {entry["key"] for entry in found["jobs"]} == _keys(kept)


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("none.toml",), 2, "there is no file none.toml"),
        (("{plan}", "-j", "0"), 2, "0"),
        (("{plan}", "-j", "2", "--dask", "tcp://x:1"), 2, "give one of them"),
        (
            ("{plan}", "-o", "{runs}", "--dask", "tcp://127.0.0.1:1"),
            2,
            "no dask scheduler answers at tcp://127.0.0.1:1",
        ),
        (("{plan}", "-o", "{file}/runs"), 2, "{file}"),
        (("{bad}",), 2, "bad.toml, table [[sweep]] number 1: nrom: unknown key"),
        (("{plan}", "-o", "{foreign}"), 5, STORE_NAME),
    ],
)
def test_what_cannot_be_run_is_refused(
    arguments: tuple[str, ...],
    code: int,
    named: str,
    plan: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("verify.sweep.cluster._PATIENCE", "1s")
    places = {name: str(tmp_path / name) for name in ("file", "foreign", "runs")} | {"plan": str(plan)}
    places["bad"] = str(tmp_path / "bad.toml")
    (tmp_path / "bad.toml").write_text("[[sweep]]\ntheorem = '1.1'\nnrom = 'l1'\n")
    (tmp_path / "file").touch()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / STORE_NAME).write_text("not a database, but long enough for a header " * 9)
    assert run(*(argument.format(**places) for argument in arguments)) == code
    assert named.format(**places) in capsys.readouterr().err


def test_rows_of_other_plans_and_kinds_are_left_aside(
    plan: Path, tmp_path: Path, in_this_process: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with RunStore.open(tmp_path / "runs") as store:
        store.record(Job("train", {"theorem": "x"}), {"exit": 70}, 1.0)
        store.record(Job("check", {"theorem": "x"}), {"exit": 70}, 1.0)
    code, found = envelope(capsys, str(plan), "-o", str(tmp_path / "runs"))
    assert code == 0 and len(found["claims"]) == 5


def test_a_full_disk_ends_the_sweep_and_loses_nothing(
    plan: Path,
    tmp_path: Path,
    in_this_process: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = RunStore.record

    def record_two(self: RunStore, *row: Any, **options: Any) -> None:
        if len(self) == 2:
            self._connection.execute("PRAGMA max_page_count = 1")
            row = (row[0], {**row[1], "padding": "x" * 10**5}, row[2])
        record(self, *row, **options)

    monkeypatch.setattr(RunStore, "record", record_two)
    assert run(str(plan), "-o", str(tmp_path / "runs"), "-q") == 2
    assert "the disk is full" in capsys.readouterr().err
    monkeypatch.undo()
    with RunStore.open(tmp_path / "runs") as store:
        assert len(list(store.rows())) == 2


def test_a_time_limit_leaves_the_rest_for_the_next_time(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan.write_text("[[sweep]]\ntheorem = 'separation'\ndata = 'random:n=100000,d=60,levels=3,seed=0'")
    assert run(str(plan), "-o", str(tmp_path / "runs"), "-j", "1", "--timeout", "2") == 3
    output, errors = capsys.readouterr()
    assert "0 rows; 1 job is left for the same command" in errors and "verdict: unknown" in output
    with RunStore.read(tmp_path / "runs") as store:
        assert len(store) == 0


# Progress ------------------------------------------------------------------------------


def test_progress_tells_rate_and_time_to_go(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("verify.command.sweep_progress.time.monotonic", lambda: now[0])
    with SweepProgress(40, quiet=False) as progress:
        for _ in range(20):
            now[0] += 1.0
            progress.advance()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "sweep: 10 of 40 rows, 1 rows/s, 30 s to go",
        "sweep: 20 of 40 rows, 1 rows/s, 20 s to go",
        "sweep: 20 of 40 rows, 1 rows/s, 20 s to go",
    ]


def test_quiet_progress_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with SweepProgress(2, quiet=True) as progress:
        progress.advance()
        progress.advance()
    assert capsys.readouterr() == ("", "")
