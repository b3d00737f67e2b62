"""Points and device pixels: places in the patient are exact at any scale, and nothing changes at 1."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.volume import Volume
from viewer3d.render.display.device_pixels import ORDINARY, DelayedRasterizer, DevicePixels
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.display_list import Area, Line, Path, Ramp, Text
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.panes import layout, pane_geometry
from viewer3d.render.scene import Scene
from viewer3d.render.shot import screenshot

SCALES = (1.25, 1.5, 2.0, 3.0)


@pytest.fixture(scope="module")
def volume() -> Volume:
    values = np.random.default_rng(3).integers(-300, 400, (30, 24, 18)).astype(np.int16)
    return Volume.from_array(values, np.diag([1.5, 1.5, 3.0, 1.0]), unit="HU", modality="CT")


@pytest.mark.parametrize("scale", SCALES)
def test_rectangles_cover_the_picture_as_they_do_in_points(scale: float) -> None:
    device, size = DevicePixels(scale), (301, 207)
    rects = layout("quad", size)
    width, height = device.size(size)
    covered = np.zeros((height, width), int)
    for rect in rects.values():
        place = device.rect(rect)
        covered[place.rows, place.columns] += 1
    assert covered.max() == 1
    gaps = height * width - covered.sum()
    assert gaps == pytest.approx(
        scale * scale * (301 * 207 - sum(one.width * one.height for one in rects.values())), rel=0.5
    )
    assert device.points(device.size(size)) == size


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("view", ["quad", "axial"])
def test_a_device_pixel_lies_where_its_part_of_the_point_does(volume: Volume, scale: float, view: str) -> None:
    device, state, size = DevicePixels(scale), first_state(volume, view), (301, 207)
    for name, rect in layout(view, size).items():
        if name == "3d":
            continue
        pane = pane_geometry(volume.geometry, state, name, rect.size)
        fine = device.pane(pane, rect)
        assert fine.size == device.rect(rect).size
        column, row = 17, 31
        # The centre of the pixel, in points of the picture, then of the pane.
        left, top = device.rect(rect).left, device.rect(rect).top
        point = ((left + column + 0.5) / scale - 0.5 - rect.left, (top + row + 0.5) / scale - 0.5 - rect.top)
        np.testing.assert_allclose(fine.to_world((column, row)), pane.to_world(point), atol=1e-9)


def test_slices_are_those_of_a_picture_with_as_many_pixels(volume: Volume) -> None:
    state = first_state(volume, "axial")
    with Scene(volume, (200, 150)) as scene:
        scene.resize((200, 150), 2.0)
        scene.apply(state)
        shown = scene.picture
    expected = screenshot(volume, state=state, size=(400, 300))
    assert shown.shape == expected.shape == (300, 400, 3)
    inner = np.s_[90:140, 150:190]  # where no mark is
    assert np.abs(shown[inner].astype(int) - expected[inner]).max() <= 1
    assert len(np.unique(shown[inner])) > 50
    # And a change of it is drawn again as it always was.
    with Scene(volume, (200, 150)) as scene:
        scene.resize((200, 150), 2.0)
        scene.resize((200, 150))
        scene.apply(state)
        assert np.array_equal(scene.picture, screenshot(volume, state=state, size=(200, 150)))


def test_marks_grow_about_the_centres_of_points() -> None:
    marks = (
        Text(4, 9, "a", 10),
        Line(0, 5, 10, 5, 1),
        Path(((0.0, 0.0), (3.0, 4.0)), width=3),
        Area(((0.0, 0.0), (3.0, 4.0), (1.0, 1.0)), (1, 2, 3)),
        Ramp(2, 3, 4, 5, ((0, 0, 0),)),
    )
    assert DevicePixels(2).marks(marks) == (
        Text(8.5, 18.5, "a", 20),
        Line(0.5, 10.5, 20.5, 10.5, 2),
        Path(((0.5, 0.5), (6.5, 8.5)), width=6),
        Area(((0.5, 0.5), (6.5, 8.5), (2.5, 2.5)), (1, 2, 3)),
        Ramp(4, 6, 8, 10, ((0, 0, 0),)),
    )
    assert ORDINARY.marks(marks) is marks
    lines = (Line(1, 2, 3, 4, 1),)
    assert DevicePixels(3).lines_of(DevicePixels(3).marks(lines)) == (Line(1, 2, 3, 4, 3),)


def test_what_is_drawn_over_parts_is_sharp_when_it_is_enlarged() -> None:
    marks, ordinary, delayed = (Text(2, 14, "Ag", 14),), Rasterizer(), DelayedRasterizer()
    for scale in (1.0, 2.0):
        delayed.device = DevicePixels(scale)
        picture = np.zeros((40, 60, 3), np.uint8)
        part = picture[10:30, 20:]
        part[...] = 30
        delayed.draw(part[2:], marks)
        found = delayed.finish(picture, delayed.take())
        expected = np.zeros((round(40 * scale), round(60 * scale), 3), np.uint8)
        place = expected[round(10 * scale) : round(30 * scale), round(20 * scale) :]
        place[...] = 30
        ordinary.draw(place[round(2 * scale) :], delayed.device.marks(marks))
        assert np.array_equal(found, expected)
        assert found.max() > 150
    assert delayed.take() == ()
