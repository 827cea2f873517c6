"""The robust error of a network on the neighbourhoods of two sets, through cubes that cover them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.errors import UsageError
from constructions.exact.integer_arrays import scaled
from constructions.exact.rational import exact_fraction
from constructions.network.relu_network import ReluNetwork
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.neighbourhoods import Neighbourhood
from constructions.sets.point_set import PointSet
from verify.methods.decision import UNDECIDED, Decision
from verify.neighbourhoods.cubes import MOST_CUBES, CubeGrid, Tagged
from verify.neighbourhoods.mistakes import Mistake, mistake_near, searched_mistake
from verify.robustness import RobustError, robust_error

_METHODS = ("votes", "interval", "simplices", "pieces")
_MOST_LEVELS, _TRIED, _SEARCHED, _FEW_UNITS = 14, 8, 4, 256

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class NeighbourhoodError:
    """Whether a network is right within a radius of two sets, and the cubes that show it.

    Attributes:
        network: the network decided.
        sets: A, labelled +1, and B, labelled -1.
        ball: norm and radius of the neighbourhoods.
        grid: of the cubes.
        levels: for each level with proved cubes its number and their robust error, 0.
        left: cubes that meet a neighbourhood and are not proved right.
        mistake: an exact wrong point of a neighbourhood, where one is known.
        seconds: time taken.
    """

    network: ReluNetwork = field(repr=False)
    sets: LabelledSets
    ball: NormBall
    grid: CubeGrid
    levels: tuple[tuple[int, RobustError], ...] = field(repr=False)
    left: int
    mistake: Mistake | None
    seconds: float = 0.0

    @property
    def status(self) -> Literal["robust", "violated", "unknown"]:
        """``robust`` if every cube is proved right, ``violated`` if a wrong point is known."""
        if self.mistake is not None:
            return "violated"
        return "unknown" if self.left else "robust"

    @property
    def cubes(self) -> int:
        """How many cubes are proved right."""
        return sum(len(result.data) for _, result in self.levels)

    @property
    def smallest_margin(self) -> Fraction | None:
        """A proved lower bound of ``label * f`` on both neighbourhoods, where robust."""
        if self.status != "robust":
            return None
        margins = [margin for _, result in self.levels if (margin := result.smallest_margin) is not None]
        return min(margins, default=None)

    @property
    def methods(self) -> tuple[str, ...]:
        """What decided the cubes."""
        return tuple(sorted({decision.method for _, result in self.levels for decision in result.decisions}))

    def certificate(self, path: str | Path) -> Path:
        """Write a certificate that every point of both neighbourhoods lies in a cube proved right.

        The cubes of each level are certified in a file of their own beside it.

        Raises:
            UsageError: not all of both neighbourhoods is proved.
        """
        from verify.certificate.issue_cover import issue_cover

        return issue_cover(self, Path(path))


def neighbourhood_error(
    network: ReluNetwork,
    sets: LabelledSets,
    norm: str = "linf",
    radius: Any = None,
    *,
    first: Any = 0,
    side: Any = Fraction(1, 4),
    margin: Any = None,
    seconds: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> NeighbourhoodError:
    """Decide a network on all points within a radius of two sets of points, boxes and polytopes.

    Cubes that meet a neighbourhood are decided as they are; those that are not proved right,
    or not with the margin wanted, are halved along every axis, and what then misses the
    neighbourhood is left out by an exact distance. The union of the cubes holds more than the
    neighbourhood, so a wrong point counts only within the radius of a point of the set.

    Theorem: lem:covered-neighbourhoods

    Args:
        network: one output.
        sets: A, labelled +1, and B, labelled -1, of exact kinds.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        radius: exact, at least 0.
        first: where the cubes begin, the same on every axis.
        side: of the largest cubes; a grid along which the network bends needs fewer halvings.
        margin: halve proved cubes, too, while they have less; ``None`` for any positive one.
        seconds: time limit of the whole call.
        seed: of the attacks.
        progress: called with ("cubes", decided, known).

    Raises:
        BudgetExceeded: the largest cubes are more than 2^17.
        InexactInput: a number is a float.
        UsageError: no radius, an unknown norm, a set known by a cover only, or shapes that do not fit.

    Example:
        >>> from constructions import AffineMap, BoxUnion
        >>> sets = LabelledSets(BoxUnion.of([([2, 0], [4, 1])]), BoxUnion.of([([0, 0], [1, 1])]))
        >>> line = ReluNetwork([AffineMap([[1, 0]], ["-3/2"])])
        >>> [neighbourhood_error(line, sets, "l2", r).status for r in ("3/8", "1/2")]
        ['robust', 'violated']
    """
    started = time.monotonic()
    if radius is None:
        raise UsageError("neighbourhood_error needs a radius")
    if network.outputs != 1 or network.dim != sets.dim:
        raise UsageError(f"a network R^{sets.dim} -> R is needed, got R^{network.dim} -> R^{network.outputs}")
    grid = CubeGrid(exact_fraction(first, "first"), exact_fraction(side, "side"))
    if grid.side <= 0:
        raise UsageError(f"the side of a cube must be positive, got {grid.side}")
    wanted = None if margin is None else exact_fraction(margin, "margin")
    deadline = None if seconds is None else started + seconds
    sides = dict(zip((1, -1), sets.exact_sides, strict=True))
    search = _Search(network, sides, NormBall(norm, radius), grid, wanted, deadline, seed, progress)
    search.run()
    left, spent = len(search.open), time.monotonic() - started
    return NeighbourhoodError(network, sets, search.ball, grid, tuple(search.levels), left, search.mistake, spent)


class _Search:
    """The cubes of one level after another."""

    def __init__(
        self,
        network: ReluNetwork,
        sides: dict[int, PointSet],
        ball: NormBall,
        grid: CubeGrid,
        wanted: Fraction | None,
        deadline: float | None,
        seed: int,
        progress: Progress | None,
    ) -> None:
        self.network, self.sides, self.ball, self.grid = network, sides, ball, grid
        self.wanted, self.deadline, self.seed, self.progress = wanted, deadline, seed, progress
        self.near = {label: Neighbourhood.of(given, ball.norm, ball.radius) for label, given in sides.items()}
        self.methods: tuple[str, ...] = _METHODS
        if network.size.units <= _FEW_UNITS:
            self.methods += ("affine",)
        self.levels: list[tuple[int, RobustError]] = []
        self.mistake: Mistake | None = None
        self.open: list[Tagged] = []
        self.done = 0

    def run(self) -> None:
        """Decide and halve until all is proved, a wrong point is found, or a limit is reached."""
        self.open = [(label, cube) for label, near in self.near.items() for cube in self.grid.roots(near)]
        for level in range(_MOST_LEVELS):
            data, half = self.grid.balls(self.open, level)
            decisions = self._decisions(data, half)
            last = level == _MOST_LEVELS - 1 or not self._has_time
            parts = [] if last else self._parts(decisions, level)
            last = last or len(parts) + self.done > MOST_CUBES
            kept = [i for i, d in enumerate(decisions) if d.status == "robust" and (last or self._is_enough(d))]
            self._keep(level, data, half, decisions, kept)
            if not last and not parts:
                self.open = []
                return
            wrong = [place for place, decision in enumerate(decisions) if decision.status != "robust"]
            self._look(level, self._worst_first(data, wrong), last)
            self.open = [self.open[place] for place in wrong] if last else parts
            if last or self.mistake is not None:
                return

    @property
    def _has_time(self) -> bool:
        return self.deadline is None or time.monotonic() < self.deadline

    def _is_enough(self, decision: Decision) -> bool:
        if decision.status != "robust":
            return False
        return self.wanted is None or (decision.margin is not None and decision.margin >= self.wanted)

    def _decisions(self, data: LabelledPoints, half: Fraction) -> list[Decision]:
        """Return the best that any method proves of every cube; methods that prove nothing are dropped."""
        found, useful = [UNDECIDED] * len(data), []
        for method in self.methods:
            open_cubes = [place for place, decision in enumerate(found) if not self._is_enough(decision)]
            if not open_cubes or not self._has_time:
                break
            seconds = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
            result = robust_error(self.network, data.subset(open_cubes), "linf", half, method, seconds, seed=self.seed)
            for place, decision in zip(open_cubes, result.decisions, strict=True):
                if decision.status == "robust" and (decision.margin or 0) > (found[place].margin or 0):
                    found[place] = decision
            if any(decision.status == "robust" for decision in result.decisions):
                useful.append(method)
                if method == "votes":
                    break
        self.methods = tuple(useful) or self.methods
        return found

    def _parts(self, decisions: list[Decision], level: int) -> list[Tagged]:
        """Return the halvings of the cubes that need them."""
        return [
            (label, part)
            for (label, cube), decision in zip(self.open, decisions, strict=True)
            if not self._is_enough(decision)
            for part in self.grid.parts(cube, level, self.near[label])
        ]

    def _keep(
        self, level: int, data: LabelledPoints, half: Fraction, decisions: list[Decision], places: list[int]
    ) -> None:
        if not places:
            return
        proved = tuple(decisions[place] for place in places)
        some = data.subset(np.array(places, dtype=np.int64))
        self.levels.append((level, RobustError(self.network, some, NormBall("linf", half), None, proved)))
        self.done += len(places)
        if self.progress is not None:
            self.progress("cubes", self.done, self.done + len(self.open) - len(places))

    def _worst_first(self, data: LabelledPoints, places: list[int]) -> list[Tagged]:
        """Return some open cubes, those first whose middle the network gets most wrong."""
        if not places:
            return []
        some = data.subset(np.array(places, dtype=np.int64))
        values = self.network.numerators_at(scaled(some.numerators, 1), data.scale)[:, 0] * some.label_array
        order = sorted(range(len(places)), key=lambda place: int(values[place]))
        return [self.open[places[place]] for place in order]

    def _look(self, level: int, cubes: list[Tagged], last: bool) -> None:
        """Look for a wrong point of the neighbourhoods near some of the cubes not proved right."""
        for label, cube in cubes[:_TRIED]:
            corners = self.grid.corners(cube, level)
            self.mistake = mistake_near(self.network, self.sides[label], label, self.ball, *corners)
            if self.mistake is not None:
                return
        for label, given in self.sides.items() if last else ():
            boxes = [self.grid.corners(cube, level) for name, cube in cubes if name == label][:_SEARCHED]
            if boxes and self.mistake is None:
                self.mistake = searched_mistake(self.network, given, label, self.ball, boxes, self.deadline, self.seed)
