"""What the comparison counts, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.common import median, print_table, seconds_text
from benchmarks.our_side import OurRun
from benchmarks.peer_process import JobAnswers, PeerRun

DECIDED = ("robust", "violated")


def wrong(answers: Sequence[str], truths: Sequence[str]) -> tuple[int, int]:
    """Return how many answers are falsely robust and falsely violated."""
    pairs = list(zip(answers, truths, strict=True))
    return pairs.count(("robust", "violated")), pairs.count(("violated", "robust"))


def boundary_row(
    name: str, missing: str, answers: Sequence[str], truths: Sequence[str], stated: Sequence[bool]
) -> dict[str, Any]:
    """Return the counts of one tool on the boundary cases.

    ``wrong_stated`` leaves out the balls whose sides are no float64 numbers: a float tool is
    given other balls there.
    """
    kept = [(answer, truth) for answer, truth, whole in zip(answers, truths, stated, strict=True) if whole]
    false_robust, false_violated = (0, 0) if missing else wrong(answers, truths)
    return {
        "tool": name,
        "missing": missing,
        "false_robust": false_robust,
        "false_violated": false_violated,
        "wrong_stated": 0 if missing else sum(wrong([a for a, _ in kept], [t for _, t in kept])),
        "undecided": sum(answer not in DECIDED for answer in answers),
        "answers": list(answers),
    }


def digits_row(run: PeerRun, ours: OurRun, sample: Sequence[int]) -> dict[str, Any]:
    """Return the counts, times and ratio of one peer on one memorizer.

    ``all_seconds`` is measured where the tool decided all balls in one call and was faster
    so; otherwise it is the median of the sample times the number of balls.
    """
    answers = run.jobs[0]
    truths = [ours.status[index] for index in sample[: len(answers.verdicts)]]
    false_robust, false_violated = wrong(answers.verdicts, truths)
    if answers.batch_verdicts is not None:
        more = wrong(answers.batch_verdicts, ours.status)
        false_robust, false_violated = false_robust + more[0], false_violated + more[1]
    seconds, measured = _all_seconds(answers, len(ours.status))
    right = len(answers.verdicts) == len(sample) and answers.verdicts == truths
    if measured:
        right = right and answers.batch_verdicts == list(ours.status)
    return {
        "tool": run.peer.name,
        "version": run.version,
        "missing": run.missing,
        "false_robust": false_robust,
        "false_violated": false_violated,
        "all_right": right,
        "ball_seconds": median(answers.seconds) if answers.verdicts else None,
        "all_seconds": seconds,
        "all_measured": measured,
        "times_ours": None if seconds is None else seconds / ours.all_seconds,
        **asdict(answers),
    }


def _all_seconds(answers: JobAnswers, balls: int) -> tuple[float | None, bool]:
    found = [(answers.batch_seconds, True)] if answers.batch_verdicts is not None and answers.batch_seconds else []
    if answers.verdicts:
        found.append((median(answers.seconds) * balls, False))
    return min(found, key=lambda pair: pair[0] or 0.0) if found else (None, False)


def print_boundary(found: dict[str, Any]) -> None:
    """Print the wrong answers of every tool on the boundary."""
    rows = [
        [row["tool"], "not run: " + row["missing"][:60], "-", "-", "-"]
        if row["missing"]
        else [row["tool"], row["false_robust"], row["false_violated"], row["wrong_stated"], row["undecided"]]
        for row in found["rows"]
    ]
    title = f"{len(found['cases'])} boundary cases with known answers"
    print_table(title, ["tool", "false robust", "false violated", "wrong on balls in float64", "undecided"], rows)


def print_digits(found: dict[str, Any]) -> None:
    """Print one memorizer: ours first, then every peer."""
    ours, count = found["ours"], found["balls"]
    robust, violated = (ours["status"].count(status) for status in DECIDED)
    mine = ["robustproofs", f"{robust} robust, {violated} violated of {count}", "0", seconds_text(ours["read_seconds"])]
    times = [seconds_text(ours["ball_seconds"]), seconds_text(ours["all_seconds"]) + " measured", "1"]
    rows = [[*mine, *times]]
    rows += [_digits_cells(row, len(found["sample"])) for row in found["peers"]]
    columns = ["tool", "answers", "wrong", "read s", "s a ball", f"s for {count} balls", "times ours"]
    notes = [
        f"{found['name']}: l-infinity radius {found['radius']}, ONNX file of {found['onnx_bytes'] / 2**20:.1f} MiB, "
        f"{len(found['sample'])} balls sampled",
        "s a ball: median inside the tool, its query included; ours: one call for one ball",
        f"ours re-checked: {ours['rechecked'][:90]}",
    ]
    print_table(f"{found['name']}, same file, same run", columns, rows, notes)


def _digits_cells(row: dict[str, Any], sampled: int) -> list[str]:
    if row["missing"]:
        return [row["tool"], "not run: " + row["missing"][:60], *["-"] * 5]
    if row["read_seconds"] is None:
        return [row["tool"], "cannot read the file: " + "; ".join(row["reasons"])[:60], *["-"] * 5]
    counts = {verdict: row["verdicts"].count(verdict) for verdict in dict.fromkeys(row["verdicts"])}
    answers = ", ".join(f"{number} {verdict}" for verdict, number in counts.items()) + f" of {sampled}"
    if row["batch_verdicts"] is not None:
        answers += f"; at once {sum(v in DECIDED for v in row['batch_verdicts'])} decided"
    kind = " measured" if row["all_measured"] else " extrapolated"
    total, ratio = row["all_seconds"], row["times_ours"]
    return [
        row["tool"],
        answers,
        str(row["false_robust"] + row["false_violated"]),
        seconds_text(row["read_seconds"]),
        seconds_text(row["ball_seconds"]),
        "-" if total is None else seconds_text(total) + kind,
        "-" if ratio is None else f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}",
    ]


def print_verdict(document: dict[str, Any]) -> None:
    """Print, per memorizer, the fastest peer that is right on it, and that is never wrong at all."""
    found = document["cases"]
    wrong_somewhere = {row["tool"] for row in document.get("boundary", {"rows": []})["rows"] if row["wrong_stated"]}
    for case in found.values():
        wrong_somewhere |= {row["tool"] for row in case["peers"] if row["false_robust"] + row["false_violated"]}
    rows = []
    for name, case in found.items():
        right = [row for row in case["peers"] if row["all_right"]]
        sound = [row for row in right if row["tool"] not in wrong_somewhere]
        rows.append([name, seconds_text(case["ours"]["all_seconds"]), _fastest(right), _fastest(sound)])
    if rows:
        columns = ["memorizer", "ours, s", "fastest peer right on these balls", "fastest peer never wrong in this run"]
        print_table("All balls, against the fastest peer that is right", columns, rows)


def _fastest(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "none"
    best = min(rows, key=lambda row: row["all_seconds"])
    kind = "measured" if best["all_measured"] else "extrapolated"
    return f"{best['tool']}: {seconds_text(best['all_seconds'])} s {kind}, {best['times_ours']:,.1f} times ours"
