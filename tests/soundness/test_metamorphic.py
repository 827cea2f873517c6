"""The same question asked differently gets the same answer, or one that does not contradict it."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

import verify
from constructions import AffineMap, LabelledPoints, ReluNetwork
from verify.robustness import RobustError
from verify.testing.tiny_networks import TinyCase, draw_case

SEEDS = range(60)
Layer = tuple[list[list[Fraction]], list[Fraction]]
Change = Callable[[TinyCase, random.Random], "tuple[TinyCase, Fraction]"]


@cache
def _case(seed: int) -> TinyCase:
    return draw_case(random.Random(seed), ("linf", "l1", "l2"))


def _layers(network: ReluNetwork) -> list[Layer]:
    return [([list(row) for row in affine.weight], list(affine.bias)) for affine in network.maps]


def _changed(case: TinyCase, layers: list[Layer] | None = None, **changes: Any) -> TinyCase:
    network = case.network if layers is None else ReluNetwork(AffineMap(weight, bias) for weight, bias in layers)
    kept = {
        "points": case.data.points,
        "labels": case.data.labels,
        "radius": case.radius,
        "domain": case.domain,
        **changes,
    }
    data = LabelledPoints.of(kept["points"], kept["labels"])
    return TinyCase(case.kind, network, data, case.norm, kept["radius"], kept["domain"])


def _moved_by_axes(
    case: TinyCase, order: list[int], signs: list[int], factor: Fraction, shift: list[Fraction]
) -> TinyCase:
    """Ask about the points ``factor * sign * x[order] + shift``; the first layer undoes it."""

    def moved(point: Any) -> list[Fraction]:
        return [factor * s * point[j] + t for j, s, t in zip(order, signs, shift, strict=True)]

    (weight, bias), *rest = _layers(case.network)
    rows = [[s * row[j] / factor for j, s in zip(order, signs, strict=True)] for row in weight]
    offsets = [b - sum(w * t for w, t in zip(row, shift, strict=True)) for row, b in zip(rows, bias, strict=True)]
    domain = None
    if case.domain is not None:
        sides = list(zip(*(moved(side) for side in case.domain), strict=True))
        domain = tuple(min(pair) for pair in sides), tuple(max(pair) for pair in sides)
    points = [moved(point) for point in case.data.points]
    return _changed(case, [(rows, offsets), *rest], points=points, radius=factor * case.radius, domain=domain)


def _plain(case: TinyCase) -> tuple[list[int], list[int], Fraction, list[Fraction]]:
    dim = case.data.dim
    return list(range(dim)), [1] * dim, Fraction(1), [Fraction(0)] * dim


def permute_coordinates(case: TinyCase, stream: random.Random) -> tuple[TinyCase, Fraction]:
    order, signs, factor, shift = _plain(case)
    return _moved_by_axes(case, stream.sample(order, len(order)), signs, factor, shift), Fraction(1)


def flip_signs(case: TinyCase, stream: random.Random) -> tuple[TinyCase, Fraction]:
    order, signs, factor, shift = _plain(case)
    return _moved_by_axes(case, order, [stream.choice((-1, 1)) for _ in signs], factor, shift), Fraction(1)


def scale_and_translate(case: TinyCase, stream: random.Random) -> tuple[TinyCase, Fraction]:
    order, signs, _, shift = _plain(case)
    moves = [Fraction(stream.randint(-9, 9), 7) for _ in shift]
    return _moved_by_axes(case, order, signs, Fraction(stream.randint(1, 9), 5), moves), Fraction(1)


def scale_outputs(case: TinyCase, stream: random.Random) -> tuple[TinyCase, Fraction]:
    *hidden, (weight, bias) = _layers(case.network)
    factor = Fraction(stream.choice((2**70, 3, 1)), stream.choice((2**70, 7)))
    return _changed(
        case, [*hidden, ([[factor * w for w in row] for row in weight], [factor * b for b in bias])]
    ), factor


def _on_a_hidden_layer(
    case: TinyCase, stream: random.Random, edit: Callable[[Layer, Layer], tuple[Layer, Layer]]
) -> TinyCase:
    layers = _layers(case.network)
    if len(layers) == 1:
        return case
    depth = stream.randrange(len(layers) - 1)
    layers[depth : depth + 2] = edit(layers[depth], layers[depth + 1])
    return _changed(case, layers)


def permute_neurons(case: TinyCase, stream: random.Random) -> tuple[TinyCase, Fraction]:
    def edit(layer: Layer, after: Layer) -> tuple[Layer, Layer]:
        order = stream.sample(range(len(layer[0])), len(layer[0]))
        rows = [[row[k] for k in order] for row in after[0]]
        return ([layer[0][k] for k in order], [layer[1][k] for k in order]), (rows, after[1])

    return _on_a_hidden_layer(case, stream, edit), Fraction(1)


def split_a_neuron(case: TinyCase, stream: random.Random) -> tuple[TinyCase, Fraction]:
    """Give half of every outgoing weight of a neuron to a copy of it."""

    def edit(layer: Layer, after: Layer) -> tuple[Layer, Layer]:
        k = stream.randrange(len(layer[0]))
        rows = [[*row[:k], row[k] / 2, *row[k + 1 :], row[k] / 2] for row in after[0]]
        return ([*layer[0], layer[0][k]], [*layer[1], layer[1][k]]), (rows, after[1])

    return _on_a_hidden_layer(case, stream, edit), Fraction(1)


def scale_a_neuron(case: TinyCase, stream: random.Random) -> tuple[TinyCase, Fraction]:
    """Multiply what a neuron reads by a positive number and divide what it feeds."""

    def edit(layer: Layer, after: Layer) -> tuple[Layer, Layer]:
        k, factor = stream.randrange(len(layer[0])), Fraction(stream.choice((3, 2**40, 1)), stream.choice((7, 2**40)))
        weight = [[factor * w for w in row] if i == k else row for i, row in enumerate(layer[0])]
        bias = [factor * b if i == k else b for i, b in enumerate(layer[1])]
        return (weight, bias), (
            [[w / factor if j == k else w for j, w in enumerate(row)] for row in after[0]],
            after[1],
        )

    return _on_a_hidden_layer(case, stream, edit), Fraction(1)


def add_dead_neurons(case: TinyCase, stream: random.Random) -> tuple[TinyCase, Fraction]:
    """Add a neuron that nothing reads and one that never fires."""

    def edit(layer: Layer, after: Layer) -> tuple[Layer, Layer]:
        inputs = len(layer[0][0])
        unread = [Fraction(stream.randint(-3, 3)) for _ in range(inputs)]
        rows = [[*row, Fraction(0), Fraction(stream.randint(1, 3))] for row in after[0]]
        return ([*layer[0], unread, [Fraction(0)] * inputs], [*layer[1], Fraction(1), Fraction(-1)]), (rows, after[1])

    return _on_a_hidden_layer(case, stream, edit), Fraction(1)


def add_cancelling_twins(case: TinyCase, stream: random.Random) -> tuple[TinyCase, Fraction]:
    def edit(layer: Layer, after: Layer) -> tuple[Layer, Layer]:
        k, size = stream.randrange(len(layer[0])), Fraction(stream.choice((1, 2**30)))
        rows = [[*row, size, -size] for row in after[0]]
        return ([*layer[0], layer[0][k], layer[0][k]], [*layer[1], layer[1][k], layer[1][k]]), (rows, after[1])

    return _on_a_hidden_layer(case, stream, edit), Fraction(1)


def permute_points(case: TinyCase, stream: random.Random) -> tuple[TinyCase, Fraction]:
    del stream
    return _changed(case, points=case.data.points[::-1], labels=case.data.labels[::-1]), Fraction(1)


SAME_INTERVALS: list[Change] = [
    permute_coordinates, flip_signs, scale_and_translate, scale_outputs, permute_neurons, split_a_neuron,
    scale_a_neuron, add_dead_neurons, permute_points,
]  # fmt: skip


def _ask(case: TinyCase, method: str) -> RobustError:
    return verify.robust_error(
        case.network, case.data, norm=case.norm, radius=case.radius, domain=case.domain, method=method
    )


@cache
def _answer(seed: int, method: str) -> RobustError:
    return _ask(_case(seed), method)


def _pairs(seed: int, change: Change, method: str) -> list[tuple[Any, Any, Fraction]]:
    changed, factor = change(_case(seed), random.Random(seed))
    before, after = _answer(seed, method).decisions, _ask(changed, method).decisions
    return [(a, b, factor) for a, b in zip(before, after[::-1] if change is permute_points else after, strict=True)]


@pytest.mark.parametrize("change", SAME_INTERVALS, ids=lambda change: change.__name__)
def test_intervals_follow_the_change_exactly(change: Change) -> None:
    decided = 0
    for seed in SEEDS:
        rounded = _case(seed).norm == "l2"
        for before, after, factor in _pairs(seed, change, "interval"):
            if rounded:
                assert {before.status, after.status} != {"robust", "violated"}
                continue
            assert after.status == before.status, (seed, before, after)
            assert after.margin == (None if before.margin is None else before.margin * factor), (seed, before, after)
            decided += before.status == "robust"
    assert decided >= 15


@pytest.mark.parametrize("change", [*SAME_INTERVALS, add_cancelling_twins], ids=lambda change: change.__name__)
def test_no_answer_contradicts_the_answer_to_the_changed_question(change: Change) -> None:
    decided = 0
    for seed in SEEDS:
        for before, after, _ in _pairs(seed, change, "auto"):
            assert {before.status, after.status} != {"robust", "violated"}, (seed, before, after)
            decided += "unknown" not in (before.status, after.status)
    assert decided >= 50


def test_a_larger_ball_is_never_more_robust_and_a_smaller_one_never_less() -> None:
    for seed in SEEDS:
        case = _case(seed)
        for factor in (Fraction(1, 2), Fraction(3, 2)):
            changed = _changed(case, radius=case.radius * factor)
            for before, after in zip(_answer(seed, "auto").status, _ask(changed, "auto").status, strict=True):
                assert (before, after) != (("violated", "robust") if factor > 1 else ("robust", "violated")), seed


def test_a_label_and_its_opposite_are_never_both_robust() -> None:
    both = 0
    for seed in SEEDS:
        case = _case(seed)
        if case.network.outputs == 1 and case.domain is None:
            opposite = _changed(case, labels=[-label for label in case.data.labels])
            for before, after in zip(_answer(seed, "auto").status, _ask(opposite, "auto").status, strict=True):
                assert not before == after == "robust", seed
                both += 1
    assert both >= 30
