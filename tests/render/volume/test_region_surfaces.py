"""Surfaces of segments and regions of interest in the 3D pane of a scene: which, where, and before or behind what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.combinations import each_value
from tests.render.markers import project, rotation
from viewer3d.app.window.presenter import volume_view
from viewer3d.core.layers import Layer
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.scene import Scene, refine_still
from viewer3d.render.volume import label_surface as made
from viewer3d.render.volume.label_surface import is_surface_made
from viewer3d.render.volume.request import NO_SURFACES, render_request

SIZE = (240, 180)
FRAME = "1.2.3"
AFFINE = np.array([[1.0, 0, 0, -30], [0, 1, 0, -30], [0, 0, 1, -30], [0, 0, 0, 1]])
CAMERA = Camera((0, -190, 0), (0, 0, 0), angle=26)
BLUE, RED = (40, 80, 250), (250, 60, 40)
INDEX = np.stack(np.meshgrid(*[np.arange(60)] * 3, indexing="ij"), -1)


def ct(face=None):
    """Air; with a face, bone on the left of the patient's middle from so many mm on, 6 mm thick, before the eye."""
    voxels = np.full((60, 60, 60), -1000, np.int16)
    if face is not None:
        voxels[30:, face + 30 : face + 36] = 1500
    return Volume.from_array(voxels, AFFINE, unit="HU", modality="CT", frame_of_reference=FRAME)


def organs(affine=AFFINE):
    """A ball of 10 mm about the origin, another of 5 mm at (-18, 0, 14), and one without voxels."""
    world = INDEX @ affine[:3, :3].T + affine[:3, 3]
    labels = np.zeros((60, 60, 60), np.uint8)
    labels[(world**2).sum(-1) < 100] = 4
    labels[((world - (-18, 0, 14)) ** 2).sum(-1) < 25] = 6
    names, colors = {4: "Large", 6: "Small", 9: "None"}, {4: BLUE, 6: RED}
    return Segmentation.from_array(labels, affine, names=names, colors=colors, frame_of_reference=FRAME)


def plan(*more):
    angles = np.arange(90) * 2 * np.pi / 90
    ring = np.stack([np.cos(angles), np.sin(angles), np.zeros(90)], -1)

    def roi(number, name, color, radius, kind=""):
        contours = [Contour(radius * ring + (0, 0, z)) for z in range(-8, 9)]
        return Roi(number, name, color, kind, contours, FRAME)

    rois = roi(1, "Tumour", BLUE, 6, "GTV"), *(roi(*one) for one in more)
    return StructureSet(tuple(rois), SeriesInfo(modality="RTSTRUCT", frame_of_reference=FRAME))


OUTLINE = (0, "Outline", RED, 25, "EXTERNAL")


@pytest.fixture
def scene_of():
    scenes = []

    def make(volume, *overlays):
        scenes.append(Scene(volume, SIZE, overlays=overlays))
        return scenes[-1]

    yield make
    for scene in scenes:
        scene.close()


def state_of(scene, view="3d", rendering="ct-bone", **changes):
    state = with_first_looks(first_state(scene.volume, view, rendering=rendering), scene.placed)
    return replace(state.with_camera(CAMERA), **changes)


def request_of(scene, state):
    return render_request(scene.volume, state, SIZE, scene.layers[1:], scene.regions)


def drawn(scene, state, quality="still"):
    for _ in range(1 if quality == "still" else 4):  # it grows as fine as there is time for
        scene._drawn.clear()
        scene.apply(state, quality)
    return scene.screenshot().astype(int)


def at(world):
    x, y = np.rint(project(CAMERA, world, SIZE)).astype(int)
    return y, x


def is_blue(pixels):
    return pixels[..., 2] > pixels[..., 0] + 60


def is_red(pixels):
    return pixels[..., 0] > pixels[..., 2] + 110


def test_which_are_drawn_is_what_the_looks_say(scene_of):
    scene = scene_of(ct(), organs())
    state = state_of(scene)
    request = request_of(scene, state)
    assert [(one.number, one.color, one.name) for one in request.surfaces] == [(4, BLUE, "Large"), (6, RED, "Small")]
    assert request.left_out == ()
    assert request == request_of(scene, state)  # or each picture would be drawn again
    for changes, numbers in (
        ({"segments": (6, 9)}, [6]),
        ({"segments": ()}, []),
        ({"shown": False}, []),
        ({"rendering": "none"}, []),
        ({"opacity": 0.0}, []),
        ({"opacity": 0.2, "fill": 0.0, "outline": 0}, [4, 6]),
    ):
        changed = state.with_region(0, **changes)
        assert [one.number for one in request_of(scene, changed).surfaces] == numbers
        assert (volume_view(changed) == volume_view(state)) == (numbers == [4, 6])
    assert volume_view(replace(state.with_region(0, fill=0.9), planes_shown=True)) != volume_view(
        replace(state, planes_shown=True)
    )


def test_the_outer_contour_is_left_out_beside_others_which_is_said(scene_of):
    scene = scene_of(ct(), plan(OUTLINE))
    state = state_of(scene)
    request = request_of(scene, state)
    assert [one.name for one in request.surfaces] == ["Tumour"]
    assert request.titles("still") == ("Outline: no surface, it would hide the others",)
    alone = request_of(scene, state.with_region(0, segments=(0,)))
    assert [one.name for one in alone.surfaces] == ["Outline"]
    assert alone.titles("still") == ()
    # Where no type says it, by its name; beside those of other sets and segmentations, too.
    scene = scene_of(ct(), organs(), plan((3, " BODY ", RED, 25)))
    assert [one.name for one in request_of(scene, state_of(scene)).surfaces] == ["Large", "Small", "Tumour"]


def test_a_projection_has_none_which_is_said(scene_of):
    scene = scene_of(ct(), organs())
    request = request_of(scene, state_of(scene, rendering="ct-mip"))
    assert request.surfaces == ()
    assert request.titles("still") == (NO_SURFACES,)


def test_none_is_made_before_the_3d_pane_needs_it(scene_of, no_opengl):
    segmentation = organs()
    scene = scene_of(ct(), segmentation)
    for view in ("mpr", "quad"):  # without OpenGL there is nothing to draw them with
        scene.apply(state_of(scene, view))
    assert not is_surface_made(segmentation, 4)


QUALITIES = pytest.mark.parametrize("quality", ["still", "interactive"])


@pytest.mark.parametrize(("quality", "turned"), each_value(["still", "interactive"], [False, True]))
def test_a_ball_half_in_bone_is_seen_where_it_is_nearer(opengl, scene_of, quality, turned):
    """The eye looks along y: the ball's near pole is at -10 mm, bone is in the right half of the picture."""
    affine = AFFINE
    if turned:  # a grid of its own, sheared and turned
        affine = np.eye(4)
        affine[:3, :3] = rotation(0, 25) @ rotation(2, -35) @ np.array([[0.9, 0, 0.2], [0, 0.8, 0.1], [0, 0, 1.3]])
        affine[:3, 3] = -affine[:3, :3] @ (30, 30, 30)
    segmentation = organs(affine)
    for face, is_hidden in ((-20, True), (15, False)):
        scene = scene_of(ct(face), segmentation)
        scene.apply(state_of(scene))  # makes the surfaces
        picture = drawn(scene, state_of(scene), quality)
        assert is_blue(picture[at((-5, 0, 0))])
        assert is_blue(picture[at((5, 0, 0))]) != is_hidden
        assert is_red(picture[at((-18, 0, 14))])
        assert (picture[at((20, 0, 0))] > 100).all()
    # With its face at -7 mm the plate cuts the ball: the pole stands out of it, a ring about the pole does not.
    scene = scene_of(ct(-7), segmentation)
    scene.apply(state_of(scene))
    cut = drawn(scene, state_of(scene), quality)
    assert is_blue(cut[at((2, -9, 0))])
    assert not is_blue(cut[at((9, -7, 0))])
    assert is_blue(cut[at((-8, 0, 0))])


def test_where_it_is_and_in_its_colour(opengl, scene_of):
    scene = scene_of(ct(), organs())
    picture = drawn(scene, state_of(scene))
    for is_one, middle, radius, color in ((is_blue, (0, 0, 0), 10, BLUE), (is_red, (-18, 0, 14), 5, RED)):
        rows, columns = np.nonzero(is_one(picture))
        mm = np.linalg.norm(project(CAMERA, (1, 0, 0), SIZE) - project(CAMERA, (0, 0, 0), SIZE))
        assert np.abs(project(CAMERA, middle, SIZE) - (columns.mean(), rows.mean())).max() < 0.5 * mm  # half a voxel
        assert np.sqrt(rows.size / np.pi) / mm == pytest.approx(radius, abs=0.5)
        y, x = at(middle)
        assert np.abs(picture[y - 1 : y + 2, x - 1 : x + 2].mean((0, 1)) - color).max() < 10
        assert picture[is_one(picture)].max(-1).min() < 190  # and darker to its rim


@QUALITIES
def test_a_crop_cuts_them(opengl, scene_of, quality):
    scene = scene_of(ct(), organs())
    state = state_of(scene)
    scene.apply(state)
    whole = drawn(scene, state, quality)
    cut = drawn(scene, replace(state, crop=Box((-100, -100, -100), (100, 100, 0))), quality)
    assert not is_red(cut).any()
    assert is_blue(cut).sum() == pytest.approx(is_blue(whole).sum() / 2, rel=0.15)


def test_in_motion_a_surface_waits_until_it_is_made_and_then_is_coarse(opengl, scene_of, monkeypatch):
    monkeypatch.setattr(made, "COARSE_SHARE", 1 / 40)
    scene = scene_of(ct(), organs())
    state = state_of(scene)
    request = request_of(scene, state)
    assert request.in_motion.surfaces == ()
    assert request.titles("interactive") == ("surfaces: drawn when this rests",)
    if opengl.is_software:
        assert not is_blue(drawn(scene, state, "interactive")).any()
    while not refine_still(scene):
        pass
    scene.apply(state, "still")
    fine = request_of(scene, state).surfaces[0].mesh
    coarse = request_of(scene, state).in_motion.surfaces[0].mesh
    assert len(coarse.triangles) < len(fine.triangles) / 3
    assert np.abs(coarse.bounds - fine.bounds).max() < 2
    assert request_of(scene, state).titles("interactive") == ()
    assert is_blue(drawn(scene, state, "interactive")).any()


def test_a_still_in_strips_is_the_still(opengl, scene_of):
    segmentation = organs()
    pictures = []
    for planes_shown in (False, True):
        for quality in ("still", "interactive"):
            scene = scene_of(ct(-7), segmentation)
            state = state_of(scene, planes_shown=planes_shown)
            scene.apply(state, quality)
            while not refine_still(scene):
                pass
            scene.apply(state)
            pictures.append(scene.screenshot())
        np.testing.assert_array_equal(pictures[-1], pictures[-2])
        # And what strips hid is drawn again in another picture of the same renderer.
        scene.apply(replace(state, camera=replace(CAMERA, angle=25)))
        scene.apply(state)
        np.testing.assert_array_equal(scene.screenshot(), pictures[-1])


def test_what_is_taken_in_blocks_is_said(opengl, scene_of, monkeypatch):
    monkeypatch.setattr(made, "MOST_CROPPED", 2000)
    scene = scene_of(ct(), organs())
    scene.apply(state_of(scene))
    titles = request_of(scene, state_of(scene)).titles("still")
    assert titles == ("Large: surface of 2 x 2 x 1 voxels taken together",)
    request = request_of(scene, state_of(scene))
    many = replace(request, surfaces=request.surfaces[:1] * 3)
    assert many.titles("still") == ("3 surfaces of voxels taken together",)


def test_contours_have_surfaces_too(opengl, scene_of):
    scene = scene_of(ct(), plan(OUTLINE))
    picture = drawn(scene, state_of(scene))
    rows, columns = np.nonzero(is_blue(picture))
    for seen, ends in ((columns, ((-6, 0, 0), (6, 0, 0))), (rows, ((0, 0, 8.5), (0, 0, -8.5)))):
        axis = 0 if seen is columns else 1
        near = [project(CAMERA, np.add(end, (0, -3, 0)), SIZE)[axis] for end in ends]
        assert np.abs(np.array([seen.min(), seen.max()]) - near).max() < 4
    assert not is_red(picture).any()


def test_slices_that_stand_in_3d_show_regions(opengl, scene_of):
    """The eye is in front: the coronal plane through the ball's middle shows its disc, without any surface."""
    scene = scene_of(ct(), Layer(organs(), look={"rendering": "none", "fill": 1.0}))
    state = state_of(scene, planes_shown=True).with_cursor((-25.0, 0.5, -25))
    aside = replace(state, camera=Camera((30, -170, 60), (0, 0, 0), angle=26))
    for shown in (True, False):
        scene.apply(aside.with_region(0, shown=shown))
        picture = scene.screenshot().astype(int)
        x, y = np.rint(project(aside.camera, (-6.0, 0.5, 0), SIZE)).astype(int)
        assert (np.abs(picture[y, x] - BLUE).max() < 12) == shown
        assert is_blue(picture).any() == shown
