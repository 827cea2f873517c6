"""``rproof draw``: what it writes, what it says, and how it refuses."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.data.sources import load_data
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from verify.cli import main
from verify.report.pictures import instance_pictures, scene_drawing

CUBE = "random:n=8,d=3,levels=9,seed=0"
PLANE = "random:n=6,d=2,levels=5,seed=1"


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw with few cells and one format, which is as much of the command in less time."""
    monkeypatch.setattr(instance_pictures, "FORMATS", ("png",))
    full = scene_drawing.values_on_grid
    monkeypatch.setattr(scene_drawing, "values_on_grid", lambda network, window, _: full(network, window, 12))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A network that is robust at radius 1/16 and not at 1/2."""
    data = load_data(PLANE)
    memorize_with_box_bumps(data, "1/16").save(tmp_path / "net.json")
    return tmp_path / "net.json"


def _exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["draw", *arguments])
    return int(stopped.value.code or 0)


def _envelope(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    code = _exit_code(*arguments, "--json")
    envelope = json.loads(capsys.readouterr().out)
    assert envelope["exit"] == code and envelope["verb"] == "draw"
    return dict(envelope)


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("2.2",), 0, "robust-memorization"),
        (("robust-memorization-l1", "--construction", "l1", "--ratio", "9/10"), 0, "robust-memorization-l1"),
        (("distance-classifier",), 0, "distance-classifier"),
        (("3.2", "--instance", "erratum", "--norm", "l2"), 1, "distance-classifier-as-printed"),
        (("3.4", "--instance", "erratum"), 1, "hard-separated-sets-as-printed"),
        (("robust-classifier",), 0, "robust-classifier"),
        (("hard-linearly-separable-sets",), 0, "hard-linearly-separable-sets"),
        (("hard-linearly-separable-sets", "--d", "3", "--slice", "0,2"), 0, "hard-linearly-separable-sets"),
        (("robust-overfitting",), 0, "robust-overfitting"),
        (("2.2", "--data", CUBE, "--plane", "0,1,2"), 0, "robust-memorization"),
        (("3.3", "--sets", "boxes:n=2,d=3,levels=4", "--slice", "0,1"), 0, "robust-classifier-as-printed"),
        (("hard-manifold-sets",), 0, "hard-manifold-sets"),
    ],
)
def test_statements_are_drawn(tmp_path: Path, arguments: tuple[str, ...], code: int, name: str) -> None:
    assert _exit_code(*arguments, "-o", str(tmp_path), "-q") == code
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.png"]


def test_the_failing_instance_shows_its_exact_point(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    envelope = _envelope(capsys, "3.2", "--instance", "erratum", "--norm", "l1", "-o", str(tmp_path))
    shown = envelope["picture"]
    assert isinstance(shown, dict) and shown["wrong_points"] == [["1/2", "0"]] and envelope["verdict"] == "violated"
    assert str(shown["zero_line"]).startswith("traced on a grid")


def test_a_model_is_decided_and_drawn(capsys: pytest.CaptureFixture[str], model: Path, tmp_path: Path) -> None:
    good = _envelope(capsys, str(model), "--data", PLANE, "--radius", "1/16", "-o", str(tmp_path / "good"))
    assert good["exit"] == 0 and good["verdict"] == "holds"
    bad = _envelope(capsys, str(model), "--points", PLANE, "--radius", "1/2", "-o", str(tmp_path / "bad"))
    assert bad["exit"] == 1
    shown = bad["picture"]
    assert isinstance(shown, dict) and shown["zero_line"] == "exact"
    data = load_data(PLANE)
    for text in shown["wrong_points"]:
        point = [Fraction(value) for value in text]
        near = [
            i for i in range(len(data)) if max(abs(x - c) for x, c in zip(point, data.point(i), strict=True)) <= 0.5
        ]
        assert near
    assert (tmp_path / "bad" / "net.png").is_file()


def test_the_table_names_files_and_wrong_points(
    capsys: pytest.CaptureFixture[str], model: Path, tmp_path: Path
) -> None:
    assert _exit_code(str(model), "--data", PLANE, "--radius", "1/2", "-o", str(tmp_path)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(tmp_path / "net.png") and lines[1].startswith("zero line: exact, ")
    assert any(line.startswith("exact wrong point: (") for line in lines) and lines[-1] == "verdict: violated"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("2.2", "--data", CUBE), 2, "a picture shows two dimensions, the points have 3; give --slice I,J"),
        (("2.2", "--data", CUBE, "--slice", "0,3"), 2, "there is no coordinate 3; the points have 0 to 2"),
        (("2.2", "--data", CUBE, "--slice", "1,1"), 2, "two different coordinates, got 1 twice"),
        (("2.2", "--data", CUBE, "--slice", "1"), 2, "'1' is not 2 numbers such as 0,1"),
        (("2.2", "--data", CUBE, "--slice", "0,1", "--through", "8"), 2, "there is no point 8; the points are 0 to 7"),
        (("2.2", "--data", CUBE, "--plane", "0,1,1"), 2, "lie on one line"),
        (("2.2", "--data", CUBE, "--plane", "0,1,2", "--slice", "0,1"), 2, "--slice or --plane, not both"),
        (("2.2", "--radius", "1/3"), 4, "nothing drawn; radius: radius 1/3 must be at least 0 and below eps/2"),
        (("4.4",), 2, "decides no network on balls, so there is nothing to draw"),
        (("3.2", "--d", "3"), 2, "a picture of two sets needs dimension 2, they lie in dimension 3"),
        (("3.3", "--sets", "boxes:n=2,d=3,levels=4"), 2, "the points have 3; give --slice I,J"),
        (("9.9",), 2, "unknown theorem '9.9'"),
        ((), 2, "name one THEOREM or MODEL"),
        (("--gallery", "nothing"), 2, "the gallery has no picture 'nothing'; choose one of memorizers-linf"),
        (("net.json", "--data", PLANE), 2, "a MODEL needs --data SPEC and --radius R"),
        (("net.json", "--data", PLANE, "--radius", "1", "--eps", "1"), 2, "not --eps"),
        (("absent.json", "--data", PLANE, "--radius", "1/8"), 2, "absent.json"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    assert _exit_code(*arguments, "-o", str(tmp_path / "none")) == code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_three_outputs_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from constructions.network.affine_map import AffineMap
    from constructions.network.relu_network import ReluNetwork

    ReluNetwork([AffineMap([[1, 0], [0, 1], [1, 1]], [0, 0, 0])]).save(tmp_path / "three.json")
    LabelledPoints.of([[1, 0], [0, 1]], labels=[0, 1])
    (tmp_path / "points.csv").write_text("x,y,label\n1,0,0\n0,1,1\n", encoding="utf-8")
    code = _exit_code(str(tmp_path / "three.json"), "--data", str(tmp_path / "points.csv"), "--radius", "1/8")
    assert code == 2 and "networks of one or two outputs, got 3" in capsys.readouterr().err


def test_without_matplotlib_the_command_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for arguments in (("2.2",), ("--gallery", "cells")):
        assert _exit_code(*arguments, "-o", str(tmp_path / "none")) == 2
        assert "pip install robustproofs[report]" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_the_folder_is_pictures_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert _exit_code("2.2", "-q") == 0
    assert (tmp_path / "pictures" / "robust-memorization.png").is_file()


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit_code("--help") == 0
    shown = capsys.readouterr().out
    assert "rproof draw 2.2" in shown and "rproof draw --gallery -o pictures/" in shown
