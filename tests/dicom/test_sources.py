"""Where DICOM may be: folders, files, archives, and what is not there."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import viewer3d
from viewer3d import phantom
from viewer3d.dicom.sources import find_sources
from viewer3d.errors import BadFileError, NotFoundError


def test_a_folder_is_searched_at_any_depth_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b/2.dcm", "b/1.dcm", "a/x/y/3.dcm", "c.dcm", "DICOMDIR"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    names = [str(Path(source.name).relative_to(tmp_path)) for source in find_sources(tmp_path)]
    assert names == ["a/x/y/3.dcm", "b/1.dcm", "b/2.dcm", "c.dcm"]


def test_a_missing_path(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"nothing: no such file or folder; give a folder"):
        viewer3d.scan(tmp_path / "nothing")


def test_an_empty_folder(tmp_path: Path) -> None:
    assert len(viewer3d.scan(tmp_path)) == 0
    with pytest.raises(NotFoundError, match="empty"):
        viewer3d.load(tmp_path)


def test_noise_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no DICOM here\n" * 100)
    (tmp_path / "empty").touch()
    (tmp_path / "zeros").write_bytes(bytes(5000))
    (tmp_path / "looks.dcm").write_bytes(bytes(128) + b"DICM" + b"\xff" * 400)
    found = viewer3d.scan(tmp_path)
    assert sum(found.refused_reasons.values()) == 4
    with pytest.raises((NotFoundError, viewer3d.errors.NoVolumeError)):
        viewer3d.load(tmp_path)


def test_a_locked_zip_is_said(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("x.dcm", b"DICM" * 100)
    broken = archive.read_bytes()
    archive.write_bytes(broken[:40] + b"\0\0\0\0" + broken[44:])  # the data no longer match their checksum
    assert [source.name for source in find_sources(archive)] == [f"{archive}:x.dcm"]
    assert next(iter(viewer3d.scan(archive).refused_reasons)).startswith(("Bad", "File", "bad"))


def test_a_dicomdir_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "DICOMDIR").write_text("no")
    with pytest.raises(BadFileError, match="not a DICOMDIR"):
        viewer3d.scan(tmp_path / "DICOMDIR")


def test_names_without_dcm_are_read(tmp_path: Path) -> None:
    for path in phantom.write(tmp_path, shape=(12, 10, 4), spacing=(9, 8, 5)):
        path.rename(path.with_suffix(""))
    assert viewer3d.load(tmp_path).shape == (12, 10, 4)
