"""Nodes on constants and shapes in ONNX graphs: computed exactly, or refused by name."""

from __future__ import annotations

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

Node = onnx.NodeProto
W = np.array([[1, -2, 3], [4, 5, -6]], np.float32)


def node(kind: str, inputs: str, output: str, **attributes: Any) -> Node:
    return helper.make_node(kind, inputs.split(), [output], name=output, **attributes)


def model_of(
    nodes: list[Node], constants: dict[str, Any], shape: Any = ("batch", 2), result: str = "y", opset: int = 17
) -> onnx.ModelProto:
    tensors = [
        value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), name)
        for name, value in constants.items()
    ]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(result, TensorProto.FLOAT, ["batch", "outputs"])],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def read(model: onnx.ModelProto, tmp_path: Path) -> ReluNetwork:
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    return from_onnx(tmp_path / "model.onnx")


GEMM = node("Gemm", "x v", "y")
WEIGHTS: dict[str, tuple[list[Node], dict[str, Any]]] = {
    "transpose": ([node("Transpose", "w", "v", perm=[1, 0])], {"w": W.T.copy()}),
    "transpose by default": ([node("Transpose", "w", "v")], {"w": W.T.copy()}),
    "cast": ([node("Cast", "w", "v", to=TensorProto.FLOAT)], {"w": W.astype(np.float16)}),
    "cast of integers": ([node("Cast", "w", "v", to=TensorProto.FLOAT)], {"w": W.astype(np.int64)}),
    "concat": ([node("Concat", "a b", "v", axis=-1)], {"a": W[:, :1], "b": W[:, 1:]}),
    "unsqueeze": ([node("Unsqueeze", "w a", "u"), node("Squeeze", "u a", "v")], {"w": W, "a": np.array([0, -1])}),
    "squeeze all": ([node("Squeeze", "w", "v")], {"w": W.reshape(1, 2, 1, 3)}),
    "reshape": ([node("Reshape", "w s", "v")], {"w": W.ravel(), "s": np.array([2, -1])}),
    "reshape copies": ([node("Reshape", "w s", "v")], {"w": W.reshape(2, 1, 3), "s": np.array([0, 3])}),
    "flatten": ([node("Flatten", "w", "v", axis=-1)], {"w": W.reshape(2, 1, 3)}),
    "gather rows": ([node("Gather", "w i", "v")], {"w": np.vstack([W, W]), "i": np.array([2, -1])}),
    "gather columns": ([node("Gather", "w i", "v", axis=1)], {"w": W[:, ::-1].copy(), "i": np.array([2, 1, 0])}),
    "slice": (
        [node("Slice", "w b e a s", "v")],
        {
            "w": np.pad(W, ((1, 1), (1, 0))),
            "b": np.array([1, 1]),
            "e": np.array([-1, 99]),
            "a": np.array([0, 1]),
            "s": np.array([1, 1]),
        },
    ),
    "slice every second": (
        [node("Slice", "w b e a s", "v")],
        {"w": np.repeat(W, 2, axis=1), "b": np.array([0]), "e": np.array([6]), "a": np.array([-1]), "s": np.array([2])},
    ),
    "sum": ([node("Add", "w c", "v")], {"w": W - 2, "c": np.float32(2)}),
    "difference": ([node("Sub", "w c", "v")], {"w": W + 2, "c": np.full(3, 2, np.float32)}),
    "product": ([node("Mul", "w c", "v")], {"w": W / 2, "c": np.full((2, 1), 2, np.float32)}),
    "quotient": ([node("Div", "w c", "v")], {"w": W * 4, "c": np.float32(4)}),
    "negative": ([node("Neg", "w", "v")], {"w": -W}),
    "filled": (
        [
            node("ConstantOfShape", "s", "u", value=numpy_helper.from_array(np.array([3], np.float32))),
            node("Sub", "w u", "v"),
        ],
        {"s": np.array([2, 1]), "w": W + 3},
    ),
    "renamed": ([node("Identity", "w", "u"), node("Identity", "u", "v")], {"w": W}),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_computed_weight_is_the_weight(tmp_path: Path, name: str) -> None:
    nodes, constants = WEIGHTS[name]
    model = model_of([*nodes, GEMM], constants)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    assert np.array_equal(session.run(None, {"x": np.eye(2, dtype=np.float32)})[0], W)
    assert read(model, tmp_path).maps[0].weight == tuple(tuple(map(Fraction, column)) for column in W.T.tolist())


def test_arithmetic_on_constants_is_not_rounded(tmp_path: Path) -> None:
    third, tenth = np.float32(3), np.array([[0.1], [1e-30]], np.float32)
    model = model_of(
        [node("Div", "c t", "u"), node("Add", "u o", "v"), GEMM], {"c": tenth, "t": third, "o": np.float32(1)}
    )
    weight = read(model, tmp_path).maps[0].weight
    assert weight == ((Fraction(float(tenth[0, 0])) / 3 + 1, Fraction(float(tenth[1, 0])) / 3 + 1),)


SHAPES: dict[str, list[Node]] = {
    "size of the batch": [
        node("Shape", "x", "s"),
        node("Gather", "s zero", "n"),
        node("Concat", "n rest", "t", axis=0),
    ],
    "cast on the way": [
        node("Shape", "x", "s"),
        node("Gather", "s zero", "n"),
        node("Cast", "n", "m", to=TensorProto.INT64),
        node("Concat", "m rest", "t", axis=0),
    ],
    "scalar unsqueezed": [
        node("Shape", "x", "s"),
        node("Gather", "s first", "n"),
        node("Unsqueeze", "n zero", "m"),
        node("Concat", "m rest", "t", axis=0),
    ],
    "slice": [node("Shape", "x", "s"), node("Slice", "s zero one", "n"), node("Concat", "n rest", "t", axis=0)],
    "start and end": [node("Shape", "x", "n", end=1), node("Concat", "n rest", "t", axis=0)],
    "product of sizes": [
        node("Shape", "x", "s"),
        node("Slice", "s one three", "d"),
        node("Gather", "d zero", "h"),
        node("Gather", "d one", "w"),
        node("Mul", "h w", "p"),
        node("Concat", "rest p", "t", axis=0),
    ],
    "twice halved": [
        node("Shape", "x", "s", start=-1),
        node("Add", "s one", "u"),
        node("Div", "u two", "q"),
        node("Mod", "q two", "m"),
        node("Sub", "m one", "n"),
        node("Concat", "rest four", "t", axis=0),
    ],
}
PLACES = {"zero": [0], "one": [1], "two": [2], "three": [3], "four": [4], "rest": [-1]}


@pytest.mark.parametrize("first", ["batch", 1], ids=["open batch", "one point"])
@pytest.mark.parametrize("name", SHAPES)
def test_shapes_computed_from_the_value_keep_the_batch_apart(tmp_path: Path, name: str, first: Any) -> None:
    constants = {key: np.array(value) for key, value in PLACES.items()} | {"first": np.array(0)}
    nodes = [*SHAPES[name], node("Reshape", "x t", "f"), node("Gemm", "f v", "y")]
    model = model_of(nodes, {**constants, "v": np.arange(4, dtype=np.float32).reshape(4, 1)}, (first, 2, 2))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    assert session.run(None, {"x": np.arange(4, dtype=np.float32).reshape(1, 2, 2)})[0] == 14
    assert read(model, tmp_path)([0, 1, 2, 3]) == (14,)


def test_the_shape_of_an_earlier_value(tmp_path: Path) -> None:
    nodes = [
        node("Flatten", "x", "f"),
        node("Relu", "f", "r"),
        node("Shape", "x", "s"),
        node("Reshape", "r s", "g"),
        node("Flatten", "g", "h"),
        node("Gemm", "h v", "y"),
    ]
    network = read(model_of(nodes, {"v": np.ones((4, 1), np.float32)}, ("batch", 2, 2)), tmp_path)
    assert network([1, -2, 3, 4]) == (8,)


REFUSED: dict[str, tuple[list[Node], dict[str, Any], str]] = {
    "rounded cast": ([node("Cast", "w", "v", to=TensorProto.FLOAT16)], {"w": W / 3}, "does not hold"),
    "overflowing cast": ([node("Cast", "w", "v", to=TensorProto.FLOAT16)], {"w": W * 1e6}, "does not hold"),
    "cast of a quotient": (
        [node("Div", "w c", "q"), node("Cast", "q", "v", to=TensorProto.DOUBLE)],
        {"w": W, "c": np.float32(3)},
        "does not hold",
    ),
    "cast to text": ([node("Cast", "w", "v", to=TensorProto.STRING)], {"w": W}, "to type STRING"),
    "cast to nothing": ([node("Cast", "w", "v", to=99)], {"w": W}, r"to type \?"),
    "cast to integers": ([node("Cast", "w", "v", to=TensorProto.INT64)], {"w": W / 2}, "does not hold"),
    "mixed types": ([node("Add", "w c", "v")], {"w": W, "c": np.float64(1)}, "types FLOAT and DOUBLE"),
    "mixed parts": ([node("Concat", "w c", "v", axis=0)], {"w": W, "c": W.astype(np.float64)}, "one type"),
    "parts of other shapes": ([node("Concat", "w c", "v", axis=0)], {"w": W, "c": W[:, :1]}, "do not fit"),
    "no axis": ([node("Concat", "w", "v")], {"w": W}, "needs an axis"),
    "division by zero": ([node("Div", "w c", "v")], {"w": W, "c": np.float32(0)}, "do not fit"),
    "modulus of floats": ([node("Mod", "w c", "v")], {"w": W, "c": np.float32(2)}, "types FLOAT and FLOAT"),
    "other modulus": ([node("Mod", "w c", "v", fmod=1)], {"w": np.array(3), "c": np.array(2)}, "fmod"),
    "too large an integer": ([node("Mul", "w w", "v")], {"w": np.array([2**40])}, "do not fit"),
    "index outside": ([node("Gather", "w i", "v")], {"w": W, "i": np.array([2])}, r"outside 0\.\.1"),
    "axis outside": ([node("Gather", "w i", "v", axis=2)], {"w": W, "i": np.array([0])}, "do not fit"),
    "perm": ([node("Transpose", "w", "v", perm=[0, 0])], {"w": W}, "do not fit"),
    "long axis squeezed": ([node("Squeeze", "w a", "v")], {"w": W, "a": np.array([0])}, "do not fit"),
    "too many axes": ([node("Unsqueeze", "w a", "v")], {"w": W, "a": np.arange(65)}, "no short list"),
    "shape": ([node("Reshape", "w s", "v")], {"w": W, "s": np.array([4, 2])}, "do not fit"),
    "negative shape": ([node("Reshape", "w s", "v")], {"w": W, "s": np.array([-2, -3])}, "shape"),
    "copied too far": ([node("Reshape", "w s", "v")], {"w": W, "s": np.array([2, 3, 0])}, "do not fit"),
    "backwards": (
        [node("Slice", "w b e a s", "v")],
        {"w": W, "b": np.array([9]), "e": np.array([0]), "a": np.array([0]), "s": np.array([-1])},
        "not positive",
    ),
    "half a slice": ([node("Slice", "w b", "v")], {"w": W, "b": np.array([0])}, "starts and ends"),
    "negative fill": ([node("ConstantOfShape", "s", "v")], {"s": np.array([-1])}, "shape"),
    "text": ([node("Identity", "t", "u"), node("Neg", "u", "v")], {"t": np.array(["a"])}, "type STRING"),
    "too many inputs": ([node("Neg", "w w", "v")], {"w": W}, "takes 1 to 1"),
    "unknown attribute": ([node("Add", "w w", "v", axis=1)], {"w": W}, "attribute 'axis'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_constants_that_cannot_be_computed_are_refused_by_name(tmp_path: Path, name: str) -> None:
    nodes, constants, message = REFUSED[name]
    with pytest.raises(MalformedInput, match=rf"node [quv] \({nodes[-1].op_type}|{nodes[0].op_type}\) .*{message}"):
        read(model_of([*nodes, GEMM], constants), tmp_path)


@pytest.mark.parametrize("kind", ["Add", "Mul", "Div", "Sub"])
def test_the_open_batch_is_no_number(tmp_path: Path, kind: str) -> None:
    nodes = [node("Shape", "x", "s"), node(kind, "s one", "t"), node("Reshape", "x t", "f"), node("Gemm", "f v", "y")]
    with pytest.raises(MalformedInput, match=rf"node t \({kind}\).*size of the batch"):
        read(model_of(nodes, {"one": np.array([1]), "v": W}), tmp_path)


def test_the_open_batch_stays_first(tmp_path: Path) -> None:
    nodes = [node("Shape", "x", "s"), node("Gather", "s i", "t"), node("Reshape", "x t", "f"), node("Gemm", "f v", "y")]
    with pytest.raises(MalformedInput, match=r"node f \(Reshape\).*\[2, 'batch'\] does not keep"):
        read(model_of(nodes, {"i": np.array([1, 0]), "v": W}), tmp_path)


def test_numbers_that_are_none_are_refused_once_they_count(tmp_path: Path) -> None:
    bad = W.copy()
    bad[0, 0] = np.nan
    with pytest.raises(InexactInput, match=r"node v \(Neg\).*nan"):
        read(model_of([node("Neg", "w", "v"), GEMM], {"w": bad}), tmp_path)
    with pytest.raises(InexactInput, match=r"node y \(Gemm\).*nan"):
        read(model_of([node("Transpose", "w", "v"), GEMM], {"w": bad.T.copy()}), tmp_path)


BOMBS: dict[str, tuple[list[Node], dict[str, Any]]] = {
    "doubled": (
        [node("Concat", f"w{k} w{k}", f"w{k + 1}", axis=0) for k in range(40)],
        {"w0": np.ones(1, np.float32)},
    ),
    "outer product": (
        [node("Transpose", "a", "b"), node("Mul", "a b", "v")],
        {"a": np.ones((1, 9999), np.float32)},
    ),
    "gathered": (
        [node("Gather", "w i", "u", axis=0), node("Gather", "u i", "v", axis=1)],
        {"w": np.ones((1, 1), np.float32), "i": np.zeros(9999, np.int64)},
    ),
    "filled": ([node("ConstantOfShape", "s", "v")], {"s": np.array([2**20, 2**20])}),
    "squared": ([node("Mul", f"w{k} w{k}", f"w{k + 1}") for k in range(64)], {"w0": np.full(1, 3e38, np.float32)}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_constants_that_grow_without_end_are_refused(tmp_path: Path, name: str) -> None:
    nodes, constants = BOMBS[name]
    with pytest.raises(BudgetExceeded, match="more than"):
        read(model_of([*nodes, GEMM], constants), tmp_path)
