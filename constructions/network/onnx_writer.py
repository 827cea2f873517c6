"""Networks as ONNX models: integer weights that the float kind of the file holds exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from constructions.errors import InexactInput
from constructions.exact.integer_arrays import (
    INT64_EXACT,
    IntegerRows,
    greatest_common_divisor,
    largest_magnitude,
    quotients,
)
from constructions.network.affine_map import AffineMap
from constructions.network.binary_floats import dense_floats
from constructions.network.relu_network import ReluNetwork

if TYPE_CHECKING:
    import onnx

OPSET = 17
IR_VERSION = 8
SCALE_KEY = "robustproofs_scale"
FLOAT_KINDS = (np.dtype("<f4"), np.dtype("<f8"))
_LONGEST_DECIMAL = 2**4000


def reduced_integer_network(network: ReluNetwork) -> tuple[ReluNetwork, Fraction]:
    """Return an integer network with common factors divided out, and its scale.

    Layer by layer, a factor that all weights of the layer share, and all biases from
    there on, is divided out; ReLU lets it through. No entry ever grows.

    Args:
        network: any exact network.

    Returns:
        The integer network and the positive ``scale`` with
        ``integer network == scale * network`` at every point.
    """
    integers, factor = network.integer_network()
    biases = _biases_ahead(integers)
    maps, divided = [], 1
    for affine, bias_divisor in zip(integers.maps, biases, strict=True):
        rows = affine.numerators
        shared = greatest_common_divisor(bias_divisor // divided, rows.values) or 1
        divided *= shared
        values = quotients(rows.values, shared)
        matrix = IntegerRows(rows.starts, rows.columns, values, rows.shape)
        maps.append(AffineMap.from_integers(matrix, quotients(affine.bias_numerators, divided), 1))
    return ReluNetwork(maps), Fraction(factor, divided)


def _biases_ahead(integers: ReluNetwork) -> list[int]:
    """Return for each layer the gcd of all biases of it and of the layers after it."""
    divisors, divisor = [], 0
    for affine in reversed(integers.maps):
        divisor = greatest_common_divisor(divisor, affine.bias_numerators)
        divisors.append(divisor)
    return divisors[::-1]


def narrowest_kind(integers: ReluNetwork) -> np.dtype:
    """Return the narrowest float kind that holds every integer weight and bias exactly.

    Raises:
        InexactInput: float64 does not; the message names the largest weight at fault.
    """
    for kind in FLOAT_KINDS:
        if all(_holds(values, kind) for values in _entries(integers)):
            return kind
    wide = FLOAT_KINDS[-1]
    suspects = [int(value) for values in _entries(integers) if not _holds(values, wide) for value in values]
    at_fault = [abs(value) for value in suspects if not _holds_one(value, wide)]
    raise InexactInput(
        f"float64 cannot hold {len(at_fault)} integer weights of this network exactly; the largest of them "
        f"is {_shown(max(at_fault))}"
    )


def _entries(integers: ReluNetwork) -> list[np.ndarray]:
    return [values for affine in integers.maps for values in (affine.numerators.values, affine.bias_numerators)]


def _holds(values: np.ndarray, kind: np.dtype) -> bool:
    digits, largest = np.finfo(kind).nmant + 1, largest_magnitude(values)
    if largest <= 2**digits:
        return True
    if values.dtype == object or largest >= INT64_EXACT:
        return all(_holds_one(int(value), kind) for value in values)
    lowest = values & -values
    return bool(np.all(np.abs(values) // np.maximum(lowest, 1) < 2**digits))


def _holds_one(value: int, kind: np.dtype) -> bool:
    limits = np.finfo(kind)
    odd_bits = value.bit_length() - ((value & -value).bit_length() - 1 if value else 0)
    return odd_bits <= limits.nmant + 1 and value.bit_length() <= limits.maxexp


def _shown(value: int) -> str:
    return str(value) if value.bit_length() <= 256 else f"an integer of {value.bit_length()} bits"


def dense_bytes(network: ReluNetwork, kind: np.dtype) -> int:
    """Return an upper bound, close to equality, of the bytes of the ONNX file.

    ONNX matrices are dense: a zero costs as much as any weight.
    """
    numbers = sum((affine.shape[1] + 1) * affine.shape[0] for affine in network.maps)
    return kind.itemsize * numbers + 512 * (len(network.maps) + 2)


def onnx_model(integers: ReluNetwork, scale: Fraction, kind: np.dtype) -> onnx.ModelProto:
    """Return the model of an integer network: Gemm nodes with ReLU between.

    Args:
        integers: a network with integer entries that ``kind`` holds exactly.
        scale: what the integer outputs are divided by to give the network's own.
        kind: the float kind of every tensor.
    """
    from onnx import TensorProto, helper

    element = TensorProto.FLOAT if kind.itemsize == 4 else TensorProto.DOUBLE
    graph = helper.make_graph(
        _nodes(len(integers.maps)),
        "relu_network",
        [helper.make_tensor_value_info("input", element, ["batch", integers.dim])],
        [helper.make_tensor_value_info("output", element, ["batch", integers.outputs])],
    )
    model = helper.make_model(
        graph, producer_name="robustproofs", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    helper.set_model_props(model, {SCALE_KEY: scale_text(scale)})
    for index, affine in enumerate(integers.maps):
        for name, array in zip(("weight", "bias"), dense_floats(affine, kind), strict=True):
            model.graph.initializer.add(
                name=f"{name}_{index}", data_type=element, dims=array.shape, raw_data=array.tobytes()
            )
    return model


def _nodes(depth: int) -> list[onnx.NodeProto]:
    from onnx import helper

    nodes, value = [], "input"
    for index in range(depth):
        if index:
            nodes.append(helper.make_node("Relu", [value], [f"hidden_{index}"], name=f"relu_{index}"))
            value = f"hidden_{index}"
        result = "output" if index == depth - 1 else f"affine_{index}"
        inputs = [value, f"weight_{index}", f"bias_{index}"]
        nodes.append(helper.make_node("Gemm", inputs, [result], name=f"gemm_{index}", transB=1))
        value = result
    return nodes


def scale_text(scale: Fraction) -> str:
    """Return ``p/q``; beyond 4,000 bits both are hexadecimal, which Python reads without a limit."""
    p, q = scale.numerator, scale.denominator
    return f"{p}/{q}" if max(p, q) < _LONGEST_DECIMAL else f"{p:#x}/{q:#x}"
