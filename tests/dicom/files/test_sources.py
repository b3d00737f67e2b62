"""Where DICOM may be: folders, files, archives, and what is not there."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from pydicom import dcmread

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import phantom
from viewer3d.cli import main
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import find_sources
from viewer3d.errors import BadFileError, NotFoundError, NoVolumeError


def test_a_folder_is_searched_at_any_depth_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b/2.dcm", "b/1.dcm", "a/x/y/3.dcm", "c.dcm", "DICOMDIR"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    loop, *found = find_sources(tmp_path)
    assert [str(Path(source.name).relative_to(tmp_path)) for source in found] == [
        "a/x/y/3.dcm",
        "b/1.dcm",
        "b/2.dcm",
        "c.dcm",
    ]
    link = "a link to a folder, which is not followed: give that folder besides"
    assert loop == RefusedFile(str(tmp_path / "a" / "loop"), link, unseen=True)


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
    assert dict(viewer3d.scan(archive).refused_reasons) == {"its bytes do not match their checksum": 1}


def test_a_dicomdir_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "DICOMDIR").write_text("no")
    with pytest.raises(BadFileError, match="not a DICOMDIR"):
        viewer3d.scan(tmp_path / "DICOMDIR")


def test_names_without_dcm_are_read(tmp_path: Path) -> None:
    for path in write_phantom(tmp_path, shape=(12, 10, 4), spacing=(9, 8, 5)):
        path.rename(path.with_suffix(""))
    assert viewer3d.load(tmp_path).shape == (12, 10, 4)


def test_a_list_of_paths_is_a_place(tmp_path: Path) -> None:
    files = write_phantom(tmp_path / "a", shape=(12, 10, 6), spacing=(9, 8, 5))
    (tmp_path / "b").mkdir()
    for path in files[3:]:
        path.rename(tmp_path / "b" / path.name)
    whole = viewer3d.load(tmp_path)
    half = sorted((tmp_path / "a").iterdir())
    for places in ([*half, tmp_path / "b"], [str(tmp_path / "a"), tmp_path / "b", half[0]], (tmp_path,)):
        volume = viewer3d.load(places)
        assert np.array_equal(volume.voxels, whole.voxels)
        assert np.array_equal(volume.affine, whole.affine)
        assert not any("same picture" in note for note in volume.notes)  # a file given twice is one
    assert len(viewer3d.load_all([tmp_path / "a", tmp_path / "b"])) == 1
    assert viewer3d.load(half).shape[2] == 3
    assert viewer3d.scan(half).where == f"{half[0]} and 2 more"
    assert viewer3d.scan(half[:1]).lone_file


def test_paths_and_datasets_together(tmp_path: Path) -> None:
    files = sorted(write_phantom(tmp_path, shape=(12, 10, 4), spacing=(9, 8, 5)))
    mixed = [files[0], dcmread(files[1]), str(files[2]), dcmread(files[3])]
    assert np.array_equal(viewer3d.load(mixed).voxels, viewer3d.load(tmp_path).voxels)
    assert np.array_equal(viewer3d.load(iter(mixed)).voxels, viewer3d.load(tmp_path).voxels)
    assert len(viewer3d.scan(dcmread(files[0]))) == 1  # one dataset, which iterates over its elements


@pytest.mark.parametrize("what", [[3], [None], 7, None])
def test_what_is_no_place_is_said(what: Any) -> None:
    with pytest.raises(NotFoundError, match="no place; give"):
        viewer3d.scan(what)


def test_one_path_of_a_list_that_is_missing_is_named(tmp_path: Path) -> None:
    write_phantom(tmp_path / "a", shape=(12, 10, 3), spacing=(9, 8, 5))
    with pytest.raises(NotFoundError, match=r"gone: no such file"):
        viewer3d.load([tmp_path / "a", tmp_path / "gone"])


@pytest.mark.parametrize("size", [1, 100, "1 KB"])
@pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "RLELossless"])
def test_datasets_whose_values_are_still_in_the_file(size: int | str, syntax: str, tmp_path: Path) -> None:
    files = sorted(write_phantom(tmp_path, shape=(24, 20, 4), spacing=(9, 8, 5), faults=phantom.Faults(syntax=syntax)))
    volume = viewer3d.load([dcmread(path, defer_size=size) for path in files])
    assert np.array_equal(volume.voxels, viewer3d.load(tmp_path).voxels)


def test_a_dataset_whose_file_is_gone_is_said(tmp_path: Path) -> None:
    files = sorted(write_phantom(tmp_path, shape=(24, 20, 3), spacing=(9, 8, 5)))
    datasets = [dcmread(path, defer_size=100) for path in files]
    files[0].unlink()
    with pytest.raises(BadFileError, match=r"dataset \d: cannot be read .*000"):
        viewer3d.load(datasets)


def test_datasets_without_pixels_are_told_as_such(tmp_path: Path) -> None:
    files = write_phantom(tmp_path, shape=(12, 10, 3), spacing=(9, 8, 5))
    datasets = [dcmread(path, stop_before_pixels=True) for path in files]
    with pytest.raises(NoVolumeError, match=r"3 a CT Image Storage without pixels: .* without stop_before_pixels"):
        viewer3d.load(datasets)
    datasets[0] = dcmread(files[0])
    with pytest.raises(viewer3d.Viewer3DError, match="without stop_before_pixels"):
        viewer3d.load(datasets)


def test_the_program_takes_several_paths(tmp_path: Path) -> None:
    files = write_phantom(tmp_path, shape=(12, 10, 4), spacing=(9, 8, 5))
    told = CliRunner().invoke(main, ["list", *map(str, files), "--json"])
    assert told.exit_code == 0
    assert json.loads(told.output) == json.loads(CliRunner().invoke(main, ["list", str(tmp_path), "--json"]).output) | {
        "path": f"{files[0]} and 3 more"
    }
    assert CliRunner().invoke(main, ["list"]).exit_code == 2
