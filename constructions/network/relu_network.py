"""The one network type: affine maps with exact rational entries, ReLU between them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from constructions.exact.integer_arrays import integer_array
from constructions.exact.rational import exact_fraction, over_common_denominator
from constructions.network.affine_map import AffineMap

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """The sizes of a network that the literature counts.

    Attributes:
        nonzero: nonzero weights and biases; the paper's size.
        dense: sum over layers of (inputs + 1) * outputs.
        units: hidden units.
        depth: affine maps.
        width: units of the widest hidden layer, 0 without one.
        weight_bits: largest bit length of a numerator or denominator.
    """

    nonzero: int
    dense: int
    units: int
    depth: int
    width: int
    weight_bits: int


class ReluNetwork:
    """A feed-forward ReLU network with exact rational weights.

    Calling it evaluates it exactly at one point. Immutable; compares by value.

    Args:
        maps: the affine maps in order; ReLU acts between consecutive ones.

    Raises:
        ValueError: there is no map, or consecutive shapes do not fit.

    Example:
        >>> network = ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[1, 1]], [0])])
        >>> network(["-3/2"])
        (Fraction(3, 2),)
        >>> network.size.nonzero, network.size.depth
        (4, 2)
    """

    __slots__ = ("_cache", "_maps")

    _maps: tuple[AffineMap, ...]
    _cache: dict[str, Any]

    def __init__(self, maps: Iterable[AffineMap]) -> None:
        maps = tuple(maps)
        if not maps:
            raise ValueError("a network needs at least one affine map")
        for index, (before, after) in enumerate(pairwise(maps)):
            if before.shape[0] != after.shape[1]:
                raise ValueError(f"map {index} gives {before.shape[0]} values, map {index + 1} takes {after.shape[1]}")
        object.__setattr__(self, "_maps", maps)
        object.__setattr__(self, "_cache", {})

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a ReluNetwork does not change; cannot set {name}")

    def __getstate__(self) -> tuple[AffineMap, ...]:
        return self._maps

    def __setstate__(self, maps: tuple[AffineMap, ...]) -> None:
        object.__setattr__(self, "_maps", maps)
        object.__setattr__(self, "_cache", {})

    @property
    def maps(self) -> tuple[AffineMap, ...]:
        """The affine maps in order."""
        return self._maps

    @property
    def dim(self) -> int:
        """Number of input coordinates."""
        return self._maps[0].shape[1]

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return self._maps[-1].shape[0]

    @property
    def size(self) -> NetworkSize:
        """Every count of the network's size (theory of Theorem 2.2 uses ``nonzero``)."""
        if "size" not in self._cache:
            hidden = [affine.shape[0] for affine in self._maps[:-1]]
            self._cache["size"] = NetworkSize(
                nonzero=sum(affine.nonzero for affine in self._maps),
                dense=sum((affine.shape[1] + 1) * affine.shape[0] for affine in self._maps),
                units=sum(hidden),
                depth=len(self._maps),
                width=max(hidden, default=0),
                weight_bits=max(affine.weight_bits for affine in self._maps),
            )
        return self._cache["size"]

    @property
    def scale(self) -> int:
        """The positive factor between the network and its integer network."""
        product = 1
        for affine in self._maps:
            product *= affine.denominator
        return product

    def __call__(self, point: Sequence[Any]) -> tuple[Fraction, ...]:
        """Return the exact outputs at one point.

        Raises:
            InexactInput: a coordinate is a float.
            ValueError: the number of coordinates is wrong.
        """
        numerators, scale = over_common_denominator(
            exact_fraction(value, f"coordinate {j}") for j, value in enumerate(point)
        )
        if len(numerators) != self.dim:
            raise ValueError(f"the network takes {self.dim} coordinates, got {len(numerators)}")
        values = self.numerators_at(integer_array(numerators).reshape(1, -1), scale)[0]
        return tuple(Fraction(int(value), scale * self.scale) for value in values)

    def numerators_at(self, points: np.ndarray, scale: int = 1) -> np.ndarray:
        """Evaluate the integer network at many points at once, exactly.

        Args:
            points: integers, shape (batch, dim); the points are ``points / scale``.
            scale: positive integer.

        Returns:
            Integers, shape (batch, outputs): the outputs times ``scale * self.scale``.
        """
        columns = integer_array(points).T
        if columns.ndim != 2 or columns.shape[0] != self.dim:
            raise ValueError(f"points of shape {columns.shape[::-1]} do not fit a network of {self.dim} coordinates")
        for index, affine in enumerate(self._maps):
            if index:
                columns = np.maximum(columns, 0)
            columns = affine.apply(columns, scale)
            scale *= affine.denominator
        return columns.T

    def integer_network(self) -> tuple[ReluNetwork, int]:
        """Return a network with integer entries and the factor between the two.

        The integer network equals ``factor`` times this one at every point, so it has
        the same sign: ReLU is positively homogeneous.
        """
        maps, factor = [], 1
        for affine in self._maps:
            bias = integer_array(affine.bias_numerators.astype(object) * factor)
            maps.append(AffineMap.from_integers(affine.numerators, bias, 1))
            factor *= affine.denominator
        return ReluNetwork(maps), factor

    def digest(self) -> str:
        """Return the SHA-256 of the canonical file text: one name for equal networks."""
        if "digest" not in self._cache:
            from constructions.network.network_json import network_text

            self._cache["digest"] = hashlib.sha256(network_text(self).encode()).hexdigest()
        return self._cache["digest"]

    def save(self, path: str | Path) -> None:
        """Write the network as lossless JSON."""
        from constructions.network.network_json import network_text

        Path(path).write_text(network_text(self), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> ReluNetwork:
        """Read a network written by ``save``.

        Raises:
            MalformedInput: the file is damaged, forged or of another format.
        """
        from constructions.network.network_json import read_network

        return read_network(path)

    def to_torch(self, dtype: torch.dtype | None = None) -> torch.nn.Sequential:
        """Return a ``torch.nn.Sequential``; see ``constructions.network.torch_bridge``."""
        from constructions.network.torch_bridge import to_torch

        return to_torch(self, dtype)

    @classmethod
    def from_torch(cls, module: torch.nn.Module, input_shape: Sequence[int] | None = None) -> ReluNetwork:
        """Return the network of a torch module; see ``constructions.network.torch_bridge``."""
        from constructions.network.torch_bridge import from_torch

        return from_torch(module, input_shape)

    def to_onnx(self, path: str | Path) -> None:
        """Write the integer network of the same sign; see ``constructions.network.onnx_bridge``."""
        from constructions.network.onnx_bridge import to_onnx

        to_onnx(self, path)

    @classmethod
    def from_onnx(cls, path: str | Path, input_shape: Sequence[int] | None = None) -> ReluNetwork:
        """Read an ONNX file, every float taken exactly; see ``constructions.network.onnx_bridge``."""
        from constructions.network.onnx_bridge import from_onnx

        return from_onnx(path, input_shape)

    @classmethod
    def from_safetensors(
        cls,
        path: str | Path,
        architecture: str | Path | Mapping[str, Any] | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> ReluNetwork:
        """Read a safetensors file; see ``constructions.network.safetensors_reader``."""
        from constructions.network.safetensors_reader import from_safetensors

        return from_safetensors(path, architecture, input_shape)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ReluNetwork):
            return NotImplemented
        return self._maps == other._maps

    def __hash__(self) -> int:
        return hash(self._maps)

    def __repr__(self) -> str:
        widths = [self.dim, *(affine.shape[0] for affine in self._maps)]
        return f"ReluNetwork({'-'.join(map(str, widths))}, nonzero={self.size.nonzero})"
