"""``rproof landscape``: tables, the envelope, files that are the same every time, exit codes."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from constructions.errors import TimeLimit
from constructions.memorizers import catalog
from constructions.memorizers.worst_cases import WorstCase
from verify.cli import main
from verify.command.landscape_table import print_landscape, shown
from verify.report.drawing import house_style
from verify.report.landscape import decisions, files, sizes
from verify.report.landscape.documents import COLUMNS, as_csv, document
from verify.report.landscape.figure import draw_landscape, odds
from verify.report.landscape.files import FIGURE_RATIOS, figure_landscapes, write_landscape, write_landscape_figure
from verify.report.landscape.latex import latex_table
from verify.report.landscape.setting import DEFAULT_RATIOS, Setting
from verify.report.landscape.sizes import Landscape, landscape_of

HALF = Fraction(1, 2)
DATA = "random:n=8,d=2,levels=9,seed=2"
SUFFIXES = ("json", "csv", "tex", "pdf", "png")


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["landscape", *arguments])
    return int(stopped.value.code or 0)


def envelope(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = run(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def landscape() -> Landscape:
    return landscape_of(Setting.of_sizes(1000, 784, "l2", ["1/1000000", "1/2", "9/10"]))


# Tables --------------------------------------------------------------------------------


def test_the_table_shows_sizes_bounds_and_the_smallest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--n", "1000", "--d", "784", "--ratios", "1/100,1/2") == 0
    text = capsys.readouterr().out
    assert re.search(r"^ 1/100 +\*751,001 +2,353,001 .*7,846,000 +>37\s*$", text, re.MULTILINE)
    assert re.search(r"^ 1/2 +\*751,001 +2,353,001 .*7,846,000 +>37 +>1,566 +>108\s*$", text, re.MULTILINE)
    assert re.search(r"^ 1/2 +\*321,251,001 +1,007,441,001 .*1,640,395,454,001 +>616,224\s*$", text, re.MULTILINE)
    assert re.search(r"no count that suffices for every data set here: .*hash-line", text)
    assert re.search(r"affine maps \(depth\): literals 3, box 3, .*paper 13", text)
    assert re.search(r"sandwich: every size that suffices .* at least 479\.566 times", text)


@pytest.mark.parametrize("arguments", [("--n", "1000000", "--d", "10000"), ("--n", "5" * 40, "--d", "999999999")])
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_tables_fit_a_hundred_columns(
    capsys: pytest.CaptureFixture[str], norm: str, arguments: tuple[str, ...]
) -> None:
    assert run(*arguments, "--norm", norm) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith(" ")]
    assert len(rows) > 2 * len(DEFAULT_RATIOS) and max(map(len, (line.rstrip() for line in rows))) <= 100


def test_for_data_the_table_says_whose_sizes_these_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--data", DATA, "--norm", "l2", "--ratios", "1/100,9999/10000", "--build", "-v") == 0
    text = capsys.readouterr().out
    assert "8 points in dimension 2, l2, eps " in text and "sizes of networks for these points" in text
    assert "some set of so many needs more" in text and len(re.findall(r"robust\s*$", text, re.MULTILINE)) == 2
    assert "points: networks with at most" in text


def test_a_condition_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = WorstCase(3, (), "points of the unit ball")
    changed = tuple(replace(e, worst=lambda *_: found) if e.name == "box" else e for e in catalog.CATALOG)
    monkeypatch.setattr(catalog, "CATALOG", changed)
    assert run("--n", "1000", "--d", "784", "--ratios", "1/2") == 0
    assert "box: only for points of the unit ball, so not compared" in capsys.readouterr().out


def test_orders_are_shown_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--n", "1000", "--d", "784", "--norm", "l2", "--ratios", "1/1000000,1/2") == 0
    text = capsys.readouterr().out
    assert "stated without explicit" in text and "row 1/1000000" in text and "constant not" in text
    assert run("--n", "1000", "--d", "784", "--norm", "l1", "--ratios", "1/2") == 0
    assert "stated without" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("size", "up", "text"),
    [
        (0, False, "0"),
        (1234567, True, "1,234,567"),
        (10**24 - 1, True, f"{10**24 - 1:,}"),
        (10**24 + 1, True, "1.0001e24"),
        (10**24 + 1, False, "1.0000e24"),
        (10**30 - 1, True, "1.0000e30"),
        (10**30 - 1, False, "9.9999e29"),
    ],
)
def test_left_out_digits_are_rounded_to_the_safe_side(size: int, up: bool, text: str) -> None:
    assert shown(size, up) == text


def test_a_contradiction_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tuple(
        replace(entry, worst=lambda *_: WorstCase(3)) if entry.name == "box" else entry for entry in catalog.CATALOG
    )
    monkeypatch.setattr(catalog, "CATALOG", wrong)
    assert run("--n", "1000", "--d", "784", "--ratios", "1/2") == 1
    assert "contradiction: at ratio 1/2 box is said to need at most 3 nonzero" in capsys.readouterr().out
    assert run("--n", "1000", "--d", "784", "--ratios", "1/2", "-q") == 1
    assert "violated; sandwich: at ratio 1/2 box" in capsys.readouterr().err
    code, found = envelope(capsys, "--data", "random:n=64,d=8,levels=16,seed=0", "--ratios", "1/2")
    assert code == 1 and found["verdict"] == "violated" and "box" in found["landscape"]["inversions"][0]


# The envelope --------------------------------------------------------------------------


def test_the_envelope_holds_every_number(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = envelope(capsys, "--n", "1000", "--d", "784", "--norm", "l2", "--ratios", "1/2,9/10")
    assert (code, found["exit"], found["verdict"], found["verb"]) == (0, 0, "holds", "landscape")
    assert found["theorem"] == "robust-memorization-l2" and found["schema"] == "robustproofs/result/1"
    assert found["instance"] == {"points": 1000, "dim": 784, "norm": "l2", "ratios": ["1/2", "9/10"]}
    (claim,) = found["claims"]
    assert claim["name"] == "sandwich" and claim["evidence"] == "exact" and Fraction(claim["measured"]) > 600
    first, second = found["landscape"]["rows"]
    by_name = {entry["name"]: entry for entry in first["constructions"]}
    assert by_name["sawtooth"]["nonzero"] == "15291001" == by_name["sawtooth"]["every_data_set"]
    assert by_name["shared-square"]["condition"] == "all coordinates within 2 N eps"
    assert int(by_name["shared-square"]["nonzero"]) < 10**6 and first["smallest"] == "sawtooth"
    names = [bound["name"] for bound in second["bounds"]]
    assert names == ["first-layer", "inputs", "pairs", "points", "first-layer-dense"]
    assert second["bounds"][2]["shattered"] == "2500" and second["bounds"][0]["counts"] == "nonzero"
    assert found["landscape"]["orders"][3]["ratios"] is None


def test_built_networks_are_claims(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = envelope(capsys, "--data", DATA, "--ratios", "1/100,1/2", "--build")
    assert code == 0
    decided = [claim for claim in found["claims"] if claim["name"].startswith("robust_error")]
    assert [claim["status"] for claim in decided] == ["holds", "holds"] and decided[0]["evidence"] == "exact"
    assert all(row["decided"]["as_counted"] for row in found["landscape"]["rows"])


def test_a_network_that_is_wrong_is_exit_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def wrong(*_: object) -> Iterator[decisions.Decision]:
        yield decisions.Decision(HALF, "box", "violated", 3, 4, 5, False, "point 0 is wrong at 1/2, 1")

    monkeypatch.setattr(decisions, "decide_smallest", wrong)
    code, found = envelope(capsys, "--data", DATA, "--ratios", "1/2", "--build")
    assert code == 1 and [claim["status"] for claim in found["claims"]] == ["holds", "violated", "violated"]
    assert run("--data", DATA, "--ratios", "1/2", "--build") == 1
    text = capsys.readouterr().out
    assert "violated, miscounted" in text and "box at 1/2: point 0 is wrong at 1/2, 1" in text


# Files ---------------------------------------------------------------------------------


def test_files_are_written_and_are_the_same_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import matplotlib

    arguments = ("--data", DATA, "--norm", "l2", "--ratios", "1/100,1/2")
    assert run(*arguments, "-o", str(tmp_path / "new" / "one")) == 0
    assert set(re.findall(r"landscape\.(\w+)$", capsys.readouterr().out, re.MULTILINE)) == set(SUFFIXES)
    # The second time for a user who has configured another look.
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "savefig.dpi": 33}):
        assert run(*arguments, "-o", str(tmp_path / "two"), "-q") == 0
    for suffix in SUFFIXES:
        bodies = [(tmp_path / name / f"landscape.{suffix}").read_bytes() for name in ("new/one", "two")]
        assert bodies[0] == bodies[1] and len(bodies[0]) > 300, suffix
    assert (tmp_path / "two" / "landscape.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in (tmp_path / "two").iterdir()} == {f"landscape.{suffix}" for suffix in SUFFIXES}
    written = json.loads((tmp_path / "two" / "landscape.json").read_text(encoding="utf-8"))
    assert written["schema"] == "robustproofs/landscape/1" and "seconds" not in json.dumps(written)


def test_the_csv_has_a_line_for_every_construction_and_bound(landscape: Landscape) -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv([landscape]))))
    assert tuple(lines[0]) == COLUMNS
    expected = sum(len(landscape.names) + len(row.bounds) for row in landscape.rows)
    assert len(lines) == expected
    (line,) = [line for line in lines if line["ratio"] == "9/10" and line["name"] == "kinks"]
    entry = landscape.rows[-1].entry("kinks")
    assert entry is not None and (line["nonzero"], line["dense"]) == (str(entry.nonzero), str(entry.dense))
    assert line["depth"] == "3" and line["status"] == "counted" and line["kind"] == "construction"
    (bound,) = [line for line in lines if line["ratio"] == "9/10" and line["name"] == "pairs"]
    assert (bound["nonzero"], bound["dense"], bound["status"]) == ("70", "", "too small")


def test_the_latex_table_rounds_to_the_safe_side(landscape: Landscape) -> None:
    text = latex_table([landscape])
    lines = text.splitlines()
    assert lines[0].startswith("% ") and r"\toprule" in lines and lines[-2:] == [r"\bottomrule", r"\end{tabular}"]
    width = re.fullmatch(r"\\begin\{tabular\}\{(r+)\}", lines[1])
    rows = [line for line in lines if line.endswith(r"\\") and "multicolumn" not in line]
    assert width and len(rows) == 8 and all(line.count("&") < len(width[1]) for line in rows)
    assert r"$9/10$ & $1.966\times 10^{8}$ & 493\,869 & \textbf{\boldmath $1.804\times 10^{7}$}" in text
    assert text.count(r"shared-square$^\dagger$ &") == 2
    assert r"{$^\dagger$ shared-square: only for all coordinates within 2 N eps} \\" in text
    assert r"$>$1\,270" in text and r"$\ell_2$, $N = 1000$, $d = 784$, every data set" in text
    named = latex_table([replace(landscape, setting=replace(landscape.setting, name="a_b 5%"))])
    assert r"a\_b 5\%" in named


def test_long_tables_keep_the_usual_ratios() -> None:
    (landscape, _) = figure_landscapes(FIGURE_RATIOS)
    shown_ratios = re.findall(r"^\$(\d+/\d+)\$ &", latex_table([landscape]), re.MULTILINE)
    assert [Fraction(text) for text in shown_ratios] == 2 * list(DEFAULT_RATIOS)
    odd = [Fraction(k, 30) for k in range(1, 30) if k % 5]
    many = landscape_of(Setting.of_sizes(10, 2, "linf", [ratio for ratio in odd if ratio not in DEFAULT_RATIOS]))
    rows = re.findall(r"^\$(\d+/\d+)\$ &", latex_table([many]), re.MULTILINE)
    assert len(rows) == 26 and (rows[0], rows[12]) == ("1/30", "29/30")


def test_the_figure_shows_every_number(landscape: Landscape) -> None:
    with house_style():
        nonzero, dense = draw_landscape([landscape]).axes
    drawn = {tuple(line.get_ydata()): line.get_linestyle() for line in nonzero.get_lines()}
    assert sorted(drawn.values()) == ["-"] * 3 + ["--"] * 4 + ["-."] * 2 and len(dense.get_lines()) == 5
    heights = {round(10**height) for line in drawn for height in line if height == height}
    expected = {e.nonzero for row in landscape.rows for e in row.entries} | {
        bound.size for row in landscape.rows for bound in row.bounds if bound.counts == "nonzero"
    }
    assert heights == expected - {None}
    assert list(nonzero.get_lines()[0].get_xdata()) == [odds(row.ratio) for row in landscape.rows]


def test_odds_are_taken_before_rounding() -> None:
    assert odds(HALF) == 0 and odds(Fraction(1, 11)) == -1
    tiny = Fraction(1, 10**400)
    assert odds(1 - tiny) == -odds(tiny) and 399 < odds(1 - tiny) < 401


def test_a_single_ratio_a_gap_and_a_bound_of_nothing_can_be_drawn(tmp_path: Path) -> None:
    nothing = landscape_of(Setting.of_sizes(2, 1, "linf", [HALF]))
    assert nothing.least_ratio is None
    gap = replace(nothing, rows=(replace(nothing.rows[0], entries=()),))
    for place, each in enumerate((nothing, gap)):
        assert len(write_landscape([each], tmp_path / str(place))) == 5
    assert document(gap)["uncounted"] and document(gap)["rows"][0]["smallest"] is None


def test_the_figure_of_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(DEFAULT_RATIOS) <= set(FIGURE_RATIOS) and len(FIGURE_RATIOS) > 30
    monkeypatch.setattr(files, "FIGURE_RATIOS", (HALF,))
    monkeypatch.setattr(files, "figure_landscapes", lambda: figure_landscapes((Fraction(1, 100), HALF)))
    found, written = write_landscape_figure(tmp_path)
    assert found.name == "landscape" and found.least_ratio > 100
    assert [path.name for path in written] == [f"landscape.{suffix}" for suffix in ("json", "csv", "tex", "pdf", "png")]
    with pytest.raises(SystemExit) as stopped:
        main(["figures", "landscape", "-o", str(tmp_path / "again")])
    assert not stopped.value.code and (tmp_path / "again" / "landscape.pdf").is_file()


# Exit codes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give --data SPEC, or --n and --d"),
        (("--n", "5"), "--n and --d"),
        (("--d", "5"), "--n and --d"),
        (("--n", "5", "--d", "2", "--data", DATA), "not both"),
        (("--n", "5", "--d", "2", "--build"), "--build"),
        (("--n", "5", "--d", "2", "--trim", "1"), "--trim"),
        (("--n", "1", "--d", "2"), "at least 2 points"),
        (("--n", "5", "--d", "0"), "at least 1, got 0"),
        (("--n", "5", "--d", "2", "--norm", "l7"), "l7"),
        (("--n", "5", "--d", "2", "--ratios", "1/2,1"), "got 1"),
        (("--n", "5", "--d", "2", "--ratios", "0"), "got 0"),
        (("--n", "5", "--d", "2", "--ratios", "1/2,"), "not an exact number"),
        (("--n", "5", "--d", "2", "--ratios", "half"), "half"),
        (("--data", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_usage_errors(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str) -> None:
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err


def test_data_without_a_separation_is_inapplicable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "same.csv"
    path.write_text("x,label\n0,1\n1,1\n", encoding="utf-8")
    assert run("--data", str(path)) == 4 and "labels agree" in capsys.readouterr().err
    path.write_text("x,label\n0,1\n0,-1\n", encoding="utf-8")
    assert run("--data", str(path)) == 4 and "points 0 and 1" in capsys.readouterr().err


def test_what_is_not_counted_in_time_is_open(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    counted, names = sizes.count_entries, [entry.name for entry in catalog.constructions_for("l1")]

    def slow(*arguments: Any) -> Iterator[sizes.Entry]:
        for place, entry in enumerate(counted(*arguments)):
            if place == len(names):
                raise TimeLimit("over")
            yield entry

    monkeypatch.setattr(sizes, "count_entries", slow)
    arguments = ("--data", DATA, "--norm", "l1", "--ratios", "1/100,1/2", "--build", "--timeout", "600")
    assert run(*arguments, "-o", str(tmp_path)) == 3
    text = capsys.readouterr().out
    assert re.search(r"^ 1/2 +- +- +- ", text, re.MULTILINE) and (tmp_path / "landscape.png").is_file()
    code, found = envelope(capsys, *arguments)
    assert code == 3 and found["verdict"] == "unknown"
    assert found["landscape"]["uncounted"] == [{"ratio": "1/2", "name": name} for name in names]
    assert "not counted in time" in (tmp_path / "landscape.csv").read_text(encoding="utf-8")
    assert run(*arguments, "-q") == 3 and "unknown; counted: no time was left for l1 at 1/2" in capsys.readouterr().err


def test_no_time_for_the_figure_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def late(*_: object) -> None:
        raise TimeLimit("over")

    monkeypatch.setattr(files, "draw_landscape", late)
    assert run("--n", "5", "--d", "2", "--ratios", "1/2", "-o", str(tmp_path)) == 3
    assert "no time was left for the figure" in capsys.readouterr().out
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".csv", ".tex"}


def test_a_timeout_ends_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = envelope(capsys, "--data", DATA, "--timeout", "0.000001")
    assert code == 3 and len(found["landscape"]["uncounted"]) >= len(DEFAULT_RATIOS) * 4


def test_without_matplotlib_the_numbers_are_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run("--n", "5", "--d", "2", "--ratios", "1/2", "-o", str(tmp_path)) == 2
    assert "pip install robustproofs[report]" in capsys.readouterr().err
    assert (tmp_path / "landscape.json").is_file() and not (tmp_path / "landscape.png").exists()


def test_the_table_goes_to_standard_output(landscape: Landscape, capsys: pytest.CaptureFixture[str]) -> None:
    print_landscape(landscape, [], verbose=False)
    assert capsys.readouterr().out.startswith("1,000 points in dimension 784, l2")
