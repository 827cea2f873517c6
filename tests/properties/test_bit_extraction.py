"""What the bit-extraction network guarantees, on drawn grids: exact labels, counts, symmetries, files."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import verify
from constructions import AffineMap, AssumptionViolated, InexactInput, ReluNetwork
from constructions.classifiers.bit_extraction import BlockTable, classify_grid_by_bit_extraction, count_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.hard_distributions.grid import GridIndices
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from constructions.network.onnx_bridge import from_onnx, to_onnx
from verify.pointwise import wrong_points, wrong_points_in_floats
from verify.testing.grid_strategies import LabelledBalls, labelled_centres
from verify.testing.strategies import grid_balls, grid_labellings

LINEAR, SEPARATED = "hard-linearly-separable-sets", "hard-separated-sets"
Point = tuple[Fraction, ...]
lengths = st.integers(1, 40)


def built(labelled: LabelledBalls, length: int | None = None) -> ReluNetwork:
    balls, labels = labelled
    table = None if length is None else BlockTable.with_length(balls.count, length)
    return classify_grid_by_bit_extraction(labels, balls, table)


def in_ball(draw: st.DataObject, balls: GridBalls, centre: Point) -> Point:
    """Draw a corner, a face point, the centre or any point of a ball, the free coordinates at will."""
    share = st.sampled_from([Fraction(-1), Fraction(0), Fraction(1)]) | st.builds(
        Fraction, st.integers(-7, 7), st.just(7)
    )
    free = st.builds(Fraction, st.integers(-(10**6), 10**6), st.integers(1, 97))
    moved = [x + balls.radius * draw.draw(share) for x in centre[: balls.axes]]
    return (*moved, *(draw.draw(free) for _ in range(balls.dim - balls.axes)))


@pytest.mark.theorem(LINEAR, claims=["robust_error", "margin"])
@pytest.mark.theorem(SEPARATED, claims=["robust_error", "margin"])
@given(labelled=grid_labellings(), length=lengths, draw=st.data())
@example(labelled=(GridBalls.of(2, 1, 5, "1/11"), (1,) * 6), length=4, draw=None)
@example(labelled=(GridBalls.of(2, 1, 5, "1/11"), (-1,) * 6), length=1, draw=None)
def test_the_output_is_the_label_on_every_ball(
    labelled: LabelledBalls, length: int, draw: st.DataObject | None
) -> None:
    balls, labels = labelled
    network = built(labelled, length)
    data = labelled_centres(balls, labels)
    error = verify.robust_error(network, data, radius=balls.radius, method="affine")
    assert error.upper == 0 and error.smallest_margin == 1
    assert network.size.depth == length + 6
    for index in range(balls.count if draw else 0):
        assert draw is not None
        assert network(in_ball(draw, balls, data.point(index))) == (labels[index],)


@pytest.mark.theorem(LINEAR, claims=["robust_error"])
@given(labelled=grid_labellings(grid_balls(max_points=20)), norm=st.sampled_from(("linf", "l1", "l2")))
def test_the_network_is_robust_in_every_norm_and_at_every_radius_below(labelled: LabelledBalls, norm: str) -> None:
    balls, labels = labelled
    data, network = labelled_centres(balls, labels), built(labelled)
    for radius in (balls.radius, balls.radius / 2, 0):
        assert verify.robust_error(network, data, norm, radius).upper == 0


@pytest.mark.theorem(LINEAR, claims=["count", "parameters"])
@given(labelled=grid_labellings(), length=lengths)
def test_the_parameters_never_exceed_the_count(labelled: LabelledBalls, length: int) -> None:
    balls, _ = labelled
    table = BlockTable.with_length(balls.count, length)
    count, network = count_bit_extraction(balls, table), built(labelled, length)
    assert network.size.nonzero <= count
    smallest = BlockTable.smallest(balls.count)
    beyond = count_bit_extraction(balls, smallest) - 6 * balls.steps * balls.axes
    assert beyond**2 <= 704 * balls.count
    assert built(labelled).size.nonzero <= count_bit_extraction(balls, smallest)


@pytest.mark.theorem(LINEAR, claims=["count"])
@pytest.mark.parametrize("length", [2, 3, 4, 7, 8, 13, 16, 40])
@pytest.mark.parametrize(("axes", "steps"), [(1, 15), (2, 3), (4, 1), (3, 2)])
def test_generic_labels_meet_the_count(axes: int, steps: int, length: int) -> None:
    """Equality needs a positive radius, a label +1 in the first block, and different neighbouring blocks."""
    balls = GridBalls.of(axes + 1, axes, steps, Fraction(1, 3 * steps))
    stream = random.Random(f"{axes} {steps} {length}")
    labels = [stream.choice((-1, 1)) for _ in range(balls.count)]
    labels[0] = 1
    for start in range(length, balls.count, length):
        labels[start] = -labels[start - length]
    table = BlockTable.with_length(balls.count, length)
    network = classify_grid_by_bit_extraction(labels, balls, table)
    assert network.size.nonzero == count_bit_extraction(balls, table)
    touching = classify_grid_by_bit_extraction(labels, GridBalls.of(axes + 1, axes, steps, 0), table)
    assert touching.size.nonzero == count_bit_extraction(balls, table) - axes


# The same question put differently -------------------------------------------------------


@given(labelled=grid_labellings(both_classes=True), length=lengths, draw=st.data())
def test_one_flipped_label_is_exactly_one_violated_point(
    labelled: LabelledBalls, length: int, draw: st.DataObject
) -> None:
    balls, labels = labelled
    place = draw.draw(st.integers(0, balls.count - 1))
    flipped = [-label if index == place else label for index, label in enumerate(labels)]
    error = verify.robust_error(built(labelled, length), labelled_centres(balls, flipped), radius=balls.radius)
    assert [index for index, status in enumerate(error.status) if status == "violated"] == [place]
    assert error.lower == error.upper == Fraction(1, balls.count)


@given(labelled=grid_labellings(grid_balls(max_axes=3)), length=lengths, draw=st.data())
def test_permuted_axes_go_with_permuted_labels(labelled: LabelledBalls, length: int, draw: st.DataObject) -> None:
    balls, labels = labelled
    order = draw.draw(st.sampled_from(list(permutations(range(balls.axes)))))
    indices = GridIndices(balls.axes, balls.steps)
    moved = [labels[indices.index_of([indices.digits(index)[axis] for axis in order])] for index in range(balls.count)]
    straight, turned = built((balls, labels), length), built((balls, tuple(moved)), length)
    for centre in labelled_centres(balls, labels).points:
        point = in_ball(draw, balls, centre)
        assert turned(point) == straight([*(point[axis] for axis in order), *point[balls.axes :]])


@given(labelled=grid_labellings(), length=lengths, draw=st.data())
def test_negated_labels_negate_the_output_and_free_coordinates_are_free(
    labelled: LabelledBalls, length: int, draw: st.DataObject
) -> None:
    balls, labels = labelled
    free = draw.draw(st.integers(1, 3))
    wider = GridBalls(balls.dim + free, balls.axes, balls.steps, balls.radius)
    network = built(labelled, length)
    negated, widened = built((balls, tuple(-label for label in labels)), length), built((wider, labels), length)
    data = labelled_centres(balls, labels)
    for index in range(balls.count):
        point = in_ball(draw, wider, (*data.point(index), *[Fraction(0)] * free))
        assert [-value for value in network(point[: balls.dim])] == [*negated(point[: balls.dim])]
        assert widened(point) == network(point[: balls.dim])
    assert (widened.size.nonzero, widened.size.units) == (network.size.nonzero, network.size.units)


@given(
    labelled=grid_labellings(grid_balls(max_points=16)), factor=st.sampled_from(["1/3", "7", "1/1048576", "1000003"])
)
def test_scaled_points_and_weights_keep_every_verdict(labelled: LabelledBalls, factor: str) -> None:
    balls, labels = labelled
    scale, data = Fraction(factor), labelled_centres(balls, labels)
    first, *rest = built(labelled).maps
    shrunk = AffineMap([[value / scale for value in row] for row in first.weight], first.bias)
    moved = type(data).of([[x * scale for x in point] for point in data.points], data.labels)
    limit = scale / (2 * balls.steps)
    for radius in (scale * balls.radius, limit):
        error = verify.robust_error(ReluNetwork([shrunk, *rest]), moved, radius=radius)
        plain = verify.robust_error(ReluNetwork([first, *rest]), data, radius=radius / scale)
        assert error.status == plain.status
    assert verify.robust_error(ReluNetwork([shrunk, *rest]), moved, radius=scale * balls.radius).upper == 0


# Files -----------------------------------------------------------------------------------


@given(labelled=grid_labellings(grid_balls(max_points=20)), length=lengths)
def test_the_json_file_decides_the_same(
    labelled: LabelledBalls, length: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    network = built(labelled, length)
    path = tmp_path_factory.mktemp("json") / "network.json"
    network.save(path)
    assert ReluNetwork.load(path) == network


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
@pytest.mark.parametrize("length", [1, 4, 9, 40, 64])
@pytest.mark.parametrize("radius", ["1/16", "0", "1/17"])
def test_the_onnx_file_decides_the_same(steps: int, length: int, radius: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    axes = 5 if steps == 1 else 2
    balls = GridBalls.of(axes + 1, axes, steps, radius)
    stream = random.Random(f"{steps} {length}")
    labels = tuple(stream.choice((-1, 1)) for _ in range(balls.count))
    network, path = built((balls, labels), length), tmp_path / "network.onnx"
    try:
        to_onnx(network, path)
    except InexactInput:
        # A word of more than 53 digits fits no float.
        assert network.size.weight_bits > 53 and not path.exists()
        return
    again = from_onnx(path)
    data = labelled_centres(balls, labels)
    for candidate in (network, again):
        error = verify.robust_error(candidate, data, radius=balls.radius, method="affine")
        assert error.upper == 0
    values = [again(point)[0] for point in data.points]
    assert all(value * label > 0 for value, label in zip(values, labels, strict=True))


@pytest.mark.parametrize(("length", "written"), [(24, True), (53, True), (64, False)])
def test_words_beyond_53_digits_are_written_to_no_onnx_file(length: int, written: bool, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    balls = GridBalls.of(1, 1, length - 1, 0)
    network = built((balls, (1,) * length), length)  # one block, and its word is 2^length - 1
    if written:
        to_onnx(network, tmp_path / "network.onnx")
        data = labelled_centres(balls, (1,) * length)
        assert verify.robust_error(from_onnx(tmp_path / "network.onnx"), data, radius=0).upper == 0
    else:
        with pytest.raises(InexactInput):
            to_onnx(network, tmp_path / "network.onnx")


@pytest.mark.parametrize(("length", "single", "double"), [(20, True, False), (60, True, True), (80, True, True)])
def test_trap_4_words_of_many_digits_are_wrong_in_floats(length: int, single: bool, double: bool) -> None:
    balls = GridBalls.of(1, 1, 4 * length - 1, 0)
    stream = random.Random(length)
    labels = tuple(stream.choice((-1, 1)) for _ in range(balls.count))
    network, data = built((balls, labels), length), labelled_centres(balls, labels)
    assert len(wrong_points(network, data)) == 0
    assert (len(wrong_points_in_floats(network, data, np.float32)) > 0) is single
    assert (len(wrong_points_in_floats(network, data, np.float64)) > 0) is double


# The hard sets they are for --------------------------------------------------------------


@pytest.mark.theorem(LINEAR, claims=["robust_error"])
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize("eps", ["1/4", "2/9", "3/16"])
def test_trap_23_the_ramps_use_the_spacing_and_any_radius_below_eps(eps: str, norm: str) -> None:
    """The grid is 1/q apart, more than 2 eps; the ramps between the balls are 1/q - 2 radius wide."""
    grid = LinearlySeparableGrid.of(3, eps, radius=Fraction(eps) * Fraction(999, 1000), seed=3)
    balls = GridBalls.of(3, 2, grid.steps, grid.radius)
    network = built((balls, tuple(grid.label(index) for index in range(grid.size))))
    error = verify.robust_error(network, grid.listed(), norm, grid.radius)
    assert error.upper == 0 and error.smallest_margin == 1
    assert Fraction(1, grid.steps) > 2 * grid.eps or eps == "1/4"


@pytest.mark.parametrize("excess", [Fraction(0), Fraction(1, 10**9)])
def test_balls_that_touch_are_refused(excess: Fraction) -> None:
    with pytest.raises(AssumptionViolated, match="below 1/6"):
        GridBalls.of(2, 1, 3, Fraction(1, 6) + excess)


@pytest.mark.parametrize("labels", [[1, -1, 0, 1], [1, -1, 2, 1], [1, -1, 1], [[1, -1], [1, 1]], [1.5, 1, -1, 1]])
def test_labels_that_are_none_are_refused(labels: list[int]) -> None:
    with pytest.raises(AssumptionViolated, match="labels"):
        classify_grid_by_bit_extraction(labels, GridBalls.of(1, 1, 3, 0))


@pytest.mark.parametrize("table", [BlockTable(1, 2), BlockTable(3, 1), BlockTable(0, 4)], ids=str)
def test_a_table_that_is_too_small_for_the_labels_is_refused(table: BlockTable) -> None:
    with pytest.raises(AssumptionViolated, match="4 labels"):
        classify_grid_by_bit_extraction(np.array([1, -1, 1, 1]), GridBalls.of(1, 1, 3, 0), table)
