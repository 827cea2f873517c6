"""The checker of counting certificates: golden sizes, both arithmetics, forged and hostile files."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from verify.certificate import count_checker
from verify.certificate.count_checker import Claim, Rejected, check

Document = dict[str, Any]
ZERO, TENTH, RARE = "0", "1/10", "1/1048576"

# Largest sizes that the rules prove: (dim, points), size at error 0 and at error 1/10.
REGIONS = {
    (9, 256): (17, 10),
    (5, 256): (17, 10),
    (7, 729): (35, 22),
    (4, 1000): (44, 28),
    (11, 1024): (43, 28),
    (5, 1296): (51, 34),
    (13, 4096): (102, 69),
    (2, 16): (2, 1),
    (3, 9): (1, 1),
    (3, 16): (1, 1),
    (3, 64): (6, 3),
    (4, 27): (2, 2),
    (2, 64): (6, 4),
    (6, 32): (3, 2),
    (7, 64): (5, 3),
    (8, 128): (10, 6),
    (15, 16384): (226, 158),
    (21, 2**20): (2005, 1450),
}
RARE_REGIONS = {(9, 256): (16, 9), (5, 1296): (51, 33), (13, 4096): (102, 69)}
LAYERS = {
    (5, 1296, 3): (31, 16),
    (5, 1296, 5): (18, 9),
    (13, 4096, 3): (87, 46),
    (13, 4096, 5): (51, 27),
    (9, 6561, 3): (135, 71),
    (9, 6561, 5): (78, 41),
}
PRECISION = {
    (9, 256, 8): (18, 10),
    (5, 1296, 8): (86, 48),
    (5, 1296, 32): (34, 18),
    (13, 4096, 8): (247, 138),
    (13, 4096, 32): (103, 56),
}


def _size_bound(rule: str = "regions", **statement: Any) -> Document:
    stated = {"kind": "size-bound", "points": 256, "dim": 9, "error": ZERO, "size": 17}
    stated |= {"depth": None, "weight_bits": None, "failure_probability": None, **statement}
    return {"schema": count_checker.SCHEMA, "statement": stated, "rule": rule}


def _sign_patterns(**statement: Any) -> Document:
    stated = {"kind": "sign-pattern-bound", "points": 100, "error": TENTH, "vc_dimension": 12}
    stated |= {"failure_probability": None, **statement}
    return {"schema": count_checker.SCHEMA, "statement": stated, "rule": "sauer"}


def _golden() -> Iterator[tuple[str, Document]]:
    for errors in (0, 1):
        error = (ZERO, TENTH)[errors]
        for (dim, points), sizes in REGIONS.items():
            yield f"regions-{dim}-{points}", _size_bound(dim=dim, points=points, error=error, size=sizes[errors])
        for (dim, points), sizes in RARE_REGIONS.items():
            stated = {"dim": dim, "points": points, "error": error, "failure_probability": RARE}
            yield f"rare-{dim}-{points}", _size_bound(**stated, size=sizes[errors])
        for (dim, points, depth), sizes in LAYERS.items():
            stated = {"dim": dim, "points": points, "error": error, "depth": depth}
            yield f"layers-{dim}-{points}-{depth}", _size_bound("layers", **stated, size=sizes[errors])
        for (dim, points, bits), sizes in PRECISION.items():
            stated = {"dim": dim, "points": points, "error": error, "weight_bits": bits}
            yield f"precision-{dim}-{points}-{bits}", _size_bound("precision", **stated, size=sizes[errors])


GOLDEN = [pytest.param(document, id=f"{name}-{document['statement']['error']}") for name, document in _golden()]


def _check(folder: Path, document: Any) -> str:
    path = folder / "count.json"
    path.write_text(json.dumps(document))
    return check(path)


def _with(document: Document, **statement: Any) -> Document:
    return {**document, "statement": {**document["statement"], **statement}}


def _claim(document: Document) -> Claim:
    return count_checker.read_claim(document["statement"])


def _is_proved(document: Document) -> bool:
    try:
        count_checker.prove(_claim(document), document["rule"])
    except Rejected:
        return False
    return True


# Golden sizes and both arithmetics -----------------------------------------------------


@pytest.mark.parametrize("document", GOLDEN)
def test_the_golden_size_is_proved_and_one_more_is_not(document: Document, tmp_path: Path) -> None:
    assert _check(tmp_path, document).startswith("proved: every ReLU network")
    with pytest.raises(Rejected, match="the count of sign patterns is too large"):
        _check(tmp_path, _with(document, size=document["statement"]["size"] + 1))


@pytest.mark.parametrize("document", GOLDEN)
def test_fixed_point_proves_almost_as_much_and_never_more(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_checker, "LARGEST_PLAIN", 0)
    size = document["statement"]["size"]
    assert _is_proved(_with(document, size=size - 1))
    assert not _is_proved(_with(document, size=size + 1))
    if size >= 50:
        assert _is_proved(document)


def test_both_arithmetics_meet_at_a_million_points(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _size_bound(dim=21, points=10**6, error=TENTH, size=1415)
    assert count_checker.prove(_claim(document), "regions") == "plain integers"
    monkeypatch.setattr(count_checker, "LARGEST_PLAIN", 0)
    assert count_checker.prove(_claim(document), "regions") == "fixed point"
    assert not _is_proved(_with(document, size=1416))


@pytest.mark.parametrize("rule", ["regions", "layers", "precision"])
def test_no_small_size_is_proved_in_fixed_point_alone(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = [
        _size_bound(rule, points=points, dim=dim, error=error, size=size, depth=2, weight_bits=2)
        for points in (1, 2, 5, 12, 40, 90)
        for dim in (1, 3, 20)
        for error in (ZERO, TENTH, "1/3")
        for size in (0, 1, 2, 3, 5, 8)
    ]
    plain = [_is_proved(document) for document in grid]
    monkeypatch.setattr(count_checker, "LARGEST_PLAIN", 0)
    fixed = [_is_proved(document) for document in grid]
    assert any(fixed) and not all(plain)
    assert [p for p, f in zip(plain, fixed, strict=True) if f and not p] == []


def test_the_sauer_rule_counts_subsets(monkeypatch: pytest.MonkeyPatch) -> None:
    for points, error in ((20, ZERO), (100, TENTH), (333, "1/5"), (1000, "1/100")):
        radius = math.floor(Fraction(error) * points)
        ball = sum(math.comb(points, j) for j in range(radius + 1))
        subsets = accumulate(math.comb(points, j) for j in range(points + 1))
        largest = sum(1 for count in subsets if count * ball < 2**points) - 1
        document = _sign_patterns(points=points, error=error, vc_dimension=largest)
        assert _is_proved(document) and not _is_proved(_with(document, vc_dimension=largest + 1))
        with monkeypatch.context() as patch:
            patch.setattr(count_checker, "LARGEST_PLAIN", 0)
            assert _is_proved(_with(document, vc_dimension=largest - 1))
            assert not _is_proved(_with(document, vc_dimension=largest + 1))


@pytest.mark.parametrize("points", [10, 60_000, 2**300])
def test_a_class_that_shatters_fewer_points_misses_a_labelling(points: int) -> None:
    assert _is_proved(_sign_patterns(points=points, error=ZERO, vc_dimension=points - 1))
    assert not _is_proved(_sign_patterns(points=points, error=ZERO, vc_dimension=points))
    assert not _is_proved(_sign_patterns(points=points, error=ZERO, vc_dimension=points, failure_probability="1/2"))
    assert not _is_proved(_sign_patterns(points=points, error="1/5", vc_dimension=points - 1))


def test_astronomical_statements_are_proved(tmp_path: Path) -> None:
    points = 5**63
    document = _size_bound(dim=64, points=hex(points), error=TENTH, size=hex(15175192005768849813331))
    assert "at most 15175192005768849813331 nonzero" in _check(tmp_path, document)
    assert not _is_proved(_with(document, size=15175192005768849813332))
    points = 5**999
    document = _size_bound(dim=1000, points=hex(points), error=TENTH, size=hex(math.isqrt(points) * 1457 // 1000))
    assert str(points) in _check(tmp_path, document)
    assert not _is_proved(_with(document, size=math.isqrt(points) * 146 // 100))


@pytest.mark.parametrize("bits", [1, 32, 1000])
def test_the_precision_rule_comes_within_a_share_of_its_leading_term(bits: int) -> None:
    points, dim, size = 2**300, 50, 2**290
    room = {"accepted": 0.53099, "rejected": 0.53101}  # 1 - H(1/10) = 0.531004...
    for answer, share in room.items():
        for _ in range(50):  # size * (bits + log2(e (size/2 + dim + 1))) = share * points
            size = int(share * points / (bits + math.log2(math.e * (size / 2 + dim + 1))))
        document = _size_bound("precision", dim=dim, points=points, error=TENTH, size=size, weight_bits=bits)
        assert _is_proved(document) == (answer == "accepted")


# What the arithmetic is made of --------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "dim", "points", "total"), [(1, 1, 2, 44), (2, 1, 3, 4115), (3, 2, 4, 1412160), (4, 2, 4, 283275042)]
)
def test_small_sums_over_regions_are_exact(size: int, dim: int, points: int, total: int) -> None:
    assert count_checker.regions(_claim(_size_bound(size=size, dim=dim, points=points))) == total


@pytest.mark.parametrize("depth", [None, 3])
@pytest.mark.parametrize(("size", "dim", "points"), [(140, 1, 5000), (140, 40, 200), (150, 6, 10**6)])
def test_rows_and_segments_bound_the_exact_sum(size: int, dim: int, points: int, depth: int | None) -> None:
    claim = _claim(_size_bound(size=size, dim=dim, points=points, depth=depth))
    rows = [
        sum(count_checker.region_term(claim, units, w) for w in range(units + 1, size + 1))
        for units in range(claim.most_units + 1)
    ]
    exact, bound = sum(rows), count_checker.regions(claim)
    assert exact <= bound < exact + exact // 1000
    assert all(row < 1 << count_checker.region_row_bits(claim, units) for units, row in enumerate(rows))
    for first, last in ((0, 0), (0, len(rows) - 1), (3, 10), (60, 75), (len(rows) - 2, len(rows) - 1)):
        bits = Fraction(count_checker.segment_bits(claim, first, last), 2**count_checker.SHARE_BITS)
        assert sum(rows[first : last + 1]) ** 4 <= 1 << math.floor(4 * bits)
    fixed = count_checker.region_logs(claim, 64, (exact.bit_length() + 3) << 64)
    assert exact**16 <= 1 << math.floor(16 * Fraction(fixed, 2**64))


@pytest.mark.parametrize("value", [0, -1, -(2**16), -(2**16) - 1, -3 * 2**15, -(64 * 2**16) - 7, -(2**40)])
def test_powers_of_fractions_are_rounded_up(value: int) -> None:
    # 2^(value / 2^16) <= power / 2^64, to the power 2^16.
    power = Fraction(count_checker.power_up(value), 2**64)
    assert value < -(2**30) or power ** (2**16) >= Fraction(2) ** value
    assert power <= Fraction(107, 100) * Fraction(2) ** (value >> 16) * 2 + Fraction(1, 2**62)


@pytest.mark.parametrize("bits", [1, 2, 32])
@pytest.mark.parametrize("dim", [1, 7])
@pytest.mark.parametrize("size", [1, 2, 3, 20])
def test_the_closed_bound_of_the_precision_rule_covers_the_sum(
    size: int, dim: int, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = _claim(_size_bound("precision", size=size, dim=dim, weight_bits=bits))
    exact = count_checker.precision(claim)
    fixed = count_checker.precision_logs(claim, 8, 0)
    assert exact**256 <= 2**fixed
    monkeypatch.setitem(count_checker.LARGEST_EXACT, "precision", 0)
    assert exact <= count_checker.precision(claim) <= 4 * exact


def test_the_zero_network_is_counted() -> None:
    # Two positive values in dimension 1: 1, 2, x, 2x and the zero network.
    assert count_checker.precision(_claim(_size_bound("precision", size=1, dim=1, weight_bits=1))) == 5


def test_layers_agree_in_both_arithmetics() -> None:
    for size, depth in ((1, 1), (2, 3), (9, 2), (30, 6)):
        claim = _claim(_size_bound("layers", size=size, depth=depth, points=1000))
        plain, fixed = count_checker.layers(claim), count_checker.layer_logs(claim, 4, 0)
        assert plain**16 <= 2**fixed <= (4 * plain) ** 16


@pytest.mark.parametrize("points", [9, 40, 1001])
def test_balls_are_covered_tightly(points: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for radius in (0, 1, 2, points // 10, points // 3, (points - 1) // 2):
        exact = sum(math.comb(points, j) for j in range(radius + 1))
        assert count_checker.ball(points, radius) == exact
        assert exact**16 <= 2 ** count_checker.ball_log_up(points, radius, 4)
        with monkeypatch.context() as patch:
            patch.setattr(count_checker, "LARGEST_SUMMED", 0)
            assert exact <= count_checker.ball(points, radius) <= points * exact
    assert count_checker.ball(points, points) == count_checker.ball(points, points + 5) == 2**points


@pytest.mark.parametrize(
    ("top", "bottom"),
    [(1, 1), (2, 1), (1, 2), (3, 2), (2, 3), (10**30 + 1, 10**30), (7**50, 3), (1, 5**70), (255, 128)],
)
def test_logarithms_are_rounded_up_by_little(top: int, bottom: int) -> None:
    for p in (0, 1, 5, 10):
        high, steps = count_checker.log_up(top, bottom, p), 2**p
        scale = max(-high + 2, 0)
        assert top**steps << scale <= bottom**steps << high + scale
        assert top**steps << scale + 1 >= bottom**steps << high + scale - 1  # at most two units too much
    fine = [Fraction(count_checker.log_up(top, bottom, p), 2**p) for p in (16, 64, 300, 1000)]
    assert all(0 <= a - b <= Fraction(2, 2**p) for a, b, p in zip(fine, fine[1:], (16, 64, 300), strict=False))


def test_inverse_tanh_encloses_its_series() -> None:
    for top, bottom in ((0, 1), (1, 3), (1, 7), (2, 9), (1, 10**12)):
        z = Fraction(top, bottom)
        series = sum(z**k / k for k in range(1, 120, 2))
        for p in (8, 40, 150):
            low, high = count_checker.inverse_tanh(top, bottom, p)
            assert low <= series * 2**p <= high <= low + 3 * p + 4


def test_binomials_are_bounded_from_above() -> None:
    for n, k in ((2, 1), (3, 2), (10, 3), (50, 49), (200, 100), (1000, 7)):
        assert math.comb(n, k) ** 16 <= 2 ** count_checker.choose_log_up(n, k, 4) <= (2 * math.comb(n, k)) ** 16
        assert math.comb(n, k) <= 1 << (count_checker.choose_log_up(n, k, -3) << 3)


def test_e_is_bounded_from_above() -> None:
    bound = Fraction(count_checker.E_ABOVE, count_checker.E_UNIT)
    partial = sum(Fraction(1, math.factorial(k)) for k in range(25))
    assert partial + Fraction(2, math.factorial(25)) < bound < partial + Fraction(1, 10**18)


# Statements ----------------------------------------------------------------------------


def test_the_sentences_say_what_is_proved(tmp_path: Path) -> None:
    document = _size_bound(dim=15, points=16384, error=TENTH, size=158)
    assert _check(tmp_path, document) == (
        "proved: every ReLU network with at most 158 nonzero parameters errs on more than 1638 of 16384 points "
        "in dimension 15, for some labelling (rule regions, plain integers)"
    )
    document = _size_bound("layers", depth=3, weight_bits=8, size="0x5", failure_probability="1/8")
    assert _check(tmp_path, document) == (
        "proved: every ReLU network of depth at most 3 with weights from at most 2^8 values and at most 5 nonzero "
        "parameters errs on more than 0 of 256 points in dimension 9, for all but a share below 1/8 of the labellings "
        "(rule layers, plain integers)"
    )
    assert _check(tmp_path, _sign_patterns()) == (
        "proved: every classifier of a class of VC dimension at most 12 errs on more than 10 of 100 points, "
        "for some labelling (rule sauer, plain integers)"
    )


@pytest.mark.parametrize(
    "weaker",
    [
        {"size": 3},
        {"size": 0},
        {"depth": 1},
        {"depth": 2**20, "weight_bits": 2**20},
        {"points": 300},
        {"points": "0x100"},
        {"size": "0x11"},
        {"dim": 1},
        {"failure_probability": "1"},
        {"error": TENTH, "size": 9},
        {"points": 10**7, "size": 4},
    ],
    ids=str,
)
def test_weaker_statements_are_accepted(weaker: Document, tmp_path: Path) -> None:
    assert _check(tmp_path, _with(_size_bound(), **weaker)).startswith("proved: ")


def test_optional_keys_may_be_absent(tmp_path: Path) -> None:
    document = _size_bound()
    for name in ("depth", "weight_bits", "failure_probability"):
        del document["statement"][name]
    assert _check(tmp_path, document) == _check(tmp_path, _size_bound())


FORGED: list[tuple[Document, str]] = [
    *((_with(_size_bound(), **change), "too large") for change in (
        {"size": 18}, {"points": 240}, {"error": TENTH}, {"error": "1/20"}, {"dim": 10**9}, {"size": 256},
        {"failure_probability": RARE}, {"points": "0x1" + "0" * 40, "size": "0x2" + "0" * 20},
    )),
    (_with(_size_bound(), size=18, depth=10**6), "too large"),
    (_with(_size_bound(), size=100, weight_bits=1), "too large"),
    (_size_bound("layers", depth=3, size=17), "too large"),
    (_size_bound("layers", depth=2**20, size=1), "too large"),
    (_size_bound("layers", depth=2**20, size=1, points=10**6 + 1), "too large"),
    (_size_bound("layers", weight_bits=3, size=2), "needs a depth"),
    (_size_bound("precision", depth=3, size=2), "needs weight_bits"),
    (_size_bound("precision", weight_bits=9, size=19), "too large"),
    (_size_bound("precision", weight_bits=2**20, size=1), "too large"),
    (_size_bound(size=257), "at most as many parameters as points"),
    (_size_bound("layers", size=257, depth=1), "at most as many parameters as points"),
    (_size_bound(size="0x1" + "0" * 4999, points=10**7), "at most as many parameters as points"),
    (_size_bound("sauer"), "the rule is not one for a size-bound"),
    (_size_bound("warren"), "the rule is not one for a size-bound"),
    (_sign_patterns() | {"rule": "regions"}, "the rule is not one for a sign-pattern-bound"),
    (_sign_patterns() | {"rule": ["sauer"]}, "the rule is not one for a sign-pattern-bound"),
    (_sign_patterns(vc_dimension=15), "too large"),
    (_sign_patterns(vc_dimension=50), "too large"),
    (_sign_patterns(points=10**7, vc_dimension=10**7 - 1), "too large"),
    (_sign_patterns(dim=3), "may only have the keys"),
    (_sign_patterns(kind="size-bound"), "lacks dim, size"),
    (_size_bound(kind="sign-pattern-bound"), "lacks vc_dimension"),
    (_size_bound(kind="upper-bound"), "unknown kind"),
    (_size_bound(kind=["size-bound"]), "unknown kind"),
    (_size_bound(kind=None), "unknown kind"),
    (_size_bound(note="true"), "may only have the keys"),
    (_size_bound() | {"note": "true"}, "must have the keys"),
    (_size_bound() | {"schema": "robustproofs/count-certificate/2"}, "unknown schema"),
    (_size_bound() | {"schema": None}, "unknown schema"),
    (_size_bound() | {"statement": [1]}, "must be an object"),
    ({"schema": count_checker.SCHEMA, "rule": "regions"}, "must have the keys"),
    *((_size_bound(error=text), "error must be below 1/2") for text in ("1/2", "2/3", "1", "7")),
    *((_size_bound(error=text), "such as 1/10") for text in (
        "-1/10", "0.1", "1e-1", " 1/10", "1/10 ", "1/10\n", "1/1_0", "+1/10", "1/010", "01/10", "1/0", "1/-10",
        "1 / 10", "\u0661/10", "1/\u00b2", "", "0x1/0xa", "nan", 0, None, True, ["1/10"],
    )),
    *((_size_bound(error=text), "lowest terms") for text in ("2/20", "0/1", "0/5")),
    (_size_bound(error="1/" + "9" * 5000), "too long"),
    (_size_bound(failure_probability="0"), "failure_probability must be above 0"),
    (_size_bound(failure_probability="3/2"), "failure_probability must be above 0"),
    (_size_bound(failure_probability=1), "failure_probability must be text"),
    *((_size_bound(**{name: value}), f"{name} must be at least") for name, value in (
        ("points", 0), ("points", -256), ("size", -1), ("dim", 0), ("dim", -9), ("depth", 0), ("depth", -3),
        ("weight_bits", 0), ("weight_bits", -1),
    )),
    *((_size_bound(**{name: value}), f"{name} must be at most") for name, value in (
        ("dim", 10**9 + 1), ("depth", 2**20 + 1), ("weight_bits", 2**20 + 1),
    )),
    *((_size_bound(**{name: value}), f"{name} must be an integer") for name, value in (
        ("points", True), ("size", True), ("size", False), ("dim", True), ("depth", True), ("weight_bits", True),
        ("points", None), ("size", [17]), ("dim", {}),
    )),
    *((_size_bound(size=text), "size is malformed") for text in (
        "17", "0X11", "0x", "0x011", "-0x11", "+0x11", "0x1_1", " 0x11", "0x11 ", "0x11\n", "0xA", "0x1\u0661",
        "\uff10x11", "0x1.0", "",
    )),
    (_size_bound(points="0x" + "f" * 5001), "points has more than 20000 bits"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "why"), FORGED, ids=[str(index) for index in range(len(FORGED))])
def test_forged_statements_are_rejected(document: Document, why: str, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as caught:
        _check(tmp_path, document)
    assert why in str(caught.value), str(caught.value)


# Hostile files -------------------------------------------------------------------------


def _swap(old: str, new: str) -> Callable[[str], bytes]:
    def change(text: str) -> bytes:
        assert old in text
        return text.replace(old, new, 1).encode()

    return change


HOSTILE: dict[str, Callable[[str], bytes]] = {
    "float": _swap('"size": 17', '"size": 17.0'),
    "exponent": _swap('"size": 17', '"size": 1e1'),
    "nan": _swap('"size": 17', '"size": NaN'),
    "infinity": _swap('"points": 256', '"points": Infinity'),
    "negative_infinity": _swap('"points": 256', '"points": -Infinity'),
    "leading_zero": _swap('"size": 17', '"size": 017'),
    "repeated_size": _swap('"size": 17', '"size": 17, "size": 3'),
    "repeated_rule": _swap('"rule"', '"rule": "layers", "rule"'),
    "many_digits": _swap('"points": 256', '"points": ' + "9" * 30_000),
    "truncated": lambda text: text[:-9].encode(),
    "trailing": lambda text: (text + "{}").encode(),
    "byte_order_mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "no_utf8": lambda text: text.encode().replace(b"regions", b"region\xff"),
    "wide": lambda text: text.encode("utf-16"),
    "empty": lambda text: b"",
    "null": lambda text: b"null",
    "list": lambda text: f"[{text}]".encode(),
    "nested_lists": lambda text: b"[" * 60_000,
    "nested_statements": lambda text: b'{"statement":' * 4_000 + b"1" + b"}" * 4_000,
    "padded": lambda text: text.encode() + b" " * 2**16,
    "escape": _swap('"regions"', '"regions\\u001b[2J\\ud800"'),
    "strange_key": _swap('"depth"', '"depth\\u202e\\ud800"'),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile_files_are_rejected_in_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "count.json"
    path.write_bytes(HOSTILE[name](json.dumps(_size_bound())))
    assert count_checker.main([str(path)]) == 5
    printed = capsys.readouterr()
    assert printed.err == "" and printed.out.count("\n") == 1 and printed.out.strip().isprintable()
    assert f"{path}: rejected: " in printed.out and len(printed.out) < 600


def _alone(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", count_checker.__file__, *arguments]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def test_it_runs_alone(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text(json.dumps(_size_bound()))
    assert _alone(str(good)).returncode == 0
    names = [str(good), str(tmp_path / "missing.json"), str(tmp_path)]
    for name, change in HOSTILE.items():
        (tmp_path / name).write_bytes(change(json.dumps(_size_bound())))
        names.append(str(tmp_path / name))
    result = _alone(*names)
    lines = result.stdout.decode().splitlines()
    assert (result.returncode, result.stderr) == (5, b"") and len(lines) == len(names)
    assert "proved: " in lines[0] and all("rejected: " in line for line in lines[1:])


def test_it_explains_itself() -> None:
    helped, bare = _alone("--help"), _alone()
    assert (helped.returncode, bare.returncode) == (0, 2)
    assert helped.stdout == bare.stdout and b"count_checker.py CERTIFICATE" in helped.stdout


def test_unreadable_names_are_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert count_checker.main(["a\0b", "\ud800", "x" * 5000]) == 5
    assert all("rejected: " in line and line.isprintable() for line in capsys.readouterr().out.splitlines())
