"""The cards of Definitions 5.1 to 5.4, Theorems 5.5 and 5.8 and Lemma 5.6, and their entries in the errata."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import verify
from constructions import AffineMap, LabelledPoints, ReluNetwork
from constructions.classifiers.manifold_cover import classify_manifold_cover
from constructions.classifiers.off_plane import add_penalty_off_centre
from constructions.data.labelled_cover import LabelledCover
from constructions.data.manifold import Cell, Patch
from constructions.errors import AssumptionViolated, BudgetExceeded, UsageError
from constructions.exact.square_roots import square_root_bounds
from constructions.manifolds.covers import cover_manifold
from constructions.manifolds.cube_boundary import CubeBoundary
from constructions.manifolds.flat_torus import FlatTorus
from constructions.manifolds.planes import AxisPlane, DiagonalPlane
from constructions.manifolds.swiss_roll import SwissRoll
from constructions.network.affine_products import composed
from verify.capacity.packing_bound import is_short_for, packing_bound
from verify.capacity.printed import printed_manifold_size
from verify.capacity.size_bound import certified_size_bound
from verify.certificate.checker import check as checker
from verify.claims.packing_claims import boxes_hold_points
from verify.cli import main
from verify.notes.formulas import formula, symbol
from verify.theorem import Report, Request
from verify.theorems.manifold_approximation import printed_approximation_size
from verify.theorems.manifold_instances import classes_of, fine_cover
from verify.theorems.registry import check, find_theorem

CLASSIFIER, HARD = "robust-classifier-on-manifold", "hard-manifold-sets"
APPROXIMATION = "manifold-approximation"
NUMBERS = ("5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "5.8")
Run = Callable[..., int]
HARD_RUN = find_theorem(HARD).run
INSTANCE = (2, 3, Fraction(9000), Fraction(1, 2), Fraction(1, 17))


def _statuses(report: Report) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in report.verdicts}


def _number(report: Report, claim: str, side: str = "measured") -> Fraction:
    return Fraction(str(getattr(report.claim(claim), side)))


def _formula(report: Report, claim: str, **values: object) -> Fraction:
    assert report.theorem is not None
    bound = formula(find_theorem(report.theorem).bounds[claim])
    found = bound.subs({symbol(name): formula(str(value)) for name, value in values.items()})
    return Fraction(int(found.p), int(found.q))


# Defaults ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_holds_by_default_without_a_sample(name: str) -> None:
    report = check(name)
    assert report.exit_code == 0 and "sample" not in {verdict.evidence for verdict in report.verdicts}
    names = set(find_theorem(name).claims)
    assert set(_statuses(report)) <= names and names - set(_statuses(report)) <= {"cover"}


@pytest.mark.theorem(
    "robust-classifier-on-manifold",
    claims=[
        "cover",
        "cover_radius",
        "offset",
        "separation",
        "robust_error",
        "margin",
        "count",
        "parameters",
        "size_bound",
        "sandwich",
    ],
)
@pytest.mark.parametrize("spec", ["axis-plane:k=1,d=3", "diagonal-plane:k=2,d=4", "cube-boundary:k=1,d=2", "torus:k=1"])
@pytest.mark.parametrize("ratio", ["0", "1/2"])
def test_theorem_5_5_corrected_holds(spec: str, ratio: str) -> None:
    report = check(CLASSIFIER, manifold=spec, eps="1/9", ratio=ratio)
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem(CLASSIFIER).claims)
    values = {"m": report.instance["patches"], "d": report.instance["d"]}
    assert _number(report, "parameters", "promised") == _formula(report, "parameters", **values)
    assert _number(report, "separation", "promised") == _formula(report, "separation", eps=report.instance["eps"])
    assert report.network is not None and report.network.size.depth == 3
    loss = _number(report, "cover_radius") + _number(report, "offset")
    assert loss < Fraction(report.instance["eps"]) - Fraction(report.instance["radius"])


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["robust_error"])
def test_a_network_that_knows_only_the_manifold_is_refuted() -> None:
    right = check(CLASSIFIER, manifold="axis-plane:k=1,d=2").network
    assert right is not None
    wrong = add_penalty_off_centre(right, axis=1, slope=Fraction(100))
    report = check(CLASSIFIER, manifold="axis-plane:k=1,d=2", network=wrong)
    assert report.exit_code == 1 and report.claim("robust_error").witness is not None


@pytest.mark.theorem("robust-classifier-on-manifold", claims=["robust_error"])
def test_a_network_that_is_right_near_the_classes_is_not_refuted_by_their_boxes() -> None:
    """The boxes around the centres of patches reach farther than the radius around the classes."""
    plane, eps, radius = AxisPlane(1, 2), Fraction(1, 8), Fraction(1, 16)
    classes = classes_of(fine_cover(plane, eps, radius), eps, Request())
    pieces = 16
    parts = [
        Cell(0, (low + (high - low) * Fraction(i, pieces),), (low + (high - low) * Fraction(i + 1, pieces),))
        for ((low,), (high,)) in ((patch.cell.lower, patch.cell.upper) for patch in classes.patches)
        for i in range(pieces)
    ]
    points = [plane.point(0, part.middle) for part in parts]
    patches = [Patch(p, *plane.enclose(p), point, point) for p, point in zip(parts, points, strict=True)]
    finer = LabelledCover(tuple(patches), tuple(label for label in classes.labels for _ in range(pieces)))
    # Right within the radius of the same classes, by bumps that are 1 hardly farther than that.
    network = classify_manifold_cover(finer, radius + 3 * finer.radius, radius)
    report = check(CLASSIFIER, manifold=plane.spec, eps=eps, radius=radius, network=network)
    assert report.claim("robust_error").status == "unknown" and report.exit_code == 3
    assert report.result is not None and report.result.count("violated") > 0
    turned = ReluNetwork([*network.maps[:-1], composed(AffineMap([[-1]], [0]), network.maps[-1])])
    wrong = check(CLASSIFIER, manifold=plane.spec, eps=eps, radius=radius, network=turned)
    assert wrong.claim("robust_error").status == "violated" and wrong.result is not None
    assert wrong.result.ball.radius == radius


def test_too_small_manifolds_and_wrong_numbers_are_inapplicable() -> None:
    assert check(CLASSIFIER, manifold="torus:k=1,radius=1/32").exit_code == 4
    assert check(CLASSIFIER, manifold="torus:k=1", radius="1/8").exit_code == 4
    assert check("5.1", manifold="cube-boundary").exit_code == 4
    assert check("5.2", manifold="swiss-roll").exit_code == 4
    assert check("5.3", manifold="sphere:k=2").exit_code == 4
    assert check("5.8", manifold="torus:k=2", eps="1/8").exit_code == 4
    assert check(HARD, manifold="torus:k=1", eps="1").exit_code == 4
    assert check("5.4", manifold="swiss-roll").exit_code == 4
    assert check("5.8", manifold="swiss-roll").exit_code == 4
    with pytest.raises(UsageError, match="unknown manifold"):
        check("5.5", manifold="klein-bottle")
    with pytest.raises(BudgetExceeded, match=r"22\^4 nodes"):
        check("5.5", manifold="torus:k=2")


# Theorem 5.5 as printed ----------------------------------------------------------------


@pytest.mark.theorem(
    "robust-classifier-on-manifold-as-printed",
    claims=["cover", "separation", "projection", "distortion", "strict_error", "robust_error", "parameters"],
)
@pytest.mark.parametrize(
    ("spec", "eps", "ratio"),
    [
        ("axis-plane:k=1,d=3", "1/6", "1/2"),
        ("diagonal-plane:k=1,d=3", "1/6", "1/2"),
        ("cube-boundary:k=1,d=3", "1/6", "1/2"),
        ("torus:k=1", "1/6", "1/2"),
        ("torus:k=2", "1/3", "1/4"),
        ("sphere:k=2", "1/4", "1/2"),
    ],
)
def test_theorem_5_5_as_printed_holds_by_the_papers_route(spec: str, eps: str, ratio: str) -> None:
    report = check("5.5", manifold=spec, eps=eps, ratio=ratio)
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem("5.5").claims)
    instance = report.instance
    assert _number(report, "strict_error", "promised") == _formula(
        report, "strict_error", delta=instance["radius"], eps=instance["eps"]
    )
    assert _number(report, "strict_error") < _number(report, "strict_error", "promised")
    assert report.network is not None and report.network.size.weight_bits <= 12


@pytest.mark.theorem("robust-classifier-on-manifold-as-printed", claims=["robust_error"])
@pytest.mark.parametrize("spec", ["axis-plane:k=2,d=4", "diagonal-plane:k=1,d=3"])
def test_on_planes_the_papers_route_has_a_certificate(spec: str, tmp_path: Path) -> None:
    report = check("5.5", manifold=spec)
    assert report.result is not None and report.network == report.result.network
    path = report.result.certificate(tmp_path / "certificate.json")
    document = json.loads(path.read_text())
    assert {group["rule"] for group in document["robust"]} == {"simplices"}
    assert "the robust error is exactly 0" in checker(path)
    # The balls of the certificate are as wide as the classes and their neighbourhoods.
    assert Fraction(document["statement"]["radius"]) > Fraction(report.instance["radius"])


# Theorem 5.8 ---------------------------------------------------------------------------


@pytest.mark.theorem(
    "hard-manifold-sets",
    claims=[
        "on_manifold",
        "packing",
        "packing_number",
        "size_bound",
        "robust_error",
        "margin",
        "parameters",
        "sandwich",
    ],
)
@pytest.mark.parametrize(
    ("spec", "eps"), [("axis-plane:k=2,d=3", "1/8"), ("torus:k=1", "1/16"), ("sphere:k=1", "1/17")]
)
def test_theorem_5_8_corrected_holds(spec: str, eps: str) -> None:
    report = check(HARD, manifold=spec, eps=eps)
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem(HARD).claims)
    m, d = report.instance["points"], report.instance["d"]
    assert _number(report, "parameters", "promised") == _formula(report, "parameters", m=m, d=d)
    assert _number(report, "packing") >= _number(report, "packing", "promised") == 2 * Fraction(eps)
    assert report.claim("packing_number").evidence == "enclosure"
    assert _number(report, "size_bound") == certified_size_bound(m, d).size


@pytest.mark.theorem("hard-manifold-sets", claims=["packing", "sandwich", "size_bound"])
def test_no_smoothness_is_needed_and_large_packings_are_counted() -> None:
    boundary = check(HARD, manifold="cube-boundary:k=1,d=2", eps="1/8")
    assert boundary.exit_code == 0 and "packing_number" not in _statuses(boundary)
    large = check(HARD, manifold="torus:k=5", eps="1/16")
    assert large.exit_code == 3 and large.instance["points"] == 22**5
    assert [name for name, status in _statuses(large).items() if status != "holds"] == ["robust_error"]
    assert f"the network for {22**5} points" in str(large.claim("robust_error").detail)


@pytest.mark.theorem("hard-manifold-sets", claims=["on_manifold", "packing", "robust_error", "margin", "parameters"])
def test_the_swiss_roll_has_a_packing_of_enclosures() -> None:
    report = check(HARD, manifold="swiss-roll", eps="1/8")
    assert report.exit_code == 0 and report.claim("packing").method == "all pairs"
    assert set(find_theorem(HARD).claims) - set(_statuses(report)) == {"packing_number"}
    assert report.instance["points"] >= 10
    with pytest.raises(AssumptionViolated, match="no two boxes"):
        HARD_RUN(Request(family=replace(Request().family, manifold=SwissRoll()), eps=Fraction(1, 2)))


@pytest.mark.theorem("hard-manifold-sets", claims=["on_manifold"])
def test_a_box_that_misses_its_part_of_the_roll_is_seen() -> None:
    patches = list(cover_manifold(SwissRoll(), "1/4").patches)
    assert boxes_hold_points(SwissRoll(), patches).status == "holds"
    wrong = replace(
        patches[2], upper=tuple((a + b) / 2 for a, b in zip(patches[2].lower, patches[2].upper, strict=True))
    )
    found = boxes_hold_points(SwissRoll(), [*patches[:2], wrong])
    assert found.status == "violated" and found.witness == {"index": 2}


@pytest.mark.theorem(
    "hard-manifold-sets-as-printed", claims=["reach", "on_manifold", "packing", "packing_number", "size_bound"]
)
def test_theorem_5_8_as_printed_holds_with_volume_and_reach() -> None:
    report = check("5.8", manifold="torus:k=1")
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem("5.8").claims)
    assert _number(report, "size_bound", "promised") == printed_manifold_size(1, 2, Fraction(1, 16)) == 2


@pytest.mark.theorem("hard-manifold-sets-as-printed", claims=["packing", "size_bound"])
def test_a_tiny_torus_refutes_the_printed_statement() -> None:
    report = check("5.8", instance="erratum")
    assert report.exit_code == 1 and report.claim("robust_error").status == "holds"
    box = report.claim("packing").witness
    assert box is not None
    sides = {Fraction(high) - Fraction(low) for low, high in zip(box["lower"], box["upper"], strict=True)}
    assert sides == {Fraction(1, 16)} and Fraction(report.claim("packing").promised or 0) == Fraction(1, 8)
    torus = FlatTorus.of(2, "1/32")
    for u in (-1, 0, Fraction(1, 3), 1):
        for chart in range(4):
            point = torus.point(chart, (Fraction(u), Fraction(-u)))
            inside = zip(box["lower"], point, box["upper"], strict=True)
            assert all(Fraction(low) <= x <= Fraction(high) for low, x, high in inside)
    assert (report.claim("size_bound").measured, report.claim("size_bound").promised) == ("1", "5")


@pytest.mark.parametrize(("k", "d", "eps"), [(1, 2, "1/16"), (2, 4, "1/16"), (3, 7, "1/50"), (5, 5, "1/3")])
def test_the_printed_order_is_rounded_down(k: int, d: int, eps: str) -> None:
    found = printed_manifold_size(k, d, Fraction(eps))
    fourth = (Fraction(k, d) / (4 * Fraction(eps) ** 2)) ** k
    assert found**4 <= fourth < (found + 1) ** 4


@pytest.mark.theorem("hard-manifold-sets", claims=["packing_number"])
def test_the_packing_bound_is_below_known_packings_and_above_nothing() -> None:
    # The circle of radius 1/2: chord s, geodesic 1/2 - sqrt(1/4 - s/2) at least the true arc.
    found = packing_bound(1, 2, Fraction(333, 106), Fraction(1, 2), Fraction(1, 8))
    assert found is not None and found.points == 7 and found.chord**2 >= Fraction(1, 32)
    assert (Fraction(1, 2) - found.geodesic) ** 2 <= Fraction(1, 4) - found.chord / 2 + Fraction(1, 10**12)
    flat = packing_bound(2, 2, Fraction(1), "infinite", Fraction(1, 8))
    assert flat is not None and flat.geodesic == flat.chord and flat.points <= 81
    assert packing_bound(1, 2, Fraction(3), Fraction(1, 2), Fraction(1, 2)) is None
    assert packing_bound(1, 2, Fraction(3), "unknown", Fraction(1, 100)) is None
    assert (is_short_for("unknown", 3, Fraction(1)), is_short_for(Fraction(0), 3, Fraction(1))) == (None, False)


@pytest.mark.theorem("hard-manifold-sets", claims=["packing_number"])
def test_every_root_in_the_packing_bound_is_rounded_in_the_safe_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    """With coarse roots the bound may only fall; with the ends of each root exchanged it rises too far."""
    fine = packing_bound(*INSTANCE)
    assert fine is not None
    k, d, volume, reach, distance = INSTANCE
    assert fine.chord**2 >= distance**2 * d and (fine.chord - Fraction(1, 2**60)) ** 2 < distance**2 * d
    assert (reach - fine.geodesic) ** 2 <= reach**2 - 2 * reach * fine.chord
    assert (reach - fine.geodesic + Fraction(1, 2**60)) ** 2 > reach**2 - 2 * reach * fine.chord
    # The ball of dimension 2 has the area pi, and 333/106 < pi < 355/113.
    assert Fraction(106, 333) * volume / fine.geodesic**k >= fine.points - 1
    assert fine.points >= Fraction(113, 355) * volume / fine.geodesic**k
    for bits in (6, 8, 12):
        for ends, is_safe in (((0, 1), True), ((1, 0), False)):

            def roots(square: Fraction, bits: int = bits, ends: tuple[int, int] = ends) -> tuple[Fraction, ...]:
                found = square_root_bounds(square, bits)
                return found[ends[0]], found[ends[1]]

            monkeypatch.setattr("verify.capacity.packing_bound.square_root_bounds", roots)
            coarse = packing_bound(*INSTANCE)
            assert coarse is not None and (coarse.chord >= fine.chord) == is_safe
            assert (coarse.geodesic >= fine.geodesic) == is_safe and (coarse.points <= fine.points) == is_safe


# Definition 5.4 and trap 18 ------------------------------------------------------------


@pytest.mark.theorem("robust-error-on-manifold", claims=["robust_error", "ambient_error", "one_way"])
def test_trap_18_right_on_the_plane_and_wrong_beside_it() -> None:
    report = check("5.4")
    assert report.exit_code == 0
    assert (report.claim("robust_error").measured, report.claim("ambient_error").measured) == ("0", "2/5")
    assert report.claim("one_way").status == "holds"


@pytest.mark.theorem("robust-error-on-manifold", claims=["cover", "robust_error", "one_way"])
def test_curved_manifolds_are_decided_patch_by_patch() -> None:
    report = check("5.4", manifold="torus:k=1", eps="1/6")
    assert report.exit_code == 0 and report.claim("cover").status == "holds"
    constant = ReluNetwork([AffineMap([[0, 0]], [1])])
    wrong = check("5.4", manifold="torus:k=1", eps="1/6", network=constant)
    assert wrong.exit_code == 1 and wrong.claim("robust_error").witness is not None


def _line(slope: int, constant: str, axis: int, dim: int) -> ReluNetwork:
    return ReluNetwork([AffineMap.from_coo([0], [axis], [slope], (1, dim), [Fraction(constant)])])


@pytest.mark.theorem("robust-error-on-manifold", claims=["robust_error"])
def test_the_attacker_stays_on_the_faces_of_a_cube() -> None:
    square = CubeBoundary(1, 2)
    data = LabelledPoints.of([[0, 0], [1, "1/2"]], [1, -1])
    # Right at x_1 < 3/4; on its face the second point cannot move along x_1, in space it can.
    line = _line(-1, "3/4", 0, 2)
    assert verify.robust_error_on_manifold(line, data, square, "3/8").upper == 0
    assert verify.robust_error(line, data, radius="3/8").status == ("robust", "violated")
    # At 1/2 it reaches the neighbouring faces, and the corner still does not get far enough.
    found = verify.robust_error_on_manifold(line, data, square, "1/2")
    assert found.status == ("robust", "violated") and found.witnesses[1] is not None
    assert square.contains(found.witnesses[1]) and found.witnesses[1][0] <= Fraction(3, 4)
    with pytest.raises(AssumptionViolated, match="point 0 does not lie"):
        verify.robust_error_on_manifold(line, LabelledPoints.of([["1/2", "1/2"]], [1]), square, 0)
    with pytest.raises(AssumptionViolated, match="curved"):
        verify.robust_error_on_manifold(line, data, FlatTorus.of(1), 0)
    with pytest.raises(UsageError, match="lies in R"):
        verify.robust_error_on_manifold(line, data, AxisPlane(1, 3), 0)


@pytest.mark.theorem("robust-error-on-manifold", claims=["robust_error"])
@pytest.mark.parametrize("radius", ["1/10", "1/4"])
def test_the_diagonal_is_decided_on_its_parameter(radius: str) -> None:
    # On the diagonal of the square x_1 - x_2 is 0; beside it the sign of the network changes.
    network = ReluNetwork([AffineMap([[8, -8]], [1])])
    data = LabelledPoints.of([["1/4", "1/4"], ["3/4", "3/4"]], [1, 1])
    diagonal = DiagonalPlane(1, 2)
    assert verify.robust_error_on_manifold(network, data, diagonal, radius).upper == 0
    assert verify.robust_error(network, data, radius=radius).lower == 1


@pytest.mark.theorem("robust-error-on-manifold", claims=["robust_error"])
def test_the_deadline_reaches_the_error_on_the_manifold() -> None:
    """With no time left nothing is proved of the manifold either, and nothing wrong is said."""
    manifold = FlatTorus.of(1)
    right = check("5.4", manifold=manifold.spec, eps="1/6").network
    request = Request(family=replace(Request().family, manifold=manifold), eps=Fraction(1, 6), network=right)
    late = find_theorem("5.4").run(replace(request, deadline=time.monotonic() - 1))
    assert late.claim("robust_error").status == "unknown" and late.exit_code == 3


# Definitions 5.1 to 5.3 ----------------------------------------------------------------


@pytest.mark.theorem("atlas", claims=["on_manifold", "inverse", "transition", "cover"])
@pytest.mark.parametrize("spec", ["axis-plane:k=2,d=3", "diagonal-plane:k=1,d=2", "torus:k=1", "sphere:k=3"])
def test_charts_fit_together(spec: str) -> None:
    report = check("atlas", manifold=spec)
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem("atlas").claims)


@pytest.mark.theorem("partition-of-unity", claims=["sum", "nonnegative", "support"])
@pytest.mark.parametrize("spec", ["axis-plane:k=2,d=3", "torus:k=1", "torus:k=3", "sphere:k=3"])
def test_partitions_sum_to_one_on_the_whole_manifold(spec: str) -> None:
    report = check("5.2", manifold=spec)
    assert report.exit_code == 0 and list(_statuses(report)) == ["sum", "nonnegative", "support"]


@pytest.mark.theorem("poly-partitionable", claims=["sum", "nonnegative", "support", "count"])
@pytest.mark.parametrize(("spec", "degree"), [("axis-plane:k=1,d=2", 1), ("torus:k=1", 2), ("torus:k=2", 2)])
def test_partitions_by_small_networks_of_polynomials(spec: str, degree: int) -> None:
    report = check("5.3", manifold=spec)
    assert report.exit_code == 0 and report.instance["degree"] == degree


@pytest.mark.theorem("poly-partitionable", claims=["sum", "support"])
def test_the_squares_of_a_circle_sum_to_one_at_its_points() -> None:
    from constructions.manifolds.partitions import polynomial_partition
    from constructions.manifolds.sphere import Sphere

    circle = Sphere.of(1)
    network = polynomial_partition(circle).network
    for n in range(-8, 9):
        x, y = ((value - Fraction(1, 2)) * 2 for value in circle.point(n % 2, (Fraction(n, 8),)))
        upright, sideways = network([x * x])
        clipped = [max(Fraction(0), min(Fraction(1), Fraction(3, 2) - 2 * z * z)) for z in (x, y)]
        assert [upright, sideways] == clipped and upright + sideways == 1


# Lemma 5.6 -----------------------------------------------------------------------------


@pytest.mark.theorem(
    "manifold-approximation", claims=["cover", "cover_radius", "accuracy", "parameters", "size_bound", "sandwich"]
)
def test_lemma_5_6_corrected_holds() -> None:
    report = check(APPROXIMATION, manifold="axis-plane:k=1,d=1", accuracy="1/6")
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem(APPROXIMATION).claims)
    values = {"beta": "1/6", "d": 1}
    assert _number(report, "cover_radius", "promised") == _formula(report, "cover_radius", **values)


@pytest.mark.theorem("manifold-approximation-as-printed", claims=["accuracy", "parameters"])
def test_the_printed_exponent_leaves_no_parameter() -> None:
    assert check("5.6").exit_code == 0
    report = check("5.6", instance="erratum")
    assert report.exit_code == 1 and report.claim("parameters").promised == "0"
    witness = report.claim("accuracy").witness
    assert witness is not None and Fraction(witness["error"]) > Fraction(1, 4)
    # Whatever factor stands in front, a smaller accuracy takes the order below one parameter.
    for power in (10, 40, 80):
        assert printed_approximation_size(1, 2, Fraction(1, 2**power))[0] == 0
    assert Fraction(2**70) * Fraction(1, 2**80) < 1


# The command line ----------------------------------------------------------------------


def test_the_command_takes_a_manifold(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code in (
        (["check", "5.2", "--manifold", "sphere:k=1"], 0),
        (["check", "5.8", "--instance", "erratum"], 1),
        (["check", "5.5", "--manifold", "moebius"], 2),
        (["check", "5.1", "--manifold", "swiss-roll"], 4),
    ):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert int(str(end.value.code)) == code
    assert "choose one of axis-plane" in capsys.readouterr().err
