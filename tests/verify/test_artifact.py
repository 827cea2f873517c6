"""``rproof artifact``: the same bytes twice, checked by a stranger with Python alone."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import verify
from constructions import AffineMap, BoxUnion, LabelledPoints, LabelledSets, MalformedInput, ReluNetwork
from verify.artifact import environment
from verify.artifact.archive import write_archive
from verify.artifact.bundle import write_artifact
from verify.artifact.checklist import checklist
from verify.artifact.documents import COMMAND_FILE, commands, readme, row_command
from verify.artifact.results import Results, read_results
from verify.artifact.sources import Sources, named_sources
from verify.cli import cli, main
from verify.sweep.check_job import run_check
from verify.sweep.job import Job
from verify.sweep.limits import Limits
from verify.sweep.store import STORE_NAME, Row, RunStore

DATA = "random:n=6,d=2,levels=8,seed=1"
TEXTS = {"README.md", "CHECKLIST.md", "LICENSE", "SHA256SUMS", "commands.txt", "constraints.txt"}
CHECKERS = {"checker.py", "count_checker.py", "cover_checker.py", "volume_checker.py"}


def rproof(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate of robustness and one of a size bound."""
    folder = tmp_path_factory.mktemp("checked") / "run"
    arguments = ("hard-linearly-separable-sets", "--d", "4", "--eps", "1/4", "-o", str(folder), "-q")
    assert rproof("check", *arguments) == 0
    return folder


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a sweep leaves it: rows with files, one without a row, another kind, a lock."""
    folder = tmp_path_factory.mktemp("swept") / "runs"
    jobs = [Job("check", {"theorem": "robust-memorization-l1", "data": DATA, "seed": seed}) for seed in (0, 1)]
    with RunStore.open(folder) as store:
        store.plan = "[[sweep]]\ntheorem = 'robust-memorization-l1'\n"
        for job in jobs:
            store.record(job, run_check(job.key, job.parameters, Limits(), folder), 0.5)
        store.record(Job("train", {"epochs": 3}), {"verdict": "unknown"}, 1.5)
    (folder / "rows" / "cut-off").mkdir()
    (folder / "rows" / "cut-off" / "certificate.json").write_text("{")
    (folder / "table1.html").write_text("<p>a table")
    (folder / ".hidden").touch()
    (folder / "link.json").symlink_to(folder / "table1.html")
    return folder


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates of a whole neighbourhood, of an error on boxes, and of an optimal error."""
    folder = tmp_path_factory.mktemp("regions") / "run"
    assert rproof("check", "robust-classifier", "--norm", "l2", "--c", "1/2", "-o", str(folder), "-q") == 0
    sets = LabelledSets(BoxUnion.of([([2, 0], [4, 1])]), BoxUnion.of([([0, 0], [1, 1])]))
    line = ReluNetwork([AffineMap([[4, -1]], [-6])])
    verify.robust_test_error(line, sets, norm="linf", radius="1/4").certificate(folder / "volumes.json")
    points = LabelledPoints.of([["0"], ["1"], ["3"]], labels=[-1, +1, -1])
    verify.optimal_robust_error(points, "linf", "1/2").certificate(folder / "optimal.json")
    return folder


def unpacked(folder: Path, place: Path) -> Path:
    artifact = write_artifact(folder, place / "a.zip")
    with zipfile.ZipFile(artifact.path) as archive:
        archive.extractall(place)
    return place / "artifact"


def names(place: Path) -> set[str]:
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}


@pytest.mark.parametrize("which", ["checked", "swept"])
def test_the_same_folder_gives_the_same_bytes(which: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(which)
    first = write_artifact(folder, tmp_path / "one.zip")
    moved = tmp_path / "elsewhere" / "other-name"
    shutil.copytree(folder, moved, symlinks=True)
    for path in sorted(moved.rglob("*"), reverse=True):
        if path.is_file():
            path.touch()
    second = write_artifact(moved, tmp_path / "sub" / "two.zip")
    assert first.path.read_bytes() == second.path.read_bytes() and first.digest == second.digest
    assert hashlib.sha256(first.path.read_bytes()).hexdigest() == first.digest


PROGRAMS = {
    "checked": {"checker", "count_checker"},
    "swept": {"checker"},
    "regions": {"checker", "count_checker", "cover_checker", "volume_checker"},
}


@pytest.mark.parametrize("which", PROGRAMS)
def test_a_stranger_checks_it_with_python_alone(which: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place = unpacked(request.getfixturevalue(which), tmp_path)
    sums = dict(reversed(line.split("  ")) for line in (place / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == names(place) - {"SHA256SUMS"}
    assert all(hashlib.sha256((place / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
    programs = {path.stem for path in (place / "expected").glob("*.files")}
    assert programs == PROGRAMS[which]
    for program in programs:
        listed = (place / "expected" / f"{program}.files").read_text().splitlines()
        command = [sys.executable, "-I", "-S", f"{program}.py", *listed]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and done.stderr == ""
        assert done.stdout == (place / "expected" / f"{program}.txt").read_text() and done.stdout.count("proved") >= 1


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="the lines of the README call sha256sum")
def test_the_lines_of_its_readme_find_a_changed_file(checked: Path, tmp_path: Path) -> None:
    place = unpacked(checked, tmp_path)
    (_, block, _) = (place / "README.md").read_text().split("```")
    assert block.count("\n") == 4
    run = lambda: subprocess.run(["bash", "-c", block], cwd=place, capture_output=True, text=True, timeout=120)  # noqa: E731
    assert run().stdout == ""
    certificate = place / "results" / "certificate.json"
    certificate.write_text(certificate.read_text().replace('"radius":"1/8"', '"radius":"1/4"'))
    found = run()
    assert "results/certificate.json: FAILED" in found.stdout and "rejected" in found.stdout


def test_what_is_inside(swept: Path, checked: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    place = unpacked(swept, tmp_path / "a")
    with RunStore.read(swept) as store:
        keys = [row.job.key for row in store.rows("check")]
    expected = {f"results/rows/{key}/{name}" for key in keys for name in ("certificate.json", "network.json")}
    found = names(place)
    assert expected | TEXTS | CHECKERS | {"rows.json", "plan.toml", "results/table1.html"} <= found
    assert not any("cut-off" in name or STORE_NAME in name or "runs.lock" in name or "link" in name for name in found)
    rows = json.loads((place / "rows.json").read_text())
    assert [row["kind"] for row in rows] == ["check", "check", "train"] and rows[0]["key"] in keys
    lines = (place / "commands.txt").read_text().splitlines()
    assert lines[1] == "rproof sweep plan.toml -o again/ --keep" and len(lines) == 4
    assert "2 rows, 2 `holds`" in (place / "README.md").read_text()
    (tmp_path / "b").mkdir()
    place = unpacked(checked, tmp_path / "b")
    files = {"result.json", "network.json", "network.onnx", "certificate.json", "size_certificate.json", COMMAND_FILE}
    assert {name for name in names(place) if name.startswith("results/")} == {f"results/{name}" for name in files}
    assert "hard-linearly-separable-sets is `holds`" in (place / "README.md").read_text()


def test_the_commands_make_the_results_again(checked: Path, swept: Path, tmp_path: Path) -> None:
    typed = (checked / COMMAND_FILE).read_text().strip()
    words = shlex.split(typed)
    assert words[0] == "rproof" and words[-1] == "--quiet" and "--d" in words and "--json" not in words
    words[words.index("--output") + 1] = str(tmp_path / "again")
    assert rproof(*words[1:]) == 0
    for name in ("certificate.json", "network.json", "size_certificate.json"):
        assert (tmp_path / "again" / name).read_bytes() == (checked / name).read_bytes()
    with RunStore.read(swept) as store:
        row = next(store.rows("check"))
    words = shlex.split(row_command(row))
    words[-1] = str(tmp_path / "row")
    assert rproof(*words[1:], "-q") == 0
    kept = swept / "rows" / row.job.key / "certificate.json"
    assert (tmp_path / "row" / "certificate.json").read_bytes() == kept.read_bytes()


def test_data_files_go_along_while_they_are_what_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {}
    for name in ("data/points.csv", "changed.csv", "../outside.csv"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("x,label\n0,1\n1,-1\n")
        files[name] = hashlib.sha256(Path(name).read_bytes()).hexdigest()
    with RunStore.open("runs") as store:
        store.record(Job("check", {"theorem": "separation", "files": files}), {"verdict": "holds"}, 0.1)
    Path("changed.csv").write_text("x,label\n0,1\n2,-1\n")
    inside = set(write_artifact(Path("runs"), Path("a.zip")).names)
    assert inside == TEXTS | CHECKERS | {"rows.json", "data/points.csv"}
    with zipfile.ZipFile("a.zip") as archive:
        written = archive.read("artifact/CHECKLIST.md").decode()
    assert "* [ ] **Data**" in written and "changed.csv" in written and "../outside.csv" in written


def test_data_of_the_kept_command_go_along_or_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text("x,y,label\n0,0,1\n1,0,-1\n")
    assert rproof("optimal", "--data", "mine.csv", "--radius", "1/8", "-o", "best", "-q") == 0
    place = unpacked(Path("best"), tmp_path)
    assert (place / "mine.csv").read_bytes() == Path("mine.csv").read_bytes()
    assert "rproof optimal --data mine.csv --radius 1/8" in (place / "commands.txt").read_text()
    assert "* [x] **Data**" in (place / "CHECKLIST.md").read_text()
    Path("mine.csv").unlink()
    (tmp_path / "later").mkdir()
    place = unpacked(Path("best"), tmp_path / "later")
    assert not (place / "mine.csv").exists() and "'mine.csv'" in (place / "commands.txt").read_text()
    assert (
        "* [ ] **Data**: not packed, as gone, changed, or elsewhere: mine.csv." in (place / "CHECKLIST.md").read_text()
    )
    Path("best/command.txt").write_text("rproof optimal 'open\n")
    assert rproof("artifact", "best", "-q") == 5


def test_only_what_a_command_reads_is_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").touch()
    typed = f"rproof verify net.onnx --data in.csv --radius 1/8 --output out.json --weights {tmp_path}/in.csv"
    found = named_sources(Results({}), typed, {"taken"})
    assert list(found.packed) == ["in.csv"] and found.missing == [f"{tmp_path}/in.csv", "net.onnx"]
    assert named_sources(Results({}), "rproof check 2.2 --data in.csv", {"in.csv"}).missing == ["in.csv"]


def test_a_rejected_certificate_is_not_shipped(checked: Path, tmp_path: Path) -> None:
    shutil.copytree(checked, tmp_path / "run")
    path = tmp_path / "run" / "certificate.json"
    path.write_text(path.read_text().replace('"radius":"1/8"', '"radius":"1/4"'))
    assert rproof("artifact", str(tmp_path / "run"), "-o", str(tmp_path / "a.zip"), "-q") == 5
    assert not list(tmp_path.glob("a.zip*"))


def test_an_archive_in_the_folder_does_not_hold_itself(checked: Path, tmp_path: Path) -> None:
    shutil.copytree(checked, tmp_path / "run")
    digests = {write_artifact(tmp_path / "run", tmp_path / "run" / "artifact.zip").digest for _ in range(2)}
    assert digests == {write_artifact(checked, tmp_path / "a.zip").digest}


@pytest.mark.parametrize(
    ("folder", "named"),
    [("none", "there is no folder"), ("empty", "there are no results"), ("pictures", "artifact takes a folder that")],
)
def test_nothing_to_ship_is_refused(
    folder: str, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").touch()
    assert rproof("artifact", str(tmp_path / folder), "-o", str(tmp_path / "a.zip")) == 2
    assert named in capsys.readouterr().err and not (tmp_path / "a.zip").exists()


def test_a_damaged_store_or_envelope_is_rejected(swept: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / STORE_NAME).write_bytes((swept / STORE_NAME).read_bytes()[:5000])
    assert rproof("artifact", str(tmp_path / "bad"), "-o", str(tmp_path / "a.zip"), "-q") == 5
    (tmp_path / "worse").mkdir()
    (tmp_path / "worse" / "result.json").write_text("{")
    assert rproof("artifact", str(tmp_path / "worse"), "-o", str(tmp_path / "a.zip"), "-q") == 5


def test_a_place_that_cannot_be_written_is_named(checked: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert rproof("artifact", str(checked), "-o", str(tmp_path / "file" / "a.zip"), "-q") == 2


def test_the_envelope_names_archive_and_certificates(
    checked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert rproof("artifact", str(checked), "-o", str(tmp_path / "a.zip"), "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["verb"], found["exit"], found["files"]) == ("artifact", 0, {"a.zip": str(tmp_path / "a.zip")})
    assert [claim["name"] for claim in found["claims"]] == [
        "results/certificate.json",
        "results/size_certificate.json",
    ]
    assert found["sha256"] == hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()
    assert rproof("artifact", str(checked), "-o", str(tmp_path / "a.zip"), "-v") == 0
    assert "2 certificates proved again" in capsys.readouterr().out


def test_results_without_certificates_say_so() -> None:
    rows = [Row(Job("check", {"theorem": "x"}), {"verdict": "unknown"}, 2.0)]
    results = Results({}, rows, "")
    written = checklist(results, None, Sources())
    assert "there are no certificates" in readme(results, {}) and "python -I" not in readme(results, {})
    assert all(f"* [ ] **{name}**" in written for name in ("Claims", "Certificates", "Environment"))
    assert "2.0 seconds" in written and "points are in" not in written and "* [x] **Seeds**" in written
    assert "rproof sweep" not in commands(results, None)


def test_certificates_alone_tick_only_what_they_show(checked: Path, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    shutil.copy(checked / "size_certificate.json", tmp_path / "bare")
    results = read_results(tmp_path / "bare", tmp_path / "a.zip")
    written = checklist(results, None, Sources())
    open_points = {line.split("**")[1] for line in written.splitlines() if line.startswith("* [ ]")}
    assert open_points == {"Claims", "Data", "Environment", "Seeds", "Computing time"}


def test_the_plan_of_trainings_is_run_by_train() -> None:
    results = Results({}, [Row(Job("train", {"epochs": 3}), {}, 1.0)], "[[expressivity]]\nsteps = [2]\n")
    assert commands(results, None).splitlines()[1:] == ["rproof train plan.toml -o again/"]
    assert "`plan.toml` is the plan that was run last" in readme(results, {})
    with pytest.raises(MalformedInput, match="the plan kept with the rows is damaged"):
        commands(Results({}, [], "[["), None)


def test_its_readme_names_the_checker_of_each_kind(regions: Path, tmp_path: Path) -> None:
    place = unpacked(regions, tmp_path)
    lines = [line for line in (place / "README.md").read_text().splitlines() if line.startswith("* `python -I")]
    assert len(lines) == 4
    for line in lines:
        words = shlex.split(line[3:-1])
        done = subprocess.run([sys.executable, *words[1:]], cwd=place, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and "proved" in done.stdout


def test_a_range_and_a_list_are_kept_as_typed(tmp_path: Path) -> None:
    network = tmp_path / "net.json"
    ReluNetwork([AffineMap([[1]], [0])]).save(network)
    (tmp_path / "in.csv").write_text("x,label\n1,1\n-1,-1\n")
    shared = [str(network), "--data", str(tmp_path / "in.csv"), "--domain", "-2:2", "--input-shape", "1"]
    for verb, extra in (("verify", ["--radius", "1/2"]), ("radius", [])):
        folder = tmp_path / verb
        assert rproof(verb, *shared, *extra, "-o", str(folder), "-q") == 0
        words = shlex.split((folder / COMMAND_FILE).read_text())
        assert words[:2] == ["rproof", verb] and words[words.index("--domain") + 1] == "-2:2"
        assert rproof(*words[1:]) == 0


def test_the_command_of_a_bound_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "bounds"
    assert rproof("bound", "--d", "8", "--eps", "1/8", "--error", "1/10", "-o", str(folder), "-q") == 0
    typed = (folder / COMMAND_FILE).read_text()
    assert typed == f"rproof bound --d 8 --eps 1/8 --error 1/10 --output {folder} --quiet\n"


def test_a_command_that_was_not_kept_is_not_made_up(checked: Path) -> None:
    results = read_results(checked, checked / "a.zip")
    assert commands(results, None).splitlines()[1:] == ["# results/result.json: the command was not kept"]
    assert commands(results, "rproof check 2.2\n").splitlines()[1:] == ["rproof check 2.2"]


def test_versions_are_those_installed_where_there_is_no_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environment.lock_text() == Path("constraints.txt").read_text()
    monkeypatch.setattr(environment, "_CHECKOUT", tmp_path)
    lines = environment.lock_text().splitlines()[1:]
    assert any(line.startswith("numpy==") for line in lines) and not any("robustproofs" in line for line in lines)
    assert environment.license_text().startswith("MIT")


def test_an_archive_is_whole_or_absent(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_archive(tmp_path / "a.zip", "artifact", {"a": b"x", "b": tmp_path / "missing"})
    assert list(tmp_path.iterdir()) == []


def test_the_verb_is_listed() -> None:
    assert {"sweep", "artifact"} <= set(cli.list_commands(None))  # type: ignore[arg-type]
