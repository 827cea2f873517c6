"""pytest plugin: ``@pytest.mark.theorem``, ``--theorem ID`` and a summary of what was checked.

    @pytest.mark.theorem("robust-memorization-linf", claims=["margin"])
    def test_margin(): ...

Loaded in every pytest run of an environment that has the package, so it imports pytest
alone; the list of theorems is read once a test or an option names one.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable

import pytest

_MARKER = "theorem(*ids, claims=()): the test checks these theorems, named by id or paper number"
_PROPERTY = "theorem"
_WRONG_MARKER = pytest.StashKey[str]()
_OUTCOMES = ("passed", "failed", "skipped")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--theorem``."""
    parser.getgroup("robustproofs").addoption(
        "--theorem",
        action="append",
        default=[],
        metavar="ID",
        help="run only the tests marked with this theorem, by id or paper number; may be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; stop if another package took our name, or an option names no theorem."""
    _check_distribution()
    config.addinivalue_line("markers", _MARKER)
    for chosen in config.getoption("theorem"):
        _check_id(chosen, "--theorem")
    config.pluginmanager.register(TheoremSummary(), "robustproofs-summary")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check every marked id, keep the chosen tests, and note on each what it checks."""
    chosen = set(config.getoption("theorem"))
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        try:
            checked = _checked(item)
        except pytest.UsageError as error:
            # A worker of pytest-xdist cannot stop the run; there the test fails by itself.
            if not hasattr(config, "workerinput"):
                raise
            item.stash[_WRONG_MARKER] = str(error)
            checked = []
        item.user_properties.extend((_PROPERTY, "/".join(pair)) for pair in checked)
        wanted = not chosen or any(theorem in chosen for theorem, _ in checked) or _WRONG_MARKER in item.stash
        (kept if wanted else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose marker names no theorem."""
    if _WRONG_MARKER in item.stash:
        pytest.fail(item.stash[_WRONG_MARKER], pytrace=False)


class TheoremSummary:
    """Counts outcomes per theorem and claim, and prints them at the end of the run."""

    def __init__(self) -> None:
        self._outcomes: dict[str, dict[tuple[str, str], str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one phase of one test: the test failed if any phase did."""
        for name, value in report.user_properties:
            if name != _PROPERTY:
                continue
            theorem, _, claim = str(value).partition("/")
            tests = self._outcomes.setdefault(theorem, {})
            before = tests.get((report.nodeid, claim), "passed")
            tests[report.nodeid, claim] = max(before, report.outcome, key=("passed", "skipped", "failed").index)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print one line per theorem, and one per claim named by a marker."""
        if not self._outcomes:
            return
        terminalreporter.section("theorems checked")
        width = max(map(len, self._outcomes))
        for theorem, tests in sorted(self._outcomes.items()):
            per_test: dict[str, str] = {nodeid: outcome for (nodeid, _), outcome in tests.items()}
            terminalreporter.write_line(f"{theorem:<{width}}  {_counts(per_test.values())}", **_colour(per_test))
            for claim in sorted({claim for _, claim in tests if claim}):
                counts = _counts(outcome for (_, name), outcome in tests.items() if name == claim)
                terminalreporter.write_line(f"  {claim}: {counts}")


def _counts(outcomes: Iterable[str]) -> str:
    tally = Counter(outcomes)
    return ", ".join(f"{tally[outcome]} {outcome}" for outcome in _OUTCOMES if tally[outcome])


def _colour(per_test: dict[str, str]) -> dict[str, bool]:
    return {"red" if "failed" in per_test.values() else "green": True}


def _checked(item: pytest.Item) -> list[tuple[str, str]]:
    """Return the (theorem, claim) pairs of an item's markers; the claim may be empty."""
    pairs: list[tuple[str, str]] = []
    for marker in item.iter_markers("theorem"):
        if not marker.args:
            raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.theorem needs the id of a theorem")
        for theorem in marker.args:
            _check_id(theorem, f"{item.nodeid}: @pytest.mark.theorem")
            pairs.extend((theorem, str(claim)) for claim in marker.kwargs.get("claims", ()) or [""])
    return pairs


def _check_id(theorem: object, where: str) -> None:
    from verify.theorems.registry import theorem_ids

    known = list(theorem_ids())
    if theorem in known:
        return
    near = difflib.get_close_matches(str(theorem), known, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
    raise pytest.UsageError(f"{where}: {theorem!r} is not the id of a theorem; {hint}")


def _check_distribution() -> None:
    import verify

    if getattr(verify, "DISTRIBUTION", None) != "robustproofs":
        place = getattr(verify, "__file__", None) or "an unknown place"
        raise pytest.UsageError(
            f"the package 'verify' at {place} is not the one of robustproofs: another distribution of that name "
            "is installed. Install robustproofs in an environment of its own, or run pytest with -p no:robustproofs"
        )
