"""Hostile certificate files: exit code 5 and one line, in this process and alone, never a traceback."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import verify
from constructions import LabelledPoints, memorize_with_box_bumps
from verify.certificate import checker, issue

Document = dict[str, Any]


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Document:
    data = LabelledPoints.of([["0", "0"], ["1", "1/2"], ["1/4", "-1"], ["9/8", "1"]], [1, -1, -1, 1])
    result = verify.robust_error(memorize_with_box_bumps(data, "1/8"), data, radius="1/4")
    assert result.count("robust") >= 1 and result.count("violated") >= 1
    path = result.certificate(tmp_path_factory.mktemp("valid") / "certificate.json")
    return json.loads(path.read_text())


def _codes(folder: Path) -> tuple[int, int, list[str]]:
    """Return the exit codes in this process and alone, and the lines printed alone."""
    files = sorted(str(path) for path in folder.glob("*.json"))
    inside = max(checker.main([name]) for name in files)
    alone = subprocess.run(
        [sys.executable, "-I", checker.__file__, *files], capture_output=True, timeout=120, check=False
    )
    assert alone.stderr == b"", alone.stderr.decode(errors="replace")[-400:]
    lines = alone.stdout.decode().splitlines()
    assert len(lines) == len(files), lines
    return inside, alone.returncode, lines


def _is_rejected(folder: Path, body: bytes) -> None:
    (folder / "hostile.json").write_bytes(body)
    inside, alone, lines = _codes(folder)
    assert (inside, alone) == (5, 5) and "rejected: " in lines[0]
    assert len(lines[0]) < 600 and lines[0].isprintable(), lines[0]


def _text(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_the_valid_one_is_accepted(valid: Document, tmp_path: Path) -> None:
    (tmp_path / "valid.json").write_bytes(_text(valid))
    assert _codes(tmp_path)[:2] == (0, 0)


HOSTILE_TEXTS = {
    "empty": b"",
    "blank": b" \n",
    "null": b"null",
    "a list": b"[]",
    "not utf-8": b"\xff\xfe{}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "deep lists": b"[" * 200_000,
    "deep closed lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"schema":' * 50_000 + b"0" + b"}" * 50_000,
    "huge digits": b"9" * 10_000,
    "a float": b"1.5",
    "an exponent": b"1e400",
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "two documents": b"{}{}",
    "a lone surrogate": b'"\\ud800"',
    "nul bytes": b"\x00" * 64,
}


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_texts_that_are_no_certificate(name: str, tmp_path: Path) -> None:
    _is_rejected(tmp_path, HOSTILE_TEXTS[name])


def test_truncated_certificates(valid: Document, tmp_path: Path) -> None:
    body = _text(valid)
    for number, stop in enumerate(range(0, len(body), max(1, len(body) // 60))):
        (tmp_path / f"cut{number:03}.json").write_bytes(body[:stop])
    inside, alone, lines = _codes(tmp_path)
    assert (inside, alone) == (5, 5) and all("rejected: " in line for line in lines) and len(lines) >= 60


@pytest.mark.parametrize("key", ["statement", "lower", "radius", "maps", "labels", "indices"])
def test_a_key_written_twice(key: str, valid: Document, tmp_path: Path) -> None:
    text = json.dumps(valid)
    place = text.index(f'"{key}":')
    _is_rejected(tmp_path, (text[:place] + f'"{key}": 0, ' + text[place:]).encode())


@pytest.mark.parametrize("written", ["NaN", "Infinity", "1.0", "1e0", "-0.0", "9" * 5000])
def test_numbers_that_are_not_exact_integers(written: str, valid: Document, tmp_path: Path) -> None:
    marked = copy.deepcopy(valid)
    marked["data"]["labels"][0] = "marker"
    _is_rejected(tmp_path, _text(marked).replace(b'"marker"', written.encode()))


STRANGE = ["\ud800", "1\n2", "\x1b[31m", "\u202e3/1", "a\x00b", "\u0663", "x" * 1000, "½", "1/\u0662", "\r"]
TEXT_PLACES: dict[str, Callable[[Document, Any], None]] = {
    "radius": lambda document, text: document["statement"].update(radius=text),
    "norm": lambda document, text: document["statement"].update(norm=text),
    "margin": lambda document, text: document["statement"].update(margin=text),
    "network hash": lambda document, text: document["statement"].update(network=text),
    "network file": lambda document, text: document.update(network={"file": text, "sha256": "0" * 64}),
    "witness": lambda document, text: document["violated"][0]["point"].__setitem__(0, text),
    "weight": lambda document, text: document["network"]["maps"][0]["values"].__setitem__(0, text),
    "hints": lambda document, text: document["robust"][0].update(hints=text),
    "rule": lambda document, text: document["robust"][0].update(rule=text),
    "schema": lambda document, text: document.update(schema=text),
}


@pytest.mark.parametrize("place", TEXT_PLACES)
def test_strange_text_in_any_place_gives_one_printable_line(place: str, valid: Document, tmp_path: Path) -> None:
    for number, text in enumerate(STRANGE):
        document = copy.deepcopy(valid)
        TEXT_PLACES[place](document, text)
        (tmp_path / f"strange{number:02}.json").write_bytes(_text(document))
    inside, alone, lines = _codes(tmp_path)
    assert (inside, alone) == (5, 5)
    assert all("rejected: " in line and line.isprintable() and len(line) < 600 for line in lines), lines


SIZES: dict[str, Callable[[Document], None]] = {
    "points": lambda document: document["statement"].update(points=10**18),
    "dim": lambda document: document["statement"].update(dim=2**70),
    "shape": lambda document: document["network"]["maps"][0].update(shape=[2**40, 2**40]),
    "denominator": lambda document: document["network"]["maps"][0].update(denominator="0x" + "f" * 200_000),
    "scale": lambda document: document["data"].update(scale="0x" + "f" * 99_000),
    "index": lambda document: document["robust"][0]["indices"].__setitem__(0, 2**70),
    "column": lambda document: document["network"]["maps"][0]["columns"].__setitem__(0, 2**70),
    "radius": lambda document: document["statement"].update(radius="1" * 99_999),
    "radius below": lambda document: document["statement"].update(radius="1/" + "7" * 4300),
}


@pytest.mark.parametrize("place", SIZES)
def test_huge_numbers_are_rejected_quickly(place: str, valid: Document, tmp_path: Path) -> None:
    document = copy.deepcopy(valid)
    SIZES[place](document)
    started = time.monotonic()
    _is_rejected(tmp_path, _text(document))
    assert time.monotonic() - started < 20


def _hints(body: bytes) -> str:
    return base64.b64encode(zlib.compress(body, 9)).decode()


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(lambda: _hints(b"\x00" * 300_000_000), id="zip bomb"),
        pytest.param(lambda: base64.b64encode(zlib.compress(zlib.compress(b"\x00" * 10**7))).decode(), id="nested"),
        pytest.param(lambda: base64.b64encode(b"no zlib").decode(), id="no zlib"),
        pytest.param(lambda: "!!!!", id="no base64"),
        pytest.param(lambda: _hints(b""), id="too few"),
        pytest.param(lambda: _hints(b"\x01\x00" * 7), id="wrong number"),
        pytest.param(lambda: "", id="nothing"),
        pytest.param(lambda: base64.b64encode(zlib.compress(b"\xff" * 100)[:-8]).decode(), id="cut"),
    ],
)
def test_hints_that_do_not_unpack(packed: Callable[[], str], valid: Document, tmp_path: Path) -> None:
    document = copy.deepcopy(valid)
    document["robust"][0]["hints"] = packed()
    started = time.monotonic()
    _is_rejected(tmp_path, _text(document))
    assert time.monotonic() - started < 20


def test_every_hint_replaced_by_every_code_is_believed_only_with_the_true_margin(
    valid: Document, tmp_path: Path
) -> None:
    units = len(valid["network"]["maps"][1]["bias"])
    group = valid["robust"][0]
    codes = np.frombuffer(zlib.decompress(base64.b64decode(group["hints"])), dtype="<u2")
    assert codes.size == units * len(group["indices"])
    margin, path = valid["statement"]["margin"], tmp_path / "hints.json"
    outcomes = set()
    for place in range(codes.size):
        for code in (*range(2 * len(valid["data"]["points"][0]) + 2), 65533, 65534, 65535, 40000):
            changed = codes.copy()
            changed[place] = code
            document = copy.deepcopy(valid)
            document["robust"][0]["hints"] = _hints(changed.tobytes())
            path.write_bytes(_text(document))
            try:
                assert f"margin {margin};" in checker.check(path)
                outcomes.add("proved")
            except checker.Rejected:
                outcomes.add("rejected")
    assert outcomes == {"proved", "rejected"}


# Files beside the certificate -----------------------------------------------------------


def _split(valid: Document, folder: Path) -> Document:
    """Move the network to a file beside the certificate."""
    body = json.dumps(valid["network"]).encode()
    (folder / "network.side").write_bytes(body)
    entry = {"file": "network.side", "sha256": hashlib.sha256(body).hexdigest()}
    return {**copy.deepcopy(valid), "network": entry}


def test_a_network_beside_the_certificate_is_read(valid: Document, tmp_path: Path) -> None:
    (tmp_path / "split.json").write_bytes(_text(_split(valid, tmp_path)))
    assert _codes(tmp_path)[:2] == (0, 0)


@pytest.mark.parametrize(
    "name",
    [
        "../{0}",
        "./{0}",
        "sub/../{0}",
        "{1}/{0}",
        "",
        ".",
        "..",
        "/",
        "missing",
        "{0}/",
        "~/{0}",
        "a\x00b",
        None,
        3,
        ["{0}"],
    ],
)
def test_file_names_that_leave_the_folder(name: Any, valid: Document, tmp_path: Path) -> None:
    (tmp_path / "certificates").mkdir()
    document = _split(valid, tmp_path)
    (tmp_path / "certificates" / "network.side").write_bytes((tmp_path / "network.side").read_bytes())
    document["network"]["file"] = name.format("network.side", tmp_path) if isinstance(name, str) else name
    _is_rejected(tmp_path / "certificates", _text(document))


def test_a_changed_file_beside_the_certificate(valid: Document, tmp_path: Path) -> None:
    document = _split(valid, tmp_path)
    body = (tmp_path / "network.side").read_bytes()
    (tmp_path / "network.side").write_bytes(body + b" ")
    _is_rejected(tmp_path, _text(document))
    document["network"]["sha256"] = "0" * 64
    _is_rejected(tmp_path, _text(document))


@pytest.mark.parametrize("change", ["flip", "cut", "longer", "empty", "type", "missing"])
def test_points_in_a_file_are_bound_to_their_hashes(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issue, "_MOST_EMBEDDED", 3)
    data = LabelledPoints.of([["0", "0"], ["1", "1/2"], ["1/4", "-1"]], [1, -1, -1])
    result = verify.robust_error(memorize_with_box_bumps(data, "1/8"), data, radius="1/8")
    path = result.certificate(tmp_path / "large.json")
    document, points = json.loads(path.read_text()), tmp_path / "large.points.bin"
    assert set(document["network"]) == {"file", "sha256"} and points.is_file()
    assert checker.main([str(path)]) == 0
    body = points.read_bytes()
    bodies = {
        "flip": bytes([body[0] ^ 1]) + body[1:],
        "cut": body[:-1],
        "longer": body + b"\x00",
        "empty": b"",
        "type": body,
    }
    if change == "missing":
        points.unlink()
        assert checker.main([str(path)]) == 5
        return
    points.write_bytes(bodies[change])
    if change == "type":
        document["data"]["type"] = {"B": "h", "h": "B"}[document["data"]["type"]]
    assert change == "type" or checker.main([str(path)]) == 5
    document["data"]["sha256"] = hashlib.sha256(bodies[change]).hexdigest()
    path.unlink()
    _is_rejected(tmp_path, _text(document))


def test_several_files_are_all_checked_and_the_worst_counts(valid: Document, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(_text(valid))
    (tmp_path / "b.json").write_bytes(b"{}")
    (tmp_path / "c.json").write_bytes(_text(valid))
    inside, alone, lines = _codes(tmp_path)
    assert (inside, alone) == (5, 5)
    assert ["proved" in line for line in lines] == [True, False, True]


def test_a_missing_file_or_a_folder_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (tmp_path / "none.json", tmp_path):
        assert checker.main([str(name)]) == 5
        assert capsys.readouterr().out.count("\n") == 1
