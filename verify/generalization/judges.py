"""Which sampled points are wrong: decided exactly for a network, by attacks for a black box."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.network.relu_network import ReluNetwork
from verify.black_boxes.attack import find_mistakes
from verify.black_boxes.black_box import BlackBox, rounded
from verify.methods.ball_program import Domain, margin_network
from verify.robustness import RobustError, robust_error

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SampleWitness:
    """A sample and a point of its ball that is wrong.

    Attributes:
        centre: the sample.
        label: of the sample.
        point: exact, in the closed ball.
        margin: of the classifier there, at most 0 (for a black box that gives labels -1).
        is_exact: False where a black box's own floats call it wrong.
        source: what found it.
    """

    centre: Point
    label: int
    point: Point
    margin: Fraction
    is_exact: bool
    source: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many points are wrong, and how many are not known to be right or wrong.

    Attributes:
        wrong: points known to be wrong.
        undecided: points not known to be right or wrong.
        witness: a wrong point with negative margin where one was met, else any.
    """

    wrong: int
    undecided: int
    witness: SampleWitness | None


@dataclass(frozen=True, slots=True)
class ExactJudge:
    """Decides each ball of a network by the exact methods.

    Attributes:
        network: one output, or one for each label.
        ball: norm and radius.
        domain: box that also restricts the attacker.
        point_seconds: time limit of the complete method on each point.
    """

    network: ReluNetwork
    ball: NormBall
    domain: Domain | None
    point_seconds: float | None

    @property
    def arithmetic(self) -> str:
        """Rational numbers."""
        return "exact"

    @property
    def one_sided(self) -> bool:
        """A point may be proved right."""
        return False

    def count(self, data: LabelledPoints, seconds: float | None, seed: int, progress: Progress | None) -> Counts:
        """Decide every different point once."""
        points, times = distinct(data)
        domain = None if self.domain is None else (self.domain.lower, self.domain.upper)
        decided = robust_error(
            self.network,
            points,
            self.ball.norm,
            self.ball.radius,
            seconds=seconds,
            domain=domain,
            seed=seed,
            point_seconds=self.point_seconds,
            progress=progress,
        )
        totals: Counter[str] = Counter()
        for status, repeated in zip(decided.status, times, strict=True):
            totals[status] += int(repeated)
        return Counts(totals["violated"], totals["unknown"], self._witness(points, decided))

    def _witness(self, data: LabelledPoints, decided: RobustError) -> SampleWitness | None:
        """Return the first wrong point with a negative margin, else the first wrong one."""
        found: SampleWitness | None = None
        for index in range(len(data)):
            point = decided.witness(index)
            if point is not None:
                label = int(data.label_array[index])
                margin = min(margin_network(self.network, label)(point))
                if found is None or margin < 0:
                    found = SampleWitness(data.point(index), label, point, margin, True, decided.method(index))
                if margin < 0:
                    break
        return found


@dataclass(frozen=True, slots=True)
class BlackBoxJudge:
    """Asks a black box at the samples, or attacks it around them.

    Attributes:
        box: the classifier.
        ball: norm and radius, ``None`` for the samples themselves.
        domain: box that also restricts the attacker.
    """

    box: BlackBox
    ball: NormBall | None
    domain: Domain | None

    @property
    def arithmetic(self) -> str:
        """The black box's own."""
        return f"{self.box.name}: its own, in {self.box.dtype}"

    @property
    def one_sided(self) -> bool:
        """Attacks that find nothing prove nothing; without perturbation each answer counts."""
        return self.ball is not None

    def count(self, data: LabelledPoints, seconds: float | None, seed: int, progress: Progress | None) -> Counts:
        """Return the mistakes found; those not found are not known to be right."""
        deadline = None if seconds is None else time.monotonic() + seconds
        if self.ball is None:
            return self._asked(data, deadline, progress)
        found = find_mistakes(self.box, data, self.ball, self.domain, seed, deadline, progress)
        worst = min(found.items(), key=lambda item: item[1].margin, default=None)
        witness = None
        if worst is not None:
            index, mistake = worst
            witness = _seen(data, index, mistake.point, mistake.margin, mistake.source)
        return Counts(len(found), len(data) - len(found), witness)

    def _asked(self, data: LabelledPoints, deadline: float | None, progress: Progress | None) -> Counts:
        """Ask for one point at a time, so that no answer depends on its neighbours."""
        floats = rounded(data.numerators, data.scale, self.box.dtype)
        wrong, worst, asked = 0, None, 0
        for index, label in enumerate(data.labels):
            if deadline is not None and time.monotonic() >= deadline:
                break
            asked += 1
            margin = self.box.margin(floats[index], label)
            if not margin > 0:
                wrong += 1
                if worst is None or margin < worst[1]:
                    worst = (index, margin)
            if progress is not None and asked % 256 == 0:
                progress("answers", asked, len(data))
        witness = None if worst is None else _seen(data, worst[0], data.point(worst[0]), worst[1], "sample")
        return Counts(wrong, len(data) - asked, witness)


def distinct(data: LabelledPoints) -> tuple[LabelledPoints, np.ndarray]:
    """Return the different labelled points, and how often each occurs.

    Example:
        >>> distinct(LabelledPoints.of([[1], [2], [1]], labels=[1, 1, 1]))[1].tolist()
        [2, 1]
    """
    keys = [(int(label), *row) for label, row in zip(data.label_array, data.numerators.tolist(), strict=True)]
    first: dict[tuple[int, ...], int] = {}
    for index, key in enumerate(keys):
        first.setdefault(key, index)
    times = Counter(keys)
    return data.subset(list(first.values())), np.array([times[key] for key in first])


def _seen(data: LabelledPoints, index: int, point: Point, margin: float, source: str) -> SampleWitness:
    size = Fraction(margin) if np.isfinite(margin) else Fraction(-1)
    return SampleWitness(data.point(index), int(data.label_array[index]), point, size, False, source)
