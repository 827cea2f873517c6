"""Networks put together from named tensors, as a list of layers says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from constructions.errors import InexactInput, MalformedInput, UsageError
from constructions.network.convolutions import Window, average_pool, convolution
from constructions.network.layer_chain import LayerChain, point_shape
from constructions.network.relu_network import ReluNetwork

_OPTIONS = {
    "linear": (),
    "conv": ("stride", "padding", "dilation", "groups"),
    "average_pool": ("stride", "padding"),
    "reshape": (),
}
Tensors = Mapping[str, np.ndarray]


def network_of(document: Mapping[str, Any], tensors: Tensors, input_shape: Sequence[int] | None = None) -> ReluNetwork:
    """Return the network of an architecture; ``from_safetensors`` says how one is written.

    Args:
        document: the architecture.
        tensors: the numbers by name; objects where their type is not of floats.
        input_shape: the shape of one point, where the architecture has none.

    Raises:
        MalformedInput: the architecture is no such document, or does not fit the tensors.
        InexactInput: a weight is NaN or infinite.
        BudgetExceeded: affine layers in a row multiply to a map too large to hold.
        UsageError: there are two input shapes, or the one given is none.
    """
    layers, unused = document.get("layers"), document.get("unused", [])
    known = {"layers", "unused", "input_shape"}
    if not isinstance(layers, (list, tuple)) or not isinstance(unused, (list, tuple)) or document.keys() - known:
        raise MalformedInput("an architecture holds a list of layers, and may hold input_shape and unused")
    expected, declared = point_shape(input_shape), _input_shape(document)
    if None not in (expected, declared) and expected != declared:
        raise UsageError(f"the input shape is {expected}, but {declared} in the architecture")
    used = {name for name in unused if isinstance(name, str)}
    network = _network(layers, tensors, expected or declared, used)
    if tensors.keys() - used:
        raise MalformedInput(f"the architecture does not use {sorted(tensors.keys() - used)[:4]}")
    return network


def _input_shape(document: Mapping[str, Any]) -> tuple[int, ...] | None:
    try:
        return point_shape(document.get("input_shape"))
    except (UsageError, TypeError):
        raise MalformedInput(f"input_shape {document['input_shape']!r} is no list of positive integers") from None


def _network(layers: Sequence[Any], tensors: Tensors, shape: tuple[int, ...] | None, used: set[str]) -> ReluNetwork:
    chain = None if shape is None else LayerChain(shape)
    for index, layer in enumerate(layers):
        try:
            chain = _applied(layer, chain, tensors, used)
        except InexactInput:
            raise
        except ValueError as error:
            raise MalformedInput(f"layer {index} {str(layer)[:60]} cannot be read: {error}") from None
    if chain is None or not (chain.maps or chain.pending):
        raise MalformedInput("a network needs at least one affine layer or ReLU")
    return chain.network()


def _applied(layer: Any, chain: LayerChain | None, tensors: Tensors, used: set[str]) -> LayerChain | None:
    kind, value, options = _parsed(layer)
    if chain is None and kind == "linear":
        chain = LayerChain(_tensor(f"{value}.weight", tensors, used).shape[1:])
    if chain is None and kind == "flatten":
        return None
    if chain is None:
        raise ValueError("it needs input_shape, the shape of one point")
    if kind == "relu":
        chain.relu()
    elif kind == "flatten":
        chain.reshape((chain.width,))
    elif kind == "reshape":
        chain.reshape(_sizes(value, len(value) if isinstance(value, (list, tuple)) else 1))
    elif kind == "average_pool":
        _pool(chain, value, options)
    else:
        _weighted(chain, kind, value, options, tensors, used)
    return chain


def _parsed(layer: Any) -> tuple[str, Any, dict[str, Any]]:
    if layer in ("relu", "flatten"):
        return layer, None, {}
    kinds = [kind for kind in _OPTIONS if isinstance(layer, Mapping) and kind in layer]
    if len(kinds) != 1 or layer.keys() - {kinds[0], *_OPTIONS[kinds[0]]}:
        raise ValueError(f"a layer is relu, flatten, or names one of {', '.join(_OPTIONS)}")
    return kinds[0], layer[kinds[0]], {name: layer[name] for name in _OPTIONS[kinds[0]] if name in layer}


def _weighted(
    chain: LayerChain, kind: str, name: Any, options: dict[str, Any], tensors: Tensors, used: set[str]
) -> None:
    weight = _tensor(f"{name}.weight", tensors, used)
    bias = _tensor(f"{name}.bias", tensors, used) if _key(f"{name}.bias") in tensors else None
    if kind == "linear":
        chain.multiply(weight)
        if bias is not None and bias.shape != weight.shape[:1]:
            raise ValueError(f"a bias of {bias.shape} does not fit {weight.shape[0]} outputs")
        if bias is not None:
            chain.shift(bias)
        return
    rank = weight.ndim - 2
    if rank < 1:
        raise ValueError(f"a weight of {weight.shape} is no kernel")
    before = _sizes(options.get("padding", 0), rank)
    strides, dilations = (_sizes(options.get(option, 1), rank) for option in ("stride", "dilation"))
    window = Window.of(weight.shape[2:], strides, before, before, dilations)
    (groups,) = _sizes(options.get("groups", 1), 1)
    chain.follow(*convolution(chain.shape, weight, bias, window, groups))


def _pool(chain: LayerChain, value: Any, options: dict[str, Any]) -> None:
    rank = len(chain.shape) - 1
    sizes = _sizes(value, rank)
    strides, pads = _sizes(options.get("stride", value), rank), _sizes(options.get("padding", 0), rank)
    chain.follow(*average_pool(chain.shape, Window.of(sizes, strides, pads), count_padding=True))


def _sizes(value: Any, rank: int) -> tuple[int, ...]:
    values = value if isinstance(value, (list, tuple)) else [value] * rank
    if len(values) != rank or any(type(size) is not int or size < 0 for size in values):
        raise ValueError(f"{value!r} is no integer, and no list of {rank}")
    return tuple(values)


def _key(name: str) -> str:
    return name.removeprefix(".")


def _tensor(name: str, tensors: Tensors, used: set[str]) -> np.ndarray:
    name = _key(name)
    if name not in tensors:
        raise ValueError(f"there is no tensor {name!r}")
    if tensors[name].dtype == object:
        raise ValueError(f"tensor {name!r} is not of type F64, F32, F16 or BF16")
    used.add(name)
    return tensors[name]
