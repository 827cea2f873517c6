"""Where a network or its neighbourhoods are too large: a seeded sample of balls, each decided exactly."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from fractions import Fraction

from constructions.classifiers.lazy_votes import LazyVotes
from constructions.classifiers.separated_sets import SeparatedSets
from constructions.classifiers.shifted_cells import has_disjoint_zones
from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box import Box
from constructions.sets.convex_pieces import ConvexPiece
from verify.claims.robustness_claims import zero_robust_error
from verify.theorem import Request
from verify.theorems.hard_sets import decided
from verify.verdict import Verdict

DEFAULT_BALLS = 64
_GRID, _PROBES = 2**20, 8


@dataclass(frozen=True, slots=True)
class SampledBall:
    """What was found of one ball.

    Attributes:
        label: of its centre.
        anchor: the centre, a point of a set.
        margin: a proved lower bound of ``label * f`` on the ball, ``None`` where nothing is proved.
        witness: a point of the ball with ``label * f <= 0``, where one is known.
    """

    label: int
    anchor: Point
    margin: Fraction | None
    witness: Point | None = None


def sampled_balls(
    votes: LazyVotes, sets: SeparatedSets, count: int, seed: int, deadline: float | None = None
) -> list[SampledBall]:
    """Decide balls around random points of both sets in turn; fewer where the time is over.

    Args:
        votes: the classifier, its cells labelled on demand.
        sets: two sets, with norm and radius.
        count: number of balls.
        seed: of the centres and of the points tried in balls without a proof.
        deadline: ``time.monotonic()`` value after which no ball is begun.
    """
    if not has_disjoint_zones(votes.shifted):
        raise ArithmeticError("ramp zones of two grids meet")
    stream, found = random.Random(seed), []
    pieces = {label: list(sets.side(label).pieces) for label in (1, -1)}
    for place in range(count):
        if deadline is not None and time.monotonic() >= deadline:
            break
        label = 1 if place % 2 == 0 else -1
        anchor = _random_point(stream.choice(pieces[label]), stream)
        margin = votes.margin_around(anchor, label, sets.radius)
        witness = None if margin is not None else _wrong_point(votes, sets, anchor, label, stream)
        found.append(SampledBall(label, anchor, margin, witness))
    return found


def zero_sampled_error(found: list[SampledBall], asked: int, seed: int, seconds: float) -> Verdict:
    """Judge a sample of balls: a wrong one refutes, right ones prove nothing of the others."""
    wrong = [ball for ball in found if ball.witness is not None]
    right = [ball.margin for ball in found if ball.margin is not None and ball.margin > 0]
    least = f", margin at least {min(right)}" if right else ""
    detail = (
        f"{len(right)} of {asked} sampled balls are right{least}, {len(wrong)} wrong, "
        f"{asked - len(right) - len(wrong)} open (seed {seed}); each is decided exactly on the votes of the shifted "
        "grids, whose cells are labelled on demand; no network is built"
    )
    measured = f"{len(wrong)} of {asked} balls"
    if not wrong:
        return Verdict("robust_error", "unknown", "sample", measured, "0", "at most", "lazy votes", seconds, detail)
    first = wrong[0]
    assert first.witness is not None
    witness = {
        "label": first.label,
        "anchor": [str(value) for value in first.anchor],
        "point": [str(value) for value in first.witness],
    }
    return Verdict(
        "robust_error", "violated", "exact", measured, "0", "at most", "lazy votes", seconds, detail, witness
    )


def sampled_network_error(network: ReluNetwork, sets: SeparatedSets, request: Request, reason: str) -> Verdict:
    """Decide a network on balls around random points of both sets, from its weights.

    Args:
        network: built for the sets.
        sets: two sets whose neighbourhoods are too large to be decided whole.
        request: how many balls, the seed and the time that is left.
        reason: why they are too large.
    """
    count, stream = balls_asked(request), random.Random(request.seed)
    if not count:
        return Verdict("robust_error", "unknown", "exact", None, "0", "at most", detail=reason)
    labels = [1 if place % 2 == 0 else -1 for place in range(count)]
    points = [_random_point(stream.choice(list(sets.side(label).pieces)), stream) for label in labels]
    result = decided(network, LabelledPoints.of(points, labels), replace(request, norm=sets.norm), sets.radius)
    if result.lower:
        return zero_robust_error(result)
    detail = (
        f"{reason}; {result.count('robust')} of {count} sampled balls are right, 0 wrong, "
        f"{result.count('unknown')} open (seed {request.seed}); each is decided exactly on the network"
    )
    measured = f"0 of {count} balls"
    method, spent = "sampled balls", result.seconds
    return Verdict("robust_error", "unknown", "sample", measured, "0", "at most", method, spent, detail)


def balls_asked(request: Request) -> int:
    """Return how many balls to sample."""
    return DEFAULT_BALLS if request.family.balls is None else request.family.balls


def _random_point(piece: ConvexPiece, stream: random.Random) -> Point:
    """Return a random point of a piece: of a box uniform on a grid, else between two extreme points."""
    if isinstance(piece, Box):
        sides = zip(piece.lower, piece.upper, strict=True)
        return tuple(low + (high - low) * Fraction(stream.randrange(_GRID + 1), _GRID) for low, high in sides)
    ends = [piece.lowest([Fraction(stream.randint(-8, 8)) for _ in piece.lower]) for _ in range(2)]
    share = Fraction(stream.randrange(_GRID + 1), _GRID)
    return tuple(a + share * (b - a) for a, b in zip(*ends, strict=True))


def _wrong_point(
    votes: LazyVotes, sets: SeparatedSets, anchor: Point, label: int, stream: random.Random
) -> Point | None:
    """Return a point of a ball at which the votes are exactly wrong, by trying the centre and some far points."""
    ball = NormBall(sets.norm, sets.radius)
    targets = [anchor]
    for _ in range(_PROBES):
        steps = [stream.choice((-2, -1, 1, 2)) * sets.radius for _ in anchor]
        targets.append(ball.towards(anchor, [x + step for x, step in zip(anchor, steps, strict=True)]))
    for point in targets:
        value = votes.value(point)
        if (value.upper if label == 1 else -value.lower) <= 0:
            return point
    return None
