"""Nodes of an ONNX file that read constants only: their results, computed exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.errors import BudgetExceeded, InexactInput, MalformedInput
from constructions.network.affine_products import LARGEST_MAP
from constructions.network.exact_arrays import as_fractions
from constructions.network.onnx_values import FLOATS, INTEGERS, Constant, OnnxNode, OpenSize

_MOST_BITS = 2**13
_MOST_FRACTIONS = 2**22
_DTYPES: dict[str, Any] = {
    "FLOAT": np.float32,
    "DOUBLE": np.float64,
    "FLOAT16": np.float16,
    "INT64": np.int64,
    "INT32": np.int32,
    "BOOL": np.bool_,
}


def folded(node: OnnxNode) -> Constant:
    """Return the result of a node whose inputs are constants.

    Sums, products and quotients of floats are exact fractions, not rounded to the type.

    Raises:
        MalformedInput: the node cannot be computed.
        InexactInput: a number is NaN or infinite.
        BudgetExceeded: the result is too large to hold.
    """
    try:
        result = FOLDERS[node.proto.op_type](node)
        known = result.kind in INTEGERS and result.array.dtype == object and not _is_open(result)
        return Constant(result.kind, result.array.astype(_DTYPES[result.kind])) if known else result
    except InexactInput as error:
        raise InexactInput(f"{node.label}: {error}") from None
    except MalformedInput:
        raise
    except (ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError) as error:
        raise node.refused(f"its constants do not fit: {error}") from None


def shape_constant(dims: Sequence[int | OpenSize], node: OnnxNode) -> Constant:
    """Return the result of a Shape node on a value of these dimensions."""
    attributes = node.attributes(start="INT", end="INT")
    chosen = list(dims)[attributes.get("start", 0) : attributes.get("end", len(dims))]
    return Constant("INT64", _objects(chosen) if OpenSize.BATCH in chosen else np.array(chosen, dtype=np.int64))


def _objects(values: Sequence[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _is_open(constant: Constant) -> bool:
    return constant.array.dtype == object and OpenSize.BATCH in constant.array.ravel().tolist()


def _fits(size: int, most: int = LARGEST_MAP) -> None:
    if size > most:
        raise BudgetExceeded(f"a constant of {size} entries is more than {most}")


def _inputs(node: OnnxNode, least: int, most: int) -> None:
    if not least <= len(node.inputs) <= most:
        raise node.refused(f"it takes {least} to {most} inputs, not {len(node.inputs)}")


def _list(node: OnnxNode, index: int) -> list[int]:
    values = node.constant(index, INTEGERS).array.reshape(-1).tolist()
    if len(values) > 64 or OpenSize.BATCH in values:
        raise node.refused(f"{node.proto.input[index]!r} is no short list of known integers")
    return values


def axes_of(node: OnnxNode) -> list[int] | None:
    """Return the axes of a Squeeze or Unsqueeze node, None where it names none."""
    _inputs(node, 1, 2)
    attributes = node.attributes(axes="INTS")
    return _list(node, 1) if len(node.inputs) == 2 else attributes.get("axes")


def _identity(node: OnnxNode) -> Constant:
    _inputs(node, 1, 1)
    node.attributes()
    return node.constant(0)


def _shape(node: OnnxNode) -> Constant:
    _inputs(node, 1, 1)
    return shape_constant(node.constant(0).array.shape, node)


def _transpose(node: OnnxNode) -> Constant:
    _inputs(node, 1, 1)
    source = node.constant(0)
    return Constant(source.kind, source.array.transpose(node.attributes(perm="INTS").get("perm")))


def _reshape(node: OnnxNode) -> Constant:
    _inputs(node, 2, 2)
    source, target = node.constant(0), _list(node, 1)
    if not node.flag(node.attributes(allowzero="INT"), "allowzero"):
        target = [source.array.shape[place] if size == 0 else size for place, size in enumerate(target)]
    if min(target, default=0) < -1:
        raise node.refused(f"shape {target[:8]}")
    return Constant(source.kind, source.array.reshape(target))


def _flatten(node: OnnxNode) -> Constant:
    _inputs(node, 1, 1)
    source, axis = node.constant(0), node.attributes(axis="INT").get("axis", 1)
    if not -source.array.ndim <= axis <= source.array.ndim:
        raise node.refused(f"axis {axis}")
    shape = source.array.shape
    axis += source.array.ndim if axis < 0 else 0
    return Constant(source.kind, source.array.reshape(math.prod(shape[:axis]), math.prod(shape[axis:])))


def _squeeze(node: OnnxNode) -> Constant:
    source, axes = node.constant(0), axes_of(node)
    return Constant(source.kind, np.squeeze(source.array, None if axes is None else tuple(axes)))


def _unsqueeze(node: OnnxNode) -> Constant:
    source, axes = node.constant(0), axes_of(node)
    if axes is None:
        raise node.refused("it names no axes")
    return Constant(source.kind, np.expand_dims(source.array, tuple(axes)))


def _concat(node: OnnxNode) -> Constant:
    parts = [node.constant(index) for index in range(len(node.inputs))]
    axis = node.attributes(axis="INT").get("axis")
    if axis is None or len({part.kind for part in parts}) != 1:
        raise node.refused("it needs an axis and inputs of one type")
    _fits(sum(part.array.size for part in parts))
    return Constant(parts[0].kind, np.concatenate([part.array for part in parts], axis))


def _gather(node: OnnxNode) -> Constant:
    _inputs(node, 2, 2)
    source, places = node.constant(0), node.constant(1, INTEGERS).array
    axis = node.attributes(axis="INT").get("axis", 0)
    length = source.array.shape[axis]
    _fits(source.array.size // max(length, 1) * places.size)
    if places.dtype == object or not np.all((places >= -length) & (places < length)):
        raise node.refused(f"an index lies outside 0..{length - 1}")
    return Constant(source.kind, np.asarray(source.array.take(places, axis)))


def _slice(node: OnnxNode) -> Constant:
    _inputs(node, 1, 5)
    source = node.constant(0)
    attributes = node.attributes(starts="INTS", ends="INTS", axes="INTS")
    lists: list[Any] = [attributes.get(name) for name in ("starts", "ends", "axes")] + [None]
    lists = [_list(node, place) if place < len(node.inputs) else lists[place - 1] for place in (1, 2, 3, 4)]
    starts, ends, axes, steps = lists
    if starts is None or ends is None:
        raise node.refused("it needs starts and ends")
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    whole = [slice(None)] * source.array.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if step < 1:
            raise node.refused(f"step {step} is not positive")
        whole[axis] = slice(start, end, step)
    return Constant(source.kind, source.array[tuple(whole)])


def _constant_of_shape(node: OnnxNode) -> Constant:
    _inputs(node, 1, 1)
    shape = _list(node, 0)
    if min(shape, default=0) < 0:
        raise node.refused(f"shape {shape[:8]}")
    _fits(math.prod(shape))
    value = node.attributes(value="TENSOR").get("value")
    filler = Constant("FLOAT", np.zeros(1, np.float32)) if value is None else _only(node, value)
    return Constant(filler.kind, np.full(shape, filler.array.reshape(-1)[0]))


def _only(node: OnnxNode, tensor: Any) -> Constant:
    holder = OnnxNode(node.proto, node.label)
    holder.inputs = [tensor]
    found = holder.constant(0)
    if found.array.size != 1:
        raise node.refused("its value is not one number")
    return found


def _cast(node: OnnxNode) -> Constant:
    from onnx import TensorProto

    _inputs(node, 1, 1)
    source, target = node.constant(0), node.attributes(to="INT", saturate="INT").get("to")
    kind = TensorProto.DataType.Name(target) if target in TensorProto.DataType.values() else "?"
    if kind not in _DTYPES:
        raise node.refused(f"to type {kind}")
    if kind == source.kind or (_is_open(source) and kind in INTEGERS):
        return Constant(kind, source.array)
    with np.errstate(over="ignore", invalid="ignore"):
        after = source.array.astype(_DTYPES[kind])
    if not _same(source, Constant(kind, after)):
        raise node.refused(f"type {kind} does not hold its numbers exactly")
    return Constant(kind, after)


def _same(left: Constant, right: Constant) -> bool:
    arrays = [constant.array for constant in (left, right)]
    if left.kind in FLOATS and right.kind in FLOATS and arrays[0].dtype != object:
        return np.array_equal(arrays[0].astype(np.float64), arrays[1].astype(np.float64))
    _fits(arrays[0].size, _MOST_FRACTIONS)
    return bool(np.all(arrays[0].astype(object) == arrays[1].astype(object)))


def _negative(node: OnnxNode) -> Constant:
    _inputs(node, 1, 1)
    node.attributes()
    source = node.constant(0, (*FLOATS, *INTEGERS))
    _fits(source.array.size, _MOST_FRACTIONS)
    return _computed(node, source.kind, -_exact(node, source))


def _arithmetic(
    floats: Callable[[Any, Any], Any] | None, integers: Callable[[Any, Any], Any], **allowed: str
) -> Callable[[OnnxNode], Constant]:
    """Return the folder of an operation on two arrays, one form for each kind of number."""

    def fold(node: OnnxNode) -> Constant:
        _inputs(node, 2, 2)
        if any(node.attributes(**allowed).values()):
            raise node.refused(f"{', '.join(allowed)} is set")
        left, right = (node.constant(index, (*FLOATS, *INTEGERS)) for index in (0, 1))
        compute = floats if left.kind in FLOATS else integers
        if left.kind != right.kind or compute is None:
            raise node.refused(f"its inputs have types {left.kind} and {right.kind}")
        _fits(math.prod(np.broadcast_shapes(left.array.shape, right.array.shape)), _MOST_FRACTIONS)
        return _computed(node, left.kind, compute(_exact(node, left), _exact(node, right)))

    return fold


def _exact(node: OnnxNode, constant: Constant) -> np.ndarray:
    """Return the numbers as fractions or Python integers, for arithmetic that never rounds."""
    if _is_open(constant):
        raise node.refused("it computes with the size of the batch, which the file leaves open")
    return as_fractions(constant.array) if constant.kind in FLOATS else constant.array.astype(object)


def _computed(node: OnnxNode, kind: str, result: Any) -> Constant:
    array = np.asarray(result, dtype=object)
    if kind in INTEGERS:
        return Constant(kind, array.astype(_DTYPES[kind]))
    if any(max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS for value in array.flat):
        raise BudgetExceeded(f"{node.label}: a constant would have more than {_MOST_BITS} bits")
    return Constant(kind, array)


def _toward_zero(left: Any, right: Any) -> Any:
    return np.frompyfunc(lambda a, b: int(Fraction(a, b)), 2, 1)(left, right)


FOLDERS: dict[str, Callable[[OnnxNode], Constant]] = {
    "Identity": _identity,
    "Shape": _shape,
    "Transpose": _transpose,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Concat": _concat,
    "Gather": _gather,
    "Slice": _slice,
    "ConstantOfShape": _constant_of_shape,
    "Cast": _cast,
    "Neg": _negative,
    "Add": _arithmetic(np.add, np.add),
    "Sub": _arithmetic(np.subtract, np.subtract),
    "Mul": _arithmetic(np.multiply, np.multiply),
    "Div": _arithmetic(np.divide, _toward_zero),
    "Mod": _arithmetic(None, np.mod, fmod="INT"),
}
