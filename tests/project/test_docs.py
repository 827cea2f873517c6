"""The pages are whole: nothing counted by hand, nothing left out, every generated part right."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from verify.testing.broken import BROKEN_TWINS
from verify.theorems.registry import theorems

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
TREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)
# "l2" and the like are names, what stands in code is run or resolved elsewhere.
NOT_PROSE = re.compile(r"```.*?```|`[^`\n]*`|\{\{ \w+ \}\}|\]\([^)\n]*\)|^#+ .*?$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(
    r"\b\d[\d,.]*\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?)\b",
    re.IGNORECASE,
)


def _building(name: str) -> ModuleType:
    """Load one of the files that make the pages, as ``docs/conf.py`` does."""
    spec = importlib.util.spec_from_file_location(f"docs_building_{name}", DOCS / "building" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COUNTS, NOTES, DOCSTRINGS = _building("counts"), _building("note_pages"), _building("docstrings")
LISTING = """\
tests/soundness/test_tree_forgery.py::test_hostile_trees_are_rejected_in_no_time[deep]
tests/soundness/test_tree_forgery.py::test_valid_trees_are_accepted_and_true[two]
tests/verify/test_theorems.py::test_forged_names
constructions/errors.py::constructions.errors

4 tests collected in 1.00s
"""


def _trust() -> str:
    return (DOCS / "trust.md").read_text(encoding="utf-8")


# Nothing is counted by hand -------------------------------------------------------------


def test_no_number_on_the_page_on_trust_is_typed_by_hand() -> None:
    assert NUMBER.findall(NOT_PROSE.sub(" ", _trust())) == []


@pytest.mark.parametrize("text", ["There are 42 claims.", "in 9,092 cases", "Three checkers", "`x` and 7"])
def test_a_typed_number_is_seen(text: str) -> None:
    assert NUMBER.findall(NOT_PROSE.sub(" ", text))


def test_names_counts_code_and_links_are_no_typed_numbers() -> None:
    assert not NUMBER.findall(NOT_PROSE.sub(" ", "l2, {{ claims }} claims, `--d 8`, [notes](notes/2.md)"))


def test_every_count_on_the_page_is_made_and_every_count_made_is_shown() -> None:
    shown = set(re.findall(r"\{\{ (\w+) \}\}", _trust()))
    made = COUNTS.count_statements() | COUNTS.count_sources() | COUNTS.count_cases(LISTING)
    assert shown == set(made)
    assert all(value > 0 for value in made.values())


def test_the_counts_are_those_of_the_code() -> None:
    counted = COUNTS.count_statements() | COUNTS.count_sources()
    assert counted["statements"] == len(theorems())
    assert counted["claims"] == sum(len(theorem.claims) for theorem in theorems())
    assert counted["notes"] == len([*(ROOT / "proofs_notes").glob("*_*.md")])
    broken = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "verify/testing").glob("broken*.py"))
    assert len(BROKEN_TWINS) < counted["broken_twins"] < len(re.findall(r"^def [a-z]", broken, re.MULTILINE))
    assert counted["checker_lines"] == (ROOT / "verify/certificate/checker.py").read_text(encoding="utf-8").count("\n")


def test_cases_are_counted_from_pytests_own_list() -> None:
    assert COUNTS.count_cases(LISTING) == {"test_cases": 4, "soundness_cases": 2, "forged_cases": 1}
    assert COUNTS.in_words({"test_cases": 9092}) == {"test_cases": "9,092"}


# Nothing is left out --------------------------------------------------------------------


def test_every_page_hangs_in_a_tree() -> None:
    hung: set[Path] = set()
    for page in DOCS.rglob("*.md"):
        for tree in TREE.findall(page.read_text(encoding="utf-8")):
            for line in tree.splitlines():
                if line and not line.startswith(":"):
                    hung |= {path.resolve() for path in page.parent.glob(f"{line}.md")}
    pages = {path for path in DOCS.rglob("*.md") if path.parent.name != "api"} | {*(ROOT / "proofs_notes").glob("*.md")}
    assert {str(page.relative_to(ROOT)) for page in pages - hung} == {"docs/index.md"}


def test_the_reference_has_a_page_for_each_folder_and_a_section_for_each_file(tmp_path: Path) -> None:
    made = _building("api_pages").write_api_pages(ROOT, tmp_path)
    assert set(made) == {path.stem for path in tmp_path.glob("*.md")}
    text = "\n".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("*.md"))
    documented = set(re.findall(r"^\.\. automodule:: (\S+)$", text, re.MULTILINE))
    sources = [path for package in ("constructions", "verify") for path in (ROOT / package).rglob("*.py")]
    files = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources}
    assert documented == {name for name in files if not name.endswith(("__init__", "__main__"))}
    assert "{py:obj}`ReluNetwork <constructions.network.relu_network.ReluNetwork>`" in text
    commands = (tmp_path / "command_line.md").read_text(encoding="utf-8")
    assert "## recheck" in commands and "Usage: rproof recheck" in commands


# What is turned into pages --------------------------------------------------------------


def test_the_header_of_a_note_becomes_a_list_and_its_ids_become_links() -> None:
    path = ROOT / "proofs_notes" / "thm_robust_memorization_linf.md"
    page = NOTES.note_page(path.read_text(encoding="utf-8"))
    assert page.startswith("# Robust memorization in l-infinity") and "+++" not in page
    assert "* Rests on [def:separation](def_separation.md), " in page
    name = "constructions.memorizers.literals"
    assert f"{{py:obj}}`memorize_with_literals <{name}.memorize_with_literals>`" in page
    assert "`parameters` (`m*(3*Min(2*d, k) + 2) + 1`)" in page
    assert "see\n[thm:robust-memorization](thm_robust_memorization.md)." in page


@pytest.mark.parametrize("path", sorted((ROOT / "proofs_notes").glob("*.md")), ids=lambda path: path.stem)
def test_every_link_between_notes_leads_somewhere(path: Path) -> None:
    page = NOTES.note_page(path.read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)#\s]+)\)", page)
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


def test_ids_in_code_formulas_and_links_are_left_alone() -> None:
    for text in ("`thm:x`", "$thm:x$", "[thm:x](thm_y.md)", "```\nthm:x\n```"):
        assert NOTES.note_page(text) == text
    assert NOTES.note_page("see thm:a-b, and") == "see [thm:a-b](thm_a_b.md), and"


def test_docstrings_are_read_literally() -> None:
    lines = [
        "  * a list",
        "|x| and 2*x_ or a\\b",
        "``x_ * |y|`` kept",
        ">>> x * y_",
        "3",
        "",
        "Theorem: thm:a-b, def:c",
    ]
    assert DOCSTRINGS.literal_lines(lines) == [
        "  * a list",
        r"\|x\| and 2\*x\_ or a\\b",
        "``x_ * |y|`` kept",
        ">>> x * y_",
        "3",
        "",
        "Theorem: :doc:`thm:a-b </proofs_notes/thm_a_b>`, :doc:`def:c </proofs_notes/def_c>`",
    ]


def test_lines_set_out_by_hand_are_kept() -> None:
    assert DOCSTRINGS.literal_lines(["the rule", "plane   cut into", "        polygons"]) == [
        "| the rule",
        "| plane   cut into",
        "|         polygons",
    ]
    for lines in (["Args:", "    x: a", "        number."], ["* a list", "  goes on"], ["plain", "text"]):
        assert DOCSTRINGS.literal_lines(lines) == lines


def test_the_tools_of_the_pages_are_pinned() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower()
    wanted = re.search(r"^docs = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert wanted is not None
    names = re.findall(r'"([\w-]+)', wanted[1])
    assert {"sphinx", "myst-parser"} <= set(names) and all(f"\n{name}==" in pins for name in names)
