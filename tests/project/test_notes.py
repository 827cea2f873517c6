"""The proof notes agree with code, registry and tests, and every planted fault is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from constructions.errors import MalformedInput
from verify.notes.formulas import formula, same_formula, symbol
from verify.notes.links import NotesReport, check_notes
from verify.notes.note_file import SECTIONS, read_note
from verify.theorems.registry import theorems

ROOT = Path(__file__).resolve().parents[2]
NOTES = ROOT / "proofs_notes"
LINF = "thm_robust_memorization_linf.md"
PRINTED = "thm_robust_memorization.md"
L1 = "thm_robust_memorization_l1.md"
SEPARATION = "def_separation.md"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the notes that may be damaged."""
    return Path(shutil.copytree(NOTES, tmp_path / "notes"))


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}; the fault cannot be planted"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _problems(folder: Path) -> str:
    return "\n".join(check_notes(folder, ROOT).problems)


@pytest.fixture(scope="module")
def report() -> NotesReport:
    """The real notes, checked once."""
    return check_notes(NOTES)


def test_the_notes_have_no_problem(report: NotesReport) -> None:
    assert report.problems == ()


def test_no_claim_is_left_unchecked(report: NotesReport) -> None:
    assert report.unchecked == ()


def test_every_statement_has_its_note_and_every_note_four_sections(report: NotesReport) -> None:
    assert {note.word_id for note in report.notes} >= {theorem.id for theorem in theorems()}
    assert all(tuple(note.sections) == SECTIONS for note in report.notes)


def test_a_report_names_counts_problems_and_unchecked_claims(copy: Path) -> None:
    _replace(copy / L1, '"tests/verify/test_theorems.py::test_other_labels_are_inapplicable_and_named",', "")
    _replace(copy / L1, '"tests/verify/test_theorems.py::test_corrected_statement_in_l1_holds_at_every_ratio",', "")
    _replace(copy / L1, "def:separation", "def:spearation")
    report = check_notes(copy, ROOT)
    assert report.unchecked == ("thm:robust-memorization-l1: labels",)
    lines = report.render().splitlines()
    assert lines[0] == f"{len(report.notes)} notes, {len(report.problems)} problems"
    assert "stated, not checked: thm:robust-memorization-l1: labels" in lines
    assert any(line.startswith("problem: ") and "def:spearation" in line for line in lines)


def test_a_folder_without_notes_is_a_problem(tmp_path: Path) -> None:
    problems = check_notes(tmp_path, ROOT).problems
    assert any("there are no notes" in problem for problem in problems)
    assert any("separation is registered and has no note" in problem for problem in problems)


LINKS: dict[str, tuple[str, str, str, str]] = {
    "unknown source": (L1, 'key = "li2022robust"', 'key = "li2023robust"', "li2023robust is not in references.bib"),
    "use of no note": (L1, '"def:separation"', '"def:spearation"', "uses def:spearation, which is no note"),
    "circle": (SEPARATION, "uses = []", 'uses = ["thm:robust-memorization"]', "uses go in a circle"),
    "module gone": (L1, "l1_bumps:memorize", "l2_bumps:memorize", "does not import: ModuleNotFoundError"),
    "name gone": (L1, "memorize_with_l1_bumps", "memorize_with_l2_bumps", "memorize_with_l2_bumps is missing"),
    "foreign code": (
        L1,
        "constructions.memorizers.l1_bumps:memorize_with_l1_bumps",
        "os:getcwd",
        "none of the packages",
    ),
    "id not carried back": (
        L1,
        "l1_bumps:memorize_with_l1_bumps",
        "l1_bumps:count_l1_bumps",
        "has no line 'Theorem: thm:",
    ),
    "code without note": (
        LINF,
        '"constructions.memorizers.box_bumps:memorize_with_box_bumps",',
        "",
        "does not name it",
    ),
    "test file gone": (
        L1,
        "verify/test_errata.py::test_half",
        "verify/test_gone.py::test_half",
        "no file test_gone.py",
    ),
    "test gone": (L1, "::test_half_of_eps_is_not_needed", "::test_half_of_eps", "test_half_of_eps is missing"),
    "not a test": (L1, "::test_half_of_eps_is_not_needed", "::check", "is not a test"),
    "test elsewhere": (
        L1,
        "tests/verify/test_errata.py::test_half",
        "../test_errata.py::test_half",
        "is not of the form",
    ),
    "unmarked test": (
        L1,
        "test_errata.py::test_half_of_eps_is_not_needed",
        "test_errata.py::test_nothing_in_the_printed_statement_is_false",
        'is not marked @pytest.mark.theorem("robust-memorization-l1")',
    ),
    "claim missing": (L1, '"margin", "parameters"', '"parameters"', "claims are"),
    "claim invented": (L1, '"margin", ', '"margin", "beauty", ', "registered are"),
    "claim in a marker only": (L1, '"labels", ', "", "a test claims to check 'labels', no claim"),
    "other bound": (L1, "m*(6*d + 2) + 1", "m*(6*d + 3) + 1", "registered is m*(6*d + 2) + 1"),
    "bound missing": (L1, 'margin = "1"\n', "", "the bound of margin is missing"),
    "bound not registered": (L1, 'margin = "1"\n', 'margin = "1"\ncount = "7"\n', "registered is none"),
    "bound no formula": (L1, "m*(6*d + 2) + 1", "m*(6*D + 2) + 1", "'D' is not a symbol"),
    "note not in the index": (
        "README.md",
        "(def_separation.md)",
        "(def_seperation.md)",
        "no link to def_separation.md",
    ),
    "key twice": ("references.bib", "@article{gowal2018ibp", "@article{li2022robust", "li2022robust occurs 2 times"),
    "uncited source": (
        "references.bib",
        "@article{chvatal1979",
        "@article{johnson1974",
        "nothing cites johnson1974greedy",
    ),
    "citation of nothing": (LINF, "[chvatal1979greedy]", "[feige1998threshold]", "[feige1998threshold] is not in"),
    "name in prose": (LINF, "box_bumps:count_box_bumps`", "box_bumps:count_boxes`", "count_boxes is missing"),
    "id in prose": (PRINTED, "thm:robust-memorization-linf", "thm:robust-memorization-l3", "l3 is no note"),
    "test in prose": ("errata.md", "::test_only_the_smaller", "::test_never_the_smaller", "test_never_the_smaller"),
    "file in prose": ("README.md", "`verify/theorems/`", "`verify/lemmas/`", "there is no verify/lemmas/"),
    "image gone": (
        LINF,
        "docs/gallery/memorizers-linf.png",
        "docs/gallery/none.png",
        "no image ../docs/gallery/none.png",
    ),
    "name in the table": ("notation.md", ":NormBall.radius", ":NormBall.size", "size is missing"),
}


@pytest.mark.parametrize("fault", LINKS)
def test_a_broken_link_is_found(copy: Path, fault: str) -> None:
    name, old, new, message = LINKS[fault]
    _replace(copy / name, old, new)
    assert message in _problems(copy)


HEADERS: dict[str, tuple[str, str, str]] = {
    "no fence": ("+++\nid", "id", "the header must stand between two lines +++"),
    "not TOML": ('kind = "definition"', "kind = definition", "the header is not TOML"),
    "unknown kind": ('kind = "definition"', 'kind = "axiom"', "kind 'axiom' is none of"),
    "other prefix": ('kind = "definition"', 'kind = "theorem"', "of a theorem must start thm:"),
    "other file name": ('id = "def:separation"', 'id = "def:distance"', "must be in def_distance.md"),
    "missing field": ("uses = []\n", "", "the header has no uses"),
    "unknown field": ("uses = []", "uses = []\nproved = true", "unknown field 'proved'"),
    "number for text": ('kind = "definition"', "kind = 3", "kind must be text"),
    "text for list": ("uses = []", 'uses = "thm:x"', "uses must be a list of texts"),
    "twice in a list": (
        'claims = ["separation"]',
        'claims = ["separation", "separation"]',
        "claims names something twice",
    ),
    "incomplete source": (', where = "Definition 1.1"', "", "source must have key, where"),
    "number for bound": ('separation = "2*eps"', "separation = 2", "bounds must be a table of texts"),
    "missing section": ("## Why it holds", "Why it holds", "the sections must be"),
    "section out of order": ("## Why it holds", "## Statement", "the sections must be"),
    "empty section": ("## Why it holds", "## Why it holds\n## Why it holds", "the sections must be"),
    "text before": ("# Separation of two classes", "Separation of two classes", "stands before the first section"),
}


@pytest.mark.parametrize("fault", HEADERS)
def test_a_malformed_note_is_refused_and_listed(copy: Path, fault: str) -> None:
    old, new, message = HEADERS[fault]
    _replace(copy / SEPARATION, old, new)
    with pytest.raises(MalformedInput) as refusal:
        read_note(copy / SEPARATION)
    assert message in str(refusal.value) and SEPARATION in str(refusal.value)
    assert message in _problems(copy)


def test_an_empty_section_is_refused(copy: Path) -> None:
    path = copy / SEPARATION
    head, _, _ = path.read_text(encoding="utf-8").partition("## What the check shows")
    path.write_text(head + "## What the check shows\n\n", encoding="utf-8")
    with pytest.raises(MalformedInput, match="'What the check shows' is empty"):
        read_note(path)


def test_a_heading_inside_a_code_block_is_text(copy: Path) -> None:
    _replace(copy / SEPARATION, "## Why it holds\n", "## Why it holds\n\n```\n## Statement\n```\n")
    assert "## Statement" in read_note(copy / SEPARATION).sections["Why it holds"]


def test_two_notes_of_one_statement_are_found(copy: Path) -> None:
    text = (copy / SEPARATION).read_text(encoding="utf-8")
    lemma = text.replace('id = "def:separation"', 'id = "lem:separation"').replace('"definition"', '"lemma"')
    (copy / "lem_separation.md").write_text(lemma, encoding="utf-8")
    assert "separation has 2 notes" in _problems(copy)


@pytest.mark.parametrize("kind", ["lemma", "fact"])
def test_a_lemma_or_a_fact_need_not_be_registered(copy: Path, kind: str) -> None:
    prefix = {"lemma": "lem", "fact": "fact"}[kind]
    header = f'id = "{prefix}:new"\nkind = "{kind}"\nsource = {{ key = "li2022robust", where = "page 1" }}\n'
    lists = "uses = []\nbuilds = []\nclaims = []\nchecks = []\n"
    body = "".join(f"## {section}\nText.\n" for section in SECTIONS)
    (copy / f"{prefix}_new.md").write_text(f"+++\n{header}{lists}+++\n{body}", encoding="utf-8")
    _replace(copy / "README.md", "## How to read a note", f"[new]({prefix}_new.md)\n\n## How to read a note")
    assert check_notes(copy, ROOT).problems == ()


@pytest.mark.parametrize("name", sorted(path.name for path in NOTES.glob("*.md") if "_" in path.name))
def test_a_missing_note_is_found(copy: Path, name: str) -> None:
    note = read_note(copy / name)
    (copy / name).unlink()
    problems = _problems(copy)
    assert f"{note.word_id} is registered and has no note" in problems or f"{note.id} is no note" in problems


@pytest.mark.parametrize(
    ("left", "right"),
    [("m*(6*d + 2) + 1", "6*d*m + 2*m + 1"), ("2*eps", "eps + eps"), ("Min(2*d, k)", "Min(k, d + d)"), ("4", "2**2")],
)
def test_equal_bounds_are_equal_however_they_are_written(left: str, right: str) -> None:
    assert same_formula(left, right)


@pytest.mark.parametrize(
    ("left", "right"), [("m*d", "m*k"), ("m*(6*d + 2)", "m*(6*d + 2) + 1"), ("Min(d, k)", "Max(d, k)")]
)
def test_different_bounds_are_different(left: str, right: str) -> None:
    assert not same_formula(left, right)


@pytest.mark.parametrize(
    "text", ["", "m +", "0.5*m", "N", "m.real", "f(m)", "Min(m, k=2)", "m if d else k", "True", "'m'", "m(2)"]
)
def test_what_is_not_a_formula_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput):
        formula(text)


def _value(text: str, **values: int) -> int:
    substituted: Callable[..., object] = formula(text).subs
    return int(str(substituted({symbol(name): value for name, value in values.items()})))


def test_a_formula_is_evaluated_exactly() -> None:
    assert _value("m*(3*Min(2*d, k) + 2) + 1", m=891, d=64, k=906) == 343_927
    assert _value("n*(10*d + 2 + ceiling(log(d, 2)))", n=7, d=9) == 7 * 96
