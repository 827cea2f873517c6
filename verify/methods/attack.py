"""Search for counterexamples: floats and heuristics propose points, integers decide."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.data.norm_ball import NormBall
from constructions.exact.integer_arrays import INT64_EXACT, largest_magnitude
from constructions.network.relu_network import ReluNetwork
from verify.methods.attack_balls import NEAREST, Balls, BallSpace, slices
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
    towards_shares,
)
from verify.methods.descent import STEPS, descend
from verify.methods.float_network import DOUBT, FloatNetwork, Gradient, blockwise, fastest_gradient

_BLOCK_ENTRIES = 2**22
_CACHE_BYTES = 2**22
_MOST_BYTES = 2**28
_DESCENT_WORK = 2**28
_BIG_BATCH_WORK = 2**22
_BIG_WORK = 2**23
_SHORTLIST = 4
_RESTARTS = 3
_RESTART_WORK = 2**32
_RANDOM_INSIDE = 8

Propose = Callable[[np.ndarray], Candidates]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point of a ball on which the network errs.

    Attributes:
        point: exact coordinates.
        source: what proposed it: ``"centre"``, ``"towards"``, ``"corner"``,
            ``"random"`` or ``"gradient"``.
    """

    point: tuple[Fraction, ...]
    source: str


def find_counterexamples(
    network: ReluNetwork,
    points: np.ndarray,
    scale: int,
    ball: NormBall,
    *,
    domain: Domain | None = None,
    opposite: np.ndarray | None = None,
    seed: int = 0,
    deadline: float | None = None,
) -> dict[int, Counterexample]:
    """Look in every ball for a point at which some output is at most 0.

    Accepts:
        Any network whose outputs should all be positive (see ``margin_network``), on
        l-infinity, l1 and l2 balls, optionally cut by a box.

    Decides:
        Refutes only. Every returned point lies in the closed ball and in the domain and
        has an output of at most 0, all three in integer arithmetic.

    Method:
        Cheapest first, on the balls still open: the centre, points towards the nearest
        opposite points, corners, random points, projected gradient descent in floats
        (through torch on large dense networks). Candidates lie on exact grids and are evaluated many
        at a time. Where integers outgrow int64 and the network is large, floats choose
        which candidates are evaluated.

    Cost:
        Per ball that stays open about 60 exact evaluations of the network (more in few
        dimensions and in l1 and l2: up to 160) and 60 float gradients; and the distances
        to all opposite points, or to a sample of them.

    Reference:
        Madry et al., Towards deep learning models resistant to adversarial attacks
        (2018), for the descent.

    Args:
        network: its outputs are margins.
        points: integers, shape (n, d); the centres are ``points / scale``.
        scale: positive integer.
        ball: norm and radius.
        domain: box that also restricts the attacker.
        opposite: integers, shape (m, d), points of other labels over the same scale.
        seed: of every random choice; equal seeds give equal answers.
        deadline: ``time.monotonic()`` value after which the search stops.

    Returns:
        A counterexample for each index in which one was found.

    Raises:
        ValueError: the shapes do not fit.
    """
    if points.ndim != 2 or points.shape[1] != network.dim:
        raise ValueError(f"the network takes {network.dim} coordinates, the points have shape {points.shape}")
    found: dict[int, Counterexample] = {}
    if len(points) == 0:
        return found
    space = BallSpace(points, scale, ball, domain, opposite, seed)
    judge = _Judge(network, space, len(points), deadline)
    for source, propose, size in _families(space, judge, lambda: len(points) - len(found)):
        rest = np.array([index for index in range(len(points)) if index not in found], dtype=np.int64)
        for part in slices(rest.size, size):
            if judge.is_late:
                return found
            found.update(judge.hits(rest[part], propose(rest[part]), source))
        if len(found) == len(points):
            break
    return found


class _Judge:
    """Evaluates candidates exactly, in batches of bounded memory, until the deadline."""

    def __init__(self, network: ReluNetwork, space: BallSpace, count: int, deadline: float | None) -> None:
        self._network, self._space, self._deadline = network, space, deadline
        self.work = network.size.nonzero + network.size.units + network.dim
        self._is_small = _largest_integer(network, space) < INT64_EXACT
        self._affordable = _BIG_WORK // (self.work * count)
        self.rows = _rows_at_once(8 * (network.size.units + network.dim + network.outputs))
        self._batch = self.rows if self._is_small else max(1, min(self.rows, _BIG_BATCH_WORK // self.work))
        self._floats: FloatNetwork | None = None

    @property
    def is_late(self) -> bool:
        """True once the deadline has passed."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    @property
    def floats(self) -> FloatNetwork:
        """The float copy of the network, made when first asked for."""
        if self._floats is None:
            self._floats = FloatNetwork.of(self._network, self._space.extent)
        return self._floats

    def slopes(self, balls: Balls) -> np.ndarray:
        """Return the float gradient of the smallest output at the centres, shape (b, d)."""
        gradient = blockwise(self.floats.gradient, self.rows)
        return gradient(self._space.floats(balls.centres, balls.unit))[1]

    def hits(self, indices: np.ndarray, candidates: Candidates, source: str) -> dict[int, Counterexample]:
        """Return, per index, the first of its candidates that is a counterexample."""
        shape = candidates.points.shape
        flat = candidates.points.reshape(shape[0] * shape[1], shape[2])
        chosen = self._chosen(candidates)
        refutes = np.zeros(len(flat), dtype=bool)
        for part in slices(chosen.size, self._batch):
            if self.is_late:
                break
            values = self._network.numerators_at(flat[chosen[part]], candidates.balls.unit)
            refutes[chosen[part]] = (values <= 0).any(axis=1)
        table = refutes.reshape(shape[:2])
        hits = {}
        for row in np.flatnonzero(table.any(axis=1)):
            place = candidates.points[row, table[row].argmax()]
            point = tuple(Fraction(int(value), candidates.balls.unit) for value in place)
            hits[int(indices[row])] = Counterexample(point, source)
        return hits

    def _chosen(self, candidates: Candidates) -> np.ndarray:
        """Return the flat indices of the candidates to evaluate: all that lie in their ball.

        Where integers are big and many, only the few that floats cannot call positive.
        """
        inside = candidates.balls.contains(candidates.points)
        if self._is_small or self._affordable >= inside.shape[1]:
            return np.flatnonzero(inside)
        margins = np.full(inside.shape, np.inf)
        places = self._space.floats(candidates.points[inside], candidates.balls.unit)
        parts = [self.floats.margins(places[part]) for part in slices(len(places), self.rows)]
        margins[inside] = np.concatenate([np.zeros(0), *parts])
        keep = min(max(_SHORTLIST, self._affordable), inside.shape[1])
        limit = np.partition(margins, keep - 1, axis=1)[:, keep - 1 : keep]
        lowest = margins.min(axis=1, keepdims=True)
        limit = np.where(lowest < -DOUBT, lowest, limit)
        return np.flatnonzero(inside & (margins <= np.minimum(limit, DOUBT)))


def _families(space: BallSpace, judge: _Judge, left: Callable[[], int]) -> Iterator[tuple[str, Propose, int]]:
    """Yield every source of candidates, cheapest first, with how many balls it takes at once.

    Large networks with many balls left get one descent only.
    """
    yield "centre", lambda indices: centre_candidates(space, indices), _at_once(space, 1)
    if space.radius == 0:
        return
    if space.has_opposite:
        yield "towards", lambda indices: towards_candidates(space, indices), _at_once(space, 2 * NEAREST)
    signs, inside = random_signs(space), random_shares(space, _RANDOM_INSIDE)
    yield "corner", lambda indices: corner_candidates(space, indices, signs, judge.slopes), _at_once(space, 128)
    yield "random", lambda indices: random_candidates(space, indices, inside), _at_once(space, len(inside))
    gradient = blockwise(fastest_gradient(judge.floats), judge.rows)
    size = max(1, min(_at_once(space, 4), _DESCENT_WORK // (judge.work * STEPS)))
    for restart in range(_RESTARTS):
        if restart and judge.work * STEPS * left() > _RESTART_WORK:
            return
        yield "gradient", _descent(space, gradient, restart), size


def _rows_at_once(row_bytes: int) -> int:
    """Return how many evaluations stay in a processor's cache, or 16 where memory allows them."""
    return max(1, min(max(16, _CACHE_BYTES // row_bytes), _MOST_BYTES // row_bytes))


def _at_once(space: BallSpace, candidates: int) -> int:
    return max(1, _BLOCK_ENTRIES // (candidates * space.dim))


def _descent(space: BallSpace, gradient: Gradient, restart: int) -> Propose:
    """Return a descent from the centres, from towards the nearest opposite points, or at random."""

    def propose(indices: np.ndarray) -> Candidates:
        start = np.zeros((len(indices), space.dim))
        if restart == 1 and space.has_opposite:
            start = towards_shares(space, indices)
        elif restart:
            start = random_shares(space, len(indices))
        best, last = descend(space, space.balls(indices), gradient, start)
        return descent_candidates(space, indices, best, last)

    return propose


def _largest_integer(network: ReluNetwork, space: BallSpace) -> int:
    """Return a bound on every integer of an exact evaluation at a refined candidate."""
    size, unit = space.reach << space.bits, space.unit << space.bits
    largest = size
    for affine in network.maps:
        size = affine.numerators.largest_row_sum() * size + largest_magnitude(affine.bias_numerators) * unit
        unit *= affine.denominator
        largest = max(largest, size, unit)
    return largest
