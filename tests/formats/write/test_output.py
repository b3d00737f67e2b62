"""Voxels as bytes of a file, and the room that is reserved for them."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from viewer3d import phantom
from viewer3d.formats.write.output import reserve_room, write_arrays

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reserves nothing elsewhere")


@LINUX
def test_reserved_room_is_taken_and_the_size_stays(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        reserve_room(file, 1 << 20)
        about = (tmp_path / "a").stat()
        assert about.st_size == 0
        assert about.st_blocks * 512 >= 1 << 20


@LINUX
def test_too_little_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file, pytest.raises(OSError) as told:  # noqa: PT011 (of which kind is below)
        reserve_room(file, 1 << 62)
    assert told.value.errno in (errno.EFBIG, errno.ENOSPC)
    assert (tmp_path / "a").stat().st_size == 0


def test_what_is_no_file_of_the_system_is_written_as_well() -> None:
    file = io.BytesIO()
    write_arrays(file, [np.arange(6, dtype=np.int16).reshape(3, 2, 1)], "<i2", before=b"ab")
    assert file.getvalue() == b"ab" + np.array([0, 2, 4, 1, 3, 5], "<i2").tobytes()


def test_converting_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    """All of these together take as long as reading 300 headers."""
    phantom.write(tmp_path / "in", shape=(12, 10, 6), spacing=(9, 8, 5))
    heavy = ("pydicom", "pyvista", "vtkmodules", "msgspec", "subprocess", "tempfile", "tarfile", "zipfile", "shutil")
    heavy += ("viewer3d.core.view.state", "viewer3d.core.mesh", "viewer3d.core.segmentation")
    script = (
        "import sys\nfrom viewer3d.cli import main\n"
        f"main.main(['convert', {str(tmp_path / 'in')!r}, '-o', {str(tmp_path / 'a.nii')!r}], standalone_mode=False)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]"), done.stdout
