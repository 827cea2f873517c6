"""The texts of an artifact: README, commands, and the rows as JSON."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from constructions.errors import MalformedInput
from verify.artifact.environment import DISTRIBUTION, version
from verify.artifact.results import RESULTS, Results
from verify.sweep.store import ROWS, Row

PLAN, ROWS_FILE = "plan.toml", "rows.json"
COMMAND_FILE = "command.txt"
_LAST_PLAN = f"`{PLAN}` is the plan that was run last; rows that an earlier plan left in the folder are not in it."


def readme(results: Results, expected: dict[str, list[str]]) -> str:
    """Return the README: what is here, what it says, and how to check it."""
    return "\n".join(
        [
            "# Results, networks and certificates",
            "",
            f"Made by {DISTRIBUTION} {version()}. `results/` is the folder of results as it was; everything else",
            "serves to check it.",
            "",
            "## What is claimed",
            "",
            *_claims(results),
            "",
            "## Check it",
            "",
            "In this folder, with Python 3.9 or newer and nothing installed:",
            "",
            "```",
            "sha256sum --check --quiet SHA256SUMS",
            *(_check_lines(name) for name in sorted(expected)),
            "```",
            "",
            "No output means that every file is what it was, and that every certificate is proved again. A checker",
            "is one file of standard Python (`cover_checker.py` calls `checker.py` beside it); it evaluates the",
            "network in the certificate exactly and believes no conclusion written there.",
            *_one_file(expected),
            "",
            "## Make it again",
            "",
            f"With {DISTRIBUTION} {version()} and the versions of `constraints.txt`, run the lines of `commands.txt`.",
            "Times differ from run to run; networks, certificates and verdicts do not, unless a job ran into a limit.",
            *([_LAST_PLAN] if results.plan else []),
            "",
            "## Files",
            "",
            "| file | what |",
            "|---|---|",
            "| `results/` | the results: envelopes, networks, certificates |",
            "| `checker.py`, `count_checker.py` | the checkers, for robustness, for counts and optimal errors |",
            "| `volume_checker.py`, `cover_checker.py` | likewise, for errors on regions and whole neighbourhoods |",
            "| `expected/` | which certificates there are, and what the checkers print |",
            "| `commands.txt` | what makes the results again |",
            "| `constraints.txt` | the versions of everything |",
            "| `CHECKLIST.md` | reproducibility, point by point |",
            "| `SHA256SUMS` | the digest of every other file |",
            "| `LICENSE` | the licence of the program |",
            "",
        ]
    )


def _check_lines(checker: str) -> str:
    stem = checker.removesuffix(".py")
    listed = f"tr '\\n' '\\0' < expected/{stem}.files"
    return f"{listed} | xargs -0 python3 -I {checker} | diff - expected/{stem}.txt"


def _one_file(expected: dict[str, list[str]]) -> list[str]:
    """Return how to check one certificate of each kind, by the checker it is for."""
    if not expected:
        return []
    lines = [f"* `python -I {program} {shlex.quote(names[0])}`" for program, names in sorted(expected.items())]
    return ["On one file, by the checker that it is for; any other rejects it and says which that is:", "", *lines]


def _claims(results: Results) -> list[str]:
    lines = []
    for name, envelope in sorted(results.envelopes.items()):
        if not name.startswith(f"{RESULTS}/{ROWS}/"):
            lines.append(
                f"* `{name}`: {envelope.get('theorem')} is `{envelope.get('verdict')}` on {_instance(envelope)}"
            )
    for (kind, theorem), counts in sorted(_counts(results.rows).items()):
        shown = ", ".join(f"{count} `{verdict}`" for verdict, count in sorted(counts.items()))
        lines.append(f"* {kind} {theorem}: {sum(counts.values())} rows, {shown} (`{ROWS_FILE}`)")
    number = len(results.certificates)
    if not number:
        return [*lines, "* there are no certificates: the results were written without them"]
    return [*lines, f"* {number} certificate{'s' if number > 1 else ''}, proved again when this archive was made"]


def _counts(rows: list[Row]) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        key = (row.job.kind, str(row.job.parameters.get("theorem", "")))
        found.setdefault(key, Counter())[str(row.result.get("verdict", "done"))] += 1
    return found


def _instance(envelope: dict[str, Any]) -> str:
    named = envelope.get("instance", {})
    return ", ".join(f"{key} {value}" for key, value in named.items() if isinstance(value, (str, int)))[:200]


def commands(results: Results, typed: str | None, missing: Sequence[str] = ()) -> str:
    """Return the commands that make the results again.

    Args:
        results: the results.
        typed: the command that was typed, where it was kept.
        missing: names of files that they read and that are not packed.

    Raises:
        MalformedInput: the plan that was kept is damaged.
    """
    lines = [
        "# From the folder of this file. A sweep goes on where it stopped; each row also has a command of its own."
    ]
    if typed:
        lines.append(typed.strip())
    if results.plan:
        lines.append(plan_command(results.plan))
    lines += [row_command(row) for row in results.rows if row.job.kind == "check"]
    if len(lines) == 1:
        lines += [f"# {name}: the command was not kept" for name in sorted(results.envelopes)]
    lines += [f"# not packed, so to be found elsewhere: {name!r}" for name in missing]
    return "".join(f"{line}\n" for line in lines)


def plan_command(plan: str) -> str:
    """Return the command that runs a plan: ``sweep`` if it has a table of that name, else ``train``.

    Raises:
        MalformedInput: the plan is not TOML.

    Example:
        >>> plan_command("[[expressivity]]")
        'rproof train plan.toml -o again/'
    """
    try:
        tables = tomllib.loads(plan)
    except tomllib.TOMLDecodeError as error:
        raise MalformedInput(f"the plan kept with the rows is damaged: {error}") from None
    return f"rproof sweep {PLAN} -o again/ --keep" if "sweep" in tables else f"rproof train {PLAN} -o again/"


def row_command(row: Row) -> str:
    """Return the ``rproof check`` that makes a row.

    Example:
        >>> from verify.sweep.job import Job
        >>> row_command(Row(Job("check", {"theorem": "2.2", "seed": 0, "ratio": "1/2"}), {}, 0.1))[:42]
        'rproof check 2.2 --ratio 1/2 --seed 0 -o a'
    """
    options = {name: value for name, value in row.job.parameters.items() if name not in ("theorem", "files")}
    words = [word for name in sorted(options) for word in (f"--{name}", str(options[name]))]
    place = ["-o", f"again/{ROWS}/{row.job.key}"]
    return shlex.join(["rproof", "check", str(row.job.parameters["theorem"]), *words, *place])


def rows_json(rows: list[Row]) -> str:
    """Return the finished rows as one JSON text."""
    listed = [
        {
            "key": row.job.key,
            "kind": row.job.kind,
            "parameters": row.job.parameters,
            "seconds": row.seconds,
            "result": row.result,
        }
        for row in rows
    ]
    return json.dumps(listed, indent=1, sort_keys=True) + "\n"
