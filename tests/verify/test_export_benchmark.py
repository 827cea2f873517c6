"""Exported instances: files that state the question, answers that hold, and equal bytes for equal options."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from constructions import NormBall, ReluNetwork
from constructions.errors import UsageError
from verify.cli import main
from verify.instances.families import FAMILIES, draw_instances
from verify.instances.folder import export_instances
from verify.instances.instance import Instance
from verify.instances.truth import unsafe_set, write_and_prove
from verify.properties.vnnlib import read_vnnlib
from verify.testing.exhaustive import smallest_margin

HAIR = Fraction(1, 2**40)
ROOMS = ("onnx", "vnnlib", "vnnlib2", "certificates")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "bench"
    export_instances(folder, 15, 3, HAIR, list(FAMILIES))
    return folder


def _entries(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))["instances"]
    return found


def _folder(tmp_path: Path) -> Path:
    for room in ROOMS:
        (tmp_path / room).mkdir()
    return tmp_path


@pytest.mark.parametrize("family", ["needle", "cancelling", "bit-extraction"])
@pytest.mark.parametrize("margin", [Fraction(1, 4), HAIR])
def test_the_margin_promised_is_the_exact_minimum_on_the_ball(family: str, margin: Fraction) -> None:
    checked = 0
    for instance in islice(FAMILIES[family](random.Random(5), margin), 12):
        if instance.network.size.units > 60 or len(instance.centre) > 3:
            continue
        ball = NormBall("linf", instance.radius)
        found = smallest_margin(instance.network, instance.label, instance.centre, ball)
        assert found is not None and found.margin == instance.margin
        assert instance.answer == ("holds" if found.margin > 0 else "violated")
        checked += 1
    assert checked >= 3


def test_an_edge_pair_lies_on_both_sides_of_the_critical_radius() -> None:
    pairs = list(islice(FAMILIES["gaussian"](random.Random(2), Fraction(1, 2**12)), 6))
    for inside, outside in zip(pairs[::2], pairs[1::2], strict=True):
        assert inside.network is outside.network and inside.answer == "holds" and outside.answer == "violated"
        assert 0 < outside.radius - inside.radius < Fraction(1, 2**12) * outside.radius
        for instance in (inside, outside):
            ball = NormBall("linf", instance.radius)
            found = smallest_margin(instance.network, instance.label, instance.centre, ball)
            assert found is not None and (found.margin > 0) == (instance.answer == "holds")


def test_every_known_witness_is_one() -> None:
    known = 0
    for instance in draw_instances(30, 1, HAIR):
        if instance.witness is not None:
            known += 1
            assert instance.answer == "violated"
            assert unsafe_set(instance).cases[0].is_reached_at(instance.network, instance.witness)
    assert known >= 8


def test_the_files_state_what_the_truth_says(exported: Path) -> None:
    entries = _entries(exported)
    assert len(entries) == 15 and {entry["answer"] for entry in entries} == {"holds", "violated"}
    for entry in entries:
        network = ReluNetwork.from_onnx(exported / entry["onnx"])
        first, second = (read_vnnlib(exported / room / f"{entry['name']}.vnnlib") for room in ("vnnlib", "vnnlib2"))
        assert first == second and (first.inputs, first.outputs) == (network.dim, 1)
        radius = Fraction(entry["radius"])
        assert [low + radius for low in first.cases[0].lower] == [Fraction(text) for text in entry["centre"]]
        if entry["witness"] is not None:
            assert first.cases[0].is_reached_at(network, [Fraction(text) for text in entry["witness"]])
        assert (entry["witness"] is None) == (entry["answer"] == "holds")
        assert entry["competition"] == {"holds": "unsat", "violated": "sat"}[entry["answer"]]


def test_the_margin_is_that_of_the_file(exported: Path) -> None:
    hairs = [entry for entry in _entries(exported) if entry["margin"] == str(HAIR)]
    assert {entry["family"] for entry in hairs} >= {"needle", "cancelling"}
    for entry in hairs:
        assert 0 < Fraction(entry["proved_margin"]) <= HAIR


def test_the_tables_are_as_competitions_read_them(exported: Path) -> None:
    for name, room in (("instances.csv", "vnnlib"), ("instances_2.0.csv", "vnnlib2")):
        rows = list(csv.reader((exported / name).read_text(encoding="utf-8").splitlines()))
        assert len(rows) == 15
        for onnx, vnnlib, limit in rows:
            assert (exported / onnx).is_file() and (exported / vnnlib).is_file() and int(limit) == 300
            assert onnx.startswith("onnx/") and vnnlib.startswith(f"{room}/")
    assert "15 questions" in (exported / "README.md").read_text(encoding="utf-8")


def test_the_checker_inside_accepts_a_certificate_alone(exported: Path) -> None:
    chosen = [entry for entry in _entries(exported) if entry["answer"] == "holds"][:3]
    for entry in chosen:
        command = [sys.executable, "-I", "checker.py", entry["certificate"]]
        done = subprocess.run(command, cwd=exported, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr


def test_equal_options_give_equal_bytes(tmp_path: Path, exported: Path) -> None:
    export_instances(tmp_path / "again", 15, 3, HAIR, list(FAMILIES))
    files = sorted(path.relative_to(exported) for path in exported.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*.*"))
    for name in files:
        assert (exported / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_a_wrong_answer_is_never_written(tmp_path: Path) -> None:
    folder, true = _folder(tmp_path), next(FAMILIES["cancelling"](random.Random(0), HAIR))
    lie = Instance("lie", true.family, true.network, true.centre, true.radius, true.label, "violated")
    with pytest.raises(RuntimeError, match="was to be violated"):
        write_and_prove(lie, folder)


def test_a_witness_that_is_none_is_not_believed(tmp_path: Path) -> None:
    folder, true = _folder(tmp_path), next(FAMILIES["cancelling"](random.Random(0), HAIR))
    lie = Instance(
        "lie", true.family, true.network, true.centre, true.radius, true.label, "violated", witness=true.centre
    )
    with pytest.raises(RuntimeError, match="was to be violated"):
        write_and_prove(lie, folder)


def test_the_public_parser_reads_the_same_boxes(exported: Path) -> None:
    vnnlib = pytest.importorskip("vnnlib")
    compat = pytest.importorskip("vnnlib.compat")
    for entry in _entries(exported):
        (case,) = compat.transform(vnnlib.parse_query_file(str(exported / "vnnlib2" / f"{entry['name']}.vnnlib")))
        radius = Fraction(entry["radius"])
        sides = [(float(Fraction(x) - radius), float(Fraction(x) + radius)) for x in entry["centre"]]
        assert [tuple(side) for side in case.input_box] == sides
        (polytope,) = case.output_constraints
        assert [list(row) for row in polytope.coeff_matrix] == [[float(entry["label"])]]


def test_floats_agree_with_the_exact_sign_where_the_margin_is_wide(tmp_path: Path) -> None:
    import numpy as np
    import onnxruntime

    folder = tmp_path / "wide"
    export_instances(folder, 6, 0, Fraction(1, 4), ["needle", "bit-extraction"])
    for entry in _entries(folder):
        session = onnxruntime.InferenceSession(str(folder / entry["onnx"]))
        kind = np.float32 if session.get_inputs()[0].type == "tensor(float)" else np.float64
        point = np.array([[float(Fraction(text)) for text in entry["witness"] or entry["centre"]]], dtype=kind)
        value = float(session.run(None, {session.get_inputs()[0].name: point})[0][0, 0])
        assert (entry["label"] * value > 0) == (entry["answer"] == "holds")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "-o DIR"),
        (["-o", "new", "--margin", "1/3"], "power of two"),
        (["-o", "new", "--margin", "2^-41"], "2^-40"),
        (["-o", "new", "--families", "needle,none"], "'none'"),
        (["-o", "new", "--families", "needle,needle"], "once"),
        (["-o", "new", "--instances", "0"], "at least 1"),
        (["-o", "new", "--seconds", "0"], "positive"),
        (["-o", "full"], "not an empty folder"),
        (["-o", "file/new"], "cannot make"),
    ],
)
def test_bad_options_are_refused_and_nothing_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("a file", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as end:
        main(["export-benchmark", *arguments])
    assert end.value.code == 2 and words in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_prints_one_claim_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["export-benchmark", "--instances", "4", "--families", "cancelling", "--json", "-o", str(tmp_path / "b")])
    envelope = json.loads(capsys.readouterr().out)
    assert end.value.code == 0 and envelope["verdict"] == "holds" and len(envelope["claims"]) == 4
    assert not [path for path in tmp_path.iterdir() if "partial" in path.name]


def test_an_undecided_question_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.instances.folder.write_and_prove", lambda *_: None)
    with pytest.raises(SystemExit) as end:
        main(["export-benchmark", "--instances", "2", "-q", "-o", str(tmp_path / "b")])
    assert end.value.code == 3 and (tmp_path / "b" / "instances.csv").read_text(encoding="utf-8") == ""


def test_unknown_families_are_named() -> None:
    with pytest.raises(UsageError, match="'pins'"):
        draw_instances(3, 0, HAIR, ["pins"])
