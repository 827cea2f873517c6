"""No network that fits all labellings is ever as small as a certified size, and the traps of counting."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given

from constructions import AssumptionViolated, InexactInput, UsageError
from constructions.classifiers.bit_extraction import BlockTable, classify_grid_by_bit_extraction, count_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.classifiers.overfitting import count_overfitting, overfit_robustly
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from constructions.memorizers.literals import memorize_with_literals
from constructions.network.relu_network import ReluNetwork
from verify.capacity.question import SizeQuestion
from verify.capacity.sign_patterns import hamming_ball, possible_parameters, sauer_patterns
from verify.capacity.size_bound import SizeBound, certified_size_bound
from verify.certificate import count_checker
from verify.claims.size_bound_claims import built_above_bound
from verify.robustness import robust_error
from verify.testing import grid_strategies
from verify.testing.strategies import grid_balls, linearly_separable_grids, size_questions

LINEAR = "hard-linearly-separable-sets"
GRIDS = [(q, axes) for q, axes in product((1, 2, 3, 5, 9), (1, 2, 3, 5, 8, 10)) if (q + 1) ** axes <= 4096]
ERRORS = (Fraction(0), Fraction(1, 10), Fraction(1, 4), Fraction(49, 100))


def asked(question: SizeQuestion) -> SizeBound:
    rare = None if question.failure == 1 else question.failure
    return certified_size_bound(
        question.points, question.dim, question.error, question.depth, question.weight_bits, rare
    )


def smallest_counts(steps: int, axes: int) -> Iterator[tuple[str, int, int]]:
    """Yield constructions that are robust for every labelling: name, most parameters, depth."""
    balls, m, dim = GridBalls.of(axes + 1, axes, steps, Fraction(1, 4 * steps)), (steps + 1) ** axes, axes + 1
    for length in sorted({1, 2, 3, 8, m, BlockTable.smallest(m).length}):
        yield f"bits of {length}", count_bit_extraction(balls, BlockTable.with_length(m, length)), length + 6
    yield "box bumps", m // 2 * (6 * dim + 2) + 1, 3
    yield "all overfitted", count_overfitting(dim, m), 3


@pytest.mark.theorem(LINEAR, claims=["sandwich"])
@pytest.mark.parametrize(("steps", "axes"), GRIDS)
def test_no_closed_form_is_below_a_certified_size(steps: int, axes: int) -> None:
    m = (steps + 1) ** axes
    for error, dim in product(ERRORS, (axes, axes + 1)):
        anywhere = certified_size_bound(m, dim, error)
        for name, parameters, depth in smallest_counts(steps, axes):
            assert built_above_bound(parameters, anywhere).status == "holds", name
            shallow = certified_size_bound(m, dim, error, depth)
            assert (
                shallow.size >= anywhere.size and built_above_bound(parameters, shallow, depth=depth).status == "holds"
            ), name


def networks_for(grid: LinearlySeparableGrid) -> Iterator[ReluNetwork]:
    """Yield networks that are robust on one labelled grid."""
    balls = GridBalls.of(grid.dim, grid.dim - 1, grid.steps, grid.radius)
    labels = [grid.label(index) for index in range(grid.size)]
    for length in range(1, grid.size + 1):
        yield classify_grid_by_bit_extraction(labels, balls, BlockTable.with_length(grid.size, length))
    yield memorize_with_box_bumps(grid.listed(), grid.radius)
    yield memorize_with_literals(grid.listed(), grid.radius)
    yield overfit_robustly(grid, range(grid.size))


@pytest.mark.theorem(LINEAR, claims=["sandwich"])
@pytest.mark.parametrize(("dim", "eps"), [(2, "1/8"), (3, "1/2"), (2, "1/4")])
def test_the_worst_of_all_labellings_exceeds_the_certified_size(dim: int, eps: str) -> None:
    """For every labelling the smallest network we have, and it is decided."""
    worst = 0
    size = LinearlySeparableGrid.of(dim, eps).size
    for labels in product((-1, 1), repeat=size):
        grid = LinearlySeparableGrid.of(dim, eps, labels=labels)
        smallest = None
        for network in networks_for(grid):
            if smallest is None or network.size.nonzero < smallest:
                smallest = network.size.nonzero
                assert robust_error(network, grid.listed(), radius=grid.radius).upper == 0
        assert smallest is not None
        worst = max(worst, smallest)
    assert built_above_bound(worst, certified_size_bound(size, dim)).status == "holds"


@given(question=size_questions())
def test_a_drawn_question_is_certified_to_the_unit(
    question: SizeQuestion, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bound, folder = asked(question), tmp_path_factory.mktemp("counts")
    count_checker.check(bound.certificate(folder / "size.json"))
    document = (folder / "size.json").read_text(encoding="utf-8")
    more = document.replace(f'"size": {bound.size}', f'"size": {bound.size + 1}')
    assert more != document
    (folder / "more.json").write_text(more, encoding="utf-8")
    with pytest.raises(count_checker.Rejected):
        count_checker.check(folder / "more.json")


@given(question=size_questions())
def test_forgiving_or_restricting_less_certifies_no_more(question: SizeQuestion) -> None:
    size = asked(question).size
    strict = SizeQuestion.of(question.points, question.dim, 0, question.depth, question.weight_bits)
    sure = SizeQuestion.of(question.points, question.dim, question.error, question.depth, question.weight_bits)
    assert size <= asked(sure).size <= asked(strict).size <= question.points
    if question.weight_bits is None:
        free = SizeQuestion.of(question.points, question.dim, question.error, None, None, question.failure)
        assert asked(free).size <= size
    wider = SizeQuestion.of(
        question.points, question.dim + 1, question.error, question.depth, question.weight_bits, question.failure
    )
    assert asked(wider).size <= size


# The strategies ------------------------------------------------------------------------


@given(question=size_questions(max_points=30), grid=linearly_separable_grids(max_points=8), balls=grid_balls())
def test_drawn_instances_are_valid(question: SizeQuestion, grid: LinearlySeparableGrid, balls: GridBalls) -> None:
    assert hamming_ball(question.points, question.forgiven) < question.failure * 2**question.points
    assert grid.size <= 8 and 0 < grid.offset <= grid.radius < grid.eps <= Fraction(1, 2)
    assert balls.count <= 36 and 0 <= balls.radius < Fraction(1, 2 * balls.steps)


IMPOSSIBLE = {
    "one point": lambda: grid_balls(max_points=1),
    "no axis": lambda: grid_balls(max_axes=0),
    "fewer than no free coordinates": lambda: grid_balls(max_free=-1),
    "no radius": lambda: grid_balls(levels=0),
    "one hard point": lambda: linearly_separable_grids(max_points=1),
    "no axis of a hard set": lambda: linearly_separable_grids(max_axes=0),
    "no value of eps": lambda: linearly_separable_grids(levels=0),
    "no point to ask of": lambda: size_questions(max_points=0),
    "no dimension to ask of": lambda: size_questions(max_dim=0),
}


@pytest.mark.parametrize("request_it", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible_requests_raise_at_once(request_it: object) -> None:
    with pytest.raises(UsageError, match="must be at least"):
        request_it()  # type: ignore[operator]


def test_nothing_is_drawn_and_thrown_away() -> None:
    text = Path(grid_strategies.__file__).read_text(encoding="utf-8")
    assert ".filter(" not in text and "assume" not in text


# Traps ---------------------------------------------------------------------------------


@pytest.mark.parametrize("points", [1, 2, 7, 40])
def test_trap_22_balls_and_sauers_sum_saturate(points: int) -> None:
    for radius in (points, points + 1, 10 * points):
        assert hamming_ball(points, radius) == sauer_patterns(points, radius) == 2**points
    assert hamming_ball(points, points - 1) == 2**points - 1


@pytest.mark.parametrize("error", ["1/2", "51/100", "1"])
def test_trap_22_an_error_of_one_half_is_no_question(error: str) -> None:
    with pytest.raises(AssumptionViolated, match="below 1/2"):
        certified_size_bound(64, 3, error)
    with pytest.raises(InexactInput):
        certified_size_bound(64, 3, 0.1)


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("units", [0, 1, 2, 5])
def test_trap_24_every_layered_network_has_its_places_among_those_counted(dim: int, units: int) -> None:
    """The count allows skips: a layered network of any widths has at most as many places."""

    def layerings(rest: int) -> Iterator[tuple[int, ...]]:
        if not rest:
            yield ()
        for first in range(1, rest + 1):
            yield from ((first, *later) for later in layerings(rest - first))

    places = possible_parameters(units, dim)
    for widths in layerings(units):
        layered = sum((before + 1) * after for before, after in zip((dim, *widths), (*widths, 1), strict=True))
        assert layered <= places
    with_skips = sum(1 + dim + target for target in range(units + 1))
    assert with_skips == places


@pytest.mark.parametrize(("steps", "axes", "length"), [(3, 2, 4), (1, 6, 8), (2, 3, 5)])
def test_trap_24_pass_throughs_are_counted_above(steps: int, axes: int, length: int) -> None:
    """Skips would save parameters of the layered network; the certified size is still below what is left."""
    balls = GridBalls.of(axes + 1, axes, steps, Fraction(1, 4 * steps))
    labels = [(-1) ** index for index in range(balls.count)]
    network = classify_grid_by_bit_extraction(labels, balls, BlockTable.with_length(balls.count, length))
    passed = sum(
        1
        for affine in network.maps[1:-1]
        for row, bias in zip(affine.weight, affine.bias, strict=True)
        if bias == 0 and [value for value in row if value] == [1]
    )
    assert passed > 0 and certified_size_bound(balls.count, axes + 1).size < network.size.nonzero - passed
