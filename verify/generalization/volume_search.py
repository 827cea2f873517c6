"""How much of a box of centres is robust, and how much is wrong: exact volumes by subdivision."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.exact.norms import length
from constructions.exact.square_roots import square_root_bounds
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box import Box
from constructions.sets.box_parts import halves, remainder, share_of
from constructions.sets.brackets import Bracket
from verify.branching.complete import is_within_reach
from verify.branching.nearest_mistake import nearest_mistake
from verify.generalization.affine_regions import affine_forms_on, nearest_wrong, wrong_share
from verify.generalization.plane_share import wrong_share_in_plane
from verify.generalization.segments import first_mistake, wrong_share_of_line
from verify.generalization.wrong_neighbours import wrong_centres
from verify.methods.ball_program import Domain, margin_network
from verify.methods.portfolio import decide

_REGION_SECONDS = 5.0
_LEAST_CUT = Fraction(1, 8)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one box of centres.

    Attributes:
        box: part of a box of the distribution.
        rule: ``right``, ``wrong``, ``affine`` or ``plane``: how the checker proves it again.
        mistake: the wrong point close to all centres, where that is the rule.
    """

    box: Box
    rule: str
    mistake: Point | None = None


@dataclass(slots=True)
class Volumes:
    """Exact shares of a distribution, and what is left.

    Attributes:
        robust: probability of centres proved robust.
        wrong: probability of centres with a wrong point within the radius.
        regions: boxes looked at.
        witness: a centre and a wrong point within its ball, where one is known.
        findings: the boxes that were settled.
    """

    robust: Fraction = Fraction(0)
    wrong: Fraction = Fraction(0)
    regions: int = 0
    witness: tuple[Point, Point] | None = None
    findings: list[Finding] = field(default_factory=list)

    def settle(self, mass: Fraction, wrong: Bracket, witness: tuple[Point, Point] | None) -> None:
        """Add a box of which a known share is wrong, and all of the rest robust."""
        self.wrong += mass * wrong.lower
        self.robust += mass * (1 - wrong.upper)
        self.witness = self.witness or witness


@dataclass(frozen=True, slots=True)
class Part:
    """One labelled box of a distribution.

    Attributes:
        box: centres, uniformly distributed.
        label: -1 or +1, or 0..K-1 with K outputs.
        probability: of the box.
    """

    box: Box
    label: int
    probability: Fraction


def measured_volumes(
    network: ReluNetwork,
    parts: list[Part],
    ball: NormBall,
    most_regions: int,
    deadline: float | None,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Volumes]:
    """Return, for each labelled box, the exact volumes of robust and of wrong centres found.

    The box with the largest open probability is looked at next. All its balls lie in the
    box grown by the radius. If the network is affine there, the wrong centres are a
    half-space of the box and their volume has a closed form. In the plane they are a union of
    polygons, in l-infinity and l1, and at radius 0 in l2. If the network is right
    there, all centres are robust. A wrong point makes the centres around it wrong; these
    are cut out, or the box is halved, and the rest waits.

    Args:
        network: one output and labels -1 and +1, or K outputs and labels 0..K-1.
        parts: boxes with labels and probabilities.
        ball: norm and radius.
        most_regions: boxes looked at, all together.
        deadline: ``time.monotonic()`` value at which the search stops.
        seed: of the attacks.
        progress: called with (stage, boxes looked at, most boxes).
    """
    found = [Volumes() for _ in parts]
    judges = {label: margin_network(network, label) for label in {part.label for part in parts}}
    order = count()
    heap = [(-part.probability, next(order), place, part.box) for place, part in enumerate(parts) if part.probability]
    heapq.heapify(heap)
    for done in range(most_regions):
        if not heap or (deadline is not None and time.monotonic() >= deadline):
            break
        mass, _, place, box = heapq.heappop(heap)
        region = _Region(network, judges[parts[place].label], parts[place].label, box, ball, deadline, seed)
        for rest, share in region.settle(-mass, found[place]):
            heapq.heappush(heap, (-share, next(order), place, rest))
        if progress is not None:
            progress("volume", done + 1, most_regions)
    return found


@dataclass(frozen=True, slots=True)
class _Region:
    """One box of centres with one label."""

    network: ReluNetwork
    judge: ReluNetwork
    label: int
    box: Box
    ball: NormBall
    deadline: float | None
    seed: int

    @property
    def centre(self) -> Point:
        return tuple((low + high) / 2 for low, high in zip(self.box.lower, self.box.upper, strict=True))

    @property
    def grown(self) -> Box:
        radius = self.ball.radius
        return Box([low - radius for low in self.box.lower], [high + radius for high in self.box.upper])

    def settle(self, mass: Fraction, found: Volumes) -> list[tuple[Box, Fraction]]:
        """Add to the volumes what can be said, and return what is still open."""
        found.regions += 1
        if self._has_closed_form(mass, found):
            return []
        status, mistake = self._decide()
        if status == "robust":
            found.robust += mass
            found.findings.append(Finding(self.box, "right"))
            return []
        if mistake is None:
            return self._halved(mass)
        mistake = self._nearest(mistake)
        wrong = wrong_centres(self.box, self.ball, mistake)
        if wrong is None:
            return self._halved(mass)
        if found.witness is None:
            found.witness = wrong.lower, mistake
        taken = share_of(wrong, self.box)
        if taken < _LEAST_CUT:
            return self._halved(mass)
        found.wrong += mass * taken
        found.findings.append(Finding(wrong, "wrong", mistake))
        rests = [(rest, mass * share_of(rest, self.box)) for rest in remainder(self.box, wrong)]
        return [(rest, share) for rest, share in rests if share]

    def _has_closed_form(self, mass: Fraction, found: Volumes) -> bool:
        """Settle the whole box at once, if it is an interval or the network is affine around it."""
        if len(self.box.lower) == 1:
            line = wrong_share_of_line(self.judge, self.box, self.ball.radius)
            if line is not None:
                found.settle(mass, Bracket(line[0], line[0]), line[1])
                found.findings.append(Finding(self.box, "plane"))
            return line is not None
        forms = affine_forms_on(self.judge, self.grown)
        if forms is not None and not forms:
            found.robust += mass
            found.findings.append(Finding(self.box, "right"))
            return True
        if forms is not None and len(forms) == 1:
            share = wrong_share(forms[0], self.box, self.ball.norm, self.ball.radius)
            if share is not None:
                found.settle(mass, share, nearest_wrong(forms[0], self.box, self.ball) if share.lower else None)
                found.findings.append(Finding(self.box, "affine"))
                return True
        plane = self._plane_share() if len(self.box.lower) == 2 else None
        if plane is not None:
            found.settle(mass, Bracket(plane[0], plane[0]), plane[1])
            found.findings.append(Finding(self.box, "plane"))
        return plane is not None

    def _plane_share(self) -> tuple[Fraction, tuple[Point, Point] | None] | None:
        limit = time.monotonic() + _REGION_SECONDS
        deadline = limit if self.deadline is None else min(limit, self.deadline)
        return wrong_share_in_plane(self.judge, self.box, self.ball, deadline)

    def _nearest(self, mistake: Point) -> Point:
        """Return a wrong point close to the centre: first in the linear piece of a known one, then on the way."""
        grown = self.grown
        if is_within_reach(self.judge):
            nearer = nearest_mistake(self.judge, self.centre, self.ball.norm, mistake, (grown.lower, grown.upper))
            mistake = mistake if nearer is None else nearer[1]
        mistake = first_mistake(self.judge, self.centre, mistake)
        if min(self.judge(mistake)) > 0:
            raise ArithmeticError(f"the network is right at {mistake}")
        return mistake

    def _halved(self, mass: Fraction) -> list[tuple[Box, Fraction]]:
        parts = halves(self.box)
        return [(part, mass / 2) for part in parts] if len(parts) == 2 else []

    def _decide(self) -> tuple[str, Point | None]:
        """Decide the smallest ball around the centre that holds all balls, cut by the grown box."""
        half = [(high - low) / 2 for low, high in zip(self.box.lower, self.box.upper, strict=True)]
        reach = length(half, self.ball.norm)
        if self.ball.norm == "l2":
            reach = square_root_bounds(reach)[1]
        grown = self.grown
        data = LabelledPoints.of([self.centre], labels=[self.label])
        limit = time.monotonic() + _REGION_SECONDS
        deadline = limit if self.deadline is None else min(limit, self.deadline)
        ball = NormBall(self.ball.norm, self.ball.radius + reach)
        domain = Domain(grown.lower, grown.upper) if reach else None
        decision = decide(self.network, data, ball, domain, "auto", deadline, self.seed)[0]
        return decision.status, decision.witness
