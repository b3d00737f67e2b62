"""The ray behind a pixel of a 3D pane: where it goes, what it meets, and what it cannot say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from viewer3d import Volume
from viewer3d.explanations.rays import explain_ray, pixel_ray
from viewer3d.explanations.values import PicturePlace
from viewer3d.figures.pages.page import DrawnVolume
from viewer3d.render import gl
from viewer3d.render.panes import Rect
from viewer3d.render.scene import Scene
from viewer3d.render.volume.request import render_request

SIZE = (90, 70)


def ball(value: float, unit: str, modality: str) -> Volume:
    i, j, k = np.meshgrid(*(np.arange(-12, 13),) * 3, indexing="ij")
    inside = np.sqrt(i**2 + j**2 + k**2) < 6
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -24
    return Volume.from_array(np.where(inside, value, 0).astype(np.float32), affine, unit=unit, modality=modality)


def explained(volume: Volume, pixel: tuple[float, float], rendering: str) -> viewer3d.Explanation:
    state = viewer3d.first_state(volume, "3d", rendering=rendering)
    request = render_request(volume, state, SIZE)
    place = PicturePlace("3d pane", "", pixel, (0, 0, 0), (0, 0, 0), 0)
    return explain_ray(DrawnVolume(volume, request, request.look.ground), place, (1, 2, 3))


def test_a_ray_goes_through_the_middle_of_the_pane_to_the_focal_point() -> None:
    camera = viewer3d.Camera((0, -100, 0), (0, 0, 0))
    eye, way = pixel_ray(camera, (91, 71), (45, 35))
    assert eye.tolist() == [0, -100, 0]
    assert way == pytest.approx([0, 1, 0])
    _, right = pixel_ray(camera, (91, 71), (46, 35))
    _, up = pixel_ray(camera, (91, 71), (45, 34))
    assert (right[0], right[2]) == (pytest.approx(2 * np.tan(np.radians(15)) / 71, rel=1e-3), pytest.approx(0))
    assert (up[2] > 0, up[0]) == (True, pytest.approx(0))


def test_the_maximum_of_a_projection_and_its_place_are_found() -> None:
    volume = ball(4.0, "SUVbw", "PT")
    rng = np.random.default_rng(4)
    volume = replace(volume, voxels=volume.voxels * rng.uniform(0.5, 1, volume.shape).astype(np.float32))
    found = explained(volume, (40, 31), "pet-mip")
    (layer,) = found.layers
    eye, way = pixel_ray(viewer3d.first_state(volume, "3d", rendering="pet-mip").camera, SIZE, (40, 31))
    world = np.array(layer.samples[0].world)
    assert np.cross(world - eye, way) == pytest.approx([0, 0, 0], abs=1e-9)
    along = np.arange(0, 2 * np.linalg.norm(eye), 0.05)
    values = [volume.value_at(eye + mm * way) or 0.0 for mm in along]
    assert layer.value == pytest.approx(max(values), rel=0.02)
    assert layer.value == pytest.approx(volume.value_at(world), rel=1e-4)
    assert any("not given to the digit" in note for note in found.notes)
    assert found.color == (1, 2, 3)


def test_a_shaded_volume_names_the_first_opaque_sample() -> None:
    found = explained(ball(900.0, "HU", "CT"), (45, 35), "ct-bone")
    assert found.ray
    assert found.ray[0].world[1] == pytest.approx(-12, abs=3)  # the near side of the ball
    assert 0.9 < sum(one.light for one in found.ray) <= 1
    assert any(note.startswith("half of the light has come at") for note in found.notes)
    assert "most of its light comes from a value of" in str(found)
    beside = explained(ball(900.0, "HU", "CT"), (1, 1), "ct-bone")
    assert not beside.ray
    assert any("nothing along the ray is visible" in note or "misses" in note for note in beside.notes)


def test_what_is_drawn_is_where_the_ray_meets_it() -> None:
    opengl = gl.find_opengl()
    if not opengl.works:
        pytest.skip(opengl.why_not)
    volume = ball(900.0, "HU", "CT")
    state = viewer3d.first_state(volume, "3d", rendering="ct-bone")
    with Scene(volume, SIZE) as scene:
        scene.apply(state)
        pixels = scene.screenshot()
        assert scene.rects() == {"3d": Rect(0, 0, *SIZE)}
    for column, row in ((45, 35), (35, 30), (52, 44), (45, 10), (20, 35), (70, 40)):
        ray = explained(volume, (column, row), "ct-bone").ray
        is_bright = int(pixels[row, column].max()) > 60
        assert is_bright == (sum(one.light for one in ray) > 0.5), (column, row)
