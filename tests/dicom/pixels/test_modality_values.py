"""Stored to modality values: types, bits, tables, limits; real files written through pydicom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.dicom.headers import by_pydicom
from viewer3d.dicom.headers import read as headers
from viewer3d.dicom.pixels.modality_values import read_voxels
from viewer3d.dicom.series.scan import scan
from viewer3d.errors import BadFileError, DecoderError, LimitError
from viewer3d.phantom import Faults

SHAPE = (10, 8, 3)

Edited = Callable[..., Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    """Write three small slices and edit their datasets."""

    def write(edit: Callable[[Dataset, int], None], faults: Faults | None = None) -> Path:
        for n, path in enumerate(write_phantom(tmp_path, shape=SHAPE, spacing=(9, 8, 7), noise=0.0, faults=faults)):
            dataset = dcmread(path)
            edit(dataset, n)
            dataset.save_as(path)
        return tmp_path

    return write


def voxels_of(folder: Path) -> np.ndarray[Any, Any]:
    return read_voxels(scan(folder)[0].stacks[0].frames)


def store(dataset: Dataset, stored: np.ndarray[Any, Any], *, bits: int, slope: float = 1, intercept: float = 0) -> None:
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    dataset.BitsAllocated = stored.dtype.itemsize * 8
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept
    dataset.PixelData = stored.tobytes()


def random_stored(n: int, low: int, high: int, dtype: type) -> np.ndarray[Any, Any]:
    return np.random.default_rng(n).integers(low, high, SHAPE[1::-1]).astype(dtype)


@pytest.mark.parametrize(
    ("low", "high", "dtype", "bits", "slope", "intercept", "kept"),
    [
        (0, 4096, np.uint16, 12, 1, -1024, np.int16),
        (-2048, 2048, np.int16, 12, 1, 0, np.int16),
        (-32768, 32768, np.int16, 16, 1, 0, np.int16),
        (0, 40000, np.uint16, 16, 1, -20000, np.int16),
        (0, 30000, np.uint16, 16, 1, 0, np.int16),
        (0, 65536, np.uint16, 16, 1, 0, np.float32),
        (0, 65536, np.uint16, 16, 1, -32768, np.int16),
        (0, 4096, np.uint16, 12, 2, -4096, np.int16),
        (0, 4096, np.uint16, 12, -1, 100, np.int16),
        (0, 4096, np.uint16, 12, 16, 0, np.float32),
        (0, 4096, np.uint16, 12, 0.25, -1024, np.float32),
        (0, 4096, np.uint16, 12, 1, -1024.5, np.float32),
        (0, 256, np.uint8, 8, 1, 0, np.int16),
        (-128, 128, np.int8, 8, 1, 0, np.int16),
        (0, 30000, np.uint32, 32, 1, 0, np.int16),
        (0, 1 << 20, np.uint32, 32, 1, 0, np.float32),
        (-(1 << 20), 1 << 20, np.int32, 32, 0.5, 1, np.float32),
    ],
)
def test_the_type_is_the_smallest_that_holds_all(
    low: int, high: int, dtype: type, bits: int, slope: float, intercept: float, kept: type, edited: Edited
) -> None:
    def edit(dataset: Dataset, n: int) -> None:
        stored = random_stored(n, low, high, dtype)
        stored.flat[:2] = low, high - 1
        store(dataset, stored, bits=bits, slope=slope, intercept=intercept)

    voxels = voxels_of(edited(edit))
    assert voxels.dtype == kept
    for n in range(3):
        stored = random_stored(n, low, high, dtype)
        stored.flat[:2] = low, high - 1
        assert np.array_equal(voxels[:, :, n].T, stored.astype(np.float64) * slope + intercept)


def test_the_type_is_decided_over_all_slices(edited: Edited) -> None:
    voxels = voxels_of(
        edited(lambda ds, n: store(ds, random_stored(n, 0, 4096, np.uint16), bits=12, slope=(1, 1, 0.5)[n]))
    )
    assert voxels.dtype == np.float32
    assert np.array_equal(voxels[:, :, 2].T, random_stored(2, 0, 4096, np.uint16) * 0.5)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("native", [True, False])
def test_bits_above_bits_stored_are_ignored(
    signed: bool, native: bool, edited: Edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not native:
        monkeypatch.setattr(headers.fast, "read_attributes", lambda _path: None)
        monkeypatch.setattr(by_pydicom, "NATIVE", frozenset())

    def edit(dataset: Dataset, n: int) -> None:
        junk = random_stored(n, 0, 16, np.uint16) << 12
        store(dataset, (random_stored(n, 0, 4096, np.uint16) | junk), bits=12)
        dataset.PixelRepresentation = int(signed)

    voxels = voxels_of(edited(edit))
    true = random_stored(1, 0, 4096, np.uint16).astype(int)
    assert np.array_equal(voxels[:, :, 1].T, np.where(true >= 2048, true - 4096, true) if signed else true)


def test_a_modality_table_is_applied(edited: Edited) -> None:
    entries = np.arange(64, dtype=np.uint16)[::-1] * 100

    def edit(dataset: Dataset, n: int) -> None:
        store(dataset, random_stored(n, 0, 100, np.uint16), bits=12)
        del dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType
        item = Dataset()
        item.LUTDescriptor, item.ModalityLUTType, item.LUTData = [64, 10, 16], "HU", entries.tobytes()
        item["LUTDescriptor"].VR, item["LUTData"].VR = "US", "OW"
        dataset.ModalityLUTSequence = [item]

    folder = edited(edit)
    index = np.clip(random_stored(0, 0, 100, np.uint16).astype(int) - 10, 0, 63)
    assert np.array_equal(voxels_of(folder)[:, :, 0].T, entries[index])


def test_high_bit_elsewhere_is_refused(edited: Edited) -> None:
    def edit(dataset: Dataset, _n: int) -> None:
        dataset.HighBit = 15

    with pytest.raises(BadFileError, match="High Bit 15 is not Bits Stored 12 - 1"):
        voxels_of(edited(edit))


def test_empty_pixel_data_is_named(edited: Edited) -> None:
    def edit(dataset: Dataset, _n: int) -> None:
        dataset.PixelData = b""

    with pytest.raises(BadFileError, match=r"IM0001\.dcm: truncated"):
        voxels_of(edited(edit))


@pytest.mark.parametrize("way", ["file", "big endian", "dataset"])
@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"Columns": SHAPE[0] - 1}, False),
        ({"Rows": SHAPE[1] - 1}, False),
        ({"Rows": SHAPE[1] // 2}, False),
        ({"pad": bytes(128)}, True),  # to a block, as in pydicom's MR_small_padded
        ({"pad": bytes(514)}, False),
        ({"pad": b"\1\0"}, False),
        ({"Rows": SHAPE[1] + 1}, False),
    ],
)
def test_pixels_that_do_not_fit_rows_and_columns_are_an_error(
    change: dict[str, Any], fits: bool, way: str, edited: Edited
) -> None:
    def edit(dataset: Dataset, n: int) -> None:
        stored = random_stored(n, 1, 4096, np.uint16)
        store(dataset, stored.byteswap() if way == "big endian" else stored, bits=12)
        dataset.PixelData += change.get("pad", b"")
        for key, value in change.items():
            if key != "pad":
                setattr(dataset, key, value)

    folder = edited(edit, Faults(syntax="ExplicitVRBigEndian") if way == "big endian" else Faults())
    place: Any = [dcmread(path) for path in sorted(folder.iterdir())] if way == "dataset" else folder
    if fits:
        assert np.array_equal(viewer3d.load(place).voxels[:, :, 1].T, random_stored(1, 1, 4096, np.uint16))
    else:
        with pytest.raises(BadFileError, match=r"(IM0001\.dcm|dataset 1): (Rows, Columns and Number|truncated)"):
            viewer3d.load(place)


def test_a_byte_that_makes_the_length_even_is_no_pixel(tmp_path: Path) -> None:
    stored = np.arange(1, 16, dtype=np.uint8).reshape(3, 5)
    (path,) = write_phantom(tmp_path, shape=(5, 3, 1), spacing=(9, 8, 7), noise=0.0)
    dataset = dcmread(path)
    store(dataset, stored, bits=8)
    for tail, fits in ((b"\0", True), (b"\7", True), (b"\0\0\7", False)):
        dataset.PixelData = stored.tobytes() + tail
        dataset.save_as(path)
        if fits:
            assert np.array_equal(voxels_of(tmp_path)[:, :, 0].T, stored)
        else:
            with pytest.raises(BadFileError, match="need 15 bytes, the file holds 18"):
                voxels_of(tmp_path)


@pytest.mark.parametrize(
    ("most", "off"), [((1 << 24) - 1, ""), ((1 << 24) + 1, "by up to 1"), (2_000_000_001, "by up to 64")]
)
def test_whole_numbers_beyond_24_bits_are_told(most: int, off: str, edited: Edited) -> None:
    def edit(dataset: Dataset, n: int) -> None:
        stored = np.arange(SHAPE[0] * SHAPE[1], dtype=np.int32).reshape(SHAPE[1::-1]) - 5
        stored.flat[7] = most if n == 1 else 7
        store(dataset, stored, bits=32)

    volume = viewer3d.load(edited(edit))
    assert volume.voxels.dtype == np.float32
    assert volume.voxels[0, 0, 0] == -5
    assert volume.voxels[7, 0, 1] == np.float32(most)
    told = [note for note in volume.notes if "24 bits" in note]
    assert (not told) if not off else (off in told[0] and "16,777,216" in told[0])


def test_an_unknown_transfer_syntax_is_named(edited: Edited) -> None:
    def edit(dataset: Dataset, _n: int) -> None:
        from pydicom.encaps import encapsulate

        dataset.PixelData = encapsulate([b"\xff\x0a" + bytes(30)])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"  # MPEG2

    with pytest.raises(DecoderError, match=r"IM0001.dcm: transfer syntax .*1\.2\.840\.10008\.1\.2\.4\.100.*no decoder"):
        voxels_of(edited(edit))


@pytest.mark.parametrize("change", [{"Rows": 65535, "Columns": 65535}, {"Rows": 65535}, {"NumberOfFrames": 999999}])
def test_a_lying_header_costs_nothing(change: dict[str, int], edited: Edited) -> None:
    def edit(dataset: Dataset, _n: int) -> None:
        for key, value in change.items():
            setattr(dataset, key, value)

    folder = edited(edit)
    found = scan(folder)
    if found.series:
        with pytest.raises((LimitError, BadFileError)):
            voxels_of(folder)
    else:
        assert "999999" in next(iter(found.refused_reasons))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 1 << 30),
    bits=st.integers(2, 16),
    signed=st.booleans(),
    slope=st.sampled_from([1, 2, -3, 0.5, 1.37]),
    intercept=st.integers(-70000, 70000),
)
def test_both_ways_agree(
    seed: int, bits: int, signed: bool, slope: float, intercept: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("agree")
    raw = np.random.default_rng(seed).integers(0, 1 << bits, SHAPE[1::-1]).astype(np.uint16)
    for path in write_phantom(folder, shape=SHAPE, spacing=(9, 8, 7), noise=0.0, faults=Faults()):
        dataset = dcmread(path)
        store(dataset, raw, bits=bits, slope=slope, intercept=intercept)
        dataset.PixelRepresentation = int(signed)
        dataset.save_as(path)
    short = scan(folder)[0].stacks[0].frames
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(headers.fast, "read_attributes", lambda _path: None)
        patch.setattr(by_pydicom, "NATIVE", frozenset())
        long = scan(folder)[0].stacks[0].frames
    assert short[0].stored.offset is not None
    assert long[0].stored.offset is None or long[0].stored.length is None
    ours, theirs = read_voxels(short), read_voxels(long)
    stored = raw.astype(np.int64)
    if signed:
        stored = np.where(stored >= 1 << (bits - 1), stored - (1 << bits), stored)
    assert ours.dtype == theirs.dtype
    assert np.array_equal(ours, theirs)
    assert np.array_equal(ours[:, :, 0].T, (stored * slope + intercept).astype(ours.dtype))
