"""``rproof optimal``: the value with its files, the curve with its table and figure, exit codes."""

from __future__ import annotations

import csv
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import verify
from constructions import LabelledPoints, ReluNetwork, load_data
from verify.claims.optimal_curve_claims import (
    agrees_at_single_radii,
    ends_at_the_smaller_class,
    starts_at_the_bayes_error,
)
from verify.cli import main
from verify.optimal_risk.error_curve import OptimalErrorCurve, optimal_error_curve
from verify.optimal_risk.optimal_error import as_distribution

DATA = "random:n=24,d=2,levels=12,seed=3"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["optimal", *arguments])
    return int(stopped.value.code or 0)


def envelope(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = run("--json", *arguments)
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_a_radius_gives_value_certificate_and_network(
    norm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown = envelope(capsys, "--data", DATA, "--norm", norm, "--radius", "1/8", "-o", str(tmp_path))
    data = load_data(DATA)
    value = verify.optimal_robust_error(data, norm, "1/8").value
    assert (code, shown["verdict"], shown["instance"]["optimal"]) == (0, "holds", str(value)) and value > 0
    assert [claim["name"] for claim in shown["claims"]] == ["cover", "matching", "certificate", "attained"]
    assert f"is {value}:" in verify.recheck(shown["certificate"])
    network = ReluNetwork.load(tmp_path / "network.json")
    assert verify.robust_error(network, data, norm, "1/8").lower == value
    assert verify.recheck(tmp_path / "network_certificate.json").startswith(
        f"proved: the robust error is exactly {value}"
    )
    assert json.loads((tmp_path / "result.json").read_text())["claims"] == shown["claims"]


def test_the_curve_is_the_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = envelope(capsys, "--data", "digits:3-8", "-o", str(tmp_path))
    assert code == 0 and [claim["name"] for claim in shown["claims"]] == ["bayes_error", "limit", "single_radii"]
    assert shown["curve"][:3] == [
        {"radius": "0", "value": "0"},
        {"radius": "1/4", "value": "1/357"},
        {"radius": "9/32", "value": "4/357"},
    ]
    assert shown["instance"]["first_loss"] == "1/4" and shown["certificate"] is None
    rows = list(csv.DictReader((tmp_path / "curve.csv").read_text().splitlines()))
    assert [(row["radius"], row["optimal_robust_error"]) for row in rows] == [
        (entry["radius"], entry["value"]) for entry in shown["curve"]
    ]
    assert (tmp_path / "curve.png").read_bytes()[:4] == b"\x89PNG" and (tmp_path / "curve.pdf").stat().st_size > 1000


def test_a_long_curve_is_thinned_unless_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--data", "digits:3-8", "--norm", "l2") == 0
    text = capsys.readouterr().out
    assert "losses begin at radius sqrt(135/256), about 0.726184; 2741 distances, 24 of 156 rows shown" in text
    assert run("--data", "digits:3-8", "--norm", "l2", "-v") == 0
    assert len(capsys.readouterr().out.splitlines()) > len(text.splitlines()) + 100


def test_a_figure_needs_matplotlib_and_nothing_else_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, shown = envelope(capsys, "--data", DATA, "-o", str(tmp_path))
    assert code == 0 and shown["files"]["curve.pdf"].startswith("skipped") and (tmp_path / "curve.csv").exists()


def test_open_balls_that_touch_have_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = tmp_path / "points.csv"
    points.write_text("x,label\n0,-1\n1,1\n")
    asked = ("--data", str(points), "--radius", "0.5", "--open-balls", "-o", str(tmp_path))
    code, shown = envelope(capsys, *asked)
    assert (code, shown["instance"]["optimal"], shown["instance"]["balls"]) == (0, "0", "open")
    assert shown["files"]["network.json"].startswith("skipped") and not (tmp_path / "network.json").exists()
    assert "open linf balls of radius 1/2, is 0:" in verify.recheck(tmp_path / "certificate.json")
    code, shown = envelope(capsys, *asked[:-2])
    assert code == 0 and shown["certificate"] is None


def test_open_balls_that_leave_room_have_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = envelope(capsys, "--data", DATA, "--radius", "1/25", "--open-balls", "-o", str(tmp_path))
    assert code == 0 and shown["claims"][-1]["name"] == "attained" and shown["network"]["nonzero"] > 1


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = tmp_path / "points.csv"
    points.write_text("x,label\n0,0\n1,1\n2,2\n")
    assert run("--data", str(points), "--radius", "1") == 4
    assert "NP-hard" in capsys.readouterr().err
    assert run("--data", DATA, "--radius", "-1") == 4
    assert run("--data", DATA, "--radius", "0", "--open-balls") == 4
    assert run("--data", DATA, "--radius", "one") == 2
    assert run("--data", DATA, "--open-balls") == 2
    assert run("--data", DATA, "--construction", "box") == 2
    assert run("--data", DATA, "--radius", "1/8", "--construction", "l1", "-o", str(tmp_path)) == 2
    assert run("--data", "nothing.csv") == 2
    capsys.readouterr()
    assert run("--help") == 0 and "Examples:" in capsys.readouterr().out


# Claims about the curve ----------------------------------------------------------------------


def test_a_wrong_curve_is_refuted() -> None:
    law = as_distribution(LabelledPoints.of([[0], [0], [1], [4]], labels=[-1, 1, 1, -1]))
    curve = optimal_error_curve(law)
    assert (curve.radii, curve.values) == ((0, Fraction(3, 2)), (Fraction(1, 4), Fraction(1, 2)))
    judges = (starts_at_the_bayes_error, ends_at_the_smaller_class, agrees_at_single_radii)
    assert [judge(curve, law).status for judge in judges] == ["holds"] * 3
    half, zero = Fraction(1, 2), Fraction(0)
    too_low = OptimalErrorCurve("linf", curve.radii, (zero, half), 3)
    assert [judge(too_low, law).status for judge in judges] == ["violated", "holds", "violated"]
    too_soon = OptimalErrorCurve("linf", (zero, Fraction(1)), curve.values, 3)
    assert [judge(too_soon, law).status for judge in judges] == ["holds", "holds", "violated"]
    cut_off = OptimalErrorCurve("linf", curve.radii[:1], curve.values[:1], 3)
    assert [judge(cut_off, law).status for judge in judges] == ["holds", "violated", "holds"]
