"""``rproof verify --sample``: exit codes 1 and 3, the envelope, black boxes by file and by name, bad options."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from constructions import AffineMap, BoxUnion, LabelledSets, ReluNetwork
from verify.cli import main

MODULE = """
import random
import time

def classify(points):
    return points[:, 0] - 0.5

def slow(points):
    time.sleep(0.05)
    return points[:, 0]

def coin(seed):
    stream = random.Random(seed)
    while True:
        side = stream.randrange(2)
        yield [side], 2 * side - 1
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder with models, points and sets; return exit code, output and messages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    line = ReluNetwork([AffineMap([[1]], [Fraction(-1, 2)])])
    line.save(tmp_path / "line.json")
    line.to_onnx(tmp_path / "line.onnx")
    LabelledSets(BoxUnion.of([([1], [2])]), BoxUnion.of([([-1], [0])])).save(tmp_path / "sets.json")
    Path("points.csv").write_text("a,label\n0,-1\n1,1\n", encoding="utf-8")
    Path("user_sampled_models.py").write_text(MODULE, encoding="utf-8")

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["verify", *(str(argument) for argument in arguments)])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return int(str(end.value.code)), printed.out, printed.err

    return call


def _json(run: Run, *arguments: object) -> dict[str, Any]:
    code, printed, _ = run(*arguments, "--json")
    envelope: dict[str, Any] = json.loads(printed)
    assert envelope["exit"] == code and envelope["verb"] == "verify"
    assert all(claim["status"] != "holds" for claim in envelope["claims"])
    return envelope


def test_a_network_is_sampled_with_two_limits_and_never_holds(run: Run) -> None:
    asked = ("line.json", "--data", "points.csv", "--radius", "1/4", "--sample", 200, "--seed", 7)
    envelope = _json(run, *asked)
    assert envelope["exit"] == 3 and [claim["name"] for claim in envelope["claims"]] == [
        "clean_error",
        "clean_error_estimate",
        "robust_error",
        "robust_error_estimate",
    ]
    record = envelope["instance"]["robust_error_sample"]
    assert (record["wrong"], record["undecided"], record["samples"], record["seed"]) == (0, 0, 200, 7)
    assert record["lower"] == "0" and 0 < Fraction(record["upper"]) < Fraction(1, 30)
    assert record["arithmetic"] == "exact" and envelope["instance"] == _json(run, *asked)["instance"]


def test_an_exact_mistake_of_positive_probability_is_exit_1(run: Run) -> None:
    envelope = _json(run, "line.json", "--data", "points.csv", "--radius", "1/2", "--sample", 20)
    claims = {claim["name"]: claim for claim in envelope["claims"]}
    assert envelope["exit"] == 1 and envelope["verdict"] == "violated"
    assert (claims["robust_error"]["status"], claims["robust_error"]["evidence"]) == ("violated", "exact")
    estimate = claims["robust_error_estimate"]
    assert (estimate["status"], estimate["evidence"]) == ("unknown", "sample")
    assert claims["robust_error"]["witness"]["point"] == ["1/2"]


def test_sets_are_sampled_by_volume_until_the_width(run: Run, tmp_path: Path) -> None:
    options = ("--sets", "sets.json", "--radius", "3/4", "--sample", 4000, "--width", "1/5", "--confidence", "9/10")
    envelope = _json(run, "line.json", *options, "-o", "out")
    record = envelope["instance"]["robust_error_sample"]
    assert envelope["exit"] == 1 and record["failure"] == "1/10" and record["samples"] < 4000
    assert Fraction(record["lower"]) < Fraction(1, 4) < Fraction(record["upper"])
    assert Fraction(record["upper"]) - Fraction(record["lower"]) <= Fraction(1, 5)
    assert [look["samples"] for look in record["looks"]] == record["planned"][: len(record["looks"])]
    assert json.loads((tmp_path / "out" / "result.json").read_text())["instance"]["width"] == "1/5"


@pytest.mark.parametrize("model", ["line.onnx", "user_sampled_models:classify"])
def test_a_black_box_is_asked_and_attacked_and_stays_unknown(run: Run, model: str) -> None:
    envelope = _json(run, model, "--black-box", "--data", "points.csv", "--radius", "1/2", "--sample", 50)
    record = envelope["instance"]["robust_error_sample"]
    assert envelope["exit"] == 3 and envelope["network"] is None
    assert record["wrong"] > 0 and record["upper"] is None and "its own, in float" in record["arithmetic"]
    assert envelope["instance"]["clean_error_sample"]["upper"] is not None


def test_a_users_generator_is_sampled(run: Run) -> None:
    envelope = _json(run, "line.json", "--sampler", "user_sampled_models:coin", "--radius", "1/2", "--sample", 30)
    claims = {claim["name"]: claim for claim in envelope["claims"]}
    assert envelope["exit"] == 3 and claims["robust_error"]["status"] == "unknown"
    assert envelope["instance"]["robust_error_sample"]["wrong"] == 30


def test_a_time_limit_leaves_points_undecided_and_the_answer_unknown(run: Run) -> None:
    """On a busy machine the limit may also end the command while it reports; that is exit 3 too."""
    options = ("--black-box", "--data", "points.csv", "--sample", 1000, "--timeout", 1)
    envelope = _json(run, "user_sampled_models:slow", *options)
    assert envelope["exit"] == 3
    assert "error" in envelope or 0 < envelope["instance"]["clean_error_sample"]["undecided"] <= 1000


def test_the_table_names_limits_counts_and_arithmetic(run: Run) -> None:
    code, printed, _ = run("line.json", "--data", "points.csv", "--radius", "1/4", "--sample", 100)
    assert code == 3 and "0.0000 to 0.0517" in printed and "0 of 100 samples are wrong" in printed
    assert "arithmetic: exact" in printed and "verdict: unknown" in printed
    code, printed, _ = run("line.onnx", "--black-box", "--data", "points.csv", "--radius", "1/2", "--sample", 100)
    assert code == 3 and "at least 0.95" in printed and "no upper limit" in printed


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("line.json", "--data", "points.csv", "--radius", "1", "--width", "1/5"), 2, "go with --sample"),
        (("line.onnx", "--data", "points.csv", "--radius", "1", "--black-box"), 2, "go with --sample"),
        (("line.json", "--sample", "5"), 2, "draws from one of"),
        (("line.json", "--data", "points.csv", "--sets", "sets.json", "--sample", "5"), 2, "draws from one of"),
        (("line.json", "--data", "points.csv", "--sample", "5", "--trim", "1"), 2, "--trim has no meaning"),
        (("line.json", "--data", "points.csv", "--sample", "5", "--method", "attack"), 2, "--method has no meaning"),
        (
            ("line.json", "--data", "points.csv", "--sample", "5", "--max-memory", "1G"),
            2,
            "--max-memory has no meaning",
        ),
        (("line.json", "--data", "points.csv", "--sample", "0"), 2, "--sample"),
        (("line.json", "--data", "points.csv", "--sample", "5", "--confidence", "1"), 2, "--confidence must lie"),
        (("line.json", "--data", "points.csv", "--sample", "5", "--radius", "-1"), 2, "at least 0"),
        (("line.json", "--data", "points.csv", "--sample", "5", "--width", "2"), 2, "width"),
        (("line.json", "--black-box", "--data", "points.csv", "--sample", "5"), 2, "package.module:name"),
        (("model.pt", "--black-box", "--data", "points.csv", "--sample", "5"), 5, "pickle"),
        (("no_such_module:f", "--black-box", "--data", "points.csv", "--sample", "5"), 2, "cannot import"),
        (("line.json", "--sampler", "user_sampled_models:none", "--sample", "5"), 2, "cannot import"),
        (("line.json", "--data", "iris:1-2", "--sample", "5"), 2, "coordinates"),
        (("absent.onnx", "--black-box", "--data", "points.csv", "--sample", "5"), 2, "no file"),
    ],
)
def test_bad_requests_are_refused_by_name(run: Run, arguments: tuple[str, ...], code: int, message: str) -> None:
    found, _, said = run(*arguments)
    assert found == code and message in said
