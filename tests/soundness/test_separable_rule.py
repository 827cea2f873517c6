"""The rule for bumps of a shared square: certificates are proved, forgeries only where they stay true.

The judge finds the nearest wrong point by enumerating affine pieces, in rational arithmetic,
and shares nothing with the checkers.
"""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import verify
from constructions import AffineMap, LabelledPoints, ReluNetwork
from constructions.data.sources import load_data
from constructions.errors import MalformedInput
from constructions.memorizers.paper_l2 import memorize_by_the_papers_route_in_l2
from constructions.memorizers.sawtooth import memorize_with_kinks, memorize_with_sawtooth
from constructions.memorizers.shared_square import memorize_with_shared_square
from constructions.network.network_json import network_document
from verify.certificate import checker, issue, separable_group
from verify.certificate.checker import Certificate, Rejected
from verify.testing.exact_distance import nearest_wrong

Document = dict[str, Any]
CHECKERS = {"plain": checker.prove_group, "bulk": separable_group.prove_separable}
TINY = "1/1048576"
BUILDERS: dict[str, Callable[..., ReluNetwork]] = defaultdict(
    lambda: memorize_with_shared_square,
    {
        "sawtooth": memorize_with_sawtooth,
        "kinks": memorize_with_kinks,
        "the paper's route": memorize_by_the_papers_route_in_l2,
    },
)
SHARED = ("line", "plane", "two bumps")
INNER = {"four bumps": -1, "inner bumps": 1}
APART = ("sawtooth on a line", "sawtooth", "kinks", "the paper's route", "the paper's route on a line")


@cache
def _instance(name: str) -> tuple[ReluNetwork, LabelledPoints, Fraction]:
    """Return a network, its data and the radius it was built for."""
    known: dict[str, tuple[LabelledPoints, Any]] = {
        "line": (LabelledPoints.of([["0"], ["1"], ["5/2"]], [-1, 1, -1]), "1/3"),
        "plane": (LabelledPoints.of([["0", "0"], ["1", "1"], ["-1/3", "2"]], [-1, 1, 1]), "1/2"),
        "two bumps": (LabelledPoints.of([[0, 0], [2, 0], [0, 2], [2, 2], [1, 1]], [1, -1, 1, -1, -1]), "1/2"),
        "four bumps": (LabelledPoints.of([[0, 0], [4, 4], [1, 1], [2, 1], [2, 3]], [1, 1, -1, -1, -1]), "1/2"),
        "inner bumps": (LabelledPoints.of([[0, 0], [4, 4], [0, 4], [1, 1], [3, 2]], [-1, -1, -1, 1, 1]), "1/2"),
        "sawtooth on a line": (LabelledPoints.of([["0"], ["1"], ["5/2"]], [-1, 1, -1]), "1/3"),
        "sawtooth": (LabelledPoints.of([["0", "0"], ["1", "1"], ["-1/3", "2"]], [1, -1, -1]), "1/2"),
        "kinks": (LabelledPoints.of([["0", "0"], ["1", "1"], ["2", "1/2"]], [-1, 1, 1]), "1/2"),
        "the paper's route": (LabelledPoints.of([["0", "0"], ["1", "1"]], [-1, 1]), "1/4"),
        "the paper's route on a line": (LabelledPoints.of([["0"], ["1"], ["5/2"]], [-1, 1, -1]), "1/4"),
        "far out": (LabelledPoints.of([[2**25, 0], [0, 2**25], [2**24, 1]], [1, -1, 1]), 2**18),
    }
    data, radius = known[name]
    return BUILDERS[name.removesuffix(" on a line")](data, radius), data, Fraction(radius)


def _issued(name: str, folder: Path, radius: Fraction | None = None, method: str = "separable") -> Document:
    network, data, built_for = _instance(name)
    result = verify.robust_error(network, data, "l2", built_for if radius is None else radius, method)
    return json.loads(result.certificate(folder / "certificate.json").read_text())


def _verdict(document: Document, folder: Path, prove: Callable[..., Any] = checker.prove_group) -> str:
    """Return the checker's sentence, or why it rejects."""
    path = folder / "forged.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        return checker.check(path, prove)
    except Rejected as error:
        return f"rejected: {error}"


def _mended(document: Document, margin: str | None = None) -> Document:
    """Return the document with hashes and counts that fit, and everywhere this margin if one is given."""
    mended = copy.deepcopy(document)
    said, data = mended["statement"], mended["data"]
    layers, said["network"] = checker.read_network(mended["network"])
    said["nonzero"] = sum(layer.nonzero for layer in layers)
    said["data"] = checker.Data(data, Path(), said["points"], said["dim"]).digest()
    said["upper"] = str(1 - Fraction(sum(len(group["indices"]) for group in mended["robust"]), said["points"]))
    if margin is not None:
        said["margin"] = margin
        for group in mended["robust"]:
            group["hints"]["margin"] = margin
    return mended


def _at_radius(document: Document, radius: Fraction, label: int | None = None) -> Document:
    """Return the document claiming the points of a label, or all, for another radius, by the least margin."""
    grown = copy.deepcopy(document)
    grown["robust"] = [group for group in grown["robust"] if label in (None, group["label"])]
    grown = _mended(grown, TINY)
    wider = radius - Fraction(document["statement"]["radius"])
    grown["statement"]["radius"] = str(radius)
    for group in grown["robust"]:
        hints = group["hints"]
        hints["low"], hints["high"] = str(Fraction(hints["low"]) - wider), str(Fraction(hints["high"]) + wider)
    return grown


def _network(document: Document) -> ReluNetwork:
    layers, _ = checker.read_network(document["network"])
    maps = []
    for layer in layers:
        rows = [[Fraction(0)] * layer.inputs for _ in range(layer.outputs)]
        for row, terms in zip(rows, layer.terms, strict=True):
            for place, value in terms:
                row[place] = Fraction(value, layer.denominator)
        maps.append(AffineMap(rows, [Fraction(value, layer.denominator) for value in layer.bias]))
    return ReluNetwork(maps)


def _is_true(document: Document) -> bool:
    """Decide whether every ball said to be robust is so by almost the margin."""
    network, said, data = _network(document), document["statement"], document["data"]
    radius, scale = Fraction(said["radius"]), checker.integer(data["scale"])
    last = network.maps[-1]
    for group in document["robust"]:
        lowered = Fraction(said["margin"]) * (1 - Fraction(1, 2**30)) * group["label"]
        shift = [Fraction(int(last.bias_numerators[0]), last.denominator) - lowered]
        shifted = ReluNetwork([*network.maps[:-1], AffineMap(_rows(last), shift)])
        for index in group["indices"]:
            centre = [Fraction(checker.integer(value), scale) for value in data["points"][index]]
            wrong = nearest_wrong(shifted, group["label"], centre, radius)
            if data["labels"][index] != group["label"] or (wrong is not None and wrong.square <= radius**2):
                return False
    return said["norm"] == "l2"


def _rows(affine: AffineMap) -> list[list[Fraction]]:
    row = [Fraction(0)] * affine.shape[1]
    for place, value in zip(affine.numerators.columns.tolist(), affine.numerators.values.tolist(), strict=True):
        row[place] = Fraction(int(value), affine.denominator)
    return [row]


# True certificates ---------------------------------------------------------------------


@pytest.mark.parametrize("name", [*SHARED, *APART, "far out"])
def test_certificates_are_proved_by_both_checkers(name: str, tmp_path: Path) -> None:
    document = _issued(name, tmp_path)
    assert {group["rule"] for group in document["robust"]} == {"separable"}
    assert Fraction(document["statement"]["upper"]) < 1
    for prove in CHECKERS.values():
        assert _verdict(document, tmp_path, prove).startswith("proved")
    alone = [sys.executable, "-I", checker.__file__, str(tmp_path / "certificate.json")]
    assert subprocess.run(alone, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("name", [*SHARED[:2], *APART])
def test_the_judge_agrees_with_a_true_certificate(name: str, tmp_path: Path) -> None:
    assert _is_true(_issued(name, tmp_path))


def test_the_digits_are_proved_and_a_bump_too_high_is_not(tmp_path: Path) -> None:
    data = load_data("digits:even-odd")
    network = memorize_with_shared_square(data, "1/2")
    path = verify.robust_error(network, data, "l2", "1/2", "separable").certificate(tmp_path / "certificate.json")
    done = subprocess.run([sys.executable, "-I", checker.__file__, str(path)], check=False, capture_output=True)
    assert done.returncode == 0 and b"exactly 0 on 1797 points in dimension 64" in done.stdout
    assert verify.recheck(path).startswith("proved")
    document = json.loads(path.read_text())
    bumps = document["network"]["maps"][-2]
    bumps["bias"][400] += 64 * checker.integer(bumps["denominator"])
    forged = _mended(document)
    verdicts = {_verdict(forged, tmp_path, prove) for prove in CHECKERS.values()}
    assert len(verdicts) == 1 and verdicts.pop().endswith("is not proved robust")


@pytest.mark.parametrize("name", [*SHARED[1:], *APART])
def test_points_that_are_not_robust_stay_out(name: str, tmp_path: Path) -> None:
    """Beyond its radius a network is right on some balls at most; the others are left out or have witnesses."""
    for method in ("separable", "auto"):
        for factor in (Fraction(5, 4), Fraction(3, 2)):
            document = _issued(name, tmp_path, _instance(name)[2] * factor, method)
            for prove in CHECKERS.values():
                assert _verdict(document, tmp_path, _by_rule(prove)).startswith("proved")


def _by_rule(prove: Callable[..., Any]) -> Callable[..., Any]:
    return lambda certificate, group: (prove if group["rule"] == "separable" else checker.prove_group)(
        certificate, group
    )


def test_a_ball_off_the_centres_is_proved_from_the_nearest_bump(tmp_path: Path) -> None:
    network, _, _ = _instance("plane")
    moved = LabelledPoints.of([["1/16", "-1/32"], ["1", "15/16"], ["-1/3", "2"]], [-1, 1, 1])
    result = verify.robust_error(network, moved, "l2", "7/16", "separable")
    path = result.certificate(tmp_path / "certificate.json")
    document = json.loads(path.read_text())
    assert result.upper == 0 and _is_true(document)
    for prove in CHECKERS.values():
        assert _verdict(document, tmp_path, prove).startswith("proved")
    more = Fraction(document["statement"]["margin"]) + Fraction(1, 10**6)
    assert _verdict(_mended(document, str(more)), tmp_path).endswith("is not proved robust")


@pytest.mark.parametrize("block", [1, 2])
def test_blocks_of_bumps_change_nothing(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "BLOCK", block)
    for name, label in INNER.items():
        document = _issued(name, tmp_path)
        assert _verdict(document, tmp_path).startswith("proved")
        assert _verdict(_at_radius(document, Fraction(9, 10), label), tmp_path).endswith("is not proved robust")


def test_large_certificates_are_rechecked_in_bulk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue, "_MOST_FOR_PLAIN_CHECKER", 0)
    monkeypatch.setattr(checker, "prove_separable", None)
    document = _issued("four bumps", tmp_path)
    assert verify.recheck(tmp_path / "certificate.json").startswith("proved")
    (tmp_path / "wide.json").write_text(json.dumps(_at_radius(document, Fraction(9, 10), -1)))
    with pytest.raises(MalformedInput, match="is not proved robust"):
        verify.recheck(tmp_path / "wide.json")


# Agreement and points on the sphere ----------------------------------------------------


def _random_instance(stream: random.Random) -> tuple[ReluNetwork, LabelledPoints, Fraction]:
    dim, count = stream.randint(1, 5), stream.randint(3, 9)
    rows: set[tuple[int, ...]] = set()
    while len(rows) < count:
        rows.add(tuple(stream.randint(-6, 6) for _ in range(dim)))
    labels = [1, -1, *(stream.choice((-1, 1)) for _ in range(count - 2))]
    data = LabelledPoints.of([[Fraction(value, 3) for value in row] for row in sorted(rows)], labels)
    radius = Fraction(stream.randint(1, 15), 100)
    return memorize_with_shared_square(data, radius), data, radius


def _on_the_sphere(direction: list[Fraction]) -> list[Fraction]:
    """Return an exact unit vector: a point of the plane, projected onto the sphere from its pole."""
    square = sum((x * x for x in direction[1:]), Fraction(0))
    return [(square - 1) / (square + 1), *(2 * x / (square + 1) for x in direction[1:])]


@pytest.mark.parametrize("seed", range(8))
def test_checkers_and_method_agree_and_no_point_of_a_sphere_contradicts(seed: int, tmp_path: Path) -> None:
    stream = random.Random(seed)
    network, data, radius = _random_instance(stream)
    proved = 0
    for share in (Fraction(1), Fraction(3, 2), Fraction(5, 2)):
        result = verify.robust_error(network, data, "l2", radius * share, "separable")
        document = json.loads(result.certificate(tmp_path / "certificate.json").read_text())
        for prove in CHECKERS.values():
            assert _verdict(document, tmp_path, prove).startswith("proved")
        robust = {index for group in document["robust"] for index in group["indices"]}
        for group in document["robust"]:
            margin = Fraction(group["hints"]["margin"])
            others = [i for i in data.indices(group["label"]).tolist() if i not in robust]
            for index in others:
                extra = _mended(document, TINY)
                extra["violated"], extra["statement"]["lower"] = [], "0"
                extra["robust"] = [{**group, "indices": [index], "hints": {**group["hints"], "margin": TINY}}]
                verdicts = {_verdict(_mended(extra), tmp_path, prove) for prove in CHECKERS.values()}
                assert verdicts == {f"rejected: point {index} is not proved robust"}
            for index in group["indices"]:
                proved += 1
                centre = [Fraction(int(value), data.scale) for value in data.numerators[index]]
                for _ in range(8):
                    step = _on_the_sphere([Fraction(stream.randint(-40, 40), 16) for _ in centre])
                    value = network([c + radius * share * s for c, s in zip(centre, step, strict=True)])[0]
                    assert group["label"] * value >= margin
    assert proved >= len(data)


# Forgeries -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "label"), [*INNER.items(), *((name, label) for name in APART[:2] for label in (-1, 1)), (APART[4], 1)]
)
def test_no_radius_beyond_the_largest_provable_one_is_believed(name: str, label: int, tmp_path: Path) -> None:
    """Radii on a grid: the largest one believed is true, the next one is refused, whatever the margin claimed."""
    document, grid = _issued(name, tmp_path), 10**6
    low, high = int(Fraction(document["statement"]["radius"]) * grid), 3 * grid
    assert _verdict(_at_radius(document, Fraction(low, grid), label), tmp_path).startswith("proved")
    while high - low > 1:
        middle = (low + high) // 2
        accepted = _verdict(_at_radius(document, Fraction(middle, grid), label), tmp_path).startswith("proved")
        low, high = (middle, high) if accepted else (low, middle)
    believed, refused = (_at_radius(document, Fraction(place, grid), label) for place in (low, high))
    assert _is_true(believed)
    for prove in CHECKERS.values():
        assert _verdict(believed, tmp_path, prove).startswith("proved")
        assert _verdict(refused, tmp_path, prove).endswith("is not proved robust")


@pytest.mark.parametrize("name", [*SHARED[:2], *APART])
def test_no_margin_beyond_the_largest_provable_one_is_believed(name: str, tmp_path: Path) -> None:
    document, grid = _issued(name, tmp_path), 10**4
    for group in document["robust"]:
        alone = _at_radius(document, Fraction(document["statement"]["radius"]), group["label"])
        low, high = 0, 10 * grid
        while high - low > 1:
            middle = (low + high) // 2
            forged = _mended(alone, str(Fraction(middle, grid)))
            low, high = (middle, high) if _verdict(forged, tmp_path).startswith("proved") else (low, middle)
        assert low >= grid // 2 and _is_true(_mended(alone, str(Fraction(low, grid))))


def test_a_ball_beside_the_box_of_a_bump_is_not_proved(tmp_path: Path) -> None:
    """A parabola that fits a cliff badly lies far above the bump beside it."""
    network = ReluNetwork(
        [AffineMap([[1], [-1]], [0, 0]), AffineMap([["-1/5", -100]], [4]), AffineMap([[2]], ["-1/2"])]
    )
    data = LabelledPoints.of([["0"], ["25"]], [1, 1])
    result = verify.robust_error(network, data, "l2", "1/64", "interval")
    document = json.loads(result.certificate(tmp_path / "certificate.json", hints=False).read_text())
    hints = {"bend": "1/1000000", "low": "-5", "high": "30", "margin": TINY}
    assert network(["25"])[0] < 0
    document["robust"] = [{"rule": "separable", "label": 1, "indices": [1], "hints": hints}]
    for prove in CHECKERS.values():
        assert _verdict(_mended(document, TINY), tmp_path, prove) == "rejected: point 1 is not proved robust"


def _numbers(document: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of all integers in the network and the points."""
    if isinstance(document, dict | list):
        items = document.items() if isinstance(document, dict) else enumerate(document)
        return [place for key, value in items for place in _numbers(value, (*at, key))]
    return [at] if type(document) is int else []


@pytest.mark.parametrize("name", [*SHARED[:2], "sawtooth on a line", "the paper's route on a line"])
def test_a_changed_number_is_believed_only_where_the_claim_stays_true(name: str, tmp_path: Path) -> None:
    """Weights, biases, teeth, denominators, points and labels, one at a time, with all hashes mended."""
    document = _issued(name, tmp_path)
    stream = random.Random(name)
    places = [(part, *at) for part in ("network", "data") for at in _numbers(document[part])]
    changes = [(place, step) for place in places for step in (-7, -2, -1, 1, 2, 5, 64)]
    seen = {True: 0, False: 0}
    for place, step in stream.sample(changes, 70):
        forged = copy.deepcopy(document)
        holder = forged
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] += step
        try:
            forged = _mended(forged, TINY)
        except (Rejected, IndexError, KeyError):
            continue
        verdict = _verdict(forged, tmp_path)
        assert verdict == _verdict(forged, tmp_path, CHECKERS["bulk"])
        believed = verdict.startswith("proved")
        seen[believed] += 1
        assert not believed or _is_true(forged), (place, step)
    assert seen[True] >= 5 and seen[False] >= 10, seen


@pytest.mark.parametrize("bend", ["0", "-1", "-1/3"])
def test_a_bend_that_is_not_positive_is_refused(bend: str, tmp_path: Path) -> None:
    document = _issued("plane", tmp_path)
    document["robust"][0]["hints"]["bend"] = bend
    assert _verdict(document, tmp_path) == "rejected: a hint of parabolas is out of range"


@pytest.mark.parametrize("factor", ["1/1000000", "1/2", "99/100", "101/100", "2", "1000000"])
def test_another_bend_still_proves_or_is_refused(factor: str, tmp_path: Path) -> None:
    document = _mended(_issued("two bumps", tmp_path), TINY)
    for group in document["robust"]:
        group["hints"]["bend"] = str(Fraction(group["hints"]["bend"]) * Fraction(factor))
    for radius in (Fraction(1, 2), Fraction(3, 5), Fraction(7, 10)):
        grown = _at_radius(document, radius)
        verdicts = {_verdict(grown, tmp_path, prove) for prove in CHECKERS.values()}
        assert len(verdicts) == 1
        assert verdicts.pop().startswith("rejected") or _is_true(grown)


HINTS: dict[str, tuple[Any, str]] = {
    "none": (None, "the hints of parabolas must have the keys"),
    "text": ("1", "the hints of parabolas must have the keys"),
    "no bend": ({"low": "0", "high": "1", "margin": "1"}, "the hints of parabolas must have the keys"),
    "a float": ({"bend": "1.5", "low": "0", "high": "1", "margin": "1"}, "is not a fraction"),
    "a number": ({"bend": 1, "low": "0", "high": "1", "margin": "1"}, "a fraction must be text"),
    "too long": ({"bend": str(2**5000), "low": "0", "high": "1", "margin": "1"}, "too many digits"),
    "no range": ({"bend": "1", "low": "3", "high": "3", "margin": "1"}, "out of range"),
    "no margin": ({"bend": "1", "low": "-9", "high": "9", "margin": "0"}, "out of range"),
    "narrow": ({"bend": "1", "low": "0", "high": "9", "margin": "1"}, "leaves the range"),
}


@pytest.mark.parametrize("case", HINTS)
def test_hints_that_do_not_fit_are_refused_with_a_sentence(case: str, tmp_path: Path) -> None:
    document = _issued("plane", tmp_path)
    hints, why = HINTS[case]
    for group in document["robust"]:
        group["hints"] = hints
    for prove in CHECKERS.values():
        verdict = _verdict(document, tmp_path, prove)
        assert verdict.startswith("rejected: ") and why in verdict


@pytest.mark.parametrize(("low", "high"), [("-9", "9/4"), ("-3/4", "9")])
def test_a_range_that_holds_a_centre_but_not_its_ball_is_refused(low: str, high: str, tmp_path: Path) -> None:
    document = _issued("plane", tmp_path)
    document["robust"] = [group for group in document["robust"] if group["label"] == 1]
    document["robust"][0]["hints"] |= {"low": low, "high": high}
    for prove in CHECKERS.values():
        verdict = _verdict(document, tmp_path, prove)
        assert verdict.startswith("rejected: ") and "leaves the range" in verdict


def _other_norm(document: Document) -> None:
    document["statement"]["norm"] = "linf"


def _a_domain(document: Document) -> None:
    document["statement"]["domain"] = {"lower": ["-9", "-9"], "upper": ["9", "9"]}


def _no_such_point(document: Document) -> None:
    document["robust"][0]["indices"] = [3]


def _twice(document: Document) -> None:
    document["robust"][0]["indices"] *= 2


def _other_label(document: Document) -> None:
    document["robust"][0]["label"] *= -1


def _other_rule(document: Document) -> None:
    document["robust"][0]["rule"] = "parabola"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_other_norm, "l2 balls without a domain"),
        (_a_domain, "l2 balls without a domain"),
        (_no_such_point, "a point index is wrong"),
        (_twice, "a point index is wrong"),
        (_other_label, "a group mixes labels"),
        (_other_rule, "a rule is unknown"),
    ],
)
def test_another_statement_is_refused(change: Callable[[Document], None], why: str, tmp_path: Path) -> None:
    document = _issued("plane", tmp_path)
    change(document)
    for prove in CHECKERS.values():
        verdict = _verdict(document, tmp_path, prove)
        assert verdict.startswith("rejected: ") and why in verdict


# Networks that do not fit --------------------------------------------------------------


def _sawtooth(levels: int) -> ReluNetwork:
    """Return a tooth composed with itself, then one bump."""
    halves = [AffineMap([[1], [1]], [0, "-1/2"])]
    halves += [AffineMap([[2, -4], [2, -4]], [0, "-1/2"]) for _ in range(levels - 1)]
    return ReluNetwork([*halves, AffineMap([[-1, 0]], [1]), AffineMap([[2]], [1])])


CORNER = AffineMap([[1, 0], [-1, 0], [0, 1], [0, -1]], [0, 0, 0, 0])
ABS_SUM, NEGATIVE_SUM = [1, 1, 1, 1], [1, 1, -1, -1]
END, AWAY = AffineMap([[1, 1]], [1]), AffineMap([[-1, -1]], [1])
STRANGERS: dict[str, tuple[ReluNetwork, str]] = {
    "two maps": (ReluNetwork([CORNER, AffineMap([ABS_SUM], [1])]), "no layer of bumps with one margin"),
    "three outputs": (
        ReluNetwork([CORNER, AffineMap([ABS_SUM], [0]), AffineMap([[-1]], [9]), AffineMap([[1], [2], [0]], [1, 0, 0])]),
        "no layer of bumps with one margin",
    ),
    "a sum below 0": (
        ReluNetwork([CORNER, AffineMap([NEGATIVE_SUM], [0]), AffineMap([[-1], [-1]], [9, 9]), END]),
        "a sum of several coordinates may be negative",
    ),
    "a sum just below 0": (
        ReluNetwork([CORNER, AffineMap([ABS_SUM], ["-1/1000000"]), AffineMap([[-1], [-1]], [9, 9]), END]),
        "a sum of several coordinates may be negative",
    ),
    "bumps of one coordinate": (
        ReluNetwork([CORNER, AffineMap([[1, 1, 0, 0]] * 2, [0, 0]), AffineMap([[-1, 0], [0, -1]], [9, 9]), END]),
        "leaves out a coordinate",
    ),
    "two curved units": (
        ReluNetwork([CORNER, AffineMap([ABS_SUM] * 2, [0, 0]), AffineMap([[-1, 0], [0, -1]], [9, 9]), AWAY]),
        "is not proved robust",
    ),
    "no curved unit": (
        ReluNetwork([AffineMap([[1, 0], [0, 1]], [20, 20]), AffineMap([[-1, 0], [0, 1]], [9, 9]), AWAY]),
        "leaves out a coordinate",
    ),
    "differing weights": (
        ReluNetwork([CORNER, AffineMap([ABS_SUM], [0]), AffineMap([[-1], [-2]], [9, 9]), AWAY]),
        "is not proved robust",
    ),
    "one bump without it": (
        ReluNetwork([CORNER, AffineMap([ABS_SUM], [0]), AffineMap([[-1], [0]], [9, 9]), AWAY]),
        "leaves out a coordinate",
    ),
    "a rising square": (
        ReluNetwork([CORNER, AffineMap([ABS_SUM], [0]), AffineMap([[1], [1]], [9, 9]), AWAY]),
        "is not proved robust",
    ),
    "one coordinate": (
        ReluNetwork([CORNER, AffineMap([[1, 1, 0, 0]], [0]), AffineMap([[-1], [-1]], [9, 9]), END]),
        "leaves out a coordinate",
    ),
    "many pieces": (_sawtooth(20), "too many pieces"),
    "long numbers": (
        ReluNetwork([CORNER, AffineMap([ABS_SUM], [2**5000]), AffineMap([[-1], [-1]], [9, 9]), END]),
        "too many digits",
    ),
    "long weights of bumps": (
        ReluNetwork([CORNER, AffineMap([ABS_SUM], [0]), AffineMap([[-1], [-1]], [2**5000, 9]), END]),
        "too many digits",
    ),
}


@pytest.mark.parametrize("case", STRANGERS)
def test_networks_of_another_shape_are_refused_with_a_sentence(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checker, "MOST_PIECES", 256)
    network, why = STRANGERS[case]
    label = 0 if network.outputs > 1 else 1
    data = LabelledPoints.of([["1/2"] * network.dim, ["0"] * network.dim], [label, 1])
    result = verify.robust_error(network, data, "l2", "1/2", "interval")
    document = json.loads(result.certificate(tmp_path / "certificate.json", hints=False).read_text())
    assert document["network"] == network_document(network)
    hints = {"bend": "1", "low": "-3", "high": "3", "margin": "1"}
    document["robust"] = [{"rule": "separable", "label": label, "indices": [0], "hints": hints}]
    for prove in CHECKERS.values():
        verdict = _verdict(_mended(document), tmp_path, prove)
        assert verdict.startswith("rejected: ") and why in verdict, verdict


def test_deep_teeth_are_followed_exactly_as_far_as_they_are_taken() -> None:
    """The pieces of a tooth composed with itself are those of a sawtooth."""
    layers, _ = checker.read_network(network_document(_sawtooth(7)))
    sums = checker.Sums(layers[:-2], Fraction(0), Fraction(1))
    [rise, _] = (next(iter(unit.values())) for unit in sums.units)
    assert sums.kinks(rise) == [Fraction(place, 64) for place in range(65)]
    assert {sums.at(rise, place) for place in sums.kinks(rise)} == {0, 1}


def test_a_certificate_of_one_group_reads_its_own_hints(tmp_path: Path) -> None:
    """Every group names the margin it proves; the statement has the smallest."""
    document = _issued("plane", tmp_path)
    path = tmp_path / "certificate.json"
    groups = Certificate(path).groups
    found = {group["label"]: checker.prove_group(Certificate(path), group) for group in groups}
    assert found == {-1: Fraction(document["robust"][0]["hints"]["margin"]), 1: Fraction(1)}
    assert min(found.values()) == Fraction(document["statement"]["margin"])
