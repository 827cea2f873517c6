"""What the README shows happens: commands print what stands below them, examples run."""

from __future__ import annotations

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
README = ROOT / "README.md"
OPT_OUT = "no-test"


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
    return [block for block in found if OPT_OUT not in block.words]


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
    return None


def _is_ours(argument: str) -> bool:
    return argument.endswith(".py") and (ROOT / argument).is_file()


def _differences(markdown: str, folder: Path) -> list[str]:
    """Run every command in a folder, in order; return those that print something else.

    A TOML block that names a file is written there first.
    """
    surroundings = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    surroundings |= {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    found, code = [], 0
    for block in _blocks(markdown):
        if block.language == "toml" and block.words:
            (folder / block.words[0]).write_text(block.text + "\n", encoding="utf-8")
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
            if printed.strip("\n") != step.output.strip("\n"):
                found.append(f"line {step.line}: $ {step.command}\nshown:\n{step.output}\nprinted:\n{printed}")
    return found


def _failures(markdown: str, name: str) -> list[str]:
    """Run every Python block, examples compared with their results; return what fails."""
    found: list[str] = []
    names: dict[str, object] = {"__name__": "__readme__"}
    for block in _blocks(markdown):
        if block.language not in ("python", "pycon"):
            continue
        examples = doctest.DocTestParser().get_doctest(block.text + "\n", names, name, name, block.line)
        if examples.examples:
            runner = doctest.DocTestRunner(verbose=False)
            runner.run(examples, out=found.append, clear_globs=False)
            names = examples.globs
        else:
            exec(compile(block.text, f"{name}:{block.line}", "exec"), names)
    return found


def test_the_commands_of_the_readme_print_what_it_shows(tmp_path: Path) -> None:
    markdown = README.read_text(encoding="utf-8")
    commands = [step.command for block in _blocks(markdown) if block.language == "console" for step in _steps(block)]
    assert any(command.startswith("rproof check") for command in commands), "the README shows no theorem being checked"
    differences = _differences(markdown, tmp_path)
    assert not differences, "\n\n".join(differences)


def test_the_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    markdown = README.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert any(block.language in ("python", "pycon") for block in _blocks(markdown)), "the README shows no Python"
    failures = _failures(markdown, "README.md")
    assert not failures, "\n".join(failures)


def test_the_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#\s]+)", README.read_text(encoding="utf-8"))
    missing = [
        link for link in links if not link.startswith(("http://", "https://", "mailto:")) and not (ROOT / link).exists()
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


def test_a_file_that_is_shown_is_there_for_the_commands(tmp_path: Path) -> None:
    shown = "```toml plan.toml\n[[sweep]]\ntheorem = {}\n```\n```console\n$ rproof sweep plan.toml --dry-run -q\n```\n"
    assert _differences(shown.format("'1.1'"), tmp_path) == []
    assert (tmp_path / "plan.toml").read_text() == "[[sweep]]\ntheorem = '1.1'\n"
    shown += "```console\n$ echo $?\n0\n```\n"
    (difference,) = _differences(shown.format("'1.1.1'"), tmp_path)
    assert "echo $?" in difference and "printed:\n2\n" in difference


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


@pytest.mark.parametrize(
    ("text", "failures"),
    [(">>> 1 + 1\n2", 0), (">>> 1 + 1\n3", 1), (">>> x = 2", 0), ("assert 1 + 1 == 2", 0)],
)
def test_an_example_is_compared_with_its_result(text: str, failures: int) -> None:
    assert len(_failures(f"```python\n{text}\n```\n", "sample")) == failures


def test_later_blocks_know_the_names_of_earlier_ones() -> None:
    assert _failures("```python\n>>> x = 5\n```\n\n```python\n>>> x + 1\n6\n```\n", "sample") == []
    with pytest.raises(NameError):
        _failures("```python\nprint(nowhere_defined)\n```\n", "sample")
