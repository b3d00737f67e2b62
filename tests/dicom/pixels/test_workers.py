"""Decoders may crash, hang or take all memory: that is an error of one frame, and nobody is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

import viewer3d
from tests.combinations import each_value
from tests.dicom.processes import wait_until_gone, wrong_program
from tests.phantom_files import write_phantom
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.pixels import workers
from viewer3d.dicom.pixels.decode_worker import DECODERS
from viewer3d.dicom.pixels.modality_values import read_voxels, worker_starter
from viewer3d.dicom.pixels.transfer_syntaxes import FAMILIES
from viewer3d.dicom.pixels.workers import WORKERS, cores
from viewer3d.dicom.series.scan import scan
from viewer3d.errors import BadFileError
from viewer3d.phantom import Faults

SLICES = 12
PLACE = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _nobody_stays() -> Iterator[None]:
    """Begin and end each test without workers."""
    WORKERS.end()
    yield
    WORKERS.end()
    if sys.platform == "linux":
        children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
        assert not [one for one in children if "decode_worker" in Path(f"/proc/{one}/cmdline").read_text()]


def series(folder: Path, syntax: str = "RLELossless", **faults: Any) -> Path:
    write_phantom(folder, shape=(48, 40, SLICES), spacing=(9, 8, 7), faults=Faults(syntax=syntax, **faults))
    return folder


def frames_of(folder: Path) -> tuple[Frame, ...]:
    return scan(folder)[0].stacks[0].frames


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let workers decode RLE by a line of Python, in which ``n`` is the first value that the right decoder gives."""

    def put(line: str) -> None:
        monkeypatch.setattr(workers, "PROGRAM", wrong_program(line))

    return put


def mark(folder: Path, number: int, value: int = 4000) -> str:
    """Give the first pixel of one slice a value of its own, and return the name of its file."""
    path = sorted(folder.iterdir(), key=lambda path: float(dcmread(path).ImagePositionPatient[2]))[number]
    dataset = dcmread(path)
    pixels = dataset.pixel_array.copy()
    pixels[0, 0] = value
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.compress("1.2.840.10008.1.2.5", encoding_plugin="pydicom", generate_instance_uid=False)
    dataset.save_as(path)
    return path.name


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("n == 4000 and os.abort()", "SIGABRT"),
        ("n == 4000 and os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("n == 4000 and os._exit(3)", "exit code 3"),
        ("n == 4000 and np.ones(1 << 33)", "it takes more than"),
        ("n == 4000 and 1 / 0", "division by zero"),
        ("if n == 4000: pixels = pixels[:, :-1]", "40 rows x 48 columns"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of memory are those of POSIX")
def test_a_decoder_that_fails_is_an_error_of_its_frame(
    line: str, says: str, decoder: Callable[[str], None], tmp_path: Path
) -> None:
    folder = series(tmp_path / "ct")
    truth = viewer3d.load(folder)
    WORKERS.end()
    name = mark(folder, 5)
    decoder(line)
    with pytest.raises(BadFileError, match=rf"{name}: its pixel data cannot be decoded \(.*{says}"):
        viewer3d.load(folder)
    volume = viewer3d.load(folder, skip_bad=True)
    assert volume.shape == truth.shape  # the place of the lost slice is filled
    assert np.array_equal(volume.voxels[:, :, 4], truth.voxels[:, :, 4])
    assert any(name in note for note in volume.notes)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of CPU time are those of POSIX")
@pytest.mark.parametrize(
    "line", [pytest.param("while n == 4000: pass", marks=pytest.mark.slow), "n == 4000 and time.sleep(600)"]
)
def test_a_decoder_that_never_returns_is_ended(
    line: str, decoder: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = series(tmp_path / "ct")
    name = mark(folder, 5)
    monkeypatch.setattr(workers, "LEAST_SECONDS", 1)
    monkeypatch.setattr(workers, "WALL_FACTOR", 2)
    decoder(line)
    begun = time.monotonic()
    with pytest.raises(BadFileError, match=rf"{name}.*took longer than 1 s"):
        viewer3d.load(folder)
    assert time.monotonic() - begun < 30


@pytest.mark.slow
def test_a_worker_without_limits_of_the_system_ends_by_itself(
    decoder: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where nothing else would end a decoder that hangs when who asked it was killed."""
    folder = series(tmp_path / "ct")
    name = mark(folder, 5)
    decoder("n == 4000 and time.sleep(600)")
    bare = workers.PROGRAM.replace("right =", "sys.modules['resource'] = None; w.ORPHAN_FACTOR = 1\nright =")
    monkeypatch.setattr(workers, "PROGRAM", bare)
    monkeypatch.setattr(workers, "LEAST_SECONDS", 1)
    monkeypatch.setattr(workers, "WALL_FACTOR", 1000)
    begun = time.monotonic()
    with pytest.raises(BadFileError, match=rf"{name}: .*its decoder was ended by exit code 1"):
        viewer3d.load(folder)
    assert time.monotonic() - begun < 30
    WORKERS.end()
    viewer3d.load([path for path in folder.iterdir() if path.name != name])
    kept = [worker.id for worker in WORKERS._idle]
    time.sleep(1.5)
    assert kept
    assert [worker.id for worker in WORKERS._idle if worker.alive] == kept  # the timer of a frame ends with the frame


def test_workers_are_kept_for_the_next_series(tmp_path: Path) -> None:
    frames = frames_of(series(tmp_path / "ct"))
    first = read_voxels(frames)
    kept = {worker.id for worker in WORKERS._idle}
    assert 1 <= len(kept) <= cores()
    assert np.array_equal(read_voxels(frames), first)
    assert {worker.id for worker in WORKERS._idle} == kept


def test_every_family_has_decoders_that_are_there() -> None:
    of_colors = {"JPEG, YBR", "JPEG, RGB", "RLE, colour"}  # which color_pixels.py chooses
    assert {name for family in FAMILIES for name in family.decoders} | of_colors == set(DECODERS)


def test_the_readme_has_the_table() -> None:
    readme = (PLACE / "README.md").read_text()
    for family in FAMILIES:
        numbers = ", ".join(syntax.removeprefix("1.2.840.10008.1.2") for syntax in family.syntaxes)
        by = family.library if family.decoders else "nothing: as it lies"
        assert f"| {family.name} | {numbers} | {by} |" in readme


SCRIPT = """
import sys
import viewer3d
print(viewer3d.load(sys.argv[1]).voxels.sum())
"""


def ran(words: list[str], **how: Any) -> str:
    environment = {**os.environ, "PYTHONPATH": str(PLACE)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True, timeout=120, **how).stdout


def test_an_unguarded_script_and_standard_input(tmp_path: Path) -> None:
    folder = series(tmp_path / "ct", "JPEG2000Lossless")
    (tmp_path / "script.py").write_text(SCRIPT)
    expected = str(viewer3d.load(folder).voxels.sum())
    assert ran([sys.executable, str(tmp_path / "script.py"), str(folder)]).split() == [expected]
    assert ran([sys.executable, "-", str(folder)], input=SCRIPT).split() == [expected]


def test_in_a_thread_beside_others(tmp_path: Path) -> None:
    folder = series(tmp_path / "ct", "JPEGLSLossless")
    truth, found = viewer3d.load(folder).voxels, []
    threads = [threading.Thread(target=lambda: found.append(viewer3d.load(folder).voxels)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert all(np.array_equal(one, truth) for one in found)


def _sum(folder: str, queue: Any) -> None:
    queue.put(int(viewer3d.load(folder).voxels.sum()))
    WORKERS.end()


@pytest.mark.parametrize("start", [pytest.param("spawn", marks=pytest.mark.slow), "fork"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_in_a_daemonic_process(start: str, tmp_path: Path) -> None:
    """As workers of Dask and of other pools are: they may start no processes by multiprocessing."""
    if start not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {start}")
    folder = series(tmp_path / "ct")
    expected = int(viewer3d.load(folder).voxels.sum())  # this process has workers, which a fork must leave alone
    context = multiprocessing.get_context(start)
    queue = context.Queue()
    process = context.Process(target=_sum, args=(str(folder), queue), daemon=True)
    process.start()
    assert queue.get(timeout=60) == expected
    process.join(30)
    queue.close()
    queue.join_thread()
    assert int(viewer3d.load(folder).voxels.sum()) == expected


LIVING = """
import sys, time
import viewer3d
from viewer3d.dicom.pixels.workers import WORKERS, Worker
viewer3d.load(sys.argv[1])
WORKERS.start(2)
print(*[worker.id for worker in WORKERS._idle], flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_who_ends_leaves_no_worker(how: signal.Signals, tmp_path: Path) -> None:
    folder = series(tmp_path / "ct")
    environment = {**os.environ, "PYTHONPATH": str(PLACE)}
    words = [sys.executable, "-c", LIVING, str(folder)]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        ids = [int(word) for word in process.stdout.readline().split()]
        assert len(ids) == 2
        process.send_signal(how)
        process.wait(30)
    wait_until_gone(ids)


@pytest.mark.parametrize(
    ("name", "skipped", "count"),
    each_value(["jpeg2000_crash", "jpeg_lossless_abort", "jpegls_slow"], [(), ("--skip-bad",)], [21, 1]),
)
def test_a_picture_of_damaged_codestreams_ends_by_itself(
    name: str, skipped: tuple[str, ...], count: int, real: Callable[[str], Path], tmp_path: Path
) -> None:
    damaged = real(".").parent / "damaged" / f"{name}.dcm"
    place = damaged if count == 1 else among_good_ones(damaged, tmp_path / "series")
    words = [sys.executable, "-m", "viewer3d", "shot", str(place), *skipped, "--view", "mpr", "--size", "300x100"]
    environment = {**os.environ, "PYTHONPATH": str(PLACE)}
    out = tmp_path / f"{count}.png"
    done = subprocess.run(
        [*words, "-o", str(out)], env=environment, capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode in (0, 2), done.stderr
    assert out.exists() == (done.returncode == 0)
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert f"{name}.dcm" in done.stderr


def among_good_ones(damaged: Path, folder: Path) -> Path:
    """Put a damaged file into a series of 20 good slices of its size, uncompressed."""
    folder.mkdir()
    for number in range(21):
        dataset = dcmread(damaged)
        dataset.SeriesInstanceUID = "1.2.3"
        dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [0, 0, 3 * number], [1, 0, 0, 0, 1, 0]
        dataset.InstanceNumber, dataset.SOPInstanceUID = number, f"1.2.3.{number + 1}"
        if number == 10:
            dataset.save_as(folder / damaged.name)
            continue
        size = dataset.Rows * dataset.Columns * dataset.BitsAllocated // 8
        dataset.PixelData = bytes(size)
        dataset["PixelData"].VR = "OW"
        dataset["PixelData"].is_undefined_length = False
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
        dataset.save_as(folder / f"{number:02}.dcm", enforce_file_format=False)
    return folder


def test_workers_begin_while_headers_are_read(tmp_path: Path) -> None:
    folder = series(tmp_path / "ct", "JPEG2000Lossless")
    scan(folder)
    assert not WORKERS._idle  # a list of series needs none
    scan(folder, seen=worker_starter())
    assert len(WORKERS._idle) == 1  # a few small pictures are worth one
    seen = worker_starter()
    for frame in 20_000 * [frames_of(folder)[0]]:
        seen(frame)
    assert len(WORKERS._idle) == cores()
