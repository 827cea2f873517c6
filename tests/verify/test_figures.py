"""Figures: what they show is what is proved, and they come out the same every time."""

from __future__ import annotations

import itertools
import json
import math
import re
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from constructions.classifiers.bit_extraction import (
    BlockTable,
    classify_grid_by_bit_extraction,
    count_bit_extraction,
    parameters_per_root,
)
from constructions.classifiers.grid_index import GridBalls
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from verify.capacity.size_bound import certified_size_bound
from verify.cli import main
from verify.command.draw_figures import command
from verify.report.alphabet import bump_alphabet, extraction_alphabet, parameter_values
from verify.report.curves import (
    bits_for,
    bumps_size,
    cells_size,
    depth_size_numbers,
    hard_grid,
    precision_size_numbers,
    sandwich_numbers,
)
from verify.report.drawing import apart
from verify.report.entropy import entropy_numbers
from verify.report.figures import FIGURES, write_figure
from verify.report.series import Curve, Numbers, Panel, spaced
from verify.report.tables import figure_document, latex_table, shown

HALF = Fraction(1, 2)


@pytest.fixture(scope="module")
def full() -> dict[str, Numbers]:
    """The numbers of every figure, over the full range."""
    return {name: compute() for name, (compute, _) in FIGURES.items()}


@pytest.fixture(scope="module")
def small() -> dict[str, Numbers]:
    """Short versions of every figure, with the same curves."""
    return {
        "sandwich": sandwich_numbers(range(4, 6), (Fraction(1, 4), Fraction(1, 8))),
        "depth-size": depth_size_numbers((8, 13)),
        "precision-size": precision_size_numbers((8, 15)),
        "entropy": entropy_numbers((1, 2)),
    }


# The numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(FIGURES))
def test_no_explicit_network_is_below_a_bound_that_covers_it(full: dict[str, Numbers], name: str) -> None:
    compared = 0
    for panel in full[name].panels:
        for curve in panel.curves:
            assert (curve.kind == "explicit") == bool(curve.covered_by)
            for bound in map(panel.curve, curve.covered_by):
                assert bound.kind == "lower"
                below = bound.size_at()
                for x, size in zip(curve.xs, curve.sizes, strict=True):
                    assert size > below[x], (panel.name, curve.name, bound.name, x)
                    compared += 1
    assert compared >= 50 and full[name].least_ratio > 1


def test_a_network_below_its_bound_is_seen() -> None:
    lower = Curve("lower", "", "lower", (3, 4), (10, 0))
    wrong = Curve("net", "", "explicit", (3, 4), (9, 1), ("lower",))
    numbers = Numbers("x", "", "d", (Panel("p", {}, (lower, wrong)),))
    assert numbers.least_ratio == Fraction(9, 10)
    missing = replace(wrong, xs=(3, 5))
    with pytest.raises(KeyError):
        _ = replace(numbers, panels=(Panel("p", {}, (lower, missing)),)).least_ratio


GOLDEN = [
    ("1/4", 16, 7525, 5470, (100672, 1), (283_800, 100)),
    ("1/4", 24, 613578, 447095, (8_142_000, 1000), (1_496_000_000, 10**6)),
    ("1/8", 8, 524, 373, (7570, 1), None),
    ("1/8", 12, 13921, 10130, (185656, 1), (934_000, 100)),
    ("1/8", 16, 349312, 254525, (4_636_000, 1000), (497_500_000, 10**5)),
]


@pytest.mark.parametrize(("eps", "dim", "error_0", "error_tenth", "explicit", "few_bits"), GOLDEN)
def test_the_sandwich_has_the_known_values(
    full: dict[str, Numbers],
    eps: str,
    dim: int,
    error_0: int,
    error_tenth: int,
    explicit: tuple[int, int],
    few_bits: tuple[int, int] | None,
) -> None:
    panel = next(panel for panel in full["sandwich"].panels if panel.instance["eps"] == eps)
    found = {curve.name: curve.size_at()[dim] for curve in panel.curves}
    assert (found["error-0"], found["error-1/10"]) == (error_0, error_tenth)
    # Known to some digits: sizes of networks rounded up, bounds rounded down.
    assert explicit[0] - explicit[1] < found["extraction"] <= explicit[0]
    assert few_bits is None or few_bits[0] <= found["32-bit"] < few_bits[0] + few_bits[1]
    assert panel.curve("extraction").columns["points"][dim - 4] == hard_grid(dim, Fraction(eps)).count


def test_the_binary_sandwich_has_the_known_values() -> None:
    (panel,) = sandwich_numbers([15, 21], [HALF]).panels
    assert panel.curve("error-0").sizes == (226, 2005) and panel.curve("error-1/10").sizes == (158, 1450)
    assert panel.curve("extraction").sizes == (3462, 27274) and panel.curve("32-bit").sizes[0] == 397
    assert panel.curve("printed").sizes == (1, 1)


def test_every_curve_rises_with_the_dimension_and_covers_it(full: dict[str, Numbers]) -> None:
    for panel in full["sandwich"].panels:
        for curve in panel.curves:
            assert curve.xs == tuple(range(4, 41)) and list(curve.sizes) == sorted(curve.sizes)
        # The 32-bit bound exceeds long weights in the end: that is the point of the figure.
        assert panel.curve("32-bit").sizes[-1] > panel.curve("extraction").sizes[-1]
        assert "32-bit" not in panel.curve("extraction").covered_by


def test_sizes_by_their_formulas() -> None:
    assert bumps_size(hard_grid(15, HALF)) == 2**13 * (6 * 14 + 2) + 1
    assert [cells_size(2, eps) for eps in (Fraction(1, 8), Fraction(1, 4))] == [81 * 14 + 1, 25 * 14 + 1]
    assert cells_size(3, Fraction(3, 10)) == 4**3 * 20 + 1
    assert hard_grid(9, Fraction(1, 5)).count == 3**8 and hard_grid(9, Fraction(1, 5)).radius == Fraction(1, 10)


def test_bumps_on_every_labelling_stay_within_their_count() -> None:
    balls = hard_grid(4, HALF)
    points = list(itertools.product((0, 1), repeat=3))
    sizes = set()
    for labels in itertools.product((-1, 1), repeat=8):
        if len(set(labels)) == 2:
            data = LabelledPoints.of(points, labels=labels)
            sizes.add(memorize_with_box_bumps(data, balls.radius, Fraction(1, 2)).size.nonzero)
    assert max(sizes) == bumps_size(balls)


def test_depths_and_products(full: dict[str, Numbers]) -> None:
    for panel in full["depth-size"].panels:
        lower, family = panel.curve("lower"), panel.curve("extraction")
        assert set(family.xs) <= set(lower.xs) and list(lower.sizes) == sorted(lower.sizes, reverse=True)
        assert family.xs == tuple(length + 6 for length in family.columns["block length"])
        for curve in panel.curves:
            assert curve.columns["size times depth"] == tuple(x * w for x, w in zip(curve.xs, curve.sizes, strict=True))
    small = full["depth-size"].panels[0]
    assert (small.curve("extraction").xs[-1], small.curve("extraction").sizes[-1]) == (83, 3462)
    assert small.curve("lower").size_at()[83] == certified_size_bound(2**14, 15, depth=83).size == 226


def test_the_precision_bounds_are_those_of_the_bits(full: dict[str, Numbers]) -> None:
    for panel in full["precision-size"].panels:
        lower, real = panel.curve("lower"), int(panel.instance["any weights"])
        assert list(lower.sizes) == sorted(lower.sizes, reverse=True) and min(lower.sizes) == real
        points = 2 ** (int(panel.instance["d"]) - 1)
        bits = 24
        near = min(lower.xs, key=lambda x: abs(x - bits))
        known = certified_size_bound(points, panel.instance["d"], weight_bits=near)
        assert lower.size_at()[near] == known.size > real


def test_built_networks_take_no_more_than_their_closed_forms(full: dict[str, Numbers]) -> None:
    built, counted = full["precision-size"].panels
    curve = built.curve("extraction")
    for bits, size, parameters, values in zip(
        curve.xs, curve.sizes, curve.columns["built parameters"], curve.columns["built values"], strict=True
    ):
        assert parameters <= size and values <= 2**bits
    assert curve.columns["built parameters"][-1] == curve.sizes[-1] == 3462
    assert "built values" not in counted.curve("extraction").columns


@pytest.mark.parametrize(
    ("steps", "axes", "radius"), [(2, 2, "1/8"), (1, 3, "1/4"), (1, 2, "0"), (4, 1, "1/10"), (1, 2, "1/3")]
)
@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_the_alphabet_is_what_all_labellings_take(steps: int, axes: int, radius: str, length: int) -> None:
    balls = GridBalls.of(axes, axes, steps, radius)
    table = BlockTable.with_length(balls.count, length)
    found: set[Fraction] = set()
    for labels in itertools.product((-1, 1), repeat=balls.count):
        found |= parameter_values(classify_grid_by_bit_extraction(labels, balls, table))
    counted = extraction_alphabet(balls, table)
    # A last block with few labels, next to the first, leaves some differences out.
    assert len(found) == counted or (table.blocks == 2 and len(found) < counted) or table.blocks == 1


@pytest.mark.parametrize(("steps", "radius"), [(1, "1/4"), (2, "1/8"), (1, "0"), (3, "1/12"), (2, "1/7")])
def test_the_alphabet_of_bumps_is_what_all_labellings_take(steps: int, radius: str) -> None:
    balls = GridBalls.of(1, 1, steps, radius)
    eps, found = Fraction(1, 2 * steps), set()
    for labels in itertools.product((-1, 1), repeat=steps + 1):
        if len(set(labels)) == 2:
            points = [[Fraction(step, steps)] for step in range(steps + 1)]
            data = LabelledPoints.of(points, labels=labels)
            found |= parameter_values(memorize_with_box_bumps(data, balls.radius, eps))
    assert found and len(found) <= bump_alphabet(balls) <= len(found) + (2 if steps == 1 else 0)


@pytest.mark.parametrize(("values", "bits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (2**70, 70), (2**70 + 1, 71)])
def test_bits_hold_the_values(values: int, bits: int) -> None:
    assert bits_for(values) == bits


def test_spaced_integers_rise_to_both_ends() -> None:
    assert spaced(1, 1) == (1,) and spaced(1, 9) == tuple(range(1, 10))
    chosen = spaced(1, 10**6)
    assert chosen[0] == 1 and chosen[-1] == 10**6 and len(chosen) < 110
    assert all(a < b <= a + max(1, a // 6) for a, b in itertools.pairwise(chosen))


# The block length, in integers ---------------------------------------------------------


def test_the_block_length_is_the_nearest_integer_to_the_root() -> None:
    for count in [*range(1, 3000), 10**30, 3**400, 5**999, 2**13_000 + 1]:
        length = BlockTable.smallest(count).length
        # |length - sqrt(4 count / 11)| <= 1/2, both sides squared; 1 at least.
        assert 11 * (2 * length - 1) ** 2 <= 16 * count or length == 1
        assert 16 * count <= 11 * (2 * length + 1) ** 2
        assert BlockTable.smallest(count).blocks * length >= count
    assert all(parameters_per_root(count) <= 704 for count in (1, 2, 10**40, 7**2000))


def test_the_block_length_of_huge_counts_differs_from_the_rounded_float() -> None:
    count = 10**40 + 1
    length = BlockTable.smallest(count).length
    assert length != round(math.sqrt(8 * count / 22))
    assert length == min(range(length - 2, length + 3), key=lambda n: abs(Fraction(n * n) - Fraction(4 * count, 11)))


# Files ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn(small: dict[str, Numbers], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the short version of every figure."""
    folder = tmp_path_factory.mktemp("figures")
    for name in FIGURES:
        write_figure(name, folder / name, small[name])
    return folder


@pytest.mark.parametrize("name", list(FIGURES))
def test_files_are_written_and_are_the_same_again(
    small: dict[str, Numbers], drawn: Path, name: str, tmp_path: Path
) -> None:
    import matplotlib

    # The second time for a user who has configured another look.
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "savefig.dpi": 33}):
        _, paths = write_figure(name, tmp_path, small[name])
        assert matplotlib.rcParams["font.size"] == 30
    assert [path.name for path in paths] == [f"{name}.{suffix}" for suffix in ("pdf", "png", "json", "tex")]
    bodies = [path.read_bytes() for path in paths]
    assert bodies == [(drawn / name / path.name).read_bytes() for path in paths] and min(map(len, bodies)) > 500
    assert bodies[0].startswith(b"%PDF-") and bodies[1].startswith(b"\x89PNG")
    assert not re.search(rb"CreationDate|Matplotlib", bodies[0] + bodies[1])
    assert set(tmp_path.iterdir()) == set(paths)


@pytest.mark.parametrize("name", list(FIGURES))
def test_the_document_holds_every_number(small: dict[str, Numbers], name: str) -> None:
    document = json.loads(json.dumps(figure_document(small[name])))
    assert document["schema"] == "robustproofs/figure/1" and Fraction(document["least_ratio"]) > 1
    for entry, panel in zip(document["panels"], small[name].panels, strict=True):
        for written, curve in zip(entry["curves"], panel.curves, strict=True):
            assert tuple(map(int, written["sizes"])) == curve.sizes and tuple(written["x"]) == curve.xs
            assert written["covered_by"] == list(curve.covered_by) and written["meaning"]


@pytest.mark.parametrize("name", list(FIGURES))
def test_the_table_has_rows_of_one_width(full: dict[str, Numbers], name: str) -> None:
    lines = latex_table(full[name]).splitlines()
    assert lines[0].startswith("% ") and r"\toprule" in lines and lines[-2:] == [r"\bottomrule", r"\end{tabular}"]
    width = re.fullmatch(r"\\begin\{tabular\}\{(r+)\}", lines[1])
    rows = [line for line in lines if line.endswith(r"\\") and "multicolumn" not in line]
    assert width and all(line.count("&") < len(width[1]) for line in rows) and len(rows) >= 2 * 13


def test_the_table_of_the_sandwich_shows_the_known_row(full: dict[str, Numbers]) -> None:
    text = latex_table(full["sandwich"])
    assert re.search(r"^16 & .* & 100\\,672 & 7\\,525 & 5\\,470 & 283\\,814 & ", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("value", "up", "text"),
    [
        (0, False, "0"),
        (1234567, True, r"1\,234\,567"),
        (12345678, False, r"$1.234\times 10^{7}$"),
        (12345678, True, r"$1.235\times 10^{7}$"),
        (99999999, False, r"$9.999\times 10^{7}$"),
        (99999999, True, r"$1.000\times 10^{8}$"),
        (10**30, True, r"$1.000\times 10^{30}$"),
        (10**30 + 1, True, r"$1.001\times 10^{30}$"),
    ],
)
def test_left_out_digits_keep_a_bound_a_bound(value: int, up: bool, text: str) -> None:
    assert shown(value, up) == text


@pytest.mark.parametrize(
    ("heights", "placed"),
    [
        ([], []),
        ([1.0], [1.0]),
        ([0.0, 10.0], [0.0, 10.0]),
        ([5.0, 5.0], [4.0, 6.0]),
        ([0.0, 1.0, 20.0], [-0.5, 1.5, 20.0]),
        ([0.0, 1.0, 2.0], [-1.0, 1.0, 3.0]),
    ],
)
def test_texts_are_moved_apart(heights: list[float], placed: list[float]) -> None:
    assert apart(heights, 2.0) == placed


# The command ---------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, small: dict[str, Numbers]) -> None:
    """Let the command draw a short version of the figure of depths."""
    monkeypatch.setitem(FIGURES, "depth-size", (lambda: small["depth-size"], FIGURES["depth-size"][1]))


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, list(arguments), standalone_mode=False)
    assert done.exception is None, done.exception
    return int(done.return_value), done.output


@pytest.mark.usefixtures("quick")
def test_the_command_writes_what_it_names(tmp_path: Path) -> None:
    code, output = _run("depth-size", "-o", str(tmp_path / "new" / "folder"), "--json")
    envelope = json.loads(output)
    assert code == envelope["exit"] == 0 and envelope["verdict"] == "holds" and envelope["verb"] == "figures"
    (claim,) = envelope["claims"]
    assert claim["name"] == "sandwich (depth-size)" and Fraction(claim["measured"]) > 1
    assert set(envelope["files"]) == {f"depth-size.{suffix}" for suffix in ("pdf", "png", "json", "tex")}
    assert all(Path(path).stat().st_size for path in envelope["files"].values())


@pytest.mark.usefixtures("quick")
def test_the_folder_is_figures_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = _run("depth-size", "depth-size")
    lines = output.splitlines()
    assert code == 0 and len(lines) == 5 and re.search(r"at least \d+\.\d{3} times", lines[0])
    assert (tmp_path / "figures" / "depth-size.png").is_file() and "figures" in lines[1]


def test_a_broken_sandwich_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from verify.report import figures

    good = depth_size_numbers((8,))
    panel = good.panels[0]
    tiny = replace(panel.curve("extraction"), sizes=tuple(1 for _ in panel.curve("extraction").sizes))
    bad = replace(good, panels=(replace(panel, curves=(tiny, *panel.curves[1:])),))
    monkeypatch.setattr(figures, "write_figure", lambda name, folder: (bad, []))
    code, output = _run("depth-size", "-o", str(tmp_path), "--json")
    assert code == 1 and json.loads(output)["verdict"] == "violated"


def _exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


def test_without_matplotlib_the_command_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert _exit_code("figures", "depth-size", "-o", str(tmp_path / "none")) == 2
    assert "pip install robustproofs[report]" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("quick")
def test_an_unknown_figure_and_a_bad_folder_are_usage_errors(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert _exit_code("figures", "memory") == 2 and "memory" in capsys.readouterr().err
    with pytest.raises(UsageError, match="unknown figure 'memory'"):
        write_figure("memory", tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert _exit_code("figures", "depth-size", "-o", str(tmp_path / "file")) == 2
    assert "file" in capsys.readouterr().err


def test_closed_forms_agree_with_built_networks_of_the_family() -> None:
    balls = hard_grid(5, HALF)
    for length in range(1, 17):
        table = BlockTable.with_length(balls.count, length)
        sizes = [
            classify_grid_by_bit_extraction([1 if word >> place & 1 else -1 for place in range(16)], balls, table).size
            for word in (0x5A5B, 0x8421, 0xFFFE)
        ]
        assert max(size.nonzero for size in sizes) <= count_bit_extraction(balls, table)
        assert {size.depth for size in sizes} == {length + 6}
