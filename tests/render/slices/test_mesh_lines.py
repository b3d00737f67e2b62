"""Meshes over slices: exact lines where a plane cuts them, filled where they are closed, in every kind of pane."""

from __future__ import annotations

import numpy as np
import pytest

import viewer3d
from tests.core.contours.test_mesh_cuts import ball
from tests.formats.meshes.test_meshes import box
from tests.render.slices.test_labels import pane
from tests.render.slices.test_pixels import perspective
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.mesh import Mesh
from viewer3d.core.vectors import rotation
from viewer3d.core.view.look import RegionLook
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab
from viewer3d.core.volume import Volume
from viewer3d.errors import GeometryError, ViewError
from viewer3d.render.first_state import first_region_look, first_state, with_first_looks
from viewer3d.render.marks.region_labels import read_regions_at
from viewer3d.render.slices.pixels import PanePixels
from viewer3d.render.slices.regions import RegionSource
from viewer3d.render.volume.region_surfaces import region_surfaces

MIDDLE = np.array((3.0, -4.0, 5.0))
RED = (250, 10, 20)
FRAME = "1.2.3"


def base(spacing: float = 2.0) -> Volume:
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = MIDDLE - 32
    n = round(64 / spacing) + 1
    return Volume.from_array(np.zeros((n, n, n), np.int16), affine, unit="HU", modality="CT", frame_of_reference=FRAME)


def red(mesh: Mesh) -> Mesh:
    return Mesh(mesh.points, mesh.triangles, FRAME, "Ball", RED)


def placed(data, **how):
    (found,) = place_layers(base(), Layer(data, **how)).regions
    return found


def pixels_of(name: str = "axial", away: float = 0.0, slab: Slab | None = None) -> PanePixels:
    return PanePixels(pane(base().geometry, PLANES[name], away=away), slab or Slab())


def test_lines_and_inside_are_where_the_plane_cuts():
    regions = placed(red(ball()))
    source = RegionSource(regions)
    for name in ("axial", "sagittal", "coronal"):
        pixels = pixels_of(name)
        seen = source.seen(pixels, RegionLook(fill=1.0, outline=0))
        picture = np.zeros((*pixels.shape, 3), np.uint8)
        seen.draw_insides(picture)
        rows, columns = np.indices(pixels.shape)
        flat = np.stack([columns.ravel(), rows.ravel()], -1)
        middle, edge = pixels.to_pixel(np.stack([MIDDLE, MIDDLE + 20 * np.array(PLANES[name].right)]))
        radius = np.linalg.norm(edge - middle)
        away = np.linalg.norm(flat - middle, axis=1).reshape(pixels.shape)
        assert (picture[away < 0.99 * radius] == RED).all()
        assert not picture[away > radius + 0.01].any()
        lines = np.zeros_like(picture)
        source.seen(pixels, RegionLook(fill=0.0, outline=1)).draw_outlines(lines)
        assert np.abs(away[lines.any(-1)] - radius).max() < 2
        assert seen.present() == {1}


def test_a_slab_has_the_lines_of_its_middle():
    source = RegionSource(placed(red(ball())))
    pictures = []
    for slab in (Slab(), Slab(24, "maximum")):
        pixels = pixels_of(away=12, slab=slab)
        pictures.append(np.zeros((*pixels.shape, 3), np.uint8))
        source.seen(pixels, RegionLook()).draw_outlines(pictures[-1])
    assert pictures[0].any()
    np.testing.assert_array_equal(*pictures)


def test_a_plane_beside_it_shows_nothing():
    pixels = pixels_of(away=21)
    assert RegionSource(placed(red(ball()))).seen(pixels, RegionLook()).present() == frozenset()


def test_what_is_not_closed_has_lines_alone_and_a_note():
    whole = ball()
    mesh = Mesh(whole.points, whole.triangles[:-40], FRAME, "Cup", RED)
    regions = placed(mesh)
    assert regions.notes == ("Cup is not closed: it has no inside, and slices show its lines alone.",)
    assert regions.ml(1) is None
    assert regions.at(MIDDLE) == []
    assert regions.segmentation.voxels(1) == 0
    pixels = pixels_of()
    seen = RegionSource(regions).seen(pixels, RegionLook(fill=1.0))
    picture = np.zeros((*pixels.shape, 3), np.uint8)
    seen.draw_insides(picture)
    assert not picture.any()
    seen.draw_outlines(picture)
    assert picture.any()
    assert regions.middle(1) is not None


def test_in_perspective_it_is_where_its_mask_is():
    regions = placed(red(ball()))
    into = rotation((0.2, 0.9, 0.1), 0.4)[:, 2]
    pixels = perspective(np.array((0.0, 0.0, 1.0)), MIDDLE, MIDDLE - 150 * into, slice(20, 140), slice(10, 190))
    look = RegionLook(fill=1.0, outline=0)
    exact = RegionSource(regions).seen(pixels, look)
    picture = np.zeros((*pixels.shape, 3), np.uint8)
    exact.draw_insides(picture)
    segments = regions.segmentation
    (other,) = place_layers(base(), segments).regions
    masked = np.zeros_like(picture)
    RegionSource(other).seen(pixels, look).draw_insides(masked)
    assert masked.any(-1).sum() > 1000
    assert (picture.any(-1) != masked.any(-1)).sum() < 0.1 * masked.any(-1).sum()


def test_several_of_one_file_have_their_own_colours_names_and_volumes():
    second = box((0, 0, 0), (4, 5, 6), name="Box", frame_of_reference=FRAME)
    regions = placed([red(ball()), second])
    assert [(one.number, one.name) for one in regions.regions] == [(1, "Ball"), (2, "Box")]
    assert regions.regions[1].color != RED
    assert regions.ml(2) == pytest.approx(0.12)
    assert regions.ml(1) == pytest.approx(4 / 3 * np.pi * 8, rel=0.01)
    assert [one.name for one in regions.at((1, 1, 1))] == ["Ball", "Box"]
    state = with_first_looks(first_state(base()), place_layers(base(), Layer([red(ball()), second])))
    assert [one.name for one in read_regions_at([regions], state, (1, 1, 1))] == ["Ball", "Box"]
    assert first_region_look(regions).fill == 0
    chosen = placed([red(ball()), second], look={"segments": "Box", "fill": 0.5})
    assert first_region_look(chosen).segments == (2,)
    with pytest.raises(ViewError, match="there is no mesh 'Bone'"):
        first_region_look(placed(second, look={"segments": "Bone"}))


def test_the_3d_pane_shows_the_mesh_itself():
    mesh = red(ball())
    layers = place_layers(base(), mesh)
    state = with_first_looks(first_state(base()), layers)
    (surface,), told = region_surfaces(state, layers.regions)
    assert surface.mesh is mesh
    assert (surface.color, surface.name, told) == (RED, "Ball", ())
    assert surface.coarse is None
    assert list(surface.steps()) == [None]
    assert surface.coarse is mesh


def test_a_transform_moves_it_and_a_frame_is_asked_for():
    lost = Mesh(ball().points, ball().triangles)
    with pytest.raises(ViewError, match="its frame of reference is not said"):
        place_layers(base(), lost)
    shift = np.eye(4)
    shift[:3, 3] = (5, 0, 0)
    moved = placed(lost, transform=shift)
    np.testing.assert_allclose(moved.data.meshes[0].points, lost.points + np.array((5, 0, 0)))
    assert moved.given.meshes == (lost,)
    assert placed(lost, same_frame=True).notes == (
        "mesh is taken to be in the frame of reference of the base, as was asked for.",
    )
    with pytest.raises(ViewError, match="overlap"):
        place_layers(base(), Layer(box((900, 0, 0)), same_frame=True))
    with pytest.raises(ViewError, match="look has no window"):
        Layer(lost, look={"window": "bone"})
    with pytest.raises(GeometryError, match="several frames"):
        place_layers(base(), Layer([lost, red(lost)]))


def test_it_is_drawn_in_its_colour_by_screenshot():
    picture = viewer3d.screenshot(base(), view="axial", size=(200, 200), overlays=[red(ball())])
    assert (np.abs(picture.astype(int) - RED).max(-1) < 12).sum() > 100


def test_segments_measured_say_what_the_triangles_enclose():
    (found,) = viewer3d.measure_regions(base(), red(ball()))
    assert found.polygon_ml == pytest.approx(ball().ml)
    assert found.ml == pytest.approx(ball().ml, rel=0.02)
