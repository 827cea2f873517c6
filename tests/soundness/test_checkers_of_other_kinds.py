"""Each checker, given a certificate of another kind, names the checker that it is for."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from verify.artifact.results import CHECKERS
from verify.certificate import checker, count_checker, cover_checker, volume_checker

PROGRAMS: dict[str, ModuleType] = {
    "checker.py": checker,
    "count_checker.py": count_checker,
    "cover_checker.py": cover_checker,
    "volume_checker.py": volume_checker,
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("schema", CHECKERS)
def test_another_kind_is_rejected_with_its_checker(
    program: str, schema: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps({"schema": schema, "statement": {}}))
    assert PROGRAMS[program].main([str(path)]) == 5
    said = capsys.readouterr().out
    if CHECKERS[schema] == program:
        assert "must have the keys" in said
    else:
        assert said == f"{path}: rejected: this is a certificate for {CHECKERS[schema]}\n"


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("schema", [None, 1, [], {}, "robustproofs/unknown/1"])
def test_a_schema_that_nobody_has_is_rejected_as_before(
    program: str, schema: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps({"schema": schema}))
    assert PROGRAMS[program].main([str(path)]) == 5
    assert "must have the keys" in capsys.readouterr().out
