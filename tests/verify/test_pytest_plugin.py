"""The pytest plugin, as a user's own test suite meets it: in pytest runs of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import verify

SUITE = """
import pytest

@pytest.mark.theorem("robust-memorization-linf", claims=["margin", "count"])
def test_margin():
    pass

@pytest.mark.theorem("robust-memorization-linf", claims=["margin"])
@pytest.mark.parametrize("wrong", [False, True])
def test_margin_again(wrong):
    assert not wrong

@pytest.mark.theorem("2.2")
@pytest.mark.theorem("separation")
def test_printed():
    pass

@pytest.fixture
def broken():
    raise OSError("no such file")

@pytest.mark.theorem("separation")
def test_with_a_broken_fixture(broken):
    pass

@pytest.mark.theorem("separation")
@pytest.mark.skipif(True, reason="not today")
def test_left_out():
    pass

def test_of_no_theorem():
    pass
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_the_summary_counts_outcomes_per_theorem_and_claim(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    result = run(pytester, "--strict-markers")
    result.assert_outcomes(passed=4, failed=1, errors=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*= theorems checked =*",
            "2.2 *  1 passed",
            "robust-memorization-linf  2 passed, 1 failed",
            "  count: 1 passed",
            "  margin: 2 passed, 1 failed",
            "separation *  1 passed, 1 failed, 1 skipped",
        ]
    )


def test_workers_give_the_same_summary_and_fail_what_names_no_theorem(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE + '\n@pytest.mark.theorem("9.9")\ndef test_mistyped():\n    pass\n')
    result = run(pytester, "-n", "1")
    result.assert_outcomes(passed=4, failed=1, errors=2, skipped=1)
    result.stdout.fnmatch_lines(["*'9.9' is not the id of a theorem*"])
    result.stdout.fnmatch_lines(["*= theorems checked =*", "robust-memorization-linf  2 passed, 1 failed"])


def test_an_option_chooses_theorems(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    result = run(pytester, "--theorem", "2.2", "--theorem", "robust-memorization-linf", "-v")
    result.assert_outcomes(passed=3, failed=1, deselected=3)
    result.stdout.no_fnmatch_line("*test_of_no_theorem*")


def test_runs_without_theorems_look_as_ever(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one():\n    import sys\n    assert 'numpy' not in sys.modules")
    result = run(pytester, "--strict-markers", "-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*theorems checked*")
    assert "theorem(*ids, claims=())" in run(pytester, "--markers").stdout.str()


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            '"robust-memorisation-linf"',
            "*'robust-memorisation-linf' is not the id*did you mean robust-memorization-linf*",
        ),
        ("", "*test_it.py::test_it*needs the id of a theorem*"),
    ],
)
def test_a_marker_that_names_no_theorem_stops_the_run(pytester: pytest.Pytester, marker: str, message: str) -> None:
    pytester.makepyfile(test_it=f"import pytest\n\n@pytest.mark.theorem({marker})\ndef test_it():\n    pass\n")
    result = run(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_an_option_that_names_no_theorem_stops_the_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    result = run(pytester, "--theorem", "xyzzy")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--theorem: 'xyzzy' is not the id of a theorem; known: separation, *"])


def test_another_package_of_the_name_is_noticed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unrelated distribution has written its own ``verify/__init__.py`` over ours."""
    ours = Path(verify.__file__).parent
    package = pytester.mkpydir("verify")
    (package / "__init__.py").write_text(f"__path__.append({str(ours)!r})\n", encoding="utf-8")
    pytester.makepyfile("def test_one():\n    pass\n")
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))
    result = run(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*the package 'verify' at {package}*is not the one of robustproofs*"])
    run(pytester, "-p", "no:robustproofs").assert_outcomes(passed=1)


def test_the_plugin_imports_nothing_heavy() -> None:
    code = "import sys, verify.testing.pytest_plugin; print(*sorted(m for m in sys.modules if '.' not in m))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.split())
    assert {"pytest", "verify"} <= loaded
    assert not loaded & {"constructions", "hypothesis", "networkx", "numba", "numpy", "scipy", "sympy", "torch"}
