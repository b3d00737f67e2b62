"""Headers of MetaImage and NRRD with their values beside them, deflated or not."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from viewer3d import Volume, phantom
from viewer3d.errors import OutputError, ViewError

nrrd = pytest.importorskip("nrrd")

VALUES = {".mhd": (".raw", ".zraw"), ".nhdr": (".raw", ".raw.gz")}


@pytest.fixture(scope="module")
def volume() -> Volume:
    return phantom.volume(shape=(14, 12, 6), spacing=(20.0, 22.0, 40.0))


@pytest.mark.parametrize("is_deflated", [False, True])
@pytest.mark.parametrize("suffix", list(VALUES))
def test_values_are_beside_the_header_and_read_from_there(
    suffix: str, is_deflated: bool, volume: Volume, tmp_path: Path
) -> None:
    saved = viewer3d.save(volume, tmp_path / f"a{suffix}", compress=is_deflated)
    values = tmp_path / f"a{VALUES[suffix][is_deflated]}"
    assert saved.files == (tmp_path / f"a{suffix}", values)
    assert sorted(tmp_path.iterdir()) == sorted(saved.files)
    assert (values.stat().st_size < volume.voxels.nbytes) == is_deflated
    if not is_deflated:
        assert values.read_bytes() == volume.voxels.tobytes("F")
    found = viewer3d.load(saved)
    assert np.array_equal(found.voxels, volume.voxels)
    assert np.abs(found.affine - volume.affine).max() < 1e-9
    if suffix == ".nhdr":
        assert np.array_equal(nrrd.read(str(saved.path), index_order="F")[0], volume.voxels)
    viewer3d.save(volume, saved.path, compress=is_deflated)  # over its own


def test_deflated_metaimage_says_how_many_bytes_it_has(volume: Volume, tmp_path: Path) -> None:
    content = viewer3d.save(volume, tmp_path / "a.mha", compress=True).path.read_bytes()
    size = re.search(rb"CompressedData = True\nCompressedDataSize = +(\d+)\n", content)
    assert size is not None
    head, _, packed = content.partition(b"ElementDataFile = LOCAL\n")
    assert b"ElementType = MET_SHORT\n" in head
    assert len(packed) == int(size[1])
    assert zlib.decompress(packed) == volume.voxels.tobytes("F")
    plain = viewer3d.save(volume, tmp_path / "b.mha").path.read_bytes()
    assert b"CompressedData = False\n" in plain
    assert b"CompressedDataSize" not in plain
    assert plain.endswith(volume.voxels.tobytes("F"))


def test_nrrd_that_is_not_deflated_has_its_values_at_the_end(volume: Volume, tmp_path: Path) -> None:
    content = viewer3d.save(volume, tmp_path / "a.nrrd", compress=False).path.read_bytes()
    assert b"encoding: raw\n" in content
    assert content.endswith(b"\n\n" + volume.voxels.tobytes("F"))


@pytest.mark.parametrize("suffix", list(VALUES))
def test_both_are_written_or_none(suffix: str, volume: Volume, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_text("earlier")
    values = tmp_path / f"a{VALUES[suffix][0]}"
    values.mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        viewer3d.save(volume, tmp_path / f"a{suffix}", compress=False)
    assert (tmp_path / f"a{suffix}").read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([f"a{suffix}", values.name])


@pytest.mark.parametrize("suffix", list(VALUES))
def test_values_of_another_header_are_not_written_over(suffix: str, volume: Volume, tmp_path: Path) -> None:
    other = next(one for one in VALUES if one != suffix)
    viewer3d.save(volume, tmp_path / f"a{other}", compress=False)
    before = (tmp_path / "a.raw").read_bytes()
    with pytest.raises(OutputError, match=rf"a\.raw: is there, without a\{suffix}"):
        viewer3d.save(volume.crop((slice(2), slice(3), slice(2))), tmp_path / f"a{suffix}", compress=False)
    assert (tmp_path / "a.raw").read_bytes() == before


@pytest.mark.parametrize("name", ["LIST of a", "local", "a%d", "a "])
@pytest.mark.parametrize("suffix", list(VALUES))
def test_names_that_readers_take_for_something_else_are_refused(
    suffix: str, name: str, volume: Volume, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="give a name without %"):
        viewer3d.save(volume, tmp_path / f"{name}{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_other_formats_have_no_choice(volume: Volume, tmp_path: Path) -> None:
    with pytest.raises(ViewError, match="compress"):
        viewer3d.save(volume, tmp_path / "a.nii", compress=True)
