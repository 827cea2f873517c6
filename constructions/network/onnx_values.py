"""The parts of an ONNX file, read strictly: tensors, attributes, declared shapes, nodes."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from constructions.errors import InexactInput, MalformedInput

if TYPE_CHECKING:
    import onnx

_FLOATS = ("FLOAT", "DOUBLE", "FLOAT16")
_LONGEST_SHAPE = 64


class OnnxNode:
    """A node, its inputs resolved: constants, or None for the value of the chain.

    Args:
        proto: the node as parsed.
        label: its name and kind, for messages.
    """

    __slots__ = ("inputs", "label", "proto")

    def __init__(self, proto: onnx.NodeProto, label: str) -> None:
        self.proto = proto
        self.label = label
        self.inputs: list[onnx.TensorProto | None] = []

    def refused(self, reason: str) -> MalformedInput:
        """Return the error that names this node."""
        return MalformedInput(f"{self.label} cannot be read: {reason}")

    def renamed(self) -> str:
        """Return the one input of an Identity node."""
        self.attributes()
        if len(self.proto.input) != 1:
            raise self.refused(f"it takes one input, not {len(self.proto.input)}")
        return self.proto.input[0]

    def resolve(self, value: str, constants: dict[str, onnx.TensorProto]) -> None:
        """Find the inputs among the constants and the one value of the chain."""
        names = list(self.proto.input)
        while names and not names[-1]:
            names.pop()
        for name in names:
            if name != value and name not in constants:
                raise self.refused(f"its input {name!r} is neither a constant nor {value!r}, the end of the chain")
        self.inputs = [constants.get(name) for name in names]

    @property
    def reads_value_first(self) -> bool:
        """Whether the first input is the value of the chain."""
        return bool(self.inputs) and self.inputs[0] is None

    def expect(self, *kinds: str) -> None:
        """Check the inputs: ``value`` or ``constant``, with ``?`` if it may be absent.

        Raises:
            MalformedInput: they are others.
        """
        found = ["value" if tensor is None else "constant" for tensor in self.inputs]
        needed = [kind for kind in kinds if not kind.endswith("?")]
        if found != [kind.removesuffix("?") for kind in kinds[: max(len(found), len(needed))]]:
            raise self.refused(f"its inputs must be {', '.join(kinds)}, not {', '.join(found[:4]) or 'none'}")

    def attributes(self, **allowed: str) -> dict[str, Any]:
        """Return the attributes by name, refusing any that is not allowed or of another type."""
        from onnx import AttributeProto, helper

        found: dict[str, Any] = {}
        for attribute in self.proto.attribute:
            kind = AttributeProto.AttributeType.Name(attribute.type)
            if allowed.get(attribute.name) != kind or attribute.name in found or attribute.ref_attr_name:
                raise self.refused(f"attribute {attribute.name!r} of type {kind}")
            found[attribute.name] = helper.get_attribute_value(attribute)
        return found

    def factor(self, attributes: dict[str, Any], name: str) -> Fraction:
        """Return a float attribute exactly, 1 if it is absent.

        Raises:
            InexactInput: it is NaN or infinite.
        """
        value = attributes.get(name, 1.0)
        if not math.isfinite(value):
            raise InexactInput(f"{self.label}: {name} is {value}")
        return Fraction(value)

    def floats(self, index: int) -> np.ndarray:
        """Return a constant input as floats.

        Raises:
            MalformedInput: the tensor is damaged or of another type.
            InexactInput: it holds NaN or infinity.
        """
        array = self._array(index, _FLOATS)
        finite = np.isfinite(array)
        if not np.all(finite):
            raise InexactInput(f"{self.label}: input {self.proto.input[index]!r} holds {array[~finite][0]}")
        return array

    def integers(self, index: int) -> list[int]:
        """Return a constant input as the integers of a shape."""
        array = self._array(index, ("INT64",))
        if array.ndim != 1 or array.size > _LONGEST_SHAPE:
            raise self.refused(f"{self.proto.input[index]!r} is no list of dimensions")
        return [int(value) for value in array]

    def is_true(self, index: int) -> bool:
        """Return whether a constant boolean input is not all false."""
        return bool(self._array(index, ("BOOL",)).any())

    def _array(self, index: int, kinds: tuple[str, ...]) -> np.ndarray:
        from onnx import TensorProto, numpy_helper

        tensor = self.inputs[index]
        name = self.proto.input[index]
        if tensor is None:
            raise self.refused(f"its input {name!r} is no constant")
        refuse_external(tensor)
        kind = TensorProto.DataType.Name(tensor.data_type) if tensor.data_type in TensorProto.DataType.values() else "?"
        if kind not in kinds:
            raise self.refused(f"{name!r} has type {kind}, not {' or '.join(kinds)}")
        typed = len(tensor.float_data) + len(tensor.double_data) + len(tensor.int32_data) + len(tensor.int64_data)
        if min(tensor.dims, default=0) < 0 or (tensor.HasField("raw_data") and typed):
            raise self.refused(f"{name!r} has dimensions {list(tensor.dims)[:8]} and {typed} numbers beside its bytes")
        try:
            return numpy_helper.to_array(tensor)
        except ValueError as error:
            raise self.refused(f"{name!r} of dimensions {list(tensor.dims)[:8]}: {error}") from None


def node_constant(node: OnnxNode) -> onnx.TensorProto:
    """Return the tensor of a Constant node."""
    from onnx import TensorProto, helper

    found = node.attributes(value="TENSOR", value_float="FLOAT", value_floats="FLOATS", value_ints="INTS")
    if len(found) != 1 or node.proto.input:
        raise node.refused(f"it needs one value, not {sorted(found)}")
    (kind, value), *_ = found.items()
    if kind == "value":
        return value
    if kind == "value_float":
        return helper.make_tensor("", TensorProto.FLOAT, [], [value])
    element = TensorProto.FLOAT if kind == "value_floats" else TensorProto.INT64
    return helper.make_tensor("", element, [len(value)], value)


def refuse_external(tensor: onnx.TensorProto) -> None:
    """Refuse a tensor whose numbers lie in another file.

    Raises:
        MalformedInput: they do; no other file is ever opened.
    """
    from onnx import TensorProto

    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise MalformedInput(f"tensor {tensor.name!r} keeps its numbers in another file, which is never opened")


def declared_dims(value: onnx.ValueInfoProto) -> list[int | None] | None:
    """Return the declared dimensions, None for each that is not a number; None without a shape.

    Raises:
        MalformedInput: the value is not a tensor of floats, or a dimension is negative.
    """
    from onnx import TensorProto

    tensor = value.type.tensor_type
    if tensor.elem_type not in [TensorProto.DataType.Value(kind) for kind in _FLOATS]:
        raise MalformedInput(f"{value.name!r} is no tensor of floats")
    if not tensor.HasField("shape"):
        return None
    dims = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
    if any(dim is not None and dim < 0 for dim in dims):
        raise MalformedInput(f"{value.name!r} has a negative dimension: {dims[:8]}")
    return dims
