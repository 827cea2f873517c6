"""Sizes as curves, and which certified bounds an explicit network must exceed."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

Kind = Literal["lower", "explicit", "printed"]


@dataclass(frozen=True, slots=True)
class Curve:
    """Sizes against one quantity.

    Attributes:
        name: short name, unique in its panel.
        meaning: one sentence.
        kind: ``lower`` (certified: every network of that size fails), ``explicit`` (a network
            of that size exists for every labelling), or ``printed`` (a shape, no bound).
        xs: the quantity, one integer per point.
        sizes: numbers of nonzero parameters, exact.
        covered_by: names of the lower bounds that speak of these explicit networks.
        columns: more integers per point, by name.
    """

    name: str
    meaning: str
    kind: Kind
    xs: tuple[int, ...]
    sizes: tuple[int, ...]
    covered_by: tuple[str, ...] = ()
    columns: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def size_at(self) -> dict[int, int]:
        """Return the sizes by the quantity."""
        return dict(zip(self.xs, self.sizes, strict=True))


@dataclass(frozen=True, slots=True)
class Panel:
    """The curves of one instance; ``instance`` says which, in exact text."""

    name: str
    instance: dict[str, str]
    curves: tuple[Curve, ...]

    def curve(self, name: str) -> Curve:
        """Return the curve of a name."""
        return next(curve for curve in self.curves if curve.name == name)

    def ratios(self) -> list[Fraction]:
        """Return explicit size over certified bound, for every point and every bound that covers it.

        Bounds of 0, which say nothing, are left out.
        """
        found = []
        for curve in self.curves:
            for bound in (self.curve(name).size_at() for name in curve.covered_by):
                pairs = ((size, bound[x]) for x, size in zip(curve.xs, curve.sizes, strict=True))
                found += [Fraction(size, below) for size, below in pairs if below]
        return found


@dataclass(frozen=True, slots=True)
class Numbers:
    """What one figure shows.

    Attributes:
        name: of its files.
        title: what is compared.
        quantity: what the curves run over: ``d``, ``depth`` or ``bits`` of a weight.
        panels: one per instance.
    """

    name: str
    title: str
    quantity: str
    panels: tuple[Panel, ...]

    @property
    def least_ratio(self) -> Fraction:
        """The smallest explicit size over a certified bound that covers it; above 1 if all is right."""
        return min(ratio for panel in self.panels for ratio in panel.ratios())


def spaced(first: int, last: int) -> tuple[int, ...]:
    """Return integers from ``first`` to ``last``, at ratios of 7/6 where they are large, both ends included."""
    found = [first]
    while found[-1] < last:
        found.append(min(last, found[-1] + max(1, found[-1] // 6)))
    return tuple(found)
