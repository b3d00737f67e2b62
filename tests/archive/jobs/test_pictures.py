"""The jobs that draw: what they write, where they look, and that it can be made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import viewer3d
from tests.archive.items import context_of, item_of, made_item, sources_over
from viewer3d import phantom
from viewer3d.archive.jobs import pictures
from viewer3d.archive.jobs.job import BUILT_IN, Context, Made, job_of
from viewer3d.archive.overlays import lay_over
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.render import gl

PICTURES = [name for name, home in BUILT_IN.items() if home.startswith("pictures:")]


@pytest.fixture(scope="module")
def ct() -> Volume:
    return phantom.volume(shape=(24, 20, 16))


def picture(ct: Volume, folder: Path, name: str, **over: object) -> Path:
    made = job_of(name)(ct, context_of(made_item(folder), folder, name, volume=ct, **over))  # type: ignore[arg-type]
    (file,) = made.files
    return file


@pytest.mark.parametrize("name", [one for one in PICTURES if one != "turntable"])
def test_each_writes_one_picture_with_its_recipe(ct: Volume, tmp_path: Path, name: str) -> None:
    file = picture(ct, tmp_path, name)
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
    recipe = viewer3d.read_recipe(file)
    assert recipe.figure == (name if name in ("lightbox", "mips") else "shot")
    with Image.open(file) as image:
        assert image.size == recipe.size
    assert recipe.size == getattr(pictures, name.upper())


def test_a_turntable_turns_once(ct: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not gl.find_opengl().works:
        pytest.skip("no OpenGL works here")
    monkeypatch.setattr(pictures, "TURNTABLE_FRAMES", 3)
    monkeypatch.setattr(pictures, "TURNTABLE", (40, 30))
    with Image.open(picture(ct, tmp_path, "turntable")) as movie:
        assert (movie.size, movie.n_frames) == ((40, 30), 3)


def test_pictures_are_made_again_from_their_files(tmp_path: Path) -> None:
    phantom.write(tmp_path / "ct", shape=(24, 20, 16))
    (series,) = viewer3d.scan(tmp_path / "ct")
    volume = viewer3d.load(series)
    for name in ("thumbnail", "mpr"):
        context = context_of(item_of(series), tmp_path, name)
        (file,) = job_of(name)(volume, context).files  # type: ignore[union-attr]
        assert viewer3d.replay(file, tmp_path / "ct").verdict == "identical"


def test_pictures_with_overlays_are_made_again(tmp_path: Path) -> None:
    place = tmp_path / "archive"
    phantom.write(place / "ct", shape=(24, 20, 16))
    phantom.write_pet(place / "pet", shape=(12, 10, 8))
    phantom.write_structures(place / "rs.dcm", viewer3d.load(place / "ct").geometry)
    found = viewer3d.scan(place)
    sources = sources_over(found, "CT")
    series = next(one for one in found if one.modality == "CT")
    volume = viewer3d.load(series)
    overlays, notes = lay_over(volume, sources, ReadOptions())
    assert ([one.name for one in overlays], notes) == (["PET", "structures"], ())
    context = Context("ab", tmp_path, identify=False, overlays=overlays, item=item_of(series), job="thumbnail")
    (file,) = pictures.draw_thumbnail(volume, context).files
    assert viewer3d.replay(file, place).verdict == "identical"


def test_the_same_picture_comes_of_any_order(ct: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was drawn before leaves nothing behind in the window that is kept."""
    monkeypatch.setattr(pictures, "QUAD", (160, 120))
    other = phantom.volume(shape=(10, 12, 14))
    folders = [tmp_path / name for name in "abcd"]
    for folder in folders:
        folder.mkdir()
    first = picture(ct, folders[0], "quad").read_bytes()
    second = picture(other, folders[1], "quad").read_bytes()
    assert picture(other, folders[2], "quad").read_bytes() == second
    assert picture(ct, folders[3], "quad").read_bytes() == first
    alone = tmp_path / "alone.png"
    state = viewer3d.read_recipe(folders[0] / f"{next(folders[0].iterdir()).name}").state
    viewer3d.screenshot(ct, alone, size=pictures.QUAD, state=state)
    assert alone.read_bytes() == first


def test_a_window_that_shows_nothing_is_not_taken(ct: Volume) -> None:
    assert pictures.telling_window(ct) is None
    air = Volume.from_array(np.arange(512).reshape(8, 8, 8) / 4 - 1000, np.eye(4), unit="HU")
    assert pictures.telling_window(air) == "auto"
    one_value = Volume.from_array(np.full((8, 8, 8), -1000), np.eye(4), unit="HU")
    assert pictures.telling_window(one_value) is None
    narrow = air.with_info(windows=(Window(-950, 40),))
    assert pictures.telling_window(narrow) is None


def test_slices_go_through_the_largest_region(ct: Volume, tmp_path: Path) -> None:
    labels = np.zeros(ct.shape, np.uint8)
    labels[2:4, 3:6, 4] = 1
    labels[15:22, 10:14, 11:14] = 2
    segments = Segmentation.from_array(labels, ct.affine)
    context = context_of(made_item(tmp_path), tmp_path, volume=ct, over=[viewer3d.Layer(segments, same_frame=True)])
    i, j, k = np.rint(ct.geometry.world_to_index(pictures.telling_place(ct, context))).astype(int)
    assert labels[i, j, k] == 2
    nothing = context_of(made_item(tmp_path), tmp_path)
    middle = ct.geometry.world_to_index(pictures.telling_place(ct, nothing)) / ct.shape
    assert np.all((middle > 0.3) & (middle < 0.7))


def test_an_outline_of_the_patient_is_not_what_slices_go_through(ct: Volume, tmp_path: Path) -> None:
    structures = phantom.structures(ct.geometry)
    kinds = {one.name: one.type for one in structures.rois}
    assert "EXTERNAL" in kinds.values()
    context = context_of(made_item(tmp_path), tmp_path, volume=ct, over=[viewer3d.Layer(structures, same_frame=True)])
    (placed,) = context.overlays
    assert not isinstance(placed, viewer3d.PlacedLayer)
    place = pictures.telling_place(ct, context)
    largest = max(
        (one for one in placed.regions if kinds[one.name] != "EXTERNAL"), key=lambda one: placed.ml(one.number) or 0
    )
    assert place == placed.middle(largest.number)


@pytest.mark.parametrize(("axes", "plane"), [((0, 1, 2), "axial"), ((1, 2, 0), "sagittal"), ((0, 2, 1), "coronal")])
def test_a_lightbox_shows_the_acquired_plane(axes: tuple[int, int, int], plane: str, tmp_path: Path) -> None:
    affine = np.eye(4)
    affine[:3, :3] = np.eye(3)[:, axes] * 3
    volume = Volume.from_array(np.arange(6 * 7 * 5).reshape(6, 7, 5), affine)
    assert pictures.acquired_plane(volume) == plane
    recipe = viewer3d.read_recipe(picture(volume, tmp_path, "lightbox"))
    assert (recipe.arguments["plane"], recipe.arguments["n"]) == (plane, 5)


@pytest.mark.parametrize("tilt", [0, 30])
@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2, 0), (0, 2, 1)])
def test_a_single_image_is_shown_as_it_is(axes: tuple[int, int, int], tilt: float, tmp_path: Path) -> None:
    """However it lies: across it there is but a line to be seen."""
    turn = np.eye(3)
    cosine, sine = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    turn[1:, 1:] = [[cosine, -sine], [sine, cosine]]
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.eye(3)[:, axes] * 2
    if np.linalg.det(affine[:3, :3]) < 0:
        affine[:3, 1] *= -1
    image = np.zeros((60, 60, 1), np.int16)
    image[10:50, 10:50] = 1000
    volume = Volume.from_array(image, affine)
    names = ("thumbnail", "mpr", "quad", "lightbox", "mips") if tilt and axes[0] == 0 else ("thumbnail",)
    for name in names:
        folder = tmp_path / name
        folder.mkdir()
        with Image.open(picture(volume, folder, name)) as drawn:
            grey = np.asarray(drawn.convert("L"))
        height = pictures.THUMBNAIL[1] if name == "thumbnail" else grey.shape[0]
        assert (grey > 200).sum() > 0.17 * height**2
    assert picture_files(volume, tmp_path) == ()


def picture_files(volume: Volume, folder: Path) -> tuple[Path, ...]:
    made = pictures.draw_turntable(volume, context_of(made_item(folder), folder, "turntable"))
    assert made.numbers == {"note": "a single image: there is nothing to turn"}
    return made.files


def test_a_picture_of_a_tilted_image_is_made_again(tmp_path: Path, real: Callable[[str], Path]) -> None:
    place = real("ct_surview_mixed")
    for number, series in enumerate(viewer3d.scan(place)):
        for stack in range(1, len(series.stacks) + 1):
            folder = tmp_path / f"{number}-{stack}"
            folder.mkdir()
            volume = viewer3d.load(series, stack=stack)
            (file,) = pictures.draw_thumbnail(volume, context_of(item_of(series), folder, "thumbnail")).files
            assert viewer3d.replay(file, place).verdict == "identical"


def test_a_thumbnail_names_nobody(ct: Volume, tmp_path: Path) -> None:
    named = ct.with_info(identity=("Family, Given", "ID 7", "2001-02-03"))
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    plain = picture(ct, folders[0], "thumbnail").read_bytes()
    assert picture(named, folders[1], "thumbnail").read_bytes() == plain
    assert viewer3d.read_recipe(picture(named, folders[2], "mpr")).identified


@pytest.mark.parametrize(("shape", "value"), [((1, 1, 300), -1000), ((3, 3, 200), np.nan), ((2, 2, 2), 5)])
def test_volumes_of_any_shape_are_drawn(shape: tuple[int, int, int], value: float, tmp_path: Path) -> None:
    volume = Volume.from_array(np.full(shape, value), np.diag([2, 2, 5, 1]), unit="HU", modality="CT")
    for name in ("thumbnail", "mpr", "lightbox", "mips"):
        assert picture(volume, tmp_path, name).stat().st_size


def test_faces_are_hidden_where_they_are_and_the_table_says_so(ct: Volume, tmp_path: Path) -> None:
    head = phantom.head(shape=(48, 58, 68), spacing=(4, 4, 4))
    for number, (volume, found) in enumerate(((head, "hidden"), (ct, "none found"))):
        for asked in (True, False):
            folder = tmp_path / f"{number}{asked}"
            folder.mkdir()
            context = replace(context_of(made_item(folder), folder, "mips", volume=volume), face_hidden=asked)
            made = job_of("mips")(volume, context)
            assert isinstance(made, Made)
            assert dict(made.numbers) == ({"face": found} if asked else {})
            state = viewer3d.read_recipe(made.files[0]).state
            assert state is not None
            assert state.layers[0].face_hidden == (asked and volume is head)
