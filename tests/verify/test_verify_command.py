"""``rproof verify`` and ``rproof radius``: answers, exit codes, envelopes, files, and bad input refused by name."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from constructions import AffineMap, ReluNetwork
from verify.certificate import checker
from verify.cli import main

TENT = ReluNetwork(
    [AffineMap([[1, 0], [-1, 0], [0, 1], [0, -1]], [0, 0, 0, 0]), AffineMap([[-1, -1, -1, -1]], [1])]
)  # 1 - |x|_1
POINTS = "a,b,label\n0,0,1\n1/4,1/4,1\n2,0,-1\n"
BOX = "(assert (and (>= X_0 -0.25) (<= X_0 0.25) (>= X_1 -0.25) (<= X_1 0.25)))\n"
VERSION_1 = "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)\n" + BOX
VERSION_2 = """(vnnlib-version <2.0>)
(declare-network net (declare-input X float32 [1,2]) (declare-output Y float32 [1]))
(assert (and (>= X[0,0] -0.25) (<= X[0,0] 0.25) (>= X[0,1] -0.25) (<= X[0,1] 0.25)))
"""
ENVELOPE = {
    "schema", "verb", "verdict", "exit", "theorem", "instance", "claims", "network", "certificate", "seconds",
    "versions",
}  # fmt: skip
CLAIM = {"name", "status", "evidence", "measured", "promised", "direction", "method", "seconds"}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder with a model and points; return exit code, output and messages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    TENT.save(tmp_path / "tent.json")
    Path("points.csv").write_text(POINTS, encoding="utf-8")

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return int(str(end.value.code)), printed.out, printed.err

    return call


def _json(run: Run, *arguments: object) -> dict[str, Any]:
    code, printed, _ = run(*arguments, "--json")
    envelope: dict[str, Any] = json.loads(printed)
    assert set(envelope) >= ENVELOPE and envelope["exit"] == code
    assert all(set(claim) >= CLAIM for claim in envelope["claims"])
    return envelope


def _verify(run: Run, radius: str, *options: object) -> tuple[int, dict[str, Any]]:
    envelope = _json(run, "verify", "tent.json", "--data", "points.csv", "--radius", radius, *options)
    return envelope["exit"], envelope


def _statuses(envelope: dict[str, Any]) -> list[str]:
    return [row["status"] for row in envelope["instance"]["per_point"]]


def _hard() -> ReluNetwork:
    """Return a network that no method decides at once on a ball of radius 1/16 around 0."""
    stream, maps = random.Random(7), []
    for inputs, outputs in pairwise((20, 40, 40, 40, 1)):
        weight = [[Fraction(round(stream.gauss(0, 1) * 16), 16) for _ in range(inputs)] for _ in range(outputs)]
        maps.append(AffineMap(weight, [Fraction(round(stream.gauss(0, 1) * 16), 16) for _ in range(outputs)]))
    return ReluNetwork(maps)


# Points: holds, violated, unknown --------------------------------------------------------


def test_a_radius_at_which_all_hold_is_exit_0(run: Run) -> None:
    code, envelope = _verify(run, "1/5")
    assert code == 0 and envelope["verdict"] == "holds" and _statuses(envelope) == ["robust"] * 3
    assert envelope["claims"][0]["measured"] == "0" and envelope["claims"][0]["promised"] == "0"
    margins = [Fraction(row["margin"]) for row in envelope["instance"]["per_point"]]
    truths = [Fraction(3, 5), Fraction(1, 10), Fraction(4, 5)]
    assert all(0 < margin <= truth for margin, truth in zip(margins, truths, strict=True))
    assert envelope["network"]["nonzero"] == 9 and envelope["seconds"] > 0


def test_the_critical_radius_itself_is_exit_1_with_an_exact_witness(run: Run) -> None:
    code, envelope = _verify(run, "1/4")
    assert code == 1 and envelope["verdict"] == "violated"
    assert _statuses(envelope) == ["robust", "violated", "robust"]
    claim = envelope["claims"][0]
    point = [Fraction(value) for value in claim["witness"]["point"]]
    assert claim["measured"] == "1/3" and TENT(point)[0] <= 0
    assert max(abs(value - Fraction(1, 4)) for value in point) <= Fraction(1, 4)
    assert _verify(run, "0.2499999999999999999999")[0] == 0


@pytest.mark.parametrize(("norm", "robust"), [("linf", 1), ("l1", 2), ("l2", 2)])
def test_every_norm(run: Run, norm: str, robust: int) -> None:
    _, envelope = _verify(run, "1/3", "--norm", norm)
    assert envelope["instance"]["robust"] == robust + 1 and envelope["instance"]["unknown"] == 0


def test_a_limit_of_seconds_leaves_hard_points_unknown(run: Run) -> None:
    _hard().save("hard.json")
    label = 1 if _hard()([0] * 20)[0] > 0 else -1
    names = ",".join(f"x{k}" for k in range(20))
    Path("zero.csv").write_text(f"{names},label\n{','.join(['0'] * 20)},{label}\n", encoding="utf-8")
    for limit in (("--seconds", "1e-9"), ("--timeout", "0.2")):
        arguments = ("verify", "hard.json", "--data", "zero.csv", "--radius", "1/16", *limit)
        assert run(*arguments, "-q")[0] == 3
        envelope = _json(run, *arguments)
        assert envelope["verdict"] == "unknown" and envelope["exit"] == 3


def test_a_timeout_that_is_over_at_once_is_unknown(run: Run) -> None:
    code, envelope = _verify(run, "1/5", "--timeout", "1e-9")
    assert code == 3 and envelope["verdict"] == "unknown"
    assert "violated" not in _statuses(envelope)


@pytest.mark.parametrize("method", ["interval", "paired", "affine", "attack", "complete"])
def test_one_method_alone_says_no_more_than_it_knows(run: Run, method: str) -> None:
    code, envelope = _verify(run, "1/5", "--method", method)
    assert code in (0, 3) and code == (0 if _statuses(envelope) == ["robust"] * 3 else 3)
    assert (method == "complete") <= (code == 0) and (method == "attack") <= (code == 3)


# Points: options -------------------------------------------------------------------------


def test_a_range_of_points(run: Run) -> None:
    for spec, statuses in (
        ("0:1", ["robust"]),
        ("1:2", ["violated"]),
        ("1:", ["violated", "robust"]),
        (":1", ["robust"]),
    ):
        _, envelope = _verify(run, "1/4", "--points", spec)
        assert _statuses(envelope) == statuses and envelope["instance"]["data"] == f"points.csv --points {spec}"
    assert _verify(run, "1/4", "--points", "2:99")[1]["instance"]["points"] == 1


def test_a_domain_limits_the_attacker(run: Run) -> None:
    assert _statuses(_verify(run, "1/4", "--points", "1:2", "--domain", "0:2/5")[1]) == ["robust"]
    code, envelope = _verify(run, "1/4", "--points", "1:2", "--domain", "0:1/2", "-o", "out")
    assert code == 1 and envelope["instance"]["domain"] == "0:1/2"
    document = json.loads(Path("out/certificate.json").read_text(encoding="utf-8"))
    assert document["statement"]["domain"] == {"lower": ["0", "0"], "upper": ["1/2", "1/2"]}


def test_a_ball_outside_the_domain_is_robust(run: Run) -> None:
    code, envelope = _verify(run, "1/4", "--domain", "5:6", "-o", "out")
    assert code == 0 and _statuses(envelope) == ["robust"] * 3
    assert checker.main(["out/certificate.json"]) == 0


def test_jobs_do_not_change_the_answer(run: Run) -> None:
    for jobs in ("1", "2"):
        assert _verify(run, "1/4", "-j", jobs)[0] == 1


@pytest.mark.parametrize("model", ["model.onnx", "model.json", "model.safetensors"])
def test_every_kind_of_model_gives_the_same_answer(run: Run, model: str) -> None:
    if model.endswith("json"):
        TENT.save(model)
    elif model.endswith("onnx"):
        TENT.to_onnx(Path(model))
    else:
        arrays = {
            f"{k}.{name}": np.array(values, float)
            for k, affine in enumerate(TENT.maps)
            for name, values in (("weight", affine.weight), ("bias", affine.bias))
        }
        save_file(arrays, model)
    for radius, code in (("1/5", 0), ("1/4", 1)):
        envelope = _json(run, "verify", model, "--data", "points.csv", "--radius", radius, "--input-shape", "2")
        assert envelope["exit"] == code


def test_labels_of_several_outputs(run: Run) -> None:
    ReluNetwork([AffineMap([[1, 0], [0, 1], [-1, -1]], [0, 0, 0])]).save(Path("three.json"))
    Path("three.csv").write_text("a,b,label\n2,0,0\n0,2,1\n-1,-1,2\n", encoding="utf-8")
    for radius, code in (("0.99", 0), ("1", 1)):
        assert _json(run, "verify", "three.json", "--data", "three.csv", "--radius", radius)["exit"] == code


# Files and tables ------------------------------------------------------------------------


@pytest.mark.parametrize("radius", ["1/5", "1/4"])
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_files_written_prove_the_statement_again(run: Run, norm: str, radius: str) -> None:
    code, envelope = _verify(run, radius, "--norm", norm, "-o", "out")
    assert envelope["certificate"] == "out/certificate.json" and Path("out/result.json").is_file()
    assert json.loads(Path("out/result.json").read_text(encoding="utf-8"))["exit"] == code
    claim = envelope["claims"][0]
    again, printed, _ = run("recheck", "out/certificate.json")
    assert again == 0 and f"is exactly {claim['measured']} on 3 points" in printed
    text = Path("out/certificate.json").read_text(encoding="utf-8")
    Path("out/certificate.json").write_text(text.replace('"radius":"1/', '"radius":"2/'), encoding="utf-8")
    assert run("recheck", "out/certificate.json")[0] == 5


def test_the_table_has_a_line_for_every_point(run: Run) -> None:
    code, printed, _ = run("verify", "tent.json", "--data", "points.csv", "--radius", "1/4")
    lines = [line.split() for line in printed.splitlines()]
    assert code == 1 and [line[2] for line in lines[1:4]] == ["robust", "violated", "robust"]
    assert lines[0][:4] == ["point", "label", "status", "method"]
    assert "time by method:" in printed and "point ['1/2', '1/2']" in printed and "verdict: violated" in printed


def test_with_many_points_only_those_not_robust_are_listed(run: Run) -> None:
    rows = "".join(f"{k},0,-1\n" for k in range(3, 60))
    Path("many.csv").write_text(POINTS + rows, encoding="utf-8")
    _, printed, _ = run("verify", "tent.json", "--data", "many.csv", "--radius", "1/4")
    assert "1 of 60 points shown (59 robust, 1 violated); -v lists all" in printed
    assert run("verify", "tent.json", "--data", "many.csv", "--radius", "1/4", "-v")[1].count(" robust ") >= 59


def test_quiet_prints_nothing(run: Run) -> None:
    assert run("verify", "tent.json", "--data", "points.csv", "--radius", "1/4", "-q") == (1, "", "")


# Properties ------------------------------------------------------------------------------


@pytest.mark.parametrize(("head", "output"), [(VERSION_1, "Y_0"), (VERSION_2, "Y[0]")])
@pytest.mark.parametrize(
    ("bound", "code", "verdict"), [("0.499", 0, "holds"), ("0.5", 1, "violated"), ("2", 1, "violated")]
)
def test_properties_hold_or_are_violated(run: Run, head: str, output: str, bound: str, code: int, verdict: str) -> None:
    Path("unsafe.vnnlib").write_text(head + f"(assert (<= {output} {bound}))", encoding="utf-8")
    envelope = _json(run, "verify", "tent.json", "--property", "unsafe.vnnlib", "-o", "out")
    assert envelope["exit"] == code and envelope["verdict"] == verdict
    (claim,) = envelope["claims"]
    if code:
        point = [Fraction(value) for value in claim["witness"]["point"]]
        assert max(map(abs, point)) <= Fraction(1, 4) and TENT(point)[0] <= Fraction(bound)
        assert claim["witness"]["output"] == [str(TENT(point)[0])]
    else:
        assert 0 < Fraction(claim["measured"]) <= Fraction(1, 1000)
        assert checker.main(["out/certificate-0.json"]) == 0


def test_a_property_of_several_cases_has_a_line_for_each(run: Run) -> None:
    Path("unsafe.vnnlib").write_text(VERSION_1 + "(assert (or (<= Y_0 1/4) (>= Y_0 1) (>= Y_0 9)))", encoding="utf-8")
    code, printed, _ = run("verify", "tent.json", "--property", "unsafe.vnnlib")
    assert code == 1
    assert [line.split()[2] for line in printed.splitlines() if line.strip().startswith("case")][:3] == [
        "holds",
        "violated",
        "unknown",
    ]


def test_a_property_without_time_is_unknown(run: Run) -> None:
    names = "".join(f"(declare-const X_{k} Real)(assert (<= X_{k} 1/16))(assert (>= X_{k} -1/16))" for k in range(20))
    _hard().save("hard.json")
    sign = "<=" if _hard()([0] * 20)[0] > 0 else ">="
    Path("hard.vnnlib").write_text(f"{names}(declare-const Y_0 Real)(assert ({sign} Y_0 0))", encoding="utf-8")
    for limit in (("--seconds", "0.05"), ("--timeout", "0.05")):
        envelope = _json(run, "verify", "hard.json", "--property", "hard.vnnlib", *limit)
        assert envelope["exit"] == 3 and envelope["verdict"] == "unknown"


# Radii -----------------------------------------------------------------------------------


def test_radii_are_bracketed_and_certified(run: Run) -> None:
    envelope = _json(run, "radius", "tent.json", "--data", "points.csv", "-o", "ends")
    assert envelope["exit"] == 0 and envelope["verb"] == "radius"
    assert [row["upper"] for row in envelope["radii"]] == ["1/2", "1/4", "1"]
    for row in envelope["radii"]:
        assert row["status"] == "bracketed" and Fraction(1023, 1024) <= Fraction(row["lower"]) / Fraction(row["upper"])
        assert checker.main([row["certificate_robust"], row["certificate_wrong"]]) == 0
        assert Fraction(row["lower"]) < Fraction(row["upper"])


def test_the_table_of_radii(run: Run) -> None:
    Path("points.csv").write_text(POINTS + "2,2,1\n", encoding="utf-8")
    code, printed, _ = run("radius", "tent.json", "--data", "points.csv", "--norm", "l1", "--largest", "9/10")
    assert code == 0
    assert [line.split()[-2] for line in printed.splitlines()[1:]] == ["beyond", "bracketed", "beyond", "wrong"]


def test_a_radius_not_found_in_time_is_open_and_exit_3(run: Run) -> None:
    envelope = _json(run, "radius", "tent.json", "--data", "points.csv", "--seconds", "1e-9")
    assert envelope["exit"] == 3 and {row["status"] for row in envelope["radii"]} == {"open"}


def test_certificates_of_radii_in_a_domain_state_the_domain(run: Run) -> None:
    arguments = ("radius", "tent.json", "--data", "points.csv", "--points", "0:1", "--domain", "0:2", "-o", "ends")
    (row,) = _json(run, *arguments)["radii"]
    assert row["upper"] == "1/2"
    for end in ("robust", "wrong"):
        document = json.loads(Path(row[f"certificate_{end}"]).read_text(encoding="utf-8"))
        assert document["statement"]["domain"] == {"lower": ["0", "0"], "upper": ["2", "2"]}, end


# Bad input -------------------------------------------------------------------------------

POINTS_OF = ("verify", "tent.json", "--data", "points.csv")
USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "no question": (("verify", "tent.json"), "give either --data SPEC with --radius, or --property FILE"),
    "two questions": ((*POINTS_OF, "--property", "p.vnnlib"), "give either --data"),
    "no radius": (POINTS_OF, "--radius must be given"),
    "negative radius": ((*POINTS_OF, "--radius", "-1/4"), "at least 0, got -1/4"),
    "radius no number": ((*POINTS_OF, "--radius", "a/b"), "a/b"),
    "infinite radius": ((*POINTS_OF, "--radius", "inf"), "inf"),
    "unknown norm": ((*POINTS_OF, "--radius", "1", "--norm", "l3"), "l3"),
    "unknown method": ((*POINTS_OF, "--radius", "1", "--method", "magic"), "magic"),
    "domain of one end": ((*POINTS_OF, "--radius", "1", "--domain", "1"), "'1' is not a range such as 0:1"),
    "domain no number": ((*POINTS_OF, "--radius", "1", "--domain", "0:x"), "x"),
    "empty domain": ((*POINTS_OF, "--radius", "1", "--domain", "1:0"), "'1:0' is empty"),
    "points no range": ((*POINTS_OF, "--radius", "1", "--points", "3"), "range such as 0:20, got '3'"),
    "negative points": ((*POINTS_OF, "--radius", "1", "--points", "-1:2"), "range such as 0:20, got '-1:2'"),
    "no points left": ((*POINTS_OF, "--radius", "1", "--points", "2:2"), "leaves none of the 3 points"),
    "points beyond": ((*POINTS_OF, "--radius", "1", "--points", "7:9"), "leaves none of the 3 points"),
    "shape no number": ((*POINTS_OF, "--radius", "1", "--input-shape", "1,a"), "'1,a' is not a shape"),
    "shape of zero": ((*POINTS_OF, "--radius", "1", "--input-shape", "0,2"), "'0,2' is not a shape"),
    "other shape": ((*POINTS_OF, "--radius", "1", "--input-shape", "3"), "takes 2 coordinates"),
    "no model": (("verify", "gone.onnx", *POINTS_OF[2:], "--radius", "1"), "there is no file gone.onnx"),
    "other model": (("verify", "points.csv", *POINTS_OF[2:], "--radius", "1"), "a model is an"),
    "no data": (("verify", "tent.json", "--data", "gone.csv", "--radius", "1"), "gone.csv"),
    "no property": (("verify", "tent.json", "--property", "gone.vnnlib"), "there is no file gone.vnnlib"),
    "seconds of zero": ((*POINTS_OF, "--radius", "1", "--seconds", "0"), "--seconds must be positive"),
    "timeout of zero": ((*POINTS_OF, "--radius", "1", "--timeout", "0"), "--timeout must be a positive number"),
    "endless timeout": ((*POINTS_OF, "--radius", "1", "--timeout", "inf"), "--timeout must be a positive number"),
    "seconds no number": ((*POINTS_OF, "--radius", "1", "--seconds", "nan"), "--seconds must be"),
    "seconds of radius no number": (("radius", *POINTS_OF[1:], "--seconds", "nan"), "--seconds must be"),
    "no threads": ((*POINTS_OF, "--radius", "1", "-j", "0"), "-j"),
    "memory no size": ((*POINTS_OF, "--radius", "1", "--max-memory", "many"), "many"),
    "output a file": ((*POINTS_OF, "--radius", "1", "-o", "points.csv"), "Directory 'points.csv' is a file"),
    "precision of 1": (("radius", *POINTS_OF[1:], "--precision", "1"), "must lie between 0 and 1, got 1"),
    "largest of 0": (("radius", *POINTS_OF[1:], "--largest", "0"), "must be positive, got 0"),
    "seconds of radius": (("radius", *POINTS_OF[1:], "--seconds", "-1"), "--seconds must be positive"),
}


@pytest.mark.parametrize("name", USAGE)
def test_misuse_is_exit_2_and_named(run: Run, name: str) -> None:
    arguments, message = USAGE[name]
    code, _, told = run(*arguments)
    assert code == 2 and message in " ".join(told.split())
    assert _json(run, *arguments)["exit"] == 2


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.pkl", "model.bin"])
def test_pickles_are_exit_5_and_stay_closed(run: Run, name: str) -> None:
    Path(name).write_bytes(pickle.dumps({"weight": 1}))
    for verb in (("verify", name, "--data", "points.csv", "--radius", "1"), ("radius", name, "--data", "points.csv")):
        code, _, told = run(*verb)
        assert code == 5 and "never opened" in told


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bad.json", b"{"),
        ("bad.json", b'{"schema": "robustproofs/network/1", "maps": []}'),
        ("bad.onnx", b"\x00\x01nonsense"),
        ("bad.safetensors", b"\xff" * 40),
    ],
)
def test_damaged_models_are_exit_5(run: Run, name: str, content: bytes) -> None:
    Path(name).write_bytes(content)
    code, _, told = run("verify", name, "--data", "points.csv", "--radius", "1")
    assert code == 5 and told.startswith("rproof: ")


def test_weights_that_are_no_numbers_are_exit_5(run: Run) -> None:
    save_file({"0.weight": np.array([[np.nan, 1.0]]), "0.bias": np.zeros(1)}, "nan.safetensors")
    code, _, told = run("verify", "nan.safetensors", "--data", "points.csv", "--radius", "1")
    assert code == 5 and "nan" in told.lower()


@pytest.mark.parametrize(
    "text", ["(assert", VERSION_1 + "(assert (<= (* Y_0 Y_0) 1))", "hello", VERSION_2 + "(exit) x"]
)
def test_damaged_properties_are_exit_5(run: Run, text: str) -> None:
    Path("bad.vnnlib").write_text(text, encoding="utf-8")
    code, _, told = run("verify", "tent.json", "--property", "bad.vnnlib")
    assert code == 5 and "bad.vnnlib" in told


def test_what_does_not_fit_the_network_is_exit_2(run: Run) -> None:
    Path("other.vnnlib").write_text(
        "(declare-const X_0 Real)(declare-const Y_0 Real)(assert (>= X_0 0))(assert (<= X_0 1))", encoding="utf-8"
    )
    code, _, told = run("verify", "tent.json", "--property", "other.vnnlib")
    assert code == 2 and "1 inputs and 1 outputs does not fit a network of 2 inputs" in told
    Path("wide.csv").write_text("a,b,c,label\n0,0,0,1\n", encoding="utf-8")
    code, _, told = run("verify", "tent.json", "--data", "wide.csv", "--radius", "1")
    assert code == 2 and "takes 2 coordinates, the points have 3" in told
    Path("labels.csv").write_text("a,b,label\n0,0,7\n", encoding="utf-8")
    code, _, told = run("verify", "tent.json", "--data", "labels.csv", "--radius", "1")
    assert code == 2 and "point 0 has label 7" in told


def test_too_little_memory_is_exit_3_beforehand(run: Run) -> None:
    code, envelope = _verify(run, "1/4", "--max-memory", "100")
    assert code == 3 and "budget" in envelope["error"]
