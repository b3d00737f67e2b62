"""What stands in the place of files and is none, what may not be read, and what is another when it is loaded."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pydicom import dcmread

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import phantom
from viewer3d.cli import main
from viewer3d.core.files import open_file
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import FileSource
from viewer3d.dicom.headers.read import read_frames
from viewer3d.dicom.pixels.modality_values import read_voxels
from viewer3d.errors import BadFileError, NotFoundError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a series of six slices in it."""
    write_phantom(tmp_path / "ct", shape=(16, 14, 6), spacing=(20, 20, 20))
    return tmp_path / "ct"


posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")


def put_odd_places(folder: Path) -> dict[str, str]:
    """Put what is no file into a folder, and return what is to be said of each by its name."""
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as one:
        before = Path.cwd()
        os.chdir(folder)  # the path of a socket has 107 bytes at most
        one.bind("socket")
        os.chdir(before)
    (folder / "loop").symlink_to("loop")
    (folder / "up").symlink_to("..")
    (folder / "nowhere").symlink_to("gone/1.dcm")
    (folder / "device").symlink_to("/dev/zero")
    return {
        "fifo": "a named pipe (FIFO), which is no file",
        "socket": "a socket, which is no file",
        "device": "a device, which is no file",
        "loop": "a link that loops",
        "nowhere": "a link that leads nowhere",
        "up": "a link to a folder, which is not followed: give that folder besides",
    }


@posix
def test_what_is_no_file_is_told_by_count_and_reason_and_the_rest_loads(folder: Path) -> None:
    truth = viewer3d.load(folder)
    expected = put_odd_places(folder)
    os.mkfifo(folder / "fifo 2")
    found = viewer3d.scan(folder)
    assert {Path(one.name).name: one.reason for one in found.refused} == expected | {"fifo 2": expected["fifo"]}
    assert found.refused_reasons[expected["fifo"]] == 2
    volume = viewer3d.load(folder)
    assert np.array_equal(volume.voxels, truth.voxels)
    # What may hide a slice is said of the volume too.
    hidden = f"3 places beside the files could not be searched: {folder}/loop (a link that loops)."
    assert set(volume.notes) == {*truth.notes, hidden}
    for verb in ("list", "info"):
        told = CliRunner().invoke(main, [verb, str(folder)])
        assert told.exit_code == 0
        assert "left out: 2 a named pipe (FIFO), which is no file\n" in told.output
        assert "left out: 1 a link that loops\n" in told.output


@posix
def test_what_is_no_file_given_by_name(folder: Path) -> None:
    expected = put_odd_places(folder)
    for name in ("fifo", "socket", "device", "loop"):
        with pytest.raises(BadFileError) as caught:
            viewer3d.load(folder / name)
        said = f"{folder / name}: {expected[name]}; give a file or a folder that can be read"
        assert str(caught.value) == said
        done = CliRunner().invoke(main, ["list", str(folder / name)])
        assert (done.exit_code, said in done.stderr) == (2, True)
    with pytest.raises(NotFoundError, match=r"no such file or folder \(it is a link that leads nowhere\); give"):
        viewer3d.load(folder / "nowhere")
    # Of several that are given, as by a shell's folder/*, the others are read.
    given = [one for one in sorted(folder.iterdir()) if one.name not in ("nowhere", "up")]
    found = viewer3d.scan(given)
    assert [series.files for series in found] == [6]
    assert found.refused_reasons[expected["fifo"]] == 1
    with pytest.raises(NotFoundError, match="no such file"):
        viewer3d.load("a\0b")
    with pytest.raises(BadFileError, match=r"a path that leads where nothing may be read \(File name too long\)"):
        viewer3d.load("a" * 5000)


@posix
def test_a_file_that_becomes_a_pipe_is_not_waited_for(folder: Path, tmp_path: Path) -> None:
    found = viewer3d.scan(folder)
    first = sorted(folder.iterdir())[0]
    first.unlink()
    os.mkfifo(first)
    assert read_frames(FileSource(str(first))) == RefusedFile(
        str(first), "cannot be read (a pipe or a device, no file)", damaged=True
    )
    with pytest.raises(BadFileError, match="has changed since"):
        viewer3d.load(found)
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "a")
    with pytest.raises(OSError, match="a pipe or a device, no file"):
        open_file(tmp_path / "in" / "a")
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)


@posix
def test_1500_nested_folders(folder: Path) -> None:
    def nest(name: str, count: int) -> None:
        place = os.open(folder, os.O_RDONLY)
        for _ in range(count):
            os.mkdir(name, dir_fd=place)
            inner = os.open(name, os.O_RDONLY, dir_fd=place)
            os.close(place)
            place = inner
        (file,) = (one for one in folder.iterdir() if one.name == "bottom")
        number = os.open("x.dcm", os.O_WRONLY | os.O_CREAT, dir_fd=place)
        os.write(number, file.read_bytes())
        os.close(number)
        os.close(place)

    sorted(folder.iterdir())[0].rename(folder / "bottom")
    truth = viewer3d.load(folder)
    try:
        nest("z", 1500)  # a path of 3,000 letters
        (folder / "bottom").rename(folder.parent / "kept")
        assert np.array_equal(viewer3d.load(folder).voxels, truth.voxels)  # with the slice at the very end
        (folder.parent / "kept").rename(folder / "bottom")
        nest("y" * 10, 1500)  # and one of 16,500, more than the system opens
        found = viewer3d.scan(folder)
        assert found.refused_reasons == {"a folder that cannot be listed (File name too long)": 1}
        assert np.array_equal(viewer3d.load(folder).voxels, truth.voxels)
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)  # shutil.rmtree has a frame for each


AS_NOBODY = """
import json, os, sys
import viewer3d
from viewer3d.cli import main
place, good = sys.argv[1:]
viewer3d.load(good)
viewer3d.scan(os.path.join(good, os.listdir(good)[0]))
try:
    main(["list", good])
except SystemExit:
    pass
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
found = viewer3d.scan(place)
volume = viewer3d.load(place)
told = {"refused": {one.name: one.reason for one in found.refused}, "shape": volume.shape, "notes": volume.notes}
for name in ("locked", "secret.dcm"):
    try:
        viewer3d.load(os.path.join(place, "..", "alone", name))
    except viewer3d.Viewer3DError as error:
        told[name] = str(error)
print(json.dumps(told))
"""


@posix
def test_what_may_not_be_read_is_told_and_the_rest_loads(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as above:  # a folder that everybody may enter, as tmp_path is not
        place, alone = Path(above) / "ct", Path(above) / "alone"
        shutil.copytree(folder, place)
        (place / "locked" / "inside").mkdir(parents=True)
        (place / "link").symlink_to("locked/inside")
        (alone / "locked").mkdir(parents=True)
        (alone / "secret.dcm").write_bytes(b"no")
        for path in (Path(above), place, alone, *place.glob("*.dcm")):
            path.chmod(0o755)
        for path in (place / "locked", alone / "locked", alone / "secret.dcm"):
            path.chmod(0)
        words = [sys.executable, "-c", AS_NOBODY, str(place), str(folder)]
        environment = {**os.environ, "PYTHONPATH": str(Path(viewer3d.__file__).parents[1])}
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=True, timeout=60)
        for path in (place / "locked", alone / "locked"):
            path.chmod(0o755)
    told = json.loads(done.stdout.splitlines()[-1])
    listed, linked = (
        "a folder that cannot be listed (Permission denied)",
        "a link that leads where nothing may be read (Permission denied)",
    )
    assert told["refused"] == {f"{place}/locked": listed, f"{place}/link": linked}
    assert told["shape"] == [16, 14, 6]
    assert f"2 places beside the files could not be searched: {place}/link ({linked})." in told["notes"]
    assert told["locked"].endswith(f"alone/locked: {listed}; give a file or a folder that can be read")
    assert "cannot be read (Permission denied)" in told["secret.dcm"]


@pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "ExplicitVRBigEndian", "RLELossless"])
@pytest.mark.parametrize("how", ["gone", "cut", "replaced"])
def test_a_file_that_is_another_when_it_is_loaded(syntax: str, how: str, tmp_path: Path) -> None:
    paths = write_phantom(tmp_path, shape=(24, 20, 6), spacing=(9, 8, 5), faults=phantom.Faults(syntax=syntax))
    truth = viewer3d.load(tmp_path)
    found = viewer3d.scan(tmp_path)
    lost = next(one for one in paths if dcmread(one).ImagePositionPatient[2] == min(zs(paths)))
    if how == "gone":
        lost.unlink()
    elif how == "cut":
        lost.write_bytes(lost.read_bytes()[:-100])
    else:  # by another image, whose pixels lie as many bytes from its beginning
        other = next(one for one in paths if one != lost)
        shutil.copyfile(other, lost)
        os.utime(lost, (1, 1))
    says = "cannot be read (No such file or directory)" if how == "gone" else "has changed since its header was read"
    with pytest.raises(BadFileError, match=rf"{lost.name}: {re.escape(says)}; "):
        viewer3d.load(found)
    volume = viewer3d.load(found, skip_bad=True)
    assert volume.shape == (24, 20, 5)
    assert np.array_equal(volume.voxels, truth.voxels[:, :, 1:])
    assert any(lost.name in note and says in note for note in volume.notes)


def zs(paths: list[Path]) -> list[float]:
    return [float(dcmread(path).ImagePositionPatient[2]) for path in paths]


def test_a_tar_that_is_another_when_it_is_loaded(folder: Path, tmp_path: Path) -> None:
    for name, order in (("a.tar", False), ("b.tar", True)):
        with tarfile.open(tmp_path / name, "w") as archive:
            for path in sorted(folder.iterdir(), reverse=order):
                archive.add(path, path.name)
    found = viewer3d.scan(tmp_path / "a.tar")
    os.utime(tmp_path / "b.tar", (1, 1))
    (tmp_path / "b.tar").replace(tmp_path / "a.tar")
    with pytest.raises(BadFileError, match="has changed since its header was read"):
        viewer3d.load(found)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that gives an error where it is read")
def test_a_file_whose_bytes_cannot_be_had(folder: Path) -> None:
    assert read_frames(FileSource("/proc/self/mem")) == RefusedFile(
        "/proc/self/mem", "cannot be read (Input/output error)", damaged=True
    )
    (frame, *_) = viewer3d.scan(folder)[0].frames
    frame = replace(frame, stored=replace(frame.stored, source=FileSource("/proc/self/mem"), stamp=None))
    for syntax in (frame.stored.transfer_syntax, "1.2.840.10008.1.2.5"):
        with pytest.raises(BadFileError, match=r"/proc/self/mem: cannot be read \(Input/output error\); "):
            read_voxels([replace(frame, stored=replace(frame.stored, transfer_syntax=syntax))])
