"""The complete method: a tree of cases per ball, grown in floats and proved by other code."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction

from constructions.data.norm_ball import NormBall, Point
from constructions.exact.integer_arrays import largest_magnitude
from constructions.exact.workers import worker_count
from constructions.network.relu_network import ReluNetwork
from verify.branching.ball_search import Answer, BallSearch, Box, bit_length
from verify.branching.exact_search import ExactSearch
from verify.branching.float_problem import FloatLayers
from verify.branching.proof import TreeRule
from verify.certificate.trees import Tree
from verify.methods.ball_program import margin_network

_CHUNK = 64
_TARGETS = (1e-9, 1e-6, 1e-3)
_MARGIN_BITS = 24
_MOST_ENTRIES = 2**24
_FEW_ENTRIES, _QUICK_ENTRIES = 2**9, 2**19

UNKNOWN = Answer("unknown")


def is_within_reach(network: ReluNetwork) -> bool:
    """Return whether a network is small enough for dense relaxations and its weights fit floats."""
    if sum(affine.shape[0] * affine.shape[1] for affine in network.maps) > _MOST_ENTRIES:
        return False
    sizes = [max(largest_magnitude(m.numerators.values), largest_magnitude(m.bias_numerators)) for m in network.maps]
    return all(size >> 900 < affine.denominator for size, affine in zip(sizes, network.maps, strict=True))


def is_quick(network: ReluNetwork) -> bool:
    """Return whether dense relaxations come first: no tiny network, no large or sparse one."""
    dense = sum(affine.shape[0] * affine.shape[1] for affine in network.maps)
    return _FEW_ENTRIES <= dense <= _QUICK_ENTRIES and 4 * network.size.nonzero >= dense and is_within_reach(network)


@dataclass(slots=True)
class CompleteMethod:
    """Decides whether a network keeps a label on balls of one norm and radius.

    Accepts:
        Any network, on l-infinity, l1 and l2 balls, optionally cut by a box.

    Decides:
        Both ways. ``robust`` once every leaf of every tree was bounded above 0 by the
        certificate's rule, in floats with rigorous rounding or exactly; ``violated``
        once an exact point of the ball has an output at most 0 in exact arithmetic.

    Method:
        Branch and bound on the sign of hidden units, worst bound first. Intervals and
        bounds by backward linear relaxation, with a few gradient steps on its slopes and
        on the multipliers of the splits. Where every unit is decided and the bound is
        still not positive, an exact linear program (l2: nearest point) decides.

    Cost:
        Per node about one pass over the layers for every undecided unit after the split.

    Reference:
        Wang et al., Beta-CROWN (2021), for the bounds; Bunel et al., A unified view of
        piecewise linear neural network verification (2018), for the search.

    Attributes:
        network: one output and label -1 or +1, or K outputs and label 0..K-1.
        label: of the balls.
        ball: norm and radius.
        domain: lower and upper corner of a box that also restricts the attacker.
        deadline: ``time.monotonic()`` value after which balls stay unknown.
        seconds: time limit a ball.
        most_nodes: a ball stays unknown beyond this many; no exact programs then either.
        most_bytes: memory of the open nodes of all balls at work.
        progress: called with the number of balls done since the last call.
    """

    network: ReluNetwork
    label: int
    ball: NormBall
    domain: Box | None = None
    deadline: float | None = None
    seconds: float | None = None
    most_nodes: int | None = None
    most_bytes: int = 2**30
    progress: Callable[[int], None] | None = None
    _heads: list[ReluNetwork] = field(init=False)
    _layers: list[FloatLayers] = field(init=False)
    _rule: TreeRule = field(init=False)
    _is_stopped: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        *hidden, last = margin_network(self.network, self.label).maps
        self._heads = [ReluNetwork([*hidden, last.select([k])]) for k in range(last.shape[0])]
        self._layers = [FloatLayers.of(head) for head in self._heads]
        self._rule = TreeRule(self.network, self.label, self.ball, self.domain)

    def decide(self, centres: Sequence[Point]) -> list[Answer]:
        """Return an answer for every ball."""
        answers: list[Answer] = []
        with ThreadPoolExecutor(worker_count()) as pool:
            try:
                for start in range(0, len(centres), _CHUNK):
                    part = centres[start : start + _CHUNK]
                    grown = list(pool.map(self._grown, part))
                    answers += self._proved(part, grown)
            except BaseException:
                self._is_stopped = True  # the searches still at work end at once
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return answers

    @property
    def is_late(self) -> bool:
        """True once the deadline has passed or the work was interrupted."""
        return self._is_stopped or (self.deadline is not None and time.monotonic() >= self.deadline)

    def _grown(self, centre: Point, level: int = 0) -> Answer:
        """Search all outputs of one ball; a ``robust`` answer is not yet proved."""
        if self.is_late:
            return UNKNOWN
        started, nodes = time.monotonic(), 0
        trees: list[Tree] = []
        limits = [limit for limit in (self.deadline, None if self.seconds is None else started + self.seconds) if limit]
        answer = None
        for head, layers in zip(self._heads, self._layers, strict=True):
            try:
                answer = BallSearch(self, head, layers, centre, min(limits, default=math.inf), _TARGETS[level]).run()
            except OverflowError:  # a coordinate beyond the largest float
                answer = Answer("unknown", is_confused=True)
            nodes += answer.nodes
            if answer.status != "robust":
                break
            trees += answer.trees
        if self.progress is not None:
            self.progress(1)
        assert answer is not None
        if answer.status == "robust":
            return Answer("robust", trees=tuple(trees), nodes=nodes)
        return replace(answer, nodes=nodes)

    def _proved(self, centres: Sequence[Point], grown: list[Answer]) -> list[Answer]:
        """Prove the trees of a chunk together; what fails is proved exactly, or searched again."""
        places = [place for place, answer in enumerate(grown) if answer.status == "robust"]
        bounds = self._rule.enclosed([centres[place] for place in places], [grown[place].trees for place in places])
        for place, bound in zip(places, bounds, strict=True):
            # An exact proof takes its time; past the limit only what floats have settled counts.
            late = self.is_late and not bound > 0
            grown[place] = UNKNOWN if late else self._settled(centres[place], grown[place], bound)
        return [self._grown_exactly(c) if a.is_confused else a for c, a in zip(centres, grown, strict=True)]

    def _settled(self, centre: Point, answer: Answer, bound: float) -> Answer:
        """Return the answer with its margin; where the trees fail, search again more carefully."""
        levels = len(_TARGETS) if self.most_nodes is None else 1
        for level in range(1, levels + 1):
            margin = self._margin(centre, answer, bound)
            if margin is not None:
                return Answer("robust", margin, None, answer.trees, answer.nodes)
            if level < levels:
                answer = self._grown(centre, level)
                if answer.status != "robust":
                    return answer
                bound = self._rule.enclosed([centre], [answer.trees])[0]
        return self._grown_exactly(centre)

    def _grown_exactly(self, centre: Point) -> Answer:
        """Search without floats, for small networks whose weights floats cannot hold."""
        if self.most_nodes is not None:
            return UNKNOWN
        limit = min((limit for limit in (self.deadline,) if limit is not None), default=math.inf)
        if self.seconds is not None:
            limit = min(limit, time.monotonic() + self.seconds)
        search = ExactSearch(self._rule, self._heads, self.domain, centre, limit)
        trees, witness = search.run()
        if witness is not None:
            return Answer("violated", witness=witness)
        bound = None if trees is None else self._rule.exact(centre, trees)
        if trees is None or bound is None:
            return UNKNOWN
        return Answer("robust", _short(bound * (1 - Fraction(1, 2**20))), None, trees, sum(map(len, trees)))

    def _margin(self, centre: Point, answer: Answer, bound: float) -> Fraction | None:
        """Return a short positive number that the trees prove to be below every output."""
        if bound == math.inf:
            return Fraction(1)
        exact = Fraction(bound) if bound > 0 else self._rule.exact(centre, answer.trees)
        if exact is None:
            return None
        return _short(exact * (1 - Fraction(1, 2**20)))


def _short(value: Fraction) -> Fraction:
    """Return a positive number rounded down to a few leading bits."""
    shift = _MARGIN_BITS - bit_length(value)
    return Fraction(math.floor(value * Fraction(2) ** shift)) / Fraction(2) ** shift
