"""To and from ONNX files, exactly: integer weights out, every float taken as it is in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from constructions.errors import BudgetExceeded, InexactInput, MalformedInput, UsageError
from constructions.network.affine_products import multiplied
from constructions.network.binary_floats import holds_exactly
from constructions.network.layer_chain import point_shape
from constructions.network.onnx_reader import read_graph
from constructions.network.onnx_writer import (
    FLOAT_KINDS,
    SCALE_KEY,
    dense_bytes,
    narrowest_kind,
    onnx_model,
    reduced_integer_network,
)
from constructions.network.relu_network import ReluNetwork

if TYPE_CHECKING:
    import onnx

LARGEST_WRITTEN = 2**30
_LARGEST_READ = 2**31
_OLDEST_OPSET = 7
_SCALE = re.compile(r"([0-9]{1,4000}|0x[0-9a-f]{1,1000000})/([0-9]{1,4000}|0x[0-9a-f]{1,1000000})")


def onnx_bytes(network: ReluNetwork) -> int:
    """Return the size that ``to_onnx`` would give the file, in bytes, without building it.

    ONNX matrices are dense, so this can be far above the size of the network itself. A
    network that no float kind holds is counted at 8 bytes a number.

    Example:
        >>> from constructions.network.affine_map import AffineMap
        >>> onnx_bytes(ReluNetwork([AffineMap.from_coo([0], [0], [1], (1, 10**9), [0])])) > 4 * 10**9
        True
    """
    try:
        kind = narrowest_kind(reduced_integer_network(network)[0])
    except InexactInput:
        kind = FLOAT_KINDS[-1]
    return dense_bytes(network, kind)


def to_onnx(network: ReluNetwork, path: str | Path) -> None:
    """Write the integer network of the same sign as an ONNX file of Gemm and Relu nodes.

    The input is ``input`` of shape [batch, dim], the output ``output`` of shape [batch,
    outputs], in float32 if every integer weight is exactly a float32, else in float64.
    The metadata entry ``robustproofs_scale`` holds ``p/q``: the file's output is the
    network's times that. Equal networks give equal bytes.

    Args:
        network: any exact network.
        path: the file to write.

    Raises:
        InexactInput: an integer weight is no float64; the message names the largest one.
        BudgetExceeded: the file would be larger than 1 GiB.
        UsageError: onnx is not installed, or the file cannot be written.
    """
    _require_onnx()
    _refuse_large(dense_bytes(network, FLOAT_KINDS[0]))
    integers, scale = reduced_integer_network(network)
    kind = narrowest_kind(integers)
    _refuse_large(dense_bytes(network, kind))
    _write(onnx_model(integers, scale, kind), path)


def to_plain_onnx(network: ReluNetwork, path: str | Path) -> Fraction:
    """Write an ONNX file in which the weights alone say what the network is: no scale beside them.

    Where every weight and bias is a float32, or else a float64, they are written as they
    are; otherwise as those of the integer network of the same sign.

    Args:
        network: any exact network.
        path: the file to write.

    Returns:
        The positive number that the file's output is the network's times.

    Raises:
        InexactInput: an integer weight is no float64; the message names the largest one.
        BudgetExceeded: the file would be larger than 1 GiB.
        UsageError: onnx is not installed, or the file cannot be written.
    """
    _require_onnx()
    _refuse_large(dense_bytes(network, FLOAT_KINDS[0]))
    kind = next((kind for kind in FLOAT_KINDS if holds_exactly(network, kind)), None)
    written, scale = (network, Fraction(1)) if kind is not None else reduced_integer_network(network)
    kind = kind or narrowest_kind(written)
    _refuse_large(dense_bytes(written, kind))
    _write(onnx_model(written, Fraction(1), kind), path)
    return scale


def _write(model: onnx.ModelProto, path: str | Path) -> None:
    try:
        Path(path).write_bytes(model.SerializeToString(deterministic=True))
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def from_onnx(path: str | Path, input_shape: Sequence[int] | None = None) -> ReluNetwork:
    """Read the network of an ONNX file, every float taken exactly.

    A recorded ``robustproofs_scale`` is divided out, so that what ``to_onnx`` wrote comes
    back as the same function. The nodes must form one chain of affine nodes and Relu:
    Gemm, MatMul, Add, Sub, Mul, Div and Neg with constants, Conv (written out as a sparse
    map), AveragePool, GlobalAveragePool, BatchNormalization where its square roots are
    rational, and nodes that only move numbers (Flatten, Reshape, Transpose, Squeeze,
    Unsqueeze, Identity, Dropout). Nodes on constants and shapes are computed exactly.
    Affine nodes in a row become one map, and the identity follows a Relu at the end.

    The network takes one point, flattened row by row. The first dimension of the input is
    the batch; where the file fixes it to 1, or the input is one vector, nothing is left out.

    Args:
        path: an ONNX file, its weights inside it.
        input_shape: the shape of one point, without the batch, for dimensions that the
            file leaves open.

    Raises:
        MalformedInput: the file is damaged, or holds anything else; the node is named.
        InexactInput: a weight is NaN or infinite.
        BudgetExceeded: affine nodes in a row multiply to a map too large to hold.
        UsageError: onnx is not installed, there is no such file, or the input shape is none.
    """
    _require_onnx()
    path = Path(path)
    try:
        model = _parsed(path)
        network, scale = read_graph(model.graph, point_shape(input_shape)), _recorded_scale(model)
    except UnicodeDecodeError:
        raise MalformedInput(f"{path.name} holds a name that is not UTF-8 text") from None
    if scale == 1:
        return network
    *before, last = network.maps
    return ReluNetwork([*before, multiplied(last, 1 / scale)])


def _require_onnx() -> None:
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise UsageError("ONNX files need the package onnx: pip install robustproofs[onnx]") from None


def _refuse_large(size: int) -> None:
    if size > LARGEST_WRITTEN:
        raise BudgetExceeded(f"the ONNX file would take {size} bytes, more than {LARGEST_WRITTEN}")


def _parsed(path: Path) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError

    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if path.stat().st_size > _LARGEST_READ:
        raise MalformedInput(f"{path.name} is larger than {_LARGEST_READ} bytes, which no ONNX file can be")
    try:
        model = onnx.ModelProto.FromString(path.read_bytes())
    except DecodeError:
        raise MalformedInput(f"{path.name} is not an ONNX file, or is truncated") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    if len(versions) != 1 or versions[0] < _OLDEST_OPSET:
        raise MalformedInput(f"{path.name} must import one ONNX opset, {_OLDEST_OPSET} or later; it imports {versions}")
    if model.functions:
        raise MalformedInput(f"{path.name} defines {len(model.functions)} functions of its own; none can be read")
    return model


def _recorded_scale(model: onnx.ModelProto) -> Fraction:
    texts = [str(entry.value) for entry in model.metadata_props if entry.key == SCALE_KEY]
    if not texts:
        return Fraction(1)
    match = _SCALE.fullmatch(texts[0])
    p, q = (int(part, 0 if part.startswith("0x") else 10) for part in match.groups()) if match else (0, 0)
    if len(texts) > 1 or not p or not q:
        raise MalformedInput(f"{SCALE_KEY} must be one positive p/q, got {[text[:40] for text in texts]}")
    return Fraction(p, q)
