"""Where verdicts go wrong first: exactly critical radii, plateaus at 0, ends of the integer range."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import verify
from constructions import (
    AffineMap,
    AssumptionViolated,
    LabelledPoints,
    NormBall,
    ReluNetwork,
    memorize_by_the_papers_route,
    memorize_with_box_bumps,
    memorize_with_l1_bumps,
    memorize_with_literals,
)
from verify.testing.exhaustive import critical_radius, smallest_margin

HAIR = Fraction(1, 2**40)
Builder = Callable[..., ReluNetwork]
BUILDERS: list[tuple[Builder, str]] = [
    (memorize_with_box_bumps, "linf"),
    (memorize_with_literals, "linf"),
    (memorize_by_the_papers_route, "linf"),
    (memorize_with_l1_bumps, "l1"),
]


def _status(network: ReluNetwork, label: int, point: list[Any], **asked: Any) -> str:
    return verify.robust_error(network, LabelledPoints.of([point], [label]), **asked).status[0]


def _cone(dim: int, height: Any = 1, factor: Any = 1) -> ReluNetwork:
    """``factor * (height - |x|_1)``."""
    faces = [[s * (j == k) for k in range(dim)] for j in range(dim) for s in (1, -1)]
    slopes = [[-Fraction(factor)] * (2 * dim)]
    return ReluNetwork([AffineMap(faces, [0] * (2 * dim)), AffineMap(slopes, [Fraction(factor) * Fraction(height)])])


def _largest_coordinate(height: Any) -> ReluNetwork:
    """``height - max(|x_1|, |x_2|)`` by ``max(u, v) = u + relu(v - u)``."""
    faces = AffineMap([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4)
    tree = AffineMap([[1, 1, 0, 0], [-1, -1, 1, 1]], [0, 0])
    return ReluNetwork([faces, tree, AffineMap([[-1, -1]], [height])])


def _half_space(normal: list[Any], offset: Any) -> ReluNetwork:
    return ReluNetwork([AffineMap([normal], [offset])])


def _absorbed(height: Any) -> ReluNetwork:
    """``height - |x|``, carried through a constant of 2^60."""
    big = 2**60
    faces = AffineMap([[1], [-1]], [0, 0])
    return ReluNetwork([faces, AffineMap([[-1, -1]], [big + Fraction(height)]), AffineMap([[1]], [-big])])


def _twins(height: Any) -> ReluNetwork:
    """``height - |x|``, with a pair of equal units that cancel beside it."""
    first = AffineMap([[1], [-1], [3], [3]], [0, 0, 1, 1])
    return ReluNetwork([first, AffineMap([[-1, -1, 2**20, -(2**20)]], [height])])


CRITICAL: list[tuple[str, ReluNetwork, int, list[Any], str, Any]] = [
    ("line", _half_space([1], 0), 1, ["3/7"], "linf", "3/7"),
    ("line, other label", _half_space([-2], 0), -1, ["3/7"], "l1", "3/7"),
    ("half-space in linf", _half_space([3, -4], 5), 1, [0, 0], "linf", "5/7"),
    ("half-space in l1", _half_space([3, -4], 5), 1, [0, 0], "l1", "5/4"),
    ("half-space in l2", _half_space([3, -4], 5), 1, [0, 0], "l2", "1"),
    ("half-space in l2, off the origin", _half_space(["3/5", "4/5"], 0), 1, [1, "1/3"], "l2", "13/15"),
    ("cone in l1", _cone(3, "5/7"), 1, [0, 0, 0], "l1", "5/7"),
    ("cone in linf", _cone(3, "5/7"), 1, [0, 0, 0], "linf", "5/21"),
    ("cone in l2 on a line", _cone(1, "5/7"), 1, ["1/7"], "l2", "4/7"),
    ("cone off its tip", _cone(1, "5/7"), 1, ["1/7"], "linf", "4/7"),
    ("cone times 2^60", _cone(2, "1/3", 2**60), 1, [0, 0], "l1", "1/3"),
    ("cone divided by 2^60", _cone(2, "1/3", Fraction(1, 2**60)), 1, [0, 0], "linf", "1/6"),
    ("cone times 2^200", _cone(1, "1/3", 2**200), 1, [0], "linf", "1/3"),
    ("largest coordinate", _largest_coordinate("2/3"), 1, [0, 0], "linf", "2/3"),
    ("absorbed constant", _absorbed("1/3"), 1, [0], "linf", "1/3"),
    ("cancelling twins", _twins("1/3"), 1, [0], "linf", "1/3"),
]


@pytest.mark.parametrize(
    ("network", "label", "point", "norm", "radius"), [row[1:] for row in CRITICAL], ids=[r[0] for r in CRITICAL]
)
def test_the_closed_ball_of_the_critical_radius_is_wrong_and_a_hair_less_is_right(
    network: ReluNetwork, label: int, point: list[Any], norm: str, radius: Any
) -> None:
    exact = Fraction(radius)
    assert _status(network, label, point, norm=norm, radius=exact - HAIR) == "robust"
    found = ["violated", "unknown"] if norm == "l2" and len(point) > 1 else ["violated"]
    assert _status(network, label, point, norm=norm, radius=exact) in found
    assert _status(network, label, point, norm=norm, radius=exact + HAIR) in found
    if norm != "l2":
        assert critical_radius(network, label, point, norm, 4) == exact


@pytest.mark.parametrize("label", [1, -1])
def test_an_output_of_exactly_zero_is_wrong_for_both_labels(label: int) -> None:
    plateau = ReluNetwork([AffineMap([[1]], [-1]), AffineMap([[1]], [0])])
    assert _status(plateau, label, [0], radius="1/2") == "violated"
    assert _status(plateau, label, [0], radius=0) == "violated"


def test_a_plateau_a_hair_off_zero_is_right_for_one_label() -> None:
    for offset, right in ((HAIR, 1), (-HAIR, -1)):
        plateau = ReluNetwork([AffineMap([[1]], [-1]), AffineMap([[1]], [offset])])
        assert _status(plateau, right, [0], radius=1) == "robust"
        assert _status(plateau, -right, [0], radius=1) == "violated"


def test_a_plateau_that_is_reached_only_at_the_corner_of_the_ball() -> None:
    corner = ReluNetwork([AffineMap([[-1, -1]], [1]), AffineMap([[1]], [0])])
    assert _status(corner, 1, [0, 0], radius="1/2") == "violated"
    assert _status(corner, 1, [0, 0], radius=Fraction(1, 2) - HAIR) == "robust"


@pytest.mark.parametrize(
    "edge",
    [s * (2**e + o) for e, o in ((31, 0), (53, 1), (60, 0), (62, 0), (63, -1), (63, 0), (64, 0)) for s in (1, -1)],
)
@pytest.mark.parametrize("method", ["auto", "interval", "paired", "attack"])
def test_weights_biases_and_points_at_the_ends_of_the_integer_range(edge: int, method: str) -> None:
    line, shifted, plain = _half_space([edge], 0), _half_space([1], edge), _half_space([1], 0)
    deep = ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[edge, 1]], [5]), AffineMap([[1]], [0])])
    for network, point in product((line, shifted, deep), (-1, 0, 1)):
        _is_never_wrong(network, [point], method)
    _is_never_wrong(plain, [edge], method)
    taken = LabelledPoints.of(np.array([[edge]], dtype=np.int64 if -(2**63) <= edge < 2**63 else object), [1])
    assert taken.point(0) == (edge,) and line([1]) == (edge,) and line([-1]) == (-edge,) and shifted([0]) == (edge,)


def _is_never_wrong(network: ReluNetwork, point: list[Any], method: str) -> None:
    for label in (1, -1):
        status = _status(network, label, point, radius="1/4", method=method)
        found = smallest_margin(network, label, point, NormBall("linf", "1/4"))
        assert found is not None and status in ("unknown", "violated" if found.margin <= 0 else "robust")


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize("method", ["auto", "interval", "paired", "attack"])
def test_large_weights_on_a_ball_at_the_origin_of_radius_zero(norm: str, method: str) -> None:
    network = ReluNetwork([AffineMap([[2**64], ["1/3"]], [0, 1]), AffineMap([[1, 1]], [0])])
    assert _status(network, 1, [0], norm=norm, radius=0, method=method) in ("robust", "unknown")
    assert _status(network, -1, [0], norm=norm, radius=0, method=method) in ("violated", "unknown")


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize("method", ["auto", "interval", "paired", "attack"])
def test_a_radius_of_2_to_minus_70_and_a_network_without_biases(norm: str, method: str) -> None:
    network = ReluNetwork([AffineMap([[1], [-1]], [0, 0]), AffineMap([[1, 1]], [0])])
    assert _status(network, 1, [0], norm=norm, radius=Fraction(1, 2**70), method=method) in ("violated", "unknown")


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize("method", ["auto", "interval", "paired", "attack"])
def test_a_domain_far_beyond_64_bits(norm: str, method: str, tmp_path: Path) -> None:
    network, box = _cone(1), ([-(10**30)], [10**30])
    network = ReluNetwork([*network.maps, AffineMap([[1]], [0])])
    data = LabelledPoints.of([[0], [2]], [1, -1])
    result = verify.robust_error(network, data, norm=norm, radius="1/4", method=method, domain=box)
    assert result.status[0] in ("robust", "unknown") and result.status[1] in ("violated", "unknown")
    assert "proved" in verify.recheck(result.certificate(tmp_path / "certificate.json"))


@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
def test_radius_zero_decides_the_centre_alone(norm: str) -> None:
    cone = _cone(2)
    assert [_status(cone, 1, [x, 0], norm=norm, radius=0) for x in (1 - HAIR, 1, 1 + HAIR)] == [
        "robust",
        "violated",
        "violated",
    ]
    assert [_status(cone, -1, [x, 0], norm=norm, radius=0) for x in (1 - HAIR, 1, 1 + HAIR)] == [
        "violated",
        "violated",
        "robust",
    ]


def test_a_ball_that_touches_the_domain_in_one_point() -> None:
    cone = _cone(1)
    assert _status(cone, 1, [0], radius=1, domain=([1], [2])) == "violated"
    assert _status(cone, 1, [0], radius=1 - HAIR, domain=([1 - HAIR], [2])) == "robust"
    assert _status(cone, 1, [0], radius=1 - HAIR, domain=([1], [2])) == "robust"


def test_l2_margins_of_several_outputs_are_those_of_the_certificate(tmp_path: Path) -> None:
    """Roots are rounded up in units of the last layer, so both sides must reduce it alike."""
    network = ReluNetwork([AffineMap([["-8/7", "8/5"], ["-1/7", 0]], ["-1/8", -2])])
    data = LabelledPoints.of([[-2, "-1/8"], [0, 2]], [0, 0])
    result = verify.robust_error(network, data, norm="l2", radius="1/16")
    assert result.status == ("robust", "robust")
    assert "proved" in verify.recheck(result.certificate(tmp_path / "certificate.json"))


# Memorizers ----------------------------------------------------------------------------


def _triangle() -> LabelledPoints:
    return LabelledPoints.of([["0", "1/3"], ["2/3", "0"], ["1", "1"], ["-1", "1/7"]], [1, -1, 1, -1])


@pytest.mark.parametrize(("build", "norm"), BUILDERS)
def test_a_memorizer_holds_up_to_a_hair_below_eps_and_refuses_eps(build: Builder, norm: str) -> None:
    data = _triangle()
    separation = data.separation(norm)
    assert separation is not None
    eps = separation / 2
    for radius in (Fraction(0), eps / 2, eps - HAIR, eps - Fraction(1, 2**200)):
        result = verify.robust_error(build(data, radius), data, norm=norm, radius=radius)
        assert result.status == ("robust",) * len(data) and result.smallest_margin == 1
    for radius in (eps, eps + HAIR):
        with pytest.raises(AssumptionViolated, match="must be below eps"):
            build(data, radius)
    at_eps = verify.robust_error(build(data, eps - HAIR), data, norm=norm, radius=eps)
    assert at_eps.upper > 0, "closed balls of two opposite points touch"


@pytest.mark.parametrize(("build", "norm"), BUILDERS)
def test_one_point_one_class_and_one_coordinate(build: Builder, norm: str) -> None:
    for label in (1, -1):
        alone = LabelledPoints.of([["1/3"]], [label])
        result = verify.robust_error(build(alone, 10**30), alone, norm=norm, radius=10**30)
        assert result.status == ("robust",)
    line = LabelledPoints.of([["1/3"], ["2/3"]], [1, -1])
    radius = Fraction(1, 6) - HAIR
    assert verify.robust_error(build(line, radius), line, norm=norm, radius=radius).status == ("robust", "robust")


@pytest.mark.parametrize(("build", "norm"), BUILDERS)
def test_points_beyond_64_bits_are_memorized_and_decided(build: Builder, norm: str) -> None:
    far = LabelledPoints.of([[2**70], [2**70 + 1], [-(2**70)]], [1, -1, 1])
    result = verify.robust_error(build(far, "3/7"), far, norm=norm, radius="3/7")
    assert result.status == ("robust",) * 3


@pytest.mark.parametrize(("build", "norm"), BUILDERS)
@pytest.mark.parametrize("points", [[[3], [0]], [[-3], [0]], [["3/2", 1], [0, "-3/2"]]])
@pytest.mark.parametrize("bits", [59, 60, 61, 62, 63, 64])
def test_radii_whose_integers_end_near_2_to_63(build: Builder, norm: str, points: list[list[Any]], bits: int) -> None:
    data = LabelledPoints.of(points, [1, -1])
    radius = 1 + Fraction(1, 2**bits)
    result = verify.robust_error(build(data, radius), data, norm=norm, radius=radius)
    assert result.status == ("robust", "robust") and result.smallest_margin == 1
