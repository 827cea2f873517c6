"""ONNX files that are damaged, forged or of another kind: refused, with the node or tensor named."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from constructions.errors import BudgetExceeded, InexactInput, MalformedInput
from constructions.network.affine_map import AffineMap
from constructions.network.onnx_bridge import from_onnx
from constructions.network.relu_network import ReluNetwork

W, B = np.array([[1, -2, 3], [4, 5, -6]], np.float32), np.array([1, -2, 0.5], np.float32)
Node = onnx.NodeProto
Constants = dict[str, Any]


def node(kind: str, *inputs: str, **attributes: Any) -> Node:
    return helper.make_node(kind, list(inputs), [""], **attributes)


def model_of(
    nodes: list[Node],
    constants: Constants,
    shape: Any = ("batch", 2),
    output: Any = ("batch", "outputs"),
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """Chain the nodes: ``x`` is the value before each, and what each gives."""
    nodes = copy.deepcopy(nodes)
    for index, entry in enumerate(nodes):
        entry.input[:] = [(f"x{index}" if name == "x" else name) for name in entry.input]
        entry.name = f"n{index}"
        entry.output[0] = entry.output[0] or f"x{index + 1}"
    tensors = [
        value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), name)
        for name, value in constants.items()
    ]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x0", kind, shape)],
        [helper.make_tensor_value_info(f"x{len(nodes)}", kind, output)],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def read(model: onnx.ModelProto, tmp_path: Path) -> ReluNetwork:
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    return from_onnx(tmp_path / "model.onnx")


def _changed(change: Callable[[onnx.ModelProto], Any]) -> onnx.ModelProto:
    model = model_of(
        [node("Gemm", "x", "w", "b"), node("Relu", "x"), node("Gemm", "x", "v")], {"w": W, "b": B, "v": B.reshape(3, 1)}
    )
    change(model)
    return model


def _external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, "/etc/passwd")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL


def _unused_external(model: onnx.ModelProto) -> None:
    _external(model)
    model.graph.node[0].input[1] = "b"


REFUSED: dict[str, tuple[Callable[[onnx.ModelProto], Any], str]] = {
    "external": (_external, r"tensor 'w' keeps its numbers in another file"),
    "unused external": (_unused_external, "another file"),
    "sigmoid": (
        lambda m: m.graph.node[1].__setattr__("op_type", "Sigmoid"),
        r"node n1 \(Sigmoid\) cannot be read: only Constant",
    ),
    "softmax": (lambda m: m.graph.node.append(helper.make_node("Softmax", ["x3"], ["y"])), r"node 3 \(Softmax\)"),
    "other domain": (lambda m: m.graph.node[1].__setattr__("domain", "com.microsoft"), r"node n1 .*'com.microsoft'"),
    "functions": (lambda m: m.functions.add(name="Relu", domain="mine"), "defines 1 functions"),
    "no opset": (lambda m: m.ClearField("opset_import"), r"it imports \[\]"),
    "old opset": (lambda m: m.opset_import[0].__setattr__("version", 6), r"it imports \[6\]"),
    "two opsets": (lambda m: m.opset_import.add(version=17), r"it imports \[17, 17\]"),
    "no graph": (lambda m: m.ClearField("graph"), "one input"),
    "no nodes": (lambda m: m.graph.ClearField("node"), "output must be 'x0'"),
    "only input": (
        lambda m: (m.graph.ClearField("node"), m.graph.output[0].__setattr__("name", "x0")),
        "at least one affine layer or ReLU",
    ),
    "transA": (lambda m: m.graph.node[0].attribute.append(helper.make_attribute("transA", 1)), "n0 .*transA"),
    "unknown attribute": (
        lambda m: m.graph.node[0].attribute.append(helper.make_attribute("gamma", 1)),
        "n0 .*'gamma'",
    ),
    "attribute type": (
        lambda m: m.graph.node[0].attribute.append(helper.make_attribute("alpha", 1)),
        "'alpha' of type INT",
    ),
    "attribute twice": (lambda m: m.graph.node[0].attribute.extend([helper.make_attribute("beta", 1.0)] * 2), "'beta'"),
    "relu attribute": (lambda m: m.graph.node[1].attribute.append(helper.make_attribute("alpha", 0.1)), "n1 .*'alpha'"),
    "unknown input": (lambda m: m.graph.node[0].input.__setitem__(1, "u"), "n0 .*'u' is neither"),
    "skip connection": (lambda m: m.graph.node[2].input.__setitem__(0, "x1"), "n2 .*'x1' is neither"),
    "value twice": (lambda m: m.graph.node[0].input.__setitem__(1, "x0"), "n0 .*must be value, constant, constant"),
    "constant only": (lambda m: m.graph.node[0].input.__setitem__(0, "b"), "n0 .*not constant, constant"),
    "too many inputs": (lambda m: m.graph.node[1].input.append("b"), "n1 .*must be value, not value, constant"),
    "no inputs": (lambda m: m.graph.node[1].ClearField("input"), "n1 .*not none"),
    "no outputs": (lambda m: m.graph.node[1].ClearField("output"), "n1 .*names of their own"),
    "name used twice": (lambda m: m.graph.node[1].output.__setitem__(0, "w"), r"n1 .*\['w'\] need names"),
    "output elsewhere": (lambda m: m.graph.output[0].__setattr__("name", "x1"), r"must be 'x3'.*not \['x1'\]"),
    "two outputs": (lambda m: m.graph.output.add(name="x1"), r"not \['x3', 'x1'\]"),
    "two inputs": (lambda m: m.graph.input.add(name="y"), r"\['x0', 'y'\]"),
    "integer input": (
        lambda m: m.graph.input[0].type.tensor_type.__setattr__("elem_type", 7),
        "'x0' is no tensor of floats",
    ),
    "wrong input": (
        lambda m: m.graph.input[0].type.tensor_type.shape.dim[1].__setattr__("dim_value", 3),
        r"n0 .*\(2, 3\) does not fit",
    ),
    "open input": (
        lambda m: m.graph.input[0].type.tensor_type.shape.dim[1].__setattr__("dim_param", "d"),
        r"\[batch, d\]",
    ),
    "flat input": (lambda m: m.graph.input[0].type.tensor_type.shape.dim.pop(), r"\[batch, d\]"),
    "huge input": (
        lambda m: m.graph.input[0].type.tensor_type.shape.dim[1].__setattr__("dim_value", 2**40),
        r"\[batch, d\]",
    ),
    "negative input": (
        lambda m: m.graph.input[0].type.tensor_type.shape.dim[1].__setattr__("dim_value", -2),
        "negative",
    ),
    "wrong output": (
        lambda m: m.graph.output[0].CopyFrom(helper.make_tensor_value_info("x3", 1, ["n", 4])),
        r"declared as \[4\]",
    ),
    "two tensors": (lambda m: m.graph.initializer.append(m.graph.initializer[0]), "the same name"),
    "sparse tensor": (lambda m: m.graph.sparse_initializer.add(), "1 sparse"),
    "short tensor": (
        lambda m: m.graph.initializer[0].__setattr__("raw_data", b"1234" * 5),
        r"n0 .*'w' of dimensions \[2, 3\]",
    ),
    "guessed dimension": (lambda m: m.graph.initializer[0].dims.__setitem__(0, -1), r"'w' has dimensions \[-1, 3\]"),
    "huge dimension": (lambda m: m.graph.initializer[0].dims.__setitem__(0, 2**62), "'w' of dimensions"),
    "data twice": (lambda m: m.graph.initializer[0].float_data.extend([1.0] * 6), "6 numbers beside its bytes"),
    "integer tensor": (
        lambda m: m.graph.initializer[0].__setattr__("data_type", TensorProto.INT32),
        "type INT32, not FLOAT",
    ),
    "unknown type": (lambda m: m.graph.initializer[0].__setattr__("data_type", 999), r"type \?, not FLOAT"),
    "three dimensions": (lambda m: m.graph.initializer[0].dims.insert(0, 1), r"does not fit"),
    "bias too long": (lambda m: m.graph.node[2].input.append("b"), r"n2 .*\(3,\) does not fit"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_models_are_refused_by_name(tmp_path: Path, name: str) -> None:
    change, message = REFUSED[name]
    with pytest.raises(MalformedInput, match=message):
        read(_changed(change), tmp_path)


NODES: dict[str, tuple[Node, Constants, str]] = {
    "batch mixed by matmul": (node("MatMul", "m", "x"), {"m": np.eye(2, dtype=np.float32)}, "axis -2 does not keep"),
    "batch mixed by flatten": (node("Flatten", "x", axis=0), {}, "axis 0"),
    "flatten to a column": (node("Flatten", "x", axis=2), {}, "axis 2"),
    "batch mixed by reshape": (node("Reshape", "x", "s"), {"s": np.array([1, -1])}, r"\[1, -1\] does not keep"),
    "guessed batch": (node("Reshape", "x", "s"), {"s": np.array([-1, -1])}, r"\[-1, -1\] does not keep"),
    "other width": (node("Reshape", "x", "s"), {"s": np.array([-1, 1])}, r"\[-1, 1\] does not fit"),
    "two guesses": (node("Reshape", "x", "s"), {"s": np.array([0, -1, -1])}, r"does not fit"),
    "copied too far": (node("Reshape", "x", "s"), {"s": np.array([0, 2, 0])}, r"does not fit"),
    "zero meant": (node("Reshape", "x", "s", allowzero=1), {"s": np.array([0, 2])}, "does not keep"),
    "empty shape": (node("Reshape", "x", "s"), {"s": np.zeros(0, np.int64)}, "does not keep"),
    "only the batch": (node("Reshape", "x", "s"), {"s": np.array([0])}, "does not fit"),
    "float shape": (node("Reshape", "x", "s"), {"s": np.array([0.0, 2.0])}, "type DOUBLE, not INT64"),
    "square shape": (node("Reshape", "x", "s"), {"s": np.array([[0, 2]])}, "no list of dimensions"),
    "training": (node("Dropout", "x", "r", "on"), {"r": np.float32(0.5), "on": np.array(True)}, "training"),
    "growing constant": (node("Add", "x", "c"), {"c": np.ones((3, 2), np.float32)}, r"\(3, 2\) does not fit"),
    "deep constant": (node("Add", "x", "c"), {"c": np.ones((1, 1, 2), np.float32)}, "does not fit"),
    "two constants": (node("Gemm", "c", "c"), {"c": np.ones((2, 2), np.float32)}, "not constant, constant"),
    "doubled value": (node("Add", "x", "x"), {}, "not value, value"),
    "square": (node("Mul", "x", "x"), {}, "not value, value"),
    "growing product": (node("Mul", "x", "c"), {"c": np.ones((3, 2), np.float32)}, r"\(3, 2\) does not fit"),
    "quotient of one": (node("Div", "c", "x"), {"c": np.ones(2, np.float32)}, "must be value, constant"),
    "division by zero": (node("Div", "x", "c"), {"c": np.array([1, 0], np.float32)}, "divides by zero"),
    "maximum": (node("Max", "x", "c"), {"c": np.ones(2, np.float32)}, "cannot be read: only"),
    "batch moved": (node("Transpose", "x", perm=[1, 0]), {}, r"perm \[1, 0\] does not keep"),
    "batch reversed": (node("Transpose", "x"), {}, r"perm \[1, 0\] does not keep"),
    "batch dropped": (node("Squeeze", "x"), {}, "without axes"),
    "batch squeezed": (node("Squeeze", "x", "a"), {"a": np.array([0])}, "axis 0 does not keep"),
    "long axis": (node("Squeeze", "x", "a"), {"a": np.array([1])}, "not all of length 1"),
    "batch behind": (node("Unsqueeze", "x", "a"), {"a": np.array([0])}, "axis 0 does not keep"),
    "axis twice": (node("Unsqueeze", "x", "a"), {"a": np.array([1, 1])}, "repeat"),
    "no axes": (node("Unsqueeze", "x"), {}, "names no axes"),
    "no channels": (node("Conv", "x", "k"), {"k": np.ones((1, 1, 1, 1), np.float32)}, "does not fit"),
    "flag of two": (node("Gemm", "x", "c", transB=2), {"c": np.ones((2, 2), np.float32)}, "transB is 2"),
    "vector": (node("MatMul", "x", "c"), {"c": np.ones(2, np.float32)}, "does not fit"),
    "empty constant": (node("Constant"), {}, "needs one value"),
}


@pytest.mark.parametrize("name", NODES)
def test_nodes_that_change_the_batch_or_the_meaning_are_refused(tmp_path: Path, name: str) -> None:
    first, constants, message = NODES[name]
    model = model_of([first, node("Gemm", "x", "w")], {**constants, "w": W})
    with pytest.raises(MalformedInput, match=rf"node n0 \({first.op_type}\) .*{message}"):
        read(model, tmp_path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["w", "b", "alpha"])
def test_numbers_that_are_none_are_refused(tmp_path: Path, bad: float, place: str) -> None:
    constants = {"w": W.copy(), "b": B.copy()}
    if place in constants:
        constants[place].flat[1] = bad
    extra = {"alpha": bad} if place == "alpha" else {}
    with pytest.raises(InexactInput, match=rf"n0 \(Gemm\).*{place}.* {bad}$"):
        read(model_of([node("Gemm", "x", "w", "b", **extra)], constants), tmp_path)


def test_outputs_without_inputs_cost_no_memory(tmp_path: Path) -> None:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[0, 2**40], raw_data=b"")
    with pytest.raises(BudgetExceeded, match=f"{2**40} x 1"):
        read(model_of([node("MatMul", "x", "w")], {"w": tensor}, ("batch", 0)), tmp_path)


def test_a_product_too_large_to_hold_is_refused(tmp_path: Path) -> None:
    wide = np.ones((8000, 1), np.float32)
    model = model_of([node("MatMul", "x", "w"), node("MatMul", "x", "v")], {"w": wide, "v": wide.T}, ("batch", 8000))
    with pytest.raises(BudgetExceeded, match="8000 x 8000"):
        read(model, tmp_path)


@pytest.mark.parametrize("content", [b"", b"\0", b"{}", b"PK\x03\x04", b"\x80\x04}.", b"\xff" * 100], ids=range(6))
def test_files_that_are_no_onnx_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(MalformedInput, match=r"bad\.onnx"):
        from_onnx(tmp_path / "bad.onnx")


def test_huge_files_are_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.onnx").open("wb") as file:
        file.truncate(2**31 + 1)
    with pytest.raises(MalformedInput, match="larger than 2147483648 bytes"):
        from_onnx(tmp_path / "huge.onnx")


@pytest.mark.parametrize("ours", [True, False], ids=["ours", "others"])
def test_500_damaged_files_are_refused_or_read(tmp_path: Path, ours: bool) -> None:
    path, draw, refused = tmp_path / "damaged.onnx", random.Random(11), 0
    if ours:
        ReluNetwork([AffineMap([["1/3", -2], [5, "1/7"]], [1, 0]), AffineMap([["2/3", 4]], [-1])]).to_onnx(path)
    else:
        nodes = [
            node("Sub", "x", "m"),
            node("Reshape", "x", "s"),
            node("Dropout", "x", "r", "off"),
            node("MatMul", "x", "w"),
        ]
        constants = {"m": B[:2], "s": np.array([-1, 2]), "r": np.float32(0.5), "off": np.array(False), "w": W}
        path.write_bytes(model_of(nodes, constants).SerializeToString())
    whole = path.read_bytes()
    assert from_onnx(path).dim == 2
    for _ in range(500):
        place = draw.randrange(len(whole))
        changed = whole[:place] + bytes([draw.randrange(256)]) + whole[place + 1 :]
        path.write_bytes(draw.choice([whole[:place], changed, changed]))
        try:
            from_onnx(path)
        except (MalformedInput, InexactInput, BudgetExceeded):
            refused += 1
    assert 250 < refused < 500
