from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_color_lut

import viewer3d
from tests.dicom.images.made_images import (
    JPEG_2000,
    JPEG_BASELINE,
    JPEG_LS,
    RLE,
    coded,
    dataset,
    native,
    palette,
    picture,
    write,
)
from viewer3d.errors import BadFileError, NoVolumeError


@pytest.mark.parametrize("kind", ["RGB", "planes", "YBR_FULL", "YBR_FULL_422"])
def test_native_colours_are_those_of_pydicom(kind: str, tmp_path: Path) -> None:
    rgb = picture()
    path = write(native(kind, rgb), tmp_path / "a.dcm")
    image = viewer3d.load_image(path)
    assert image.pixels.shape == (1, 24, 32, 3)
    np.testing.assert_allclose(image.pixels[0].astype(int), dcmread(path).pixel_array.astype(int), atol=1)
    if kind != "YBR_FULL_422":  # of which half of the colours is not there
        np.testing.assert_allclose(image.pixels[0].astype(int), rgb, atol=0 if kind in ("RGB", "planes") else 2)


@pytest.mark.parametrize("syntax", [JPEG_BASELINE, JPEG_LS, JPEG_2000, RLE])
def test_compressed_colours_are_what_was_encoded(syntax: str, tmp_path: Path) -> None:
    y, x = np.mgrid[:24, :32]
    smooth = np.stack([6 * x, 8 * y, 3 * (x + y)], -1).astype(np.uint8)
    image = viewer3d.load_image(write(coded(syntax, smooth), tmp_path / "a.dcm"))
    np.testing.assert_allclose(image.pixels[0].astype(int), smooth, atol=8 if syntax == JPEG_BASELINE else 0)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_palette_is_looked_up_and_its_ends_hold(bits: int, tmp_path: Path) -> None:
    made, colors = palette(bits)
    path = write(made, tmp_path / "a.dcm")
    found = viewer3d.load_image(path).pixels[0]
    np.testing.assert_array_equal(found, colors)
    held = dcmread(path)
    np.testing.assert_array_equal(found, apply_color_lut(held.pixel_array, held) >> 8)


def test_tables_of_a_palette_are_in_one_scale_and_whole(tmp_path: Path) -> None:
    made, colors = palette(16)
    made.BluePaletteColorLookupTableData = np.full(64, 200, "<u2").tobytes()  # almost no blue, of 65535
    found = viewer3d.load_image(write(made, tmp_path / "a.dcm")).pixels[0]
    np.testing.assert_array_equal(found, colors * np.array((1, 1, 0), np.uint8))
    for name in ("Red", "Green", "Blue"):  # bytes, though 16 bits are said
        held = made[f"{name}PaletteColorLookupTableData"].value
        setattr(made, f"{name}PaletteColorLookupTableData", (np.frombuffer(held, "<u2") >> 8).astype("u1").tobytes())
    again = viewer3d.load_image(write(made, tmp_path / "a.dcm")).pixels[0]
    np.testing.assert_array_equal(again, found)
    made.RedPaletteColorLookupTableData = np.zeros(50, "<u2").tobytes()
    with pytest.raises(BadFileError, match=r"a.dcm: its colours cannot be read \(Red has 50 entries where 64 are said"):
        viewer3d.load_image(write(made, tmp_path / "a.dcm"))


def test_a_palette_of_big_endian_is_read_by_its_order(tmp_path: Path) -> None:
    made, colors = palette(16)
    made.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.2"
    for name in ("PixelData", *(f"{part}PaletteColorLookupTableData" for part in ("Red", "Green", "Blue"))):
        made[name].value = np.frombuffer(made[name].value, "<u2").byteswap().tobytes()
        made[name].VR = "OW"
    np.testing.assert_array_equal(viewer3d.load_image(write(made, tmp_path / "a.dcm")).pixels[0], colors)


def test_colours_of_sixteen_bits_keep_the_highest_eight(tmp_path: Path) -> None:
    rgb = picture()
    image = viewer3d.load_image(write(dataset(rgb[None].astype(np.uint16) * 257), tmp_path / "a.dcm"))
    np.testing.assert_array_equal(image.pixels[0], rgb)


def test_frames_and_files_follow_their_numbers(tmp_path: Path) -> None:
    rgb = picture()
    for number, frames in ((2, [rgb // 2]), (1, [rgb, 255 - rgb])):
        write(dataset(np.stack(frames), InstanceNumber=number), tmp_path / f"{9 - number}.dcm")
    image = viewer3d.load_image(tmp_path)
    np.testing.assert_array_equal(image.pixels, np.stack([rgb, 255 - rgb, rgb // 2]))


def test_what_is_cut_or_of_another_kind_is_refused_by_its_name(tmp_path: Path) -> None:
    cut = coded(JPEG_BASELINE, picture(64, 64))
    whole = cut.PixelData
    cut.PixelData = encapsulate([whole[16 : len(whole) // 2]])
    with pytest.raises(BadFileError, match=r"a.dcm: truncated or damaged"):
        viewer3d.load_image(write(cut, tmp_path / "a.dcm"))
    short = dataset(picture()[None])
    short.PixelData = short.PixelData[:-400]
    with pytest.raises(BadFileError, match=r"b.dcm: its colours cannot be read"):
        viewer3d.load_image(write(short, tmp_path / "b.dcm"))
    odd = dataset(picture()[None], PhotometricInterpretation="HSV")
    with pytest.raises(BadFileError, match=r"colour HSV of 3 samples is not read"):
        viewer3d.load_image(write(odd, tmp_path / "c.dcm"))


def test_video_and_slides_are_refused_with_a_word(tmp_path: Path) -> None:
    video = coded(JPEG_LS, picture())
    video.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.102"
    slide = dataset(picture()[None], sop_class="1.2.840.10008.5.1.4.1.1.77.1.6", modality="SM")
    for made, why in ((video, "video (MPEG-4 AVC/H.264 High Profile / Level 4.1)"), (slide, "a microscope slide")):
        with pytest.raises(NoVolumeError) as told:
            viewer3d.load_image(write(made, tmp_path / "a.dcm"))
        assert why in str(told.value)
