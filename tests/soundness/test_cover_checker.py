"""The checker of covers: forged and hostile certificates, and every small change of a genuine one."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import verify
from constructions import BudgetExceeded, FiniteDistribution, LabelledPoints, MalformedInput, load_data
from verify.certificate import count_checker, issue_optimal
from verify.certificate.count_checker import Rejected, check
from verify.testing.exhaustive_cover import optimal_error_by_subsets

Document = dict[str, Any]
DATA = LabelledPoints.of([["0", "0"], ["1", "0"], ["1/2", "1/3"], ["3", "0"], ["5", "-1"]], labels=[-1, 1, -1, 1, -1])
TINY = Fraction(1, 2**80)
HUGE = LabelledPoints.of([[0], [-(3**45)], [2 * 3**45]], labels=[-1, 1, -1])


def genuine(
    folder: Path, norm: str = "linf", weights: Any = None, data: LabelledPoints = DATA, **asked: Any
) -> Document:
    law = FiniteDistribution.uniform(data) if weights is None else FiniteDistribution(data, weights)
    found = verify.optimal_robust_error(law, norm, asked.pop("radius", Fraction(1, 2)), **asked)
    return json.loads(found.certificate(folder / "genuine.json").read_text())


def checked(folder: Path, document: Any) -> str:
    path = folder / "changed.json"
    path.write_text(json.dumps(document))
    return check(path)


CASES: dict[str, dict[str, Any]] = {
    "uniform": {},
    "weighted": {"weights": ["1/8", "1/4", "1/8", "3/8", "1/8"]},
    "no weight": {"weights": ["0", "1/4", "1/4", "1/4", "1/4"]},
    "tiny weights": {"weights": [TINY, "1/4", "1/4", "1/4", Fraction(1, 4) - TINY]},
    "l1": {"norm": "l1"},
    "l2": {"norm": "l2", "radius": Fraction(5, 7)},
    "open": {"closed": False},
    "open l2": {"norm": "l2", "closed": False},
    "huge": {"data": HUGE, "radius": Fraction(3**45, 2)},
    "radius zero": {"radius": 0},
}  # fmt: skip


@pytest.mark.theorem("optimal-robust-error", claims=["cover", "matching"])
@pytest.mark.parametrize("case", list(CASES))
def test_a_genuine_certificate_is_accepted(case: str, tmp_path: Path) -> None:
    document = genuine(tmp_path, **CASES[case])
    sentence = checked(tmp_path, document)
    assert sentence.startswith("proved: the smallest robust error of any classifier on ")
    assert f"is {document['statement']['value']}:" in sentence
    assert verify.recheck(tmp_path / "genuine.json") == sentence


# Every small change ------------------------------------------------------------------------


def changes(value: Any) -> Iterator[Any]:
    """Yield values near to one of JSON, of the same and of other types."""
    if isinstance(value, bool):
        yield from (not value, int(value), None)
    elif isinstance(value, int):
        yield from (value + 1, value - 1, -value, str(value), None, 2**60)
    elif isinstance(value, str):
        yield from (value + "0", "1" + value, value[:-1], "l1", "1/7", "0", None, 5)
    elif isinstance(value, list):
        yield from (value[:-1], value[1:], value + value[-1:], value[::-1], [], None, {})
    elif value is None:
        yield from ("", [], [1] * 5, 0)


def changed(document: Any, whole: Any = None) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every document that differs in one place, with the place."""
    for old in changes(document):
        if old != document or type(old) is not type(document):
            yield (), old
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, inner in list(items):
        for place, new in changed(inner):
            copy = dict(document) if isinstance(document, dict) else list(document)
            copy[key] = new
            yield (key, *place), copy
    if isinstance(document, dict):
        for key in document:
            yield (key,), {name: inner for name, inner in document.items() if name != key}
        yield (), {**document, "note": 1}


def truth_of(document: Document) -> bool:
    """Say whether the statement is true of the points and weights in the document, by trying all subsets."""
    stated = document["statement"]

    def read(value: Any) -> int:
        return value if isinstance(value, int) else int(value, 16)

    points = [[Fraction(read(x), read(document["scale"])) for x in row] for row in document["points"]]
    data = LabelledPoints.of(points, document["labels"])
    weights = document["weights"] and [read(weight) for weight in document["weights"]]
    law = FiniteDistribution.uniform(data)
    if weights:
        law = FiniteDistribution(data, [Fraction(weight, sum(weights)) for weight in weights])
    best = optimal_error_by_subsets(law, stated["norm"], Fraction(stated["radius"]), stated["closed"])
    return best == Fraction(stated["value"]) and data.digest() == stated["data"]


@pytest.mark.parametrize("case", list(CASES))
def test_no_change_of_meaning_is_accepted(case: str, tmp_path: Path) -> None:
    """What is accepted states the truth, and changes outside the statement leave the statement alone."""
    original = genuine(tmp_path, **CASES[case])
    accepted = rejected = 0
    for place, document in changed(original):
        try:
            checked(tmp_path, document)
        except Rejected:
            rejected += 1
            continue
        accepted += 1
        assert truth_of(document), place
        proof_only = place[:1] in (("cover",), ("flow",))
        assert proof_only or place[:2] in (("statement", "radius"), ("statement", "norm"), ("statement", "closed")), (
            place
        )
        assert not proof_only or document["statement"] == original["statement"]
    assert rejected > 100 and accepted < rejected / 20


def test_random_forgeries_of_the_proof_never_prove_another_value(tmp_path: Path) -> None:
    stream = random.Random(0)
    original = genuine(tmp_path, **CASES["weighted"])
    values = {original["statement"]["value"]}
    for _ in range(400):
        document = json.loads(json.dumps(original))
        document["cover"] = sorted(stream.sample(range(5), stream.randint(0, 4)))
        document["flow"] = [[stream.choice([1, 3]), stream.choice([0, 2, 4]), stream.randint(1, 3)] for _ in range(2)]
        document["statement"]["value"] = str(Fraction(stream.randint(0, 8), 8))
        try:
            checked(tmp_path, document)
        except Rejected:
            continue
        values.add(document["statement"]["value"])
    assert values == {original["statement"]["value"]}


# Named forgeries ---------------------------------------------------------------------------


def _stated(**statement: Any) -> Callable[[Document], Document]:
    return lambda document: {**document, "statement": {**document["statement"], **statement}}


def _with(**parts: Any) -> Callable[[Document], Document]:
    return lambda document: {**document, **parts}


FORGERIES: dict[str, tuple[Callable[[Document], Document], str]] = {
    "a conflict uncovered": (_with(cover=[]), "meet, and neither is given up"),
    "one point too many": (_with(cover=[1, 3]), "the flow weighs 1 of 5, the cover 2"),
    "no flow": (_with(flow=[]), "the flow weighs 0 of 5"),
    "a pair that does not meet": (_with(flow=[[3, 0, 1]]), "around points 3 and 0 do not meet"),
    "one pair twice": (_with(flow=[[1, 0, 1], [1, 0, 1]]), "carries more than its weight"),
    "two pairs of one point": (_with(flow=[[1, 0, 1], [1, 2, 1]]), "point 1 carries more than its weight"),
    "too large an amount": (_with(flow=[[1, 0, 2]]), "carries more than its weight"),
    "a negative amount": (_with(flow=[[1, 0, 2], [1, 2, -1]]), "an amount must be at least 1"),
    "the wrong way round": (_with(flow=[[0, 1, 1]]), "are not a plus and a minus point"),
    "equal labels": (_with(flow=[[1, 3, 1]]), "are not a plus and a minus point"),
    "an index beyond": (_with(cover=[5]), "an index of the cover must be at most 4"),
    "an index below": (_with(flow=[[1, -1, 1]]), "must be at least 0"),
    "the cover twice": (_with(cover=[1, 1]), "the cover must increase"),
    "another value": (_stated(value="2/5"), "the stated value is another one"),
    "a smaller value": (_stated(value="0"), "the stated value is another one"),
    "not in lowest terms": (_stated(value="2/10"), "value is not in lowest terms"),
    "a larger radius": (_stated(radius="2"), "neither is given up"),
    "a smaller radius": (_stated(radius="1/8"), "do not meet"),
    "open balls": (_stated(closed=False, radius="1/4"), "do not meet"),
    "open balls of radius 0": (_stated(closed=False, radius="0"), "open balls need a positive radius"),
    "a negative radius": (_stated(radius="-1/2"), "radius must be text"),
    "another norm": (_stated(norm="l3"), "norm must be"),
    "other points": (_stated(data="0" * 64), "the points are not those stated"),
    "another kind": (_stated(kind="robust-error"), "unknown kind"),
    "fewer points": (_stated(points=4), "not as many rows as points"),
    "a flipped label": (_with(labels=[1, 1, -1, 1, -1]), "the points are not those stated"),
    "a third label": (_with(labels=[0, 1, -1, 1, -1]), "labels must be -1 or 1"),
    "another scale": (_with(scale=5), "the points are not those stated"),
    "unreduced": (_with(scale=12), "the points are not those stated"),
    "weights nobody stated": (_with(weights=[1] * 5), "the weights are not those stated"),
    "weights of another hash": (_stated(weights="0" * 64), "not as many weights as points"),
    "a note": (_with(note=1), "must have the keys"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(FORGERIES))
def test_named_forgeries_are_rejected_for_their_reason(name: str, tmp_path: Path) -> None:
    change, why = FORGERIES[name]
    with pytest.raises(Rejected) as caught:
        checked(tmp_path, change(genuine(tmp_path)))
    assert why in str(caught.value)


@pytest.mark.parametrize(("weights", "why"), [
    ([2, 4, 2, 6, 2], "not those stated"), ([1, 2, 1, 3], "not as many weights"), ([1, 2, 1, 3, -1], "at least 0"),
    ([1, 2, 1, 2, 2], "not those stated"), (None, "not as many weights"),
])  # fmt: skip
def test_forged_weights_are_rejected(weights: Any, why: str, tmp_path: Path) -> None:
    document = genuine(tmp_path, **CASES["weighted"])
    assert document["weights"] == [1, 2, 1, 3, 1]
    with pytest.raises(Rejected, match=why):
        checked(tmp_path, {**document, "weights": weights})


def test_points_must_be_in_lowest_terms_whatever_their_hash(tmp_path: Path) -> None:
    document = genuine(tmp_path)
    doubled = [[2 * x for x in row] for row in document["points"]]
    stated = count_checker.digest([x for row in doubled for x in row], document["labels"], 2, 2 * document["scale"])
    forged = {**document, "points": doubled, "scale": 2 * document["scale"]}
    with pytest.raises(Rejected, match="lowest terms"):
        checked(tmp_path, _stated(data=stated)(forged))


# Hostile files -----------------------------------------------------------------------------


HOSTILE: dict[str, Callable[[str], bytes]] = {
    "float": lambda text: text.replace('"scale":6', '"scale":6.0', 1).encode(),
    "nan": lambda text: text.replace('"scale":6', '"scale":NaN', 1).encode(),
    "twice": lambda text: text.replace('"scale":6', '"scale":6,"scale":6', 1).encode(),
    "truncated": lambda text: text[:-5].encode(),
    "nested": lambda text: text[:60].encode() + b"[" * 100_000,
    "many digits": lambda text: text.replace('"scale":6', '"scale":' + "9" * 9000, 1).encode(),
    "long hex": lambda text: text.replace('"scale":6', '"scale":"0x' + "f" * 9000 + '"', 1).encode(),
    "no statement": lambda text: b'{"schema":"robustproofs/cover-certificate/1"}',
    "empty rows": lambda text: text.replace('"points":[[', '"points":[[],[', 1).encode(),
    "schema late": lambda text: b'{"points":' + b" " * 2**16 + text[len('{"points":'):].encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile_files_are_rejected_in_one_line(name: str, tmp_path: Path) -> None:
    text = json.dumps(genuine(tmp_path), separators=(",", ":"))
    body = HOSTILE[name](text)
    assert body != text.encode()
    path = tmp_path / "hostile.json"
    path.write_bytes(body)
    command = [sys.executable, "-I", count_checker.__file__, str(path)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (5, b"") and done.stdout.count(b"\n") == 1
    with pytest.raises(MalformedInput):
        verify.recheck(path)


def test_a_certificate_too_large_to_be_read_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue_optimal, "LARGEST_COVER", 100)
    with pytest.raises(BudgetExceeded, match="at most 100 are re-checked"):
        genuine(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_digits_are_rechecked_alone(tmp_path: Path) -> None:
    found = verify.optimal_robust_error(load_data("digits:3-8"), "l2", Fraction(4, 5))
    path = found.certificate(tmp_path / "digits.json")
    done = subprocess.run(
        [sys.executable, "-I", "-S", count_checker.__file__, str(path)], capture_output=True, timeout=60
    )
    assert done.returncode == 0 and b"is 8/357: 8 points given up leave no conflict" in done.stdout
