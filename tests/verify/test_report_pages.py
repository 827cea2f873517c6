"""``rproof report``: one page and LaTeX of any folder of results; a real browser where there is one."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from verify.cli import main
from verify.report import checks
from verify.report.pages import sort_key
from verify.report.table1.plan import TABLE1
from verify.report.table1.run import measure_table
from verify.sweep.check_job import run_check
from verify.sweep.chunks import Chunks
from verify.sweep.job import Job
from verify.sweep.store import Row, RunStore

BROWSER = next(
    (found for name in ("chromium", "google-chrome", "chromium-browser") if (found := shutil.which(name))), None
)
LATEX = shutil.which("pdflatex")
HEAD = (
    r"\documentclass{article}\usepackage[margin=1.5cm]{geometry}\usepackage{booktabs,longtable,array,amsmath,graphicx}"
)


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(str(stopped.value.code))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def table_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that table1 filled, with two of its cells."""
    folder = tmp_path_factory.mktemp("out")

    def execute(chunks: Chunks) -> Iterator[Row]:
        for chunk in chunks:
            for planned in chunk:
                yield Row(planned.job, run_check(planned.job.key, planned.job.parameters, planned.limits, folder), 0.5)

    cells = [cell for cell in TABLE1 if cell.name in ("training-lower", "separated-upper")]
    assert measure_table(cells, folder, execute).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def report(table_folder: Path) -> Path:
    assert run("report", table_folder, "--dots", 40, "-q") == 0
    return table_folder / "report"


class Page(HTMLParser):
    """What a page holds: identifiers, links, cells of each table; tags out of balance are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.ids += [str(said["id"])] if "id" in said else []
        self.links += [str(said[name]) for name in ("href", "src") if name in said]
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data


def test_the_page_is_one_file_and_every_link_leads_somewhere(report: Path) -> None:
    text = (report / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    pictures = [link for link in page.links if link.startswith("data:image/png;base64,")]
    assert base64.b64decode(pictures[0].partition(",")[2]) == (report / "checks.png").read_bytes()
    for link in set(page.links) - set(pictures):
        assert link[1:] in page.ids if link.startswith("#") else (report / link).is_file(), link
    assert {"certificate.json", "network.json"} <= {Path(link).name for link in page.links}
    assert not re.search(r"https?://(?!\S*\))", re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL))
    assert all(len({len(row) for row in rows}) == 1 for rows in page.tables)


def test_every_claim_stands_beside_its_statement_and_note(report: Path, table_folder: Path) -> None:
    text = (report / "report.html").read_text(encoding="utf-8")
    with RunStore.read(table_folder) as store:
        rows = list(store.rows())
    for row in rows:
        assert f'id="row-{row.job.key}"' in text and f'href="#statement-{row.job.parameters["theorem"]}"' in text
    assert "## Why it holds" in text and "Proof note: thm_memorization_size_bound_linf.md" in text
    page = Page(text)
    claims = [cells for rows in page.tables for cells in rows if cells[0] == "printed_order"]
    assert {"violated", "holds"} == {cells[1] for cells in claims}
    assert len([cells for rows in page.tables for cells in rows]) > sum(len(row.result["claims"]) for row in rows)


def test_the_same_folder_gives_the_same_bytes(report: Path, table_folder: Path) -> None:
    before = contents(report)
    assert run("report", table_folder, "--dots", 40, "-q") == 0 and contents(report) == before
    assert {"report.html", "report.tex", "checks.pdf", "checks.png", "checks.txt", "checks-1.csv"} <= set(before)
    assert b"/FontFile" in before["checks.pdf"] and b"Type3" not in before["checks.pdf"]


def test_the_envelope_names_the_pages_and_violations_shown_change_no_exit_code(
    table_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run("report", table_folder, "-o", tmp_path, "--dots", 40, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verb"], found["verdict"], found["instance"]["sections"]) == ("report", "holds", ["checks"])
    assert Path(found["files"]["report.html"]).read_bytes() == (tmp_path / "report.html").read_bytes()


def test_folders_of_single_checks_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = "random:n=6,d=2,levels=8,seed=1"
    assert run("check", "robust-memorization-l1", "--data", data, "-o", tmp_path / "a", "-q") == 0
    assert run("check", "2.3", "--instance", "erratum", "-o", tmp_path / "b", "-q") == 1
    for folder, count in ((tmp_path / "a", 1), (tmp_path, 2)):
        capsys.readouterr()
        assert run("report", folder, "--dots", 40, "--json") == 0
        assert json.loads(capsys.readouterr().out)["instance"]["rows"] == count
        page = Page((folder / "report" / "report.html").read_text(encoding="utf-8"))
        certificates = [link for link in page.links if link.endswith("/certificate.json")]
        assert len(certificates) == count and all((folder / "report" / link).is_file() for link in certificates)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("{", 5, "damaged"),
        ('{"schema": "robustproofs/result/1", "verb": "check", "claims": [1]}', 5, "damaged"),
        ('{"schema": "robustproofs/result/1", "verb": "bound", "claims": []}', 2, "there are no runs"),
        ("[]", 2, "there are no runs"),
    ],
)
def test_what_is_no_result_is_refused(
    text: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "result.json").write_text(text)
    assert run("report", tmp_path) == code
    assert said in capsys.readouterr().err


def test_rows_without_any_size_have_a_table_and_no_figure(tmp_path: Path) -> None:
    with RunStore.open(tmp_path) as store:
        result = {"verdict": "error", "exit": 5, "error": "<b>'&'</b>", "claims": []}
        store.record(Job("check", {"theorem": "separation", "data": "<x>_%"}), result, 0.0)
    assert run("report", tmp_path, "-q") == 0
    names = contents(tmp_path / "report")
    assert "checks.png" not in names and b"&lt;b&gt;" in names["report.html"] and b"<b>" not in names["report.html"]
    assert rb"\textless{}x\textgreater{}\_\%" in names["report.tex"]


def test_a_size_of_one_row_is_joined_to_no_other(table_folder: Path) -> None:
    with RunStore.read(table_folder) as store:
        panels = checks.panels_of(list(store.rows()))
    for panel in panels:
        for row in panel.rows:
            sizes = checks.sizes_of(row)
            if {"too few", "enough"} <= set(sizes):
                assert sizes["too few"] < sizes["enough"]
    assert next(panel.theorem for panel in panels) == "memorization-size-bound"


@pytest.mark.parametrize(
    ("cell", "key"), [("1/8", "0.125"), ("-3", "-3"), ("12,345", "12345"), ("1e5", "100000"), ("", ""), ("l2", "l2")]
)
def test_a_column_is_sorted_by_value(cell: str, key: str) -> None:
    assert sort_key(cell) == key


@pytest.mark.skipif(LATEX is None, reason="there is no pdflatex")
def test_latex_sets_the_report(report: Path, tmp_path: Path) -> None:
    shutil.copytree(report, tmp_path / "report")
    (tmp_path / "report" / "all.tex").write_text(HEAD + r"\begin{document}\input{report}\end{document}")
    done = subprocess.run(
        [str(LATEX), "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path / "report", capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


def _in_browser(text: str, script: str, folder: Path) -> str:
    """Return the document after a browser has run the page's script and another one."""
    path = folder / "page.html"
    path.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    settings = (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--host-rules=MAP * ~NOTFOUND",
    )
    done = subprocess.run(
        [str(BROWSER), *settings, f"--user-data-dir={folder / 'profile'}", "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.skipif(BROWSER is None, reason="there is no browser")
def test_a_browser_sorts_the_table(table_folder: Path, tmp_path: Path) -> None:
    text = (table_folder / "table1.html").read_text(encoding="utf-8")
    click = "for (let i = 0; i < %d; i++) document.querySelector('#table1 th:nth-child(6) button').click();"
    errors = "window.addEventListener('error', e => document.title = 'broken');"

    def built(times: int) -> list[str]:
        found = Page(_in_browser(text, errors + click % times, tmp_path))
        return [re.sub(r"\D.*", "", row[5].replace("\u202f", "").strip()) for row in found.tables[0][1:]]

    once, twice = built(1), built(2)
    numbers = [int(cell) for cell in once if cell]
    assert len(once) == 13 and numbers == sorted(numbers) and len(numbers) > 5 and once[len(numbers) :] == [""] * 3
    assert [int(cell) for cell in twice if cell] == numbers[::-1]
