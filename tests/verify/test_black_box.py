"""Classifiers that only answer: what counts as right, attacks, torch and ONNX, and what is refused."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import verify
from constructions import AffineMap, LabelledPoints, MalformedInput, ReluNetwork, UsageError
from constructions.data.norm_ball import NormBall
from constructions.errors import TimeLimit
from constructions.network.onnx_bytes import self_contained_bytes
from verify.black_boxes.attack import find_mistakes
from verify.black_boxes.black_box import BlackBox, rounded
from verify.black_boxes.differences import box_gradient
from verify.black_boxes.sources import black_box, imported
from verify.methods.ball_program import Domain

TENT = ReluNetwork([AffineMap([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4), AffineMap([[-1] * 4], [1])])
POINTS = LabelledPoints.of([[0, 0], ["1/4", "1/4"], [2, 0], [-1, "-1/2"]], labels=[1, 1, -1, -1])


def _tent(points: np.ndarray) -> np.ndarray:
    return 1 - np.abs(points).sum(axis=1)


# Right and wrong -----------------------------------------------------------------------


def test_scores_labels_and_several_scores_have_margins() -> None:
    at = np.array([[0.25, 0.5]])
    assert BlackBox("score", _tent).margins(at, -1).tolist() == [-0.25]
    assert BlackBox("column", lambda x: _tent(x)[:, None]).margin(at[0], 1) == 0.25
    labels = BlackBox("label", lambda x: np.full(len(x), 3))
    assert (labels.margin(at[0], 3), labels.margin(at[0], 2)) == (1.0, -1.0)
    scores = BlackBox("scores", lambda x: np.tile([1.0, 3.0, 2.5], (len(x), 1)))
    assert [scores.margin(at[0], label) for label in range(3)] == [-2.0, 0.5, -0.5]


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: np.zeros(len(x)),
        lambda x: np.full(len(x), np.nan),
        lambda x: np.ones((len(x), 2)),
        lambda x: np.full((len(x), 2), np.inf),
        lambda x: np.full((len(x), 3), np.nan),
    ],
    ids=["zero", "nan", "tie", "infinite tie", "nan scores"],
)
def test_zero_ties_and_nan_are_wrong(answer: Any) -> None:
    assert not BlackBox("box", answer).margin(np.zeros(2), 1) > 0


@pytest.mark.parametrize(
    ("answer", "label", "message"),
    [
        (lambda x: x[:, 0] > 0, 1, "bool"),
        (lambda x: np.zeros(len(x) + 1), 1, "of shape"),
        (lambda x: np.zeros((len(x), 2, 2)), 1, "of shape"),
        (lambda x: np.array(["a"] * len(x)), 1, "integer labels"),
        (lambda x: np.zeros(len(x)), 2, "labels -1 and \\+1, got 2"),
        (lambda x: np.zeros((len(x), 3)), -1, "labels 0 to 2, got -1"),
        (lambda x: np.zeros(len(x), dtype=int), -1, "answered the label 0"),
        (lambda x: 1 // 0, 1, "failed on points of shape"),
    ],
)
def test_answers_that_mean_nothing_are_refused_by_name(answer: Any, label: int, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        BlackBox("oracle", answer).margin(np.zeros(2), label)
    assert "oracle" in str(caught.value)


def test_large_integer_scores_are_compared_as_they_are() -> None:
    box = BlackBox("counts", lambda points: np.array([[2**53, 2**53 + 1]] * len(points), dtype=np.int64))
    assert (box.margin(np.zeros(1), 1), box.margin(np.zeros(1), 0)) == (1.0, -1.0)
    box = BlackBox("counts", lambda points: np.array([[2**64 - 1, 2**64 - 2]] * len(points), dtype=np.uint64))
    assert (box.margin(np.zeros(1), 1), box.margin(np.zeros(1), 0)) == (-1.0, 1.0)


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize <= 8, reason="no floats beyond 64 bits here")
def test_scores_that_doubles_do_not_hold_are_refused() -> None:
    box = BlackBox("long", lambda points: np.full(len(points), np.longdouble(10) ** -400))
    with pytest.raises(UsageError, match="64 bits at most"):
        box.margin(np.zeros(1), 1)


def test_a_time_limit_is_no_answer() -> None:
    def slow(points: np.ndarray) -> np.ndarray:
        raise TimeLimit("over")

    with pytest.raises(TimeLimit):
        BlackBox("slow", slow).margin(np.zeros(1), 1)


def test_points_are_rounded_to_the_nearest_float() -> None:
    third = rounded(np.array([[1, 10**30]], dtype=object), 3 * 10**30, "float64")
    assert third.tolist() == [[float(Fraction(1, 3 * 10**30)), 1 / 3]]
    assert rounded(np.array([1]), 3, "float32")[0] == np.float32(1 / 3)
    seen = []
    box = BlackBox("kind", lambda x: seen.append(x.dtype) or np.ones(len(x)), "float32")  # type: ignore[func-returns-value]
    box.margin(np.zeros(2), 1)
    assert seen == [np.float32]


# Attacks -------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize("radius", ["1/8", "1/2", "5/7"])
def test_mistakes_lie_in_the_ball_and_are_mistakes(norm: str, radius: str) -> None:
    """In double precision this box is exact on these points, so nothing may be found that exact methods refute."""
    ball = NormBall(norm, radius)
    found = find_mistakes(BlackBox("tent", _tent), POINTS, ball, seed=2)
    truth = verify.robust_error(TENT, POINTS, norm, radius).status
    assert {index for index, status in enumerate(truth) if status == "violated"} >= set(found)
    for index, mistake in found.items():
        assert ball.contains(POINTS.point(index), mistake.point) and mistake.margin <= 0
        assert POINTS.labels[index] * _tent(rounded_point(mistake.point)[None])[0] <= 0
    assert len(found) == sum(status == "violated" for status in truth)


def rounded_point(point: tuple[Fraction, ...]) -> np.ndarray:
    return np.array([float(x) for x in point])


@pytest.mark.parametrize("dim", [2, 5, 12])
def test_attacks_on_small_networks_never_exceed_the_truth(dim: int) -> None:
    """Weights are integers and candidates short binary fractions, so double precision rounds nothing."""
    stream = np.random.RandomState(dim)
    for _ in range(4):
        first = AffineMap(stream.randint(-2, 3, size=(4, dim)).tolist(), stream.randint(-2, 3, size=4).tolist())
        network = ReluNetwork([first, AffineMap(stream.randint(-2, 3, size=(1, 4)).tolist(), [1])])
        data = LabelledPoints.of(stream.randint(-2, 3, size=(6, dim)), [1, -1] * 3)
        truth = verify.robust_error(network, data, radius="1/2").status
        found = find_mistakes(black_box(network.to_torch().eval()), data, NormBall("linf", "1/2"))
        assert set(found) <= {index for index, status in enumerate(truth) if status != "robust"}
        assert len(found) >= sum(status == "violated" for status in truth) - 1


def test_the_domain_keeps_the_attacker_inside() -> None:
    data, ball = LabelledPoints.of([[0], [1]], labels=[-1, 1]), NormBall("linf", "1/2")
    box = BlackBox("step", lambda x: x[:, 0] - 0.5)
    inside = Domain((Fraction(3, 4),), (Fraction(1),))
    assert set(find_mistakes(box, data, ball)) == {0, 1} and find_mistakes(box, data, ball, inside) == {}


def test_what_is_wrong_only_in_company_is_not_wrong() -> None:
    box = BlackBox("crowd", lambda x: np.full(len(x), 1.0 if len(x) == 1 else -1.0))
    assert find_mistakes(box, LabelledPoints.of([[0], [1]], labels=[1, 1]), NormBall("linf", 1)) == {}
    assert verify.sampled_error(box, LabelledPoints.of([[0]], labels=[1]), samples=20).wrong == 0


def test_the_search_stops_at_its_deadline() -> None:
    assert find_mistakes(BlackBox("tent", _tent), POINTS, NormBall("linf", 2), deadline=0.0) == {}


def test_a_narrow_valley_is_found_by_differences() -> None:
    """Only near one point of the ball is the box wrong; random points in 20 dimensions miss it."""
    aim = np.linspace(-0.3, 0.3, 20)
    box = BlackBox("valley", lambda x: ((x - aim) ** 2).sum(axis=1) - 0.15)
    data = LabelledPoints.of([[0] * 20], labels=[1])
    found = find_mistakes(box, data, NormBall("linf", "1/2"))
    assert found[0].source == "gradient" and found[0].margin < 0


def test_labels_alone_have_no_slope_and_are_attacked_all_the_same() -> None:
    box = BlackBox("labels", lambda x: np.where(x[:, 0] > 0.5, 1, -1))
    data = LabelledPoints.of([[0] * 9, [1] * 9], labels=[-1, 1])
    assert set(find_mistakes(box, data, NormBall("linf", "3/4"))) == {0, 1}


def test_differences_are_close_to_the_gradient() -> None:
    slopes = np.arange(80.0) - 40
    line = BlackBox("line", lambda x: x @ slopes)
    points = np.ones((3, 80))
    _, many = box_gradient(line, -1, points, 0.5, np.random.RandomState(1))
    cosine = -many[0] @ slopes / np.linalg.norm(many[0]) / np.linalg.norm(slopes)
    assert cosine > 0.3


def test_slopes_of_a_network_carry_over_to_what_gives_labels_only() -> None:
    """The box has no slope of its own; the network's leads to its corner of 30 dimensions."""
    slopes = [(-1) ** (axis // 3) for axis in range(30)]
    network = ReluNetwork([AffineMap([slopes], [14])])
    data = LabelledPoints.of([[0] * 30], labels=[1])

    def label(points: np.ndarray) -> np.ndarray:
        return np.where(points @ np.array(slopes) + 14 > 0, 1, -1)

    ball = NormBall("linf", "1/2")
    found = find_mistakes(black_box(label, surrogate=network), data, ball)
    assert found[0].source in ("corner", "gradient") and find_mistakes(black_box(label), data, ball) == {}


# Torch and ONNX ------------------------------------------------------------------------


def test_a_torch_module_answers_and_has_a_gradient() -> None:
    module = TENT.to_torch().eval()
    box = black_box(module)
    assert (box.dtype, box.name) == ("float64", "Sequential")
    values, slopes = box_gradient(box, -1, np.array([[0.25, -0.5]]), 0.1, np.random.RandomState(0))
    assert values.tolist() == [-0.25] and slopes.tolist() == [[1.0, -1.0]]
    exact = verify.sampled_robust_error(TENT, POINTS, "l1", "1/2", samples=60)
    asked = verify.sampled_robust_error(module, POINTS, "l1", "1/2", samples=60)
    assert asked.wrong == exact.wrong > 0 and asked.arithmetic.endswith("float64")


def test_several_scores_of_a_module_have_a_gradient_too() -> None:
    import torch

    layer = torch.nn.Linear(2, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]))
        layer.bias.zero_()
    box = black_box(layer.eval())
    values, slopes = box_gradient(box, 0, np.array([[1.0, 0.5]]), 0.1, np.random.RandomState(0))
    assert box.dtype == "float32" and values.tolist() == [0.5] and slopes.tolist() == [[1.0, -1.0]]


def test_a_module_in_training_is_refused() -> None:
    import torch

    with pytest.raises(UsageError, match="eval"):
        black_box(torch.nn.Linear(1, 1))
    with pytest.raises(UsageError, match="float32 or float64"):
        black_box(torch.nn.Linear(1, 1).half().eval())


def test_a_shape_of_ones_own_reaches_the_model() -> None:
    shapes = []

    def image(points: np.ndarray) -> np.ndarray:
        shapes.append(points.shape)
        return np.asarray(points.reshape(len(points), -1).sum(axis=1))

    assert black_box(image, (1, 2, 2)).margin(np.ones(4), 1) == 4 and shapes == [(1, 1, 2, 2)]
    with pytest.raises(UsageError, match="not the shape"):
        black_box(image, (3,)).margin(np.ones(4), 1)


def test_an_onnx_file_is_run_as_it_is(tmp_path: Path) -> None:
    TENT.to_onnx(tmp_path / "tent.onnx")
    box = black_box(tmp_path / "tent.onnx")
    assert box.dtype == "float32" and box.margins(np.array([[0.25, 0.25], [1.0, 1.0]]), 1).tolist() == [0.5, -1.0]
    found = verify.sampled_robust_error(box, POINTS, "l1", "1/2", samples=60)
    assert found.wrong == verify.sampled_robust_error(TENT, POINTS, "l1", "1/2", samples=60).wrong
    assert "tent.onnx" in found.arithmetic and "float32" in found.arithmetic


def test_a_file_for_one_point_is_asked_point_by_point(tmp_path: Path) -> None:
    import onnx

    TENT.to_onnx(tmp_path / "tent.onnx")
    model = onnx.load(tmp_path / "tent.onnx")
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    (tmp_path / "one.onnx").write_bytes(model.SerializeToString())
    assert black_box(tmp_path / "one.onnx").margins(np.zeros((3, 2)), 1).tolist() == [1.0] * 3


def test_weights_in_another_file_are_never_opened(tmp_path: Path) -> None:
    import onnx

    TENT.to_onnx(tmp_path / "tent.onnx")
    model = onnx.load(tmp_path / "tent.onnx")
    for place in ("initializer", "branch"):
        changed = onnx.ModelProto.FromString(model.SerializeToString())
        tensor = changed.graph.initializer[0]
        if place == "branch":
            inner = onnx.helper.make_graph(
                [], "inner", [], [], [onnx.TensorProto.FromString(tensor.SerializeToString())]
            )
            node = onnx.helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
            changed.graph.node.append(node)
            tensor = changed.graph.node[-1].attribute[0].g.initializer[0]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        path = tmp_path / f"{place}.onnx"
        path.write_bytes(changed.SerializeToString())
        with pytest.raises(MalformedInput, match="never opened"):
            self_contained_bytes(path)
        with pytest.raises(MalformedInput, match="never opened"):
            black_box(path)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"\x08\x07not a model")
    (tmp_path / "empty.onnx").write_bytes(b"")
    for name in ("broken.onnx", "empty.onnx"):
        with pytest.raises(MalformedInput):
            black_box(tmp_path / name)
    with pytest.raises(UsageError, match="no file"):
        black_box(tmp_path / "absent.onnx")
    with pytest.raises(UsageError, match=r"is an \.onnx file"):
        black_box("model.json")
    for thing in (3, ReluNetwork):
        with pytest.raises(UsageError, match="a black box is"):
            black_box(thing)


def test_a_name_is_imported_and_nothing_else_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("my_box_module.py").write_text("def f(x):\n    return x[:, 0]\n", encoding="utf-8")
    Path("my_bad_module.py").write_text("raise KeyError('no')\n", encoding="utf-8")
    assert black_box(imported("my_box_module:f")).margin(np.array([2.0]), 1) == 2.0
    for name in ("my_box_module:g", "no_such_module_here:f", "my_bad_module:f"):
        with pytest.raises(UsageError, match="cannot import"):
            imported(name)
    for name in ("my_box_module", "my_box_module:", "os:system('x')", "../x:f"):
        with pytest.raises(UsageError, match=r"no package\.module:attribute"):
            imported(name)
    sys.modules.pop("my_box_module", None)
