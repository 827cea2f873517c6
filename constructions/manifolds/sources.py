"""Manifolds by name: what ``--manifold`` reads."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from constructions.data.manifold import Manifold
from constructions.errors import UsageError
from constructions.exact.rational import parse_fraction
from constructions.manifolds.cube_boundary import CubeBoundary
from constructions.manifolds.flat_torus import FlatTorus
from constructions.manifolds.planes import AxisPlane, DiagonalPlane
from constructions.manifolds.sphere import Sphere
from constructions.manifolds.swiss_roll import SwissRoll

_MOST_AXES = 64


def load_manifold(spec: str) -> Manifold:
    """Return the manifold a specification names.

    Args:
        spec: ``axis-plane:k=2,d=4``, ``diagonal-plane:k=2,d=4``, ``cube-boundary:k=2,d=3``,
            ``torus:k=2,radius=1/2``, ``sphere:k=2,radius=1/2`` or ``swiss-roll``; numbers
            left out are these.

    Raises:
        AssumptionViolated: the numbers do not fit.
        UsageError: the specification does not parse.

    Example:
        >>> load_manifold("torus:k=3").dim
        6
    """
    name, _, text = spec.partition(":")
    if name not in _MAKERS:
        raise UsageError(f"unknown manifold {name!r}; choose one of {', '.join(_MAKERS)}")
    make, defaults = _MAKERS[name]
    given: dict[str, Fraction] = {}
    for part in filter(None, text.split(",")):
        key, equals, value = part.partition("=")
        if not equals or key not in defaults:
            known = ", ".join(defaults) or "nothing"
            raise UsageError(f"{part!r} in {spec!r} is not understood; {name} takes {known}")
        if key in given:
            raise UsageError(f"{key} is given twice in {spec!r}")
        given[key] = parse_fraction(value, key)
    return make({key: Fraction(value) for key, value in defaults.items()} | given)


def _whole(numbers: dict[str, Fraction], name: str) -> int:
    value = numbers[name]
    if value.denominator != 1 or not 1 <= value <= _MOST_AXES:
        raise UsageError(f"{name} must be an integer from 1 to {_MOST_AXES}, got {value}")
    return int(value)


Maker = Callable[[dict[str, Fraction]], Manifold]
_MAKERS: dict[str, tuple[Maker, dict[str, str]]] = {
    "axis-plane": (lambda n: AxisPlane(_whole(n, "k"), _whole(n, "d")), {"k": "2", "d": "4"}),
    "diagonal-plane": (lambda n: DiagonalPlane(_whole(n, "k"), _whole(n, "d")), {"k": "2", "d": "4"}),
    "cube-boundary": (lambda n: CubeBoundary(_whole(n, "k"), _whole(n, "d")), {"k": "2", "d": "3"}),
    "torus": (lambda n: FlatTorus.of(_whole(n, "k"), n["radius"]), {"k": "2", "radius": "1/2"}),
    "sphere": (lambda n: Sphere.of(_whole(n, "k"), n["radius"]), {"k": "2", "radius": "1/2"}),
    "swiss-roll": (lambda n: SwissRoll(), {}),
}
MANIFOLDS = tuple(_MAKERS)
