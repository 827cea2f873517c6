"""The wheel holds the two packages and nothing else, and works from where it is unpacked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IN_THE_BUILD = ("pyproject.toml", "README.md", "LICENSE", "constructions", "verify")
IN_THE_ARCHIVE = (*IN_THE_BUILD, "docs", "examples", "proofs_notes", "tests")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the tree, without reaching for the network."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for name in IN_THE_BUILD:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content in a folder of its own."""
    place = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    return place


def test_the_source_archive_has_docs_notes_examples_and_tests_but_nothing_built(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in (*IN_THE_ARCHIVE, ".gitignore"):
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(place, tree / name)
    (tree / "docs" / "api").mkdir(exist_ok=True)
    (tree / "docs" / "api" / "verify.md").write_text("# built\n", encoding="utf-8")
    command = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {
        "README.md",
        "docs/conf.py",
        "docs/tutorials/reader.md",
        "docs/gallery/memorizers-linf.png",
        "docs/building/counts.py",
        "proofs_notes/trust.md",
        "examples/outside_package/tests/test_mybumps.py",
        "tests/project/test_packaging.py",
    }
    assert not any(name.startswith("docs/api") for name in names)


def _run(unpacked: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code with the wheel first on the path, isolated from this checkout."""
    start = f"import sys; sys.path.insert(0, {str(unpacked)!r}); sys.argv[1:] = {list(arguments)!r}; {code}"
    # Compiling takes longer than the small instance does in plain Python.
    surroundings = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    return subprocess.run(
        [sys.executable, "-I", "-c", start],
        capture_output=True,
        text=True,
        cwd=unpacked,
        env=surroundings,
        timeout=120,
        check=False,
    )


def test_the_only_roots_are_the_two_packages_and_the_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        roots = {name.partition("/")[0] for name in archive.namelist()}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert roots == {"constructions", "verify", f"robustproofs-{version}.dist-info"}


def test_every_source_file_and_the_type_marker_are_in_the_wheel(unpacked: Path) -> None:
    for package in ("constructions", "verify"):
        assert (unpacked / package / "py.typed").is_file()
        here = {path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py")}
        assert here == {path.relative_to(unpacked) for path in (unpacked / package).rglob("*.py")}


def test_the_metadata_name_command_plugin_and_licence(unpacked: Path) -> None:
    (folder,) = unpacked.glob("*.dist-info")
    metadata = (folder / "METADATA").read_text(encoding="utf-8")
    assert re.search(r"^Name: robustproofs$", metadata, re.MULTILINE)
    assert re.search(r"^Requires-Python: >=3\.11$", metadata, re.MULTILINE)
    entries = (folder / "entry_points.txt").read_text(encoding="utf-8")
    assert "rproof = verify.cli:main" in entries and "robustproofs = verify.testing.pytest_plugin" in entries
    assert list(folder.rglob("LICENSE"))


def test_the_unpacked_wheel_imports_and_checks_a_theorem(unpacked: Path) -> None:
    code = (
        "import constructions, verify; print(constructions.__file__); print(verify.__file__); "
        "print(verify.check('robust-memorization-l1', data='random:n=6,d=2,seed=1').verdict)"
    )
    done = _run(unpacked, code)
    assert done.returncode == 0, done.stderr[-2000:]
    *places, verdict = done.stdout.splitlines()
    assert [Path(place).parent for place in places] == [unpacked / "constructions", unpacked / "verify"]
    assert verdict == "holds"


def test_the_unpacked_command_runs(unpacked: Path) -> None:
    done = _run(unpacked, "from verify.cli import main; main()", "list")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "robust-memorization-linf" in done.stdout


def test_the_default_plan_of_experiments_is_in_the_wheel(unpacked: Path) -> None:
    done = _run(unpacked, "from verify.cli import main; main()", "train", "--default", "--show")
    assert done.returncode == 0, done.stderr[-2000:]
    written = ROOT / "verify" / "experiments" / "default_plan.toml"
    assert done.stdout == written.read_text(encoding="utf-8")


def test_the_templates_of_pages_are_in_the_wheel(unpacked: Path) -> None:
    here = sorted(path.relative_to(ROOT) for path in (ROOT / "verify" / "report" / "templates").iterdir())
    assert here and all((unpacked / path).read_bytes() == (ROOT / path).read_bytes() for path in here)


def test_notes_that_are_not_in_the_wheel_are_asked_for(unpacked: Path) -> None:
    done = _run(unpacked, "from verify.cli import main; main()", "notes")
    assert done.returncode == 2 and "proofs_notes" in done.stderr and "Traceback" not in done.stderr
