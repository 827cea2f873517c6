"""Networks from safetensors files: their numbers, put together as an architecture says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from constructions.errors import InexactInput, MalformedInput, UsageError
from constructions.network.architecture import network_of
from constructions.network.network_json import read_json
from constructions.network.relu_network import ReluNetwork

_LARGEST_FILE = 2**31
_LARGEST_TOML = 2**20
_FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def from_safetensors(
    path: str | Path,
    architecture: str | Path | Mapping[str, Any] | None = None,
    input_shape: Sequence[int] | None = None,
) -> ReluNetwork:
    """Read the network of a safetensors file, every float taken exactly.

    Without an architecture the tensors must be the weights and biases of linear layers,
    ``NAME.weight`` of shape (outputs, inputs) and ``NAME.bias``. They are taken in the
    order of their names, numbers in them by value (``fc2`` before ``fc10``), with ReLU
    between. Otherwise the architecture, a mapping or a JSON or TOML file, lists the
    layers, and must use every tensor::

        {"input_shape": [1, 28, 28],
         "layers": [{"conv": "features.0", "stride": 2, "padding": 1}, "relu",
                    {"average_pool": 2}, "flatten",
                    {"linear": "fc1"}, "relu", {"linear": "fc2"}],
         "unused": ["step"]}

    A layer is ``"relu"``, ``"flatten"``, or one of these, with what may stand beside it:
    ``linear`` (the name before ``.weight``), ``conv`` (likewise; ``stride``, ``padding``,
    ``dilation``, ``groups``), ``average_pool`` (its size; ``stride``, its size where left
    out, and ``padding``, which counts), ``reshape`` (a shape of one point). Sizes are an
    integer or one for each spatial dimension. ``unused`` names tensors to leave out.

    Args:
        path: the file; tensors of type F64, F32, F16 or BF16.
        architecture: the layers, or a file that lists them.
        input_shape: the shape of one point, where the architecture has none; not needed
            if the first layer is linear.

    Raises:
        MalformedInput: the file or the architecture is damaged, or they do not fit.
        InexactInput: a weight is NaN or infinite.
        BudgetExceeded: affine layers in a row multiply to a map too large to hold.
        UsageError: safetensors is not installed, there is no such file, or the input
            shape is none.
    """
    tensors = _tensors(Path(path))
    document = _plain(tensors) if architecture is None else _document(architecture)
    return network_of(document, tensors, input_shape)


def _tensors(path: Path) -> dict[str, np.ndarray]:
    """Return every tensor of a file by name; those of other types as empty objects."""
    try:
        from safetensors import SafetensorError, deserialize
    except ImportError:
        raise UsageError(
            "safetensors files need the package safetensors: pip install robustproofs[interchange]"
        ) from None
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if path.stat().st_size > _LARGEST_FILE:
        raise MalformedInput(f"{path.name} is larger than {_LARGEST_FILE} bytes")
    try:
        entries = deserialize(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except SafetensorError as error:
        raise MalformedInput(f"{path.name} is no safetensors file, or is damaged: {error}") from None
    return {name: _array(name, entry) for name, entry in entries}


def _array(name: str, entry: Mapping[str, Any]) -> np.ndarray:
    kind = _FLOATS.get(entry["dtype"])
    if kind is None:
        return np.empty(0, dtype=object)
    array = np.frombuffer(bytes(entry["data"]), dtype=kind).reshape(entry["shape"])
    if entry["dtype"] == "BF16":
        array = (array.astype(np.uint32) << 16).view(np.float32)
    finite = np.isfinite(array)
    if not np.all(finite):
        raise InexactInput(f"tensor {name!r} holds {array[~finite][0]}")
    return array


def _document(architecture: str | Path | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(architecture, Mapping):
        return architecture
    path = Path(architecture)
    if path.suffix == ".toml":
        if not path.is_file():
            raise UsageError(f"there is no file {path}")
        if path.stat().st_size > _LARGEST_TOML:
            raise MalformedInput(f"{path.name} is larger than {_LARGEST_TOML} bytes")
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise MalformedInput(f"{path.name} is not valid TOML: {error}") from None
    document = read_json(path)
    if not isinstance(document, dict):
        raise MalformedInput(f"{path.name} is no architecture: an object with layers")
    return document


def _plain(tensors: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the architecture of a file of linear layers, in the order of their names."""
    names = [re.fullmatch(r"(.*?)\.?(weight|bias)", name) for name in tensors]
    others = [name for name, match in zip(tensors, names, strict=True) if match is None]
    if others:
        raise MalformedInput(f"{others[:4]} are no weights or biases of linear layers; give an architecture")
    layers = sorted({match[1] for match in names if match and match[2] == "weight"}, key=_by_numbers)
    between = [layer for name in layers for layer in ("relu", {"linear": name})]
    return {"layers": ["flatten", *between[1:]]}


def _by_numbers(name: str) -> list[Any]:
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"([0-9]{1,18})", name))]
