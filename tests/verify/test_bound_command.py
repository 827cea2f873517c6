"""``rproof bound``: text, envelopes, certificates that prove again alone, and bad options refused by name."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from verify.capacity.classes import certified_class_bound, certified_vc_dimension
from verify.capacity.size_bound import certified_size_bound
from verify.certificate import count_checker
from verify.certificate.issue import recheck
from verify.cli import main

ENVELOPE = {
    "schema", "verb", "verdict", "exit", "theorem", "instance", "claims", "network", "certificate", "seconds",
    "versions",
}  # fmt: skip
CLAIM = {"name", "status", "evidence", "measured", "promised", "direction", "method", "seconds"}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``rproof bound`` in an empty folder; return exit code, output and messages."""
    monkeypatch.chdir(tmp_path)

    def call(options: str, *more: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["bound", *options.split(), *more])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return int(str(end.value.code)), printed.out, printed.err

    return call


def _json(run: Run, options: str) -> dict[str, Any]:
    code, printed, _ = run(options, "--json")
    envelope: dict[str, Any] = json.loads(printed)
    assert set(envelope) >= ENVELOPE and envelope["exit"] == code
    assert (envelope["schema"], envelope["verb"]) == ("robustproofs/result/1", "bound")
    assert all(set(claim) >= CLAIM for claim in envelope["claims"])
    return envelope


def _sizes(envelope: dict[str, Any]) -> dict[str, int]:
    return {claim["method"]: int(claim["measured"]) for claim in envelope["claims"]}


# Answers ---------------------------------------------------------------------------------


def test_the_envelope_of_a_grid(run: Run) -> None:
    envelope = _json(run, "--d 13 --eps 1/2 --error 1/10")
    assert (envelope["verdict"], envelope["exit"], envelope["size"]) == ("holds", 0, "69")
    assert envelope["theorem"] == "hard-linearly-separable-sets"
    assert envelope["network"] is None and envelope["certificate"] is None and envelope["files"] == {}
    expected = {"d": 13, "eps": "1/2", "family": "separable", "points": "4096", "error": "1/10"}
    assert envelope["instance"] == {**expected, "depth": None, "bits": None, "failure": None}
    assert _sizes(envelope) == {"regions": 69, "double-counting": 58}
    for claim in envelope["claims"]:
        assert (claim["status"], claim["evidence"], claim["direction"]) == ("holds", "exact", "more than")
        assert {name: Fraction(bits) for name, bits in claim["ledger"].items()} == certified_size_bound(
            4096, 13, "1/10", method=claim["method"]
        ).ledger
    assert envelope["printed"] == {"size": "1", "exponent": "2", "ours": "6"}


def test_every_rule_that_applies_is_asked(run: Run) -> None:
    envelope = _json(run, "--d 16 --eps 1/4 --error 1/10 --depth 5 --bits 32")
    assert _sizes(envelope) == {"regions": 5479, "layers": 55038, "precision": 153399, "double-counting": 4703}
    assert envelope["size"] == "153399" and envelope["instance"]["points"] == str(3**15)


def test_the_full_cube(run: Run) -> None:
    envelope = _json(run, "--d 4 --eps 1/4 --family cube")
    assert (envelope["theorem"], envelope["instance"]["points"]) == ("hard-separated-sets", "81")
    assert int(envelope["size"]) == certified_size_bound(81, 4).size
    assert envelope["printed"] == {"size": "2", "exponent": "2", "ours": "2"}


def test_given_points(run: Run) -> None:
    envelope = _json(run, "--d 5 --points 1296 --error 0.1 --mode enclosure")
    assert envelope["instance"]["family"] == "given points" and envelope["instance"]["eps"] is None
    assert envelope["printed"] is None and envelope["instance"]["error"] == "1/10"
    assert {claim["evidence"] for claim in envelope["claims"]} == {"enclosure"}
    assert envelope["size"] == "34"


@pytest.mark.parametrize("written", ["1e-9", "0.000000001", "1/1000000000"])
def test_a_failure_probability_is_exact(run: Run, written: str) -> None:
    envelope = _json(run, f"--d 13 --points 4096 --error 1/10 --failure {written}")
    assert envelope["instance"]["failure"] == "1/1000000000"
    assert _sizes(envelope) == {"regions": certified_size_bound(4096, 13, "1/10", None, None, "1/1000000000").size}


def test_other_classes(run: Run) -> None:
    envelope = _json(run, "--d 13 --points 4096 --error 1/10 --class all --bits 8")
    found = {claim["name"]: int(claim["measured"]) for claim in envelope["claims"]}
    names = ("features", "polynomials", "trees", "boxes", "cubic-kernel", "rational-kernel", "finite-precision")
    for name in names:
        assert found[f"class ({name})"] == certified_class_bound(name, 4096, 13, "1/10", 8).value
    assert found["class (vc-dimension)"] == certified_vc_dimension(4096, "1/10").value
    assert found["class (trees)"] == 118
    alone = _json(run, "--d 13 --points 4096 --error 1/10 --class trees")
    assert [claim["name"] for claim in alone["claims"]][-2:] == ["class (vc-dimension)", "class (trees)"]


def test_samples(run: Run) -> None:
    assert _json(run, "--d 2 --points 8 --samples 4")["unseen_error"] == "2401/8192"
    huge = _json(run, "--d 2 --eps 1e-1000 --samples 1000")
    assert Fraction(49, 100) < Fraction(huge["unseen_error"]) < Fraction(1, 2)
    assert "with so many samples: 0.293091" in run("--d 2 --points 8 --samples 4")[1]


def test_the_text_says_what_is_proved(run: Run) -> None:
    code, printed, errors = run("--d 16 --eps 1/4 --error 1/10 --depth 5 --bits 32 --failure 1e-9 --class trees")
    assert (code, errors) == (0, "")
    assert printed.startswith(
        "Every ReLU network with at most 153,399 nonzero parameters of 32 bits each errs on more than 1/10 of the "
        "14,348,907 hard points, for a random labelling, except with probability 1/1000000000."
    )
    for words in ("layers", "55,038", "vc-dimension", "trees", "bits (precision): supports", "ball 6,729,560.6"):
        assert words in printed
    assert "at most 20,825,005,858,203,300,241,170 nonzero" in run("--d 64 --eps 1/8")[1]
    printed = run("--d 1000 --eps 1/8 --mode enclosure")[1]
    assert "at most 2.7324e349 nonzero" in printed and "for some labelling" in printed
    assert "27324181502884493597434040841542056094" in run("--d 1000 --eps 1/8 -v")[1].replace(",", "")


# Certificates ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ("--d 13 --eps 1/2 --error 1/10", {"regions"}),
        ("--d 9 --points 256 --error 0.1 --bits 8 --depth 3", {"regions", "layers", "precision"}),
        ("--d 16 --eps 1/4 --error 1/10 --depth 5 --bits 32 --failure 1e-9", {"regions", "layers", "precision"}),
        ("--d 64 --eps 1/8 --error 1/10 --depth 5 --bits 32 --class all", {"regions", "layers", "precision", "sauer"}),
        ("--d 64 --eps 1/8 --depth 3 --failure 1e-9 --class trees", {"regions", "layers", "sauer"}),
        ("--d 2 --points 1 --class all", {"regions"}),
        ("--d 2 --points 20001 --error 49/100 --depth 40", {"regions", "layers"}),
    ],
)
def test_certificates_prove_the_sizes_again(run: Run, options: str, rules: set[str]) -> None:
    envelope = _json(run, f"{options} -o bounds")
    folder = Path("bounds")
    assert envelope["certificate"] == str(folder / "certificate.json")
    assert json.loads((folder / "result.json").read_text()) == envelope
    written = sorted(path.name for path in folder.glob("certificate*.json"))
    assert sorted(envelope["files"]) == written and len(written) == len(rules)
    sizes = {f"size ({name})": int(size) for name, size in _sizes(envelope).items()}
    for name in written:
        document = json.loads((folder / name).read_text())
        assert recheck(folder / name) == envelope["files"][name] == count_checker.check(folder / name)
        rules.remove(document["rule"])
        size = document["statement"].get("size")
        if size is not None:
            assert int(str(size), 0) == sizes[f"size ({document['rule']})"]
    best = json.loads((folder / "certificate.json").read_text())["statement"]["size"]
    assert rules == set() and str(int(str(best), 0)) == envelope["size"]


def test_the_checker_accepts_them_alone(run: Run, tmp_path: Path) -> None:
    assert run("--d 64 --eps 1/8 --error 1/10 --depth 3 --class trees -o bounds")[0] == 0
    assert run("--d 9 --points 256 --bits 8 -o small")[0] == 0
    alone = tmp_path / "alone" / "count_checker.py"
    alone.parent.mkdir()
    shutil.copy(count_checker.__file__, alone)
    files = sorted(str(path) for folder in ("bounds", "small") for path in Path(folder).glob("certificate*.json"))
    assert len(files) == 5
    done = subprocess.run([sys.executable, "-I", "-S", str(alone), *files], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.count(": proved: every ") == 5 and done.stderr == ""


def test_a_larger_size_is_not_proved(run: Run) -> None:
    assert run("--d 64 --eps 1/8 --error 1/10 --depth 3 -o bounds")[0] == 0
    for path in Path("bounds").glob("certificate*.json"):
        document = json.loads(path.read_text())
        size = int(document["statement"]["size"], 16)
        assert size > 2**53
        document["statement"]["size"] = hex(size + 1)
        path.write_text(json.dumps(document))
        with pytest.raises(count_checker.Rejected, match="too large"):
            count_checker.check(path)


def test_two_runs_write_the_same_certificates(run: Run) -> None:
    for folder in ("one", "two"):
        assert run(f"--d 9 --points 256 --depth 2 --bits 4 --class all -o {folder}")[0] == 0
    names = sorted(path.name for path in Path("one").glob("certificate*"))
    assert len(names) == 4
    for name in names:
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


# Bad options -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ("--d 4", 2, "give --eps or --points, one of them"),
        ("--d 4 --eps 1/4 --points 9", 2, "give --eps or --points, one of them"),
        ("--d 4 --eps 0", 2, "--eps must be above 0 and at most 1/2, got 0"),
        ("--d 4 --eps 3/4", 2, "--eps must be above 0 and at most 1/2, got 3/4"),
        ("--d 4 --eps -1/8", 2, "got -1/8"),
        ("--d 4 --eps wide", 2, "'wide'"),
        ("--d 4 --eps 1/0", 2, "'1/0'"),
        ("--d 0 --eps 1/4", 2, "--d must be at least 1, got 0"),
        ("--d 1 --eps 1/4", 2, "the linearly separable grid needs --d of at least 2"),
        ("--d 1000000000 --eps 1/4", 2, "3^999999999 points have too many digits"),
        ("--d two --eps 1/4", 2, "'two' is not a valid integer"),
        ("--eps 1/4", 2, "Missing option '--d'"),
        ("--d 4 --points 0", 2, "points must be an integer of at least 1, got 0"),
        ("--d 4 --points 2.5", 2, "'2.5' is not a valid integer"),
        ("--d 4 --points 9 --error -1/9", 2, "error must be at least 0, got -1/9"),
        ("--d 4 --points 9 --error 1/2", 4, "error 1/2 must be below 1/2"),
        ("--d 4 --points 9 --error nan", 2, "'nan'"),
        ("--d 4 --points 9 --failure 0", 2, "above 0 and at most 1, got 0"),
        ("--d 4 --points 9 --failure 2", 2, "above 0 and at most 1, got 2"),
        ("--d 4 --points 9 --failure 1e-9", 4, "failure probability must be above the share"),
        ("--d 4 --points 9 --depth 0", 2, "depth must be an integer of at least 1"),
        ("--d 4 --points 9 --bits 0", 2, "weight_bits must be an integer of at least 1"),
        ("--d 4 --points 9 --samples -1", 2, "samples must be an integer of at least 0, got -1"),
        ("--d 4 --points 9 --class forests", 2, "'forests' is not one of"),
        ("--d 4 --points 9 --mode floats", 2, "'floats' is not one of"),
        ("--d 4 --points 9 --family torus", 2, "'torus' is not one of"),
        ("--d 4 --points 1000001 --mode exact", 2, "exact mode handles up to 1000000 points"),
        ("--d 4 --points 9 --timeout 0", 2, "timeout"),
    ],
)
def test_bad_options_are_refused_by_name(run: Run, options: str, code: int, message: str) -> None:
    found, printed, errors = run(options)
    assert (found, printed) == (code, "") and message in errors
    envelope = json.loads(run(options, "--json")[1])
    assert envelope["exit"] == code and message in envelope["error"]


def test_a_time_limit_ends_the_command(run: Run) -> None:
    code, _, errors = run("--d 21 --points 1000000 --mode exact --timeout 0.01")
    assert code == 3 and "not finished within 0.01 seconds" in errors
    assert run("--d 9 --points 256 --timeout 60")[0] == 0


def test_a_folder_that_is_a_file_is_refused(run: Run) -> None:
    Path("taken").write_text("")
    code, _, errors = run("--d 9 --points 256 -o taken")
    assert code == 2 and "taken" in errors
