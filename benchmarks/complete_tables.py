"""The tables of the complete verifiers, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.common import median, seconds_text
from benchmarks.complete_rows import ROBUST, UNKNOWN, VIOLATED, Row, fails, is_accepted, truths, wrong

_TEXTS = ("case", "tool", "all balls in one call")


@dataclass(frozen=True)
class OnPaper:
    """What is known of the balls of a case before any tool ran.

    Attributes:
        answers: ``robust``, ``violated`` or ``None``.
        stated: whether the sides of the ball are float64 numbers.
        digest: hash of the files and balls.
    """

    answers: Sequence[str | None]
    stated: Sequence[bool]
    digest: str


Known = dict[tuple[str, str], OnPaper]


def tables(rows: Sequence[Row], known: Known) -> str:
    """Return all tables: for every family its totals, its cases and our certificates.

    Args:
        rows: of every case and tool.
        known: what is known of every (family, case).
    """
    parts = []
    for family in dict.fromkeys(row.family for row in rows):
        members = [row for row in rows if row.family == family]
        parts += [f"## {family}", totals(members, known), by_case(members, known), *_remarks(members)]
        certificates = our_certificates([row for row in members if row.is_ours and not row.missing])
        parts += [f"### {family}: our certificates", certificates] if certificates else []
    return "\n\n".join(parts) + "\n"


def totals(rows: Sequence[Row], known: Known) -> str:
    """Return, per tool, what it decided in the whole family."""
    columns = ["tool", "balls", "decided", "false robust", "false violated", "wrong on balls in float64"]
    columns += ["violated without an exact point"]
    lines: list[list[object]] = []
    for tool in dict.fromkeys(row.tool for row in rows):
        members = [row for row in rows if row.tool == tool]
        if all(row.missing for row in members):
            lines.append([tool, f"not run: {members[0].missing[:60]}", *["-"] * 5])
            continue
        errors = [wrong(row, _answers(row, rows, known)) for row in members]
        stated = [wrong(row, _stated_answers(row, rows, known)) for row in members]
        lines.append(
            [
                tool,
                sum(len(row.verdicts) for row in members),
                sum(row.decided for row in members),
                sum(pair[0] for pair in errors),
                sum(pair[1] for pair in errors),
                sum(map(sum, stated)),
                sum(row.exact.count(False) for row in members),
            ]
        )
    return markdown(columns, lines)


def by_case(rows: Sequence[Row], known: Known) -> str:
    """Return every case with every tool, and its time over ours."""
    columns = ["case", "tool", "robust", "violated", "unknown", "median s", "max s", "total s", "wrong", "times ours"]
    lines = []
    for case in dict.fromkeys(row.case for row in rows):
        members = [row for row in rows if row.case == case]
        ours = next((row for row in members if row.is_ours and not row.missing), None)
        lines += [[case, row.tool, *_cells(row, ours, _answers(row, rows, known))] for row in members]
    return markdown(columns, lines)


def _cells(row: Row, ours: Row | None, answers: Sequence[str | None]) -> list[object]:
    if row.missing:
        return [f"not run: {row.missing[:60]}", *["-"] * 7]
    counts = [row.count(verdict) for verdict in (ROBUST, VIOLATED, UNKNOWN)]
    times = [median(row.seconds), max(row.seconds, default=0.0), sum(row.seconds)]
    return [*counts, *map(seconds_text, times), sum(wrong(row, answers)), _ratio(row, ours)]


def _remarks(rows: Sequence[Row]) -> list[str]:
    lines = [f"- {row.tool} on {row.case}: {reason}" for row in rows for reason in row.reasons[:1]]
    return ["\n".join(lines)] if lines else []


def _ratio(row: Row, ours: Row | None) -> str:
    """Medians over all balls; a ball that was not decided counts the whole budget."""
    if ours is None or not ours.seconds or not row.seconds:
        return "-"
    ratio = median(row.seconds) / max(median(ours.seconds), 1e-9)
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _answers(row: Row, rows: Sequence[Row], known: Known) -> list[str | None]:
    same = [other for other in rows if (other.family, other.case) == (row.family, row.case) and not other.missing]
    return truths(known[row.family, row.case].answers, same)


def _stated_answers(row: Row, rows: Sequence[Row], known: Known) -> list[str | None]:
    answers, stated = _answers(row, rows, known), known[row.family, row.case].stated
    return [answer if whole else None for answer, whole in zip(answers, stated, strict=True)]


def our_failures(rows: Sequence[Row], known: Known) -> list[str]:
    """Return the cases with an answer of ours that is wrong or not certified."""
    ours = [row for row in rows if row.is_ours]
    return [row.case for row in ours if row.missing or fails(row, _answers(row, rows, known))]


def our_certificates(rows: Sequence[Row]) -> str:
    """Return, per case, the certificates behind our robust verdicts; median / max over the balls."""
    columns = ["case", "robust", "accepted", "search s", "recheck s", "vectorised s", "pure Python s", "proof bytes"]
    columns += ["file bytes", "all balls in one call", "its recheck s"]
    lines = [_certificate_cells(row) for row in rows if row.count(ROBUST) or row.together]
    return markdown(columns, lines) if lines else ""


def _certificate_cells(row: Row) -> list[object]:
    robust = [place for place, verdict in enumerate(row.verdicts) if verdict == ROBUST]
    proofs = [row.proofs[place] or {} for place in robust]
    search = _spread([row.seconds[place] for place in robust])
    names = ("recheck_seconds", "vectorised_seconds", "plain_seconds")
    times = [_spread([proof.get(name) for proof in proofs]) for name in names]
    sizes = [_spread([proof.get(name) for proof in proofs], "{:,.0f}") for name in ("proof_bytes", "bytes")]
    accepted = sum(is_accepted(proof) for proof in proofs)
    return [row.case, len(robust), accepted, search, *times, *sizes, *_together_cells(row)]


def _together_cells(row: Row) -> list[str]:
    if row.together is None:
        return ["-", "-"]
    counts = ", ".join(f"{row.together[verdict]} {verdict}" for verdict in (ROBUST, VIOLATED, UNKNOWN))
    proof = row.together["proof"] or {}
    recheck = seconds_text(proof.get("recheck_seconds"))
    return [f"{seconds_text(row.together['seconds'])} s: {counts}", recheck if is_accepted(proof) else "not accepted"]


def _spread(values: Iterable[float | None], form: str = "") -> str:
    found = [value for value in values if value is not None]
    if not found:
        return "-"
    return " / ".join(form.format(v) if form else seconds_text(v) for v in (median(found), max(found)))


def markdown(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; texts stand to the left, numbers to the right."""
    rule = ["---" if column in _TEXTS else "---:" for column in columns]
    lines = [columns, rule, *([str(cell).replace("|", "/") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
