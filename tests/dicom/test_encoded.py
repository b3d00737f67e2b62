"""Every transfer syntax of the table as files: signs, bits, frames and offset tables; values to the last bit."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.dicom import encoded
from tests.dicom.encoded import CODINGS, Offsets
from viewer3d.dicom.pixels.transfer_syntaxes import FAMILY_OF

MARGIN = 0.05
"""Of the range of values, at both ends: a lossy codec may go beyond what it was given."""

CASES = [
    (name, bits, signed)
    for name, coding in CODINGS.items()
    for bits in coding.bits
    for signed in ((False, True) if coding.signed else (False,))
]


def margin(name: str) -> float:
    return MARGIN if CODINGS[name].decode else 0


def loaded(path: Path) -> encoded.Pixels:
    """Return what is read of a place as (slices, rows, columns)."""
    return viewer3d.load(path).voxels.transpose(2, 1, 0)


def test_every_transfer_syntax_of_the_table_is_written_here() -> None:
    by_gdcm = {"1.2.840.10008.1.2.4.57"}  # tests/dicom/test_codestreams.py has it
    assert {coding.syntax for coding in CODINGS.values()} == FAMILY_OF.keys() - by_gdcm


@pytest.mark.parametrize(("name", "bits", "signed"), CASES)
def test_one_frame(name: str, bits: int, signed: bool, tmp_path: Path) -> None:
    values = encoded.pictures(1, bits, signed=signed, margin=margin(name))
    truth = encoded.write(tmp_path / "a.dcm", name, values, bits)
    assert np.array_equal(loaded(tmp_path), truth)
    if not margin(name):
        ends = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        assert (truth.min(), truth.max()) == ends
    else:
        assert np.abs(truth - values).max() < 0.04 * (1 << bits)


@pytest.mark.parametrize("offsets", ["none", "basic", "extended"])
@pytest.mark.parametrize("name", CODINGS)
def test_several_frames_of_one_file(name: str, offsets: Offsets, tmp_path: Path) -> None:
    bits = CODINGS[name].bits[-1] if len(CODINGS[name].bits) < 3 else 12
    values = encoded.pictures(3, bits, margin=margin(name))
    truth = encoded.write(tmp_path / "a.dcm", name, values, bits, offsets=offsets)
    assert np.array_equal(loaded(tmp_path), truth)


@pytest.mark.parametrize("name", CODINGS)
def test_frames_in_several_fragments(name: str, tmp_path: Path) -> None:
    bits = CODINGS[name].bits[-1] if len(CODINGS[name].bits) < 3 else 12
    values = encoded.pictures(2, bits, margin=margin(name))
    truth = encoded.write(tmp_path / "a.dcm", name, values, bits, offsets="basic", fragments=3)
    assert np.array_equal(loaded(tmp_path), truth)
    one = encoded.write(tmp_path / "one" / "a.dcm", name, values[:1], bits, fragments=2)  # no table needed
    assert np.array_equal(loaded(tmp_path / "one"), one)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", [name for name, coding in CODINGS.items() if 8 in coding.bits and coding.signed])
def test_eight_bits_in_words_of_sixteen(name: str, signed: bool, tmp_path: Path) -> None:
    values = encoded.pictures(1, 8, signed=signed, allocated=16, margin=margin(name))
    truth = encoded.write(tmp_path / "a.dcm", name, values, 8)
    assert np.array_equal(loaded(tmp_path), truth)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", [name for name, coding in CODINGS.items() if coding.signed])
def test_a_series_of_single_frames(name: str, signed: bool, tmp_path: Path) -> None:
    truth = encoded.write_series(tmp_path, name, 4, 12, signed=signed)
    volume = viewer3d.load(tmp_path)
    assert np.array_equal(volume.voxels.transpose(2, 1, 0), truth)
    assert volume.spacing == (0.75, 1.5, 2.5)


@pytest.mark.parametrize("name", ["Encapsulated Uncompressed", "Deflated Image Frame"])
def test_a_frame_that_is_too_short_or_too_long_is_named(name: str, tmp_path: Path) -> None:
    for rows in (encoded.ROWS - 1, encoded.ROWS + 1):
        values = encoded.pictures(2, 16)
        encoded.write(tmp_path / "a.dcm", name, values, 16)
        ds = encoded.dataset_of(values, 16)
        encoded.encapsulated(ds, encoded.codestreams(CODINGS[name], values, 16))
        ds.Rows = rows
        encoded.save(ds, CODINGS[name].syntax, tmp_path / "a.dcm")
        with pytest.raises(viewer3d.errors.BadFileError, match=r"a\.dcm frame 1: "):
            viewer3d.load(tmp_path)


def test_a_deflated_frame_that_has_all_values_but_no_end_is_refused(tmp_path: Path) -> None:
    """What was cut after the last value may have been cut into as well: its end is the only sign that it is whole."""
    values = encoded.pictures(2, 16)
    ds = encoded.dataset_of(values, 16)
    packers = [zlib.compressobj(wbits=-zlib.MAX_WBITS) for _ in values]
    streams = [
        packer.compress(one.tobytes()) + packer.flush(zlib.Z_SYNC_FLUSH)
        for packer, one in zip(packers, values, strict=True)
    ]
    encoded.encapsulated(ds, streams)
    encoded.save(ds, CODINGS["Deflated Image Frame"].syntax, tmp_path / "a.dcm")
    with pytest.raises(viewer3d.errors.BadFileError, match=r"a\.dcm frame 1: .*break off"):
        viewer3d.load(tmp_path)
