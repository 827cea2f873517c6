"""The graph of an ONNX file as an exact network: one chain of affine nodes and ReLU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructions.errors import InexactInput, MalformedInput
from constructions.network.onnx_chain import OnnxChain, finished, started
from constructions.network.onnx_constants import FOLDERS, folded, shape_constant
from constructions.network.onnx_layers import LAYERS
from constructions.network.onnx_shapes import SHAPES
from constructions.network.onnx_values import Constant, OnnxNode, OpenSize, node_constant, refuse_external
from constructions.network.onnx_windows import WINDOWS
from constructions.network.relu_network import ReluNetwork

if TYPE_CHECKING:
    import onnx

_READERS = {**LAYERS, **WINDOWS, **SHAPES}
_READABLE = ", ".join(dict.fromkeys(["Constant", *_READERS, *FOLDERS]))


def read_graph(graph: onnx.GraphProto, input_shape: tuple[int, ...] | None = None) -> ReluNetwork:
    """Return the network of a graph whose nodes form one chain from its input to its output.

    Nodes that read constants only, or the shape of a value, are computed on the way.

    Args:
        graph: the graph.
        input_shape: the shape of one point, for dimensions that the file leaves open.

    Raises:
        MalformedInput: a node cannot be read, or the nodes do not form a chain.
        InexactInput: a weight is NaN or infinite.
        BudgetExceeded: affine nodes in a row multiply to a map too large to hold.
    """
    constants = _initializers(graph)
    chain = started(graph, constants, input_shape)
    names = {chain.value, *constants}
    shapes = {chain.value: chain.dims}
    for index, proto in enumerate(graph.node):
        node = OnnxNode(proto, f"node {proto.name or index} ({proto.op_type})")
        _refuse_strange(node, names)
        names.update(name for name in proto.output if name)
        result = _constant_of(node, constants, shapes)
        if result is not None:
            constants[proto.output[0]] = result
        else:
            _follow(chain, node, constants)
            shapes[chain.value] = chain.dims
    return finished(chain, graph)


def _initializers(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto | Constant]:
    if graph.sparse_initializer:
        raise MalformedInput(f"{len(graph.sparse_initializer)} sparse initializers cannot be read")
    constants: dict[str, onnx.TensorProto | Constant] = {tensor.name: tensor for tensor in graph.initializer}
    if len(constants) < len(graph.initializer):
        raise MalformedInput("two initializers have the same name")
    for tensor in graph.initializer:
        refuse_external(tensor)
    return constants


def _refuse_strange(node: OnnxNode, names: set[str]) -> None:
    results = [name for name in node.proto.output if name]
    if node.proto.domain not in ("", "ai.onnx"):
        raise node.refused(f"its domain {node.proto.domain!r} is not the standard one")
    if not node.proto.output or not node.proto.output[0] or names.intersection(results):
        raise node.refused(f"its results {results[:4]} need names of their own")


def _constant_of(
    node: OnnxNode,
    constants: dict[str, onnx.TensorProto | Constant],
    shapes: dict[str, tuple[int | OpenSize, ...]],
) -> onnx.TensorProto | Constant | None:
    """Return the result of a node that does not depend on the input, None for the others."""
    kind, names = node.proto.op_type, node.input_names
    if kind == "Constant":
        return node_constant(node)
    if kind == "Shape" and len(names) == 1 and names[0] in shapes:
        return shape_constant(shapes[names[0]], node)
    if kind not in FOLDERS or not names or not all(name in constants for name in names):
        return None
    node.inputs = [constants[name] for name in names]
    return folded(node)


def _follow(chain: OnnxChain, node: OnnxNode, constants: dict[str, onnx.TensorProto | Constant]) -> None:
    """Take one node that reads the value of the chain."""
    read = _READERS.get(node.proto.op_type)
    if read is None:
        raise node.refused(f"only {_READABLE} can be")
    node.resolve(chain.value, constants)
    try:
        read(chain, node)
    except InexactInput as error:
        raise InexactInput(str(error) if node.label in str(error) else f"{node.label}: {error}") from None
    except MalformedInput:
        raise
    except ValueError as error:
        raise node.refused(str(error)) from None
    chain.value = node.proto.output[0]
