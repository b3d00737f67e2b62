"""Overlay planes (60xx) and shutters of images: read when they are asked for, bit by bit at their places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

import viewer3d
from tests.dicom.made import enhanced, group
from tests.dicom.made import save as save_made
from tests.dicom.objects.presentation_files import COLUMNS, ROWS, SLICES, ct, overlay, write
from viewer3d.dicom.headers import by_pydicom

MASK = np.random.default_rng(0).random((ROWS, COLUMNS)) < 0.3


def loaded(folder: Path, datasets: list[Dataset], presentation: str | None = "own") -> viewer3d.Volume:
    return viewer3d.load(write(folder, datasets), presentation=presentation)


def planes(volume: viewer3d.Volume) -> list[Any]:
    assert volume.graphics is not None
    return [plane for one in volume.graphics.slices for plane in one.planes]


def test_planes_are_read_when_they_are_asked_for_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [overlay(ct(number), MASK) if number == 2 else ct(number) for number in range(SLICES)]
    images[2].add_new(0x60000040, "CS", "R")
    volume = loaded(tmp_path, images)
    (plane,) = planes(volume)
    assert plane.is_region
    np.testing.assert_array_equal(plane.mask, MASK)
    np.testing.assert_allclose(volume.graphics.slices[0].affine[:3, 3], [-30, -40, 28])
    assert volume.provenance.presentation == "own"
    assert any("of 1 of 5 images are drawn" in note for note in volume.notes)
    assert not any("do not show" in note for note in volume.notes)

    monkeypatch.setattr(by_pydicom, "read_with_pydicom", lambda _: pytest.fail("a header was read by pydicom"))
    plain = viewer3d.load(tmp_path)
    assert plain.graphics is None
    (note,) = [note for note in plain.notes if "do not show" in note]
    assert note.endswith('do not show: presentation="own" (--presentation own) draws them.')


def test_a_smaller_plane_lies_where_its_origin_says(tmp_path: Path) -> None:
    part = MASK[:7, :11]
    (plane,) = planes(loaded(tmp_path, [overlay(ct(0), part, 0x601E, (5, 9)), ct(1)]))
    assert plane.origin == (8, 4)  # column and row, from 0
    np.testing.assert_array_equal(plane.mask, part)


@pytest.mark.parametrize(
    ("said", "on"),
    [
        ({"x0015": ("IS", 2), "x0051": ("US", 2)}, {1: 0, 2: 1}),
        ({"x0015": ("IS", 2)}, {0: 0, 1: 1}),
        ({"x0051": ("US", 3)}, {2: 0}),
        ({}, {0: 0, 1: 0, 2: 0}),
    ],
)
def test_planes_of_many_frames(tmp_path: Path, said: dict[str, Any], on: dict[int, int]) -> None:
    """Frames of 5 x 7 pixels follow each other bit by bit, at no byte's edge."""
    bits = np.random.default_rng(1).random((2, 5, 7)) < 0.5
    made = overlay(enhanced([group(k) for k in range(3)], [1, 2, 3]), bits, **said)
    volume = viewer3d.load(save_made(tmp_path, [made]), presentation="own")
    found = {round(one.affine[2, 3] / 2.5): one.planes[0].mask for one in volume.graphics.slices}
    assert found.keys() == on.keys()
    for k, number in on.items():
        np.testing.assert_array_equal(found[k], bits[number])


def embedded(number: int, bit: int) -> Dataset:
    image = ct(number)
    values = np.full((ROWS, COLUMNS), 24, "<u2") | MASK.astype("<u2") << bit
    image.PixelData = values.astype("<u2").tobytes()
    return overlay(image, MASK, x3000=None, x0100=("US", 16), x0102=("US", bit))


def test_planes_in_unused_bits_of_pixels(tmp_path: Path) -> None:
    volume = loaded(tmp_path, [embedded(0, 13), embedded(1, 13)])
    assert len(planes(volume)) == 2
    for plane in planes(volume):
        np.testing.assert_array_equal(plane.mask, MASK)
    assert set(np.unique(volume.voxels)) == {-1000}


def with_shutter(number: int, **values: Any) -> Dataset:
    image = ct(number)
    for keyword, value in values.items():
        setattr(image, keyword, value)
    return image


RECTANGLE = {
    "ShutterLeftVerticalEdge": 11, "ShutterRightVerticalEdge": 70,
    "ShutterUpperHorizontalEdge": 6, "ShutterLowerHorizontalEdge": 55,
}  # fmt: skip


def test_shutters_of_all_shapes(tmp_path: Path) -> None:
    image = with_shutter(
        0, ShutterShape=["RECTANGULAR", "CIRCULAR", "POLYGONAL"], CenterOfCircularShutter=[30, 40],
        RadiusOfCircularShutter=20, VerticesOfThePolygonalShutter=[1, 1, 1, 80, 60, 40], **RECTANGLE,
    )  # fmt: skip
    shutter = loaded(tmp_path, [image, ct(1)]).graphics.slices[0].shutter
    assert shutter.rectangle == (9.5, 4.5, 69.5, 54.5)  # from the edge of column 11 to that of column 70
    assert shutter.circle == (39, 29, 20)
    np.testing.assert_array_equal(shutter.polygon, [[0, 0], [79, 0], [39, 59]])  # columns and rows


def test_a_bitmap_shutter_is_no_graphics(tmp_path: Path) -> None:
    image = overlay(with_shutter(0, ShutterShape="BITMAP", ShutterOverlayGroup=0x6000), MASK)
    found = loaded(tmp_path, [image, ct(1)]).graphics.slices[0]
    np.testing.assert_array_equal(found.shutter.plane.mask, MASK)
    assert found.planes == ()


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (overlay(ct(0), MASK, x3000=("OW", bytes(10))), "has 10 bytes where 80 x 60 pixels take 600"),
        (overlay(ct(0), MASK, x3000=None), "has 0 bytes"),
        (overlay(ct(0), MASK, x0015=("IS", 9)), "of 9 frames take 5,400"),
        (overlay(ct(0), MASK, x0011=None), "no size that an image can have"),
        (overlay(ct(0), MASK, x0010=("US", 65535), x0011=("US", 65535)), "no size that an image can have"),
        (embedded(0, 16), "lies in the pixels and has another size"),
        (with_shutter(0, ShutterShape="CIRCULAR", RadiusOfCircularShutter=4), "shape CIRCULAR lacks"),
        (
            with_shutter(0, ShutterShape="POLYGONAL", VerticesOfThePolygonalShutter=[1, 1, 2, 2]),
            "shape POLYGONAL lacks",
        ),
        (with_shutter(0, ShutterShape="BITMAP", ShutterOverlayGroup=0x6000), "shape BITMAP lacks"),
        (with_shutter(0, ShutterShape="STAR"), "shape STAR lacks"),
    ],
)
def test_what_cannot_be_drawn_is_told(tmp_path: Path, image: Dataset, why: str) -> None:
    volume = loaded(tmp_path, [image, ct(1)])
    assert volume.graphics is None
    assert why in " ".join(volume.notes)
    assert "no overlay planes or shutters that can be drawn" in " ".join(volume.notes)
