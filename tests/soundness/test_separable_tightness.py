"""The separable method alone proves margin 1 for every memorizer with squares, at the radius it was built for."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

import verify
from constructions import LabelledPoints, ReluNetwork
from constructions.memorizers.instance import half_separation
from constructions.memorizers.paper_l2 import memorize_by_the_papers_route_in_l2
from constructions.memorizers.sawtooth import memorize_with_kinks, memorize_with_sawtooth
from constructions.memorizers.shared_square import memorize_with_shared_square
from verify.methods.separable.pieces import Pieces, combined

BUILDERS: dict[str, Callable[..., ReluNetwork]] = {
    "shared-square": memorize_with_shared_square,
    "sawtooth": memorize_with_sawtooth,
    "kinks": memorize_with_kinks,
    "paper": memorize_by_the_papers_route_in_l2,
}
RATIOS = [Fraction(0), Fraction(1, 100), Fraction(1, 2), Fraction(9, 10), Fraction(99, 100), Fraction(999, 1000)]


def _instance(seed: int) -> tuple[LabelledPoints, Fraction]:
    """Return points on grids of many widths, shifted, some with scales of many digits, and half their separation."""
    stream = random.Random(seed)
    dim, unit = stream.randint(1, 8), stream.choice([1, 2, 7, 16, 1000, 10**9 + 7])
    shift, reach = (
        stream.choice([Fraction(0), Fraction(1, 3), Fraction(-1, 2), Fraction(100)]),
        stream.choice([1, 2, 8]),
    )
    rows: dict[tuple[Fraction, ...], None] = {}
    while len(rows) < 4:
        rows[tuple(Fraction(stream.randint(0, reach * unit), unit) + shift for _ in range(dim))] = None
        reach += 1
    data = LabelledPoints.of([list(row) for row in rows], [1, -1, stream.choice((-1, 1)), stream.choice((-1, 1))])
    closest = data.closest_opposite_pairs("l2")
    assert closest is not None
    return data, half_separation(closest.distance, "l2")


@pytest.mark.theorem("robust-memorization-l2", claims=["margin", "robust_error"])
@pytest.mark.parametrize("name", list(BUILDERS))
@pytest.mark.parametrize("seed", range(12))
def test_margin_one_is_proved_at_the_radius_built_for(name: str, seed: int, tmp_path: Path) -> None:
    data, eps = _instance(seed)
    radius = eps * RATIOS[seed % len(RATIOS)]
    network = BUILDERS[name](data, radius)
    result = verify.robust_error(network, data, "l2", radius, "separable")
    assert result.smallest_margin is not None and result.smallest_margin >= 1
    if seed % 4 == 0:
        assert verify.recheck(result.certificate(tmp_path / "certificate.json")).startswith("proved")


def test_a_single_piece_far_from_its_kink_is_proved_on_the_range_of_all_balls() -> None:
    """One class sees a straight part of the square only; its parabola shows on the range of both."""
    data = LabelledPoints.of([["0.2735"], ["0.84"], ["1.91"]], [-1, -1, 1])
    radius = Fraction("0.26")
    result = verify.robust_error(memorize_with_shared_square(data, radius), data, "l2", radius, "separable")
    assert result.smallest_margin is not None and result.smallest_margin >= 1


def test_a_ball_that_is_too_large_gets_a_wrong_point_at_once() -> None:
    data = LabelledPoints.of([[0, 0], [3, 4], [6, -2]], [1, -1, -1])
    network = memorize_with_shared_square(data, Fraction(5, 4))
    result = verify.robust_error(network, data, "l2", Fraction(5), "separable")
    witness = result.witness(0)
    assert result.status[0] == "violated" and witness is not None
    assert sum(x * x for x in witness) <= 25 and network(witness)[0] <= 0


@pytest.mark.parametrize("seed", range(60))
def test_functions_in_integers_agree_with_what_they_are_made_of(seed: int) -> None:
    stream = random.Random(seed)
    functions = [Pieces.line(Fraction(stream.randint(-3, 3), 2), Fraction(stream.randint(-3, 3), 3))]
    values: list[Callable[[Fraction], Fraction]] = [functions[0].at]
    for _ in range(6):
        terms = [(stream.choice((-3, -1, 1, 2)), stream.randrange(len(functions))) for _ in range(stream.randint(1, 3))]
        constant, whole = stream.randint(-4, 4), stream.randint(1, 5)
        made = combined([(weight, functions[k]) for weight, k in terms], constant, whole)

        def value(place: Fraction, parts=tuple((w, values[k]) for w, k in terms), c=constant, over=whole) -> Fraction:
            return (sum((w * part(place) for w, part in parts), Fraction(c))) / over

        functions += [made, made.relu()]
        values += [value, lambda place, before=value: max(before(place), Fraction(0))]
    for made, exact in zip(functions, values, strict=True):
        low = Fraction(stream.randint(-20, 10), 7)
        window, near = made.on(low, low + 3), made.cut(low, low + 3)
        for _ in range(8):
            place = low + Fraction(stream.randint(0, 36), 12)
            assert made.at(place) == near.at(place) == exact(place)
            assert window.least <= exact(place) <= window.most
        assert all(low <= Fraction(node, near.unit) <= low + 3 for node in near.nodes) or near.is_affine
