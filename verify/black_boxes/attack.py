"""Mistakes of a black box within balls: exact points, answers in the black box's own floats."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.exact.integer_arrays import scaled
from verify.black_boxes.black_box import BlackBox, rounded
from verify.black_boxes.differences import MOST_AXES, box_gradient
from verify.methods.attack_balls import Balls, BallSpace, slices
from verify.methods.ball_program import Domain
from verify.methods.candidates import (
    Candidates,
    centre_candidates,
    corner_candidates,
    descent_candidates,
    random_candidates,
    random_shares,
    random_signs,
    towards_candidates,
)
from verify.methods.descent import descend

_BLOCK_ENTRIES = 2**20
_RANDOM_INSIDE = 16
_CONFIRMED = 3

Propose = Callable[[np.ndarray], Candidates]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A point of a ball that a black box gets wrong.

    Attributes:
        point: exact coordinates, in the closed ball.
        margin: what the black box made of it, rounded to floats; not positive.
        source: what proposed it.
    """

    point: Point
    margin: float
    source: str


def find_mistakes(
    box: BlackBox,
    data: LabelledPoints,
    ball: NormBall,
    domain: Domain | None = None,
    seed: int = 0,
    deadline: float | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[int, Mistake]:
    """Look in the ball around every point for one that the black box gets wrong.

    The centre, points towards the nearest points of other labels, corners, random points,
    and the ends of a descent along the gradient or along differences. Candidates lie
    exactly in the closed ball; each mistake is confirmed by asking for it alone. What is
    not found is not proved right.

    Theorem: thm:sampled-robust-error

    Args:
        box: the classifier.
        data: labelled points.
        ball: norm and radius.
        domain: box that also restricts the attacker.
        seed: of every random choice.
        deadline: ``time.monotonic()`` value after which the search stops.
        progress: called with (stage, points with a mistake, points).

    Returns:
        A mistake for each index in which one was found.

    Example:
        >>> data = LabelledPoints.of([[0], [1]], labels=[-1, 1])
        >>> step = BlackBox("step", lambda points: points[:, 0] - 0.75)
        >>> found = find_mistakes(step, data, NormBall("linf", "1/4"))
        >>> found[1].point, found[1].margin
        ((Fraction(3, 4),), 0.0)
    """
    found: dict[int, Mistake] = {}
    for label in data.classes:
        members, others = data.indices(label), np.flatnonzero(data.label_array != label)
        points = scaled(data.numerators, 1)
        space = BallSpace(points[members], data.scale, ball, domain, points[others], seed)
        search = _Search(box, label, space, len(members), deadline)
        for place, mistake in search.run(progress):
            found[int(members[place])] = mistake
    return found


@dataclass(slots=True)
class _Search:
    """All balls of one label."""

    box: BlackBox
    label: int
    space: BallSpace
    count: int
    deadline: float | None

    def run(self, progress: Callable[[str, int, int], None] | None) -> Iterator[tuple[int, Mistake]]:
        total = self.count
        open_places = np.arange(total)
        for source, propose, at_once in self._families():
            kept = []
            for part in slices(open_places.size, at_once):
                places = open_places[part]
                if self.deadline is not None and time.monotonic() >= self.deadline:
                    return
                hits = self._hits(propose(places), source)
                yield from ((int(places[row]), mistake) for row, mistake in hits.items())
                kept.append(np.array([place for row, place in enumerate(places) if row not in hits], dtype=np.int64))
            open_places = np.concatenate(kept) if kept else open_places
            if progress is not None:
                progress(f"attack: {source}", total - open_places.size, total)
            if not open_places.size:
                return

    def _families(self) -> Iterator[tuple[str, Propose, int]]:
        space = self.space
        yield "centre", lambda places: centre_candidates(space, places), self._at_once(1)
        if space.radius == 0:
            return
        if space.has_opposite:
            yield "towards", lambda places: towards_candidates(space, places), self._at_once(16)
        signs, inside = random_signs(space), random_shares(space, _RANDOM_INSIDE)
        yield "corner", lambda places: corner_candidates(space, places, signs, self._slopes), self._at_once(128)
        yield "random", lambda places: random_candidates(space, places, inside), self._at_once(_RANDOM_INSIDE)
        if self._gives_scores():
            at_once = self._at_once(8 if self.box.gradient is not None else 2 * MOST_AXES)
            yield "gradient", self._descended, at_once
            yield "gradient", self._descended_from_elsewhere, at_once

    def _at_once(self, candidates: int) -> int:
        return max(1, _BLOCK_ENTRIES // (candidates * self.space.dim))

    def _gives_scores(self) -> bool:
        """Return False for a box that gives labels: its margins are 1 and -1, and have no slope."""
        return self.box.gradient is not None or self.box.scores(
            self._floats(self.space.balls(np.arange(1)).centres[:1])
        )

    def _floats(self, integers: np.ndarray, unit: int = 0) -> np.ndarray:
        return rounded(integers, unit or self.space.unit, self.box.dtype)

    def _slopes(self, balls: Balls) -> np.ndarray:
        if not self._gives_scores():
            return np.ones(balls.centres.shape)
        return self._gradient(self.space.floats(balls.centres, balls.unit))[1]

    def _gradient(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return margins and slopes where coordinates are divided by the space's extent."""
        reach = float(self.space.extent)
        step = float(Fraction(self.space.radius, self.space.unit)) / 16
        return box_gradient(self.box, self.label, places * reach, step, self.space.stream)

    def _descended(self, places: np.ndarray) -> Candidates:
        return self._descent(places, np.zeros((len(places), self.space.dim)))

    def _descended_from_elsewhere(self, places: np.ndarray) -> Candidates:
        """Start at random points: a centre may be flat or a kink."""
        return self._descent(places, random_shares(self.space, len(places)))

    def _descent(self, places: np.ndarray, start: np.ndarray) -> Candidates:
        best, last = descend(self.space, self.space.balls(places), self._gradient, start)
        return descent_candidates(self.space, places, best, last)

    def _hits(self, candidates: Candidates, source: str) -> dict[int, Mistake]:
        """Return per row a mistake that the box confirms when it is asked for that point alone."""
        balls = candidates.balls
        inside = balls.contains(candidates.points)
        floats = self._floats(candidates.points[inside], balls.unit)
        margins = np.full(inside.shape, np.inf)
        margins[inside] = self.box.margins(floats, self.label)
        hits = {}
        for row in np.flatnonzero((margins <= 0).any(axis=1)):
            for place in np.argsort(margins[row], kind="stable")[:_CONFIRMED]:
                if margins[row, place] > 0:
                    break
                exact = candidates.points[row, place]
                alone = self.box.margin(self._floats(exact, balls.unit), self.label)
                if not alone > 0:
                    hits[int(row)] = Mistake(tuple(Fraction(int(x), balls.unit) for x in exact), alone, source)
                    break
        return hits
