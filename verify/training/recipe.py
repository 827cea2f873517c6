"""How a network is trained: everything that its weights depend on, besides the points."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, Literal

from constructions.errors import UsageError
from constructions.exact.rational import exact_fraction

LARGEST_WIDTH, LARGEST_DEPTH, LARGEST_EPOCHS, LARGEST_STEPS = 4096, 16, 10**6, 1000
LARGEST_SEED = 2**32 - 1
_WHOLE = {
    "width": (1, LARGEST_WIDTH),
    "depth": (2, LARGEST_DEPTH),
    "epochs": (1, LARGEST_EPOCHS),
    "attack_steps": (1, LARGEST_STEPS),
    "batch": (1, 2**20),
    "seed": (0, LARGEST_SEED),
}
_CHOICES = {"norm": ("linf", "l2"), "optimizer": ("adam", "sgd")}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train a network with one output; points, recipe and version of torch fix every bit of it.

    Attributes:
        width: units in each hidden layer.
        depth: affine maps, at least 2.
        radius: of the perturbations trained against, in units of the coordinates; 0 is plain training.
        norm: of the perturbations, ``linf`` or ``l2``.
        epochs: passes over the points.
        seed: of first weights, order and attacks.
        optimizer: ``adam`` or ``sgd`` (with momentum 9/10).
        rate: learning rate at the start; it falls linearly to 0.
        batch: points per step.
        attack_steps: gradient steps of each attack.

    Raises:
        UsageError: a value is out of its range; the message names it.
        InexactInput: the radius or the rate is a float.

    Example:
        >>> recipe = Recipe(width=8, depth=3, radius=Fraction(1, 16), epochs=100)
        >>> Recipe.of(**recipe.to_json()) == recipe, recipe.to_json()["radius"]
        (True, '1/16')
    """

    width: int
    depth: int
    radius: Fraction
    norm: Literal["linf", "l2"] = "linf"
    epochs: int = 1000
    seed: int = 0
    optimizer: Literal["adam", "sgd"] = "adam"
    rate: Fraction = Fraction(1, 100)
    batch: int = 256
    attack_steps: int = 5

    def __post_init__(self) -> None:
        for name, (least, most) in _WHOLE.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise UsageError(f"{name} must be an integer from {least} to {most}, got {value!r}")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise UsageError(f"{name} must be {' or '.join(allowed)}, got {getattr(self, name)!r}")
        if not 0 <= self.radius <= 2**20:
            raise UsageError(f"radius must lie between 0 and {2**20}, got {self.radius}")
        if not 0 < self.rate <= 100:
            raise UsageError(f"rate must be above 0 and at most 100, got {self.rate}")

    @classmethod
    def of(cls, **values: Any) -> Recipe:
        """Return the recipe with these values, fractions as text or numbers.

        Raises:
            UsageError: a value is out of range, or there is no such name.
            InexactInput: the radius or the rate is a float.
        """
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise UsageError(f"a recipe has no {unknown[0]!r}; it has {', '.join(field.name for field in fields(cls))}")
        given = dict(values)
        given.update((name, exact_fraction(values[name], name)) for name in ("radius", "rate") if name in values)
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        """Return the values as JSON has them, fractions as text."""
        found: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return found | {"radius": str(self.radius), "rate": str(self.rate)}

    @property
    def key(self) -> str:
        """The hash of the recipe."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def seed_for(self, purpose: str) -> int:
        """Return a seed of 63 bits for one purpose, such as ``"epoch 7"``."""
        digest = hashlib.sha256(f"robustproofs training / {purpose} / seed {self.seed}".encode()).digest()
        return int.from_bytes(digest[:8], "little") >> 1
