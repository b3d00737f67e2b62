"""Pictures of images that lie in no space, and what is written and measured on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from viewer3d import Image2D, Measurement, Pointer, SlicePane, ViewState
from viewer3d.core.images.image2d import flat_volume
from viewer3d.core.view.threshold import Threshold
from viewer3d.errors import ViewError
from viewer3d.measurements.results import MeasurementCache
from viewer3d.measurements.table import table_row, to_csv, to_json
from viewer3d.recipes.make import shot_recipe
from viewer3d.recipes.words.words import words_of
from viewer3d.render.first_state import first_state
from viewer3d.render.image_marks import across
from viewer3d.render.marks.display_list import Text
from viewer3d.render.scene import Scene, drawn_of

RGB = np.random.default_rng(3).integers(0, 256, (2, 30, 40, 3)).astype(np.uint8)
RIGHT, DOWN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def texts(image: Image2D, state: ViewState | None = None, size: tuple[int, int] = (500, 400)) -> list[str]:
    volume = flat_volume(image)
    with Scene(volume, size) as scene:
        scene.apply(state or first_state(volume))
        return [mark.text for mark in drawn_of(scene, "axial")[1] if isinstance(mark, Text)]


def test_colours_are_drawn_as_they_are() -> None:
    image = Image2D(RGB)
    volume = flat_volume(image)
    state = replace(first_state(volume), interpolation="nearest")
    with Scene(volume, (440, 330)) as scene:
        scene.apply(state)
        pane = scene.pane("axial")
        for column, row in ((3, 20), (39, 29), (20, 7)):
            x, y = np.rint(pane.to_pixel((column, row, 0))).astype(int)
            np.testing.assert_array_equal(scene.picture[y, x], RGB[0, row, column])
        scene.apply(state.with_cursor((0, 0, 1)).with_look(0, inverted=True))
        x, y = np.rint(pane.to_pixel((20, 7, 1))).astype(int)
        np.testing.assert_array_equal(scene.picture[y, x], 255 - RGB[1, 7, 20])
        x, y = np.rint(pane.to_pixel((-2, 15, 1))).astype(int)
        np.testing.assert_array_equal(scene.picture[y, x], 0)


def test_pixels_that_are_higher_than_wide_are_drawn_so() -> None:
    volume = flat_volume(Image2D(RGB, aspect=2.0))
    with Scene(volume, (400, 400)) as scene:
        scene.apply(first_state(volume))
        corners = volume.geometry.index_to_world([(0, 0, 0), (1, 0, 0), (0, 1, 0)])
        first, across_one, down_one = scene.pane("axial").to_pixel(corners)
        assert (down_one - first)[1] == pytest.approx(2 * (across_one - first)[0])


def test_no_mm_and_no_sides_are_written_where_nobody_knows_them() -> None:
    assert texts(Image2D(RGB)) == ["Frame 1/2", "lengths in pixels"]
    grey = Image2D(np.arange(1200, dtype=np.int16).reshape(1, 30, 40))
    assert not any("mm" in one or one in "LRAPHF" for one in texts(grey))


def test_what_is_known_is_written() -> None:
    grey = np.arange(2400, dtype=np.int16).reshape(2, 30, 40)
    image = Image2D(grey, spacing=(0.5, 0.5), unit="HU", sides=(("P", "FR"), ("A", "F")))
    state = first_state(flat_volume(image))
    assert texts(image)[:4] == ["A", "P", "HL", "FR"]
    shown = texts(image, state.with_cursor((5, 5, 1)))
    assert shown[:5] == ["P", "A", "H", "F", "Frame 2/2"]
    assert any(one.endswith(" mm") for one in shown)
    assert any(one.startswith("W ") for one in shown)
    assert across("LF") == "RH"


@pytest.mark.parametrize("is_color", [True, False])
def test_what_is_pointed_at_has_its_pixel_and_no_place(*, is_color: bool) -> None:
    image = Image2D(RGB) if is_color else Image2D(RGB[..., 0].astype(np.int16), unit="HU")
    state = replace(first_state(flat_volume(image)), pointer=Pointer("axial", (7.0, 9.0, 0.0)))
    value = "RGB {} {} {}".format(*RGB[0, 9, 7]) if is_color else f"{RGB[0, 9, 7, 0]} HU"
    shown = texts(image, state)
    assert value in shown
    assert "7  9" in shown
    assert not any("mm" in one for one in shown)


def test_measurements_are_in_pixels_where_nobody_measured_mm() -> None:
    line = Measurement("distance", ((2, 3, 0), (2, 13, 0)), RIGHT, DOWN)
    square = Measurement("rectangle", ((2, 2, 0), (6, 8, 0)), RIGHT, DOWN)
    probe = Measurement("probe", ((7, 9, 0),), RIGHT, DOWN)
    colored, grey = flat_volume(Image2D(RGB)), flat_volume(Image2D(RGB[..., 0].astype(np.int16)))
    known = flat_volume(Image2D(RGB[..., 0].astype(np.int16), spacing=(1.0, 1.0)))
    assert [viewer3d.measure(one, line).texts[0].split()[-1] for one in (colored, grey, known)] == ["px", "px", "mm"]
    assert [one.split()[0] for one in viewer3d.measure(colored, square).texts] == ["area"]
    assert viewer3d.measure(colored, square).texts[0].endswith(" px2")
    assert viewer3d.measure(colored, probe).texts == ("RGB {} {} {}".format(*RGB[0, 9, 7]),)
    inside = RGB[0, 2:9, 2:7, 0]
    row = table_row(square, viewer3d.measure(grey, square))
    assert (row["area_px2"], row["count"], row["mean"]) == (24, inside.size, inside.mean())
    assert not any("mm" in name for name in row)
    assert row["points_pixels"] == ((2.0, 2.0, 0.0), (6.0, 8.0, 0.0))
    rows = [row, table_row(line, viewer3d.measure(grey, line))]
    assert "mm" not in to_json(rows)
    assert "mm" not in to_csv(rows)
    assert "length_px" in to_csv(rows)


def test_an_isocontour_stays_in_its_frame() -> None:
    pixels = np.zeros((3, 30, 40), np.int16)
    pixels[:, 9:12, 18:24] = 500
    pixels[1, 9:12, 18:24] = 900
    pixels[2, 20, 20] = 2000
    volume = flat_volume(Image2D(pixels))
    for frame, value, count in ((0, 500, 18), (1, 900, 18), (2, 2000, 1)):
        disc = Measurement("isocontour", ((20, 12, frame), (35, 12, frame)), RIGHT, DOWN, threshold=Threshold(400))
        result = viewer3d.measure(volume, disc)
        row = table_row(disc, result)
        assert (row["count"], row["max"], row["mean"]) == (count, value, value)
        assert MeasurementCache(volume).of(disc) == result
        assert result.outside  # it reaches to row -3
    small = Measurement("isocontour", ((20, 12, 1), (31, 12, 1)), RIGHT, DOWN, threshold=Threshold(400))
    assert not viewer3d.measure(volume, small).outside
    assert viewer3d.measure(volume, small).texts == ("max 900  mean 900.0",)


def test_colours_have_no_isocontour() -> None:
    disc = Measurement("isocontour", ((20, 12, 0), (26, 12, 0)), RIGHT, DOWN, threshold=Threshold(5))
    result = viewer3d.measure(flat_volume(Image2D(RGB)), disc)
    assert result.texts == ("colours have no values",)
    row = table_row(disc, result)
    assert set(row) == {"name", "kind", "radius_px", "points_pixels"}


def test_measurements_in_the_picture_are_in_pixels() -> None:
    line = Measurement("distance", ((2, 3, 0), (2, 13, 0)), RIGHT, DOWN)
    image = Image2D(RGB)
    shown = texts(image, replace(first_state(flat_volume(image)), measurements=(line,)))
    assert any(one.endswith(" px") for one in shown)
    assert not any("mm" in one for one in shown)


def test_states_that_need_places_are_refused() -> None:
    volume = flat_volume(Image2D(RGB))
    state = first_state(volume)
    with Scene(volume, (200, 150)) as scene:
        for wrong in (state.with_view("mpr"), state.with_view("3d"), replace(state, slab=viewer3d.Slab(3.0))):
            with pytest.raises(ViewError, match="images lie in no space"):
                scene.apply(wrong)
    with pytest.raises(ViewError, match="nothing can be laid over it"):
        Scene(volume, (200, 150), overlays=[viewer3d.Layer(flat_volume(Image2D(RGB)), same_frame=True)])


def test_the_words_of_a_picture_say_no_plane_and_no_mm() -> None:
    volume = flat_volume(Image2D(RGB))
    state = first_state(volume).with_pane("axial", SlicePane(2.0))
    words = words_of(shot_recipe(volume, state.with_cursor((0, 0, 1)), (300, 200)))
    assert words.alt == "Image in colour frame 2 of 2, zoomed 2.00 times, lengths in pixels."
    assert "mm" not in words.methods
    assert "2 frames of 40 x 30 pixels" in words.methods


def test_screenshot_takes_an_image() -> None:
    pixels = viewer3d.screenshot(Image2D(RGB), size=(300, 200))
    assert pixels.shape == (200, 300, 3)
    assert np.ptp(pixels.astype(int), axis=-1).max() > 100
