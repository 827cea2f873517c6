"""Look for wrong verdicts: random small networks against independent truths.

    python benchmarks/nightly_soundness.py --cases 100000 --wide-cases 2000 --jobs 2

Each case is judged by z3 (exact rationals) and by cutting the ball into the network's
affine pieces; wide ones by z3 and by points known to be wrong. Both ``auto`` and
``complete`` must agree with them, and the checker with every certificate. Exit code 1
and a JSON file for any disagreement, and for any tiny ball left undecided.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import verify
from benchmarks.soundness_truths import Found, Truth, plain_margins
from verify.certificate import checker, compiled_checker
from verify.robustness import RobustError
from verify.testing.tiny_networks import TinyCase, draw_case
from verify.testing.wide_networks import draw_wide_case

SECONDS = 60.0
METHODS = ("auto", "complete")
CHUNK = 20


def main(arguments: list[str] | None = None) -> int:
    """Judge the asked number of networks; return 1 if a verdict is wrong or a tiny ball undecided."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000, help="tiny networks to judge")
    parser.add_argument("--wide-cases", type=int, default=0, help="networks of up to 12 inputs and 30 units")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--seed", type=int, default=None, help="first seed; by default the time")
    parser.add_argument("--seconds", type=float, default=None, help="start nothing new after this long")
    parser.add_argument("--norms", default="linf,l1,l2", help="comma-separated norms to draw from")
    parser.add_argument("-o", "--output", type=Path, default=Path("."), help="folder for failing cases")
    options = parser.parse_args(arguments)
    seed = int(time.time()) if options.seed is None else options.seed
    print(f"first seed {seed}")
    code = 0
    for is_wide, cases in ((False, options.cases), (True, options.wide_cases)):
        if cases:
            found = judge_all(range(seed, seed + cases), is_wide, options)
            print(f"{'wide' if is_wide else 'tiny'}: {summary(found.counts)}")
            for norm, seeds in sorted(found.undecided.items()):
                print(f"undecided in {norm}, by seed: {sorted(seeds)}")
            code |= bool(found.counts["disagreements"]) or (bool(found.undecided) and not is_wide)
    return int(code)


def judge_all(seeds: range, is_wide: bool, options: argparse.Namespace) -> Found:
    """Judge all seeds on the processes asked for, reporting on the way."""
    total, norms = Found(), options.norms.split(",")
    started = last = time.monotonic()
    for part in _parts(seeds, is_wide, norms, options.jobs, options.seconds):
        total.add(part)
        for seed, case, problem in part.wrong:
            report_problem(problem, case, seed, options.output)
        now = time.monotonic()
        if now - last > 10:
            last = now
            print(f"{summary(total.counts)}; {now - started:.0f} s", file=sys.stderr)
    return total


def _parts(seeds: range, is_wide: bool, norms: Sequence[str], jobs: int, seconds: float | None) -> Iterator[Found]:
    """Yield what every chunk of seeds brought, until all are done or the time is over."""
    started = time.monotonic()
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    if jobs == 1:
        for chunk in chunks:
            if seconds is not None and time.monotonic() - started > seconds:
                return
            yield judge_seeds(chunk, is_wide, norms)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting: dict[Future[Found], range] = {pool.submit(judge_seeds, c, is_wide, norms): c for c in chunks}
        for done in as_completed(waiting):
            if seconds is not None and time.monotonic() - started > seconds:
                pool.shutdown(wait=False, cancel_futures=True)
                return
            try:
                yield done.result()
            except BrokenProcessPool:
                print(f"WRONG: a process died while judging, among others, the seeds {list(waiting[done])}")
                yield Found(Counter({"disagreements": 1}))
                return


def judge_seeds(seeds: Sequence[int], is_wide: bool, norms: Sequence[str]) -> Found:
    """Judge the cases of some seeds."""
    found = Found()
    for seed in seeds:
        case = (
            draw_wide_case(random.Random(seed), norms)
            if is_wide
            else draw_case(random.Random(seed), norms_of(seed, norms))
        )
        counts: Counter[str] = Counter()
        found.wrong += [(seed, case, problem) for problem in judge(case, counts)]
        found.counts += counts
        if counts[f"unknown {case.norm}"]:
            found.undecided.setdefault(case.norm, []).append(seed)
    return found


def norms_of(seed: int, norms: Sequence[str]) -> list[str]:
    """Return what to draw from: l2, where z3 is slow, in one network of some eighteen."""
    polyhedral = [norm for norm in norms if norm != "l2"]
    return list(norms) if seed % 6 == 5 or not polyhedral else polyhedral


def report_problem(problem: str, case: TinyCase, seed: int, folder: Path) -> None:
    """Print one disagreement and store its case."""
    path = folder / f"soundness-{seed}.json"
    path.write_text(json.dumps({"seed": seed, "problem": problem, **case.to_json()}, indent=1), encoding="utf-8")
    print(f"WRONG (seed {seed}, {case.kind}, {path}): {problem}")


def summary(counts: Counter[str]) -> str:
    """Return the counts as one line."""
    names = (
        "balls",
        "robust",
        "violated",
        "unknown",
        "complete unknown",
        "disagreements",
        "z3 answers",
        "z3 time-outs",
    )
    kinds = ", ".join(f"{name[8:]} {count}" for name, count in sorted(counts.items()) if name.startswith("unknown "))
    line = ", ".join(f"{name} {counts[name]}" for name in (*names, "enumerated"))
    return line + (f" (unknown by norm: {kinds})" if kinds else "")


def judge(case: TinyCase, counts: Counter[str], use_z3: bool = True) -> list[str]:
    """Return what is wrong with our answers to a case; empty when nothing is."""
    counts["balls"] += len(case.data)
    problems: list[str] = []
    results = {method: answer for method in METHODS if (answer := _answer(case, method, problems)) is not None}
    for index in range(len(case.data)):
        truth = Truth.of(case, index, counts, use_z3)
        problems += truth.problems
        for method, result in results.items():
            status = result.status[index]
            counts[status if method == "auto" else f"{method} {status}"] += 1
            if status == "unknown":
                counts[f"unknown {case.norm}"] += 1
            problems += [f"{method}: {line}" for line in point_problems(case, result, index, truth)]
    for method, result in results.items():
        problems += [f"{method}: {line}" for line in certificate_problems(result)]
    counts["disagreements"] += len(problems)
    return problems


def _answer(case: TinyCase, method: str, problems: list[str]) -> RobustError | None:
    try:
        return verify.robust_error(
            case.network,
            case.data,
            norm=case.norm,
            radius=case.radius,
            domain=case.domain,
            seed=0,
            method=method,
            seconds=SECONDS,
        )
    except Exception as error:  # a crash is a finding, whatever its type
        problems.append(f"robust_error, method {method}, raised {type(error).__name__}: {error}")
        return None


def point_problems(case: TinyCase, result: RobustError, index: int, truth: Truth) -> list[str]:
    """Return the contradictions between our answer for one ball and the truth."""
    status, problems = result.status[index], []
    if status == "robust":
        margin = result.margin(index)
        if truth.is_wrong:
            problems.append(f"point {index}: called robust, but it is not: {truth.source}")
        if truth.value is not None and margin is not None and margin > truth.value:
            problems.append(f"point {index}: the margin {margin} exceeds the smallest output {truth.value}")
    elif status == "violated":
        problems += witness_problems(case, result, index)
        if truth.is_wrong is False:
            problems.append(f"point {index}: called violated, but it is not: {truth.source}")
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


def certificate_problems(result: RobustError) -> list[str]:
    """Return why a checker rejects the certificate of a result: the plain one with hints, the compiled one without."""
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for name, prove, hints in (
            ("plain", checker.prove_group, True),
            ("compiled", compiled_checker.prove_group, False),
        ):
            path = Path(folder) / "certificate.json"
            try:
                result.certificate(path, hints)
                checker.check(path, prove)
            except checker.Rejected as error:
                problems.append(f"the {name} checker rejects our certificate: {error}")
            except Exception as error:  # a crash is a finding, whatever its type
                problems.append(f"no certificate for the {name} checker: {type(error).__name__}: {error}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
