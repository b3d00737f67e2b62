"""Compressed frames: cut, filled with zeros, too many, of another size; each an error that names the file and frame."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread, uid
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames

import viewer3d
from tests.campaign.encoders import jpeg_lossless
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import FileSource
from viewer3d.dicom.headers.frame import StoredPixels
from viewer3d.dicom.headers.read import read_frames
from viewer3d.dicom.pixels.codestreams import BrokenError, codestream_flaw, split_codestreams, without_padding_byte
from viewer3d.dicom.pixels.modality_values import read_voxels
from viewer3d.errors import BadFileError

Pixels = np.ndarray[Any, Any]
ROWS, COLUMNS = 96, 64
LOSSLESS_JPEG = {"JPEG lossless": "JPEGLosslessProcess14_1", "JPEG lossless 57": "JPEGLosslessProcess14"}
ENCODERS: dict[str, tuple[uid.UID, Callable[[Pixels], bytes]]] = {
    "JPEG-LS": (uid.JPEGLSLossless, imagecodecs.jpegls_encode),
    "JPEG-LS near": (uid.JPEGLSNearLossless, partial(imagecodecs.jpegls_encode, level=2)),
    "JPEG 2000": (
        uid.JPEG2000Lossless,
        partial(imagecodecs.jpeg2k_encode, level=0, codecformat="j2k", reversible=True),
    ),
    "JPEG 2000 lossy": (uid.JPEG2000, partial(imagecodecs.jpeg2k_encode, level=80, codecformat="j2k", numthreads=1)),
}
FAMILIES = ("JPEG", *LOSSLESS_JPEG, "RLE", *ENCODERS)
EOI = b"\xff\xd9"
TOLERANCE = {"JPEG": 12, "JPEG-LS near": 2, "JPEG 2000 lossy": 400}


def picture(*, flat: bool = False) -> Pixels:
    """Waves and noise of 12 bits, every bottom row alike where it is to be flat."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    waves = 1000 + 800 * np.sin(x / 9) * np.cos(y / 13) + np.random.default_rng(0).normal(0, 20, (ROWS, COLUMNS))
    if flat:
        waves[ROWS // 3 :] = 160
    return waves.astype(np.uint16)


def described(pixels: Pixels, bits: int) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID, ds.SeriesInstanceUID, ds.Modality = uid.CTImageStorage, "1.2.3", "1.2.4", "CT"
    ds.Rows, ds.Columns = pixels.shape[-2:]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8 * pixels.itemsize, bits, bits - 1
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.ImagePositionPatient, ds.ImageOrientationPatient, ds.PixelSpacing = [0, 0, 0], [1, 0, 0, 0, 1, 0], [1, 1]
    ds.PixelData = pixels.tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def coded(family: str, pixels: Pixels, folder: Path) -> tuple[Dataset, bytes]:
    """Return a dataset that describes pixels in a family's transfer syntax, and their codestream."""
    if family == "JPEG":
        small, data = (pixels >> 4).astype(np.uint8), io.BytesIO()
        Image.fromarray(small).save(data, "JPEG", quality=95)
        ds = described(small, 8)
        ds.file_meta.TransferSyntaxUID = uid.JPEGBaseline8Bit
        return ds, data.getvalue()
    ds = described(pixels, 12)
    if family in LOSSLESS_JPEG:
        return ds, by_gdcm(ds, LOSSLESS_JPEG[family], folder / "coded.dcm")
    if family == "RLE":
        ds.compress(uid.RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
        return ds, next(generate_frames(ds.PixelData, number_of_frames=1))
    ds.file_meta.TransferSyntaxUID, encode = ENCODERS[family]
    return ds, bytes(encode(pixels))


def by_gdcm(ds: Dataset, process: str, path: Path) -> bytes:
    """Encode JPEG lossless, which nothing else here does."""
    gdcm = pytest.importorskip("gdcm")
    ds.save_as(path, enforce_file_format=True)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, process)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    made = dcmread(path)
    ds.file_meta.TransferSyntaxUID = made.file_meta.TransferSyntaxUID
    return next(generate_frames(made.PixelData, number_of_frames=1))


def save(ds: Dataset, codestreams: Sequence[bytes], path: Path, *, offsets: bool = False) -> Path:
    if len(codestreams) > 1:
        ds.NumberOfFrames = len(codestreams)
    ds.PixelData = encapsulate([one + bytes(len(one) % 2) for one in codestreams], has_bot=offsets)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    ds.save_as(path, enforce_file_format=True)
    return path


def voxels_of(path: Path) -> Pixels:
    frames = read_frames(FileSource(str(path)))
    assert not isinstance(frames, RefusedFile), frames
    return read_voxels(frames)


def cut(whole: bytes, how: str) -> bytes:
    """Cut a codestream at 60 %, and end it as files end that broke off on their way."""
    at = len(whole) * 6 // 10
    lost = len(whole) - at
    return (
        whole[:at]
        + {
            "cut": b"",
            "zeros": bytes(lost),
            "zeros and end marker": bytes(lost - 2) + EOI,
            "end marker": EOI,
        }[how]
    )


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_whole_codestream_is_decoded(
    family: str, flat: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pixels = picture(flat=flat)
    ds, data = coded(family, pixels, tmp_path)
    for tail in (b"", bytes(2)):
        voxels = voxels_of(save(ds, [data + tail], tmp_path / "a.dcm"))
        true = pixels.astype(int) >> (4 if family == "JPEG" else 0)
        assert np.abs(voxels[:, :, 0].T - true).max() <= TOLERANCE.get(family, 0)
    notes = viewer3d.load(tmp_path / "a.dcm").notes  # JPEG of cosines is never without loss, whatever the header says
    assert any("compressed with loss (JPEG)" in note for note in notes) == (family == "JPEG")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize(
    ("family", "how"),
    [
        (family, how)
        for family in FAMILIES
        for how in ("cut", "zeros", "zeros and end marker", "end marker")
        if family != "RLE" or "marker" not in how
    ],
)
def test_a_codestream_that_breaks_off_is_an_error(family: str, how: str, flat: bool, tmp_path: Path) -> None:
    ds, data = coded(family, picture(flat=flat), tmp_path)
    with pytest.raises(BadFileError, match=r"a\.dcm: .*(breaks off|cannot be decoded|end too soon)"):
        voxels_of(save(ds, [cut(data, how)], tmp_path / "a.dcm"))


@pytest.mark.parametrize("family", ["JPEG lossless", "JPEG 2000", "JPEG-LS", "RLE"])
def test_the_frame_that_breaks_off_is_named_and_the_others_load(family: str, tmp_path: Path) -> None:
    ds, data = coded(family, picture(), tmp_path)
    path = save(ds, [data, cut(data, "zeros"), data], tmp_path / "many.dcm")
    frames = read_frames(FileSource(str(path)))
    assert not isinstance(frames, RefusedFile)
    with pytest.raises(BadFileError, match=r"many\.dcm frame 2: "):
        read_voxels(frames)
    assert np.array_equal(read_voxels([frames[0], frames[2]])[:, :, 1].T, picture())


def test_zeros_that_are_data_are_believed(tmp_path: Path) -> None:
    # All pixels alike: gdcm's tables give the difference 0 a code of zeros, and the codestream is nothing else.
    ds, data = coded("JPEG lossless", np.full((ROWS, COLUMNS), 9, np.uint16), tmp_path)
    end = data.rindex(EOI)
    assert data[:end].endswith(bytes(500))
    assert set(voxels_of(save(ds, [data], tmp_path / "a.dcm")).ravel()) == {9}
    for other in (data[: end - 400] + data[end:], data[:end] + bytes(400) + data[end:]):  # too few, too many
        with pytest.raises(BadFileError, match=r"a\.dcm: .*(breaks off before the last pixels|cannot be decoded)"):
            voxels_of(save(ds, [other], tmp_path / "a.dcm"))


@pytest.mark.parametrize("family", ["JPEG", "JPEG lossless", "JPEG-LS", "JPEG 2000"])
@pytest.mark.parametrize(("rows", "columns"), [(COLUMNS, ROWS), (ROWS // 2, COLUMNS * 2), (ROWS - 1, COLUMNS)])
def test_a_codestream_of_another_size_is_an_error_and_no_sheared_picture(
    family: str, rows: int, columns: int, tmp_path: Path
) -> None:
    ds, data = coded(family, picture(), tmp_path)
    ds.Rows, ds.Columns = rows, columns
    says = f"compressed picture is {COLUMNS} x {ROWS}, Columns and Rows say {columns} x {rows}"
    with pytest.raises(BadFileError, match=says):
        voxels_of(save(ds, [data], tmp_path / "a.dcm"))


@pytest.mark.parametrize(
    ("rows", "columns"), [(ROWS - 1, COLUMNS), (ROWS, COLUMNS - 1), (ROWS, COLUMNS + 1), (ROWS // 2, COLUMNS)]
)
def test_rle_of_more_or_fewer_pixels_is_an_error(rows: int, columns: int, tmp_path: Path) -> None:
    ds, data = coded("RLE", picture(), tmp_path)
    ds.Rows, ds.Columns = rows, columns
    with pytest.raises(BadFileError, match=rf"a\.dcm: .* pixels where the header says {rows * columns}\)"):
        voxels_of(save(ds, [data], tmp_path / "a.dcm"))


def test_a_little_padding_of_rle_is_none(tmp_path: Path) -> None:
    ds, data = coded("RLE", picture(), tmp_path)
    for pad in (b"\0\0", bytes(20)):  # each pair of zeros is one more byte of pixels
        assert np.array_equal(voxels_of(save(ds, [data + pad], tmp_path / "a.dcm"))[:, :, 0].T, picture())


@pytest.mark.parametrize("family", ["RLE", "JPEG lossless", "JPEG-LS", "JPEG 2000"])
def test_more_pictures_than_frames_are_an_error(family: str, tmp_path: Path) -> None:
    ds, data = coded(family, picture(), tmp_path)
    path = save(ds, [data, data, data, data], tmp_path / "many.dcm")
    assert voxels_of(path).shape == (COLUMNS, ROWS, 4)
    for frames in (1, 3):
        ds.NumberOfFrames = frames
        ds.save_as(path)
        with pytest.raises(BadFileError, match=rf"many\.dcm: .*4 compressed pictures for {frames} frames"):
            voxels_of(path)
    ds.NumberOfFrames = 5
    ds.save_as(path)
    with pytest.raises(BadFileError, match=r"many\.dcm: .*4 compressed fragments for 5 frames"):
        voxels_of(path)


@pytest.mark.parametrize("offsets", [False, True])
def test_fragments_go_to_their_frames(offsets: bool, tmp_path: Path) -> None:
    ds, data = coded("JPEG 2000", picture(), tmp_path)
    _, more = coded("JPEG 2000", picture(flat=True), tmp_path)
    parts = [[one[:1000], one[1000:]] for one in (data + bytes(len(data) % 2), more + bytes(len(more) % 2))]
    ds.NumberOfFrames = 2
    items = [part for both in parts for part in both]
    table = [0, sum(len(part) + 8 for part in parts[0])] if offsets else []
    begin = b"\xfe\xff\x00\xe0" + (4 * len(table)).to_bytes(4, "little")
    ds.PixelData = begin + b"".join(n.to_bytes(4, "little") for n in table)
    ds.PixelData += b"".join(b"\xfe\xff\x00\xe0" + len(one).to_bytes(4, "little") + one for one in items)
    ds["PixelData"].is_undefined_length = True
    ds.save_as(tmp_path / "two.dcm", enforce_file_format=True)
    voxels = voxels_of(tmp_path / "two.dcm")
    assert np.array_equal(voxels[:, :, 0].T, picture())
    assert np.array_equal(voxels[:, :, 1].T, picture(flat=True))


def test_fragments_of_nobody_are_an_error() -> None:
    stored = StoredPixels(FileSource("a"), uid.JPEG2000Lossless, 8, 8, 2, 1, "MONOCHROME2", 16, 12, 11, signed=False)
    head = encapsulate([b"\xff\x4f\xff\x51" + bytes(4)], has_bot=False)
    item = b"\xfe\xff\x00\xe0" + (4).to_bytes(4, "little") + b"abcd"
    with pytest.raises(BrokenError, match="3 compressed fragments for 2 frames, and no offset table"):
        split_codestreams(head + item * 2 + b"\xfe\xff\xdd\xe0" + bytes(4), stored)
    with pytest.raises(BrokenError, match="end too soon"):
        split_codestreams(head + item, stored)
    with pytest.raises(BrokenError, match="end too soon"):
        split_codestreams(b"", stored)
    with pytest.raises(BrokenError, match="not in compressed fragments, which its transfer syntax asks for"):
        split_codestreams(bytes(128), stored)


def test_a_zero_before_the_end_marker_of_jpeg_ls_is_padding(tmp_path: Path) -> None:
    ds, data = coded("JPEG-LS", picture(), tmp_path)
    end = data.rindex(EOI)
    voxels = voxels_of(save(ds, [data[:end] + b"\0" + data[end:]], tmp_path / "a.dcm"))
    assert np.array_equal(voxels[:, :, 0].T, picture())
    with pytest.raises(BadFileError, match="cannot be decoded"):  # damage behind such a byte is still damage
        voxels_of(save(ds, [data[: end - 200] + b"\0" + data[end:]], tmp_path / "a.dcm"))
    with pytest.raises(BadFileError, match="cannot be decoded"):
        voxels_of(save(ds, [data[:end] + bytes(9) + data[end:]], tmp_path / "a.dcm"))


def test_the_case_of_the_pad_byte(case: Callable[[str], Path]) -> None:
    assert viewer3d.load(case("jls_zero_before_eoi")).voxels[0, 0].tolist() == [-1024, -924, -824, -724]


def test_an_overlay_in_bits_that_are_not_stored(case: Callable[[str], Path]) -> None:
    volume = viewer3d.load(case("j2k_overlay_in_unused_bits"))
    assert volume.voxels[0, 0].tolist() == [-1024, -924, -824]
    assert volume.voxels[-1, -1].tolist() == [-683, -583, -483]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("family", ["RLE", "JPEG-LS", "JPEG 2000"])
def test_bits_above_bits_stored_are_cleared(family: str, signed: bool, tmp_path: Path) -> None:
    pixels = picture() | (np.arange(COLUMNS, dtype=np.uint16) % 16 << 12)
    ds, data = coded(family, pixels, tmp_path)
    ds.PixelRepresentation = int(signed)
    save(ds, [data], tmp_path / "a.dcm")
    true = picture().astype(int)
    true = np.where(true >= 2048, true - 4096, true) if signed else true
    assert np.array_equal(voxels_of(tmp_path / "a.dcm")[:, :, 0].T, true)


def test_flat_pictures_of_jpeg_2000_end_in_zeros_that_are_data(tmp_path: Path) -> None:
    ds, data = coded("JPEG 2000", np.zeros((ROWS, COLUMNS), np.uint16), tmp_path)
    assert set(voxels_of(save(ds, [data], tmp_path / "a.dcm")).ravel()) == {0}
    stored = read_frames(FileSource(str(tmp_path / "a.dcm")))[0].stored  # type: ignore[index]
    assert codestream_flaw(data, stored) == ""
    end = data.rindex(EOI)
    assert "zeros" in codestream_flaw(data[:end] + bytes(100) + data[end:], stored)
    assert without_padding_byte(data, stored) is None


def test_datasets_in_memory_are_looked_at_too(tmp_path: Path) -> None:
    ds, data = coded("JPEG-LS", picture(), tmp_path)
    path = save(ds, [data], tmp_path / "a.dcm")
    assert np.array_equal(viewer3d.load([dcmread(path)]).voxels[:, :, 0].T, picture())
    buffered = dcmread(path)
    buffered.PixelData = io.BytesIO(buffered.PixelData)
    assert np.array_equal(viewer3d.load([buffered]).voxels[:, :, 0].T, picture())
    save(ds, [cut(data, "zeros")], path)
    with pytest.raises(BadFileError, match=r"dataset 1: .*breaks off"):
        viewer3d.load([dcmread(path)])


@pytest.mark.parametrize("cut_at", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("predictor", range(1, 8))
def test_jpeg_lossless_of_every_predictor_that_breaks_off_is_an_error(
    predictor: int, cut_at: float, tmp_path: Path
) -> None:
    """A decoder may go on with what the row above has, and another one with what lies behind the data in memory."""
    ds = described(picture(), 12)
    ds.file_meta.TransferSyntaxUID = uid.JPEGLossless
    whole = jpeg_lossless(picture(), predictor)
    assert np.array_equal(voxels_of(save(ds, [whole], tmp_path / "a.dcm"))[:, :, 0].T, picture())
    with pytest.raises(BadFileError, match=r"a\.dcm: .*(breaks off|cannot be decoded)"):
        voxels_of(save(ds, [whole[: int(cut_at * len(whole))] + EOI], tmp_path / "a.dcm"))


@pytest.mark.parametrize("cut_at", [0.3, 0.6, 0.95])
def test_jpeg_lossless_that_a_decoder_refused_is_counted(cut_at: float, tmp_path: Path) -> None:
    ds = described(picture(), 12)
    ds.file_meta.TransferSyntaxUID = uid.JPEGLosslessSV1
    whole = bytes(imagecodecs.ljpeg_encode(picture(), bitspersample=16))
    assert np.array_equal(voxels_of(save(ds, [whole], tmp_path / "a.dcm"))[:, :, 0].T, picture())
    with pytest.raises(BadFileError, match=r"a\.dcm: .*(breaks off|cannot be decoded)"):
        voxels_of(save(ds, [whole[: int(cut_at * len(whole))] + EOI], tmp_path / "a.dcm"))
