"""Two volumes in one picture: each as it is alone, where its affine says, and hidden by what is before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, project, rotation
from viewer3d import phantom
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.volume.request import OtherVolume, RenderRequest
from viewer3d.render.volume.transfer import presets
from viewer3d.render.volume.volume_look import VolumeLook

SIZE = (220, 160)
BONE = VolumeLook("ct-bone")
UPTAKE = VolumeLook("pet-uptake")
UPRIGHT = np.eye(3)
CAMERA = Camera((30, -190, 45), (0, 0, 0), angle=26)


@pytest.fixture
def draw(opengl):
    """Return a function that draws a first volume, and others beside it, in full quality."""
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.renderer import OffscreenRenderer

    def one(request, volume, *others):
        request = replace(request, others=tuple(OtherVolume(*other) for other in others))
        renderer = OffscreenRenderer(opengl, volume, STILL, tuple(other.volume for other in request.others))
        try:
            return renderer.draw(request)
        finally:
            renderer.close()

    return one


def placed(voxels, middle=(0, 0, 0), direction=UPRIGHT, spacing=1.0, **about):
    """Return a volume about a point, along the columns of a matrix."""
    affine = np.eye(4)
    affine[:3, :3] = direction * spacing
    affine[:3, 3] = middle - affine[:3, :3] @ ((np.array(voxels.shape) - 1) / 2)
    return Volume.from_array(voxels, affine, **about)


def ball(radius, inside, outside, count=24, dtype=np.int16, edge=1):
    """Return voxels of a ball whose edge is so many voxels wide."""
    i, j, k = np.meshgrid(*(np.arange(count) - (count - 1) / 2,) * 3, indexing="ij")
    share = np.clip((radius - np.sqrt(i**2 + j**2 + k**2)) / edge + 0.5, 0, 1)
    return (outside + share * (inside - outside)).astype(dtype)


def air(like):
    return Volume(np.full(like.shape, -1000, np.int16), like.geometry, "HU")


def bone_ball(middle=(0, 0, 0), direction=UPRIGHT, radius=9):
    return placed(ball(radius, 1400, -1000), middle, direction, unit="HU", modality="CT")


def hot_ball(middle=(0, 0, 0), direction=UPRIGHT, radius=9):
    return placed(ball(radius, 7, 0, dtype=np.float32), middle, direction, unit="SUVbw", modality="PT")


def turned(volume, degrees=25):
    """Return the volume that lies as a rotation about the patient's axes has it."""
    M = np.eye(4)
    M[:3, :3] = rotation(0, degrees) @ rotation(2, -degrees)
    return Volume.from_array(volume.voxels, M @ volume.affine, unit=volume.unit, modality=volume.modality)


SOON_ALONE = (("ct-bone", 0), ("ct-skin", 90), ("pet-uptake", 90))


@pytest.mark.parametrize(
    ("preset", "degrees"),
    [
        pytest.param(name, degrees, marks=() if (name, degrees) in SOON_ALONE else pytest.mark.slow)
        for name, row in presets().items()
        for degrees in (0, 90)
        if row.blend == "composite"
    ],
)
def test_beside_one_that_shows_nothing_it_is_as_alone(draw, preset, degrees):
    """In opacity, colour and light, named first and second, also where it lies along other axes."""
    upright = phantom.volume(shape=(40, 36, 44))
    if presets()[preset].scale != "HU":
        upright = Volume.from_array(upright.voxels, upright.affine, modality="MR")
    volume = turned(upright, degrees) if degrees else upright
    request = RenderRequest(front_camera(upright.geometry.corners), VolumeLook(preset), SIZE)
    alone = draw(request, volume).astype(int)
    assert alone.max() > 100
    one = draw(request, volume, (air(volume), BONE)).astype(int)
    other = draw(replace(request, look=BONE), air(volume), (volume, request.look)).astype(int)
    # Beside rays that graze the box, which begin where rounding says.
    assert (np.abs(one - alone).max(-1) > 2).sum() < 10
    assert (np.abs(other - alone).max(-1) > 2).sum() < 10


@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_one_that_is_placed_by_a_rotation_is_lit_from_the_eye(draw, direction):
    """Its samples lie elsewhere than alone, for rays begin at the upright box around both."""
    volume = placed(ball(15, 1400, -1000, 48, edge=14), (3, 0, -4), DIRECTIONS[direction], unit="HU", modality="CT")
    request = RenderRequest(CAMERA, BONE, SIZE)
    alone = draw(request, volume).astype(int)
    pair = draw(request, bone_ball((0, 400, 0)), (volume, BONE)).astype(int)
    inner = alone[..., 3] == 255
    assert inner.sum() > 300
    assert np.abs(pair - alone)[inner].mean() < 1
    assert np.abs(pair - alone)[inner].max() < 8
    # Whatever its axes: bright in the middle, darker at the rim.
    assert pair[inner].max() - pair[inner][:, 0].min() > 60


@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_both_are_where_their_affines_say(draw, direction):
    """To a fifth of a pixel: the middle of a small ball's light, of one volume and of the other."""
    camera = Camera((35, -260, 40), (5, 0, -5), angle=26)
    places = np.array([(-31.2, 4.1, 12.7), (28.4, -11.3, -21.9)])
    first = bone_ball(places[0], radius=4)
    second = bone_ball(places[1], DIRECTIONS[direction], radius=4)
    request = RenderRequest(camera, BONE, (600, 450))
    for one, other in ((first, second), (second, first)):
        alpha = draw(request, one, (other, BONE))[..., 3].astype(float)
        middles = project(camera, places, request.size)
        for x, y in middles:
            rows, columns = np.mgrid[round(y) - 40 : round(y) + 41, round(x) - 40 : round(x) + 41]
            weights = alpha[rows, columns]
            assert weights.max() > 200
            seen = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()
            assert np.abs(seen - (x, y)).max() < 0.2


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 0, 2)])
def test_the_same_values_stored_otherwise_are_the_same_picture(draw, axes):
    base, pet = bone_ball((0, 6, 3)), turned(hot_ball((4, -8, 0)))
    voxels, affine = pet.voxels[::-1, :, ::-1], pet.affine.copy()
    for axis in (0, 2):
        affine[:3, 3] += affine[:3, axis] * (pet.shape[axis] - 1)
        affine[:3, axis] *= -1
    affine = affine[:, [*axes, 3]]
    stored = Volume.from_array(voxels.transpose(axes), affine, unit="SUVbw", modality="PT")
    request = RenderRequest(CAMERA, BONE, SIZE)
    one, other = (draw(request, base, (pet, UPTAKE)).astype(int) for pet in (pet, stored))
    assert one[..., 0].max() > 200
    assert np.abs(one - other).max() <= 1


def redness(pixels):
    """Return red without blue where the picture is looked at: bone is nearly grey."""
    y, x = SIZE[1] // 2, SIZE[0] // 2
    middle = pixels[y - 3 : y + 4, x - 3 : x + 4].astype(float)
    return (middle[..., 0] - middle[..., 2]).mean()


@pytest.mark.parametrize("is_first", [True, False])
def test_what_is_nearer_hides_what_is_farther(draw, is_first):
    """Which of the two is named first has no part in it."""
    camera = Camera((0, -190, 0), (0, 0, 0), angle=26)
    bone = bone_ball()
    request = RenderRequest(camera, BONE if is_first else UPTAKE, SIZE)
    seen = {}
    for name, y in (("behind", 30), ("before", -30)):
        pet = hot_ball((0, y, 0))
        pair = (bone, (pet, UPTAKE)) if is_first else (pet, (bone, BONE))
        seen[name] = redness(draw(request, *pair))
    assert seen["behind"] < 50
    assert seen["before"] > 120


def test_at_one_place_they_are_mixed_whichever_is_first(draw):
    bone, pet = bone_ball(), hot_ball(radius=10)
    request = RenderRequest(CAMERA, BONE, SIZE)
    one = draw(request, bone, (pet, UPTAKE)).astype(int)
    other = draw(replace(request, look=UPTAKE), pet, (bone, BONE)).astype(int)
    assert np.abs(one - other).max() <= 1
    assert redness(draw(request, bone)) + 10 < redness(one) < redness(draw(replace(request, look=UPTAKE), pet)) - 10


def test_a_crop_cuts_both_in_the_world(draw):
    bone, pet = bone_ball((-20, 0, 0)), hot_ball((22, 0, 0), DIRECTIONS["oblique"])
    request = RenderRequest(Camera((0, -190, 0), (0, 0, 0), angle=26), BONE, SIZE)
    cropped = replace(request, look=replace(BONE, crop=Box((-100, -100, -100), (100, 100, 0))))
    whole, part = (draw(one, bone, (pet, UPTAKE))[..., 3] for one in (request, cropped))
    for half in (np.s_[:, :100], np.s_[:, 120:]):
        rows = [np.flatnonzero((picture[half] > 60).any(1)) for picture in (whole, part)]
        assert abs(rows[0][0] - (SIZE[1] - rows[0][-1])) < 8
        assert rows[1][0] >= SIZE[1] // 2 - 2
        assert rows[1][-1] == rows[0][-1]


def test_strips_together_are_the_whole_picture(opengl):
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.renderer import OffscreenRenderer

    bone, pet = bone_ball(), hot_ball((5, -15, 0))
    request = RenderRequest(CAMERA, BONE, SIZE, others=(OtherVolume(pet, UPTAKE),))
    renderer = OffscreenRenderer(opengl, bone, STILL, (pet,))
    pixels = np.full((SIZE[1], SIZE[0], 4), 7, np.uint8)
    assert sum(1 for _ in renderer.draw_progressively(request, pixels)) > 3
    np.testing.assert_array_equal(pixels, renderer.draw(request))
    renderer.close()


def test_another_look_of_either_is_drawn(opengl, draw):
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.renderer import OffscreenRenderer

    bone, pet = bone_ball(), hot_ball((5, -15, 0))
    renderer = OffscreenRenderer(opengl, bone, STILL, (pet,))
    pictures = []
    for base, other in ((BONE, UPTAKE), (VolumeLook("ct-skin"), UPTAKE), (BONE, replace(UPTAKE, shift=20.0))):
        request = RenderRequest(CAMERA, base, SIZE, others=(OtherVolume(pet, other),))
        pictures.append(renderer.draw(request))
        np.testing.assert_array_equal(pictures[-1], draw(request, bone, (pet, other)))
    renderer.close()
    assert len({picture.tobytes() for picture in pictures}) == 3


def test_what_cannot_be_drawn_together_is_refused():
    pet = hot_ball()
    other = OtherVolume(pet, UPTAKE)
    with pytest.raises(ViewError, match="3 volumes in one 3D pane: show 2 at most"):
        RenderRequest(CAMERA, BONE, SIZE, others=(other, other))
    for look, others in ((VolumeLook("ct-mip"), other), (BONE, OtherVolume(pet, VolumeLook("pet-mip")))):
        with pytest.raises(ViewError, match=r"-mip shows the highest value .* give one of ct-bone, .*pet-uptake"):
            RenderRequest(CAMERA, look, SIZE, others=(others,))
    assert RenderRequest(CAMERA, VolumeLook("ct-mip"), SIZE).others == ()


def test_nothing_is_printed(draw, capfd):
    draw(RenderRequest(CAMERA, BONE, SIZE), bone_ball(), (hot_ball(), UPTAKE))
    assert capfd.readouterr() == ("", "")
