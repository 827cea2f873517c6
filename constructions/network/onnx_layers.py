"""The affine nodes of an ONNX graph, and Relu, applied to the value of the chain."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from constructions.network.exact_arrays import as_fractions
from constructions.network.normalization import normalization_factors
from constructions.network.onnx_chain import OnnxChain
from constructions.network.onnx_values import OnnxNode

# What ONNX says a node means that leaves its epsilon out, as the float it stores.
_EPSILON = Fraction(float(np.float32(1e-5)))


def _gemm(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value", "constant", "constant?")
    attributes = node.attributes(alpha="FLOAT", beta="FLOAT", transA="INT", transB="INT")
    if node.flag(attributes, "transA"):
        raise node.refused("transA is set")
    weight = node.floats(1).T if node.flag(attributes, "transB") else node.floats(1)
    if len(chain.dims) != 2:
        raise node.refused(f"a value of {chain.shown} is no matrix")
    alpha, beta = (node.factor(attributes, name) for name in ("alpha", "beta"))
    _multiply(chain, node, weight)
    if alpha != 1:
        chain.layers.scale(np.array(alpha, dtype=object))
    if len(node.inputs) == 3:
        constant = node.floats(2)
        _shift(chain, node, constant if beta == 1 else as_fractions(constant) * beta)


def _matmul(chain: OnnxChain, node: OnnxNode) -> None:
    node.attributes()
    if node.reads_value_first:
        node.expect("value", "constant")
        _multiply(chain, node, node.floats(1))
    else:
        node.expect("constant", "value")
        rank = len(chain.dims)
        chain.layers.multiply(_matrix(node, 0), chain.axis(node, -2 if rank > 1 else -1))


def _multiply(chain: OnnxChain, node: OnnxNode, weight: np.ndarray) -> None:
    """Multiply the last axis by a matrix of shape (inputs, outputs)."""
    if weight.ndim != 2 or chain.layers.shape[-1:] != weight.shape[:1]:
        raise node.refused(f"a weight of {weight.shape} does not fit a value of {chain.shown}")
    chain.layers.multiply(weight.T)


def _matrix(node: OnnxNode, index: int) -> np.ndarray:
    weight = node.floats(index)
    if weight.ndim != 2:
        raise node.refused(f"a weight of {weight.shape} is no matrix")
    return weight


def _shift(chain: OnnxChain, node: OnnxNode, numbers: np.ndarray) -> None:
    chain.layers.shift(chain.fitted(node, numbers))


def _beside(chain: OnnxChain, node: OnnxNode) -> np.ndarray:
    """Return the constant input of a node that takes the value and a constant in either order."""
    node.attributes()
    node.expect(*(("value", "constant") if node.reads_value_first else ("constant", "value")))
    return node.floats(1 if node.reads_value_first else 0)


def _add(chain: OnnxChain, node: OnnxNode) -> None:
    _shift(chain, node, _beside(chain, node))


def _sub(chain: OnnxChain, node: OnnxNode) -> None:
    constant = _beside(chain, node)
    if node.reads_value_first:
        _shift(chain, node, -constant)
    else:
        chain.layers.scale(np.array(-1.0))
        _shift(chain, node, constant)


def _mul(chain: OnnxChain, node: OnnxNode) -> None:
    chain.layers.scale(chain.fitted(node, _beside(chain, node)))


def _div(chain: OnnxChain, node: OnnxNode) -> None:
    node.attributes()
    node.expect("value", "constant")
    divisors = as_fractions(node.floats(1))
    if not all(divisors.flat):
        raise node.refused("it divides by zero")
    chain.layers.scale(chain.fitted(node, Fraction(1) / divisors))


def _neg(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value")
    node.attributes()
    chain.layers.scale(np.array(-1.0))


def _batch_normalization(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value", "constant", "constant", "constant", "constant")
    attributes = node.attributes(epsilon="FLOAT", momentum="FLOAT", training_mode="INT", spatial="INT")
    if node.flag(attributes, "training_mode") or not node.flag(attributes, "spatial", 1):
        raise node.refused("it is in training mode, or spatial is 0")
    if len(node.proto.output) > 1:
        raise node.refused("it has more than one result")
    epsilon = node.factor(attributes, "epsilon") if "epsilon" in attributes else _EPSILON
    shape = chain.channels(node)
    parts = [node.floats(index) for index in range(1, 5)]
    if parts[0].shape != shape[:1]:
        raise node.refused(f"{parts[0].shape} channels do not fit a value of {chain.shown}")
    along = (-1, *(1 for _ in shape[1:]))
    factors, offsets = normalization_factors(parts[0], parts[1], parts[2], parts[3], epsilon)
    chain.layers.scale(factors.reshape(along))
    chain.layers.shift(offsets.reshape(along))


def _relu(chain: OnnxChain, node: OnnxNode) -> None:
    node.expect("value")
    node.attributes()
    chain.layers.relu()


LAYERS: dict[str, Callable[[OnnxChain, OnnxNode], None]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _add,
    "Sub": _sub,
    "Mul": _mul,
    "Div": _div,
    "Neg": _neg,
    "BatchNormalization": _batch_normalization,
    "Relu": _relu,
}
