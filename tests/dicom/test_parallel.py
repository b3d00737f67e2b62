"""Several processes give what one gives, tell what one tells, and leave nobody behind."""

from __future__ import annotations

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
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate

from viewer3d import phantom
from viewer3d.dicom import parallel, pixels
from viewer3d.dicom.frame import Frame
from viewer3d.dicom.pixels import read_voxels
from viewer3d.dicom.scan import scan
from viewer3d.errors import BadFileError
from viewer3d.phantom import Faults

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")

SLICES = 24

Frames = tuple[Frame, ...]


def children() -> str:
    return Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text()


@pytest.fixture(autouse=True)
def _nobody_stays() -> Iterator[None]:
    before = children()
    yield
    assert children() == before


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share the work between three processes, however little it is."""
    monkeypatch.setattr(pixels, "processes_for", lambda _seconds: 3)


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr(pixels, "processes_for", lambda _seconds: 1)


def series(folder: Path, edit: Callable[[Dataset, int], None] | None = None, **faults: Any) -> Frames:
    paths = phantom.write(
        folder, shape=(48, 40, SLICES), spacing=(9, 8, 7), faults=Faults(**{"syntax": "RLELossless"} | faults)
    )
    for n, path in enumerate(paths):
        if edit is not None:
            dataset = dcmread(path)
            edit(dataset, n)
            dataset.save_as(path)
    return scan(folder)[0].stacks[0].frames


def with_table(dataset: Dataset, _n: int) -> None:
    del dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType
    item = Dataset()
    entries = np.arange(4096, dtype=np.uint16)[::-1] * 3
    item.LUTDescriptor, item.ModalityLUTType, item.LUTData = [4096, 0, 16], "HU", entries.tobytes()
    item["LUTDescriptor"].VR, item["LUTData"].VR = "US", "OW"
    dataset.ModalityLUTSequence = [item]


def spoil(*which: int) -> Callable[[Dataset, int], None]:
    """Damage the pixels of some slices beyond decoding."""

    def edit(dataset: Dataset, n: int) -> None:
        if n in which:
            dataset.PixelData = encapsulate([b"\x01\x00" * 40])
            dataset["PixelData"].VR = "OB"

    return edit


def too_large(dataset: Dataset, n: int) -> None:
    dataset.RescaleSlope = 1000 if n == SLICES // 2 else 1


@pytest.mark.parametrize(
    ("edit", "faults", "dtype"),
    [
        (None, {}, np.int16),
        (None, {"syntax": "JPEGLSLossless", "signed": True}, np.int16),
        (None, {"syntax": "JPEG2000Lossless"}, np.int16),
        (None, {"slopes": (1, 0.5, 0.37)}, np.float32),
        (None, {"slopes": (1, 2, 3)}, np.int16),
        (with_table, {}, np.int16),
        (too_large, {}, np.float32),
        (None, {"syntax": "ExplicitVRLittleEndian"}, np.int16),
    ],
)
def test_the_same_voxels(
    edit: Callable[[Dataset, int], None] | None,
    faults: dict[str, Any],
    dtype: type,
    tmp_path: Path,
    three: None,
    one: Callable[[], None],
) -> None:
    frames = series(tmp_path, edit, **faults)
    shared = read_voxels(frames)
    one()
    alone = read_voxels(frames)
    assert shared.dtype == alone.dtype == dtype
    assert shared.strides == alone.strides
    assert np.array_equal(shared, alone)


def test_a_file_of_many_frames(tmp_path: Path, three: None, one: Callable[[], None]) -> None:
    path = phantom.write_enhanced(
        tmp_path / "enhanced.dcm", shape=(48, 40, SLICES), spacing=(9, 8, 7), faults=Faults(syntax="RLELossless")
    )
    frames = scan(path)[0].stacks[0].frames
    shared = read_voxels(frames)
    one()
    assert np.array_equal(shared, read_voxels(frames))


def test_every_piece_is_done_once_and_by_several() -> None:
    count = 5000
    times, who = parallel.shared_array((count,), np.int32), parallel.shared_array((count,), np.int32)

    def work(numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            times[number] += 1
            who[number] = os.getpid()
            if number % 50 == 0:
                time.sleep(0.001)  # gives the others their turn, however busy the machine is
            yield number

    for run in range(1, 21):  # a race that deals a piece twice shows in one of them
        parallel.deal_out(work, count, 3)
        assert (times == run).all()
    assert len(np.unique(who)) > 1


def test_progress_counts_what_all_have_done(tmp_path: Path, three: None) -> None:
    told: list[tuple[int, int]] = []
    read_voxels(series(tmp_path), progress=lambda done, count: told.append((done, count)))
    assert told == sorted(told)
    assert told[-1] == (SLICES, SLICES)


def test_the_error_is_the_one_that_one_process_meets(tmp_path: Path, three: None, one: Callable[[], None]) -> None:
    frames = series(tmp_path, spoil(9, 10, 11, 20))
    with pytest.raises(BadFileError, match=r"IM0010\.dcm: its pixel data cannot be decoded") as shared:
        read_voxels(frames)
    one()
    with pytest.raises(BadFileError) as alone:
        read_voxels(frames)
    assert (type(shared.value), str(shared.value)) == (type(alone.value), str(alone.value))


def test_an_error_stops_the_others() -> None:
    count = 1000
    begun = parallel.shared_array((count,), np.int8)

    def work(numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            begun[number] = 1
            if number == 5:
                raise ValueError("five")
            time.sleep(0.001)
            yield number

    with pytest.raises(ValueError, match="five"):
        parallel.deal_out(work, count, 3)
    assert begun.sum() < count // 10


@pytest.mark.parametrize(
    ("end", "how"),
    [(lambda: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL"), (lambda: os._exit(3), "exit code 3")],
)
def test_a_process_that_dies_is_told(
    end: Callable[[], None], how: str, tmp_path: Path, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames, parent, decode = series(tmp_path), os.getpid(), pixels.stored_values

    def dies(*args: Any, **kwargs: Any) -> Iterator[Any]:
        if os.getpid() != parent:
            end()
        time.sleep(0.01)  # leaves the children some
        return decode(*args, **kwargs)

    monkeypatch.setattr(pixels, "stored_values", dies)
    with pytest.raises(BadFileError, match=rf"IM00\d\d\.dcm: the process that decoded it was ended by {how}"):
        read_voxels(frames)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupt_ends_all_at_once(error: type[BaseException]) -> None:
    begun, parent = parallel.shared_array((100,), np.int8), os.getpid()

    def work(numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            begun[number] = 1
            time.sleep(0.02 if os.getpid() == parent else 60)  # who is not ended now is met by _nobody_stays
            yield number

    def interrupt(_done: int, _count: int) -> None:
        raise error

    with pytest.raises(error):
        parallel.deal_out(work, 100, 3, interrupt)
    assert begun.sum() <= 3


def test_a_child_runs_nothing_of_its_parents(tmp_path: Path) -> None:

    script = """
import atexit, gc, sys
from viewer3d.dicom import parallel

class Cycle:
    def __init__(self): self.me = self
    def __del__(self): print("finalizer")

def work(numbers):
    for number in numbers:
        gc.collect()
        yield number

atexit.register(print, "exit")
gc.disable()
Cycle()
sys.stdout.write("buffer\\n")
parallel.deal_out(work, 50, 3)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert sorted(done.stdout.split()) == ["buffer", "exit", "finalizer"]
    assert done.stderr == ""


def test_small_series_take_no_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    assert read_voxels(series(tmp_path)).shape == (48, 40, SLICES)


def test_when_a_fork_is_worth_it_and_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, parallel.LIVE_GL, raising=False)  # tests before this one may have drawn
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(4)))
    assert parallel.processes_for(60.0) == 4
    assert parallel.processes_for(0.09) == 1  # 20 slices of RLE
    assert parallel.processes_for(0.16) == 3
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, parallel.LIVE_GL, sys)
        assert parallel.processes_for(60.0) == 1
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "darwin")
        assert parallel.processes_for(60.0) == 1
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0})
    assert parallel.processes_for(60.0) == 1


def test_beside_another_thread_there_is_no_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(4)))
    monkeypatch.setattr(pixels, "seconds_a_pixel", lambda _stored: 1.0)
    frames, forks, fork = series(tmp_path), [], os.fork
    monkeypatch.setattr(os, "fork", lambda: forks.append(1) or fork())
    expected = read_voxels(frames)
    assert forks or parallel.LIVE_GL in sys.modules
    forks.clear()
    enough = threading.Event()
    thread = threading.Thread(target=enough.wait)
    thread.start()
    try:
        assert np.array_equal(read_voxels(frames), expected)
    finally:
        enough.set()
        thread.join()
    assert not forks


def test_without_room_for_a_process_the_others_do_all(
    tmp_path: Path, three: None, one: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> int:
        raise OSError

    frames = series(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fork", full)
        shared = read_voxels(frames)
    one()
    assert np.array_equal(shared, read_voxels(frames))
