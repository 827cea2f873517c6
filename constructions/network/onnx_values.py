"""The parts of an ONNX file, read strictly: tensors, attributes, declared shapes, nodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from constructions.errors import InexactInput, MalformedInput

if TYPE_CHECKING:
    import onnx

FLOATS = ("FLOAT", "DOUBLE", "FLOAT16")
INTEGERS = ("INT64", "INT32")
_LONGEST_SHAPE = 64


class OpenSize(Enum):
    """A dimension that the file leaves open: the size of the batch."""

    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Constant:
    """The value of a tensor that does not depend on the input.

    Attributes:
        kind: the ONNX name of its element type.
        array: its elements; as objects where they were computed (fractions) or hold ``OpenSize``.
    """

    kind: str
    array: np.ndarray


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
        self.inputs: list[onnx.TensorProto | Constant | None] = []

    def refused(self, reason: str) -> MalformedInput:
        """Return the error that names this node."""
        return MalformedInput(f"{self.label} cannot be read: {reason}")

    @property
    def input_names(self) -> list[str]:
        """The names of its inputs, without those left out at the end."""
        names = list(self.proto.input)
        while names and not names[-1]:
            names.pop()
        return names

    def resolve(self, value: str, constants: dict[str, onnx.TensorProto | Constant]) -> None:
        """Find the inputs among the constants and the one value of the chain."""
        names = self.input_names
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

    def flag(self, attributes: dict[str, Any], name: str, default: int = 0) -> bool:
        """Return whether an integer attribute, 0 or 1, is set.

        Raises:
            MalformedInput: it is another integer.
        """
        value = attributes.get(name, default)
        if value not in (0, 1):
            raise self.refused(f"{name} is {value}, not 0 or 1")
        return bool(value)

    def floats(self, index: int) -> np.ndarray:
        """Return a constant input as floats, or as fractions where it was computed.

        Raises:
            MalformedInput: the tensor is damaged or of another type.
            InexactInput: it holds NaN or infinity.
        """
        array = self.constant(index, FLOATS).array
        if array.dtype != object and not np.all(finite := np.isfinite(array)):
            raise InexactInput(f"{self.label}: input {self.proto.input[index]!r} holds {array[~finite][0]}")
        return array

    def integers(self, index: int) -> list[int | OpenSize]:
        """Return a constant input as the integers of a shape."""
        array = self.constant(index, ("INT64",)).array
        if array.ndim != 1 or array.size > _LONGEST_SHAPE:
            raise self.refused(f"{self.proto.input[index]!r} is no list of dimensions")
        return array.tolist()

    def is_true(self, index: int) -> bool:
        """Return whether a constant boolean input is not all false."""
        return bool(self.constant(index, ("BOOL",)).array.any())

    def constant(self, index: int, kinds: tuple[str, ...] = (*FLOATS, *INTEGERS, "BOOL")) -> Constant:
        """Return a constant input.

        Raises:
            MalformedInput: the tensor is damaged or of another type.
        """
        tensor = self.inputs[index]
        name = self.proto.input[index]
        if tensor is None:
            raise self.refused(f"its input {name!r} is no constant")
        kind = tensor.kind if isinstance(tensor, Constant) else _kind(tensor)
        if kind not in kinds:
            raise self.refused(f"{name!r} has type {kind}, not {' or '.join(kinds)}")
        return tensor if isinstance(tensor, Constant) else Constant(kind, self._decoded(tensor, name))

    def _decoded(self, tensor: onnx.TensorProto, name: str) -> np.ndarray:
        from onnx import numpy_helper

        refuse_external(tensor)
        typed = len(tensor.float_data) + len(tensor.double_data) + len(tensor.int32_data) + len(tensor.int64_data)
        if min(tensor.dims, default=0) < 0 or (tensor.HasField("raw_data") and typed):
            raise self.refused(f"{name!r} has dimensions {list(tensor.dims)[:8]} and {typed} numbers beside its bytes")
        try:
            return numpy_helper.to_array(tensor)
        except ValueError as error:
            raise self.refused(f"{name!r} of dimensions {list(tensor.dims)[:8]}: {error}") from None


def _kind(tensor: onnx.TensorProto) -> str:
    from onnx import TensorProto

    known = tensor.data_type in TensorProto.DataType.values()
    return TensorProto.DataType.Name(tensor.data_type) if known else "?"


def node_constant(node: OnnxNode) -> onnx.TensorProto:
    """Return the tensor of a Constant node."""
    from onnx import TensorProto, helper

    found = node.attributes(
        value="TENSOR", value_float="FLOAT", value_floats="FLOATS", value_int="INT", value_ints="INTS"
    )
    if len(found) != 1 or node.proto.input:
        raise node.refused(f"it needs one value, not {sorted(found)}")
    (kind, value), *_ = found.items()
    if kind == "value":
        return value
    element = TensorProto.FLOAT if kind.startswith("value_float") else TensorProto.INT64
    dims = [len(value)] if kind.endswith("s") else []
    return helper.make_tensor("", element, dims, value if dims else [value])


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
    if tensor.elem_type not in [TensorProto.DataType.Value(kind) for kind in FLOATS]:
        raise MalformedInput(f"{value.name!r} is no tensor of floats")
    if not tensor.HasField("shape"):
        return None
    dims = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
    if any(dim is not None and dim < 0 for dim in dims):
        raise MalformedInput(f"{value.name!r} has a negative dimension: {dims[:8]}")
    return dims
