"""All points of one label: the methods one after another, cheapest first, until each is decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.exact.integer_arrays import scaled
from constructions.network.relu_network import ReluNetwork
from verify.branching.complete import CompleteMethod, is_quick, is_within_reach
from verify.methods.affine_forms import affine_margins, has_constant_balls
from verify.methods.attack import find_counterexamples
from verify.methods.ball_program import BallProgram, Domain, ball_program, perhaps_weaker
from verify.methods.decision import UNDECIDED, Decision
from verify.methods.grid_simplices import simplex_margins
from verify.methods.interval_bounds import interval_margins, paired_margins
from verify.methods.limits import Limits
from verify.methods.pieces import piece_margins
from verify.methods.separable.edge_points import edge_counterexamples
from verify.methods.separable.margins import separable_bounds
from verify.methods.separable.paraboloids import has_common_column
from verify.methods.separable.structure import Range
from verify.methods.votes.margins import vote_margins

_QUICK_NODES = 64
_DEEP, _TRIED, _NARROW = 4, 8, 2**15
_BOUNDS = {"interval": interval_margins, "paired": paired_margins, "affine": affine_margins}
_CUTS = {"simplices": simplex_margins, "pieces": piece_margins}
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class ClassTask:
    """All points of one label: right is where every output of the network is positive."""

    original: ReluNetwork
    label: int
    network: ReluNetwork
    data: LabelledPoints
    members: np.ndarray
    ball: NormBall
    domain: Domain | None
    limits: Limits
    seed: int
    progress: Progress | None
    program: BallProgram | None = None

    def begin(self, method: str) -> list[Decision]:
        """Return one decision per member, those left open that take more than a product of matrices."""
        decisions = [UNDECIDED] * len(self.members)
        points = self.data.numerators[self.members]
        self._outside_domain(points, decisions)
        if has_common_column(self.network):
            self._separable(method, points, decisions)
        return decisions

    def run(self, method: str, decisions: list[Decision]) -> list[Decision]:
        """Return one decision per member; those known already stay."""
        points = self.data.numerators[self.members]
        if not self._open(decisions).size:
            return decisions
        self._votes(method, points, decisions)
        forms_first = method == "auto" and self._forms_come_first(points, decisions)
        if forms_first:
            self._bound("affine", method, points, decisions)
            self._centres(points, decisions)
        if not has_common_column(self.network):
            self._separable(method, points, decisions)
        if method == "auto" and self.ball.radius > 0 and self._open(decisions).size and is_quick(self.network):
            with self.limits.clock("complete"):
                self._complete(points, decisions, _QUICK_NODES)
        self._bound("interval", method, points, decisions)
        if method in ("auto", "attack") and not forms_first:
            self._centres(points, decisions)
        self._bound("paired", method, points, decisions)
        if method in ("auto", "attack"):
            with self.limits.clock("attack"):
                self._attack(points, decisions)
        if not forms_first:
            self._bound("affine", method, points, decisions)
        self._cut_up("simplices", method, points, decisions)
        self._cut_up("pieces", method, points, decisions)
        if method in ("auto", "complete"):
            with self.limits.clock("complete"):
                self._complete(points, decisions)
        return decisions

    def _votes(self, method: str, points: np.ndarray, decisions: list[Decision]) -> None:
        """Decide balls of networks that add up votes of grids."""
        still = self._open(decisions)
        if method in ("auto", "votes") and still.size:
            common = (self.network, points[still], self.data.scale, self.ball, self.domain)
            with self.limits.clock("votes"):
                margins = vote_margins(*common, self.limits.deadline, self._reporter("votes", len(still)))
            self._accept(margins, "votes", still, decisions)

    def _cut_up(self, name: str, method: str, points: np.ndarray, decisions: list[Decision]) -> None:
        """Decide balls that cutting at the kinks of the first layer decides."""
        still = self._open(decisions)
        if method in ("auto", name) and still.size and self.domain is None:
            common = (self.network, points[still], self.data.scale, self.ball)
            with self.limits.clock(name):
                margins = _CUTS[name](*common, self.limits.deadline, self._reporter(name, len(still)))
            self._accept(margins, name, still, decisions)

    def _accept(self, margins: list[Fraction | None], name: str, places: np.ndarray, decisions: list[Decision]) -> None:
        for place, margin in zip(places, margins, strict=True):
            if margin is not None and margin > 0:
                decisions[int(place)] = Decision("robust", name, margin)

    def _separable(self, method: str, points: np.ndarray, decisions: list[Decision]) -> None:
        """Decide l2 balls of networks that sum functions of one coordinate."""
        still = self._open(decisions)
        if method not in ("auto", "separable") or self.ball.norm != "l2" or self.domain is not None or not still.size:
            return
        with self.limits.clock("separable"):
            bounds = separable_bounds(
                self.network,
                points[still],
                self.data.scale,
                self.ball.radius,
                Range.of(self.data.numerators, self.data.scale, self.ball.radius),
                self.limits.deadline,
                self._reporter("separable", len(still)),
            )
        known = {id(bound): bound for bound in bounds if bound is not None and bound.margin > 0}
        proofs = {name: Decision("robust", "separable", b.margin, parabolas=b) for name, b in known.items()}
        for place, bound in zip(still.tolist(), bounds, strict=True):
            decisions[place] = proofs.get(id(bound), decisions[place])
        self._edges(points, decisions)

    def _edges(self, points: np.ndarray, decisions: list[Decision]) -> None:
        """Try where open l2 balls come closest to the other labels."""
        still, opposite = self._open(decisions), np.setdiff1d(np.arange(len(self.data)), self.members)
        if not still.size or not opposite.size or not self.limits.time_is_left:
            return
        with self.limits.clock("attack"):
            task = (self.network, points[still], self.data.scale, self.ball.radius, self.data.numerators[opposite])
            found = edge_counterexamples(*task, self.limits.deadline)
        for place, wrong in found.items():
            decisions[int(still[place])] = Decision("violated", "attack: nearest opposite", witness=wrong)

    def _forms_come_first(self, points: np.ndarray, decisions: list[Decision]) -> bool:
        """Return whether affine forms are likely to settle a deep network with large integers.

        Of a few balls, one soon becomes constant, or in a narrow network the forms show that
        the output is constant on all.
        """
        still = self._open(decisions)
        if len(self.network.maps) < _DEEP or not still.size or self._program(points).fits_int64:
            return False
        few = points[still[np.linspace(0, len(still) - 1, min(_TRIED, len(still)), dtype=np.int64)]]
        program = self._program(points)
        if has_constant_balls(program, few):
            return True
        units = sum(rows.shape[0] for rows in program.weights)
        if units * points.shape[1] > _NARROW:
            return False
        margins = affine_margins(program, few, self.limits.deadline)
        values = self.network.numerators_at(scaled(few, 1), self.data.scale).min(axis=1)
        unit = self.network.scale * self.data.scale
        pairs = zip(margins, values, strict=True)
        return all(margin is not None and margin * unit == int(value) * program.scales[-1] for margin, value in pairs)

    def _program(self, points: np.ndarray) -> BallProgram:
        """Return the integers of all members' balls, made once."""
        if self.program is None:
            self.program = ball_program(self.network, points, self.data.scale, self.ball, self.domain, shorten=True)
        return self.program

    def _bound(self, name: str, method: str, points: np.ndarray, decisions: list[Decision]) -> None:
        """Bound the balls still open by one of the one-pass methods, if it is asked for."""
        still = self._open(decisions)
        if still.size and method in ("auto", name) and self.limits.time_is_left:
            program = self._program(points)
            with self.limits.clock(name):
                margins = _BOUNDS[name](program, points[still], self.limits.deadline, self._reporter(name, len(still)))
            self._settle(margins, program.scales[-1], name, still, decisions)
            weaker = self._perhaps_weaker(points, still, decisions)
            if weaker.size:
                program = ball_program(self.network, points, self.data.scale, self.ball, self.domain)
                with self.limits.clock(name):
                    margins = _BOUNDS[name](program, points[weaker], self.limits.deadline, None)
                self._settle(margins, program.scales[-1], name, weaker, decisions)

    def _perhaps_weaker(self, points: np.ndarray, places: np.ndarray, decisions: list[Decision]) -> np.ndarray:
        """Return the l2 balls on which the coarser unit of a shortened program may have cost something."""
        if self.ball.norm != "l2" or not self._program(points).is_shortened or not self.limits.time_is_left:
            return places[:0]
        found = [decisions[int(place)].margin for place in places]
        return places[perhaps_weaker(self.network, points[places], self.data.scale, found)]

    def _open(self, decisions: list[Decision]) -> np.ndarray:
        return np.array([i for i, d in enumerate(decisions) if d.status == "unknown"], dtype=np.int64)

    def _reporter(self, stage: str, total: int) -> Callable[[int], None] | None:
        if self.progress is None:
            return None
        report, done = self.progress, [0]

        def advance(count: int) -> None:
            done[0] += count
            report(stage, done[0], total)

        return advance

    def _outside_domain(self, points: np.ndarray, decisions: list[Decision]) -> None:
        """Points whose ball misses the domain have no perturbation at all."""
        if self.domain is None:
            return
        radius = self.ball.radius
        for index, row in enumerate(points):
            coordinates = [Fraction(int(value), self.data.scale) for value in row]
            pairs = zip(coordinates, self.domain.lower, self.domain.upper, strict=True)
            if any(value + radius < low or value - radius > high for value, low, high in pairs):
                decisions[index] = Decision("robust", "outside the domain")

    def _centres(self, points: np.ndarray, decisions: list[Decision]) -> None:
        """A centre that is already wrong needs no search."""
        still = self._open(decisions)
        widest = max(affine.shape[0] for affine in self.network.maps)
        batch = max(1, 2**24 // widest)
        for start in range(0, len(still), batch):
            if not self.limits.time_is_left:
                break
            places = still[start : start + batch]
            values = self.network.numerators_at(scaled(points[places], 1), self.data.scale)
            for place in places[values.min(axis=1) <= 0]:
                witness = tuple(Fraction(int(value), self.data.scale) for value in points[place])
                if self._inside(witness):
                    decisions[int(place)] = Decision("violated", "centre", witness=witness)

    def _inside(self, point: Point) -> bool:
        if self.domain is None:
            return True
        return all(lo <= x <= hi for x, lo, hi in zip(point, self.domain.lower, self.domain.upper, strict=True))

    def _settle(
        self, margins: list[int | None], unit: int, name: str, places: np.ndarray, decisions: list[Decision]
    ) -> None:
        for place, margin in zip(places, margins, strict=True):
            if margin is not None and margin > 0:
                decisions[int(place)] = Decision("robust", name, Fraction(margin, unit))

    def _attack(self, points: np.ndarray, decisions: list[Decision]) -> None:
        still = self._open(decisions)
        if not still.size or not self.limits.time_is_left:
            return
        if self.progress is not None:
            self.progress("attack", 0, len(still))
        opposite = np.setdiff1d(np.arange(len(self.data)), self.members)
        found = find_counterexamples(
            self.network,
            points[still],
            self.data.scale,
            self.ball,
            domain=self.domain,
            opposite=self.data.numerators[opposite] if opposite.size else None,
            seed=self.seed,
            deadline=self.limits.deadline,
        )
        for place, hit in found.items():
            decisions[int(still[place])] = Decision("violated", f"attack: {hit.source}", witness=hit.point)
        if self.progress is not None:
            self.progress("attack", len(still), len(still))

    def _complete(self, points: np.ndarray, decisions: list[Decision], most_nodes: int | None = None) -> None:
        still = self._open(decisions)
        if not still.size or not self.limits.time_is_left or not is_within_reach(self.network):
            return
        box = None if self.domain is None else (self.domain.lower, self.domain.upper)
        complete = CompleteMethod(
            self.original,
            self.label,
            self.ball,
            box,
            self.limits.deadline,
            self.limits.point_seconds,
            most_nodes,
            self.limits.most_bytes,
            progress=self._reporter("complete", len(still)),
        )
        centres = [tuple(Fraction(int(value), self.data.scale) for value in points[place]) for place in still]
        for place, answer in zip(still, complete.decide(centres), strict=True):
            if answer.status != "unknown":
                decisions[int(place)] = Decision(
                    answer.status, "complete", answer.margin, answer.witness, answer.trees or None, answer.nodes
                )
