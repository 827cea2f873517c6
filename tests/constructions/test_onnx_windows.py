"""Conv, pools, normalization and moved axes in ONNX graphs, set against onnxruntime."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from constructions.errors import BudgetExceeded, InexactInput, MalformedInput
from constructions.network.onnx_bridge import from_onnx
from constructions.network.relu_network import ReluNetwork

DRAW = np.random.default_rng(7)
Shape = tuple[int, ...]


def numbers(*shape: int) -> np.ndarray:
    return (DRAW.integers(-6, 7, shape) / 4).astype(np.float32)


def node(
    kind: str, constants: dict[str, Any] | None = None, **attributes: Any
) -> tuple[onnx.NodeProto, dict[str, Any]]:
    constants = constants or {}
    return helper.make_node(kind, ["x", *constants], [""], **attributes), constants


def model_of(layers: list[Any], shape: tuple[Any, ...], opset: int = 17) -> onnx.ModelProto:
    """Chain the layers, each with constants of its own."""
    nodes, tensors = [], []
    for index, (entry, constants) in enumerate(layers):
        named = [f"{name}{index}" for name in constants]
        nodes.append(onnx.NodeProto.FromString(entry.SerializeToString()))
        nodes[-1].name, nodes[-1].input[:], nodes[-1].output[0] = f"n{index}", [f"x{index}", *named], f"x{index + 1}"
        pairs = zip(named, constants.values(), strict=True)
        tensors += [numpy_helper.from_array(np.asarray(value), name) for name, value in pairs]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x0", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(f"x{len(nodes)}", TensorProto.FLOAT, None)],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def read(model: onnx.ModelProto, tmp_path: Path) -> ReluNetwork:
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    return from_onnx(tmp_path / "model.onnx")


def assert_agrees(model: onnx.ModelProto, tmp_path: Path, shape: Shape, points: int = 4) -> ReluNetwork:
    """Compare values that float32 computes without rounding."""
    model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    onnx.checker.check_model(model)
    network = read(model, tmp_path)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for point in np.random.default_rng(1).integers(-20, 21, (points, *shape)):
        (output,) = session.run(None, {"x0": (point[None] / 4).astype(np.float32)})
        exact = network([Fraction(int(value), 4) for value in point.ravel()])
        assert [Fraction(float(value)) for value in output.ravel()] == list(exact)
    return network


CONVOLUTIONS: dict[str, tuple[Shape, Shape, dict[str, Any]]] = {
    "plain": ((2, 5, 5), (3, 2, 3, 3), {}),
    "kernel shape given": ((1, 4, 5), (2, 1, 2, 3), {"kernel_shape": [2, 3]}),
    "strides": ((1, 7, 8), (2, 1, 3, 2), {"strides": [2, 3]}),
    "pads": ((1, 4, 4), (1, 1, 3, 3), {"pads": [1, 0, 2, 1]}),
    "dilations": ((1, 7, 6), (1, 1, 3, 2), {"dilations": [2, 3]}),
    "groups": ((4, 3, 3), (6, 2, 2, 2), {"group": 2}),
    "depthwise": ((3, 4, 4), (3, 1, 3, 3), {"group": 3, "pads": [1, 1, 1, 1]}),
    "valid": ((1, 5, 5), (1, 1, 2, 2), {"auto_pad": "VALID", "strides": [2, 2]}),
    "same upper": ((1, 5, 6), (1, 1, 2, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    "same lower": ((1, 5, 6), (1, 1, 2, 4), {"auto_pad": "SAME_LOWER", "strides": [2, 1]}),
    "same with stride beyond kernel": ((1, 4, 4), (1, 1, 1, 1), {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
    "one dimension": ((2, 9), (3, 2, 3), {"strides": [2], "pads": [1, 2], "dilations": [2]}),
    "one dimension same": ((1, 9), (1, 1, 4), {"auto_pad": "SAME_UPPER", "strides": [3]}),
    "three dimensions": ((1, 3, 4, 3), (2, 1, 2, 2, 2), {"pads": [0, 1, 0, 1, 0, 1]}),
    "all at once": (
        (4, 6, 7),
        (4, 2, 3, 2),
        {"group": 2, "strides": [2, 1], "pads": [2, 0, 1, 1], "dilations": [1, 2]},
    ),
}


@pytest.mark.parametrize("first", ["batch", 1], ids=["open batch", "one point"])
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_have_the_values_that_onnxruntime_gives(tmp_path: Path, name: str, first: Any) -> None:
    shape, kernel, attributes = CONVOLUTIONS[name]
    with_bias = node("Conv", {"k": numbers(*kernel), "b": numbers(kernel[0])}, **attributes)
    network = assert_agrees(model_of([with_bias], (first, *shape)), tmp_path, shape)
    without = node("Conv", {"k": numbers(*kernel)}, **attributes)
    assert_agrees(model_of([without], (first, *shape)), tmp_path, shape)
    assert len(network.maps) == 1


POOLS: dict[str, tuple[str, Shape, dict[str, Any]]] = {
    "plain": ("AveragePool", (2, 4, 4), {"kernel_shape": [2, 2], "strides": [2, 2]}),
    "overlapping": ("AveragePool", (1, 4, 5), {"kernel_shape": [2, 4]}),
    "padding left out": ("AveragePool", (1, 4, 4), {"kernel_shape": [2, 2], "pads": [1, 1, 1, 1]}),
    "padding counted": (
        "AveragePool",
        (1, 4, 4),
        {"kernel_shape": [2, 2], "pads": [1, 1, 0, 1], "count_include_pad": 1, "strides": [1, 2]},
    ),
    "ceil that changes nothing": (
        "AveragePool",
        (1, 4, 4),
        {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1},
    ),
    "same": ("AveragePool", (1, 5, 4), {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    "one dimension": ("AveragePool", (3, 8), {"kernel_shape": [4], "strides": [4]}),
    "global": ("GlobalAveragePool", (3, 4, 2), {}),
    "global of one dimension": ("GlobalAveragePool", (2, 8), {}),
}


@pytest.mark.parametrize("name", POOLS)
def test_average_pools_have_the_values_that_onnxruntime_gives(tmp_path: Path, name: str) -> None:
    kind, shape, attributes = POOLS[name]
    assert_agrees(model_of([node(kind, **attributes)], ("batch", *shape)), tmp_path, shape)


def test_an_average_of_nine_is_the_exact_ninth(tmp_path: Path) -> None:
    network = read(model_of([node("AveragePool", kernel_shape=[3, 3])], (1, 1, 3, 3)), tmp_path)
    assert network([1, 0, 0, 0, 0, 0, 0, 0, 1]) == (Fraction(2, 9),)


def convolutional_layers() -> list[Any]:
    return [
        node("Sub", {"m": numbers(2, 1, 1)}),
        node("Mul", {"s": np.array([0.5, 2.0], np.float32).reshape(1, 2, 1, 1)}),
        node("Conv", {"k": numbers(3, 2, 3, 3), "b": numbers(3)}, pads=[1, 1, 1, 1]),
        node("Relu"),
        node("AveragePool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", {"k": numbers(4, 3, 2, 2)}),
        node("Relu"),
        node("Flatten"),
        node("Gemm", {"w": numbers(16, 3), "b": numbers(3)}),
    ]


def test_a_small_convolutional_network(tmp_path: Path) -> None:
    network = assert_agrees(model_of(convolutional_layers(), (1, 2, 6, 6)), tmp_path, (2, 6, 6))
    assert [affine.shape for affine in network.maps] == [(108, 72), (16, 108), (3, 16)]


STATISTICS = {name: numbers(2) for name in "sbm"}
CHAINS: dict[str, tuple[list[Any], Shape]] = {
    "scale and divide": ([node("Mul", {"c": numbers(3)}), node("Div", {"d": np.float32(4)}), node("Neg")], (3,)),
    "divide by each": ([node("Div", {"d": np.array([2, -4, 8], np.float32)})], (3,)),
    "transpose": ([node("Transpose", perm=[0, 2, 3, 1]), node("Mul", {"c": numbers(4)})], (4, 2, 3)),
    "transpose after others": ([node("MatMul", {"w": numbers(3, 2)}), node("Transpose", perm=[0, 2, 1])], (4, 3)),
    "matmul on the last axis": ([node("MatMul", {"w": numbers(3, 2)}), node("Add", {"b": numbers(2)})], (4, 3)),
    "normalization": (
        [node("BatchNormalization", {**STATISTICS, "v": np.array([3.75, 0], np.float32)}, epsilon=0.25)],
        (2, 3, 2),
    ),
    "normalization of a vector": (
        [node("BatchNormalization", {**STATISTICS, "v": np.array([0.75, 15.75], np.float32)}, epsilon=0.25)],
        (2,),
    ),
    "squeeze and unsqueeze": (
        [
            node("Squeeze", {"a": np.array([2])}),
            node("Unsqueeze", {"a": np.array([1, -1])}),
            node("Conv", {"k": numbers(2, 1, 2, 1)}),
        ],
        (4, 1),
    ),
}


@pytest.mark.parametrize("first", ["batch", 1], ids=["open batch", "one point"])
@pytest.mark.parametrize("name", CHAINS)
def test_other_affine_nodes_have_the_values_that_onnxruntime_gives(tmp_path: Path, name: str, first: Any) -> None:
    layers, shape = CHAINS[name]
    assert_agrees(model_of(layers, (first, *shape)), tmp_path, shape)


def test_axes_as_attributes_in_older_files(tmp_path: Path) -> None:
    layers = [node("Unsqueeze", axes=[1]), node("Conv", {"k": numbers(2, 1, 3)}), node("Squeeze", axes=[-1])]
    assert_agrees(model_of(layers, ("batch", 3), opset=11), tmp_path, (3,))


SUM = {"w": np.array([[1], [2], [3], [4], [5]], np.float32)}
FIXED: dict[str, tuple[Shape, list[Any]]] = {
    "vector": ((5,), [node("Mul", {"c": np.float32(1)})]),
    "vector times matrix": ((5,), [node("MatMul", SUM)]),
    "vector plus a row": ((5,), [node("Add", {"m": np.zeros((1, 5), np.float32)}), node("Gemm", SUM)]),
    "aircraft": (
        (1, 1, 1, 5),
        [node("Sub", {"m": np.zeros((1, 1, 1, 5), np.float32)}), node("Flatten"), node("MatMul", SUM)],
    ),
    "flatten at 3": ((1, 1, 1, 5), [node("Flatten", axis=3), node("MatMul", SUM)]),
    "flatten at -1": ((1, 1, 5), [node("Flatten", axis=-1), node("MatMul", SUM)]),
    "no axis left": ((1, 1, 5), [node("Squeeze"), node("MatMul", SUM)]),
    "reshape to one row": ((1, 5, 1, 1), [node("Reshape", {"s": np.array([1, -1])}), node("Gemm", SUM)]),
    "reshape to a vector": ((1, 5), [node("Reshape", {"s": np.array([5])}), node("MatMul", SUM)]),
    "reversed axes": ((1, 5), [node("Transpose"), node("Flatten", axis=0), node("MatMul", SUM)]),
    "batch read from the shape": ((1, 5), [node("Reshape", {"s": np.array([0, 0])}), node("MatMul", SUM)]),
}


@pytest.mark.parametrize("name", FIXED)
def test_files_for_one_point_alone(tmp_path: Path, name: str) -> None:
    shape, layers = FIXED[name]
    model = model_of(layers, shape)
    model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    point = np.arange(5, dtype=np.float32) - 1
    (output,) = session.run(None, {"x0": point.reshape(shape)})
    assert [Fraction(float(v)) for v in output.ravel()] == list(read(model, tmp_path)([-1, 0, 1, 2, 3]))


def test_a_matrix_before_the_value(tmp_path: Path) -> None:
    model = model_of([node("MatMul", {"w": numbers(3, 5)})], (5,))
    model.graph.node[0].input[:] = ["w0", "x0"]
    network = read(model, tmp_path)
    assert network.dim == 5 and network.outputs == 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {"x0": np.arange(5, dtype=np.float32)})
    assert [Fraction(float(v)) for v in output] == list(network(range(5)))


def test_open_dimensions_take_the_shape_given(tmp_path: Path) -> None:
    model = model_of([node("Conv", {"k": numbers(2, 1, 2, 2)})], ("batch", 1, "height", "width"))
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(MalformedInput, match="with d given"):
        from_onnx(path)
    assert from_onnx(path, (1, 3, 4)).maps[0].shape == (12, 12)
    assert ReluNetwork.from_onnx(path, input_shape=[1, 2, 2]).outputs == 2
    with pytest.raises(MalformedInput, match=r"points of shape \(2, 3, 4\)"):
        from_onnx(path, (2, 3, 4))
    with pytest.raises(MalformedInput, match="points of shape"):
        from_onnx(path, (4,))
    for bad in ((), (0, 1), (1.0, 2)):
        with pytest.raises(ValueError, match="positive integers"):
            from_onnx(path, bad)


IMAGE = (1, 2, 4, 4)
ONES = {name: np.ones(2, np.float32) for name in "sbmv"}
REFUSED: dict[str, tuple[list[Any], Shape, str]] = {
    "kernel shape": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, kernel_shape=[3, 3])], IMAGE, "kernel"),
    "channels": ([node("Conv", {"k": numbers(1, 3, 2, 2)})], IMAGE, "does not fit"),
    "groups": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, group=2)], IMAGE, "2 groups"),
    "no groups": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, group=0)], IMAGE, "0 groups"),
    "bias": ([node("Conv", {"k": numbers(1, 2, 2, 2), "b": numbers(2)})], IMAGE, "bias"),
    "too many pads": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, pads=[1] * 6)], IMAGE, "as many"),
    "negative pads": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, pads=[-1, 0, 0, 0])], IMAGE, "at least 0"),
    "huge pads": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, pads=[2**40] * 4)], IMAGE, "below 2"),
    "kernel too large": ([node("Conv", {"k": numbers(1, 2, 5, 5)})], IMAGE, "larger than"),
    "stride zero": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, strides=[0, 1])], IMAGE, "at least 1"),
    "strides missing": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, strides=[1])], IMAGE, "as many"),
    "pads twice": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, auto_pad="SAME_UPPER", pads=[1] * 4)], IMAGE, "auto_pad"),
    "pads and valid": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, auto_pad="VALID", pads=[1] * 4)], IMAGE, "auto_pad"),
    "unknown pads": ([node("Conv", {"k": numbers(1, 2, 2, 2)}, auto_pad="REFLECT")], IMAGE, "REFLECT"),
    "same that skips": (
        [node("Conv", {"k": numbers(1, 2, 1, 1)}, auto_pad="SAME_UPPER", strides=[4, 4])],
        IMAGE,
        "skips 3",
    ),
    "two points": ([node("Conv", {"k": numbers(1, 2, 2, 2)})], (2, 4, 4), "does not fit"),
    "pool without kernel": ([node("AveragePool")], IMAGE, "kernel_shape"),
    "pool beyond": ([node("AveragePool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], IMAGE, "ceil_mode"),
    "pool of padding": ([node("AveragePool", kernel_shape=[1, 1], pads=[1] * 4)], IMAGE, "padding alone"),
    "maximum": ([node("MaxPool", kernel_shape=[2, 2])], IMAGE, "only Constant"),
    "irrational": (
        [node("BatchNormalization", ONES)],
        IMAGE,
        "no rational square root.*fold it into the layer before",
    ),
    "training": (
        [node("BatchNormalization", ONES, training_mode=1)],
        IMAGE,
        "training",
    ),
    "normalized channels": ([node("BatchNormalization", ONES)], (1, 3, 4), "channels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, name: str) -> None:
    layers, shape, message = REFUSED[name]
    with pytest.raises(MalformedInput, match=rf"node n0 \({layers[0][0].op_type}\) .*{message}"):
        read(model_of(layers, shape), tmp_path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_kernels_with_numbers_that_are_none_are_refused(tmp_path: Path, bad: float) -> None:
    kernel = numbers(1, 2, 2, 2)
    kernel[0, 0, 0, 0] = bad
    with pytest.raises(InexactInput, match=rf"n0 \(Conv\).*{bad}"):
        read(model_of([node("Conv", {"k": kernel})], IMAGE), tmp_path)


@pytest.mark.parametrize("shape", [(1, 1, 2**15, 2**15), (1, 1, 2**12, 2**12)], ids=str)
def test_convolutions_too_large_to_hold_cost_no_memory(tmp_path: Path, shape: Shape) -> None:
    with pytest.raises(BudgetExceeded):
        read(model_of([node("Conv", {"k": np.ones((4, 1, 3, 3), np.float32)})], shape), tmp_path)
    with pytest.raises(BudgetExceeded):
        read(model_of([node("Conv", {"k": np.ones((0, 1, 3, 3), np.float32)})], shape), tmp_path)


def test_300_damaged_convolutional_files_are_refused_or_read(tmp_path: Path) -> None:
    whole = model_of(convolutional_layers(), (1, 2, 6, 6)).SerializeToString()
    path, draw, refused = tmp_path / "damaged.onnx", random.Random(13), 0
    for _ in range(300):
        place = draw.randrange(len(whole))
        changed = whole[:place] + bytes([draw.choice([0, 1, 127, 255, draw.randrange(256)])]) + whole[place + 1 :]
        path.write_bytes(draw.choice([whole[:place], changed, changed]))
        try:
            from_onnx(path)
        except (MalformedInput, InexactInput, BudgetExceeded):
            refused += 1
    assert 100 < refused < 300
