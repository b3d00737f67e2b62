from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.render.markers import DIRECTIONS, MARKER, marker_volume
from viewer3d import phantom
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.cursor import anatomy_span, check_cursor_words, find_place, tissue_middle


def box(low: int = -1000, high: int = 60) -> Volume:
    """Tissue from voxel 4 to 11, 8 to 13 and 2 to 17, most of it in planes 7, 10 and 5."""
    voxels = np.full((20, 24, 22), low, np.int16)
    voxels[4:12, 10, 5] = high
    voxels[7, 8:14, 5] = high
    voxels[7, 10, 2:18] = high
    affine = np.diag([1.5, 2.0, 3.0, 1.0])
    affine[:3, 3] = (-7, 11, 40)
    return Volume.from_array(voxels, affine, unit="HU")


@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_the_greatest_value_is_where_the_marker_is(direction: str) -> None:
    volume = marker_volume(DIRECTIONS[direction])
    first = volume.geometry.index_to_world(np.array(MARKER) - 1)  # of its equal voxels the first
    np.testing.assert_allclose(find_place(volume, "max"), first, atol=1e-9)


def test_what_is_a_voxel_thin_decides_too() -> None:
    """Every second voxel both ways of so many would see none of it."""
    voxels = np.full((300, 300, 60), -1000, np.int16)
    voxels[101:300:2, 201, 31:50] = 60
    volume = Volume.from_array(voxels, np.eye(4), unit="HU")
    x, y, z = find_place(volume, "auto")
    assert (y, z) == (201, 40)
    assert 101 <= x < 300


def test_planes_that_only_the_couch_reaches_hold_no_anatomy() -> None:
    volume = phantom.volume(shape=(100, 80, 40))
    first, last = anatomy_span(volume, 1)
    y = [float(volume.geometry.index_to_world((50, j, 20))[1]) for j in (first, last)]
    assert -125 < y[0] < -105  # the chest's skin in front of the sternum
    assert 90 < y[1] < 120  # that of the back; the couch reaches to 142
    dense = Volume.from_array(volume.voxels + 2000, volume.affine)  # of no unit: all of it counts
    assert anatomy_span(dense, 1)[1] > last + 3


def test_of_equal_values_the_first_is_taken_and_no_nan() -> None:
    voxels = np.zeros((5, 6, 7), np.float32)
    voxels[3, 2, 1] = voxels[1, 2, 4] = 9
    voxels[0, 0, 0] = np.nan
    assert find_place(Volume.from_array(voxels, np.eye(4)), "max") == (3, 2, 1)
    nothing = Volume.from_array(np.full((2, 2, 2), np.nan, np.float32), np.eye(4))
    with pytest.raises(ViewError, match="no voxel of this volume has a finite value"):
        find_place(nothing, "max")


def test_auto_finds_the_planes_with_most_tissue() -> None:
    volume = box()
    assert find_place(volume, "auto") == tuple(volume.geometry.index_to_world((7, 10, 5)))
    without_unit = Volume.from_array(volume.voxels, volume.affine)
    assert find_place(without_unit, "auto") == find_place(volume, "auto")


def test_auto_of_an_even_volume_is_its_middle() -> None:
    volume = Volume.from_array(np.zeros((9, 7, 5), np.int16), np.eye(4), unit="HU")
    assert find_place(volume, "auto") == (4, 3, 2) == find_place(volume, "center")


def test_auto_cuts_a_real_head_where_it_is_widest(real: Callable[[str], Path]) -> None:
    x, y, z = find_place(viewer3d.load(real("mr_sag_hfs")), "auto")
    assert abs(x) < 20
    assert abs(y) < 30
    assert -40 < z < 10


@pytest.mark.parametrize("at", [(5.0, 31.0, 70.0), "5,31,70", " 5, 31 ,70", np.array([5, 31, 70])])
def test_mm(at: object) -> None:
    assert find_place(box(), at) == (5, 31, 70)  # type: ignore[arg-type]


@pytest.mark.parametrize("at", ["ras:-5,-31,70", "RAS:-5, -31, 70"])
def test_ras_by_name(at: str) -> None:
    """Check that it is the same point as 5, 31, 70 in LPS."""
    assert find_place(box(), at) == (5, 31, 70)
    assert check_cursor_words(at) == at


def test_a_voxel_index() -> None:
    volume = box()
    assert find_place(volume, "index:4,10,5.5") == tuple(volume.geometry.index_to_world((4, 10, 5.5)))


def test_without_a_place_it_is_the_centre_of_the_middle_voxel() -> None:
    geometry = box().geometry
    assert find_place(box()) == find_place(box(), "center") == geometry.middle
    assert geometry.world_to_index(geometry.middle) == pytest.approx([n // 2 for n in geometry.shape], abs=1e-9)


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("middle", "'middle': expected x,y,z in LPS mm, ras:x,y,z, index:i,j,k, or one of center, max, auto"),
        ("1,2", "expected x,y,z"),
        ("index:1,2", "expected x,y,z"),
        ("index:1,2,22", "outside of the volume: give voxel indices from 0 0 0 to 19 23 21"),
        ("index:-1,2,3", "outside of the volume"),
        ("index:nan,2,3", "outside of the volume"),
        ("ras:1,2", "expected x,y,z"),
        ("ras:index:1,2,3", "expected x,y,z"),
        ("ras:nan,2,3", "outside of the volume: give RAS mm from"),
        ("1,2,9999", "outside of the volume: give LPS mm from"),
        ((1, 2), "is not three numbers"),
        ((np.nan, 2, 3), "outside"),
    ],
)
def test_a_place_that_is_none(at: object, says: str) -> None:
    with pytest.raises(ViewError, match=says.replace("(", r"\(")) as error:
        find_place(box(), at)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_words_are_checked_before_there_is_a_volume() -> None:
    assert check_cursor_words("auto") == "auto"
    assert check_cursor_words("index:1,2,3") == "index:1,2,3"
    with pytest.raises(ViewError, match="expected x,y,z"):
        check_cursor_words("somewhere")


def test_the_middle_of_the_tissue_lies_in_it() -> None:
    volume = box()
    assert tissue_middle(volume) == tuple(volume.geometry.index_to_world((7, 10, 5)).tolist())
    nothing = Volume.from_array(np.full((8, 6, 4), -1000, np.int16), np.eye(4), unit="HU")
    assert tissue_middle(nothing) == (4, 3, 2)
    noise = Volume.from_array(np.random.default_rng(1).normal(size=(40, 40, 40)).astype(np.float32), np.eye(4))
    assert max(abs(mm - 20) for mm in tissue_middle(noise)) < 2
    body = phantom.volume(shape=(160, 130, 90))
    every = phantom.volume(shape=(40, 32, 22))
    assert max(abs(a - b) for a, b in zip(tissue_middle(body), tissue_middle(every), strict=True)) < 30
    flat = Volume.from_array(np.zeros((2048, 1200, 1), np.int16), np.eye(4))
    assert tissue_middle(flat) == (1024, 600, 0)
    tall = np.full((4, 4, 600), -1000, np.int16)  # more slices than are counted in a byte
    tall[0], tall[:, :, :100] = 40, 40
    assert tissue_middle(Volume.from_array(tall, np.eye(4), unit="HU")) == (0, 1, 149)
