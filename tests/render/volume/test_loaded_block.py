"""The block of voxels that is loaded, and which voxel stands for those that are joined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

from tests.render.markers import long_plate, project
from tests.render.volume.shapes import phantom_in_air
from viewer3d.core.view.camera import front_camera
from viewer3d.core.volume import Volume
from viewer3d.errors import RenderError
from viewer3d.render.couch.removal import hide_couch
from viewer3d.render.gl import OpenGL
from viewer3d.render.volume.loaded_block import can_lend, extract_block, is_read_again
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.transfer import presets, transfer_function
from viewer3d.render.volume.volume_look import VolumeLook

SIZE = (150, 120)
LOOKS = (
    VolumeLook("ct-bone"), VolumeLook("ct-bone", couch_hidden=True), VolumeLook("ct-lung", couch_hidden=True),
    VolumeLook("ct-mip"), VolumeLook("ct-skin"),
)  # fmt: skip


@pytest.fixture
def renderers(opengl):
    """Return a function that makes renderers: of voxels read where they are, or of a copy that VTK keeps."""
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.renderer import OffscreenRenderer

    made = []

    def make(volume, *, copied=False):
        made.append(OffscreenRenderer(opengl, volume, replace(STILL, is_shared=not copied)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_voxels_that_are_read_where_they_are_give_the_picture_of_a_copy(renderers, dtype):
    volume = phantom_in_air()
    if dtype == np.float32:
        voxels = volume.voxels.astype(dtype)
        voxels[:3], voxels[70, 70, 70:73] = -5000, (np.nan, np.inf, -np.inf)
        volume = replace(volume, voxels=voxels)
    assert hide_couch(volume).couchless is not None
    camera = front_camera(volume.geometry.corners)
    one, other, blocks = renderers(volume), renderers(volume, copied=True), []
    for look in (*LOOKS, *LOOKS[:2]) if dtype == np.int16 else LOOKS[1:3]:
        for size in (SIZE, (90, 140)):
            request = RenderRequest(camera, look, size)
            picture = one.draw(request)
            assert picture.any()
            np.testing.assert_array_equal(picture, other.draw(request))
        actor = one._shared.actor
        blocks.append(tuple((side.start, side.stop) for side in actor.loaded.block))
        scalars = vtk_to_numpy(actor.mapper.GetInput().GetCellData().GetScalars())
        assert np.shares_memory(scalars, volume.voxels)
    if dtype == np.int16:  # else what is not finite is seen everywhere
        assert len(set(blocks)) > 1
        assert all(start > 0 for start, _ in blocks[0])


def test_voxels_are_loaded_anew_for_another_context(renderers):
    volume = phantom_in_air()
    request = RenderRequest(front_camera(volume.geometry.corners), LOOKS[1], SIZE)
    one = renderers(volume)
    picture = one.draw(request)
    window = one._shared.window
    window.Finalize()  # as some drivers do for another size
    np.testing.assert_array_equal(one.draw(request), picture)


@pytest.mark.parametrize("look", LOOKS[:2])
def test_voxels_that_vtk_reads_again_by_itself_are_noticed_and_drawn_rightly(renderers, look):
    """They do not lie where it looks: the picture would be of others."""
    volume = phantom_in_air()
    request = RenderRequest(front_camera(volume.geometry.corners), look, SIZE)
    one = renderers(volume)
    picture = one.draw(request)
    actor, window = one._shared.actor, one._shared.window
    assert not is_read_again(actor.mapper)
    for _ in range(3):
        np.testing.assert_array_equal(one.draw(request), picture)
        window.MakeCurrent()
        actor.mapper.ReleaseGraphicsResources(window)
    strips = np.zeros_like(picture)
    other = renderers(volume)
    for number, _ in enumerate(other.draw_progressively(request, strips)):
        if number == 3:
            window.MakeCurrent()
            actor.mapper.ReleaseGraphicsResources(window)
    np.testing.assert_array_equal(strips, picture)
    scalars = vtk_to_numpy(actor.mapper.GetInput().GetCellData().GetScalars())
    assert not np.shares_memory(scalars, volume.voxels)


@pytest.mark.parametrize(
    ("opengl", "version"),
    [(OpenGL("", "NVIDIA H100/PCIe/SSE2"), "9.7.2"), (OpenGL("", "llvmpipe (LLVM 15.0.6, 256 bits)"), "9.8.0")],
)
def test_voxels_are_lent_only_where_it_was_tried(opengl, version, monkeypatch):
    assert can_lend(OpenGL("", "llvmpipe (LLVM 15.0.6, 256 bits)"))  # with another VTK: try it, see TRIED_VTK
    monkeypatch.setattr("vtkmodules.__version__", version)
    assert not can_lend(opengl)


@pytest.mark.parametrize(
    ("shape", "dtype", "order"),
    [
        ((97, 61, 53), np.int16, "F"), ((50, 99, 101), np.float32, "F"), ((97, 99, 101), np.uint8, "C"),
        ((97, 61, 53), np.int16, "strided"), ((50, 99, 101), np.int16, "C"),
    ],
)  # fmt: skip
def test_each_voxel_is_where_it_is(renderers, shape, dtype, order):
    """What is bright is seen where it is and nowhere else, whatever the array it came in."""
    at = tuple(length - 9 for length in shape)
    values = np.zeros(shape, dtype, order="C" if order == "C" else "F")
    values[tuple(slice(n - 1, n + 2) for n in at)] = 250
    if order == "strided":
        wide = np.full(tuple(2 * length for length in shape), 77, dtype)
        wide[::2, 1::2, ::-2] = values
        values = wide[::2, 1::2, ::-2]
    volume = Volume.from_array(values, np.diag([1.0, 1.1, 1.2, 1]), unit="HU")
    corners = volume.geometry.corners
    for one in (renderers(volume), renderers(volume, copied=True)):
        picture = one.draw(RenderRequest(front_camera(corners), VolumeLook("ct-mip", 150.0), (200, 160)))
        assert max(side.start for side in one._shared.actor.loaded.block) > 0
        place = volume.geometry.index_to_world(np.array(at))
        x, y = project(front_camera(corners), place, (200, 160))
        rows, columns = np.nonzero(picture[..., :3].max(-1) > picture[..., :3].max() // 2)
        assert np.hypot(rows.mean() - y, columns.mean() - x) < 1
        assert rows.size < 60


def test_voxels_that_opengl_does_not_take_are_an_error_and_not_an_empty_picture(renderers, monkeypatch):
    volume = phantom_in_air()
    request = RenderRequest(front_camera(volume.geometry.corners), LOOKS[0], SIZE)
    one = renderers(volume)
    picture = one.draw(request)
    with monkeypatch.context() as patch:
        patch.setattr(one._shared.actor.mapper, "PreLoadData", lambda *_: False)
        with pytest.raises(RenderError, match="has no room for"):
            one.draw(replace(request, look=LOOKS[-1]))
    np.testing.assert_array_equal(one.draw(request), picture)


def test_of_values_between_two_that_are_not_seen_none_is_lost():
    """In ct-lung both air and tissue are clear: of voxels joined to one the most opaque is left."""
    transfer = transfer_function(long_plate(0), presets()["ct-lung"])
    for background in (-1000, 0):
        for value in (-900, -700, -560, -500):
            for dtype in (np.int16, np.float32):
                volume = long_plate(40, value, background)
                volume = Volume(volume.voxels.astype(dtype), volume.geometry, "HU")
                part = extract_block(volume, (slice(0, 12, 2), slice(0, 10, 1), slice(0, 81, 5)), transfer)
                assert part.voxels.dtype == dtype
                assert part.shape == (6, 10, 17)
                assert set(np.unique(part.voxels)) == {background, value}
                np.testing.assert_allclose(part.geometry.corners, volume.geometry.corners)
