"""The rule of split trees never proves more than the truth, whatever tree and multipliers it is given."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import verify
from constructions import AffineMap, LabelledPoints, NormBall, ReluNetwork
from constructions.data.norm_ball import Point
from constructions.exact.rational import over_common_denominator
from constructions.network.network_json import network_document
from verify.branching.proof import TreeRule
from verify.certificate import checker, compiled_checker, tree_enclosure
from verify.certificate.checker import Stream, TreeProver, read_network
from verify.certificate.tree_enclosure import TreeEnclosure
from verify.certificate.trees import Multipliers, Node, Tree, read_tree, tree_text
from verify.testing.exact_distance import nearest_wrong
from verify.testing.exhaustive import smallest_margin

Box = tuple[Point, Point]
NORMS = ("linf", "l1", "l2")
INNER_BITS = 6
HAIR = Fraction(1, 2**80)


class Instance:
    """A tiny network with one output, label +1, and a ball."""

    def __init__(self, network: ReluNetwork, centre: Point, ball: NormBall, domain: Box | None = None) -> None:
        self.network, self.centre, self.ball, self.domain = network, centre, ball, domain

    def pure(self, tree: Tree, bits: int) -> Fraction | None:
        """Return the bound of the standard-library rule, ``None`` where all cases are empty."""
        units = self.network.size.units
        numerators, scale = over_common_denominator(self.centre)
        bound = self.prover(scale, bits).prove(numerators, Stream(tree_text([tree], units, INNER_BITS)))
        return None if bound is None or bound == float("inf") else Fraction(bound, 2**bits)

    def prover(self, scale: int, bits: int) -> TreeProver:
        """Return the prover of the standard-library rule."""
        box = None if self.domain is None else {
            name: [str(value) for value in side] for name, side in zip(("lower", "upper"), self.domain, strict=True)
        }  # fmt: skip
        statement = {"norm": self.ball.norm, "radius": self.ball.radius, "domain": box}
        layers = read_network(network_document(self.network))[0]
        return TreeProver(layers, 1, statement, scale, bits, INNER_BITS)

    def enclosed(self, tree: Tree) -> float:
        """Return the bound in floats with rigorous rounding."""
        return TreeRule(self.network, 1, self.ball, self.domain).enclosed([self.centre], [[tree]])[0]

    def is_below(self, bound: Fraction) -> bool:
        """Return whether no point of the ball has an output below the bound (l2: by a hair)."""
        if self.ball.norm != "l2" or self.network.dim == 1:
            norm = "l1" if self.ball.norm == "l1" else "linf"
            found = smallest_margin(self.network, 1, self.centre, NormBall(norm, self.ball.radius), self.domain)
            return found is None or bound <= found.margin
        *hidden, last = self.network.maps
        hair = min(HAIR, abs(bound) * HAIR) if bound else HAIR
        lowered = ReluNetwork([*hidden, AffineMap(last.weight, [last.bias[0] - bound + hair])])
        nearest = nearest_wrong(lowered, 1, self.centre, self.ball.radius, self.domain)
        return nearest is None or nearest.square > self.ball.radius**2


def _number(stream: random.Random) -> Fraction:
    return Fraction(stream.randint(-9, 9), stream.choice((1, 2, 4, 3, 7)))


def _network(stream: random.Random, dim: int, most: int = 4) -> ReluNetwork:
    widths = [dim, *(stream.randint(1, most) for _ in range(stream.choice((0, 1, 1, 2, 2, 3)))), 1]
    return ReluNetwork(
        AffineMap([[_number(stream) for _ in range(a)] for _ in range(b)], [_number(stream) for _ in range(b)])
        for a, b in pairwise(widths)
    )


def _instance(stream: random.Random, norm: str) -> Instance:
    dim = stream.choice((1, 2, 2, 3))
    centre = tuple(_number(stream) for _ in range(dim))
    radius = stream.choice((Fraction(0), Fraction(1, 3), Fraction(1), Fraction(5, 4)))
    domain = None
    if stream.random() < 0.4:
        domain = (
            tuple(c - radius * Fraction(stream.randint(0, 3), 3) for c in centre),
            tuple(c + radius * Fraction(stream.randint(0, 3), 3) for c in centre),
        )
    return Instance(_network(stream, dim), centre, NormBall(norm, radius), domain)


def _dyadic(stream: random.Random) -> Fraction:
    return Fraction(stream.choice((0, 1, 1, 3, 5, 17, 1000)), 2 ** stream.choice((0, 1, 4, 10)))


def _leaf(stream: random.Random, units: int) -> Multipliers | None:
    if stream.random() < 0.2:
        return None
    slopes = {unit: stream.choice((0, 1, 77, 128, 254, 255)) for unit in range(units) if stream.random() < 0.5}
    betas = {unit: value for unit in range(units) if stream.random() < 0.5 and (value := _dyadic(stream))}
    return Multipliers(slopes, betas, _dyadic(stream))


def _tree(stream: random.Random, instance: Instance, depth: int) -> Tree:
    """Return any tree: splits of decided units, repeated ones, thresholds outside the ball."""
    units = instance.network.size.units
    if not depth or stream.random() < 0.2:
        return (Node(leaf=_leaf(stream, units)),)
    unit = stream.randrange(units + instance.network.dim)
    at = Fraction(0)
    if unit >= units:
        reach = instance.ball.radius * Fraction(stream.randint(-10, 10), 8)
        at = Fraction(int((instance.centre[unit - units] + reach) * 2**INNER_BITS), 2**INNER_BITS)
    return (Node(unit, at), *_tree(stream, instance, depth - 1), *_tree(stream, instance, depth - 1))


# The exact rule --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("norm", NORMS)
def test_no_tree_proves_more_than_the_truth(norm: str, seed: int) -> None:
    stream, told = random.Random(f"{norm} {seed}"), 0
    for _ in range(40):
        instance = _instance(stream, norm)
        tree = _tree(stream, instance, stream.randint(0, 4))
        for bits in (0, 1, 5, 64):
            bound = instance.pure(tree, bits)
            if bound is not None:
                told += 1
                assert instance.is_below(bound), (bits, tree, instance.__dict__)
    assert told >= 100


def test_more_bits_approach_one_value() -> None:
    stream = random.Random(5)
    for _ in range(60):
        instance = _instance(stream, stream.choice(("linf", "l1")))
        tree = _tree(stream, instance, 3)
        coarse, fine = (instance.pure(tree, bits) for bits in (100, 200))
        assert (coarse is None) == (fine is None)
        assert coarse is None or fine is None or abs(fine - coarse) < Fraction(1, 2**60)


@pytest.mark.parametrize("norm", NORMS)
def test_every_interval_holds_the_values_of_its_case(norm: str) -> None:
    stream, looked = random.Random(norm), 0
    for _ in range(25):
        instance = _instance(stream, norm)
        tree = _tree(stream, instance, 4)
        points = _points(stream, instance)
        for bits in (0, 3, 40):
            looked += _walk(instance, tree, points, bits)
    assert looked >= 500


def _points(stream: random.Random, instance: Instance) -> list[Point]:
    """Return some points of the ball within the domain."""
    found = [instance.centre, *instance.ball.corners(instance.centre)]
    for _ in range(12):
        target = [c + instance.ball.radius * Fraction(stream.randint(-9, 9), 6) for c in instance.centre]
        found.append(instance.ball.towards(instance.centre, target))
    box = instance.domain
    return [p for p in found if box is None or all(a <= x <= b for a, x, b in zip(box[0], p, box[1], strict=True))]


def _inputs_of_units(network: ReluNetwork, point: Point) -> list[list[Fraction]]:
    values, found = list(point), []
    for affine in network.maps[:-1]:
        found.append(list(affine(values)))
        values = [max(value, Fraction(0)) for value in found[-1]]
    return found


def _walk(instance: Instance, tree: Tree, points: list[Point], bits: int) -> int:
    """Follow a tree with the points of every case; return how many intervals were looked at."""
    numerators, scale = over_common_denominator(instance.centre)
    prover = instance.prover(scale, bits)
    units = instance.network.size.units
    inner = {point: _inputs_of_units(instance.network, point) for point in points}
    root, box = prover.start(numerators)
    nodes, waiting, looked = iter(tree), [(root, box, points)], 0
    while waiting:
        bounds, box, alive = waiting.pop()
        node = next(nodes)
        looked += _look(bounds, alive, inner, bits)
        if 0 <= node.unit < units:
            depth = max(place for place, start in enumerate(prover.starts) if start <= node.unit)
            index = node.unit - prover.starts[depth]
            for side, sign in ((1, 1), (0, -1)):
                there = [point for point in alive if sign * inner[point][depth][index] >= 0]
                waiting.append((prover.split(bounds, box, node.unit, side), box, there))
        elif node.unit >= units:
            axis, at = node.unit - units, int(node.at * prover.unit)
            low, high = list(box[0]), list(box[1])
            low[axis], high[axis] = max(at, low[axis]), min(at, high[axis])
            above = [point for point in alive if point[axis] >= node.at]
            below = [point for point in alive if point[axis] <= node.at]
            waiting.append((prover.refreshed(bounds, [low, box[1]], 0), [low, box[1]], above))
            waiting.append((prover.refreshed(bounds, [box[0], high], 0), [box[0], high], below))
    return looked


def _look(bounds: Any, alive: list[Point], inner: dict[Point, list[list[Fraction]]], bits: int) -> int:
    if bounds is None:
        assert not alive, "a case with points was called empty"
        return 0
    for point in alive:
        for layer, values in zip(bounds, inner[point], strict=True):
            for (low, high), value in zip(layer, values, strict=True):
                assert low <= value * 2**bits <= high, (point, low, high, value)
    return len(alive)


def test_trees_keep_their_meaning_as_text() -> None:
    stream = random.Random(1)
    for _ in range(60):
        instance = _instance(stream, "linf")
        units, trees = instance.network.size.units, [_tree(stream, instance, 4) for _ in range(3)]
        text = Stream(tree_text(trees, units, INNER_BITS))
        assert [read_tree(text, units, INNER_BITS, 64) for _ in trees] == trees
        assert text.place == len(text.body)


# The rule in floats ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("norm", NORMS)
def test_the_enclosure_proves_no_more_than_the_truth_and_hardly_less_than_the_rule(norm: str, seed: int) -> None:
    stream, close = random.Random(f"enclosure {norm} {seed}"), 0
    for _ in range(60):
        instance = _instance(stream, norm)
        tree = _without_pulls(_tree(stream, instance, stream.randint(0, 4)))
        bound, pure = instance.enclosed(tree), instance.pure(tree, 300)
        if np.isfinite(bound):
            assert instance.is_below(Fraction(bound)), (tree, instance.__dict__)
            if pure is not None:
                close += abs(Fraction(bound) - pure) <= (abs(pure) + 1) / 10**6
    assert close >= 45


def _without_pulls(tree: Tree) -> Tree:
    leaves = [Multipliers(node.leaf.slopes, node.leaf.betas) if node.leaf else None for node in tree]
    return tuple(Node(node.unit, node.at, leaf) for node, leaf in zip(tree, leaves, strict=True))


def test_the_enclosure_is_close_to_the_rule_where_nothing_is_a_tie() -> None:
    stream, seen = random.Random(8), 0
    for _ in range(80):
        instance = _generic(stream)
        tree = _without_pulls(_tree(stream, instance, 3))
        bound, pure = instance.enclosed(tree), instance.pure(tree, 300)
        if pure is not None:
            seen += 1
            assert abs(Fraction(bound) - pure) <= Fraction(1, 10**9) * (1 + abs(pure)), (bound, pure)
    assert seen >= 70


def _generic(stream: random.Random) -> Instance:
    """Return an instance without ties: numbers over a large prime."""
    prime = 1_000_003

    def draw() -> Fraction:
        return Fraction(stream.randint(-3 * prime, 3 * prime), prime)

    widths = [2, *(stream.randint(2, 5) for _ in range(stream.choice((1, 2, 3)))), 1]
    network = ReluNetwork(
        AffineMap([[draw() for _ in range(a)] for _ in range(b)], [draw() for _ in range(b)])
        for a, b in pairwise(widths)
    )
    return Instance(network, (draw(), draw()), NormBall(stream.choice(NORMS), abs(draw()) / 4))


def _rescaled(stream: random.Random, instance: Instance) -> Instance:
    """Scale every layer, the ball and its place by large or small powers of two."""
    network, size = instance.network, Fraction(2) ** stream.choice((0, 0, 40, -40, -60, 200))
    far = Fraction(2) ** stream.choice((0, 20, 52, 60)) if stream.random() < 0.5 else Fraction(1, 3)
    maps: list[AffineMap] = []
    total, shift = 1 / size, far
    for affine in network.maps:
        factor = Fraction(2) ** stream.choice((0, 0, 40, -40, -150, 150))
        weight = [[factor * w / (size if not maps else 1) for w in row] for row in affine.weight]
        total *= factor * size if not maps else factor
        moved = [sum(row, Fraction(0)) * shift if not maps else Fraction(0) for row in weight]
        bias = [total * value - move for value, move in zip(affine.bias, moved, strict=True)]
        maps.append(AffineMap(weight, bias))
    centre = tuple(size * value + far for value in instance.centre)
    domain = instance.domain
    if domain is not None:
        domain = (tuple(size * v + far for v in domain[0]), tuple(size * v + far for v in domain[1]))
    return Instance(ReluNetwork(maps), centre, NormBall(instance.ball.norm, size * instance.ball.radius), domain)


@pytest.mark.parametrize("norm", NORMS)
def test_the_enclosure_stays_below_the_truth_at_nasty_scales(norm: str) -> None:
    stream, finite = random.Random(f"scales {norm}"), 0
    for _ in range(80):
        instance = _rescaled(stream, _instance(stream, norm))
        shape = [Node(node.unit, leaf=node.leaf) for node in _tree(stream, instance, 3)]
        tree = _without_pulls(tuple(Node(leaf=None) if n.unit >= instance.network.size.units else n for n in shape))
        tree = tree if _is_whole(tree) else (Node(),)
        bound = instance.enclosed(tree)
        if np.isfinite(bound):
            finite += 1
            assert instance.is_below(Fraction(bound)), (bound, tree, instance.__dict__)
    assert finite >= 60


def _is_whole(tree: Tree) -> bool:
    missing = 1
    for place, node in enumerate(tree):
        missing += 1 if node.unit >= 0 else -1
        if not missing:
            return place == len(tree) - 1
    return False


@pytest.mark.parametrize("norm", NORMS)
def test_intervals_in_floats_hold_the_values_of_their_case(norm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, looked = random.Random(f"intervals {norm}"), 0
    for _ in range(30):
        instance = _instance(stream, norm)
        if stream.random() < 0.5:
            instance = _rescaled(stream, instance)
        tree = _unit_tree(stream, instance.network.size.units, 3)
        points = _points(stream, instance)
        for node, cases, row in _cases_met(instance, tree, monkeypatch):
            for point in points:
                flat = [value for layer in _inputs_of_units(instance.network, point) for value in layer]
                if all(sign * flat[unit] >= 0 for unit, sign in _path(tree, node)):
                    looked += 1
                    assert all(a <= z <= b for a, z, b in zip(cases.below[row], flat, cases.above[row], strict=True))
                    assert all(a <= x <= b for a, x, b in zip(cases.low[row], point, cases.high[row], strict=True))
    assert looked >= 300


def _unit_tree(stream: random.Random, units: int, depth: int) -> Tree:
    if not depth or not units or stream.random() < 0.2:
        return (Node(),)
    return (Node(stream.randrange(units)), *_unit_tree(stream, units, depth - 1), *_unit_tree(stream, units, depth - 1))


def _cases_met(
    instance: Instance, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[int, Any, int]]:  # fmt: skip
    met: list[Any] = []
    plain_step = TreeEnclosure._step

    def step(self: TreeEnclosure, cases: Any) -> Any:
        met.append(cases)
        return plain_step(self, cases)

    with monkeypatch.context() as patch:
        patch.setattr(TreeEnclosure, "_step", step)
        instance.enclosed(tree)
    for cases in met:
        for row, node in enumerate(cases.nodes):
            yield int(node), cases, row


def _path(tree: Tree, node: int) -> list[tuple[int, int]]:
    """Return the splits above a node with the side it lies on."""
    second, found, place = tree_enclosure._second_children(tree), [], 0
    while place != node:
        side = node >= second[place]
        found.append((tree[place].unit, 1 if side else -1))
        place = int(second[place]) if side else place + 1
    return found


# Known holes -----------------------------------------------------------------------------


@pytest.mark.parametrize("exponent", [500, 520, 530, 540, 600, 800])
def test_lengths_do_not_underflow_in_l2(exponent: int) -> None:
    tiny = Fraction(1, 2**exponent)
    network = ReluNetwork([AffineMap([[tiny, tiny]], [tiny * Fraction(6, 5)])])
    instance = Instance(network, (Fraction(0), Fraction(0)), NormBall("l2", 1))
    bound = instance.enclosed((Node(),))
    assert not np.isfinite(bound) or instance.is_below(Fraction(bound))
    data = LabelledPoints.of([[0, 0]], [1])
    for method in ("auto", "complete"):
        assert verify.robust_error(network, data, norm="l2", radius=1, method=method).status != ("robust",)


def test_a_weight_too_small_for_a_float_is_not_taken_for_zero(tmp_path: Path) -> None:
    lost, large = Fraction(1, 2**1080), Fraction(2) ** 800
    network = ReluNetwork(
        [AffineMap([[lost]], [0]), AffineMap([[large]], [-Fraction(1, 2**81)]), AffineMap([[-(2**81)]], [HAIR * 2**60])]
    )
    instance = Instance(network, (Fraction(0),), NormBall("linf", Fraction(2) ** 200))
    tree = (Node(0), Node(), Node())
    bound = instance.enclosed(tree)
    assert not np.isfinite(bound) or instance.is_below(Fraction(bound))
    result = verify.robust_error(network, LabelledPoints.of([[0]], [1]), radius=2**200)
    document = json.loads(result.certificate(tmp_path / "certificate.json").read_text())
    margin = str(HAIR * 2**50)
    hints = {"bits": 400, "input_bits": 0, "margin": margin, "trees": tree_text([tree], 2, 0)}
    document["violated"], document["robust"] = [], [{"rule": "tree", "label": 1, "indices": [0], "hints": hints}]
    document["statement"].update(lower="0", upper="0", margin=margin)
    _is_rejected(document, tmp_path)


def _is_rejected(document: Any, folder: Path) -> None:
    path = folder / "forged.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    for prove in (checker.prove_group, compiled_checker.prove_group):
        with pytest.raises(checker.Rejected):
            checker.check(path, prove)


def test_the_enclosure_refuses_what_floats_cannot_hold() -> None:
    huge = Fraction(2) ** 1100
    balls: list[tuple[Point, Any, Any]] = [
        ((huge,), 1, None),
        ((Fraction(0),), huge, None),
        ((Fraction(0),), 1, ((-huge,), (huge,))),
    ]
    for centre, radius, domain in balls:
        network = ReluNetwork([AffineMap([[1]], [0]), AffineMap([[1]], [1])])
        instance = Instance(network, centre, NormBall("linf", radius), domain)
        bound = instance.enclosed((Node(),))
        assert not np.isfinite(bound) or instance.is_below(Fraction(bound))
        data = LabelledPoints.of([centre], [1])
        result = verify.robust_error(network, data, radius=radius, domain=domain, method="complete")
        assert result.status in (("robust",), ("unknown",))


def _blocks(count: int) -> Sequence[Instance]:
    stream = random.Random(4)
    return [_generic(stream) for _ in range(count)]


def test_many_trees_at_once_are_bounded_as_each_alone() -> None:
    stream = random.Random(6)
    for instance in _blocks(6):
        trees = [_without_pulls(_tree(stream, instance, 3)) for _ in range(5)]
        rule = TreeRule(instance.network, 1, instance.ball)
        together = rule.enclosed([instance.centre] * 5, [[tree] for tree in trees])
        alone = [instance.enclosed(tree) for tree in trees]
        for a, b in zip(together, alone, strict=True):
            assert a == b or abs(a - b) <= 1e-9 * (1 + abs(a))
