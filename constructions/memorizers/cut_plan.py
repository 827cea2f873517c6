"""Which half-spaces each bump uses, and what they cost together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from constructions.memorizers.cut_search import Cut, cuts_for
from constructions.memorizers.instance import MemorizationInstance
from constructions.memorizers.literals import LiteralPlan, place_thresholds

_CHEAPEST_CUT = 4
Literal = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class CutPlan:
    """Coordinate tests and other half-spaces of every bump.

    Attributes:
        literals: the coordinate tests, shared between bumps.
        cuts: further half-spaces, with the bump each belongs to.
        sign: label of the class with the bumps.
    """

    literals: LiteralPlan
    cuts: tuple[tuple[int, Cut], ...]
    sign: int

    @property
    def parameters(self) -> int:
        """Nonzero parameters: those of the literals, and ``nonzero directions + 2`` per cut."""
        zero = sum(1 for _, cut in self.cuts if cut.start == 0)
        return self.literals.parameters + sum(cut.parameters for _, cut in self.cuts) - zero


@dataclass(frozen=True, slots=True)
class BumpTests:
    """The tests chosen for every bump, before thresholds are shared.

    Attributes:
        instance: what is memorized.
        literals: per bump, the coordinate tests (axis, sign, least difference cut off).
        cuts: per bump, other half-spaces.
    """

    instance: MemorizationInstance
    literals: tuple[tuple[Literal, ...], ...]
    cuts: tuple[tuple[Cut, ...], ...]

    @classmethod
    def literals_first(
        cls, instance: MemorizationInstance, table: np.ndarray, uncovered: list[np.ndarray]
    ) -> BumpTests:
        """Take these literals, and cuts for the points that they leave over.

        Args:
            instance: what is memorized.
            table: literals as ``cover_what_literals_can`` returns them.
            uncovered: per bump, the opposite points that none of its literals covers.
        """
        literals: list[list[Literal]] = [[] for _ in uncovered]
        for bump, axis, sign, nearest in table.tolist():
            literals[bump].append((axis, sign, nearest))
        cuts = tuple(tuple(_search(instance, bump, left)) for bump, left in enumerate(uncovered))
        return cls(instance, tuple(tuple(row) for row in literals), cuts)

    def plan(self) -> CutPlan:
        """Return the plan, thresholds of literals shared between bumps."""
        rows = [(bump, *literal) for bump, row in enumerate(self.literals) for literal in row]
        table = np.array(rows, dtype=object).reshape(-1, 4)
        placed = place_thresholds(self.instance, _centres(self.instance), table)
        cuts = tuple((bump, cut) for bump, row in enumerate(self.cuts) for cut in row)
        return CutPlan(placed, cuts, self.instance.sign)

    def worth_trying(self, plan: CutPlan) -> dict[int, int]:
        """Return what the bumps cost that a single cut might serve for less.

        A literal costs one parameter, its unit two more where no other bump reads it.
        """
        readers = np.bincount(plan.literals.unit, minlength=len(plan.literals.axis))
        own = np.where(readers[plan.literals.unit] == 1, 3, 1)
        costs = np.bincount(plan.literals.bump, own, minlength=len(self.cuts)).astype(int)
        total = [int(cost) + sum(cut.parameters for cut in row) for cost, row in zip(costs, self.cuts, strict=True)]
        return {bump: cost for bump, cost in enumerate(total) if cost > _CHEAPEST_CUT}

    def tried_again(self, costs: dict[int, int], progress: Callable[[int, int], None] | None) -> BumpTests:
        """Return the tests with those bumps replaced that half-spaces of both kinds serve for less."""
        literals, cuts = list(self.literals), list(self.cuts)
        everything = np.arange(len(self.instance.outside))
        for done, (bump, cost) in enumerate(costs.items()):
            found = _search(self.instance, bump, everything)
            if sum(cut.parameters for cut in found) < cost:
                literals[bump] = tuple(_literal(self.instance, cut) for cut in found if len(cut.axes) == 1)
                cuts[bump] = tuple(cut for cut in found if len(cut.axes) > 1)
            if progress is not None:
                progress(done + 1, len(costs))
        return replace(self, literals=tuple(literals), cuts=tuple(cuts))


def _centres(instance: MemorizationInstance) -> np.ndarray:
    return instance.data.numerators[instance.inside]


def _search(instance: MemorizationInstance, bump: int, places: np.ndarray) -> list[Cut]:
    if not len(places):
        return []
    data = instance.data
    others = data.numerators[instance.outside[places]]
    centre = data.numerators[instance.inside[bump]]
    return cuts_for(centre, others, data.scale, instance.radius, instance.norm)


def _literal(instance: MemorizationInstance, cut: Cut) -> Literal:
    """Return a cut along one axis as a literal, which other bumps may share."""
    return cut.axes[0], cut.direction[0], int(cut.nearest * instance.data.scale)
