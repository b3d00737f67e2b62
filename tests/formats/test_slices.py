"""The slice in the middle of a file, read without the rest, as thumbnails need it."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from viewer3d import Volume
from viewer3d.dicom.series import catalog as module
from viewer3d.dicom.series.catalog import CatalogRequest, build_catalog
from viewer3d.formats.stored_values import StoredValues

nrrd = pytest.importorskip("nrrd")

FILES: dict[str, dict[str, Any]] = {
    "a.nii": {"sidecar": False},
    "a.nii.gz": {"sidecar": False},
    "raw.nrrd": {"compress": False},
    "a.nrrd": {},
    "a.nhdr": {},
    "a.mha": {},
    "deflated.mha": {"compress": True},
    "a.mhd": {},
    "a.npz": {},
}
RAW = ("a.nii", "raw.nrrd", "a.mha", "a.mhd")


def times() -> list[Volume]:
    rng = np.random.default_rng(2)
    made = [Volume.from_array(rng.integers(-900, 900, (7, 6, 5)).astype(np.int16), np.eye(4), unit="HU") for _ in "abc"]
    return [one.with_info(which={"time": float(n)}, seconds=2.0 * n) for n, one in enumerate(made)]


@pytest.mark.parametrize("name", [*FILES, "a.vti"])
def test_it_is_that_of_the_volume(name: str, tmp_path: Path) -> None:
    volumes = times() if name != "a.vti" else times()[:1]
    path = viewer3d.save(volumes, tmp_path / name, **FILES.get(name, {})).path
    (grid,) = viewer3d.scan(path).grids
    grid = pickle.loads(pickle.dumps(grid))
    for number, one in enumerate(volumes):
        assert np.array_equal(grid.middle_slice(number), one.voxels[:, :, 2])
        slice_bytes = 7 * 6 * 2
        if name in RAW:
            assert grid.bytes_for_slice(number) == slice_bytes
        elif name not in ("a.vti", "a.npz"):
            assert grid.bytes_for_slice(number) == (5 * number + 3) * slice_bytes


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("encoding", ["raw", "gzip", "text"])
def test_volumes_may_be_listed_along_any_axis(axis: int, encoding: str, tmp_path: Path) -> None:
    values = np.random.default_rng(5).integers(0, 99, (7, 6, 5, 3)).astype(np.int16)
    directions = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]
    directions.insert(axis, [np.nan] * 3)
    header = {"space": "LPS", "space directions": directions, "space origin": [0, 0, 0], "encoding": encoding}
    nrrd.write(str(tmp_path / "a.nrrd"), np.moveaxis(values, 3, axis), header, index_order="F")
    (grid,) = viewer3d.scan(tmp_path / "a.nrrd").grids
    for number in range(3):
        assert np.array_equal(grid.middle_slice(number), values[:, :, 2, number])
    assert grid.bytes_for_slice(0) == {"raw": 1, "gzip": 3, "text": 5}[encoding] * 7 * 6 * 3 * 2


def test_slopes_are_honoured(tmp_path: Path) -> None:
    path = viewer3d.save(times()[0], tmp_path / "a.nii", sidecar=False).path
    content = bytearray(path.read_bytes())
    content[112:120] = np.array([0.5, 10.0], "<f4").tobytes()
    path.write_bytes(content)
    (grid,) = viewer3d.scan(path).grids
    assert np.array_equal(grid.middle_slice(0), viewer3d.load(path).voxels[:, :, 2])


@pytest.mark.parametrize("name", RAW)
def test_a_thumbnail_reads_no_whole_volume(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = viewer3d.save(times()[0], tmp_path / name, **FILES[name]).path
    monkeypatch.setattr(StoredValues, "read", None)
    (entry,) = build_catalog(str(path), CatalogRequest(), lambda *_: None).entries
    picture = entry.thumbnail()
    assert (picture.shape, picture.dtype) == ((110, 128), np.uint8)
    assert picture.std() > 20
    assert entry.description == name


def test_where_much_would_be_inflated_there_is_a_word_and_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = viewer3d.save(times()[0], tmp_path / "a.nii.gz", sidecar=False).path
    monkeypatch.setattr(module, "_MOST_FOR_THUMBNAIL", 3 * 7 * 6 * 2 - 1)
    monkeypatch.setattr(StoredValues, "read_slice", None)
    (entry,) = build_catalog(str(path), CatalogRequest(), lambda *_: None).entries
    assert entry.description == "a.nii.gz (no picture: it takes 1 MB)"
    assert len(np.unique(entry.thumbnail())) == 1
