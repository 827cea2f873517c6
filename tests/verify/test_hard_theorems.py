"""The cards of Theorems 3.4, 4.1, 4.3, 4.4 and of robust overfitting, and their entries in the errata."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from constructions import AffineMap, LabelledPoints, ReluNetwork
from constructions.classifiers.bit_extraction import BlockTable, classify_grid_by_bit_extraction, count_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.errors import InexactInput, UsageError
from constructions.hard_distributions.halfspace import separating_halfspace
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from verify.capacity.printed import printed_separated_size, printed_size
from verify.capacity.samples import consistent_halfspace_samples
from verify.capacity.size_bound import certified_size_bound
from verify.certificate import checker, count_checker
from verify.claims.size_bound_claims import built_above_bound, size_bound_at_least
from verify.cli import main
from verify.notes.formulas import formula, symbol
from verify.robustness import robust_error
from verify.theorem import Report
from verify.theorems.registry import check, find_theorem

LINEAR, SEPARATED = "hard-linearly-separable-sets", "hard-separated-sets"
LINEAR_PRINTED, SEPARATED_PRINTED = f"{LINEAR}-as-printed", f"{SEPARATED}-as-printed"
BALANCED, LEARNING, OVERFITTING = "balanced-distribution", "clean-learning", "robust-overfitting"
HARD = (LINEAR, LINEAR_PRINTED, SEPARATED, SEPARATED_PRINTED)
SMALL = [(2, "1/16"), (3, "1/4"), (4, "1/4"), (5, "1/2"), (3, "2/9")]
Run = Callable[..., tuple[int, str]]


def _statuses(report: Report) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in report.verdicts}


def _measured(report: Report, claim: str) -> Fraction:
    return Fraction(str(report.claim(claim).measured))


def _promised(report: Report, claim: str) -> Fraction:
    return Fraction(str(report.claim(claim).promised))


def _values(report: Report, **more: object) -> dict[str, Fraction]:
    """Return the symbols of formulas on an instance."""
    said = report.instance
    names = {"d": "d", "eps": "eps", "eps0": "offset", "m": "points", "n": "training", "mu": "mu", "beta": "accuracy"}
    found = {name: Fraction(str(said[key])) for name, key in names.items() if key in said}
    return found | {name: Fraction(str(value)) for name, value in more.items()}


def _by_formula(report: Report, claim: str, **more: object) -> Fraction:
    """Evaluate the registered bound of a claim with sympy."""
    assert report.theorem is not None
    bound = formula(find_theorem(report.theorem).bounds[claim])
    values = {symbol(name): formula(str(value)) for name, value in _values(report, **more).items()}
    value = bound.subs(values)
    assert value.is_Rational, f"{claim}: {value}"
    return Fraction(int(value.p), int(value.q))


def _table(report: Report, axes: int) -> dict[str, object]:
    steps = int(1 / (2 * Fraction(report.instance["eps"])))
    table = BlockTable.smallest((steps + 1) ** axes)
    return {"q": steps, "b": table.blocks, "l": table.length}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in an empty folder; return its exit code and what it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return int(str(end.value.code)), printed.out + printed.err

    return call


# Every claim on small instances --------------------------------------------------------


@pytest.mark.theorem(
    "hard-linearly-separable-sets",
    claims=[
        "classes",
        "separation",
        "linearly_separable",
        "conflict_free",
        "plane_robust_error",
        "size_bound",
        "robust_error",
        "margin",
        "count",
        "parameters",
        "sandwich",
    ],
)
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize(("dim", "eps"), SMALL)
def test_theorem_4_3_corrected_holds_on_small_sets(dim: int, eps: str, norm: str) -> None:
    report = check(LINEAR, dim=dim, eps=eps, norm=norm)
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem(LINEAR).claims)
    table = _table(report, dim - 1)
    if norm != "l2":
        assert _promised(report, "separation") == _by_formula(report, "separation")
    for claim in ("linearly_separable", "plane_robust_error", "robust_error", "margin"):
        assert _promised(report, claim) == _by_formula(report, claim)
        assert report.claim(claim).measured == report.claim(claim).promised
    for claim in ("count", "parameters"):
        assert _promised(report, claim) == _by_formula(report, claim, **table)
        assert _measured(report, claim) <= _promised(report, claim)


@pytest.mark.theorem(
    "hard-separated-sets",
    claims=[
        "classes",
        "separation",
        "conflict_free",
        "size_bound",
        "robust_error",
        "margin",
        "count",
        "parameters",
        "sandwich",
    ],
)
@pytest.mark.parametrize("norm", ["linf", "l1", "l2"])
@pytest.mark.parametrize(("dim", "eps"), [(1, "1/16"), (2, "1/4"), (3, "1/4"), (4, "1/2"), (2, "2/9")])
def test_theorem_3_4_corrected_holds_on_small_grids(dim: int, eps: str, norm: str) -> None:
    report = check(SEPARATED, dim=dim, eps=eps, norm=norm)
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem(SEPARATED).claims)
    table = _table(report, dim)
    for claim in ("robust_error", "margin", "count", "parameters"):
        assert _promised(report, claim) == _by_formula(report, claim, **table)
    if norm != "l2":
        assert _promised(report, "separation") == _by_formula(report, "separation")
    assert report.claim("size_bound").promised is None and report.instance["error"] == "0"
    assert _measured(report, "size_bound") == certified_size_bound(report.instance["points"], dim).size


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["size_bound", "sandwich"])
@pytest.mark.theorem("hard-linearly-separable-sets-as-printed", claims=["size_bound", "sandwich"])
@pytest.mark.parametrize("theorem", [LINEAR, "4.3"])
def test_the_size_that_is_too_small_follows_the_error_and_the_networks_considered(theorem: str) -> None:
    plain = check(theorem, dim=8, eps="1/2", error=0)
    assert plain.claim("size_bound").measured == "10"
    narrowed: dict[str, tuple[str, dict[str, Any]]] = {
        "tenth": ("size_bound", {"error": "1/10"}),
        "drawn": ("size_bound", {"error": 0, "failure": "1/1048576"}),
        "depth": ("size_bound (of depth at most 2)", {"error": 0, "depth": 2}),
        "bits": ("size_bound (with weights from 2^2 values)", {"error": 0, "weight_bits": 2}),
    }
    reports = {name: check(theorem, dim=8, eps="1/2", **options) for name, (_, options) in narrowed.items()}
    sizes = {name: _measured(reports[name], claim) for name, (claim, _) in narrowed.items()}
    assert sizes["tenth"] == 6 and sizes["drawn"] <= 10 <= sizes["depth"] and sizes["bits"] > 10
    for name in ("depth", "bits"):
        assert _measured(reports[name], "size_bound") == 10, "the bound for all networks stays beside the narrower one"
    assert _measured(plain, "sandwich") > _promised(plain, "sandwich") == 10


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["count", "parameters", "robust_error"])
@pytest.mark.parametrize("length", [1, 2, 5, 27])
def test_every_length_of_the_blocks_gives_a_robust_network(length: int) -> None:
    report = check(LINEAR, dim=4, eps="1/4", block_length=length)
    assert report.exit_code == 0 and report.network is not None
    assert report.network.size.depth == length + 6
    balls = GridBalls.of(4, 3, 2, Fraction(1, 8))
    assert _promised(report, "count") == count_bit_extraction(balls, BlockTable.with_length(27, length))


# The printed statements ----------------------------------------------------------------


@pytest.mark.theorem(
    "hard-linearly-separable-sets-as-printed",
    claims=[
        "printed_classes",
        "printed_order",
        "classes",
        "separation",
        "linearly_separable",
        "conflict_free",
        "plane_robust_error",
        "size_bound",
        "robust_error",
        "margin",
        "count",
        "parameters",
        "sandwich",
    ],
)
@pytest.mark.parametrize(("dim", "eps"), [(4, "1/8"), (7, "1/4"), (3, "1/16")])
def test_theorem_4_3_as_printed_holds_below_a_quarter(dim: int, eps: str) -> None:
    report = check("4.3", dim=dim, eps=eps)
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem("4.3").claims)
    steps = int(1 / (2 * Fraction(eps)))
    assert _promised(report, "printed_order") == _by_formula(report, "printed_order", k=steps)
    assert printed_size(dim, Fraction(eps)) == _by_formula(report, "printed_order", k=steps)
    assert report.instance["printed_points"] == steps ** (dim - 1) < report.instance["points"]
    assert _measured(report, "size_bound") >= _measured(report, "printed_order")
    assert _promised(report, "printed_classes") == _by_formula(report, "printed_classes")


@pytest.mark.theorem("hard-separated-sets-as-printed", claims=["classes", "separation", "size_bound"])
@pytest.mark.parametrize(("dim", "eps"), [(3, "1/4"), (5, "1/4"), (4, "1/8"), (5, "1/2"), (3, "1/6")])
def test_theorem_3_4_as_printed_holds_on_small_grids(dim: int, eps: str) -> None:
    report = check("3.4", dim=dim, eps=eps, seed=1)
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem("3.4").claims)
    assert _promised(report, "separation") == _by_formula(report, "separation")
    if eps != "1/2":
        assert _promised(report, "size_bound") == _by_formula(report, "size_bound")


# What does not fit ---------------------------------------------------------------------


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["separation"])
@pytest.mark.theorem("hard-linearly-separable-sets-as-printed", claims=["separation"])
@pytest.mark.theorem("hard-separated-sets", claims=["separation"])
@pytest.mark.theorem("hard-separated-sets-as-printed", claims=["separation"])
@pytest.mark.parametrize("theorem", HARD)
def test_eps_above_a_half_is_inapplicable(theorem: str) -> None:
    report = check(theorem, dim=3, eps="3/4")
    assert report.exit_code == 4 and "3/4" in report.claim("eps").detail
    assert check(theorem, dim=3, eps=0).exit_code == 4


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["conflict_free"])
@pytest.mark.theorem("hard-linearly-separable-sets-as-printed", claims=["conflict_free"])
@pytest.mark.theorem("hard-separated-sets", claims=["conflict_free"])
@pytest.mark.parametrize("theorem", [LINEAR, LINEAR_PRINTED, SEPARATED])
def test_a_radius_of_eps_is_inapplicable_and_one_just_below_is_not(theorem: str) -> None:
    report = check(theorem, dim=3, eps="1/4", radius="1/4")
    assert report.exit_code == 4 and "1/4" in report.claim("radius").detail
    below = check(theorem, dim=3, eps="1/4", radius=Fraction(1, 4) - Fraction(1, 2**30))
    assert below.exit_code != 4 and below.claim("margin").measured == below.claim("margin").promised == "1"


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["size_bound"])
@pytest.mark.parametrize("error", ["1/2", "3/4"])
def test_no_size_is_too_small_for_an_error_of_one_half(error: str) -> None:
    assert check(LINEAR, dim=4, eps="1/4", error=error).exit_code == 4
    assert check(LINEAR, dim=4, eps="1/4", error="12/25").exit_code == 0


@pytest.mark.parametrize("theorem", [*HARD, BALANCED, LEARNING, f"{LEARNING}-as-printed", OVERFITTING])
def test_points_of_ones_own_are_refused(theorem: str, run: Run) -> None:
    with pytest.raises(UsageError, match="takes no option 'data'"):
        check(theorem, data="random:n=4,d=2,levels=4")
    code, printed = run("check", theorem, "--data", "random:n=4,d=2,levels=4")
    assert code == 2 and "data" in printed


@pytest.mark.parametrize(
    ("arguments", "expected", "said"),
    [
        ((LINEAR, "--d", 3, "--eps", "1/4"), 0, "sandwich"),
        ((LINEAR, "--d", 3, "--eps", "1/4", "--network", "plane.json"), 1, "has a perturbation with output"),
        ((LINEAR, "--d", 3, "--eps", "1/4", "--data", "karate"), 2, "takes no option"),
        ((LINEAR, "--d", 30, "--eps", "1/8"), 3, "counted, not built"),
        ((LINEAR, "--d", 3, "--eps", "3/4"), 4, "eps must lie in (0, 1/2], got 3/4"),
        (("4.1", "--d", 3, "--eps", "1/4", "--mu", "2"), 4, "mu must lie in (0, 1], got 2"),
        (("4.3", "--instance", "erratum"), 1, "none of the other label"),
        (("4.4", "--instance", "erratum"), 1, "rare point"),
        (("3.4", "--instance", "erratum"), 1, "2 parameters, is right on both"),
        ((OVERFITTING, "--d", 3, "--eps", "1/4", "--samples", 10), 2, "10 training points are more"),
    ],
)
def test_exit_codes_and_messages(arguments: tuple[object, ...], expected: int, said: str, run: Run) -> None:
    separating_halfspace(3).save("plane.json")
    code, printed = run("check", *arguments)
    assert code == expected and said in " ".join(printed.split())


def test_options_of_another_statement_are_refused() -> None:
    for theorem, option in ((LINEAR, "mu"), (BALANCED, "error"), (OVERFITTING, "norm"), (LEARNING, "failure")):
        with pytest.raises(UsageError, match=f"takes no option '{option}'"):
            check(theorem, **{option: "l1" if option == "norm" else "1/4"})
    with pytest.raises(UsageError, match="integer"):
        check(LINEAR, dim="5/2")
    with pytest.raises(InexactInput, match=r"eps 0\.25"):
        check(LINEAR, dim=3, eps=0.25)
    with pytest.raises(UsageError, match="not both"):
        check(LINEAR, dim=3, eps="1/4", radius="1/8", ratio="1/2")


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["size_bound", "robust_error", "sandwich"])
def test_a_set_too_large_to_list_is_bounded_and_counted_but_not_decided() -> None:
    report = check(LINEAR, dim=30, eps="1/8")
    assert report.exit_code == 3 and report.network is None
    assert [name for name, status in _statuses(report).items() if status == "unknown"] == ["robust_error"]
    assert (report.claim("sandwich").status, report.claim("size_bound").evidence) == ("holds", "enclosure")
    assert _measured(report, "size_bound") == certified_size_bound(5**29, 30, "1/10").size


# Networks of other origin --------------------------------------------------------------


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["robust_error"])
def test_the_separating_plane_is_refuted_with_a_witness() -> None:
    report = check(LINEAR, dim=3, eps="1/4", network=separating_halfspace(3))
    assert report.exit_code == 1
    assert (report.claim("clean_error").measured, report.claim("midpoint_error").measured) == ("0", "1")
    verdict = report.claim("robust_error")
    assert (verdict.status, verdict.measured) == ("violated", "1") and verdict.witness is not None
    point = [Fraction(value) for value in verdict.witness["point"]]
    grid = LinearlySeparableGrid.of(3, "1/4", "1/8")
    centre, label = grid.point(verdict.witness["index"]), grid.label(verdict.witness["index"])
    assert max(abs(x - a) for x, a in zip(point, centre, strict=True)) <= Fraction(1, 8)
    assert label * separating_halfspace(3)(point)[0] <= 0


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["robust_error"])
@pytest.mark.theorem("hard-linearly-separable-sets-as-printed", claims=["robust_error"])
@pytest.mark.parametrize("theorem", [LINEAR, "4.3"])
def test_one_wrong_label_in_the_network_is_found(theorem: str) -> None:
    grid = LinearlySeparableGrid.of(4, "1/4", "1/8")
    labels = [grid.label(index) for index in range(grid.size)]
    labels[11] *= -1
    network = classify_grid_by_bit_extraction(labels, GridBalls.of(4, 3, 2, Fraction(1, 8)))
    report = check(theorem, dim=4, eps="1/4", network=network)
    verdict = report.claim("robust_error")
    assert report.exit_code == 1 and verdict.measured == "1/27" and verdict.witness is not None
    assert verdict.witness["index"] == 11 and report.claim("midpoint_error").measured == "1/27"


def test_a_network_on_other_coordinates_is_refused() -> None:
    with pytest.raises(UsageError, match="3 coordinates"):
        check(LINEAR, dim=4, eps="1/4", network=separating_halfspace(3))


def test_a_network_below_the_bound_would_be_called_out() -> None:
    bound = certified_size_bound(256, 9)
    assert built_above_bound(bound.size + 1, bound).status == "holds"
    assert built_above_bound(bound.size, bound).status == "violated"
    assert size_bound_at_least(bound, bound.size, "itself").status == "holds"
    assert size_bound_at_least(bound, bound.size + 1, "one more").status == "unknown"


# Files ---------------------------------------------------------------------------------


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["size_bound", "robust_error"])
@pytest.mark.theorem("hard-separated-sets", claims=["size_bound", "robust_error"])
@pytest.mark.parametrize("theorem", [LINEAR, SEPARATED])
def test_the_files_of_a_check_prove_it_again(theorem: str, run: Run) -> None:
    arguments = ("check", theorem, "--d", 3, "--eps", "1/4", "--error", "0")
    assert run(*arguments, "-o", "run", "-q")[0] == 0
    folder = Path("run")
    files = ("result.json", "network.json", "certificate.json", "size_certificate.json")
    assert all((folder / name).is_file() for name in files)
    assert run("recheck", *(folder / name for name in files[2:]))[0] == 0
    assert "the robust error is exactly 0" in checker.check(folder / "certificate.json")
    envelope: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    claims = {claim["name"]: claim for claim in envelope["claims"]}
    sentence = count_checker.check(folder / "size_certificate.json")
    assert f"at most {claims['size_bound']['measured']} nonzero parameters" in sentence
    network = ReluNetwork.load(folder / "network.json")
    assert str(network.size.nonzero) == claims["count"]["measured"]
    forged = json.loads((folder / "size_certificate.json").read_text(encoding="utf-8"))
    forged["statement"]["size"] += 1
    (folder / "forged.json").write_text(json.dumps(forged), encoding="utf-8")
    assert run("recheck", folder / "forged.json")[0] == 5


@pytest.mark.parametrize("arguments", [("4.3", "--d", 4, "--eps", "1/8"), ("3.4", "--d", 3, "--eps", "1/4")])
def test_the_printed_statements_write_size_certificates_too(arguments: tuple[object, ...], run: Run) -> None:
    assert run("check", *arguments, "-o", "run", "-q")[0] == 0
    assert run("recheck", "run/size_certificate.json")[0] == 0


# Balance (Definition 4.1) --------------------------------------------------------------


@pytest.mark.theorem("balanced-distribution", claims=["balance", "weighted_error"])
@pytest.mark.parametrize("mu", ["1/7", "1/2", "1"])
def test_a_reweighted_set_is_balanced_exactly(mu: str) -> None:
    report = check("4.1", dim=3, eps="1/4", mu=mu)
    assert report.exit_code == 0 and _promised(report, "balance") == _by_formula(report, "balance")
    assert report.claim("balance").measured == mu
    assert (report.claim("weighted_error").measured, report.claim("weighted_error").promised) == ("1", mu)


@pytest.mark.theorem("balanced-distribution", claims=["weighted_error"])
def test_the_weighted_error_is_attained_where_the_heavy_point_is_right() -> None:
    grid = LinearlySeparableGrid.of(3, "1/4", "1/8")
    labels = [grid.label(index) for index in range(grid.size)]
    labels[4] *= -1
    network = classify_grid_by_bit_extraction(labels, GridBalls.of(3, 2, 2, Fraction(1, 8)))
    report = check("4.1", dim=3, eps="1/4", mu="1/2", network=network)
    verdict = report.claim("weighted_error")
    assert (verdict.status, verdict.measured, verdict.promised) == ("holds", "1/18", "1/18")


@pytest.mark.theorem("balanced-distribution", claims=["balance"])
@pytest.mark.parametrize("mu", ["0", "9/8", "-1/2"])
def test_a_balance_outside_0_to_1_is_inapplicable(mu: str) -> None:
    report = check("4.1", dim=3, eps="1/4", mu=mu)
    assert report.exit_code == 4 and mu in report.claim("mu").detail


# Clean learning (Theorem 4.4) ----------------------------------------------------------


@pytest.mark.theorem("clean-learning", claims=["samples", "consistent", "clean_error"])
@pytest.mark.parametrize(("accuracy", "confidence"), [("1/10", "1/100"), ("1/3", "1/1000000"), ("9/10", "1/2")])
def test_theorem_4_4_corrected_learns_a_half_space(accuracy: str, confidence: str) -> None:
    report = check(LEARNING, dim=3, eps="1/4", accuracy=accuracy, confidence=confidence)
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem(LEARNING).claims)
    promised = _promised_samples(LEARNING, report, confidence)
    assert _promised(report, "samples") == promised
    assert consistent_halfspace_samples(3, Fraction(accuracy), Fraction(confidence)) == promised
    assert _measured(report, "clean_error") <= Fraction(accuracy)
    assert report.network is not None and report.network.size.depth == 1


@pytest.mark.theorem("clean-learning-as-printed", claims=["samples", "consistent", "clean_error"])
@pytest.mark.parametrize("accuracy", ["1/10", "1/5", "2/7"])
def test_theorem_4_4_as_printed_with_its_constant_taken_as_one(accuracy: str) -> None:
    report = check("4.4", dim=3, eps="1/4", accuracy=accuracy)
    assert report.exit_code == 0 and list(_statuses(report)) == list(find_theorem("4.4").claims)
    assert _promised(report, "samples") == _promised_samples(f"{LEARNING}-as-printed", report, "1/100")


@pytest.mark.theorem("clean-learning", claims=["samples", "consistent", "clean_error"])
def test_too_few_samples_are_inapplicable_and_a_large_error_is_not_a_violation() -> None:
    report = check(LEARNING, dim=3, eps="1/4", samples=5)
    assert report.exit_code == 4
    assert _statuses(report) == {"samples": "inapplicable", "consistent": "holds", "clean_error": "unknown"}


@pytest.mark.theorem("clean-learning", claims=["samples"])
@pytest.mark.theorem("clean-learning-as-printed", claims=["samples"])
@pytest.mark.parametrize("theorem", [LEARNING, "4.4"])
@pytest.mark.parametrize("name", ["accuracy", "confidence"])
def test_accuracy_and_confidence_lie_strictly_between_0_and_1(theorem: str, name: str) -> None:
    for value in ("0", "1", "-1/3", "2"):
        assert check(theorem, dim=3, eps="1/4", **{name: value}).exit_code == 4


def _promised_samples(theorem: str, report: Report, confidence: str) -> int:
    bound = formula(find_theorem(theorem).bounds["samples"])
    values = {"d": report.instance["d"], "beta": report.instance["accuracy"], "delta": confidence}
    return int(bound.subs({symbol(name): formula(str(value)) for name, value in values.items()}))


# Robust overfitting --------------------------------------------------------------------


@pytest.mark.theorem(
    "robust-overfitting", claims=["robust_training_error", "clean_error", "robust_test_error", "parameters"]
)
@pytest.mark.parametrize("samples", [0, 1, 4, 9])
def test_the_overfitted_network_is_wrong_exactly_where_it_was_not_trained(samples: int) -> None:
    report = check(OVERFITTING, dim=3, eps="1/4", samples=samples)
    assert report.exit_code == 0
    for claim in ("clean_error", "robust_test_error", "parameters"):
        assert _promised(report, claim) == _by_formula(report, claim)
    assert _measured(report, "robust_test_error") == 1 - Fraction(samples, 9)
    assert report.claim("parameters").measured == report.claim("parameters").promised
    if samples:
        assert report.claim("robust_training_error").status == "holds"
        assert _promised(report, "robust_training_error") == _by_formula(report, "robust_training_error")


@pytest.mark.theorem("robust-overfitting", claims=["robust_training_error"])
def test_more_training_points_than_points_are_refused() -> None:
    with pytest.raises(UsageError, match="10 training points are more than the 9"):
        check(OVERFITTING, dim=3, eps="1/4", samples=10)


# The errata ----------------------------------------------------------------------------


@pytest.mark.theorem("hard-linearly-separable-sets-as-printed", claims=["printed_classes"])
def test_eps_above_a_quarter_empties_a_class_of_the_printed_set() -> None:
    report = check("4.3", instance="erratum")
    assert report.exit_code == 1 and report.instance["printed_points"] == 1
    assert [name for name, status in _statuses(report).items() if status != "holds"] == ["printed_classes"]
    assert "none of the other label" in report.claim("printed_classes").detail
    # With the coordinate 0 added the same eps has 2^(d-1) points and both classes.
    assert report.instance["points"] == 32 and report.claim("classes").measured == "2"
    just_fits = check("4.3", dim=5, eps="1/4").instance
    assert just_fits["printed_points"] == 16


@pytest.mark.theorem("hard-separated-sets", claims=["separation"])
@pytest.mark.parametrize("eps", ["1/2", "501/1000"])
def test_beyond_a_half_no_pair_in_the_unit_cube_is_separated(eps: str) -> None:
    corners = LabelledPoints.of([["0", "0", "0"], ["1", "1", "1"]], [-1, 1])
    distance = corners.separation("linf")
    assert distance == 1
    fits = distance >= 2 * Fraction(eps)
    assert fits == (check(SEPARATED, dim=3, eps=eps).exit_code == 0) == (eps == "1/2")


@pytest.mark.theorem("hard-separated-sets-as-printed", claims=["size_bound"])
def test_the_printed_logarithm_vanishes_at_one_half_and_the_bound_explodes() -> None:
    near = [Fraction(1, 2) - Fraction(1, 10**power) for power in (3, 5, 7)]
    promised = [printed_separated_size(1, eps) for eps in near]
    assert promised == [18, 186, 1861]
    # Two points on a line: one network of at most two parameters fits each of the four labellings.
    line: dict[tuple[int, int], tuple[list[list[int]], list[Fraction | int]]] = {
        (-1, 1): ([[1]], [Fraction(-1, 2)]),
        (1, -1): ([[-1]], [Fraction(1, 2)]),
        (1, 1): ([[0]], [1]),
        (-1, -1): ([[0]], [-1]),
    }
    for labels, (weight, bias) in line.items():
        network = ReluNetwork([AffineMap(weight, bias)])
        assert network.size.nonzero <= 2
        data = LabelledPoints.of([["0"], ["1"]], labels)
        assert robust_error(network, data, "linf", near[-1]).upper == 0
    report = check("3.4", dim=1, eps=near[0])
    assert report.exit_code == 3 and report.claim("size_bound").promised == "18"


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["size_bound"])
@pytest.mark.theorem("hard-linearly-separable-sets-as-printed", claims=["printed_order", "size_bound"])
def test_the_exponent_of_the_printed_order_is_not_the_true_one() -> None:
    points, dim, eps = 5**15, 16, Fraction(1, 8)
    bounds = {
        "any": certified_size_bound(points, dim, "1/10"),
        "bits": certified_size_bound(points, dim, "1/10", weight_bits=32),
        "depth": certified_size_bound(points, dim, "1/10", depth=3),
    }
    assert printed_size(dim, eps) == 32
    assert bounds["any"].size == 254_525 and 100 * bounds["any"].size ** 2 > points
    assert bounds["bits"].size > 250_000_000 and bounds["depth"].size > 100_000_000


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["size_bound"])
def test_every_error_below_a_half_leaves_a_size_that_is_too_small() -> None:
    sizes = [certified_size_bound(4096, 13, error).size for error in ("0", "1/10", "24/100", "3/10", "2/5", "45/100")]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] > 0 and sizes[:2] == [102, 69]
    # The paper's count in closed form, (2 (1 - 2 error))^(m/2) sign vectors, asks for nothing from 1/4 on.
    assert [2 * (1 - 2 * Fraction(error)) > 1 for error in ("24/100", "1/4")] == [True, False]
    counted = [certified_size_bound(4096, 13, error, method="double-counting").size for error in ("3/10", "2/5")]
    assert counted == [22, 0]


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["size_bound"])
def test_double_counting_is_ahead_in_one_place() -> None:
    near = {method: certified_size_bound(16384, 15, "24/100", method=method).size for method in ("regions", "auto")}
    assert near == {"regions": 89, "auto": 89}
    assert certified_size_bound(16384, 15, "24/100", method="double-counting").size == 90
    assert certified_size_bound(16384, 15, "1/10", method="double-counting").size < 158


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["size_bound"])
def test_more_points_may_certify_less_at_a_positive_error() -> None:
    assert [certified_size_bound(points, 3, "1/10").size for points in (109, 110)] == [6, 5]
    at_zero = [certified_size_bound(points, 3).size for points in range(60, 130)]
    assert at_zero == sorted(at_zero)


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["size_bound"])
def test_some_labelling_is_hard_and_parity_is_not() -> None:
    axes = 10
    labels = np.where(np.bitwise_count(np.arange(2**axes)) % 2 == 0, 1, -1)
    grid = LinearlySeparableGrid.of(axes + 1, "1/2", radius="1/32", labels=labels)
    total = AffineMap([[1] * axes + [0]], [0])
    kinks = AffineMap([[1]] * axes, [-place for place in range(axes)])
    zigzag = AffineMap([[-2] + [-4 * (-1) ** place for place in range(1, axes)]], [1])
    network = ReluNetwork([total, kinks, zigzag])
    result = robust_error(network, grid.listed(), radius=grid.radius)
    assert result.upper == 0 and network.size.nonzero == 40
    assert certified_size_bound(2**axes, axes + 1).size == 43


@pytest.mark.theorem("hard-linearly-separable-sets", claims=["plane_robust_error"])
def test_an_offset_of_the_radius_is_decided_by_the_sphere() -> None:
    """With offset = radius only points of the sphere, of output zero, are wrong."""
    grid = LinearlySeparableGrid.of(3, "1/4", radius="1/8", offset="1/8")
    plane = separating_halfspace(3)
    assert robust_error(plane, grid.listed(), radius="1/8").lower == 1
    assert robust_error(plane, grid.listed(), radius=Fraction(1, 8) - Fraction(1, 2**40)).upper == 0


@pytest.mark.theorem("clean-learning-as-printed", claims=["samples", "clean_error"])
@pytest.mark.parametrize("constant", [1, 10, 1000])
def test_samples_without_the_confidence_do_not_suffice(constant: int) -> None:
    report = check("4.4", instance="erratum")
    verdict = report.claim("failure_probability")
    assert report.exit_code == 1 and verdict.status == "violated" and verdict.witness is not None
    assert _measured(report, verdict.name) == Fraction(8, 9) ** 200 > _promised(report, verdict.name)
    assert sum(Fraction(p) for p in verdict.witness["probabilities"]) == 1
    # Whatever the constant in front of d / beta^2: some confidence is missed, and the formula asks for more.
    samples = constant * 200
    missed = Fraction(8, 9) ** samples
    confidence = Fraction(1, 2 ** (samples // 2))
    assert confidence < missed and consistent_halfspace_samples(2, Fraction(1, 10), confidence) > samples
