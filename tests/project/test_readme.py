"""What the README and the pages of docs/ show happens: commands print what stands below them, examples run.

A block runs unless its fence says ``no-test``, or ``nightly`` outside of the nightly profile. A line of three dots
stands for any lines of an output. A block whose fence names a file is written to that file.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "api")]
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
OPT_OUT = {"no-test"} if NIGHTLY else {"no-test", "nightly"}
PROGRAMS = ("cat", "head", "ls", "unzip")  # beside our own


@dataclass(frozen=True)
class Block:
    """A fenced block: the line it starts on, its language, other words of the fence, its text."""

    line: int
    language: str
    words: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Step:
    """A command of a console block and the output shown below it."""

    line: int
    command: str
    output: str


def _blocks(markdown: str) -> list[Block]:
    found: list[Block] = []
    lines = markdown.splitlines()
    start: int | None = None
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start is None:
            start = number
            continue
        language, *words = lines[start][3:].split() or [""]
        found.append(Block(start + 1, language, tuple(words), "\n".join(lines[start + 1 : number])))
        start = None
    assert start is None, f"the fence of line {start} is never closed"
    return [block for block in found if not OPT_OUT.intersection(block.words)]


def _steps(block: Block) -> list[Step]:
    found: list[Step] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line + 1):
        if line.startswith("$ "):
            found.append(Step(number, line[2:].strip(), ""))
        elif found:
            before = found.pop()
            found.append(Step(before.line, before.command, before.output + line.rstrip() + "\n"))
    return found


def _command(text: str) -> list[str] | None:
    """Return what to run for a shown command; ``None`` for those only people type."""
    text = re.sub(r"\s+#.*$", "", text)
    program, *arguments = shlex.split(text)
    if program == "rproof":
        return [sys.executable, "-m", "verify", *arguments]
    if program in ("python", "python3"):
        return [sys.executable, *(str(ROOT / part) if _is_ours(part) else part for part in arguments)]
    return [program, *arguments] if program in PROGRAMS else None


def _is_ours(argument: str) -> bool:
    return argument.endswith(".py") and (ROOT / argument).is_file()


def _same(shown: str, printed: str) -> bool:
    """Return whether an output is the one shown; a line of three dots stands for any lines, or none."""
    lines = shown.strip("\n").splitlines()
    pattern = "".join(r"(?:.*\n)*" if line == "..." else re.escape(line) + r"\n" for line in lines)
    return re.fullmatch(pattern, printed.strip("\n") + "\n" if printed.strip("\n") else "") is not None


def _differences(markdown: str, folder: Path) -> list[str]:
    """Run every block of a page in a folder, in order; return the commands and examples that give something else."""
    surroundings = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    surroundings |= {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "LC_ALL": "C"}
    names: dict[str, object] = {"__name__": "__page__"}
    found, code = [], 0
    for block in _blocks(markdown):
        if block.words and "." in block.words[0]:
            (folder / block.words[0]).write_text(block.text + "\n", encoding="utf-8")
        elif block.language in ("python", "pycon"):
            found.extend(_failures(block, names, folder))
        for step in _steps(block) if block.language == "console" else []:
            command = _command(step.command)
            if step.command == "echo $?":
                printed = f"{code}\n"
            elif command is None:
                continue
            else:
                done = subprocess.run(
                    command, capture_output=True, text=True, cwd=folder, env=surroundings, timeout=300, check=False
                )
                code, printed = done.returncode, "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
                if code == 70 or "Traceback" in done.stderr:
                    printed += done.stderr
            if not _same(step.output, printed):
                found.append(f"line {step.line}: $ {step.command}\nshown:\n{step.output}\nprinted:\n{printed}")
    return found


def _failures(block: Block, names: dict[str, object], folder: Path) -> list[str]:
    """Run a Python block, examples compared with their results; return what fails."""
    found: list[str] = []
    examples = doctest.DocTestParser().get_doctest(block.text + "\n", names, "page", "page", block.line)
    with contextlib.chdir(folder):
        if examples.examples:
            runner = doctest.DocTestRunner(verbose=False)
            runner.run(examples, out=found.append, clear_globs=False)
            names.update(examples.globs)
        else:
            exec(compile(block.text, f"page:{block.line}", "exec"), names)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_happens(page: Path, tmp_path: Path) -> None:
    differences = _differences(page.read_text(encoding="utf-8"), tmp_path)
    assert not differences, "\n\n".join(differences)


def test_the_readme_shows_commands_and_python() -> None:
    blocks = _blocks(PAGES[0].read_text(encoding="utf-8"))
    commands = [step.command for block in blocks if block.language == "console" for step in _steps(block)]
    assert any(command.startswith("rproof check") for command in commands), "the README shows no theorem being checked"
    assert any(block.language in ("python", "pycon") for block in blocks), "the README shows no Python"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [
        link
        for link in links
        if not link.startswith(("http://", "https://", "mailto:")) and not (page.parent / link).exists()
    ]
    assert missing == []


# The checks above see a difference -----------------------------------------------------

SAMPLE = """
```console
$ rproof data random:n=2,d=1,levels=3,seed=0 --json > /dev/null  # not run by a shell
```
```console no-test
$ rproof data missing.csv
something else
```
"""
SHOWN = '```console\n$ python -c "print(1); print(2)"\n1\n{}\n$ echo $?\n{}\n$ make install\nanything\n```\n'


def test_an_output_is_compared_line_by_line(tmp_path: Path) -> None:
    assert _differences(SHOWN.format("2", "0"), tmp_path) == []
    (difference,) = _differences(SHOWN.format("3", "0"), tmp_path)
    assert "line 2:" in difference and "printed:\n1\n2\n" in difference
    (difference,) = _differences(SHOWN.format("2", "4"), tmp_path)
    assert "echo $?" in difference


def test_a_command_that_fails_differs_from_its_shown_output(tmp_path: Path) -> None:
    shown = "```console\n$ rproof data missing.csv\n2 points\n$ echo $?\n2\n```\n"
    (difference,) = _differences(shown, tmp_path)
    assert "missing.csv" in difference
    assert _differences(shown.replace("2 points\n", ""), tmp_path) == []


def test_a_file_that_is_shown_is_there_for_the_blocks_below(tmp_path: Path) -> None:
    shown = "```csv points.csv\nx,label\n0,1\n```\n```console\n$ cat points.csv\nx,label\n0,{}\n```\n"
    shown += "```python\n>>> with open('points.csv') as file: file.read()\n'x,label\\n0,1\\n'\n```\n"
    assert _differences(shown.format("1"), tmp_path) == []
    (difference,) = _differences(shown.format("2"), tmp_path)
    assert "cat points.csv" in difference


def test_a_block_may_opt_out() -> None:
    (block,) = _blocks(SAMPLE)
    assert [step.command.split()[:2] for step in _steps(block)] == [["rproof", "data"]]
    assert _command("rproof list  # all of them") == [sys.executable, "-m", "verify", "list"]
    assert _command("make test") is None
    assert _command("python -I verify/certificate/checker.py x.json") == [
        sys.executable,
        "-I",
        str(ROOT / "verify" / "certificate" / "checker.py"),
        "x.json",
    ]


def test_dots_stand_for_lines() -> None:
    assert _same("...\nb\n...\n", "a\nb\n") and _same("", "\n") and _same("...", "")
    assert not _same("...\nb\n", "a\nbb\n") and not _same("a\n...\nc\n", "a\nb\n") and not _same("", "a\n")


@pytest.mark.parametrize(
    ("text", "failures"),
    [(">>> 1 + 1\n2", 0), (">>> 1 + 1\n3", 1), (">>> x = 2", 0), ("assert 1 + 1 == 2", 0)],
)
def test_an_example_is_compared_with_its_result(text: str, failures: int, tmp_path: Path) -> None:
    assert len(_differences(f"```python\n{text}\n```\n", tmp_path)) == failures


def test_later_blocks_know_the_names_of_earlier_ones(tmp_path: Path) -> None:
    assert _differences("```python\n>>> x = 5\n```\n\n```python\n>>> x + 1\n6\n```\n", tmp_path) == []
    with pytest.raises(NameError):
        _differences("```python\nprint(nowhere_defined)\n```\n", tmp_path)
