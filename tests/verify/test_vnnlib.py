"""VNN-LIB files: the unsafe set they describe, set against a direct evaluation of their text."""

from __future__ import annotations

import itertools
import random
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from constructions.errors import BudgetExceeded, MalformedInput, UsageError
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.properties.cases import Case, Constraint, Property
from verify.properties.vnnlib import parse_vnnlib, read_vnnlib

F = Fraction
HEAD = "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)(declare-const Y_1 Real)\n"
BOX = "(assert (>= X_0 0))(assert (<= X_0 1))(assert (>= X_1 -1.5))(assert (<= X_1 2e-1))\n"
HEAD_2 = """(vnnlib-version <2.0>)
(declare-network net
    (declare-input X float32 [1,2])
    (declare-output Y float32 [2])
)
"""
BOX_2 = "(assert (and (>= X[0,0] 0.0) (<= X[0,0] 1.0) (>= X[0,1] -1.5) (<= X [0, 1] 0.2)))\n"
LOWER, UPPER = (F(0), F(-3, 2)), (F(1), F(1, 5))


def constraints_of(assertions: str) -> list[tuple[Constraint, ...]]:
    return [case.constraints for case in parse_vnnlib(HEAD + BOX + assertions).cases]


def test_a_box_and_a_condition() -> None:
    case = Case(LOWER, UPPER, (Constraint(((0, F(1)), (1, F(-1))), F(0)),))
    assert parse_vnnlib(HEAD + BOX + "(assert (<= Y_0 Y_1))") == Property(2, 2, (case,))
    assert parse_vnnlib(HEAD_2 + BOX_2 + "(assert (<= Y[0] Y[1]))") == Property(2, 2, (case,))


@pytest.mark.parametrize(
    ("text", "coefficients", "bound", "strict"),
    [
        ("(<= Y_0 3)", {0: 1}, 3, False),
        ("(>= Y_0 3)", {0: -1}, -3, False),
        ("(< Y_0 3)", {0: 1}, 3, True),
        ("(> Y_0 3)", {0: -1}, -3, True),
        ("(<= 3 Y_0)", {0: -1}, -3, False),
        ("(<= Y_0 0.1)", {0: 1}, F(1, 10), False),
        ("(<= Y_0 -.5)", {0: 1}, F(-1, 2), False),
        ("(<= Y_0 1e-3)", {0: 1}, F(1, 1000), False),
        ("(<= Y_0 -1.25E+2)", {0: 1}, -125, False),
        ("(<= Y_0 (- 3))", {0: 1}, -3, False),
        ("(<= Y_0 (/ 1 3))", {0: 1}, F(1, 3), False),
        ("(<= Y_0 1/3)", {0: 1}, F(1, 3), False),
        ("(<= (- Y_0) 3)", {0: -1}, 3, False),
        ("(<= (- Y_0 Y_1 1) 3)", {0: 1, 1: -1}, 4, False),
        ("(<= (+ Y_0 Y_1 1 Y_0) 3)", {0: 2, 1: 1}, 2, False),
        ("(<= (* 2 Y_0 0.5) 3)", {0: 1}, 3, False),
        ("(<= (* (+ 1 1) (- Y_0 (* 3 Y_1 (- 1)))) (+ Y_1 (/ Y_0 4)))", {0: F(7, 4), 1: 5}, 0, False),
        ("(<= (+ Y_0) (* 3))", {0: 1}, 3, False),
        ("(<= (+ (* 0 Y_0) Y_1) (- Y_0 Y_0))", {1: 1}, 0, False),
    ],
)
def test_linear_conditions_on_outputs(text: str, coefficients: dict[int, Any], bound: Any, strict: bool) -> None:
    found = Constraint(tuple((place, F(value)) for place, value in coefficients.items()), F(bound), strict)
    assert constraints_of(f"(assert {text})") == [(found,)]


@pytest.mark.parametrize("equal", ["=", "=="])
def test_equal_is_both_and_unequal_is_either(equal: str) -> None:
    below, above = Constraint(((0, F(1)),), F(2)), Constraint(((0, F(-1)),), F(-2))
    assert constraints_of(f"(assert ({equal} Y_0 2))") == [(below, above)]
    strict = [(Constraint(part.coefficients, part.bound, True),) for part in (below, above)]
    assert constraints_of("(assert (!= Y_0 2))") == strict


def test_bounds_in_every_spelling_meet() -> None:
    text = "(assert (<= (* -2 X_0) 1)) (assert (>= 4 X_0)) (assert (<= (+ X_0 1) 3)) (assert (== X_1 (/ 2 3)))"
    (case,) = parse_vnnlib(HEAD + text + "(assert (>= X_0 -7)) (assert (<= (- 5 X_0) 99))").cases
    assert case == Case((F(-1, 2), F(2, 3)), (F(2), F(2, 3)), ())


def test_cases_have_boxes_of_their_own() -> None:
    text = """(assert (or (and (<= X_0 0.5) (>= Y_0 1)) (and (>= X_0 0.75) (<= X_1 0) (>= Y_1 1) (<= Y_0 0))))"""
    first, second = parse_vnnlib(HEAD + BOX + text).cases
    assert (first.lower, first.upper) == (LOWER, (F(1, 2), F(1, 5)))
    assert (second.lower, second.upper) == ((F(3, 4), F(-3, 2)), (F(1), F(0)))
    assert [len(case.constraints) for case in (first, second)] == [1, 2]


def test_nested_choices_multiply_out_and_shared_conditions_come_first() -> None:
    text = "(assert (and (>= Y_0 9) (or (>= Y_0 0) (and (<= Y_1 1) (or (<= Y_0 2) (<= Y_1 3))))))"
    text += "(assert (or (<= Y_0 4) (<= Y_1 5)))"
    bounds = [[part.bound for part in case] for case in constraints_of(text)]
    assert bounds == [[-9, 0, 4], [-9, 0, 5], [-9, 1, 2, 4], [-9, 1, 2, 5], [-9, 1, 3, 4], [-9, 1, 3, 5]]


def test_empty_boxes_and_false_conditions_leave_no_case() -> None:
    assert constraints_of("(assert (>= X_0 1.5))") == []
    assert constraints_of("(assert (<= 1 0))") == []
    assert constraints_of("(assert (< 1 1))") == []
    assert constraints_of("(assert (or (>= X_0 2) (<= Y_0 0) (and (<= Y_0 1) (<= 2 1))))") == [
        (Constraint(((0, F(1)),), F(0)),)
    ]
    assert constraints_of("(assert (<= 1 1))") == [()]


AIRCRAFT = """; ACAS Xu, the fifth property's kind: an unsafe set of several boxes
(set-logic QF_LRA)
(declare-const X_0 Real)
(declare-const X_1 Real)
(declare-fun Y_0 () Real)
(declare-const Y_1 Real)
(declare-const Y_2 Real)

; Unscaled Input 0: (36000, 60760)
(assert (or
    (and (<= X_0 0.679857769) (>= X_0 0.268978427) (<= X_1 -0.499999896) (>= X_1 -0.5))
    (and (<= X_0 0.679857769) (>= X_0 0.268978427) (<= X_1 0.5) (>= X_1 0.11140846))
))
(assert (or
    (and (<= Y_1 Y_0))
    (and (<= Y_2 Y_0))
))
(check-sat)
"""


def test_the_usual_shape_of_a_competition_file(tmp_path: Path) -> None:
    (tmp_path / "prop.vnnlib").write_text(AIRCRAFT)
    found = read_vnnlib(tmp_path / "prop.vnnlib")
    assert (found.inputs, found.outputs, len(found.cases)) == (2, 3, 4)
    assert found.cases[0].upper == (F(679857769, 10**9), F(-499999896, 10**9))
    assert found.cases[3].constraints == (Constraint(((0, F(-1)), (2, F(1))), F(0)),)


def test_entries_of_tensors_count_row_by_row() -> None:
    shape = (2, 3, 2)
    bounds = "".join(
        f"(assert (<= X[{a},{b},{c}] {6 * a + 2 * b + c})) (assert (>= X[{a},{b},{c}] -1.0))"
        for a, b, c in itertools.product(*map(range, shape))
    )
    head = "(vnnlib-version <2.1>)(declare-network f (declare-input X real [2,3,2]) (declare-output out Real []))"
    (case,) = parse_vnnlib(head + bounds + "(assert (>= out 0.5))").cases
    assert case.upper == tuple(range(12))
    assert case.constraints == (Constraint(((0, F(-1)),), F(-1, 2)),)


def draw_condition(draw: random.Random, depth: int) -> str:
    """Return a random condition that can be read."""
    if depth and draw.random() < 0.6:
        parts = [draw_condition(draw, depth - 1) for _ in range(draw.randint(1, 3))]
        return f"({draw.choice(['and', 'or'])} {' '.join(parts)})"
    if draw.random() < 0.4:
        sign = draw.choice(["<=", ">=", "=="])
        return f"({sign} X_{draw.randint(0, 1)} {draw.choice(['0.5', '-1', '(/ 1 4)', '0', '(- 0.25)'])})"
    left, right = draw_sum(draw, 2), draw_sum(draw, 1)
    return f"({draw.choice(['<=', '>=', '<', '>', '==', '!='])} {left} {right})"


def draw_sum(draw: random.Random, depth: int) -> str:
    if depth and draw.random() < 0.6:
        kind = draw.choice("+-*")
        if kind == "*":
            return f"(* {draw.choice(['2', '-0.5', '(- 1)', '0'])} {draw_sum(draw, depth - 1)})"
        return f"({kind} {' '.join(draw_sum(draw, depth - 1) for _ in range(draw.randint(1, 3)))})"
    return draw.choice(["Y_0", "Y_1", "1", "-0.5", "0", "Y_0"])


def evaluated(text: str, values: dict[str, Fraction]) -> Any:
    """Evaluate an expression directly: each operation as it stands, on the values given."""
    tokens = re.findall(r"[()]|[^\s()]+", text)

    def take() -> Any:
        token = tokens.pop(0)
        if token != "(":
            return values[token] if token in values else F(token)
        operator, parts = tokens.pop(0), []
        while tokens[0] != ")":
            parts.append(take())
        tokens.pop(0)
        if operator in ("and", "or"):
            return all(parts) if operator == "and" else any(parts)
        if operator == "+":
            return sum(parts, F(0))
        if operator == "*":
            return parts[0] * parts[1]
        if operator == "/":
            return parts[0] / parts[1]
        if operator == "-":
            return -parts[0] if len(parts) == 1 else parts[0] - sum(parts[1:], F(0))
        a, b = parts
        return {"<=": a <= b, ">=": a >= b, "<": a < b, ">": a > b, "==": a == b, "!=": a != b}[operator]

    return take()


@pytest.mark.parametrize("seed", range(150))
def test_a_point_is_unsafe_where_the_text_says_so(seed: int) -> None:
    draw = random.Random(seed)
    conditions = [draw_condition(draw, 3) for _ in range(draw.randint(1, 3))]
    text = BOX + "".join(f"(assert {condition})" for condition in conditions)
    found = parse_vnnlib(HEAD + text)
    numbers = [F(0), F(1, 4), F(1, 2), F(-1, 4), F(-1), F(1), F(3)]
    for _ in range(40 if len(found.cases) < 20 else 3):
        values = {name: draw.choice(numbers) for name in ("X_0", "X_1", "Y_0", "Y_1")}
        outputs = [values["Y_0"], values["Y_1"]]
        network = ReluNetwork([AffineMap([[0, 0], [0, 0]], outputs)])
        point = [values["X_0"], values["X_1"]]
        boxed = 0 <= point[0] <= 1 and F(-3, 2) <= point[1] <= F(1, 5)
        expected = boxed and all(evaluated(condition, values) for condition in conditions)
        reached = [case for case in found.cases if case.is_reached_at(network, point)]
        assert bool(reached) == expected
        for case in found.cases:
            margins = case.network(network)(point)
            inside = all(low <= value <= high for low, value, high in zip(case.lower, point, case.upper, strict=True))
            met = all(m < 0 or (m == 0 and not part.strict) for m, part in zip(margins, case.constraints, strict=True))
            assert (inside and met) == (case in reached)


def test_the_same_text_in_both_versions_says_the_same() -> None:
    draw = random.Random(8)
    for _ in range(30):
        conditions = "".join(f"(assert {draw_condition(draw, 2)})" for _ in range(2))
        second = re.sub(r"X_(\d)", r"X[0,\1]", re.sub(r"Y_(\d)", r"Y[\1]", conditions))
        assert parse_vnnlib(HEAD + BOX + conditions) == parse_vnnlib(HEAD_2 + BOX_2 + second)


def test_the_network_of_a_case() -> None:
    network = ReluNetwork([AffineMap([[1, 2], [3, -1]], [0, 1]), AffineMap([[1, 1], ["1/3", -1]], [2, 0])])
    (case,) = parse_vnnlib(HEAD + BOX + "(assert (<= (- (* 3 Y_1) Y_0) 0.5)) (assert (> Y_0 2))").cases
    outputs = network(["1/2", "-1/4"])
    assert case.network(network)(["1/2", "-1/4"]) == (3 * outputs[1] - outputs[0] - F(1, 2), 2 - outputs[0])
    assert len(case.network(network).maps) == 2


def test_a_case_without_conditions_on_outputs() -> None:
    (case,) = parse_vnnlib(HEAD + BOX).cases
    network = ReluNetwork([AffineMap([[1, 2], [3, -1]], [0, 1])])
    assert case.network(network)([0, 0]) == () and case.is_reached_at(network, [0, 0])
    assert not case.is_reached_at(network, [0, 1])


def test_networks_and_points_of_other_dimensions_are_refused() -> None:
    found = parse_vnnlib(HEAD + BOX + "(assert (<= Y_1 0))")
    (case,) = found.cases
    for shape in ((1, 2), (2, 3)):
        network = ReluNetwork([AffineMap([[0] * shape[1]] * shape[0], [0] * shape[0])])
        with pytest.raises(UsageError, match=rf"{shape[1]} inputs and {shape[0]} outputs"):
            case.network(network)
        with pytest.raises(UsageError, match="does not fit"):
            found.refuse_other(network)
    network = ReluNetwork([AffineMap([[0, 0]] * 2, [0, 0])])
    found.refuse_other(network)
    with pytest.raises(UsageError, match="3 coordinates"):
        case.is_reached_at(network, [0, 0, 0])
    three = ReluNetwork([AffineMap([[0, 0]] * 3, [0, 0, 0])])
    assert case.network(three).outputs == 1
    with pytest.raises(UsageError, match="2 inputs and 2 outputs"):
        found.refuse_other(three)


def test_cases_share_their_box_where_choices_leave_inputs_alone() -> None:
    choices = " ".join(f"(and (>= Y_{j} 0))" for j in (0, 1) for _ in range(300))
    cases = parse_vnnlib(HEAD + BOX + f"(assert (or {choices}))").cases
    assert len(cases) == 600 and all(case.lower is cases[0].lower for case in cases)


@pytest.mark.parametrize("count", [17, 200, 5000])
def test_choices_that_multiply_beyond_the_bound_are_refused_at_once(count: int) -> None:
    text = HEAD + BOX + "(assert (or (<= Y_0 0) (>= Y_1 0)))" * count
    with pytest.raises(BudgetExceeded, match="more than 65536 cases"):
        parse_vnnlib(text)
    assert len(parse_vnnlib(HEAD + BOX + "(assert (or (<= Y_0 0) (>= Y_1 0)))" * 8).cases) == 256


def test_files_that_are_missing_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        read_vnnlib(tmp_path / "none.vnnlib")


REFUSED: dict[str, tuple[str, str]] = {
    "empty": ("", "at least one input"),
    "no outputs": ("(declare-const X_0 Real)", "at least one input"),
    "gap": ("(declare-const X_0 Real)\n(declare-const X_2 Real)(declare-const Y_0 Real)", "X_1 is not declared"),
    "twice": ("(declare-const X_0 Real)\n(declare-const X_0 Real)", "line 2: X_0 is declared twice"),
    "integers": ("(declare-const X_0 Int)", "line 1: a variable is declared"),
    "other name": ("(declare-const H_0 Real)", "a variable is declared"),
    "padded name": ("(declare-const X_01 Real)", "a variable is declared"),
    "function": ("(declare-fun X_0 (Real) Real)", "a variable is declared"),
    "nothing declared": ("(declare-const)", "a variable is declared"),
    "undeclared": (HEAD + "(assert (<= X_7 0))", "line 2: 'X_7' is not declared"),
    "late": ("(declare-const Y_0 Real)(assert (<= X_0 0))(declare-const X_0 Real)", "'X_0' is not declared"),
    "indexed": (HEAD + "(assert (<= X_0[1] 0))", "'X_0' is not declared"),
    "no lower bound": (HEAD + "(assert (<= X_0 0))(assert (== X_1 0))", "input 0 has no lower bound"),
    "no upper bound": (HEAD + "(assert (== X_0 0))(assert (>= X_1 0))", "input 1 has no upper bound"),
    "unbounded case": (HEAD + "(assert (== X_0 0))(assert (or (== X_1 0) (>= X_1 1)))", "in one case at least"),
    "mixed": (HEAD + BOX + "(assert (<= Y_0 X_0))", "mixes inputs and outputs: Y_0, X_0"),
    "sum of inputs": (HEAD + BOX + "(assert (<= (+ X_0 X_1) 1))", "no bound of one input: X_0, X_1"),
    "strict": (HEAD + BOX + "(assert (< X_0 1))", "strict bound"),
    "unequal inputs": (HEAD + BOX + "(assert (!= X_0 1))", "strict bound"),
    "product": (HEAD + BOX + "(assert (<= (* Y_0 Y_1) 1))", "line 3: a product of variables"),
    "square": (HEAD + BOX + "(assert (<= (* Y_0 Y_0) 1))", "a product of variables"),
    "division": (HEAD + BOX + "(assert (<= (/ 1 Y_0) 1))", "no sum, difference, product or quotient"),
    "division by zero": (HEAD + BOX + "(assert (<= (/ Y_0 0) 1))", "no sum, difference"),
    "negation": (HEAD + BOX + "(assert (not (<= Y_0 0)))", "'not' is neither and, or"),
    "implication": (HEAD + BOX + "(assert (=> (<= Y_0 0) (<= Y_1 0)))", "'=>' is neither"),
    "three sides": (HEAD + BOX + "(assert (<= Y_0 0 1))", "compares two expressions, not 3"),
    "one side": (HEAD + BOX + "(assert (<= Y_0))", "not 1"),
    "no sides": (HEAD + BOX + "(assert (<=))", "not 0"),
    "condition as number": (HEAD + BOX + "(assert (<= (<= Y_0 1) 1))", "no sum, difference"),
    "number as condition": (HEAD + BOX + "(assert 1)", "'1' is not a condition"),
    "number in and": (HEAD + BOX + "(assert (and 1))", "'1' is not a condition"),
    "empty condition": (HEAD + BOX + "(assert ())", "is not a condition"),
    "list as operator": (HEAD + BOX + "(assert ((<=) Y_0 1))", "is not a condition"),
    "index as condition": (HEAD + BOX + "(assert [0])", "is not a condition"),
    "empty and": (HEAD + BOX + "(assert (and))", "and stands without conditions"),
    "empty or": (HEAD + BOX + "(assert (or))", "or stands without conditions"),
    "empty sum": (HEAD + BOX + "(assert (<= (+) 1))", "no sum"),
    "two conditions": (HEAD + BOX + "(assert (<= Y_0 0) (<= Y_1 0))", "takes one condition, not 2"),
    "number": (HEAD + BOX + "(assert (<= Y_0 1.2.3))", "'1.2.3' is not a number"),
    "infinity": (HEAD + BOX + "(assert (<= Y_0 1e9999))", "'1e9999' is not a number"),
    "nan": (HEAD + BOX + "(assert (<= Y_0 nan))", "'nan' is not declared"),
    "hexadecimal": (HEAD + BOX + "(assert (<= Y_0 0x10))", "'0x10' is not a number"),
    "zero denominator": (HEAD + BOX + "(assert (<= Y_0 1/0))", "'1/0' is not a number"),
    "growing number": (
        HEAD + BOX + "(assert (<= Y_0 (* " + "9e3999 " * 20 + ")))",
        "more than 65536 bits",
    ),
    "growing sum": (
        HEAD + BOX + "(assert (<= Y_0 (+ " + " ".join(f"1/{10**3000 + k}" for k in range(20)) + ")))",
        "more than 65536 bits",
    ),
    "unknown command": (HEAD + "(push 1)", "line 2: push cannot be read in version 1"),
    "list as command": ("((a))", "a command cannot be read"),
    "empty command": ("()", "a command cannot be read"),
    "behind the end": (HEAD + "(exit)\n(assert (<= X_0 1))", "line 3: assert stands behind the end"),
    "network in version 1": ("(declare-network f)", "declare-network cannot be read in version 1"),
    "not closed": (HEAD + "(assert (<= Y_0", "line 2: the command does not end"),
    "index not closed": (HEAD + "(assert (<= Y[0", "does not end"),
    "closed twice": (HEAD + "(exit))", r"line 2: '\)' is out of place"),
    "words": ("hello", "line 1: 'hello' is out of place"),
    "comma": ("(a , b)", "',' is out of place"),
    "bracket": ("(a ] b)", r"'\]' is out of place"),
    "open text": ('(set-info "abc)', "is not a word"),
    "too deep": (HEAD + "(assert " + "(and " * 200 + ")" * 201, "nested more than 100 deep"),
    "too deep sum": (HEAD + "(assert (<= " + "(- " * 5000, "nested more than 100 deep"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_line(name: str) -> None:
    text, message = REFUSED[name]
    with pytest.raises(MalformedInput, match=message):
        parse_vnnlib(text)


def network_2(*declarations: str) -> str:
    return f"(vnnlib-version <2.0>)\n(declare-network f {' '.join(declarations)})\n"


X_2, Y_2 = "(declare-input X real [1,2])", "(declare-output Y real [2])"
REFUSED_2: dict[str, tuple[str, str]] = {
    "version later": ("(declare-const X_0 Real)(vnnlib-version <2.0>)", "first command"),
    "version 3": ("(vnnlib-version <3.0>)", "first command"),
    "version as number": ("(vnnlib-version 2.0)", "first command"),
    "no version": ("(vnnlib-version)", "first command"),
    "nothing": ("(vnnlib-version <2.0>)", "at least one input"),
    "variables": ("(vnnlib-version <2.0>)(declare-const X_0 Real)", "declare-const cannot be read in version 2"),
    "hidden": (network_2(X_2, '(declare-hidden H real [3] "relu_1")', Y_2), "line 2: declare-hidden cannot be read"),
    "two inputs": (network_2(X_2, "(declare-input Z real [1])", Y_2), "one input, then one output"),
    "two outputs": (network_2(X_2, Y_2, "(declare-output Z real [1])"), "one input, then one output"),
    "no output": (network_2(X_2), "one input, then one output"),
    "output first": (network_2(Y_2, X_2), "one input, then one output"),
    "equal to": (network_2("(equal-to g)", X_2, Y_2), "equal-to cannot be read"),
    "isomorphic": (network_2("(isomorphic-to g)", X_2, Y_2), "isomorphic-to cannot be read"),
    "two networks": (network_2(X_2, Y_2) + "(declare-network g)", "line 3: one network can be read"),
    "late network": ("(vnnlib-version <2.0>)(assert (<= 0 1))" + "(declare-network f)", "before the assertions"),
    "word": (network_2("X"), "what follows the name"),
    "no name": ("(vnnlib-version <2.0>)(declare-network (declare-input X real [1]))", "needs a name"),
    "initialized": (network_2("(declare-input X real [1,2] initialized)", Y_2), "without anything else"),
    "no shape": (network_2("(declare-input X real)", Y_2), "without anything else"),
    "shape as word": (network_2("(declare-input X real 2)", Y_2), "without anything else"),
    "integers": (network_2("(declare-input X int8 [1,2])", Y_2), "X has type int8"),
    "brain floats": (network_2(X_2, "(declare-output Y bfloat16 [2])"), "Y has type bfloat16"),
    "no entries": (network_2("(declare-input X real [0])", Y_2), "at least one input"),
    "too many": (network_2("(declare-input X real [99999,99999])", Y_2), "more than 16777216 entries"),
    "one name": (network_2(X_2, "(declare-output X real [2])"), "not all different"),
    "name of the network": (network_2("(declare-input f real [2])", Y_2), "not all different"),
    "few indices": (network_2(X_2, Y_2) + "(assert (<= X[1] 0.0))", r"line 3: index \[1\] does not fit X of shape"),
    "many indices": (network_2(X_2, Y_2) + "(assert (<= Y[1,0] 0.0))", "does not fit Y"),
    "no index": (network_2(X_2, Y_2) + "(assert (<= Y 0.0))", r"index \[\] does not fit Y"),
    "beyond": (network_2(X_2, Y_2) + "(assert (<= X[0,2] 0.0))", "does not fit X"),
    "undeclared": (network_2(X_2, Y_2) + "(assert (<= Z[0] 0.0))", "'Z' is not declared"),
    "flat name": (network_2(X_2, Y_2) + "(assert (<= X_0 0.0))", "'X_0' is not declared"),
    "negative index": (network_2(X_2, Y_2) + "(assert (<= Y[-1] 0.0))", "no list of integers"),
    "no commas": (network_2(X_2, Y_2) + "(assert (<= X[0 1] 0.0))", "an index is a list"),
    "comma at the end": (network_2(X_2, Y_2) + "(assert (<= X[0,] 0.0))", "an index is a list"),
    "huge index": (network_2(X_2, Y_2) + "(assert (<= X[0,9999999999] 0.0))", "no list of integers"),
    "list in index": (network_2(X_2, Y_2) + "(assert (<= X[(0)] 0.0))", "an index is a list"),
    "index of a number": (network_2(X_2, Y_2) + "(assert (<= 1[0] 0.0))", "'1' is not declared"),
    "index alone": (network_2(X_2, Y_2) + "(assert (<= [0] 0.0))", "stands behind no name"),
    "index twice": (network_2(X_2, Y_2) + "(assert (<= X[0][1] 0.0))", "stands behind no name"),
    "logic": (network_2(X_2, Y_2) + "(set-logic QF_LRA)", "set-logic cannot be read in version 2"),
}


@pytest.mark.parametrize("name", REFUSED_2)
def test_what_version_2_allows_and_we_cannot_read_is_refused(name: str) -> None:
    text, message = REFUSED_2[name]
    with pytest.raises(MalformedInput, match=message):
        parse_vnnlib(text)


def test_files_are_named_and_strange_ones_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.vnnlib"
    path.write_bytes(b"(assert \xff)")
    with pytest.raises(MalformedInput, match=r"bad\.vnnlib is not UTF-8"):
        read_vnnlib(path)
    path.write_text("(nothing)")
    with pytest.raises(MalformedInput, match=r"bad\.vnnlib, line 1: nothing cannot"):
        read_vnnlib(path)
    with path.open("wb") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(MalformedInput, match="larger than"):
        read_vnnlib(path)


@pytest.mark.parametrize(
    "text", [AIRCRAFT, HEAD_2 + BOX_2 + "(assert (or (<= Y[0] (* 2 Y[1])) (> Y[1] 1.0)))"], ids=[1, 2]
)
def test_1500_damaged_files_are_refused_or_read(text: str) -> None:
    draw, refused = random.Random(5), 0
    for _ in range(1500):
        place, end = sorted(draw.randrange(len(text)) for _ in range(2))
        other = draw.choice(["(", ")", "[", "]", ",", "0", "-", " ", "X_0", "Y_1", "or", '"', ";", "<", "\n", "9" * 50])
        short = text[place : min(end, place + 30)]
        changed = draw.choice(
            [text[:place], text[:place] + other + text[place + 1 :], text[:place] + short + text[place:]]
        )
        try:
            parse_vnnlib(changed)
        except (MalformedInput, BudgetExceeded):
            refused += 1
    assert 500 < refused < 1500
