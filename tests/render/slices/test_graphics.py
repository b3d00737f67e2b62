"""Graphics of files on slices: at their places, to half a pixel, on their own slices and on no others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import viewer3d
from tests.dicom.objects.presentation_files import (
    AXIAL,
    COLUMNS,
    ROWS,
    SAGITTAL,
    SLICES,
    SPACING,
    STEP,
    annotation,
    ct,
    graphic,
    overlay,
    state,
    words,
    write,
)
from viewer3d.core.graphics.slice_graphics import GraphicLine, Graphics, SliceGraphics
from viewer3d.core.layers import Layer
from viewer3d.core.view.planes import PlaneName
from viewer3d.render.layer_stack import LayerStack
from viewer3d.render.panes import PaneGeometry, pane_geometry
from viewer3d.render.slices.compose import compose
from viewer3d.render.slices.graphics import GRAPHIC
from viewer3d.render.slices.pixels import PanePixels, PlanePixels

SIZE = (360, 300)
FLIPPED = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
TURNED = (0.0, 1.0, 0.0, -1.0, 0.0, 0.0)
CENTER, RADIUS = (50.0, 20.0), 9.0
"""Column and row from the corner of the first pixel, and columns."""


def pane_of(volume: viewer3d.Volume, name: PlaneName, at: Any) -> tuple[viewer3d.ViewState, PaneGeometry]:
    view = replace(viewer3d.first_state(volume), cursor=tuple(map(float, at)))
    return view, pane_geometry(volume.geometry, view, name, SIZE)


def drawn(volume: viewer3d.Volume, name: PlaneName, at: Any, overlays: Any = (), ground: Any = (0, 0, 0)) -> Any:
    """The picture of a pane, and which of its pixels graphics changed."""
    view, pane = pane_of(volume, name, at)
    stack = LayerStack(volume, overlays)
    looks = (view.layers[0], *(viewer3d.ImageLook(view.look.window, opacity=0.0) for _ in stack.layers[1:]))
    view = replace(view, layers=looks)
    without = replace(view, layers=tuple(replace(one, graphics=False) for one in looks))
    pictures = [compose(stack.slice_layers(one), PanePixels(pane, view.slab), ground) for one in (view, without)]
    return pictures[0], (pictures[0] != pictures[1]).any(-1), pane


def world_of(image: Any, column: float, row: float) -> NDArray[np.float64]:
    """Where a place of a file lies, whose first pixel's centre is at 0.5, 0.5: by the tags of the image alone."""
    across, down = np.reshape(image.ImageOrientationPatient, (2, 3)).astype(float)
    way = (column - 0.5) * SPACING[1] * across + (row - 0.5) * SPACING[0] * down
    return np.asarray(image.ImagePositionPatient, float) + way


@pytest.mark.parametrize("step", [STEP, -STEP])
@pytest.mark.parametrize(
    ("orientation", "name"),
    [(AXIAL, "axial"), (FLIPPED, "axial"), (TURNED, "axial"), (SAGITTAL, "sagittal"), ((1, 0, 0, 0, 0, -1), "coronal")],
)
def test_a_circle_lies_on_its_slice_at_its_place(
    tmp_path: Path, orientation: Any, name: PlaneName, step: float
) -> None:
    images = [ct(number, orientation, step) for number in range(SLICES)]
    on_it = (CENTER[0] + RADIUS, CENTER[1])
    made = state(images, [annotation(graphic("CIRCLE", [CENTER, on_it]), images=images[3:4])])
    volume = viewer3d.load(write(tmp_path, [*images, made]), presentation="KEY")
    _, changed, pane = drawn(volume, name, world_of(images[3], *CENTER))
    rows, columns = np.nonzero(changed)
    expected = pane.to_pixel(world_of(images[3], *CENTER))
    np.testing.assert_allclose([columns.mean(), rows.mean()], expected, atol=0.5)
    radius = np.hypot(columns - expected[0], rows - expected[1])
    np.testing.assert_allclose(radius.mean(), RADIUS * SPACING[1] / pane.mm_per_pixel, atol=0.5)
    assert np.ptp(radius) < 6  # a thin line with its outline: round in the patient
    normal = np.cross(orientation[:3], orientation[3:])
    for away in (0.49, -0.49):
        assert drawn(volume, name, world_of(images[3], *CENTER) + away * STEP * normal)[1].any()
    for away in (0.51, -0.51, 1.0):
        assert not drawn(volume, name, world_of(images[3], *CENTER) + away * STEP * normal)[1].any()
    others: list[PlaneName] = [one for one in ("axial", "coronal", "sagittal") if one != name]
    for other in others:
        assert not drawn(volume, other, world_of(images[3], *CENTER))[1].any()


def test_a_resampled_series_has_them_on_the_slices_that_were_scanned(tmp_path: Path) -> None:
    """Slices at 0, 4, 8, 16 and 20 mm: the grid is even, and the fourth one lies where it lay."""
    images = [ct(number if number < 3 else number + 1) for number in range(SLICES)]
    made = state(images, [annotation(graphic("POINT", CENTER), images=images[3:4])])
    volume = viewer3d.load(write(tmp_path, [*images, made]), presentation="KEY")
    assert any("resampled" in note for note in volume.notes)
    _, changed, pane = drawn(volume, "axial", world_of(images[3], *CENTER))
    rows, columns = np.nonzero(changed)
    np.testing.assert_allclose([columns.mean(), rows.mean()], pane.to_pixel(world_of(images[3], *CENTER)), atol=0.5)
    assert not drawn(volume, "axial", world_of(images[3], *CENTER) - (0, 0, STEP))[1].any()


def test_planes_and_shutters_are_pixels_of_their_image(tmp_path: Path) -> None:
    mask = np.zeros((ROWS, COLUMNS), bool)
    mask[10:14, 60:70] = True
    images = [overlay(ct(number), mask) for number in range(SLICES)]
    for one in images:
        one.ShutterShape = "RECTANGULAR"
        one.ShutterLeftVerticalEdge, one.ShutterRightVerticalEdge = 21, 60
        one.ShutterUpperHorizontalEdge, one.ShutterLowerHorizontalEdge = 11, 50
    volume = viewer3d.load(write(tmp_path, images), presentation="own")
    picture, _, pane = drawn(volume, "axial", world_of(images[1], 1, 1), ground=(255, 0, 0))
    rows, columns = np.nonzero((picture == GRAPHIC).all(-1))
    # From the corner of column 60, row 10 to that of column 70, row 14, less what is covered in part.
    corners = pane.to_pixel([world_of(images[1], 60, 10), world_of(images[1], 70, 14)])
    np.testing.assert_allclose([columns.min() - 0.5, rows.min() - 0.5], corners[0], atol=1)
    np.testing.assert_allclose([columns.max() + 0.5, rows.max() + 0.5], corners[1], atol=1)
    seen = (picture == picture[tuple(np.rint(pane.to_pixel(world_of(images[1], 40, 30))[::-1]).astype(int))]).all(-1)
    rows, columns = np.nonzero(seen)
    corners = pane.to_pixel([world_of(images[1], 20, 10), world_of(images[1], 60, 50)])
    np.testing.assert_allclose([columns.min() - 0.5, rows.min() - 0.5], corners[0], atol=0.6)
    np.testing.assert_allclose([columns.max() + 0.5, rows.max() + 0.5], corners[1], atol=0.6)
    assert seen.sum() == np.ptp(columns + 0) * np.ptp(rows) + np.ptp(columns) + np.ptp(rows) + 1  # a whole rectangle
    outside = pane.to_pixel(world_of(images[1], 10, 30))[::-1]
    assert tuple(picture[tuple(np.rint(outside).astype(int))]) == (255, 0, 0)


@pytest.mark.parametrize("shape", ["CIRCULAR", "POLYGONAL", "BITMAP"])
def test_other_shutters_leave_what_they_say(tmp_path: Path, shape: str) -> None:
    column, row = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS))
    images = [ct(0), ct(1)]
    for one in images:
        one.ShutterShape = shape
    mm = {"CIRCULAR": np.pi * 15**2, "POLYGONAL": 0.5 * 30 * 20 * 1.5, "BITMAP": 12 * 8 * 1.5}[shape]
    images[0].CenterOfCircularShutter, images[0].RadiusOfCircularShutter = [30, 40], 15
    images[0].VerticesOfThePolygonalShutter = [11, 11, 11, 41, 31, 11]
    if shape == "BITMAP":
        overlay(images[0], ~((column >= 20) & (column < 32) & (row >= 30) & (row < 38)), 0x6002)
        images[0].ShutterOverlayGroup = 0x6002
    del images[1].ShutterShape
    volume = viewer3d.load(write(tmp_path, images), presentation="own")
    picture, _, pane = drawn(volume, "axial", world_of(images[0], 1, 1), ground=(255, 0, 0))
    assert (picture != (255, 0, 0)).any(-1).sum() * pane.mm_per_pixel**2 == pytest.approx(mm, rel=0.03)


def test_texts_stand_in_their_boxes_and_lead_to_their_anchors(tmp_path: Path) -> None:
    images = [ct(0), ct(1)]
    box = {"BoundingBoxTopLeftHandCorner": [20.0, 20.0], "BoundingBoxBottomRightHandCorner": [60.0, 26.0]}
    made = state(images, [annotation(words("HHHH", **box), images=images[:1])])
    folder = write(tmp_path, [*images, made])
    volume = viewer3d.load(folder, presentation="KEY")
    _, changed, pane = drawn(volume, "axial", world_of(images[0], 1, 1))
    rows, columns = np.nonzero(changed)
    left, top = pane.to_pixel(world_of(images[0], 20, 20))
    assert abs(columns.min() - left) < 3
    assert abs(rows.min() - top) < 3
    led = words("HHHH", **box, AnchorPoint=[70.0, 40.0], AnchorPointVisibility="Y")
    (tmp_path / "other").mkdir()
    folder = write(tmp_path / "other", [*images, state(images, [annotation(led, images=images[:1])])])
    _, changed, pane = drawn(viewer3d.load(folder, presentation="KEY"), "axial", world_of(images[0], 1, 1))
    x, y = np.rint(pane.to_pixel(world_of(images[0], 70, 40))).astype(int)
    assert changed[y - 1 : y + 2, x - 1 : x + 2].any()


def test_pixels_of_a_plane_in_3d_show_them_too(tmp_path: Path) -> None:
    """The same picture through a matrix of a perspective view as through a pane, moved by the first row and column."""
    images = [ct(0), ct(1)]
    made = state(images, [annotation(graphic("POLYLINE", [[10, 10], [70, 10], [70, 50]]), images=images[:1])])
    volume = viewer3d.load(write(tmp_path, [*images, made]), presentation="KEY")
    view, pane = pane_of(volume, "axial", world_of(images[0], 1, 1))
    layers = LayerStack(volume).slice_layers(view)
    whole = compose(layers, PanePixels(pane, view.slab))
    scaled = pane.affine * 3.0  # homogeneous: the same places
    part = compose(layers, PlanePixels(scaled, slice(60, 240), slice(30, 330)))
    lilac = whole[60:240, 30:330, 2] > 100  # what is below is black
    assert lilac.sum() > 250
    np.testing.assert_array_equal(part[..., 2] > 100, lilac)


def test_they_move_with_an_overlay_and_can_be_switched_off(tmp_path: Path) -> None:
    images = [ct(number) for number in range(SLICES)]
    made = state(images, [annotation(graphic("POINT", CENTER), images=images[2:3])])
    volume = viewer3d.load(write(tmp_path, [*images, made]), presentation="KEY")
    base = replace(volume, graphics=None)
    shift = np.eye(4)
    shift[:3, 3] = 7, -5, STEP
    at = world_of(images[3], *CENTER)
    _, changed, pane = drawn(base, "axial", at, Layer(volume, transform=shift))
    rows, columns = np.nonzero(changed)
    expected = pane.to_pixel(world_of(images[2], *CENTER) + shift[:3, 3])
    np.testing.assert_allclose([columns.mean(), rows.mean()], expected, atol=0.5)


def test_many_lines_are_drawn_in_a_bounded_time() -> None:
    random = np.random.default_rng(0)
    lines = tuple(GraphicLine(random.random((2, 2)) * 60) for _ in range(3000))
    slices = (SliceGraphics(np.eye(4), (64, 64), lines=lines),)
    volume = viewer3d.Volume.from_array(np.zeros((64, 64, 2), np.int16), np.eye(4))
    _, changed, _ = drawn(replace(volume, graphics=Graphics(slices, 0.5)), "axial", (32, 32, 0))
    assert changed.mean() > 0.3


def test_the_switch_is_written_only_where_it_is_off() -> None:
    volume = viewer3d.Volume.from_array(np.zeros((4, 4, 4), np.int16), np.eye(4))
    first = viewer3d.first_state(volume)
    assert "graphics" not in first.to_json()
    off = first.with_look(graphics=False)
    assert json.loads(off.to_json())["layers"][0]["graphics"] is False
    assert viewer3d.ViewState.from_json(off.to_json()) == off


def test_of_tilted_slices_it_is_said_where_graphics_are_seen(tmp_path: Path) -> None:
    tilt = (1.0, 0.0, 0.0, 0.0, float(np.cos(0.3)), float(np.sin(0.3)))
    images = [ct(number, tilt) for number in range(SLICES)]
    for number, one in enumerate(images):  # the table moves along z, not along the normal
        one.ImagePositionPatient = [-30.0, -40.0, 20.0 + 4 * number]
    folder = write(tmp_path, [*images, state(images, [annotation(graphic("POINT", CENTER))])])
    volume = viewer3d.load(folder, presentation="KEY")
    assert "The slices are tilted by 17.2 degrees: planes parallel to them show their graphics." in volume.notes
    at = world_of(images[2], *CENTER)
    assert not drawn(volume, "axial", at)[1].any()
    assert volume.graphics is not None
    assert volume.graphics.on(at, np.cross(tilt[:3], tilt[3:])) is volume.graphics.slices[2]
