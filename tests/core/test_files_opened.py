"""What is opened, and a loader to which all is taken away that Windows lacks."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pydicom import dcmread

from viewer3d import phantom
from viewer3d.core import files
from viewer3d.core.files import kind_of, open_file

PLACE = Path(__file__).parents[2]

SCRIPT = """
import hashlib, json, os, sys
folder, out, lacking = sys.argv[1], sys.argv[2], sys.argv[3] == "lacking"
TAKEN = "import tests.without_posix as lacking; lacking.take_away()"
if lacking:
    exec(TAKEN)
    assert not hasattr(os, "pread")
import viewer3d
from viewer3d.cli import main
from viewer3d.dicom.pixels import workers
if lacking:
    # Of the workers as well, which say so where something is there after all.
    workers.PROGRAM = workers.PROGRAM.replace("from viewer3d", TAKEN + "; from viewer3d", 1)
told = {}
for name in sorted(os.listdir(folder)):
    found = viewer3d.scan(os.path.join(folder, name))
    volume = viewer3d.load(found)
    digest = hashlib.sha256(volume.voxels.tobytes()).hexdigest()
    told[name] = [repr(found), volume.shape, volume.affine.tolist(), digest]
    picture = os.path.join(out, name + ".png")
    main(["shot", os.path.join(folder, name), "-o", picture, "--view", "axial"], standalone_mode=False)
    with open(picture, "rb") as file:
        told[name].append(hashlib.sha256(file.read()).hexdigest())
told["bad"] = []
for name in ("gone", "damaged.dcm"):
    try:
        viewer3d.load(os.path.join(out, name))
    except viewer3d.Viewer3DError as error:
        told["bad"].append(str(error))
told["memory"] = 0 < viewer3d.dicom.memory.memory_left().bytes
print(json.dumps(told))
if lacking:
    files = [path for path in sys.modules["tests.without_posix"].AS_TEXT if path != os.devnull]
    assert not files, files[:3]
"""


def ran(folder: Path, out: Path, how: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(PLACE)}
    words = [sys.executable, "-c", SCRIPT, str(folder), str(out), how]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there it is taken away already")
def test_a_reader_without_all_that_windows_lacks_reads_the_same(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    for syntax in ("ExplicitVRLittleEndian", "ImplicitVRLittleEndian", "RLELossless", "JPEG2000Lossless"):
        faults = phantom.Faults(syntax=syntax)  # type: ignore[arg-type]
        for path in phantom.write(folder / syntax, shape=(40, 36, 5), spacing=(9, 8, 5), faults=faults):
            # Read as text, the header would be shorter than it is, and end before its pixels.
            dataset = dcmread(path)
            dataset.ImageComments = "one\r\ntwo"
            dataset.BodyPartExamined = "CHEST"
            dataset.save_as(path)
            assert path.read_bytes().count(b"one\r\ntwo") == 1
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (folder / "RLELossless").iterdir():
            archive.write(path, path.name)
    out.mkdir()
    (out / "damaged.dcm").write_bytes(path.read_bytes()[:2000])
    told = ran(folder, out, "lacking")
    assert told == ran(folder, out, "all there")
    assert str(folder) in told


def test_what_is_opened() -> None:
    assert files.OPEN_FLAGS & getattr(os, "O_NONBLOCK", 0) == getattr(os, "O_NONBLOCK", 0)
    number = open_file(__file__)
    assert os.read(number, 3) == b'"""'
    os.close(number)
    assert kind_of(0) == "neither a file nor a folder"


def test_the_readme_and_the_classifiers_say_where_it_runs() -> None:
    import tomllib

    classifiers = tomllib.loads((PLACE / "pyproject.toml").read_text())["project"]["classifiers"]
    systems = ["MacOS", "Microsoft :: Windows", "POSIX :: Linux"]
    assert [one for one in classifiers if one.startswith("Operating System")] == [
        f"Operating System :: {one}" for one in systems
    ]
    readme = " ".join((PLACE / "README.md").read_text().split())
    assert "Linux, macOS and Windows are supported; tested is Linux alone" in readme
