"""The rows of a landscape: their numbers, the comparison of both sides, and what papers state as orders."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from constructions import LabelledPoints, load_data
from constructions.errors import AssumptionViolated, BudgetExceeded, InexactInput, UsageError
from constructions.memorizers import catalog
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.instance import half_separation
from constructions.memorizers.layer_widths import dense_size
from constructions.memorizers.literals import memorize_with_literals
from constructions.memorizers.paper import count_papers_route, memorize_by_the_papers_route, tree_sizes
from constructions.memorizers.plan import Plan
from constructions.memorizers.worst_cases import WorstCase, literals_at_worst
from verify.capacity.memorization_bounds import memorization_size_bounds
from verify.capacity.memorization_upper import enough_for_every_set
from verify.report.landscape.decisions import decide_smallest
from verify.report.landscape.documents import as_csv, document
from verify.report.landscape.orders import stated_orders
from verify.report.landscape.setting import DEFAULT_RATIOS, Setting
from verify.report.landscape.sizes import Landscape, landscape_of

HALF = Fraction(1, 2)
NORMS = ("linf", "l1", "l2")
norms = pytest.mark.parametrize("norm", NORMS)
SKEW = LabelledPoints.of(
    [["1/3", "1/5"], ["4/3", "2/7"], ["-2/3", "8/5"], ["1/7", "-3/2"], ["9/4", "5/3"]], [1, -1, -1, 1, -1]
)


def at(points: int, dim: int, norm: str, *ratios: object) -> Landscape:
    return landscape_of(Setting.of_sizes(points, dim, norm, ratios))


def sizes(landscape: Landscape, counts: str = "nonzero") -> dict[str, int | None]:
    (row,) = landscape.rows
    return {entry.name: getattr(entry, counts) for entry in row.entries}


# Sizes for every data set --------------------------------------------------------------


def test_linf_has_the_known_sizes() -> None:
    landscape = at(1000, 784, "linf", HALF)
    found = sizes(landscape)
    assert found["literals"] == 500 * (3 * 500 + 2) + 1 and found["box"] == 500 * (6 * 784 + 2) + 1
    assert found["paper"] == count_papers_route(1000, 784) and found["hash-line"] is None
    dense = sizes(landscape, "dense")
    assert dense["literals"] == 785 * 500 * 500 + (500 * 500 + 1) * 500 + 501
    assert dense["box"] == 785 * 784_000 + 784_001 * 500 + 501
    assert sizes(landscape, "depth")["paper"] == 3 + 10


@pytest.mark.parametrize("ratio", ["1/1000", "1/2", "9/10", "99/100", "999/1000"])
@pytest.mark.parametrize("dim", [1, 2, 8, 784])
def test_l2_has_the_known_sizes(dim: int, ratio: str) -> None:
    rho, m = Fraction(ratio), 5
    q = next(q for q in range(1, 99) if dim * (2 - rho) ** 2 < 4 * (1 - rho) * 4 ** (q + 1))
    s = next(s for s in range(1, 10**5) if dim * (2 - rho) ** 2 < 16 * (1 - rho) * s * s)
    landscape = at(11, dim, "l2", rho)
    found = sizes(landscape)
    assert found["sawtooth"] == m * (7 * dim * q + 11 * dim + q + 2) + 1
    assert found["kinks"] == m * (6 * dim * s + 2) + 1
    tests = 3 * min(2 * dim, 6) if dim * rho * rho < 1 else 6 * (dim + 2)
    assert found["cuts"] == m * (tests + 2) + 1
    shared = next(p for p in range(1, 99) if dim * (22 + 2 * rho) ** 2 < 4 * (1 - rho) * 4 ** (p + 1))
    assert found["shared-square"] == m * (dim + 3) + 1 + 8 * dim * shared + shared
    assert sizes(landscape, "depth") == {
        "cuts": 3,
        "shared-square": shared + 3,
        "sawtooth": q + 4,
        "kinks": 3,
        "hash-line": None,
        "paper": None,
    } | {name: depth for name, depth in sizes(landscape, "depth").items() if name.startswith("hash-")}
    dense = sizes(landscape, "dense")["sawtooth"]
    levels = [2 * dim * m, 2 * dim * m, *[(2 * dim + 1) * m] * q, m, 1]
    assert dense == sum((i + 1) * o for i, o in zip([dim, *levels], levels, strict=False))


@norms
def test_bounds_are_those_of_the_size_bounds(norm: str) -> None:
    landscape = at(200, 30, norm, "1/4", "3/4")
    for row in landscape.rows:
        assert list(row.bounds) == memorization_size_bounds(200, 30, norm, row.ratio)
        assert row.bound("points") in row.bounds and row.bound("nothing") is None


@norms
@pytest.mark.parametrize("ratio", ["1/1000000", "1/40", "1/2", "9/10", "999/1000"])
@pytest.mark.parametrize(("points", "dim"), [(3, 1), (10, 784), (1001, 7), (10**6, 10**4)])
def test_another_count_of_what_is_enough_is_no_smaller(points: int, dim: int, ratio: str, norm: str) -> None:
    """Written apart from this one; it leaves out kinks and cuts that read all coordinates."""
    (row,) = at(points, dim, norm, ratio).rows
    smallest, other = row.smallest(), enough_for_every_set(points, dim, norm, ratio)
    assert smallest is not None and smallest.nonzero is not None and smallest.nonzero <= other.size
    names = {"literals": ("literals", "cuts")}.get(other.construction, (other.construction,))
    assert other.size in {entry.nonzero for entry in row.entries if entry.name in names}


def test_any_size_is_counted_at_once() -> None:
    for norm in NORMS:
        landscape = landscape_of(Setting.of_sizes(10**6, 10**4, norm))
        assert len(landscape.rows) == len(DEFAULT_RATIOS) and landscape.inversions == []
    assert sizes(at(10**300, 10**9, "linf", HALF))["literals"] == 5 * 10**299 * (6 * 10**9 + 2) + 1


def test_the_tree_of_maxima_is_counted_without_building_it() -> None:
    for dim in [*range(1, 40), 64, 100, 127]:
        data = LabelledPoints.of([[1] * dim, [3] * dim], [1, -1])
        network = memorize_by_the_papers_route(data, HALF)
        assert [affine.shape[0] for affine in network.maps[1:-2]] == [2 * units for units, _ in tree_sizes(dim)]
        assert [affine.nonzero for affine in network.maps[1:-2]] == [2 * weights for _, weights in tree_sizes(dim)]
        assert network.size.nonzero == count_papers_route(2, dim)


def _spread(count: int, dim: int) -> LabelledPoints:
    """Points far apart, no coordinate 0 or twice the same, labels alternating."""
    rows = [[(7 * (i + 1) * (j + 2) ** 2) % 1009 + i * 1009 + 1 for j in range(dim)] for i in range(count)]
    return LabelledPoints.of(rows, [1 if i % 2 else -1 for i in range(count)])


@pytest.mark.parametrize(
    ("norm", "name"), [("linf", "box"), ("linf", "paper"), ("l1", "l1"), ("l2", "kinks"), ("l2", "sawtooth")]
)
@pytest.mark.parametrize("count", [2, 5, 6])
def test_sizes_for_every_data_set_are_met(norm: str, name: str, count: int) -> None:
    data = _spread(count, 3)
    (construction,) = constructions_for(norm, name)
    ratio = Fraction(1, 3)
    entry = next(e for e in landscape_of(Setting.of_data(data, "", norm, [ratio])).rows[0].entries if e.name == name)
    assert entry.plan is not None and construction.worst is not None
    worst = construction.worst(count, 3, ratio, norm)
    assert worst is not None and entry.plan.build().size.nonzero == worst.parameters
    assert entry.dense == dense_size(worst.widths)


def test_cuts_for_two_points_meet_their_size_for_every_data_set() -> None:
    data = LabelledPoints.of([[1, 2], [5, 6]], [1, -1])
    (row,) = landscape_of(Setting.of_data(data, "", "l2", ["9/10"])).rows
    entry = row.entry("cuts")
    assert entry is not None and entry.nonzero == 1 * (1 * (2 + 2) + 2) + 1 == sizes(at(2, 2, "l2", "9/10"))["cuts"]


@pytest.mark.parametrize(("norm", "power"), [("l1", 1), ("l2", 2)])
def test_coordinate_tests_do_below_a_ratio_and_not_from_it_on(norm: str, power: int) -> None:
    """All coordinates of the difference are equal: the largest is 2 eps over d or over the root of d."""
    data = LabelledPoints.of([[0] * 4, [2] * 4, [5] * 4], [1, -1, -1])
    edge = Fraction(1, 4 if norm == "l1" else 2)
    for ratio in (edge - Fraction(1, 1000), edge):
        (row,) = landscape_of(Setting.of_data(data, "", norm, [ratio])).rows
        entry = row.entry("cuts")
        assert entry is not None and entry.plan is not None
        first = entry.plan.build().maps[0]
        assert (first.nonzero == 2 * first.shape[0]) == (ratio < edge)
        expected = 2 * 3 if ratio < edge else 2 * (4 + 2)
        assert sizes(at(3, 4, norm, ratio))["cuts"] == expected + 2 + 1 and 4 * ratio**power <= 1


def test_literals_meet_their_size_on_unit_vectors_and_a_class_too_small_is_seen() -> None:
    data = LabelledPoints.of([[0, 0], [1, 0], [0, 1]], [1, -1, -1])
    (row,) = landscape_of(Setting.of_data(data, "", "linf", ["9/10"])).rows
    entry = row.entry("literals")
    assert entry is not None and entry.nonzero == literals_at_worst(3, 2, HALF, "linf").parameters == 9
    # With floor(N/2) for the larger class too, the count would miss this data set.
    wrong = literals_at_worst(2, 2, HALF, "linf")
    assert entry.nonzero > wrong.parameters


# One data set --------------------------------------------------------------------------


@norms
@pytest.mark.parametrize("ratio", ["1/1000", "1/2", "99/100"])
@pytest.mark.parametrize("spec", ["random:n=9,d=1,levels=30,seed=0", "random:n=12,d=3,levels=8,seed=1", None])
def test_dense_size_and_depth_are_those_of_built_networks(spec: str | None, ratio: str, norm: str) -> None:
    data = SKEW if spec is None else load_data(spec)
    (row,) = landscape_of(Setting.of_data(data, "points", norm, [ratio])).rows
    assert sum(entry.nonzero is not None for entry in row.entries) >= 2
    for entry in row.entries:
        if entry.plan is None:
            assert (entry.nonzero, entry.dense, entry.depth) == (None, None, None)
            continue
        size = entry.plan.build().size
        assert (entry.dense, entry.depth) == (size.dense, size.depth)
        assert entry.nonzero is not None and size.nonzero <= entry.nonzero


@norms
def test_networks_for_one_class_have_constant_widths(norm: str) -> None:
    data = LabelledPoints.of([[0, 0, 1], [1, 1, 2]], [1, 1])
    for construction in constructions_for(norm):
        plan = construction.plan(data, Fraction(1), None, norm, None)
        if plan is not None:
            size = plan.build().size
            assert plan.widths in ((3, 1), ()) and (size.dense, size.depth) == (4, 1), construction.name


def test_the_radius_is_the_ratio_of_half_the_separation() -> None:
    setting = Setting.of_data(SKEW, "skew", "l2", ["1/2"])
    closest = SKEW.closest_opposite_pairs("l2")
    assert closest is not None and setting.eps == half_separation(closest.distance, "l2")
    assert setting.radius(HALF) == setting.eps / 2 and Setting.of_sizes(2, 1, "l2").radius(HALF) is None


def test_a_data_set_may_need_less_than_some_other_of_its_size() -> None:
    """One point against 40,000 in one dimension: 9 parameters, where some labelling needs 280."""
    data = LabelledPoints.of([[i] for i in range(40_001)], [1] + [-1] * 40_000)
    landscape = landscape_of(Setting.of_data(data, "", "linf", ["1/4"]))
    smallest, points = landscape.rows[0].smallest(), landscape.rows[0].bound("points")
    assert smallest is not None and smallest.nonzero is not None and points is not None
    assert smallest.nonzero < 10 < 250 < points.size
    assert smallest.promised is None or smallest.promised < points.size
    assert landscape.inversions == [] and landscape.least_ratio is not None and landscape.least_ratio > 1


def test_the_smallest_network_of_each_row_is_built_and_decided() -> None:
    data = load_data("random:n=8,d=2,levels=9,seed=2")
    for norm in NORMS:
        landscape = landscape_of(Setting.of_data(data, "", norm, ["1/100", "3/4"]))
        found = list(decide_smallest(landscape, lambda: None))
        assert [entry.ratio for entry in found] == [Fraction(1, 100), Fraction(3, 4)]
        for row, entry in zip(landscape.rows, found, strict=True):
            smallest = row.smallest()
            assert smallest is not None and smallest.nonzero == min(e.nonzero for e in row.entries if e.nonzero)
            assert (entry.name, entry.status, entry.fits, entry.detail) == (smallest.name, "robust", True, "")
            assert entry.nonzero <= smallest.nonzero and entry.dense == smallest.dense


def test_a_wrong_network_and_a_wrong_count_are_seen() -> None:
    data = LabelledPoints.of([[0], [1]], [1, -1])
    landscape = landscape_of(Setting.of_data(data, "", "linf", ["9/10"]))
    (row,) = landscape.rows
    entry = row.smallest()
    assert entry is not None and entry.plan is not None
    narrow = replace(entry.plan, build=lambda: memorize_with_literals(data, "1/10", "1/2"), parameters=0)
    entries = tuple(replace(each, plan=narrow) if each is entry else each for each in row.entries)
    wrong = replace(landscape, rows=(replace(row, entries=entries),))
    (found,) = decide_smallest(wrong, lambda: None)
    assert found.status == "violated" and "is wrong at" in found.detail and not found.fits


# Both sides ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("worst", "counts"),
    [(WorstCase(1566), "nonzero"), (WorstCase(10**9, (784, 100, 1)), "dense"), (WorstCase(37), "nonzero")],
)
def test_a_contradiction_is_found_and_named(monkeypatch: pytest.MonkeyPatch, worst: WorstCase, counts: str) -> None:
    assert at(1000, 784, "linf", HALF).inversions == []
    _claim_worst(monkeypatch, "box", lambda *_: worst)
    landscape = at(1000, 784, "linf", "1/100", HALF)
    assert landscape.inversions and all(found.name == "box" for found in landscape.inversions)
    assert {found.counts for found in landscape.inversions} == {counts}
    assert landscape.least_ratio is not None and landscape.least_ratio <= 1
    assert re.search(r"at ratio 1/2 box is said to need at most .* too few for some", str(landscape.inversions[-1]))


def _claim_worst(monkeypatch: pytest.MonkeyPatch, name: str, worst: Callable[..., WorstCase]) -> None:
    changed = tuple(replace(entry, worst=worst) if entry.name == name else entry for entry in catalog.CATALOG)
    monkeypatch.setattr(catalog, "CATALOG", changed)


def test_one_more_than_a_bound_is_no_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    _claim_worst(monkeypatch, "box", lambda *_: WorstCase(1567))
    assert at(1000, 784, "linf", HALF).inversions == []


def test_a_size_on_a_condition_contradicts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _claim_worst(monkeypatch, "box", lambda *_: WorstCase(3, (), "points of the unit ball"))
    landscape = at(1000, 784, "linf", HALF)
    assert sizes(landscape)["box"] == 3 and landscape.inversions == []
    assert landscape.least_ratio == Fraction(751_001, 1566)
    line = next(line for line in as_csv([landscape]).splitlines() if ",box," in line)
    assert line.endswith("only for points of the unit ball")
    assert document(landscape)["rows"][0]["constructions"][1]["condition"] == "points of the unit ball"


def test_new_constructions_appear_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    box = constructions_for("linf", "box")[0]
    monkeypatch.setattr(catalog, "CATALOG", (*catalog.CATALOG, replace(box, name="newest", worst=None)))
    landscape = at(10, 2, "linf", HALF)
    assert landscape.names[-1] == "newest" and sizes(landscape)["newest"] is None
    assert sizes(landscape_of(Setting.of_data(SKEW, "", "linf", [HALF])))["newest"] == 2 * 14 + 1


def test_widths_that_are_not_stated_are_read_off_small_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    box = constructions_for("linf", "box")[0]

    def silent(*instance: Any) -> Plan:
        plan = box.plan(*instance)
        assert plan is not None
        return replace(plan, widths=())

    changed = tuple(replace(entry, plan=silent) if entry.name == "box" else entry for entry in catalog.CATALOG)
    stated = sizes(landscape_of(Setting.of_data(SKEW, "", "linf", [HALF])), "dense")["box"]
    monkeypatch.setattr(catalog, "CATALOG", changed)
    assert sizes(landscape_of(Setting.of_data(SKEW, "", "linf", [HALF])), "dense")["box"] == stated is not None
    wide = _spread(200, 40)
    assert sizes(landscape_of(Setting.of_data(wide, "", "linf", [HALF])), "dense")["box"] is None


def test_the_catalog_states_the_widths_of_these() -> None:
    for norm in NORMS:
        (row,) = landscape_of(Setting.of_data(SKEW, "", norm, ["1/1000"])).rows
        silent = {entry.name for entry in row.entries if entry.plan is not None and not entry.plan.widths}
        assert not silent & {
            "literals",
            "box",
            "l1",
            "cuts",
            "shared-square",
            "sawtooth",
            "kinks",
            "hash-line",
            "paper",
        }


def test_a_construction_beyond_its_budget_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise BudgetExceeded("too many pairs")

    changed = tuple(replace(entry, plan=refuse) if entry.name == "box" else entry for entry in catalog.CATALOG)
    monkeypatch.setattr(catalog, "CATALOG", changed)
    landscape = landscape_of(Setting.of_data(SKEW, "", "linf", [HALF]))
    assert sizes(landscape)["box"] is None and landscape.uncounted == []


# Orders --------------------------------------------------------------------------------


def test_orders_are_text_and_their_ranges_are_decided_exactly() -> None:
    first, second, third = stated_orders("l2")[:3]
    # 1/(5 N sqrt(d)) is 1/100 for N = 5 and d = 16, 1/(5 sqrt(d)) is 1/20.
    cases = {"1/101": first, "1/100": first, "1/99": second, "1/20": second, "1/19": third, "9/10": third}
    for ratio, expected in cases.items():
        found = [order for order in (first, second, third) if order.ratios(5, 16, (Fraction(ratio),))]
        assert found == [expected], ratio
    assert [order.ratios(5, 16, (HALF,)) for order in stated_orders("l2") if order.applies is None] == [None]


@norms
def test_orders_name_their_source_and_no_size(norm: str) -> None:
    for order in stated_orders(norm):
        assert re.search(r" 20\d\d", order.source) and order.kind in ("upper", "lower") and norm in order.norms
        assert not re.search(r"\d{3}", order.order)
    assert stated_orders("l1") == ()


# What is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "dim", "norm", "ratios", "message"),
    [
        (1, 3, "linf", None, "at least 2 points, one of each label; got 1"),
        (2, 0, "linf", None, "dimension must be at least 1, got 0"),
        (2, 1, "l3", None, "l3"),
        (2, 1, "linf", ["1"], "between 0 and 1, both excluded; got 1"),
        (2, 1, "linf", ["0"], "got 0"),
        (2, 1, "linf", ["1/2", "3/2"], "got 3/2"),
        (2, 1, "linf", [], "at least one ratio"),
        (2**6000, 1, "linf", None, "binary digits"),
    ],
)
def test_what_makes_no_sense_is_refused(
    points: int, dim: int, norm: str, ratios: list[str] | None, message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        Setting.of_sizes(points, dim, norm, ratios)


def test_floats_are_refused_and_ratios_are_sorted_once_each() -> None:
    with pytest.raises(InexactInput):
        Setting.of_sizes(2, 1, "linf", [0.5])
    setting = Setting.of_sizes(2, 1, "linf", ["1/2", "1/4", "2/4"])
    assert setting.ratios == (Fraction(1, 4), HALF)


def test_data_without_a_separation_is_refused() -> None:
    with pytest.raises(AssumptionViolated, match="all 2 labels agree"):
        Setting.of_data(LabelledPoints.of([[0], [1]], [1, 1]), "", "linf")
    with pytest.raises(AssumptionViolated, match="points 0 and 1"):
        Setting.of_data(LabelledPoints.of([[0], [0]], [1, -1]), "", "linf")
    with pytest.raises(AssumptionViolated, match="labels must be -1 and"):
        landscape_of(Setting.of_data(LabelledPoints.of([[0], [1]], [0, 1]), "", "linf", [HALF]))
