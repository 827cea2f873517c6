"""``rproof train`` and ``rproof report``: every experiment end to end, wrong plans, and runs that are stopped."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from constructions import ReluNetwork, load_data
from verify.cli import main
from verify.experiments.judgement import judge_rows
from verify.experiments.plan import default_plan_text, plan_of
from verify.experiments.run import run_plan
from verify.robustness import robust_error
from verify.sweep.job import Job
from verify.sweep.store import Row, RunStore

ROOT = Path(__file__).resolve().parents[2]
PLAN = """
[[expressivity]]
dim = 2
steps = [2]
labels = ["random", "parity"]
widths = [2, 6]
epochs = 30
attack_steps = 2
[[generalization]]
dim = 2
steps = 3
samples = [1, 4]
label_seed = 1
width = 4
epochs = 10
attack_steps = 2
[[optimum_gap]]
data = "hard:d=2,eps=1/6,seed=1"
radii = ["1/12", "1/6"]
width = 4
epochs = 20
attack_steps = 2
[[sign_vectors]]
dim = 2
steps = 3
sizes = [1, 2]
draws = 1500
widths = [2]
labellings = 2
epochs = 5
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; return its exit code, its output and its messages."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return int(str(end.value.code)), printed.out, printed.err

    return call


def _rows(folder: Path) -> list[Row]:
    with RunStore.read(folder) as store:
        return list(store.rows())


def _found(folder: Path) -> dict[str, tuple[dict[str, Any], bytes]]:
    """Return the result of every row, and the bytes of its network."""
    found = {}
    for row in _rows(folder):
        network = folder / "networks" / f"{row.job.key}.safetensors"
        found[row.job.key] = (row.result, network.read_bytes() if network.exists() else b"")
    return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs with every experiment, run in two halves."""
    folder = tmp_path_factory.mktemp("runs")
    plan = plan_of(PLAN)
    stops = iter([None, None, None])

    def stop(stage: str, done: int, total: int) -> None:
        if next(stops, "stop") is not None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_plan(plan, folder, progress=stop)
    assert len(_rows(folder)) == 4
    outcome = run_plan(plan, folder)
    assert (outcome.found, outcome.added) == (4, len(plan.jobs) - 4)
    assert list((folder / "checkpoints").glob("*")) == []
    return folder


def test_every_job_has_one_row_and_every_claim_holds(runs: Path) -> None:
    rows = _rows(runs)
    assert sorted(row.job.key for row in rows) == sorted(job.key for job in plan_of(PLAN).jobs)
    verdicts = judge_rows(rows)
    assert {verdict.name: verdict.status for verdict in verdicts} == dict.fromkeys(
        ("at_least_optimum", "explicit_networks", "overfitting", "sign_vectors"), "holds"
    )


def test_an_error_in_a_row_is_that_of_its_network(runs: Path) -> None:
    data = load_data("hard:d=2,eps=1/6,seed=1")
    judged = 0
    for row in _rows(runs):
        if row.job.kind == "optimum gap":
            network = ReluNetwork.from_safetensors(runs / "networks" / f"{row.job.key}.safetensors")
            result = robust_error(network, data, "linf", row.job.parameters["radius"])
            assert (str(result.lower), str(result.upper)) == (row.result["lower"], row.result["upper"])
            assert result.lower >= Fraction(row.result["optimum"])
            judged += 1
    assert judged == 2


@pytest.mark.theorem("training-gap", claims=["at_least_optimum"])
def test_a_row_below_its_optimum_is_refuted(runs: Path) -> None:
    rows = [row for row in _rows(runs) if row.job.kind == "optimum gap"]
    beaten = [Row(row.job, {**row.result, "lower": "0", "upper": "0"}, 0.0) for row in rows]
    verdict = next(entry for entry in judge_rows(beaten) if entry.name == "at_least_optimum")
    assert verdict.status == "violated" and "below the optimum" in verdict.detail


@pytest.mark.parametrize(
    ("kind", "change", "claim"),
    [
        ("expressivity explicit", {"bit_extraction_error": "1/9"}, "explicit_networks"),
        ("generalization explicit", {"clean_error": "1/4"}, "overfitting"),
        ("generalization explicit", {"test": {"lower": "0", "upper": "0"}}, "overfitting"),
        ("sign vectors", {"realised": 17}, "sign_vectors"),
    ],
)
def test_a_wrong_row_is_refuted(runs: Path, kind: str, change: dict[str, Any], claim: str) -> None:
    rows = [Row(row.job, {**row.result, **change}, 0.0) for row in _rows(runs) if row.job.kind == kind]
    assert {verdict.name: verdict.status for verdict in judge_rows(rows)} == {claim: "violated"}


def test_the_same_plan_is_not_run_again_and_reports(runs: Path, run: Run, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN, encoding="utf-8")
    code, out, _ = run("train", plan, "-o", runs, "--json")
    said = json.loads(out)
    assert code == 0 and (said["verdict"], said["instance"]["added"]) == ("holds", 0)
    code, out, _ = run("report", runs, "-o", tmp_path / "report", "--dots", 40)
    assert code == 0 and "at_least_optimum: holds" in out
    names = {path.name for path in (tmp_path / "report").iterdir()}
    for name in ("expressivity", "generalization", "optimum-gap", "sign-vectors"):
        assert {f"{name}.pdf", f"{name}.png", f"{name}.txt"} <= names
    with (tmp_path / "report" / "optimum-gap.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["radius"] for row in table] == ["1/12", "1/6"]
    assert all(float(row["excess"]) >= 0 for row in table)
    before = {path.name: path.read_bytes() for path in (tmp_path / "report").iterdir()}
    assert run("report", runs, "-o", tmp_path / "report", "--dots", 40, "-q")[:2] == (0, "")
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "report").iterdir()}


def test_the_default_plan_comes_with_the_program(run: Run) -> None:
    assert {job.kind for job in plan_of(default_plan_text()).jobs} >= {"expressivity", "optimum gap", "sign vectors"}
    assert run("train", "--default", "--show") == (0, default_plan_text(), "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[expressivity]]\nsteps = [2]\nwidths = [4]\nwidht = 3\n", ["expressivity", "'widht'", "its keys are"]),
        ("[[expressivity]]\nsteps = [2]\nwidths = [0]\n", ["widths", "[0]", "from 1 to 4096"]),
        ("[[expressivity]]\nsteps = [2]\n", ["needs the key 'widths'"]),
        ("[[expressivity]]\nsteps = 2\nwidths = [4]\n", ["steps", "'2'", "must be a list"]),
        ("[[expressivity]]\nsteps = [2]\nwidths = [4]\nrate = nan\n", ["rate", "nan", "exact number such as"]),
        ('[[expressivity]]\nsteps = [2]\nwidths = [4]\nratio = "1/0"\n', ["ratio", "1/0"]),
        ('[[expressivity]]\nsteps = [2]\nwidths = [4]\nlabels = ["stripes"]\n', ["labels", "stripes", "parity"]),
        ("[[expressivity]]\nsteps = [64]\ndim = 9\nwidths = [4]\n", ["steps 64", "at most 4096"]),
        ('[[expressivity]]\nsteps = [1]\nwidths = [4]\nlabels = ["checkerboard"]\n', ["needs more on each axis"]),
        ("[[generalization]]\nsamples = [99]\n", ["samples = 99", "16 points"]),
        ('[[optimum_gap]]\ndata = "nowhere"\nradii = ["1/8"]\n', ["optimum_gap", "nowhere"]),
        ('[[optimum_gap]]\ndata = "digits:3-8"\nradii = ["-1/8"]\n', ["radii", "-1/8", "above 0"]),
        ("[[sign_vectors]]\nsteps = 3\nsizes = [9]\n", ["size 9", "4 midpoints"]),
        ("[expressivity]\nsteps = [2]\n", ["two brackets"]),
        ("[[sweep]]\n", ["'sweep'", "generalization"]),
        ("steps = \n", ["not valid TOML"]),
        ("", ["no experiment"]),
    ],
)
def test_a_plan_that_is_wrong_is_refused_by_key_and_value(
    text: str, words: list[str], run: Run, tmp_path: Path
) -> None:
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    code, out, err = run("train", tmp_path / "plan.toml", "-o", tmp_path / "runs")
    assert (code, out) == (2, "") and all(word in err for word in ["plan.toml", *words]), err
    assert not (tmp_path / "runs").exists()


def test_a_training_that_diverges_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "far.csv").write_text("x,label\n1e60,1\n0,-1\n", encoding="utf-8")
    data, plan = tmp_path / "far.csv", tmp_path / "plan.toml"
    plan.write_text(f'[[optimum_gap]]\ndata = "{data}"\nradii = [1]\nwidth = 3\n', encoding="utf-8")
    code, out, err = run("train", plan, "-o", tmp_path / "runs", "-j", "1")
    assert (code, out) == (5, "") and all(word in err for word in ("width 3, seed 0, rate 1/100", "float32"))
    assert [row.job.kind for row in _rows(tmp_path / "runs")] == ["optimum curve"]


def test_a_plan_and_a_folder_are_asked_for(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    for arguments, code, word in (
        (["train"], 2, "plan file or --default"),
        (["train", "--default"], 2, "-o DIR"),
        (["train", tmp_path / "none.toml", "-o", tmp_path], 2, "there is no file"),
        (["train", tmp_path / "bad.toml", "-o", tmp_path], 5, "UTF-8"),
        (["report", tmp_path], 2, "there are no runs"),
    ):
        found, out, err = run(*arguments)
        assert (found, out) == (code, "") and word in err


def test_rows_of_other_kinds_are_not_reported(run: Run, tmp_path: Path) -> None:
    with RunStore.open(tmp_path) as store:
        store.record(Job("weather", {"day": 1}), {"rain": True}, 0.0)
    assert "nothing to report on weather" in run("report", tmp_path)[2]


# Runs that are stopped -----------------------------------------------------------------

LONG = """
[[expressivity]]
dim = 2
steps = [2]
widths = [2, 8]
epochs = 450
attack_steps = 1
"""


def _start(plan: Path, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "verify", "train", str(plan), "-o", str(folder), "-j", "1", "-q"]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


def _wait_for(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while not happened():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_run_goes_on_from_its_checkpoint_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(LONG, encoding="utf-8")
    run_plan(plan_of(LONG), tmp_path / "whole")
    killed = tmp_path / "killed"
    process = _start(plan, killed)
    _wait_for(lambda: any(killed.glob("checkpoints/*.safetensors")), process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(killed.glob("checkpoints/*.safetensors"))
    before = {row.job.key: row.seconds for row in _rows(killed)}
    assert len(before) < 3
    process = _start(plan, killed)
    _wait_for(lambda: len(list(killed.glob("networks/*.safetensors"))) == 2, process)
    process.send_signal(signal.SIGINT)
    assert process.wait() in (6, 0)
    run_plan(plan_of(LONG), killed)
    assert _found(killed) == _found(tmp_path / "whole")
    assert before.items() <= {row.job.key: row.seconds for row in _rows(killed)}.items()


def test_workers_give_the_same_rows(runs: Path, tmp_path: Path) -> None:
    plan = plan_of(PLAN)
    quick = replace(plan, jobs=tuple(job for job in plan.jobs if job.kind == "sign vectors"))
    assert run_plan(quick, tmp_path, workers=2).added == len(quick.jobs) == 2
    assert len(_found(tmp_path)) == 2 and _found(tmp_path).items() <= _found(runs).items()


def test_decimals_of_a_plan_are_exact() -> None:
    table = "[[expressivity]]\nsteps = [2]\nwidths = [4]\nrate = {}\n"
    as_decimal, as_fraction = (plan_of(table.format(rate)) for rate in ("0.01", '"1/100"'))
    assert [job.key for job in as_decimal.jobs] == [job.key for job in as_fraction.jobs]
