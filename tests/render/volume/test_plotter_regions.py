"""Segments and regions of interest in a user's own plotter: where they are, and what hides what."""

from __future__ import annotations

import numpy as np
import pytest

import viewer3d
from tests.render.markers import rotation
from tests.render.volume.shapes import TILTED, ball
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.core.volume import Volume
from viewer3d.errors import SegmentError, StructureError, ViewError
from viewer3d.render.volume.plotter_regions import add_segmentation, add_structures

SIZE = (240, 180)
FRAME = "1.2.3"
SHIFT = np.array([[0.0, -1, 0, 5], [1, 0, 0, -8], [0, 0, 1, 12], [0, 0, 0, 1]])


def two_balls(affine=None):
    """A blue one about (-10, 0, 0), a red one about (10, 0, 0), and one without voxels."""
    grid = np.array([[1.0, 0, 0, -20], [0, 1, 0, -10], [0, 0, 1, -10], [0, 0, 0, 1]])
    labels = np.zeros((41, 21, 21), np.uint8)
    index = np.indices(labels.shape)
    for number, x in ((3, 10), (7, 30)):
        labels[((index - np.array([x, 10, 10])[:, None, None, None]) ** 2).sum(0) < 49] = number
    names, colors = {3: "Right", 7: "Left", 9: "None"}, {3: (30, 60, 240), 7: (240, 40, 30)}
    given = grid if affine is None else affine
    return Segmentation.from_array(labels, given, names=names, colors=colors, frame_of_reference=FRAME)


def ring(z, radius=10.0, x=0.0, count=60, kind="CLOSED_PLANAR", turn=None):
    angles = np.arange(count) * 2 * np.pi / count
    points = np.stack([x + radius * np.cos(angles), radius * np.sin(angles), np.full(count, float(z))], -1)
    return Contour(points if turn is None else points @ turn.T, kind)


def cylinders(turn=None, step=3.0):
    """Cylinders along z from -10.5 to 10.5 mm, one of them hollow; a point, an open line and a region of nothing."""
    places = np.arange(-3, 4) * step
    rois = [
        Roi(2, "Full", (255, 0, 0), contours=[ring(z, turn=turn) for z in places], frame_of_reference=FRAME),
        Roi(
            4,
            "Hollow",
            (0, 255, 0),
            contours=[ring(z, radius, 30, turn=turn) for z in places for radius in (10, 5)],
            frame_of_reference=FRAME,
        ),
        Roi(5, "Mark", (0, 0, 255), contours=[Contour(np.array([[1.0, 2, 3]]), "POINT")], frame_of_reference=FRAME),
        Roi(6, "Path", (9, 9, 9), contours=[ring(0, kind="OPEN_PLANAR")], frame_of_reference=FRAME),
        Roi(8, "Empty", (9, 9, 9), frame_of_reference=FRAME),
    ]
    return StructureSet(tuple(rois), SeriesInfo(modality="RTSTRUCT", frame_of_reference=FRAME))


@pytest.fixture
def plotter(opengl, monkeypatch):
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", opengl.window_class)
    import pyvista

    one = pyvista.Plotter(off_screen=True, window_size=list(SIZE))
    one.set_background("black")
    yield one
    one.close()


def bounds(actor):
    return np.array(actor.bounds).reshape(3, 2).T


def look_from_front(plotter):
    plotter.camera.position, plotter.camera.focal_point, plotter.camera.up = (0, -200, 0), (0, 0, 0), (0, 0, 1)
    plotter.camera.parallel_projection = True
    plotter.camera.parallel_scale = 20
    plotter.reset_camera_clipping_range()


def at(picture, x, z):
    """The pixel at so many mm to the patient's left and up: seen from the front, left is on the right."""
    mm = 40 / SIZE[1]
    return picture[round((SIZE[1] - 1) / 2 - z / mm), round((SIZE[0] - 1) / 2 + x / mm)].astype(int)


def test_segments_stand_where_their_voxels_are_in_their_colours(plotter):
    actors = add_segmentation(plotter, two_balls())
    assert list(actors) == [3, 7]  # the third has no voxel
    for number, x in ((3, -10), (7, 10)):
        np.testing.assert_allclose(bounds(actors[number]), [(x - 7, -7, -7), (x + 7, 7, 7)], atol=0.5)
    look_from_front(plotter)
    picture = plotter.screenshot(return_img=True)
    for number, x in ((3, -10), (7, 10)):
        color = two_balls().segment(number).color
        assert np.abs(at(picture, x, 0) - color).max() < 60  # the lights of a plotter are its own
        assert at(picture, x + 5.5, 0).sum() < at(picture, x, 0).sum()  # darker to its rim
        assert at(picture, x, 9).sum() == 0
    assert [actors[number].mapper.dataset.n_points > 100 for number in (3, 7)] == [True, True]
    plotter.remove_actor(actors[3])
    assert at(plotter.screenshot(return_img=True), -10, 0).sum() == 0


@pytest.mark.parametrize("affine", [TILTED, np.array([[0.0, 0, -2, 7], [-0.6, 0, 0, 8], [0, 0.6, 0, 9], [0, 0, 0, 1]])])
def test_on_any_grid(plotter, affine):
    segmentation = two_balls(affine)
    actors = add_segmentation(plotter, segmentation)
    for number in (3, 7):
        index = np.argwhere(segmentation.mask(number))
        corners = [segmentation.geometry.index_to_world(index + np.array(ends) - 0.5) for ends in np.ndindex(2, 2, 2)]
        box = np.stack([np.min(corners, (0, 1)), np.max(corners, (0, 1))])
        assert np.abs(bounds(actors[number]) - box).max() < max(segmentation.geometry.spacing) / 2


def test_chosen_by_number_or_name(plotter):
    segmentation = two_balls()
    assert list(add_segmentation(plotter, segmentation, "Left")) == [7]
    assert list(add_segmentation(plotter, segmentation, [7, "Right"])) == [7, 3]
    assert list(add_segmentation(plotter, segmentation, 9)) == []
    with pytest.raises(SegmentError, match="no segment 'Middle'"):
        add_segmentation(plotter, segmentation, "Middle")
    with pytest.raises(ViewError, match="opacity 2: give 0 to 1"):
        add_segmentation(plotter, segmentation, opacity=2)


def test_bone_hides_what_is_behind_it_and_no_more(plotter):
    """A plate before the left half of the patient, of a volume in the same plotter; the eye is in front."""
    voxels = np.full((60, 60, 60), -1000, np.int16)
    voxels[30:, 8:14] = 1500
    bone = Volume.from_array(
        voxels, np.array([[1, 0, 0, -30], [0, 1, 0, -30], [0, 0, 1, -30], [0, 0, 0, 1]]), unit="HU"
    )
    viewer3d.add_volume(plotter, bone, "ct-bone")
    add_segmentation(plotter, two_balls())
    look_from_front(plotter)
    picture = plotter.screenshot(return_img=True)
    assert at(picture, -10, 0)[2] > at(picture, -10, 0)[0] + 100
    red, green, _ = at(picture, 10, 0)
    assert red - green < 80  # bone, not the red ball
    assert red > 100


def test_another_frame_of_reference_is_refused_unless_something_says_how_they_lie(plotter):
    volume = Volume.from_array(np.zeros((9, 9, 9), np.int16), np.eye(4), frame_of_reference="9.9")
    for add, data in ((add_segmentation, two_balls()), (add_structures, cylinders())):
        with pytest.raises(ViewError, match="frame of reference"):
            add(plotter, data, volume=volume)
        assert add(plotter, data, volume=volume, same_frame=True) is not None
    plain = add_segmentation(plotter, two_balls())
    moved = add_segmentation(plotter, two_balls(), volume=volume, transform=SHIFT)
    for number in (3, 7):
        middle = SHIFT[:3, :3] @ bounds(plain[number]).mean(0) + SHIFT[:3, 3]
        np.testing.assert_allclose(bounds(moved[number]).mean(0), middle, atol=1e-4)
    with pytest.raises(ViewError, match="mirrors"):
        add_segmentation(plotter, two_balls(), transform=np.diag([-1, 1, 1, 1]))


TURN = rotation(0, 40) @ rotation(2, 25)


@pytest.mark.parametrize("turn", [None, TURN])
def test_regions_have_surfaces_on_a_grid_of_their_own_and_on_a_volumes(plotter, turn):
    plan = cylinders(turn)
    actors = add_structures(plotter, plan)
    assert list(actors) == [2, 4]  # a point, a line and nothing have no inside
    own = np.eye(3) if turn is None else turn
    mesh = actors[2].mapper.dataset
    points = np.asarray(mesh.points) @ own
    away = np.hypot(points[:, 0], points[:, 1])
    side = np.abs(points[:, 2]) < 4
    assert np.abs(away[side] - 10).max() < 1.0
    assert np.abs(points[:, 2]).max() == pytest.approx(10.5, abs=1.5)  # half a step
    assert mesh.volume == pytest.approx(np.pi * 100 * 21, rel=0.01)
    assert actors[4].mapper.dataset.volume == pytest.approx(np.pi * 75 * 21, rel=0.01)  # its hole stays
    affine = np.diag([1.5, 1.5, 2.5, 1.0])
    affine[:3, 3] = -60
    volume = Volume.from_array(np.zeros((90, 90, 60), np.int16), affine, frame_of_reference=FRAME)
    for where in (volume, volume.geometry):
        (actor,) = add_structures(plotter, plan, "Full", volume=where).values()
        assert actor.mapper.dataset.volume == pytest.approx(mesh.volume, rel=0.08)  # whole voxels
        np.testing.assert_allclose(actor.mapper.dataset.center, mesh.center, atol=0.8)


def test_contours_are_lines_and_points_as_they_are(plotter):
    actors = add_structures(plotter, cylinders(), style="contours", line_width=3)
    assert list(actors) == [2, 4, 5, 6]
    full = actors[2].mapper.dataset
    assert (full.n_points, full.n_lines) == (420, 7)
    assert full.length > 0
    lengths = full.compute_cell_sizes(length=True)["Length"]
    np.testing.assert_allclose(
        lengths, 120 * 10 * np.sin(np.pi / 60)
    )  # closed: with the side from the last to the first
    assert actors[6].mapper.dataset.compute_cell_sizes(length=True)["Length"][0] == pytest.approx(lengths[0] * 59 / 60)
    assert actors[5].mapper.dataset.n_verts == 1
    np.testing.assert_allclose(bounds(actors[5]), [[1, 2, 3], [1, 2, 3]])
    assert actors[2].prop.line_width == 3
    np.testing.assert_allclose(bounds(actors[2]), [[-10, -10, -9], [10, 10, 9]], atol=0.03)
    moved = add_structures(plotter, cylinders(), 2, style="contours", transform=SHIFT)
    np.testing.assert_allclose(bounds(moved[2]).mean(0), SHIFT[:3, 3], atol=0.03)


def test_what_cannot_be_drawn_is_refused_in_words(plotter):
    plan = cylinders()
    with pytest.raises(StructureError, match="style 'mesh': give one of surface, contours"):
        add_structures(plotter, plan, style="mesh")
    with pytest.raises(StructureError, match="no ROI 3"):
        add_structures(plotter, plan, 3)
    single = StructureSet((Roi(1, "Thin", (9, 9, 9), contours=[ring(0)]),))
    with pytest.raises(StructureError, match="Thin: its contours do not tell the grid of a mask: give the volume"):
        add_structures(plotter, single)
    assert list(add_structures(plotter, single, style="contours")) == [1]


def test_a_theme_of_the_users_changes_nothing(plotter):
    import pyvista

    theme = pyvista.themes.DocumentTheme()
    theme.show_edges, theme.opacity, theme.lighting, theme.smooth_shading = True, 0.3, False, True
    other = pyvista.Plotter(off_screen=True, window_size=list(SIZE), theme=theme)
    other.set_background("black")
    pictures = []
    for one in (plotter, other):
        add_segmentation(one, ball(12))
        look_from_front(one)
        pictures.append(one.screenshot(return_img=True).astype(int))
    other.close()
    assert np.abs(pictures[0] - pictures[1]).max() < 3
