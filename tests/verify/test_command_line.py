"""What every verb shares: folders, time limits, progress, messages that say what to do next."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constructions import AffineMap, ReluNetwork, UsageError
from verify.cli import main
from verify.command import progress, watchdog
from verify.command.options import original_numbers
from verify.command.output_folder import ready_folder
from verify.theorems import registry
from verify.verdict import Verdict
from verify.wording import counted

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in an empty folder; return exit code, output and messages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return int(str(end.value.code)), printed.out, printed.err

    return call


# Folders ---------------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["", "/a", "/a/b"])
def test_a_folder_that_cannot_be_made_is_refused_before_the_work(
    run: Run, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise UsageError("the work began")

    monkeypatch.setattr(registry, "check", never)
    Path("file").write_text("", encoding="utf-8")
    code, printed, message = run("check", "2.2", "-o", f"file{below}")
    assert code == 2 and not printed and "file" in message
    assert "the work began" not in message
    assert "the work began" in run("check", "2.2", "-o", "folder/below")[2]


def test_a_folder_into_which_nothing_came_is_gone_again(run: Run) -> None:
    assert run("check", "2.2", "--ratio", "1", "--radius", "1", "-o", "new/below")[0] == 2
    assert not Path("new").exists()
    Path("kept").mkdir()
    assert run("check", "bogus", "-o", "kept")[0] == 2
    assert Path("kept").is_dir()
    with ready_folder(Path("filled/below")):
        Path("filled/below/result").touch()
    assert Path("filled/below/result").exists()


def test_the_bound_says_where_its_files_are(run: Run) -> None:
    code, printed, _ = run("bound", "--d", "2", "--eps", "1/2", "-o", "here/bounds")
    assert code == 0 and f"files written to {Path('here/bounds')}" in printed
    assert "files written" not in run("bound", "--d", "2", "--eps", "1/2")[1]


# Time ------------------------------------------------------------------------------------

DEAF = """
import sys, time
from verify.command import watchdog
from verify.command.outcome import finish

def command():
    watchdog.watch(0.2, "too late")
    if sys.argv[1] == "deaf":
        while True:
            time.sleep(1)
    watchdog.call_off()
    time.sleep(1)
    return 0

sys.exit(finish(command, ["check", "2.2", "--json"], sys.argv[2] == "own"))
"""


def _deaf(*arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-c", DEAF, *arguments]
    return subprocess.run(call, capture_output=True, text=True, timeout=seconds, check=False)


def test_a_command_that_does_not_listen_is_ended_with_code_and_envelope() -> None:
    done = _deaf("deaf", "own")
    envelope = json.loads(done.stdout)
    assert (done.returncode, envelope["exit"], envelope["verdict"]) == (3, 3, "unknown")
    assert envelope["error"] == "too late" and envelope["seconds"] > 0.1


def test_a_result_in_time_calls_the_end_off() -> None:
    done = _deaf("in time", "own")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_program_that_calls_the_command_is_never_ended() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        _deaf("deaf", "theirs", seconds=4)
    watchdog.own_process(None)
    watchdog.watch(0.0, "")
    assert watchdog._timer is None


def test_the_envelope_of_a_failure_has_its_seconds(run: Run) -> None:
    envelope = json.loads(run("check", "bogus", "--json")[1])
    assert envelope["exit"] == 2 and envelope["seconds"] > 0


# Progress --------------------------------------------------------------------------------


def test_off_a_terminal_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.ProgressBar(quiet=False) as bar:
        bar.report("early", 1, 9)
        monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
        bar.report("plan", 2, 9)
    assert capsys.readouterr().err == "rproof: plan, 2 of 9\n"
    assert progress.ProgressBar(quiet=True).callback is None


def test_all_constructions_are_announced_one_by_one() -> None:
    told: list[str] = []
    report = registry.check(
        "robust-memorization-linf",
        data="random:n=8,d=2,levels=8,seed=0",
        construction="all",
        progress=lambda stage, done, total: told.append(stage),
    )
    names = [entry["name"] for entry in report.sizes]
    begun = [stage for stage in told if stage.endswith(": build")]
    assert begun == [f"construction {k} of {len(names)}, {name}: build" for k, name in enumerate(names, start=1)]
    assert len(names) > 2


# Words -----------------------------------------------------------------------------------


def test_an_unknown_statement_gets_those_spelled_alike(run: Run) -> None:
    code, _, message = run("check", "robust-memorisation-linf")
    assert code == 2 and "did you mean robust-memorization-linf" in message and "rproof list" in message
    assert len(message) < 300
    far = run("check", "xyzzy")[2]
    assert "did you mean" not in far and "rproof list" in far


def test_points_keep_the_numbers_of_the_data_as_named(run: Run) -> None:
    ReluNetwork([AffineMap([[1]], [0])]).save("line.json")
    Path("points.csv").write_text("x,label\n1,1\n2,1\n-1,-1\n1,-1\n5,1\n", encoding="utf-8")
    options = ("line.json", "--data", "points.csv", "--radius", "1/2", "--points", "2:4")
    code, printed, _ = run("verify", *options, "--json")
    envelope = json.loads(printed)
    assert code == 1 and [row["index"] for row in envelope["instance"]["per_point"]] == [2, 3]
    claim = envelope["claims"][0]
    assert claim["witness"]["index"] == 3 and claim["detail"].startswith("point 3 ")
    trimmed = json.loads(run("verify", *options, "--trim", "1", "--json")[1])
    assert trimmed["instance"]["trimmed"] == [0]
    assert [row["index"] for row in trimmed["instance"]["per_point"]] == [3, 4]
    rows = json.loads(run("radius", *options[:3], "--points", "1:3", "--json")[1])["radii"]
    assert [row["index"] for row in rows] == [1, 2]


def test_numbers_skip_what_was_dropped() -> None:
    assert original_numbers(3, (1, 2), None) == [0, 3, 4]
    assert original_numbers(2, (0,), "1:3") == [2, 3]
    assert original_numbers(2, (), ":2") == [0, 1]


def test_one_is_singular(run: Run) -> None:
    assert [counted(n, "box", "boxes") for n in (0, 1, 2000)] == ["0 boxes", "1 box", "2,000 boxes"]
    Path("one.csv").write_text("x,label\n0,1\n1,1\n", encoding="utf-8")
    code, printed, _ = run("check", "robust-memorization-linf", "--data", "one.csv", "--ratio", "1/2")
    assert code == 0 and "1 parameter," in printed and "1 parameters" not in printed


def test_one_class_is_infinitely_far_from_the_empty_one(run: Run) -> None:
    Path("one.csv").write_text("x,label\n0,1\n1,1\n", encoding="utf-8")
    claims = json.loads(run("check", "robust-memorization-linf", "--data", "one.csv", "--json")[1])["claims"]
    rows = {claim["name"]: (claim["measured"], claim["direction"], claim["promised"]) for claim in claims}
    assert rows["separation"] == ("infinite", "at least", "0")
    assert rows["radius"] == ("3/7", "less than", "infinite")


def test_a_printed_bound_of_nothing_is_explained(run: Run) -> None:
    code, printed, _ = run("check", "3.3", "--instance", "erratum")
    assert code == 1 and "2562 / 2^256 < 1, which allows 0 parameters" in printed


def test_the_selftest_says_what_was_asked_and_what_is_true(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from verify import selftest

    monkeypatch.setattr(selftest, "_memorizers", lambda: iter(()))
    code, printed, _ = run("selftest")
    lines = printed.splitlines()
    assert code == 0 and all(line.startswith("ok    ") for line in lines[:-1]) and lines[-1] == "12 of 12 answers right"
    assert (
        "ok    genuine certificate: accepted" in lines and "ok    forged certificate, a label turned: rejected" in lines
    )
    wrong = Verdict("an answer", "violated", "exact", "robust", "violated", "equal")
    monkeypatch.setattr(selftest, "selftest", lambda: [wrong])
    code, printed, _ = run("selftest")
    assert code == 70 and "WRONG an answer: found robust, true is violated" in printed
