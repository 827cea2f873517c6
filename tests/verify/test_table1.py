"""The paper's table: every line measured, its documents, resuming, exit codes."""

from __future__ import annotations

import copy
import json
import math
import re
import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from constructions import ReluNetwork, load_data
from verify.certificate.issue import recheck
from verify.cli import main
from verify.command.make_table1 import _print
from verify.report.latex import grouped_digits, latex_number, latex_text
from verify.report.statements import statement_of
from verify.report.table1 import plan as table_plan
from verify.report.table1.documents import html_page, latex_table, table_document
from verify.report.table1.entries import Entry, entries_of
from verify.report.table1.plan import TABLE1, plan_of, plan_text
from verify.report.table1.run import Table, measure_table
from verify.sweep import local
from verify.sweep.check_job import run_check
from verify.sweep.chunks import Chunks
from verify.sweep.plan import parse_plan
from verify.sweep.store import Row, RunStore
from verify.sweep.worker_pool import WorkerPool
from verify.theorems.registry import theorems

ROOT = Path(__file__).resolve().parents[2]
VOID = {"meta", "br", "img", "link", "hr", "input"}


def here(folder: Path) -> Any:
    """An executor that runs jobs in this process and keeps their files."""

    def execute(chunks: Chunks) -> Iterator[Row]:
        while len(chunks):
            for planned in next(iter(chunks)):
                yield Row(planned.job, run_check(planned.job.key, planned.job.parameters, planned.limits, folder), 0.5)

    return execute


def nothing_to_do(chunks: Chunks) -> Iterator[Row]:
    assert len(chunks) == 0
    yield from ()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("table1")


@pytest.fixture(scope="module")
def table(folder: Path) -> Table:
    return measure_table(TABLE1, folder, here(folder))


@pytest.fixture(scope="module")
def document(table: Table) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(table.files["table1.json"].read_text(encoding="utf-8"))
    return found


def results_of(table: Table) -> dict[str, dict[str, Any]]:
    return {entry.job.key: copy.deepcopy(entry.result) for entry in table.entries if entry.result is not None}


def entry_of(table: Table, stem: str) -> Entry:
    return next(entry for entry in table.entries if entry.stem == stem)


# What the table says -------------------------------------------------------------------


def test_every_line_comes_out_as_the_table_says(table: Table) -> None:
    assert [entry.stem for entry in table.entries if not entry.agrees] == [] and table.exit_code == 0
    assert {cell.side for cell in TABLE1} == {"upper", "lower"} and len(TABLE1) == 8
    for cell in TABLE1:
        assert {"printed", "ours"} <= {line.role for line in cell.lines}, cell.name


def test_a_statement_that_fails_has_a_witness(table: Table, document: dict[str, Any]) -> None:
    failing = [line for line in document["lines"] if line["role"] == "failing"]
    assert {line["paper"] for line in failing} == {"2.3", "3.3", "3.4", "4.3", "5.8"}
    for line in failing:
        assert line["verdict"] == "violated" and line["claim"]["status"] == "violated", line["name"]
        assert line["detail"] and len(line["witness"]) > 1, line["name"]
        assert line["enough"] is None and line["too_few"] is None


def test_ours_has_both_sides_and_they_do_not_meet(table: Table) -> None:
    for entry in table.entries:
        if entry.line.role == "ours":
            assert entry.enough is not None and entry.too_few is not None, entry.stem
            assert 0 < entry.too_few < entry.enough, entry.stem


def test_the_sides_beside_a_line_are_about_its_own_family(table: Table) -> None:
    names = (("points", "points"), ("dim", "d"), ("norm", "norm"), ("ratio", "ratio"))
    for entry in table.entries:
        if entry.line.beside is None or entry.line.role == "failing":
            continue
        other = entry_of(table, "-".join(entry.line.beside))
        if entry.cell.name == "training-upper":
            assert [entry.instance[ours] for ours, _ in names] == [other.instance[theirs] for _, theirs in names]
        else:
            shared = {name: value for name, value in entry.instance.items() if name in other.instance}
            assert all(other.instance[name] == value for name, value in shared.items()), entry.stem
            assert {"eps", "radius"} <= set(shared) or {"points", "d", "norm", "ratio"} <= set(shared), entry.stem


def test_what_is_built_keeps_to_what_is_promised(table: Table) -> None:
    for entry in table.entries:
        claim = entry.claim
        assert claim is not None, entry.stem
        if entry.cell.side == "upper" and entry.line.role != "failing":
            assert entry.built is not None and entry.built["nonzero"] == int(claim["measured"]) <= int(
                claim["promised"]
            )
        if entry.cell.side == "lower" and entry.line.role == "printed":
            assert int(claim["measured"]) >= int(claim["promised"]) > 0, entry.stem


PROMISED = {
    "training-upper-ours-linf": 16 * (3 * min(2 * 16, 16) + 2) + 1,
    "separated-upper-ours-linf": 14**2 * (6 * 2 + 2) + 1,
    "separated-upper-ours-l2": 20**2 * (6 * 2 + 2) + 1,
    "separable-upper-ours": math.isqrt(704 * 5**3) + 6 * 4 * 3,
    "manifold-upper-ours-plane": 81 * (6 * 4 + 2) + 1,
    "manifold-upper-ours-torus": 784 * (6 * 4 + 2) + 1,
    "training-lower-printed-linf": math.isqrt(32 * 16),
    "separated-lower-printed": math.floor(4**2.5 / math.sqrt(5 * 2)),
    "separable-lower-printed": math.floor(4 ** (5 / 6)),
    "manifold-lower-printed-torus": math.floor(8 / math.sqrt(2)),
}
MEASURED = {
    "training-lower-ours-linf-large": 2 * min(31, 16) - 2,
    "training-lower-ours-linf-small": 2 * math.floor(Fraction(16 * 9, 9 + 16)),
    "training-lower-ours-l2-large": 2 * math.floor(Fraction(16 * 81, 100)),
    "training-lower-ours-l2-small": 2 * math.floor(Fraction(16 * 9, 49)),
}


@pytest.mark.parametrize(("side", "values"), [("promised", PROMISED), ("measured", MEASURED)])
def test_the_formulas_of_the_statements_give_the_numbers(table: Table, side: str, values: dict[str, int]) -> None:
    found = {stem: claim[side] for stem in values if (claim := entry_of(table, stem).claim) is not None}
    assert found == {stem: str(value) for stem, value in values.items()}


def test_the_points_of_the_first_row_lie_in_the_unit_ball_as_printed() -> None:
    data = load_data("random:n=32,d=16,levels=16,seed=0,shrink=4")
    assert max(sum(Fraction(value) ** 2 for value in point) for point in data.points) <= 1
    assert data.scale == 60 and len(data) == 32


# Files ---------------------------------------------------------------------------------


def test_networks_and_certificates_are_those_of_the_table(document: dict[str, Any], folder: Path) -> None:
    for line in document["lines"]:
        if line["built"] is not None and line["built"]["nonzero"] < 600:
            assert ReluNetwork.load(folder / line["files"]["network"]["path"]).size.nonzero == line["built"]["nonzero"]
        if line["role"] == "ours":
            assert {"certificate", "network"} <= set(line["files"]), line["name"]


def test_certificates_are_proved_where_they_were_copied_to(document: dict[str, Any], folder: Path) -> None:
    lines = {line["name"]: line for line in document["lines"]}
    said = recheck(folder / lines["training-upper-ours-l2"]["files"]["certificate"]["path"])
    assert "robust error is exactly 0" in said and "810 nonzero" in said
    said = recheck(folder / lines["separated-lower-ours"]["files"]["size_certificate"]["path"])
    assert "at most 88 nonzero parameters" in said
    for line in document["lines"]:
        for kind in {"certificate", "size_certificate"} & set(line["files"]):
            assert recheck(folder / line["files"][kind]["path"]).startswith("proved: "), line["name"]


def test_a_finished_table_is_not_measured_again(table: Table, folder: Path) -> None:
    before = {name: path.read_bytes() for name, path in table.files.items()}
    again = measure_table(TABLE1, folder, nothing_to_do)
    assert again.found == len(again.entries) and again.exit_code == 0
    assert {name: path.read_bytes() for name, path in again.files.items()} == before


def test_times_are_in_no_document(table: Table, folder: Path) -> None:
    results = results_of(table)
    for result in results.values():
        result["seconds"], result["timings"] = 12345.678, {"total": 12345.678}
        for claim in result["claims"]:
            claim["seconds"] = 12345.678
    moved = [
        Entry(**{**_fields(new), "files": old.files})
        for new, old in zip(entries_of(TABLE1, plan_of(TABLE1), results), table.entries, strict=True)
    ]
    assert table_document(moved, folder) == table_document(table.entries, folder)
    assert "seconds" not in table.files["table1.json"].read_text(encoding="utf-8")


def _fields(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}


# Exit codes ----------------------------------------------------------------------------


def exit_with(table: Table, changed: dict[str, dict[str, Any]]) -> int:
    results = results_of(table)
    for stem, changes in changed.items():
        results[entry_of(table, stem).job.key] |= changes
    return Table(tuple(entries_of(TABLE1, plan_of(TABLE1), results)), {}, 0).exit_code


BAD = {"verdict": "violated", "exit": 1}
OPEN = {"verdict": "unknown", "exit": 3}
REFUSED = {"verdict": "inapplicable", "exit": 4}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"training-upper-ours-l2": BAD}, 1),
        ({"training-upper-printed-l2": BAD}, 1),
        ({"training-upper-ours-l2": OPEN}, 3),
        ({"training-upper-printed-l2": REFUSED, "training-upper-ours-l2": BAD}, 4),
        ({"training-lower-failing-l2": {"verdict": "holds", "exit": 0}}, 1),
        (
            {
                "training-lower-failing-l2": OPEN,
                "training-upper-ours-l2": {"error": "x", "verdict": "error", "exit": 5},
            },
            5,
        ),
        ({"training-upper-ours-l2": {"error": "x", "verdict": "error", "exit": 70}}, 70),
    ],
)
def test_the_exit_code_is_that_of_the_lines_that_go_astray(table: Table, changed: dict[str, Any], code: int) -> None:
    assert exit_with(table, changed) == code


def test_a_violation_of_something_else_is_not_the_one_the_table_names(table: Table) -> None:
    key = entry_of(table, "training-lower-failing-linf").job.key
    results = results_of(table)
    for claim in results[key]["claims"]:
        claim["status"] = "violated" if claim["name"] == "robust_error" else "holds"
    (entry,) = (e for e in entries_of(TABLE1, plan_of(TABLE1), results) if e.job.key == key)
    assert entry.verdict == "violated" and not entry.agrees and entry.exit_code == 1


def test_lines_that_were_not_reached_are_open(tmp_path: Path) -> None:
    def first_only(chunks: Chunks) -> Iterator[Row]:
        (planned, *_) = next(iter(chunks))
        yield Row(planned.job, run_check(planned.job.key, planned.job.parameters, planned.limits, tmp_path), 0.0)

    found = measure_table(TABLE1, tmp_path, first_only)
    assert [entry.verdict for entry in found.entries].count("open") == len(found.entries) - 1
    assert found.exit_code == 3
    page = found.files["table1.html"].read_text(encoding="utf-8")
    assert (
        "not run" in page
        and found.files["table1.tex"].read_text(encoding="utf-8").count(r"\textbf{open}") == len(found.entries) - 1
    )


# HTML ----------------------------------------------------------------------------------


class Page(HTMLParser):
    """Tags in balance, identifiers and links."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.problems: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tables: list[list[int]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag not in VOID:
            self.stack.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [str(said[name]) for name in ("href", "src") if name in said]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append(0)
        elif tag in ("td", "th"):
            self.tables[-1][-1] += 1

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.problems.append(f"line {self.getpos()[0]}: </{tag}>")


def test_the_page_is_whole_and_needs_nothing_else(table: Table, folder: Path) -> None:
    text = table.files["table1.html"].read_text(encoding="utf-8")
    page = Page(text)
    assert page.problems == [] and page.stack == [] and len(page.ids) == len(set(page.ids))
    around = re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL)
    assert "http://" not in around and "https://" not in around and "<link" not in around and " src=" not in around
    assert "## Why it holds" in text and text.count("<details") == 2 * len({e.line.theorem for e in table.entries})
    for link in page.links:
        assert link[1:] in page.ids if link.startswith("#") else (folder / link).is_file(), link
    assert len({tuple(sorted(set(rows))) for rows in page.tables[:1]}) == 1 and set(page.tables[0]) == {12}
    assert len(page.tables[0]) == 1 + len(table.entries)


def test_what_a_row_says_is_escaped(table: Table, folder: Path) -> None:
    results = results_of(table)
    key = entry_of(table, "training-upper-ours-l2").job.key
    results[key] = {"verdict": "error", "exit": 5, "error": "<script>alert('&')</script>_%"}
    found = table_document(entries_of(TABLE1, plan_of(TABLE1), results), folder)
    assert "<script>alert" not in html_page(found) and "&lt;script&gt;alert" in html_page(found)


# LaTeX ---------------------------------------------------------------------------------


def test_fractions_are_exact_and_digits_in_threes(document: dict[str, Any]) -> None:
    text = latex_table(document)
    assert r"\varepsilon = \tfrac{1}{15}" in text and r"\delta = 104\,241/1\,835\,008" in text
    assert r"& 6\,137 & 6\,293 & 27 & holds \\" in text
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert text.count(r"\noindent") == len(document["caveats"]) and r"an order O(...) or $\Omega$(...)" in text
    assert text.isascii() and text.count(r"\begin{") == text.count(r"\end{") + text.count("begingroup") - 1
    assert re.search(r"\d\.\d", re.sub(r"Thm\.~\d\.\d|p\{0\.\d+", "", text)) is None, "a decimal is no exact number"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0", "0"),
        ("-3/4", r"-\tfrac{3}{4}"),
        ("1/1000", r"1/1\,000"),
        ("12345", r"12\,345"),
        ("infinite", r"\text{infinite}"),
    ],
)
def test_a_number_is_set_exactly(text: str, shown: str) -> None:
    assert latex_number(text) == shown


def test_special_letters_are_written_out() -> None:
    assert latex_text(r"a_b & c^d \ {~} $#%<>") == (
        r"a\_b \& c\textasciicircum{}d \textbackslash{} \{\textasciitilde{}\} \$\#\%\textless{}\textgreater{}"
    )
    assert grouped_digits("1234567") == r"1\,234\,567"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_latex_sets_the_table(table: Table, tmp_path: Path) -> None:
    head = r"\documentclass{article}\usepackage[landscape,margin=1cm]{geometry}"
    packages = r"\usepackage{booktabs,longtable,array,amsmath}"
    shutil.copy(table.files["table1.tex"], tmp_path / "table1.tex")
    (tmp_path / "all.tex").write_text(head + packages + r"\begin{document}\input{table1}\end{document}")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


# The command ---------------------------------------------------------------------------


@pytest.fixture
def few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cheap cells, measured in this process."""
    cells = tuple(cell for cell in TABLE1 if cell.name in ("training-lower", "separated-upper"))
    monkeypatch.setattr(table_plan, "TABLE1", cells)

    def run_chunk(self: WorkerPool, chunk: list[Any]) -> tuple[list[Row], list[Any]]:
        return [
            Row(planned.job, run_check(planned.job.key, planned.job.parameters, planned.limits, self._folder), 0.0)
            for planned in chunk
        ], []

    monkeypatch.setattr(local.WorkerPool, "run", run_chunk)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["table1", *arguments])
    return int(stopped.value.code or 0)


def test_the_command_measures_writes_and_resumes(
    few_lines: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("-o", str(out), "-j", "1") == 0
    printed = capsys.readouterr().out
    assert "training-lower-failing-linf" in printed and str(out / "table1.html") in printed
    assert run("-o", str(out), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verb"], found["verdict"], found["exit"]) == ("table1", "holds", 0)
    assert found["instance"]["found"] == found["instance"]["lines"] == 13 == len(found["claims"])
    assert {claim["status"] for claim in found["claims"]} == {"holds"}
    assert {claim["measured"] for claim in found["claims"]} == {"holds", "violated"}
    assert {Path(path).name for path in found["files"].values()} == {"table1.json", "table1.html", "table1.tex"}


def test_the_plan_is_one_for_sweep(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("--plan") == 0
    text = capsys.readouterr().out
    assert text == plan_text() and [p.job for p in parse_plan(text).jobs] == [p.job for p in plan_of().jobs]
    with RunStore.open(tmp_path) as store:
        store.plan = text
        assert store.plan == text


def test_the_guide_shows_what_is_printed(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    _print(table)
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()][: len(table.entries) + 1]
    guide = (ROOT / "docs" / "guides" / "table1.md").read_text(encoding="utf-8")
    shown = guide.partition("$ rproof table1 -o out/\n")[2].partition("\n```")[0].splitlines()
    assert shown[:-3] == printed
    assert shown[-3:] == [f"out/{name}" for name in ("table1.json", "table1.html", "table1.tex")]


# Statements ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [entry.id for entry in theorems()])
def test_every_statement_has_its_words_and_its_note(name: str) -> None:
    found = statement_of(name)
    assert (ROOT / "proofs_notes" / found["note"]).is_file(), found["note"]
    assert len(found["text"]) > 40 and "Args:" not in found["text"] and "Theorem: thm" not in found["text"]
