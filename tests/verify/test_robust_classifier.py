"""The cards of Theorem 3.3, its traps, and its entry in the errata."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from constructions import AssumptionViolated, BoxUnion, FiniteSet, LabelledPoints, LabelledSets, UsageError
from constructions.classifiers.catalog import FOR_ALL_SETS, classifier_plans
from constructions.classifiers.cell_grids import CellGrid, cells_shorter_than, diameter_below
from constructions.classifiers.cells import bump_shape, cell_grid, classify_with_cells, most_cell_parameters
from constructions.classifiers.interpolation import interpolation_grid
from constructions.classifiers.separated_sets import separated_sets
from constructions.classifiers.shifted_cells import cell_labels, most_shifted_parameters, shifted_grids
from constructions.hard_distributions.grid import grid_steps
from verify import check
from verify.capacity.size_bound import certified_size_bound
from verify.cli import main
from verify.theorem import Report
from verify.theorems.registry import find_theorem
from verify.theorems.robust_classifier_printed import printed_size

CORRECTED, PRINTED = "robust-classifier", "robust-classifier-as-printed"
EIGHTH = Fraction(1, 8)


def statuses(report: Report) -> set[str]:
    return {verdict.status for verdict in report.verdicts}


@pytest.mark.theorem(
    "robust-classifier",
    claims=[
        "separation",
        "unit_cube",
        "radius",
        "robust_error",
        "margin",
        "parameters",
        "cells",
        "shifted_cells",
        "interpolation",
        "size_bound",
        "sandwich",
    ],
)
def test_the_default_instance_holds_with_all_constructions(tmp_path: Path) -> None:
    report = check(CORRECTED, construction="all", output=tmp_path)
    assert report.exit_code == 0 and statuses(report) == {"holds"}
    assert {verdict.evidence for verdict in report.verdicts} == {"exact"}
    assert set(find_theorem(CORRECTED).claims) <= {verdict.name for verdict in report.verdicts}
    assert {entry["name"] for entry in report.sizes if entry["built"]} == set(FOR_ALL_SETS)
    assert report.claim("margin").measured == report.claim("margin (shifted-cells)").measured == "1"
    assert "proved" in report.claim("certificate").detail and "proved" in report.claim("size_certificate").detail


@pytest.mark.theorem(
    "robust-classifier-as-printed",
    claims=[
        "norm",
        "separation",
        "unit_cube",
        "radius",
        "robust_error",
        "margin",
        "parameters",
        "size_bound",
        "sandwich",
    ],
)
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_printed_statement_holds_on_points(norm: str) -> None:
    report = check("3.3", data="random:n=12,d=2,levels=6,seed=3", norm=norm, ratio="1/2")
    names = [verdict.name for verdict in report.verdicts if not verdict.name.startswith("sandwich (")]
    assert report.exit_code == 0 and names == list(find_theorem("3.3").claims)
    assert int(report.claim("sandwich").measured or 0) > int(report.claim("size_bound").measured or 0) > 0
    promised = printed_size(2, Fraction(str(report.instance["eps"])) / 2)
    assert report.claim("parameters").promised == str(promised)


@pytest.mark.theorem("robust-classifier-as-printed", claims=["norm"])
def test_the_printed_statement_is_silent_about_l1() -> None:
    report = check("3.3", norm="l1", data="random:n=6,d=2,levels=5,seed=1")
    assert report.exit_code == 4 and report.claim("norm").status == "inapplicable"
    assert check(CORRECTED, norm="l1", data="random:n=6,d=2,levels=5,seed=1").exit_code == 0


@pytest.mark.theorem("robust-classifier-as-printed", claims=["parameters"])
def test_in_l2_the_printed_order_tends_to_zero_where_exponentially_many_parameters_are_needed(tmp_path: Path) -> None:
    report = check("3.3", instance="erratum", norm="l2", output=tmp_path)
    assert report.exit_code == 1
    verdict = report.claim("parameters")
    assert verdict.promised == "0" and int(str(verdict.measured).split()[-1]) > 2**27
    assert report.claim("size_certificate").status == "holds"
    # The same reading at growing dimensions: words that differ in a quarter of their places, c = 1/2.
    sizes = [printed_size(4 * k * k, Fraction(k, 4)) for k in (4, 6, 8, 12)]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == 642 and sizes[-1] == 0
    # A power of sqrt(d) in the base mends it: the corrected count exceeds the certified size.
    words = certified_size_bound(2**40, 256, Fraction(0)).size
    assert most_cell_parameters(256, Fraction(4), Fraction(2), "l2") > words


@pytest.mark.parametrize("construction", [*FOR_ALL_SETS, "literals", "box"])
def test_every_construction_can_be_asked_for(construction: str) -> None:
    report = check(CORRECTED, data="random:n=10,d=2,levels=4,seed=2", construction=construction, ratio="1/2")
    assert report.exit_code == 0
    assert [entry["name"] for entry in report.sizes] == [construction]


def test_unknown_constructions_and_options_are_refused() -> None:
    with pytest.raises(UsageError, match="no construction 'towers'"):
        check(CORRECTED, construction="towers")
    with pytest.raises(UsageError, match="no construction 'box'"):
        check(CORRECTED, construction="box")  # boxes cannot be memorized as points
    with pytest.raises(UsageError, match="takes no option 'samples'"):
        check(CORRECTED, samples=3)


def test_hypotheses_that_fail_are_named() -> None:
    far = LabelledSets(FiniteSet.of([[0, 0]]), FiniteSet.of([[2, 0]]))
    assert check(CORRECTED, sets=far).claim("unit_cube").status == "inapplicable"
    assert check(CORRECTED, ratio=1).claim("radius").status == "inapplicable"
    assert check(CORRECTED, eps="1/2").claim("separation").status == "inapplicable"
    touching = LabelledSets(FiniteSet.of([[0]]), FiniteSet.of([[0], [1]]))
    assert check(CORRECTED, sets=touching).exit_code == 4


def test_c_is_the_ratio_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", CORRECTED, "--c", "2/5", "--json", "--data", "random:n=6,d=1,levels=9,seed=1"])
    envelope = json.loads(capsys.readouterr().out)
    assert ended.value.code == 0
    assert envelope["instance"]["c"] == "2/5" and envelope["theorem"] == CORRECTED
    assert all(entry["parameters"] <= entry["worst_case"] for entry in envelope["constructions"])


# What is enough for all sets ------------------------------------------------------------


@pytest.mark.theorem("robust-classifier", claims=["sandwich", "size_bound", "cells", "shifted_cells"])
@pytest.mark.parametrize(
    ("dim", "eps", "c"), [(2, "1/8", "1/2"), (4, "1/4", "1/2"), (8, "1/8", "1/2"), (16, "1/8", "1/10")]
)
def test_enough_for_all_sets_is_more_than_certified_to_be_too_little(dim: int, eps: str, c: str) -> None:
    half, radius = Fraction(eps), Fraction(eps) * Fraction(c)
    bound = certified_size_bound((grid_steps(half) + 1) ** dim, dim, Fraction(0)).size
    cells, votes = most_cell_parameters(dim, half, radius), most_shifted_parameters(dim, half, radius)
    assert bound < min(cells, votes)
    assert cells == cell_grid(dim, half, radius, "linf").count ** dim * (6 * dim + 2) + 1


def test_the_sizes_at_one_eighth() -> None:
    """One cell fewer an axis than a count that allows for two cells at the ends."""
    shifted = shifted_grids(8, EIGHTH, EIGHTH / 2, "linf")
    table, count = shifted.table, shifted.grids[0].count
    assert count == 11 and cell_grid(8, EIGHTH, EIGHTH / 2, "linf").count == 9
    assert most_cell_parameters(8, EIGHTH, EIGHTH / 2) == 9**8 * 50 + 1 == 2_152_336_051
    assert shifted.parameters == 17 * (6 * 10 * 8 + 8 * table.blocks + 22 * table.length - 16) + 1 < 6_700_000
    assert shifted.depth == table.length + 7
    assert interpolation_grid(8, EIGHTH, EIGHTH / 2, "linf").parameters == 154008522104


def test_the_interpolant_counts_as_the_order_says() -> None:
    grid = interpolation_grid(2, Fraction(1, 4), EIGHTH, "linf")
    assert (grid.steps, grid.margin) == (9, Fraction(1, 18))
    # 1 / (eps N) must be below 1 - c, strictly: with one step fewer they are equal.
    assert 1 / (Fraction(1, 4) * (grid.steps - 1)) == 1 - EIGHTH / Fraction(1, 4)


# Traps -----------------------------------------------------------------------------------


def test_eps_that_is_no_part_of_one_is_used_as_it_is() -> None:
    """Trap 23: at eps = 2/9 grid points are 1/2 apart, more than 2 eps; the gap uses eps itself."""
    data = LabelledPoints.of([[0], ["1/2"], [1]], [1, -1, 1])
    sets = separated_sets(data, "1/9", "2/9")
    grid = cell_grid(1, sets.eps, sets.radius, "linf")
    assert sets.gap == Fraction(2, 9) and bump_shape(grid, sets.eps, sets.radius, "linf")[1] == sets.gap - grid.side
    assert separated_sets(data, "1/9").gap == Fraction(5, 18)
    assert check(CORRECTED, data=data, eps="2/9", radius="1/9").exit_code == 0
    assert check(CORRECTED, data=data, eps="2/9", radius="1/9", construction="shifted-cells").exit_code == 0


def test_a_closed_cell_counts_as_met_where_it_is_only_touched() -> None:
    """Trap 25: contact of a ball with a wall counts, corner contact in l2 included."""
    grid = CellGrid(Fraction(0), Fraction(1, 4), 4, 2)
    point = (Fraction(3, 8), Fraction(3, 8))
    assert len(grid.met(point, point, EIGHTH, "linf")) == 9
    touched = grid.met(point, point, EIGHTH, "l2")
    assert len(touched) == 5 and (0, 0) not in touched
    corner = (Fraction(3, 8) + Fraction(3, 40), Fraction(3, 8) + Fraction(4, 40))
    assert (2, 2) in grid.met(corner, corner, Fraction(1, 8), "l2")
    assert grid.cover(point, point) == [(1, 1)]
    wall = (Fraction(1, 4), Fraction(1))
    assert grid.cover(wall, wall) == [(1, 3)] and len(grid.met(wall, wall, Fraction(0), "linf")) == 2


def test_cells_as_long_as_the_gap_are_refused() -> None:
    """Trap 28: what is left of the gap must be positive."""
    for norm, factor in (("linf", 1), ("l1", 2)):
        with pytest.raises(AssumptionViolated, match="not shorter"):
            diameter_below(Fraction(1, 4), Fraction(1, 4) * factor, 2, norm)
    with pytest.raises(AssumptionViolated, match="not shorter"):
        diameter_below(Fraction(3, 4), Fraction(3, 4), 1, "l2")
    for dim, norm in ((2, "l2"), (5, "l2"), (4, "l1"), (3, "linf")):
        count = cells_shorter_than(Fraction(1), EIGHTH, dim, norm)
        below = diameter_below(Fraction(1, count), EIGHTH, dim, norm)
        assert below < EIGHTH and (norm != "l2" or below * below >= Fraction(dim, count * count))
        with pytest.raises(AssumptionViolated):
            diameter_below(Fraction(1, count - 1), EIGHTH, dim, norm)


def test_a_cell_that_meets_both_neighbourhoods_is_noticed() -> None:
    sets = separated_sets(LabelledPoints.of([[0], [1]], [1, -1]), "1/4")
    with pytest.raises(AssumptionViolated, match="not shorter"):
        cell_labels(sets, CellGrid(Fraction(-1, 4), Fraction(3, 2), 1, 1))
    labels = cell_labels(sets, shifted_grids(1, sets.eps, sets.radius, "linf").grids[1])
    assert labels[0] == 1 and labels[-1] == -1


def test_the_sets_of_one_plan_are_those_of_another() -> None:
    """Points as boxes of width 0 give the same cells."""
    rows = [[0, 0], ["1/2", "1/2"], [1, 0]]
    data = LabelledPoints.of(rows, [1, -1, 1])
    boxes = LabelledSets(BoxUnion.of([(rows[0], rows[0]), (rows[2], rows[2])]), BoxUnion.of([(rows[1], rows[1])]))
    assert classify_with_cells(data, "1/8") == classify_with_cells(boxes, "1/8")
    names = {plan.name for plan in classifier_plans(separated_sets(boxes, "1/8"))}
    assert names == set(FOR_ALL_SETS) < {plan.name for plan in classifier_plans(separated_sets(data, "1/8"))}


def test_grids_beyond_memory_are_counted_only() -> None:
    rows = np.zeros((2, 16), dtype=np.int64)
    rows[1] = 1
    report = check(CORRECTED, data=LabelledPoints.of(rows, [1, -1]), ratio="9/10", construction="shifted-cells")
    assert report.exit_code == 3 and not report.sizes[0]["built"]
    assert math.log10(report.sizes[0]["parameters"]) > 8
