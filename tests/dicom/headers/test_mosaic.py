"""Mosaics of Siemens and UIH: taken apart where their header has what that takes, else refused by name."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from pydicom import Dataset

import viewer3d
from tests.dicom.small import image, save, turned
from viewer3d.cli import main
from viewer3d.dicom.headers.mosaic import csa_values, protocol_slices
from viewer3d.errors import NoVolumeError

Real = Callable[[str], Path]
SIDE, COUNT, BETWEEN = 4, 5, 3.5
ACROSS = 3
FIRST = np.array([10.0, -20.0, 30.0])
"""Of the first pixel of the first slice."""


def csa(values: dict[str, list[str]], *, newer: bool = True) -> bytes:
    """Write a CSA header as a scanner does, its items padded to four bytes."""
    body = struct.pack("<II", len(values), 77)
    extra = len(next(iter(values.values())))
    for name, items in values.items():
        body += struct.pack("<64si4siii", name.encode(), len(items), b"DS", 3, len(items), 77)
        for item in items:
            raw = item.encode() + b"\0"
            lengths = (0, len(raw), 77, 0) if newer else (len(raw) + extra, 0, 77, 0)
            body += struct.pack("<4i", *lengths) + raw + bytes(-len(raw) % 4)
    return (b"SV10\4\3\2\1" if newer else b"") + body


def protocol(middles: np.ndarray[Any, Any]) -> bytes:
    lines = [f"sSliceArray.lSize\t = \t{len(middles)}"]
    for number, middle in enumerate(middles):
        for axis, mm in zip(("Sag", "Cor", "Tra"), middle, strict=True):
            lines += [f"sSliceArray.asSlice[{number}].sPosition.d{axis}\t = \t{float(mm)!r}"] if mm else []
    return b"junk ### ASCCONV BEGIN ###\n" + "\n".join(lines).encode() + b"\n### ASCCONV END ###"


def geometry(degrees: float) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    cosines = np.array(turned(degrees))
    return cosines[:3], cosines[3:], np.cross(cosines[:3], cosines[3:])


def mosaic(number: int = 0, degrees: float = 20, **private: Any) -> Dataset:
    """Five slices of 4 x 4 in a picture of 12 x 12; slice n holds 1000 number + 100 n + the pixel's number."""
    row, column, _ = geometry(degrees)
    picture = np.zeros((ACROSS * SIDE, ACROSS * SIDE), "<i2")
    for n in range(COUNT):
        down, across = divmod(n, ACROSS)
        values = 1000 * number + 100 * n + np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
        picture[down * SIDE : (down + 1) * SIDE, across * SIDE : (across + 1) * SIDE] = values
    extra = (ACROSS - 1) * SIDE / 2
    made = image(
        number,
        FIRST - row * extra * 0.75 - column * extra * 1.5,
        Modality="MR",
        ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"],
        ImageOrientationPatient=turned(degrees),
        Rows=ACROSS * SIDE,
        Columns=ACROSS * SIDE,
        SpacingBetweenSlices=BETWEEN,
        AcquisitionNumber=number + 1,
    )
    made.PixelData = picture.tobytes()
    for name, value in private.items():
        if name in ("image", "series"):
            block = made.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
            block.add_new({"image": 0x10, "series": 0x20}[name], "OB", value + bytes(len(value) % 2))
        elif value is None:
            delattr(made, name)
    return made


def image_header(sign: float, degrees: float = 20, *, newer: bool = True, count: int = COUNT) -> bytes:
    normal = sign * geometry(degrees)[2]
    values = {"NumberOfImagesInMosaic": [str(count)], "SliceNormalVector": [f"{c:.8f}" for c in normal]}
    return csa({"Other": ["a", "", "bcd"], **values}, newer=newer)


def middles(sign: float, degrees: float = 20) -> np.ndarray[Any, Any]:
    row, column, normal = geometry(degrees)
    middle = FIRST + row * SIDE * 0.75 / 2 + column * SIDE * 1.5 / 2
    return middle + sign * BETWEEN * np.arange(COUNT)[:, None] * normal


def assert_true(volume: viewer3d.Volume, sign: float, number: int = 0, degrees: float = 20) -> None:
    """Every voxel is where the scanner had it."""
    row, column, normal = geometry(degrees)
    assert volume.shape == (SIDE, SIDE, COUNT)
    for n in range(COUNT):
        place = FIRST + sign * BETWEEN * n * normal
        i, j, k = np.rint(volume.geometry.world_to_index(place)).astype(int)
        assert volume.geometry.index_to_world((i, j, k)) == pytest.approx(place, abs=1e-5)
        assert (i, j) == (0, 0)
        assert volume.voxels[:, :, k].T.ravel().tolist() == [1000 * number + 100 * n + p for p in range(16)]
    assert volume.geometry.index_to_world((1, 0, 0)) - volume.affine[:3, 3] == pytest.approx(0.75 * row)
    assert volume.geometry.index_to_world((0, 1, 0)) - volume.affine[:3, 3] == pytest.approx(1.5 * column)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("newer", [True, False])
@pytest.mark.parametrize("degrees", [0, 20])
def test_slices_step_along_the_normal_of_the_image_header(
    sign: float, newer: bool, degrees: float, tmp_path: Path
) -> None:
    made = mosaic(degrees=degrees, image=image_header(sign, degrees, newer=newer))
    assert_true(viewer3d.load(save(tmp_path, [made])), sign, degrees=degrees)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("turn", [1, -1])
def test_without_it_the_protocol_says_where_the_last_slice_is(sign: float, turn: int, tmp_path: Path) -> None:
    """Whatever the order the protocol has them in: the first slice of the picture is at one of its ends."""
    made = mosaic(series=protocol(middles(sign)[::turn]))
    assert_true(viewer3d.load(save(tmp_path, [made])), sign)


def test_the_step_is_the_protocols_where_spacing_between_slices_is_missing(tmp_path: Path) -> None:
    made = mosaic(series=protocol(middles(1)), SpacingBetweenSlices=None)
    assert_true(viewer3d.load(save(tmp_path, [made])), 1)


def test_a_public_number_of_slices(tmp_path: Path) -> None:
    header = csa({"SliceNormalVector": [f"{c:.8f}" for c in geometry(20)[2]]})
    made = mosaic(image=header)
    made.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0A, "US", COUNT)
    assert_true(viewer3d.load(save(tmp_path, [made])), 1)


def test_mosaics_of_several_times_are_one_set(tmp_path: Path) -> None:
    folder = save(tmp_path, [mosaic(number, image=image_header(-1)) for number in range(3)])
    volumes = viewer3d.load_all(folder)
    assert len(volumes) == 3
    for number, volume in enumerate(volumes):
        assert_true(volume, -1, number)
        assert volume.geometry is volumes[0].geometry
    from viewer3d.dicom.series.stack_sets import find_sets

    assert [len(one.stacks) for one in find_sets(viewer3d.scan(folder))] == [3]


def test_a_compressed_mosaic(tmp_path: Path) -> None:
    from pydicom.uid import RLELossless

    made = mosaic(image=image_header(1))
    made.compress(RLELossless)
    assert_true(viewer3d.load(save(tmp_path, [made])), 1)
    assert_true(viewer3d.load([made]), 1)


def uih(places: list[list[float]] | None, count: int | None = COUNT) -> Dataset:
    """Five slices in three columns and two rows, each with a place of its own."""
    made = mosaic()
    made.ImageType = ["ORIGINAL", "PRIMARY", "M", "VFRAME"]
    made.Rows = 2 * SIDE
    made.PixelData = made.PixelData[: 2 * SIDE * ACROSS * SIDE * 2]
    block = made.private_block(0x0065, "Image Private Header", create=True)
    if count is not None:
        block.add_new(0x50, "DS", str(count))
    if places is not None:
        items = []
        for place in places:
            items.append(Dataset())
            items[-1].ImagePositionPatient = [float(mm) for mm in place]
        block.add_new(0x51, "SQ", items)
    return made


@pytest.mark.parametrize("sign", [1, -1])
def test_uih_tells_a_place_for_each_slice(sign: float, tmp_path: Path) -> None:
    places = (FIRST + sign * BETWEEN * np.arange(COUNT)[:, None] * geometry(20)[2]).tolist()
    assert_true(viewer3d.load(save(tmp_path, [uih(places)])), sign)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (mosaic(), "Siemens mosaic.*number of slices is in no CSA header"),
        (mosaic(image=csa({"NumberOfImagesInMosaic": ["5"]})), "no Slice Normal Vector and no positions"),
        (mosaic(image=image_header(1), SpacingBetweenSlices=None), "no Spacing Between Slices"),
        (mosaic(image=image_header(1), ImagePositionPatient=None), "no Image Position"),
        (mosaic(image=image_header(1, 60)), "not told to be parallel"),
        (mosaic(image=image_header(1, count=17)), "17 slices are no even grid of a picture of 12 x 12 pixels"),
        (mosaic(image=image_header(1)[:100]), "number of slices is in no CSA header"),
        (uih(None), "UIH mosaic.*no position for each"),
        (uih([[0, 0, 0]]), "5 slices, but no position for each"),
        (uih(None, None), "no number of slices"),
    ],
)
def test_what_lacks_is_said(made: Dataset, says: str, tmp_path: Path) -> None:
    with pytest.raises(NoVolumeError, match=f"cannot be taken apart: .*{says.rsplit('.*', maxsplit=1)[-1]}"):
        viewer3d.load(save(tmp_path, [made]))
    assert says.split(".*", maxsplit=1)[0] in str(viewer3d.scan(tmp_path).all_refused[0].reason)


def test_the_real_mosaic_is_two_times_of_fifty_slices(real: Real) -> None:
    """The first slice of the picture is the last of its protocol: they go down, as ucImageNumbTra says there."""
    from pydicom import dcmread

    path = real("mr_mosaic") / "IM-0001-0001.dcm"
    dataset = dcmread(path)
    volumes = viewer3d.load_all(real("mr_mosaic"))
    assert [volume.shape for volume in volumes] == [(80, 80, 50)] * 2
    assert volumes[0].spacing == pytest.approx((2.5, 2.5, 3.08), abs=1e-5)
    planned = protocol_slices(dataset[0x0029, 0x1020].value)
    told = CliRunner().invoke(main, ["info", str(real("mr_mosaic")), "--stack", "1"]).output
    assert "tiles of 80 x 80 in pictures of 640 x 640" in told
    for k in range(50):
        middle = volumes[0].geometry.index_to_world((40, 40, k))  # of a mosaic of 8 x 8 the middle is on a pixel
        assert middle == pytest.approx(planned[k], abs=1e-3)
        down, across = divmod(49 - k, 8)
        tile = dataset.pixel_array[80 * down : 80 * (down + 1), 80 * across : 80 * (across + 1)]
        assert np.array_equal(volumes[0].voxels[:, :, k].T, tile)


def test_a_damaged_csa_header_tells_nothing() -> None:
    whole = image_header(1)
    for cut in range(0, len(whole), 7):
        csa_values(whole[:cut])
    chance = np.random.default_rng(1)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[int(chance.integers(len(whole)))] = int(chance.integers(256))
        csa_values(bytes(damaged))
    assert csa_values(b"") == {}
    assert csa_values(whole)["Other"] == ("a", "bcd")
    assert protocol_slices(b"").shape == (0, 3)
