"""Look for wrong verdicts: random tiny networks against two independent truths.

    python benchmarks/nightly_soundness.py --cases 20000 --seed 0

Each case is judged by z3 (exact rationals) and, in l-infinity and l1, by cutting the ball
into the network's affine pieces. Exit code 1 and a JSON file for any disagreement.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import z3

import verify
from constructions import NormBall
from constructions.errors import BudgetExceeded
from verify.certificate.checker import Rejected, check
from verify.robustness import RobustError
from verify.testing.exhaustive import ExactMinimum, smallest_margin
from verify.testing.tiny_networks import TinyCase, draw_case

Z3_MILLISECONDS = 4000


def main(arguments: list[str] | None = None) -> int:
    """Judge the asked number of cases; return 1 if any verdict is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000, help="balls to judge")
    parser.add_argument("--seed", type=int, default=None, help="first seed; by default the time")
    parser.add_argument("--seconds", type=float, default=None, help="stop after this long")
    parser.add_argument("--norms", default="linf,l1,l2", help="comma-separated norms to draw from")
    parser.add_argument("-o", "--output", type=Path, default=Path("."), help="folder for failing cases")
    options = parser.parse_args(arguments)
    seed = int(time.time()) if options.seed is None else options.seed
    counts: Counter[str] = Counter()
    started = last = time.monotonic()
    print(f"first seed {seed}")
    while counts["balls"] < options.cases:
        case = draw_case(random.Random(seed), options.norms.split(","))
        for problem in judge(case, counts):
            report_problem(problem, case, seed, options.output)
        seed += 1
        now = time.monotonic()
        if now - last > 10:
            last = now
            print(f"{summary(counts)}; {now - started:.0f} s", file=sys.stderr)
        if options.seconds is not None and now - started > options.seconds:
            break
    print(f"{summary(counts)}; {time.monotonic() - started:.0f} s; last seed {seed - 1}")
    return 1 if counts["disagreements"] else 0


def report_problem(problem: str, case: TinyCase, seed: int, folder: Path) -> None:
    """Print one disagreement and store its case."""
    path = folder / f"soundness-{seed}.json"
    path.write_text(json.dumps({"seed": seed, "problem": problem, **case.to_json()}, indent=1), encoding="utf-8")
    print(f"WRONG (seed {seed}, {case.kind}, {path}): {problem}")


def summary(counts: Counter[str]) -> str:
    """Return the counts as one line."""
    names = ("balls", "robust", "violated", "unknown", "disagreements", "z3 answers", "z3 time-outs", "enumerated")
    kinds = ", ".join(f"{name[8:]} {count}" for name, count in sorted(counts.items()) if name.startswith("unknown "))
    return ", ".join(f"{name} {counts[name]}" for name in names) + (f" (unknown by norm: {kinds})" if kinds else "")


def judge(case: TinyCase, counts: Counter[str], use_z3: bool = True) -> list[str]:
    """Return what is wrong with our answer to a case; empty when nothing is."""
    try:
        result = verify.robust_error(
            case.network, case.data, norm=case.norm, radius=case.radius, domain=case.domain, seed=0
        )
    except Exception as error:  # a crash is a finding, whatever its type
        counts["balls"] += len(case.data)
        counts["disagreements"] += 1
        return [f"robust_error raised {type(error).__name__}: {error}"]
    problems = [] if result.count("unknown") == len(case.data) else certificate_problems(result)
    for index in range(len(case.data)):
        counts["balls"] += 1
        counts[result.status[index]] += 1
        if result.status[index] == "unknown":
            counts[f"unknown {case.norm}"] += 1
        problems += point_problems(case, result, index, counts, use_z3)
    counts["disagreements"] += len(problems)
    return problems


def point_problems(case: TinyCase, result: RobustError, index: int, counts: Counter[str], use_z3: bool) -> list[str]:
    """Return the contradictions between our answer for one ball and the two truths."""
    status, problems = result.status[index], []
    smallest, enumerated = enumeration(case, index)
    counts["enumerated"] += enumerated
    answer = z3_answer(case, index) if use_z3 else z3.unknown
    counts["z3 answers" if answer != z3.unknown else "z3 time-outs"] += use_z3
    is_wrong = smallest is not None and smallest.margin <= 0
    if enumerated and case.norm != "l2" and answer != z3.unknown and (answer == z3.sat) != is_wrong:
        problems.append(f"point {index}: the two truths differ: z3 {answer}, enumeration {smallest}")
    if status == "robust":
        margin = result.margin(index)
        if answer == z3.sat or is_wrong:
            problems.append(f"point {index}: called robust, but it is not: z3 {answer}, enumeration {smallest}")
        if smallest is not None and margin is not None and margin > smallest.margin:
            problems.append(f"point {index}: the margin {margin} exceeds the smallest output {smallest.margin}")
    elif status == "violated":
        problems += witness_problems(case, result, index)
        if answer == z3.unsat or (enumerated and case.norm != "l2" and not is_wrong):
            problems.append(f"point {index}: called violated, but it is not: z3 {answer}, enumeration {smallest}")
    return problems


def witness_problems(case: TinyCase, result: RobustError, index: int) -> list[str]:
    """Check a witness by plain fractions: in the closed ball, in the domain, and wrong."""
    witness = result.witness(index)
    if witness is None or not all(type(value) is Fraction for value in witness):
        return [f"point {index}: called violated without an exact witness"]
    steps = [abs(x - c) for x, c in zip(witness, case.data.point(index), strict=True)]
    size = {"linf": max(steps), "l1": sum(steps), "l2": sum(step * step for step in steps)}[case.norm]
    problems = []
    if size > (case.radius**2 if case.norm == "l2" else case.radius):
        problems.append(f"point {index}: the witness {witness} lies outside the ball")
    if case.domain is not None and not all(
        a <= x <= b for a, x, b in zip(case.domain[0], witness, case.domain[1], strict=True)
    ):
        problems.append(f"point {index}: the witness {witness} lies outside the domain")
    margins = plain_margins(case, index, list(witness))
    if min(margins) > 0:
        problems.append(f"point {index}: the witness {witness} is right, margins {margins}")
    return problems


def plain_margins(case: TinyCase, index: int, values: list[Any]) -> list[Any]:
    """Evaluate the network on fractions or z3 expressions, and return the margins."""
    for depth, affine in enumerate(case.network.maps):
        if depth:
            values = [z3.If(v > 0, v, 0) if isinstance(v, z3.ExprRef) else max(v, Fraction(0)) for v in values]
        values = [
            sum((_times(w, v) for w, v in zip(row, values, strict=True) if w), _like(values[0], shift))
            for row, shift in zip(affine.weight, affine.bias, strict=True)
        ]
    label = case.data.labels[index]
    if len(values) == 1:
        return [label * values[0]]
    return [values[label] - value for k, value in enumerate(values) if k != label]


def _like(value: Any, number: Fraction) -> Any:
    return z3.Q(number.numerator, number.denominator) if isinstance(value, z3.ExprRef) else number


def _times(weight: Fraction, value: Any) -> Any:
    return _like(value, weight) * value


def enumeration(case: TinyCase, index: int) -> tuple[ExactMinimum | None, bool]:
    """Return the exact minimum on the ball (in l2 on the l1 ball inside it), and whether it was found."""
    ball = NormBall("linf" if case.norm == "linf" or case.network.dim == 1 else "l1", case.radius)
    try:
        return smallest_margin(
            case.network, case.data.labels[index], case.data.point(index), ball, case.domain, 5000
        ), True
    except BudgetExceeded:
        return None, False


def z3_answer(case: TinyCase, index: int) -> z3.CheckSatResult:
    """Ask z3 whether the closed ball contains a point that is wrong."""
    point = [z3.Real(f"x{axis}") for axis in range(case.network.dim)]
    solver = z3.Solver()
    solver.set("timeout", Z3_MILLISECONDS)
    radius = _like(point[0], case.radius)
    steps = [x - _like(x, c) for x, c in zip(point, case.data.point(index), strict=True)]
    if case.norm == "l2":
        solver.add(sum(step * step for step in steps) <= radius * radius)
    else:
        sizes = [z3.If(step >= 0, step, -step) for step in steps]
        solver.add(*([size <= radius for size in sizes] if case.norm == "linf" else [sum(sizes) <= radius]))
    for side, sign in zip(case.domain or (), (1, -1), strict=False):
        solver.add(*(sign * (x - _like(x, bound)) >= 0 for x, bound in zip(point, side, strict=True)))
    solver.add(z3.Or(*(margin <= 0 for margin in plain_margins(case, index, list(point)))))
    return solver.check()


def certificate_problems(result: RobustError) -> list[str]:
    """Return why the standalone checker rejects the certificate of a result, with and without hints."""
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for hints in (True, False):
            path = Path(folder) / "certificate.json"
            try:
                result.certificate(path, hints)
                check(path)
            except Rejected as error:
                problems.append(f"the checker rejects our certificate (hints {hints}): {error}")
            except Exception as error:  # a crash is a finding, whatever its type
                problems.append(
                    f"the certificate cannot be written or read (hints {hints}): {type(error).__name__}: {error}"
                )
    return problems


if __name__ == "__main__":
    sys.exit(main())
