"""The program that decodes: what it may answer, what it may take, and that it ends with who started it."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from tests.dicom import encoded
from tests.dicom.processes import below, is_running, wait_until_gone, wrong_program
from tests.phantom_files import write_phantom
from viewer3d.dicom.files.archive_members import MAX_HEADER_BYTES
from viewer3d.dicom.files.archives import MAX_MEMBER_BYTES
from viewer3d.dicom.files.sources import FileSource
from viewer3d.dicom.headers.frame import StoredPixels
from viewer3d.dicom.pixels import workers
from viewer3d.dicom.pixels.checks import MAX_BYTES, MAX_PIXELS
from viewer3d.dicom.pixels.decode_worker import DECODERS, MAGIC, REPLY, REQUEST, DecodeRequest, FrameError
from viewer3d.dicom.pixels.workers import LEAST_SECONDS, WALL_FACTOR, WORKERS, Worker
from viewer3d.errors import BadFileError
from viewer3d.phantom import Faults

PLACE = Path(__file__).parents[3]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of memory are those of POSIX")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")

ANSWER = f"""
import os, struct, sys
head = b""
while len(head) < {REQUEST.size}:
    head += os.read(0, {REQUEST.size} - len(head))
os.write(1, ANSWER)
os.read(0, 1 << 20); os.read(0, 1)
"""
"""A worker that answers its first request with some bytes, whatever was asked."""


def stored(rows: int = 4, columns: int = 5) -> StoredPixels:
    return StoredPixels(
        FileSource("a"), "1.2.840.10008.1.2.5", rows, columns, 1, 1, "MONOCHROME2", 16, 16, 15, signed=False
    )


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Worker]]:
    started: list[Worker] = []

    def start(program: str) -> Worker:
        monkeypatch.setattr(workers, "PROGRAM", program)
        started.append(Worker())
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.mark.parametrize(
    "head",
    [
        REPLY.pack(b"v3d0", True, b"u", 2, 40),
        REPLY.pack(MAGIC, True, b"u", 2, 42),
        REPLY.pack(MAGIC, True, b"u", 2, 1 << 62),
        REPLY.pack(MAGIC, True, b"O", 8, 160),
        REPLY.pack(MAGIC, True, b"f", 4, 80),
        REPLY.pack(MAGIC, True, b"\xff", 2, 40),
        REPLY.pack(MAGIC, True, b"u", 255, 20 * 255),
        REPLY.pack(MAGIC, True, b"u", 0, 0),
        REPLY.pack(MAGIC, False, b"-", 0, 1 << 40),
    ],
)
def test_what_a_worker_may_answer_is_bounded(head: bytes, worker: Callable[[str], Worker]) -> None:
    """A decoder that wrote into the worker's own memory may let it answer anything."""
    one = worker(ANSWER.replace("ANSWER", repr(head + bytes(100))))
    with pytest.raises(FrameError, match="answered what it was not asked"):
        one.decode(stored(), "RLE", b"")
    one._process.wait(20)


def test_a_worker_that_is_no_program_at_all_is_an_error(worker: Callable[[str], Worker]) -> None:
    with pytest.raises(FrameError, match="ended by exit code 7"):
        worker("import sys; sys.exit(7)").decode(stored(), "RLE", bytes(1 << 20))


@pytest.mark.parametrize(("rows", "columns"), [(64, 64), (512, 512), (8192, 8192)])
def test_time_and_memory_are_bounded_by_the_size(rows: int, columns: int, worker: Callable[[str], Worker]) -> None:
    tell = "text = head.hex().encode()\n"
    tell += f"os.write(1, struct.pack('{REPLY.format}', {MAGIC!r}, False, b'-', 0, len(text)) + text)"
    one = worker(ANSWER.replace("os.write(1, ANSWER)", tell))
    with pytest.raises(FrameError) as told:
        one.decode(stored(rows, columns), "RLE", bytes(1000))
    magic, *numbers = REQUEST.unpack(bytes.fromhex(str(told.value)))
    asked, pixels = DecodeRequest(*numbers), rows * columns
    assert magic == MAGIC
    assert asked.seconds == {64: 5, 512: 7, 8192: 676}[rows]
    assert asked.memory == (256 << 20) + 64 * pixels + 4000
    assert asked[:5] == (list(DECODERS).index("RLE"), 2, False, rows, columns)
    assert asked.length == 1000


@POSIX
def test_memory_is_bounded_by_the_size(worker: Callable[[str], Worker]) -> None:
    """What fits the bound is decoded; what does not is told, and the worker goes on with the next frame."""
    values = np.arange(20, dtype="<u2").reshape(4, 5)
    one = worker(wrong_program("n = int(pixels[0, 1]); np.zeros(n << 20, np.uint8).fill(1)"))
    for mib, fits in ((100, True), (800, False), (100, True)):
        values[0, 1] = mib
        if fits:
            assert np.array_equal(one.decode(stored(), "RLE", rle(values)), values)
        else:
            with pytest.raises(FrameError, match="it takes more than 256 MiB"):
                one.decode(stored(), "RLE", rle(values))
    assert one.alive


def rle(values: np.ndarray[Any, Any]) -> bytes:
    """Encode by PS3.5 G with literal runs only."""
    high, low = (values >> 8).astype(np.uint8).tobytes(), (values & 255).astype(np.uint8).tobytes()
    segments = [bytes([len(one) - 1]) + one + bytes(1 - len(one) % 2) for one in (high, low)]
    return struct.pack("<16I", 2, 64, 64 + len(segments[0]), *[0] * 13) + b"".join(segments)


def test_values_that_are_no_whole_numbers_are_refused(worker: Callable[[str], Worker]) -> None:
    one = worker(wrong_program("pixels = pixels.astype(np.float32)"))
    with pytest.raises(FrameError, match="it holds float32 where stored values are whole numbers"):
        one.decode(stored(), "RLE", rle(np.ones((4, 5), np.uint16)))


def test_a_second_decoder_is_asked_when_the_first_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = encoded.write_series(tmp_path, "JPEG lossless", 3)
    program = (
        "import sys, json; sys.path[:] = json.loads(sys.argv[1])\n"
        "from viewer3d.dicom.pixels import decode_worker as w\n"
        "def refuses(data, asked): raise ValueError('no')\n"
        "w.DECODERS['JPEG lossless'] = refuses\n"
        "w.answer_requests()\n"
    )
    WORKERS.end()
    monkeypatch.setattr(workers, "PROGRAM", program)
    try:
        assert np.array_equal(viewer3d.load(tmp_path).voxels.transpose(2, 1, 0), truth)
        WORKERS.end()
        monkeypatch.setattr(
            workers,
            "PROGRAM",
            program.replace(
                "w.answer_requests()", "w.DECODERS['JPEG lossless, another'] = refuses; w.answer_requests()"
            ),
        )
        with pytest.raises(BadFileError, match=r"0000\.dcm: its pixel data cannot be decoded \(no\)"):
            viewer3d.load(tmp_path)
    finally:
        WORKERS.end()


def test_the_page_has_the_bounds_of_the_code() -> None:
    page = (PLACE / "docs" / "robustness.md").read_text(encoding="utf-8")
    a_second, spare = f"{workers.PIXELS_A_SECOND:,}", workers.SPARE_MEMORY >> 20
    assert f"{LEAST_SECONDS} s, and 1 s for each {a_second} pixels | {LEAST_SECONDS + 512**2 // 100_000} s |" in page
    assert f"| {WALL_FACTOR * (LEAST_SECONDS + 512**2 // 100_000)} s |" in page
    assert WALL_FACTOR == 4
    assert f"{spare} MiB, {workers.MEMORY_A_PIXEL} bytes a pixel, four times the codestream" in page
    assert f"| {spare + (512**2 * workers.MEMORY_A_PIXEL >> 20)} MiB and the codestream |" in page
    assert f"or {workers.MOST_TEXT >> 10} KiB of text" in page
    assert f"({workers.MOST_WORKERS} at most)" in page
    assert MAX_PIXELS == 8192**2
    assert f"a volume has at most {MAX_BYTES >> 30} GiB" in page
    assert (
        f"No member may have more than {MAX_MEMBER_BYTES >> 30} GiB, and its header not more\n"
        f"than {MAX_HEADER_BYTES >> 20} MiB" in page
    )


PARENT = """
import sys
from viewer3d.dicom.pixels import workers
import viewer3d
workers.PROGRAM = sys.argv[2]
viewer3d.load(sys.argv[1])
"""
BUSY = {
    "decodes": "open(r'{began}', 'w').close(); time.sleep(0.2)",
    "hangs": "open(r'{began}', 'w').close(); time.sleep(600)",
    "spins": "open(r'{began}', 'w').close()\n    while True: pass",
}


PLAIN = (("decodes", signal.SIGINT), ("spins", signal.SIGTERM), ("hangs", signal.SIGKILL))
ENDS = [(state, how) for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL) for state in BUSY]


@LINUX
@pytest.mark.parametrize(
    ("state", "how"), [one if one in PLAIN else pytest.param(*one, marks=pytest.mark.slow) for one in ENDS]
)
def test_who_ends_while_a_decoder_runs_leaves_nothing(state: str, how: signal.Signals, tmp_path: Path) -> None:
    shape = (48, 40, 60)
    write_phantom(tmp_path / "ct", shape=shape, spacing=(9, 8, 7), faults=Faults(syntax="RLELossless"))
    began = tmp_path / "began"
    program = wrong_program(BUSY[state].format(began=began))
    words = [sys.executable, "-c", PARENT, str(tmp_path / "ct"), program]
    with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(PLACE)}, stderr=subprocess.DEVNULL) as parent:
        deadline = time.monotonic() + 30
        while not began.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        ids = below(parent.pid)
        assert ids
        assert not any("/dev/shm" in Path(f"/proc/{one}/maps").read_text() for one in ids)  # nothing to leave behind
        parent.send_signal(how)
        assert parent.wait(10) != 0
    wait_until_gone(ids, seconds=3)


FORKED = """
import os, sys, time
import viewer3d
from viewer3d.dicom.pixels.workers import WORKERS
viewer3d.load(sys.argv[1])
child = os.fork()
if child:
    print(*[worker.id for worker in WORKERS._idle], child, flush=True)
time.sleep(60)
"""


@LINUX
def test_a_fork_does_not_keep_the_workers_of_who_was_killed(tmp_path: Path) -> None:
    write_phantom(tmp_path, shape=(48, 40, 4), spacing=(9, 8, 7), faults=Faults(syntax="RLELossless"))
    words = [sys.executable, "-c", FORKED, str(tmp_path)]
    with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(PLACE)}, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        *ids, child = map(int, parent.stdout.readline().split())
        try:
            assert ids
            parent.kill()
            parent.wait(10)
            wait_until_gone(ids, seconds=5)
            assert is_running(child)
        finally:
            os.kill(child, signal.SIGKILL)


@LINUX
def test_data_that_comes_while_a_decoder_runs_ends_nothing(worker: Callable[[str], Worker]) -> None:
    """The system may signal the data of a request after it was read, when its decoder already runs."""
    values = encoded.pictures(1, 16)
    (data,) = encoded.codestreams(encoded.CODINGS["RLE"], values, 16)
    one = worker(wrong_program("time.sleep(0.4)"))
    request = DecodeRequest(list(DECODERS).index("RLE"), 2, False, *values.shape[1:], 5, 1 << 28, len(data))
    for _ in range(2):
        one._send(REQUEST.pack(MAGIC, *request) + data)
        time.sleep(0.2)
    for _ in range(2):
        assert np.array_equal(one._reply(stored(*values.shape[1:]), None), values[0])


@LINUX
def test_a_worker_that_cannot_be_started_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    before = sorted(Path("/proc/self/fd").iterdir())
    with pytest.raises(FileNotFoundError):
        Worker()
    assert sorted(Path("/proc/self/fd").iterdir()) == before


IGNORING = """
import signal, sys
for one in (signal.SIGIO, signal.SIGXCPU, signal.SIGALRM):
    signal.signal(one, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO, signal.SIGXCPU})
"""


@pytest.mark.slow
@LINUX
def test_limits_hold_where_the_parent_ignores_their_signals(tmp_path: Path) -> None:
    write_phantom(tmp_path, shape=(48, 40, 4), spacing=(9, 8, 7), faults=Faults(syntax="RLELossless"))
    script = IGNORING + PARENT.replace("import viewer3d\n", "import viewer3d\nworkers.LEAST_SECONDS = 1\n")
    words = [sys.executable, "-c", script, str(tmp_path), wrong_program("while True: pass")]
    began = time.monotonic()
    done = subprocess.run(
        words, env={**os.environ, "PYTHONPATH": str(PLACE)}, capture_output=True, text=True, check=False, timeout=60
    )
    assert "took longer than 1 s" in done.stderr
    assert time.monotonic() - began < WALL_FACTOR * LEAST_SECONDS


def test_the_worker_of_a_frame_that_failed_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_phantom(tmp_path, shape=(48, 40, 4), spacing=(9, 8, 7), faults=Faults(syntax="RLELossless"))
    truth = viewer3d.load(tmp_path)
    kept = {one.id for one in WORKERS._idle}
    for one in WORKERS._idle:
        one.kill()
        one._process.wait()
    assert np.array_equal(viewer3d.load(tmp_path).voxels, truth.voxels)
    assert kept.isdisjoint({one.id for one in WORKERS._idle})


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize(("syntax", "size", "slices"), [("RLELossless", 256, 10), ("JPEGLosslessSV1", 512, 40)])
def test_the_first_use_adds_little(syntax: str, size: int, slices: int, tmp_path: Path) -> None:
    """At most 0.2 s of CPU; ``python -m tests.benchmarks first`` tells it of every transfer syntax."""
    from tests.benchmarks import compressed

    write_phantom(tmp_path, shape=(size, size, slices), faults=Faults(syntax=syntax))
    words = [sys.executable, compressed.__file__, compressed.FIRST, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(PLACE)}
    added = [json.loads(subprocess.check_output(words, env=environment, timeout=60))["cpu"] for _ in range(3)]
    assert min(added) <= 0.2, added
