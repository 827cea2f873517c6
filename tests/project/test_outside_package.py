"""The example of an outside package: its tests pass, and its planted bug is found as its README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "outside_package"


def _run(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    return subprocess.run(command, cwd=EXAMPLE, env=known, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("name", ["mybumps"])
def test_the_packages_own_tests_pass(tmp_path: Path, name: str) -> None:
    done = _run(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout and "robust-memorization-linf  2 passed" in done.stdout


def test_the_planted_bug_is_found_and_shrunk_to_what_the_readme_shows(tmp_path: Path) -> None:
    done = _run(tmp_path, "-k", "margin_1", PLANTED_BUG="1")
    assert done.returncode == 1 and "1 failed" in done.stdout
    block = re.search(r"```text\n(.*?)```", (EXAMPLE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    shown = [line.removeprefix("E").strip() for line in done.stdout.splitlines() if line.startswith("E  ")]
    found = "\n".join(shown).partition("ConformanceFailure: ")[2]
    assert found.split() == block.group(1).split()
