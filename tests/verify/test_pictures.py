"""Pictures: every one of the gallery is drawn, alike on every run, and shows what was decided."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from pathlib import Path

import pytest

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall
from constructions.errors import UsageError
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from constructions.sets.sources import load_sets
from verify.report.drawing import house_style, write_drawing
from verify.report.pictures.gallery import GALLERY, write_picture
from verify.report.pictures.graphs import draw_graph, piecewise_square
from verify.report.pictures.instance_pictures import picture_of_result, write_instance
from verify.report.pictures.outlines import ball_outline, box_outline
from verify.report.pictures.planes import Plane
from verify.report.pictures.scene import scene_of_result, scene_of_sets, single_output
from verify.report.pictures.scene_drawing import colour_limit
from verify.robustness import RobustError, robust_error

ROOT = Path(__file__).resolve().parents[2]
COARSE = 12
DATA = LabelledPoints.of([["0", "0"], ["1", "0"], ["0", "1"], ["1", "1"]], labels=[+1, -1, -1, -1])
NORMS = ("linf", "l1", "l2")


def _violated(norm: str) -> RobustError:
    """A memorizer at a radius that it was not made for."""
    return robust_error(memorize_with_box_bumps(DATA, "2/5"), DATA, norm, "3/5")


@pytest.mark.parametrize("name", [picture.name for picture in GALLERY])
def test_every_picture_of_the_gallery_is_drawn(name: str) -> None:
    picture = next(picture for picture in GALLERY if picture.name == name)
    with house_style():
        figure = picture.draw(COARSE)
    assert figure.axes and all(axes.has_data() or not axes.axison for axes in figure.axes)
    assert figure.legends, "what lines and marks mean is said outside the data"
    for axes in figure.axes:
        if axes.axison and axes.images and axes.get_label() != "<colorbar>":
            low, high = axes.images[0].get_clim()
            assert low == -high, "the colours of values are as dark below zero as above"


def test_files_are_the_same_again_in_every_format(tmp_path: Path) -> None:
    written = [write_picture("attacks-beside-a-line", tmp_path / part, COARSE) for part in ("one", "two")]
    assert [path.suffix for path in written[0]] == [".pdf", ".png", ".svg"]
    for first, second in zip(*written, strict=True):
        assert first.read_bytes() == second.read_bytes()
    pdf, _, svg = (path.read_bytes() for path in written[0])
    assert b"CreationDate" not in pdf and b"/FontFile2" in pdf, "no date, fonts inside"
    assert b"<dc:date>" not in svg and b"<text" not in svg


def test_the_notes_show_the_whole_gallery() -> None:
    notes = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "proofs_notes").glob("*.md")}
    for picture in GALLERY:
        for note in picture.notes:
            prefix, _, words = note.partition(":")
            text = notes[f"{prefix}_{words.replace('-', '_')}.md"]
            assert f"![{picture.caption}](../docs/gallery/{picture.name}.png)" in text
            assert f"`rproof draw --gallery {picture.name}`" in text
    shown = {name for text in notes.values() for name in re.findall(r"\]\(\.\./docs/gallery/([\w-]+)\.png\)", text)}
    kept = {path.stem: path.stat().st_size for path in (ROOT / "docs/gallery").glob("*.png")}
    assert shown == {picture.name for picture in GALLERY} <= set(kept)
    assert max(kept[name] for name in shown) < 100_000


@pytest.mark.parametrize(("page", "folder"), [("README.md", "docs/gallery/"), ("docs/gallery.md", "gallery/")])
def test_every_image_of_a_page_exists_and_has_its_command(page: str, folder: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    images = re.findall(rf"!\[([^\]]*)\]\(({folder}[^)]+)\)", text)
    captions = {picture.name: picture.caption for picture in GALLERY}
    assert all(((ROOT / page).parent / place).is_file() for _, place in images)
    shown = [(caption, Path(place).stem) for caption, place in images if Path(place).stem in captions]
    assert len(shown) >= 2
    for caption, name in shown:
        assert captions[name] == caption
        assert f"`rproof draw --gallery {name}`" in text


def test_the_gallery_page_shows_every_picture_and_its_notes() -> None:
    text = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    for picture in GALLERY:
        links = [f"[{note}](../proofs_notes/{note.replace(':', '_').replace('-', '_')}.md)" for note in picture.notes]
        assert f"*{picture.caption}*: `rproof draw --gallery {picture.name}`. Notes: {', '.join(links)}." in text


# What a scene shows ---------------------------------------------------------------------


@pytest.mark.parametrize("norm", NORMS)
def test_witnesses_are_wrong_and_lie_in_a_violated_ball(norm: str) -> None:
    result = _violated(norm)
    scene = scene_of_result(result)
    assert len(scene.witnesses) == result.count("violated") > 0
    assert [region.status for region in scene.regions] == list(result.status)
    violated = [index for index, status in enumerate(result.status) if status == "violated"]
    for index, place in zip(violated, scene.witnesses, strict=True):
        assert result.ball.contains(DATA.point(index), place)
        assert DATA.labels[index] * result.network(place)[0] <= 0
        assert scene.network is not None and scene.network(place) == result.network(place)


@pytest.mark.parametrize("norm", NORMS)
def test_outlines_are_at_the_radius(norm: str) -> None:
    lower, upper = (Fraction(1), Fraction(2)), (Fraction(3), Fraction(5, 2))
    for x, y in box_outline(lower, upper, norm, 0.25):
        gaps = [max(0.0, 1 - x, x - 3), max(0.0, 2 - y, y - 2.5)]
        distance = {"linf": max(gaps), "l1": sum(gaps), "l2": math.hypot(*gaps)}[norm]
        assert abs(distance - 0.25) < 1e-12


def test_the_window_holds_all_balls() -> None:
    for norm in NORMS:
        scene = scene_of_result(robust_error(memorize_with_box_bumps(DATA, "2/5"), DATA, norm, "3/5"))
        (left, bottom), (right, top) = scene.window
        for region in scene.regions:
            for x, y in region.outline:
                assert left < x < right and bottom < y < top


def test_labels_of_two_outputs_are_signs() -> None:
    data = LabelledPoints.of([[0, 0], [2, 0]], labels=[0, 1])
    network = ReluNetwork([AffineMap([[-1, 0], [1, 0]], [1, -1])])
    scene = scene_of_result(robust_error(network, data, "linf", "1/2"))
    assert [mark.label for mark in scene.marks] == [-1, 1] and scene.network is not None
    assert [scene.network(mark.place)[0] > 0 for mark in scene.marks] == [False, True]
    with pytest.raises(UsageError, match="one or two outputs, got 3"):
        single_output(ReluNetwork([AffineMap([[1], [2], [3]], [0, 0, 0])]))


def test_sets_are_shown_with_their_neighbourhoods() -> None:
    sets = load_sets("boxes:n=4,d=2,levels=5,seed=9")
    scene = scene_of_sets(sets, NormBall("l1", "1/16"))
    assert len(scene.regions) == 4 and sum(1 for region in scene.regions if region.kernel) + len(scene.marks) == 4
    with pytest.raises(UsageError, match="two sets needs dimension 2, they lie in dimension 3"):
        scene_of_sets(load_sets("boxes:n=2,d=3,levels=4"), NormBall("l1", "1/16"))


def test_colours_end_at_a_round_number() -> None:
    import numpy as np

    assert colour_limit(np.zeros((3, 3))) == 1.0
    assert colour_limit(np.full((3, 3), -0.97)) == 1.0
    assert colour_limit(np.full((3, 3), 27.0)) == 30.0
    assert colour_limit(np.array([[400.0, -1.0, 300.0]])) == 1.0, "the side of the small values is not left white"


# Slices ---------------------------------------------------------------------------------


def _point(*values: int) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, values))


def test_a_slice_along_axes_is_the_network_on_it() -> None:
    network = ReluNetwork([AffineMap([[1, 2, -3], [0, 1, 1]], [1, "1/2"]), AffineMap([[1, -2]], ["1/3"])])
    plane = Plane.along_axes(_point(5, 6, 7), 2, 0)
    part = plane.restricted(network)
    for s, t in ((0, 0), (1, 2), (-3, Fraction(1, 7))):
        place = (Fraction(s), Fraction(t))
        assert plane.point(place) == (place[1], 6, place[0])
        assert part(place) == network(plane.point(place))
    assert plane.place(_point(1, 6, 2)) == (2, 1) and plane.place(_point(1, 5, 2)) is None


def test_a_plane_through_three_points_has_right_angles_and_contains_them() -> None:
    points = [_point(0, 0, 0, 1), _point(1, 1, 0, 1), _point(3, 0, 2, 0)]
    plane = Plane.through(points, ["a", "b", "c"])
    places = [plane.place(point) for point in points]
    assert places[0] == (0, 0) and places[1] == (1, 0)
    assert places[2] is not None and places[2][1] == 1
    assert sum(a * u for a, u in zip(plane.across, plane.up, strict=True)) == 0
    network = ReluNetwork([AffineMap([[1, -2, 3, "1/2"]], [1]), AffineMap([[2]], [-1])])
    assert plane.restricted(network)(places[2]) == network(points[2])
    with pytest.raises(UsageError, match="points a, b, c lie on one line"):
        Plane.through([_point(0, 0), _point(1, 1), _point(3, 3)], ["a", "b", "c"])


@pytest.mark.parametrize("norm", NORMS)
def test_sections_of_balls_are_at_the_radius(norm: str) -> None:
    centre, radius = _point(1, 2, 3), Fraction(1, 2)
    near = Plane.along_axes((Fraction(9), Fraction(9), Fraction(13, 4)), 0, 1)
    oblique = Plane.through([centre, _point(2, 4, 3), _point(0, 0, 5)], ["0", "1", "2"])
    for plane in (near, oblique):
        outline = ball_outline(plane, centre, norm, radius)
        assert outline is not None
        for place in outline:
            point = plane.point((Fraction(place[0]), Fraction(place[1])))
            gaps = [abs(float(x - c)) for x, c in zip(point, centre, strict=True)]
            distance = {"linf": max(gaps), "l1": sum(gaps), "l2": math.hypot(*gaps)}[norm]
            assert abs(distance - 0.5) < 1e-9
    far = Plane.along_axes((Fraction(9), Fraction(9), Fraction(4)), 0, 1)
    assert ball_outline(far, centre, norm, radius) is None
    assert ball_outline(oblique, _point(1, 3, 3), norm, radius) is None


def test_a_slice_shows_the_range_of_all_points() -> None:
    data = LabelledPoints.of([[0, 0, 0], [9, 1, 5], [2, 7, 5]], labels=[1, -1, -1])
    line = ReluNetwork([AffineMap([[-1, 0, 0]], [1])])
    scene = scene_of_result(robust_error(line, data, "linf", "1/2"), Plane.along_axes(data.point(0), 0, 1))
    (left, bottom), (right, top) = scene.window
    assert len(scene.marks) == 1 and left < 0 and bottom < 0 and right > 9 and top > 7


def test_witnesses_beside_a_slice_are_counted_and_not_shown() -> None:
    data = LabelledPoints.of([[0, 0, 0], [1, 0, 0]], labels=[1, -1])
    line = ReluNetwork([AffineMap([[-2, 0, 1]], [1])])
    result = robust_error(line, data, "linf", "1/2")
    assert result.count("violated") == 2
    scene = scene_of_result(result, Plane.along_axes(data.point(0), 0, 1))
    shown = [witness for witness in map(result.witness, range(2)) if witness is not None and witness[2] == 0]
    assert len(scene.witnesses) == len(shown) and scene.off_plane == 2 - len(shown)
    with pytest.raises(UsageError, match="--slice I,J"):
        scene_of_result(result)


# Graphs ---------------------------------------------------------------------------------


def test_one_dimension_gives_a_graph(tmp_path: Path) -> None:
    data = LabelledPoints.of([["0"], ["1"]], labels=[-1, +1])
    result = robust_error(memorize_with_box_bumps(data, "1/4"), data, "linf", "1/2")
    assert result.count("violated") > 0
    picture = picture_of_result(result, "two points")
    assert picture.scene is None and picture.describe() == {"kind": "graph", "zero_line": "exact"}
    with house_style():
        figure = draw_graph(result, "two points")
        texts = [text.get_text() for text in figure.legends[0].get_texts()]
        assert write_drawing(figure, tmp_path, "graph", formats=("svg",))[0].stat().st_size > 1000
    assert "exact wrong point" in texts and "$f(x)$" in texts


@pytest.mark.parametrize("level", [1, 2, 5])
def test_interpolants_of_the_square_are_above_it_within_the_bound(level: int) -> None:
    nodes, values = piecewise_square(level)
    assert (values == nodes**2).all() and len(nodes) == 2**level + 1
    middles, between = (nodes[1:] + nodes[:-1]) / 2, (values[1:] + values[:-1]) / 2
    assert (between - middles**2 == 4.0 ** -(level + 1)).all()


def test_an_instance_is_written_in_three_formats(tmp_path: Path) -> None:
    picture = picture_of_result(_violated("linf"), "four points")
    written = write_instance(picture, tmp_path, "four", COARSE)
    assert [path.name for path in written] == ["four.pdf", "four.png", "four.svg"]
    shown = picture.describe()
    assert shown["zero_line"] == "exact" and shown["linear_pieces"] > 1 and len(shown["wrong_points"]) > 0
