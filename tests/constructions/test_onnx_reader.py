"""Reading ONNX graphs: the values of every supported node, set against onnxruntime."""

from __future__ import annotations

import copy
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

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


C22, T22 = np.array([[0.5, -1], [2, 4]], np.float32), np.array([[2, 0, 1], [0, 1, 0]], np.float32)
CHAINS: dict[str, tuple[list[Node], Constants, tuple[Any, ...]]] = {
    "gemm": ([node("Gemm", "x", "w", "b")], {"w": W, "b": B}, (2,)),
    "gemm without bias": ([node("Gemm", "x", "w")], {"w": W}, (2,)),
    "gemm transposed": ([node("Gemm", "x", "w", "b", transB=1)], {"w": W.T.copy(), "b": B}, (2,)),
    "gemm alpha beta": ([node("Gemm", "x", "w", "b", alpha=0.5, beta=-4.0)], {"w": W, "b": B}, (2,)),
    "gemm alpha zero": ([node("Gemm", "x", "w", "b", alpha=0.0, beta=0.25)], {"w": W, "b": B}, (2,)),
    "gemm row bias": ([node("Gemm", "x", "w", "b")], {"w": W, "b": B.reshape(1, 3)}, (2,)),
    "gemm one bias": ([node("Gemm", "x", "w", "b")], {"w": W, "b": B[:1]}, (2,)),
    "gemm scalar bias": ([node("Gemm", "x", "w", "b")], {"w": W, "b": B[2]}, (2,)),
    "matmul add": ([node("MatMul", "x", "w"), node("Add", "x", "b")], {"w": W, "b": B}, (2,)),
    "constant first": ([node("MatMul", "x", "w"), node("Add", "b", "x")], {"w": W, "b": B}, (2,)),
    "sub": ([node("MatMul", "x", "w"), node("Sub", "x", "b")], {"w": W, "b": B}, (2,)),
    "constant minus": ([node("MatMul", "x", "w"), node("Sub", "b", "x")], {"w": W, "b": B}, (2,)),
    "input minus mean": ([node("Sub", "x", "m"), node("Gemm", "x", "w")], {"m": B[1:], "w": W}, (2,)),
    "only add": ([node("Add", "x", "m")], {"m": B[1:]}, (2,)),
    "mean minus input": ([node("Sub", "m", "x"), node("Relu", "x"), node("Sub", "m", "x")], {"m": B[2]}, (2,)),
    "three in a row": (
        [node("MatMul", "x", "c"), node("Gemm", "x", "w", "b"), node("Gemm", "x", "t", "b", transB=1)],
        {"c": C22, "w": W, "b": B[1:2], "t": T22},
        (2,),
    ),
    "relu on input": ([node("Relu", "x"), node("Relu", "x"), node("Gemm", "x", "w", "b")], {"w": W, "b": B}, (2,)),
    "relu at the end": ([node("Gemm", "x", "w", "b"), node("Relu", "x")], {"w": W, "b": B}, (2,)),
    "relu alone": ([node("Relu", "x")], {}, (2,)),
    "shift after relu": (
        [node("Gemm", "x", "c"), node("Relu", "x"), node("Add", "x", "m"), node("Gemm", "x", "w", "b")],
        {"c": C22, "m": B[1:], "w": W, "b": B},
        (2,),
    ),
    "flatten": ([node("Flatten", "x"), node("Gemm", "x", "w")], {"w": W}, (2,)),
    "flatten image": ([node("Flatten", "x", axis=-3), node("Gemm", "x", "w")], {"w": W}, (1, 2, 1)),
    "shift image": (
        [node("Sub", "x", "m"), node("Relu", "x"), node("Flatten", "x"), node("Gemm", "x", "w")],
        {"m": np.array([[[[1.0], [-3.0]]]], np.float32), "w": W},
        (1, 2, 1),
    ),
    "reshape": ([node("Reshape", "x", "s"), node("Gemm", "x", "w")], {"s": np.array([-1, 2]), "w": W}, (1, 2)),
    "reshape copies": ([node("Reshape", "x", "s"), node("Gemm", "x", "w")], {"s": np.array([0, -1]), "w": W}, (2, 1)),
    "reshape up": (
        [node("Reshape", "x", "s"), node("Relu", "x"), node("Reshape", "x", "t"), node("Gemm", "x", "w")],
        {"s": np.array([-1, 1, 2, 1]), "t": np.array([0, 2]), "w": W},
        (2,),
    ),
    "no effect": (
        [node("Identity", "x"), node("Dropout", "x"), node("Gemm", "x", "w"), node("Dropout", "x", "r", "off")],
        {"w": W, "r": np.float32(0.5), "off": np.array(False)},
        (2,),
    ),
}


@pytest.mark.parametrize("name", CHAINS)
def test_every_chain_has_the_values_that_onnxruntime_gives(tmp_path: Path, name: str) -> None:
    nodes, constants, shape = CHAINS[name]
    model = model_of(nodes, constants, ("batch", *shape))
    onnx.checker.check_model(model, full_check=True)
    network = read(model, tmp_path)
    points = np.random.default_rng(0).integers(-40, 41, (12, network.dim))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (outputs,) = session.run(None, {"x0": (points / 8).astype(np.float32).reshape(12, *shape)})
    exact = [network([Fraction(int(value), 8) for value in point]) for point in points]
    assert [[Fraction(value) for value in row] for row in outputs.reshape(12, -1).astype(float).tolist()] == [
        list(row) for row in exact
    ]
    assert len(network.maps) == 1 + sum(entry.op_type == "Relu" for entry in nodes)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("typed", [False, True], ids=["raw", "typed"])
def test_every_float_type_is_read_exactly(tmp_path: Path, kind: Any, typed: bool) -> None:
    values = np.array([[0.1, -3e-5, np.finfo(kind).max], [np.finfo(kind).tiny, 1 / 3, 0]]).astype(kind)
    tensor = numpy_helper.from_array(values, "w")
    if typed:
        tensor = helper.make_tensor("w", tensor.data_type, values.shape, values.ravel().tolist())
    model = model_of([node("Gemm", "x", "w")], {"w": tensor}, kind=tensor.data_type)
    assert read(model, tmp_path).maps[0].weight == tuple(
        tuple(Fraction(float(value)) for value in column) for column in values.T
    )


def test_alpha_and_beta_are_the_floats_they_are(tmp_path: Path) -> None:
    alpha, beta = float(np.float32(0.1)), float(np.float32(-0.7))
    model = model_of([node("Gemm", "x", "w", "b", alpha=0.1, beta=-0.7)], {"w": W, "b": B})
    (affine,) = read(model, tmp_path).maps
    assert affine.weight[0][0] == Fraction(alpha) != Fraction(1, 10)
    assert affine.bias[2] == Fraction(beta) / 2


@pytest.mark.parametrize("attribute", ["value", "value_floats"])
def test_constant_nodes_and_renamed_constants(tmp_path: Path, attribute: str) -> None:
    value = numpy_helper.from_array(B) if attribute == "value" else B.tolist()
    nodes = [
        helper.make_node("Constant", [], ["b"], **{attribute: value}),
        helper.make_node("Constant", [], ["shape"], value_ints=[0, 2]),
        helper.make_node("Identity", ["w"], ["v"]),
        helper.make_node("Reshape", ["x", "shape"], ["y"]),
        helper.make_node("Gemm", ["y", "v", "b"], ["z"]),
    ]
    model = model_of([node("Gemm", "x", "w", "b")], {"w": W})
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.input[0].name, model.graph.output[0].name = "x", "z"
    onnx.checker.check_model(model, full_check=True)
    assert read(model, tmp_path)([1, 1]) == (6, 1, Fraction(-5, 2))


def test_initializers_may_be_listed_among_the_inputs(tmp_path: Path) -> None:
    model = model_of([node("Gemm", "x", "w", "b")], {"w": W, "b": B})
    model.graph.input.insert(0, helper.make_tensor_value_info("w", TensorProto.FLOAT, W.shape))
    assert read(model, tmp_path)([1, 1]) == (6, 1, Fraction(-5, 2))


def test_the_weights_of_a_torch_module_are_read_as_from_torch_reads_them(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first, second = torch.nn.Linear(4, 6), torch.nn.Linear(6, 2)
    constants = {
        "w": first.weight.detach().numpy(),
        "b": first.bias.detach().numpy(),
        "v": second.weight.detach().numpy(),
        "c": second.bias.detach().numpy(),
    }
    nodes = [
        node("Flatten", "x"),
        node("Gemm", "x", "w", "b", transB=1),
        node("Relu", "x"),
        node("Gemm", "x", "v", "c", transB=1),
    ]
    model = model_of(nodes, constants, (1, 2, 2), (1, 2))
    expected = ReluNetwork.from_torch(torch.nn.Sequential(first, torch.nn.ReLU(), second))
    assert read(model, tmp_path) == expected
