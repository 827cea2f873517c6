"""An ONNX file for another program to run: read as bytes, refused if its weights lie elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from constructions.errors import MalformedInput, UsageError
from constructions.network.onnx_values import refuse_external

if TYPE_CHECKING:
    import onnx

_LARGEST_READ = 2**31


def self_contained_bytes(path: str | Path) -> bytes:
    """Return the bytes of an ONNX file that names no other file.

    Args:
        path: the file.

    Raises:
        UsageError: onnx is not installed, or there is no such file.
        MalformedInput: it is not an ONNX file, or keeps a tensor in another file.
    """
    path = Path(path)
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise UsageError("ONNX files need the package onnx: pip install robustproofs[onnx]") from None
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if path.stat().st_size > _LARGEST_READ:
        raise MalformedInput(f"{path.name} is larger than {_LARGEST_READ} bytes, which no ONNX file can be")
    content = path.read_bytes()
    try:
        model = onnx.ModelProto.FromString(content)
    except DecodeError:
        raise MalformedInput(f"{path.name} is not an ONNX file, or is truncated") from None
    for tensor in _tensors(model.graph.node, model.graph):
        refuse_external(tensor)
    for function in model.functions:
        for tensor in _tensors(function.node):
            refuse_external(tensor)
    return content


def _tensors(nodes: list[onnx.NodeProto], graph: onnx.GraphProto | None = None) -> Iterator[onnx.TensorProto]:
    """Yield every tensor of a graph, those of its branches and loops included."""
    if graph is not None:
        yield from graph.initializer
        for entry in graph.sparse_initializer:
            yield from (entry.values, entry.indices)
    for node in nodes:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for entry in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (entry.values, entry.indices)
            for inner in (attribute.g, *attribute.graphs):
                yield from _tensors(inner.node, inner)
