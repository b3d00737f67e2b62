"""Series with files that cannot be read: the others are read once, side by side, as if the bad ones were not there."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import phantom
from viewer3d.dicom.pixels import distribute, workers
from viewer3d.dicom.pixels import modality_values as pixels
from viewer3d.dicom.pixels import native as native_frames
from viewer3d.errors import BadFileError

SHAPE = (48, 40, 12)
NATIVE, RLE, BIG = "ExplicitVRLittleEndian", "RLELossless", "ExplicitVRBigEndian"


def series(folder: Path, syntax: str, **faults: Any) -> list[Path]:
    """Write a series, and return its files in the order of their places."""
    paths = write_phantom(
        folder,
        shape=SHAPE,
        spacing=(9, 8, 7),
        faults=phantom.Faults(syntax=syntax, **faults),  # type: ignore[arg-type]
    )
    return sorted(paths, key=lambda path: float(dcmread(path, force=True).ImagePositionPatient[2]))


def spoil(path: Path) -> None:
    """Cut a file in its pixels, and let what is left of a codestream be none."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - 1200])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often the pixels of each file are asked for."""
    count: Counter[str] = Counter()
    decode, native, others = pixels.decode_frame, native_frames._read_native, native_frames.native_values

    def decoded(stored: Any, *rest: Any) -> Any:
        count[stored.source.path] += 1
        return decode(stored, *rest)

    def read(file: Any, frame: Any, place: Any) -> Any:
        count[frame.stored.source.path] += 1
        return native(file, frame, place)

    def by_pydicom(stored: Any, indices: Any) -> Any:
        count[stored.source.path] += 1
        return others(stored, indices)

    monkeypatch.setattr(pixels, "decode_frame", decoded)
    monkeypatch.setattr(native_frames, "_read_native", read)
    monkeypatch.setattr(native_frames, "native_values", by_pydicom)
    return count


@pytest.mark.parametrize("syntax", [NATIVE, RLE, BIG])
@pytest.mark.parametrize("bad", [(5,), (1, 6, 7)])
def test_with_bad_files_each_of_the_others_is_read_once(
    syntax: str, bad: tuple[int, ...], asked: Counter[str], tmp_path: Path
) -> None:
    paths = series(tmp_path / "ct", syntax)
    for k in bad:
        spoil(paths[k])
    with pytest.raises(BadFileError, match=paths[bad[0]].name):
        viewer3d.load(tmp_path / "ct")
    asked.clear()
    volume = viewer3d.load(tmp_path / "ct", skip_bad=True)
    good = {str(path) for k, path in enumerate(paths) if k not in bad}
    assert {path: asked[path] for path in good} == dict.fromkeys(good, 1)
    assert max(asked.values()) == 1  # a bad one is not asked again
    note = f"{len(bad)} images were left out because they cannot be read; the first: {paths[bad[0]]}"
    assert any(one.startswith(note) for one in volume.notes)
    for k in bad:
        paths[k].unlink()
    truth = viewer3d.load(tmp_path / "ct")
    assert np.array_equal(volume.voxels, truth.voxels)
    assert np.array_equal(volume.affine, truth.affine)
    assert volume.windows == truth.windows
    assert volume.voxels.dtype == truth.voxels.dtype


def test_the_others_are_decoded_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = series(tmp_path, RLE)
    spoil(paths[0])
    for module in (workers, distribute):
        monkeypatch.setattr(module, "cores", lambda: 2)
    monkeypatch.setattr(distribute, "WORTH_A_WORKER", 1e-9)
    both, decode = threading.Barrier(2, timeout=30), pixels.decode_frame
    seen: dict[int, None] = {}

    def meet(*given: Any) -> Any:
        if threading.get_ident() not in seen:
            seen[threading.get_ident()] = None
            both.wait()  # breaks where there is one after another
        return decode(*given)

    monkeypatch.setattr(pixels, "decode_frame", meet)
    assert viewer3d.load(tmp_path, skip_bad=True, irregular="keep").shape == (*SHAPE[:2], SHAPE[2] - 1)
    assert len(seen) == 2


def change(path: Path, **values: Any) -> None:
    dataset = dcmread(path)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)


@pytest.mark.parametrize("slope", ["1e30", "0.25", "1e300"])
def test_what_a_bad_file_says_changes_nothing_of_the_others(slope: str, tmp_path: Path) -> None:
    """A slope that makes float32 of a volume is that of a file whose pixels are cut, or too large for float32."""
    paths = series(tmp_path / "ct", NATIVE)
    change(paths[3], RescaleSlope=slope)
    spoil(paths[3])
    volume = viewer3d.load(tmp_path / "ct", skip_bad=True, irregular="keep")
    paths[3].unlink()
    truth = viewer3d.load(tmp_path / "ct", irregular="keep")
    assert volume.voxels.dtype == truth.voxels.dtype == np.int16
    assert np.array_equal(volume.voxels, truth.voxels)


def test_values_beyond_float32_are_those_of_their_file_alone(tmp_path: Path) -> None:
    paths = series(tmp_path / "ct", NATIVE)
    change(paths[3], RescaleSlope="1e300")
    with pytest.raises(BadFileError, match=rf"{paths[3].name}: slope 1e\+300 .* beyond float32"):
        viewer3d.load(tmp_path / "ct")
    volume = viewer3d.load(tmp_path / "ct", skip_bad=True, irregular="keep")
    paths[3].unlink()
    assert np.array_equal(volume.voxels, viewer3d.load(tmp_path / "ct", irregular="keep").voxels)
    assert volume.voxels.dtype == np.int16


@pytest.mark.parametrize("which", ["first", "second", "both"])
def test_of_two_images_at_one_place_the_other_steps_in(which: str, tmp_path: Path) -> None:
    paths = series(tmp_path / "ct", NATIVE)
    truth = viewer3d.load(tmp_path / "ct")
    twin = paths[4].with_name("zz.dcm")
    shutil.copyfile(paths[4], twin)
    for path in {"first": [paths[4]], "second": [twin], "both": [paths[4], twin]}[which]:
        spoil(path)
    volume = viewer3d.load(tmp_path / "ct", skip_bad=True, irregular="keep")
    if which == "both":
        assert np.array_equal(volume.voxels, np.delete(truth.voxels, 4, axis=2))
    else:
        assert np.array_equal(volume.voxels, truth.voxels)


def test_nothing_that_can_be_read_is_told(tmp_path: Path) -> None:
    for path in series(tmp_path, RLE):
        spoil(path)
    with pytest.raises(BadFileError, match=rf"none of {SHAPE[2]} images can be read; the first: "):
        viewer3d.load(tmp_path, skip_bad=True)


@pytest.mark.parametrize("syntax", [NATIVE, RLE])
def test_progress_goes_on_to_the_end(syntax: str, tmp_path: Path) -> None:
    spoil(series(tmp_path, syntax)[2])
    told: list[tuple[str, int, int]] = []
    viewer3d.load(tmp_path, skip_bad=True, progress=lambda *one: told.append(one))
    done = [one[1] for one in told if one[0] == "slices"]
    assert done == sorted(done)
    assert told[-1] == ("slices", SHAPE[2], SHAPE[2])
