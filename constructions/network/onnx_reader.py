"""The graph of an ONNX file as an exact network: one chain of affine nodes and ReLU."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from constructions.errors import MalformedInput
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed, identity_map, multiplied, refuse_large, shifted
from constructions.network.binary_floats import affine_map_from_floats
from constructions.network.onnx_values import OnnxNode, declared_dims, node_constant, refuse_external
from constructions.network.relu_network import ReluNetwork

if TYPE_CHECKING:
    import onnx

_LARGEST_WIDTH = 2**31 - 1


@dataclass(slots=True)
class _Chain:
    """The one value that flows through the graph, and the exact maps behind it.

    Attributes:
        value: its name.
        batch: the first dimension where the file declares it.
        shape: the other dimensions.
        maps: the maps that a ReLU follows.
        pending: the map since the last ReLU, None for the identity.
        relu: the label of the last ReLU.
    """

    value: str
    batch: int | None
    shape: tuple[int, ...]
    maps: list[AffineMap] = field(default_factory=list)
    pending: AffineMap | None = None
    relu: str = "no node"

    @property
    def width(self) -> int:
        return math.prod(self.shape)

    def affine(self) -> AffineMap:
        return identity_map(self.width) if self.pending is None else self.pending


def read_graph(graph: onnx.GraphProto) -> ReluNetwork:
    """Return the network of a graph whose nodes form one chain from its input to its output.

    Raises:
        MalformedInput: a node cannot be read, or the nodes do not form a chain.
        InexactInput: a weight is NaN or infinite.
        BudgetExceeded: affine nodes in a row multiply to a map too large to hold.
    """
    constants = _initializers(graph)
    chain = _start(graph, constants)
    names = {chain.value, *constants}
    for index, proto in enumerate(graph.node):
        node = OnnxNode(proto, f"node {proto.name or index} ({proto.op_type})")
        results = [name for name in proto.output if name]
        if proto.domain not in ("", "ai.onnx"):
            raise node.refused(f"its domain {proto.domain!r} is not the standard one")
        if not proto.output or not proto.output[0] or names.intersection(results):
            raise node.refused(f"its results {results[:4]} need names of their own")
        names.update(results)
        if proto.op_type == "Constant":
            constants[results[0]] = node_constant(node)
        elif proto.op_type == "Identity" and constants.keys() & {*proto.input}:
            constants[results[0]] = constants[node.renamed()]
        else:
            _follow(chain, node, constants)
    return _finished(chain, graph)


def _initializers(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    if graph.sparse_initializer:
        raise MalformedInput(f"{len(graph.sparse_initializer)} sparse initializers cannot be read")
    constants = {tensor.name: tensor for tensor in graph.initializer}
    if len(constants) < len(graph.initializer):
        raise MalformedInput("two initializers have the same name")
    for tensor in graph.initializer:
        refuse_external(tensor)
    return constants


def _start(graph: onnx.GraphProto, constants: dict[str, onnx.TensorProto]) -> _Chain:
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1 or not inputs[0].name:
        raise MalformedInput(f"a network has one input, this graph has {[value.name for value in inputs][:4]}")
    batch, *shape = declared_dims(inputs[0]) or [None, None]
    sizes = [size for size in shape if size is not None]
    if not sizes or len(sizes) < len(shape) or math.prod(sizes) > _LARGEST_WIDTH:
        raise MalformedInput(
            f"input {inputs[0].name!r} must be floats of shape [batch, d] with d given, not {shape[:8]}"
        )
    return _Chain(inputs[0].name, batch, tuple(sizes))


def _finished(chain: _Chain, graph: onnx.GraphProto) -> ReluNetwork:
    outputs = [value.name for value in graph.output]
    if outputs != [chain.value]:
        raise MalformedInput(f"the output must be {chain.value!r}, the end of the chain, not {outputs[:4]}")
    dims = declared_dims(graph.output[0])
    shape = [None, *chain.shape]
    if dims is not None and (
        len(dims) != len(shape) or any(a != b for a, b in zip(dims, shape, strict=True) if None not in (a, b))
    ):
        raise MalformedInput(f"output {chain.value!r} has shape [batch, ...] = {shape[1:]}, declared as {dims[1:9]}")
    if chain.pending is None:
        raise MalformedInput(f"the network must end with an affine node, it ends with {chain.relu}")
    return ReluNetwork([*chain.maps, chain.pending])


def _follow(chain: _Chain, node: OnnxNode, constants: dict[str, onnx.TensorProto]) -> None:
    """Take one node that reads the value of the chain."""
    read = _READERS.get(node.proto.op_type)
    if read is None:
        raise node.refused(f"only {', '.join(['Constant', *_READERS])} can be")
    node.resolve(chain.value, constants)
    read(chain, node)
    chain.value = node.proto.output[0]


def _gemm(chain: _Chain, node: OnnxNode) -> None:
    node.expect("value", "constant", "constant?")
    attributes = node.attributes(alpha="FLOAT", beta="FLOAT", transA="INT", transB="INT")
    if attributes.get("transA", 0):
        raise node.refused("transA is set")
    weight = node.floats(1)
    _linear(chain, node, weight if attributes.get("transB", 0) else weight.T, node.factor(attributes, "alpha"))
    if len(node.inputs) == 3:
        _shift(chain, node, node.floats(2), node.factor(attributes, "beta"))


def _matmul(chain: _Chain, node: OnnxNode) -> None:
    node.expect("value", "constant")
    node.attributes()
    _linear(chain, node, node.floats(1).T, Fraction(1))


def _linear(chain: _Chain, node: OnnxNode, weight: np.ndarray, factor: Fraction) -> None:
    if weight.ndim != 2 or chain.shape != weight.shape[1:]:
        raise node.refused(f"a weight of {weight.shape[::-1]} does not fit a value of [batch, ...] = {chain.shape}")
    refuse_large(weight.shape[0], 1)
    outer = affine_map_from_floats(weight, np.zeros(weight.shape[0]))
    outer = outer if factor == 1 else multiplied(outer, factor)
    chain.pending = outer if chain.pending is None else composed(outer, chain.pending)
    chain.shape = (weight.shape[0],)


def _add(chain: _Chain, node: OnnxNode) -> None:
    node.attributes()
    node.expect(*(("value", "constant") if node.reads_value_first else ("constant", "value")))
    _shift(chain, node, node.floats(1 if node.reads_value_first else 0), Fraction(1))


def _sub(chain: _Chain, node: OnnxNode) -> None:
    node.attributes()
    if node.reads_value_first:
        node.expect("value", "constant")
        _shift(chain, node, node.floats(1), Fraction(-1))
    else:
        node.expect("constant", "value")
        chain.pending = multiplied(chain.affine(), -1)
        _shift(chain, node, node.floats(0), Fraction(1))


def _shift(chain: _Chain, node: OnnxNode, constant: np.ndarray, factor: Fraction) -> None:
    whole = (1, *chain.shape)
    sizes = (1,) * (len(whole) - constant.ndim) + constant.shape
    if len(sizes) != len(whole) or any(size not in (1, full) for size, full in zip(sizes, whole, strict=True)):
        raise node.refused(f"a constant of {constant.shape} does not fit a value of [batch, ...] = {chain.shape}")
    refuse_large(chain.width, 1)
    column = np.broadcast_to(constant, whole).reshape(-1)
    by = multiplied(affine_map_from_floats(np.zeros((chain.width, 0)), column), factor)
    chain.pending = shifted(chain.affine(), by)


def _relu(chain: _Chain, node: OnnxNode) -> None:
    node.expect("value")
    node.attributes()
    chain.maps.append(chain.affine())
    chain.pending, chain.relu = None, node.label


def _flatten(chain: _Chain, node: OnnxNode) -> None:
    node.expect("value")
    axis = node.attributes(axis="INT").get("axis", 1)
    if axis not in (1, -len(chain.shape)):
        raise node.refused(f"axis {axis} does not keep the batch apart")
    chain.shape = (chain.width,)


def _reshape(chain: _Chain, node: OnnxNode) -> None:
    node.expect("value", "constant")
    copies = not node.attributes(allowzero="INT").get("allowzero", 0)
    target = node.integers(1)
    copied = [*chain.shape, *target[len(chain.shape) + 1 :]]  # what a 0 stands for, place by place
    sizes = [old if copies and new == 0 else new for new, old in zip(target[1:], copied, strict=False)]
    batch = target[0] if target else None
    keeps = batch is not None and (batch == chain.batch or (copies and batch == 0))
    if not keeps and (batch != -1 or -1 in sizes):
        raise node.refused(f"shape {target[:8]} does not keep the batch apart")
    known = math.prod(size for size in sizes if size != -1)
    if -1 in sizes and known:
        sizes[sizes.index(-1)] = chain.width // known
    if not sizes or min(sizes) < 0 or math.prod(sizes) != chain.width:
        raise node.refused(f"shape {target[:8]} does not fit a value of [batch, ...] = {chain.shape}")
    chain.shape = tuple(sizes)


def _identity(chain: _Chain, node: OnnxNode) -> None:
    node.expect("value")
    node.attributes()


def _dropout(chain: _Chain, node: OnnxNode) -> None:
    node.expect("value", "constant?", "constant?")
    node.attributes(ratio="FLOAT", seed="INT")
    if len(node.inputs) == 3 and node.is_true(2):
        raise node.refused("it is in training mode, where its result is random")


_READERS: dict[str, Callable[[_Chain, OnnxNode], None]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _add,
    "Sub": _sub,
    "Relu": _relu,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Identity": _identity,
    "Dropout": _dropout,
}
