"""Training gives the same bits each time, also after it was stopped; what is proved of networks is exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from constructions import AffineMap, LabelledPoints, ReluNetwork
from constructions.errors import InexactInput, MalformedInput, UsageError
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from verify.robustness import robust_error
from verify.training.bracket import bracket_errors
from verify.training.learning import train
from verify.training.recipe import Recipe

GRID = LinearlySeparableGrid.of(2, "1/6")
RECIPE = Recipe(width=6, depth=3, radius=GRID.radius, epochs=20, seed=7, batch=3, attack_steps=2)
RECIPES = [
    RECIPE,
    replace(RECIPE, norm="l2", optimizer="sgd"),
    replace(RECIPE, radius=Fraction(0), depth=2),
]

EPOCH = b'epoch\\": 16'


class Stopped(Exception):
    """Training was stopped from outside."""


def stop_after(epochs: int) -> Callable[[int, int], None]:
    def stop(done: int, total: int) -> None:
        if done == epochs:
            raise Stopped

    return stop


@pytest.mark.parametrize("recipe", RECIPES, ids=["adam-linf", "sgd-l2", "plain"])
def test_the_same_recipe_gives_the_same_bytes_also_when_it_is_stopped_and_resumed(
    recipe: Recipe, tmp_path: Path
) -> None:
    whole = train(recipe, GRID.listed(), keep=tmp_path / "whole.safetensors")
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    again = train(recipe, GRID.listed(), keep=tmp_path / "again.safetensors")
    torch.set_num_threads(threads)
    place = tmp_path / "checkpoint.safetensors"
    for epochs in (9, 13, 19):
        with pytest.raises(Stopped):
            train(recipe, GRID.listed(), place, every=4, progress=stop_after(epochs))
    resumed = train(recipe, GRID.listed(), place, keep=tmp_path / "resumed.safetensors", every=4)
    assert whole == again == resumed
    assert len({(tmp_path / f"{name}.safetensors").read_bytes() for name in ("whole", "again", "resumed")}) == 1
    assert train(replace(recipe, seed=8), GRID.listed()) != whole


def test_a_kept_network_is_read_back_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    network = train(RECIPE, GRID.listed(), keep=path)
    assert ReluNetwork.from_safetensors(path) == network
    assert (network.dim, network.size.depth, network.size.units) == (2, 3, 12)


def test_training_leaves_the_settings_of_torch_alone() -> None:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    state = torch.get_rng_state()
    train(replace(RECIPE, epochs=2), GRID.listed())
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    "fault", ["truncated", "one bit", "other seed", "other points", "no safetensors", "negative epoch", "earlier epoch"]
)
def test_a_checkpoint_of_something_else_is_refused(fault: str, tmp_path: Path) -> None:
    place = tmp_path / "checkpoint.safetensors"
    with pytest.raises(Stopped):
        train(RECIPE, GRID.listed(), place, every=8, progress=stop_after(17))
    body, recipe, data = place.read_bytes(), RECIPE, GRID.listed()
    if fault == "truncated":
        place.write_bytes(body[:-9])
    elif fault == "no safetensors":
        place.write_bytes(b"not a file of tensors")
    elif fault == "one bit":
        place.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    elif fault.endswith("epoch"):
        assert body.count(EPOCH) == 1
        place.write_bytes(body.replace(EPOCH, EPOCH.replace(b"16", b"-6" if fault == "negative epoch" else b"12")))
    elif fault == "other seed":
        recipe = replace(RECIPE, seed=8)
    else:
        data = data.subset(range(1, len(data)))
    with pytest.raises(MalformedInput, match=r"checkpoint\.safetensors"):
        train(recipe, data, place)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": 0}, "width must be an integer from 1"),
        ({"depth": 1}, "depth must be an integer from 2"),
        ({"seed": 2**32}, "seed must be an integer"),
        ({"epochs": True}, "epochs must be an integer"),
        ({"norm": "l1"}, "norm must be linf or l2, got 'l1'"),
        ({"radius": "-1/2"}, "radius must lie between 0"),
        ({"rate": 0}, "rate must be above 0"),
        ({"speed": 3}, "a recipe has no 'speed'"),
    ],
)
def test_a_recipe_that_is_none_names_the_value(values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Recipe.of(**{**RECIPE.to_json(), **values})
    with pytest.raises(InexactInput):
        Recipe.of(**{**RECIPE.to_json(), "radius": 0.1})


def test_other_labels_and_weights_without_end_are_refused() -> None:
    with pytest.raises(UsageError, match="labels must be -1 or \\+1"):
        train(RECIPE, LabelledPoints.of([[0], [1]], [0, 1]))
    with pytest.raises(InexactInput):
        train(replace(RECIPE, epochs=1), LabelledPoints.of([[10**60], [1]], [1, -1]))


# Brackets ------------------------------------------------------------------------------


def test_a_bracket_counts_points_midpoints_and_centres() -> None:
    grid = LinearlySeparableGrid.of(2, "1/4", labels=[1, -1, 1])
    plane = ReluNetwork([AffineMap([[0, 1]], ["-1/2"])])
    found = bracket_errors(plane, grid.listed(), "linf", grid.radius, grid.midpoints())
    assert (found.clean, found.violated, found.undecided, found.midpoints) == (0, 3, 0, 3)
    assert (found.clean_error, found.lower, found.upper) == (0, 1, 1)
    one = ReluNetwork([AffineMap([[0, 0]], [1])])
    other = bracket_errors(one, grid.listed(), "linf", grid.radius, grid.midpoints())
    assert other.to_json() == {
        "points": 3,
        "clean_error": "1/3",
        "lower": "1/3",
        "upper": "1/3",
        "undecided": 0,
        "midpoint_error": "1/3",
    }


def test_a_bracket_never_leaves_the_verdict_of_the_verifier() -> None:
    network = train(replace(RECIPE, epochs=60), GRID.listed())
    for radius in (Fraction(0), 2 * GRID.eps):
        found = bracket_errors(network, GRID.listed(), "linf", radius)
        result = robust_error(network, GRID.listed(), "linf", radius)
        assert (found.lower, found.upper) == (result.lower, result.upper)


@pytest.mark.parametrize("fault", ["too few", "outside", "pair"])
def test_points_that_are_no_witnesses_are_refused(fault: str) -> None:
    grid = LinearlySeparableGrid.of(2, "1/4", labels=[1, -1, 1])
    plane = ReluNetwork([AffineMap([[0, 1]], ["-1/2"])])
    midpoints = grid.midpoints().subset([0, 1]) if fault == "too few" else grid.midpoints()
    radius = grid.offset / 2 if fault == "outside" else grid.radius
    with pytest.raises(UsageError, match=r"midpoint|not in conflict"):
        if fault == "pair":
            bracket_errors(plane, grid.listed(), "linf", radius, pairs=[(0, 1)])
        else:
            bracket_errors(plane, grid.listed(), "linf", radius, midpoints)
