"""The short path to a header agrees with pydicom, or leaves the file to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from viewer3d.dicom import fast, headers
from viewer3d.dicom.frame import Frame
from viewer3d.dicom.headers import Refused, read_frames
from viewer3d.dicom.sources import FileSource, find_sources

Real = Callable[[str], Path]


def by_pydicom(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Frame, ...] | Refused:
    with monkeypatch.context() as patch:
        patch.setattr(headers.fast, "read_attributes", lambda _path: None)
        return read_frames(FileSource(str(path)))


def assert_agree(path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the short path answered; if so, as pydicom does."""
    if fast.read_attributes(str(path)) is None:
        return False
    ours, theirs = read_frames(FileSource(str(path))), by_pydicom(path, monkeypatch)
    if isinstance(ours, Refused) or isinstance(theirs, Refused):
        assert ours == theirs
    else:
        assert ours == theirs
        assert [frame.tells for frame in ours] == [frame.tells for frame in theirs]
    return True


def test_every_real_file(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [Path(source.name) for source in find_sources(real("."))]
    answered = sum(assert_agree(path, monkeypatch) for path in sources)
    assert answered > 0.7 * len(sources)  # PET and enhanced files nest what the loader needs


@pytest.mark.parametrize("cut", [0, 100, 131, 132, 140, 300, 1000, 2000])
def test_a_cut_header_is_left_to_pydicom(cut: int, real: Real, tmp_path: Path) -> None:
    whole = next(iter(sorted(real("ct_torso_acrin").iterdir()))).read_bytes()
    path = tmp_path / "cut.dcm"
    path.write_bytes(whole[:cut])
    assert fast.read_attributes(str(path)) is None


def test_a_header_longer_than_a_chunk(real: Real, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pydicom import dcmread

    dataset = dcmread(next(iter(sorted(real("ct_torso_acrin").iterdir()))))
    block = dataset.private_block(0x0009, "viewer3d", create=True)
    block.add_new(0x01, "OB", bytes(200_000))
    path = tmp_path / "long.dcm"
    dataset.save_as(path)
    assert assert_agree(path, monkeypatch)


def test_a_name_in_another_alphabet_is_left_to_pydicom(real: Real, tmp_path: Path) -> None:
    from pydicom import dcmread

    dataset = dcmread(next(iter(sorted(real("ct_torso_acrin").iterdir()))))
    dataset.SpecificCharacterSet, dataset.SeriesDescription = "ISO_IR 192", "Schädel"
    path = tmp_path / "umlaut.dcm"
    dataset.save_as(path)
    assert fast.read_attributes(str(path)) is None
    frames = read_frames(FileSource(str(path)))
    assert not isinstance(frames, Refused)
    assert frames[0].series.description == "Schädel"
    assert replace(frames[0].series, description="") != frames[0].series
