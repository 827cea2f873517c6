"""The one value that flows through an ONNX graph: its name, its batch, and the exact maps behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constructions.errors import MalformedInput
from constructions.network.layer_chain import LayerChain
from constructions.network.onnx_values import Constant, OnnxNode, OpenSize, declared_dims
from constructions.network.relu_network import ReluNetwork

if TYPE_CHECKING:
    import onnx

_LARGEST_WIDTH = 2**31 - 1


@dataclass(slots=True)
class OnnxChain:
    """The value of the chain. Its first axis is the batch, unless the file fixes one point.

    Attributes:
        value: its name.
        batched: whether a batch axis comes before the axes of ``layers``.
        batch: the size of the batch where the file declares it.
        layers: the exact layers so far, for one point.
    """

    value: str
    batched: bool
    batch: int | None
    layers: LayerChain

    @property
    def dims(self) -> tuple[int | OpenSize, ...]:
        """Every dimension of the value."""
        if not self.batched:
            return self.layers.shape
        return (OpenSize.BATCH if self.batch is None else self.batch, *self.layers.shape)

    @property
    def shown(self) -> str:
        """The dimensions, for messages."""
        return f"[batch, ...] = {self.layers.shape}" if self.batched else f"{self.layers.shape}"

    def axis(self, node: OnnxNode, axis: int, rank: int | None = None) -> int:
        """Return the axis of ``layers`` that an axis of the value is.

        Raises:
            MalformedInput: there is no such axis, or it is the batch.
        """
        rank = len(self.dims) if rank is None else rank
        own = (axis + rank if axis < 0 else axis) - self.batched
        if not -rank <= axis < rank or own < 0:
            raise node.refused(f"axis {axis} does not keep the batch apart in a value of {self.shown}")
        return own

    def fitted(self, node: OnnxNode, constant: np.ndarray) -> np.ndarray:
        """Return a constant that meets the value entry by entry, with the batch left out.

        Raises:
            MalformedInput: the shapes do not fit, or the value would be repeated.
        """
        constant = np.asarray(constant)  # arithmetic turns an array of one object into the object
        whole = (1, *self.layers.shape) if self.batched else self.layers.shape
        try:
            shape = np.broadcast_shapes(whole, constant.shape)
        except ValueError:
            shape = ()
        if math.prod(shape) != self.layers.width or (self.batched and (len(shape) != len(whole) or shape[0] != 1)):
            raise node.refused(f"a constant of {constant.shape} does not fit a value of {self.shown}")
        self.layers.reshape(tuple(shape[1:]) if self.batched else shape)
        return constant.reshape(constant.shape[1:]) if self.batched and constant.ndim == len(whole) else constant

    def channels(self, node: OnnxNode) -> tuple[int, ...]:
        """Return channels and spatial dimensions of one point.

        Raises:
            MalformedInput: the value has no channels, or fixes more than one point.
        """
        shape = self.layers.shape if self.batched else self.layers.shape[1:]
        if not shape or (not self.batched and self.layers.shape[0] != 1):
            raise node.refused(f"a value of {self.shown} is no point with channels")
        return shape

    def with_channels(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of ``layers`` for new channels and spatial dimensions."""
        return shape if self.batched else (1, *shape)


def started(
    graph: onnx.GraphProto, constants: dict[str, onnx.TensorProto | Constant], shape: tuple[int, ...] | None
) -> OnnxChain:
    """Return the chain at the input of a graph.

    Args:
        graph: the graph.
        constants: its initializers, by name.
        shape: the shape of one point, for dimensions that the file leaves open.

    Raises:
        MalformedInput: the graph has no one input of known dimensions.
    """
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1 or not inputs[0].name:
        raise MalformedInput(f"a network has one input, this graph has {[value.name for value in inputs][:4]}")
    name = inputs[0].name
    dims = declared_dims(inputs[0])
    if shape is not None:
        dims = _settled(name, dims, shape)
    first, *rest = dims or [None]
    own = dims if len(dims or ()) == 1 or (rest and first == 1) else rest
    sizes = [size for size in own or () if size is not None]
    if not sizes or len(sizes) < len(own or ()) or math.prod(sizes) > _LARGEST_WIDTH:
        raise MalformedInput(f"input {name!r} must be floats of shape [batch, d] with d given, not {rest[:8]}")
    return OnnxChain(name, own is rest, first, LayerChain(tuple(sizes)))


def _settled(name: str, dims: list[int | None] | None, shape: tuple[int, ...]) -> list[int | None]:
    declared = [None, *shape] if dims is None else dims
    given = [None] * (len(declared) - len(shape)) + list(shape)
    if len(declared) - len(shape) not in (0, 1) or any(
        None not in (a, b) and a != b for a, b in zip(declared, given, strict=True)
    ):
        raise MalformedInput(f"input {name!r} has shape {declared[:8]}, where points of shape {shape} were expected")
    return [b if a is None else a for a, b in zip(declared, given, strict=True)]


def finished(chain: OnnxChain, graph: onnx.GraphProto) -> ReluNetwork:
    """Return the network of a chain that has reached the output of its graph.

    Raises:
        MalformedInput: it ends elsewhere, in another shape than declared, or has no node.
    """
    outputs = [value.name for value in graph.output]
    if outputs != [chain.value]:
        raise MalformedInput(f"the output must be {chain.value!r}, the end of the chain, not {outputs[:4]}")
    dims, shape = declared_dims(graph.output[0]), chain.dims
    if dims is not None and (
        len(dims) != len(shape)
        or any(a is not None and isinstance(b, int) and a != b for a, b in zip(dims, shape, strict=True))
    ):
        raise MalformedInput(f"output {chain.value!r} has shape {chain.shown}, declared as {dims[chain.batched :][:8]}")
    try:
        return chain.layers.network()
    except ValueError as error:
        raise MalformedInput(str(error)) from None
