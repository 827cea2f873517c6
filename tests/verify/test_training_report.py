"""What the report of trained networks says is true of the rows it shows, and of no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constructions.errors import UsageError
from verify.experiments.plan import plan_of
from verify.experiments.run import run_job, run_plan
from verify.report.training import generalization, optimum_gap, sign_vectors
from verify.sweep.job import Job
from verify.sweep.store import Row, RunStore

PLAN = '[[optimum_gap]]\ndata = "points.csv"\nradii = [{radii}]\nwidth = 2\nepochs = 2\n'


@pytest.fixture
def points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("points.csv")
    path.write_text("x,label\n0,1\n1,-1\n0.5,1\n", encoding="utf-8")
    return path


def test_a_changed_file_of_data_makes_other_jobs_and_another_panel(points: Path) -> None:
    run_plan(plan_of(PLAN.format(radii='"1/4"')), Path("runs"))
    points.write_text("x,label\n0,1\n10,-1\n5,1\n", encoding="utf-8")
    changed = plan_of(PLAN.format(radii='"1/4", "1/2"'))
    outcome = run_plan(changed, Path("runs"))
    assert (outcome.found, outcome.added) == (0, 3)
    with RunStore.read("runs") as store:
        rows = list(store.rows())
    panels = optimum_gap.panels_of(rows)
    optima = [{(str(entry.radius), str(entry.optimum)) for entry in panel.networks} for panel in panels]
    jumps = [[radius for radius, _ in panel.steps] for panel in panels]
    found = sorted(zip(jumps, optima, strict=True), key=lambda pair: len(pair[1]))
    assert found == [([0.0, 0.25], {("1/4", "1/3")}), ([0.0, 2.5], {("1/4", "0"), ("1/2", "0")})]


def test_a_file_that_changes_while_the_plan_runs_is_refused(points: Path) -> None:
    (job, *_) = plan_of(PLAN.format(radii='"1/4"')).jobs
    points.write_text("x,label\n0,1\n10,-1\n5,1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="not what it was"):
        run_job(job.kind, job.parameters, Path("runs"), job.key)


def test_data_with_a_name_keep_the_jobs_they_had() -> None:
    (curve, *_) = plan_of(PLAN.format(radii='"1/4"').replace("points.csv", "random:n=6,d=1,seed=1")).jobs
    assert curve.parameters == {"data": "random:n=6,d=1,seed=1", "norm": "linf", "points": 4096}


def _trained(labels: str, dim: int) -> Row:
    errors = {"lower": "1/2", "clean_error": "0", "undecided": 0, "points": 16}
    said: dict[str, Any] = {"dim": dim, "steps": 3, "ratio": "1/2", "labels": labels, "label_seed": 0, "norm": "linf"}
    said |= {"samples": 4, "seed": 0, "training": "plain", "width": 2, "depth": 2, "epochs": 1}
    return Row(Job(generalization.TRAIN, said), {"test": errors, "train": errors}, 0.0)


def _words(panels: list[generalization.Panel]) -> tuple[list[str], str, list[str]]:
    """Return the titles of a figure's panels, the title of all, and its legend."""
    figure = generalization.draw(panels)
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()]
    return titles, figure.get_suptitle(), [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("labels", ["random", "parity", "half-space"])
def test_what_no_learner_is_below_is_said_of_random_labels_only(labels: str) -> None:
    panels = generalization.panels_of([_trained(labels, 3)])
    (table,) = generalization.tables_of(panels)
    assert table.rows[0][-1] == ("0.375" if labels == "random" else "")
    _, _, legend = _words(panels)
    assert any("no learner" in text for text in legend) == (labels == "random")


def test_hard_sets_that_differ_are_named_at_their_own_panels() -> None:
    panels = generalization.panels_of([_trained("random", 3), _trained("parity", 4)])
    titles, above, legend = _words(panels)
    assert above == "" and "d = 3" in titles[0] and "d = 4" in titles[1] and "parity" in titles[1]
    assert sum("no learner" in text for text in legend) == 1
    assert "d = 3" in _words(panels[:1])[1]


def test_every_number_of_labellings_that_was_tried_is_named() -> None:
    panel = sign_vectors.Panel("m = 12", 12, ((1, 2, 4),), ((5, 1, 16), (9, 2, 32)))
    figure = sign_vectors.draw([panel])
    assert "16 or 32 random labellings" in figure.axes[1].get_title(loc="left")
