"""viewer3d.save: by type and suffix, whole or not at all, and refused in words."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from viewer3d import Volume, phantom
from viewer3d.errors import OutputError, ViewError
from viewer3d.formats.save import SEGMENTATIONS, VOLUMES, WRITERS

VOLUME = phantom.volume(shape=(14, 12, 6), spacing=(20.0, 22.0, 40.0))


def test_suffixes_are_those_that_errors_list(tmp_path: Path) -> None:
    listed = ".nii, .nii.gz, .nrrd, .nhdr, .mha, .mhd, .vti, .npz, or a new folder, NAME/"
    with pytest.raises(OutputError, match=rf"a volume is not saved with the suffix '\.tif': give one of {listed}"):
        viewer3d.save(VOLUME, tmp_path / "a.tif")
    with pytest.raises(OutputError, match=r"suffix '\.seg\.nrrd', which is for a segmentation: give one of \.nii"):
        viewer3d.save(VOLUME, tmp_path / "a.seg.nrrd")
    with pytest.raises(OutputError, match="is not saved with the suffix"):
        viewer3d.save(VOLUME, tmp_path / ".nii.gz")
    assert viewer3d.save(VOLUME, tmp_path / "A.NII.GZ", sidecar=False).path.read_bytes()[:2] == b"\x1f\x8b"


def test_what_is_nothing_to_save_is_refused(tmp_path: Path) -> None:
    for thing in (None, [], np.zeros((2, 2, 2)), [VOLUME, None]):
        with pytest.raises(ViewError, match="is nothing that is saved: give a Volume"):
            viewer3d.save(thing, tmp_path / "a.nii")
    with pytest.raises(ViewError, match=r"viewer3d\.save to \.vti has no option 'sidecar'"):
        viewer3d.save(VOLUME, tmp_path / "a.vti", sidecar=False)
    with pytest.raises(ViewError, match="did you mean time_step"):
        viewer3d.save(VOLUME, tmp_path / "a.nii", timestep=2)
    with pytest.raises(OutputError, match="there is no folder"):
        viewer3d.save(VOLUME, tmp_path / "no" / "a.nii")


def test_volumes_that_are_no_set_are_refused(tmp_path: Path) -> None:
    other = phantom.volume(shape=(14, 12, 5), spacing=(20.0, 22.0, 40.0))
    for suffix in WRITERS[VOLUMES]:
        with pytest.raises(ViewError, match="volume 2 is not on the grid or in the unit of the first"):
            viewer3d.save([VOLUME, other], tmp_path / f"a{suffix}")
    with pytest.raises(OutputError, match=r"VTI holds one volume, and these are 2: save them one by one, or as \.nii"):
        viewer3d.save([VOLUME, VOLUME], tmp_path / "a.vti")
    with pytest.raises(OutputError, match="time_step=-1 is no time between volumes"):
        viewer3d.save([VOLUME, VOLUME], tmp_path / "a.nii", time_step=-1)
    assert list(tmp_path.iterdir()) == []


def test_a_grid_too_large_for_a_header_is_refused(tmp_path: Path) -> None:
    long = Volume.from_array(np.zeros((1, 1, 40_000), np.int16), np.eye(4))
    with pytest.raises(OutputError, match=r"1 x 1 x 40000 is more than 32,767 along an axis.*give \.nrrd"):
        viewer3d.save(long, tmp_path / "a.nii")
    assert viewer3d.load(viewer3d.save(long, tmp_path / "a.nrrd").path).shape == (1, 1, 40_000)


@pytest.mark.parametrize("suffix", list(WRITERS[VOLUMES]))
def test_what_is_interrupted_leaves_the_earlier_file_and_nothing_else(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"a{suffix}"
    target.write_bytes(b"earlier")

    def stop(stage: str, done: int, total: int) -> None:
        assert (stage, done <= total) == ("writing", True)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        viewer3d.save(VOLUME, target, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    assert target.read_bytes() == b"earlier"


def test_progress_counts_slices(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    viewer3d.save([VOLUME, VOLUME], tmp_path / "a.nii.gz", progress=lambda *one: told.append(one))
    assert told == [("writing", 6, 12), ("writing", 12, 12)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no ulimit")
@pytest.mark.parametrize("suffix", [*WRITERS[VOLUMES], ".labels.nii"])
def test_a_full_disk_leaves_nothing(suffix: str, tmp_path: Path) -> None:
    thing = phantom.organs(VOLUME.geometry) if "labels" in suffix else VOLUME
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, before[1]))
        with pytest.raises(OutputError, match=r"cannot be written \(file too large\): make room there"):
            viewer3d.save(thing, tmp_path / f"a{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def test_the_same_volume_gives_the_same_bytes(tmp_path: Path) -> None:
    for suffix in (".nii.gz", ".nrrd", ".mha", ".vti"):
        one, other = (viewer3d.save(VOLUME, tmp_path / f"{name}{suffix}").path.read_bytes() for name in "ab")
        assert one == other


def test_saving_imports_no_reader_of_these_formats(tmp_path: Path) -> None:
    script = (
        "import sys, numpy as np, viewer3d\n"
        "volume = viewer3d.Volume.from_array(np.zeros((2, 3, 4)), np.eye(4))\n"
        f"viewer3d.save(volume, {str(tmp_path / 'a.nii.gz')!r})\n"
        "print([name for name in ('nibabel', 'nrrd', 'pyvista', 'vtkmodules', 'pydicom') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_kind_has_writers_that_are_there() -> None:
    from importlib import import_module

    assert {VOLUMES, SEGMENTATIONS} <= set(WRITERS)
    for writers in WRITERS.values():
        for place in writers.values():
            module, _, name = place.partition(":")
            assert callable(getattr(import_module(module), name))
