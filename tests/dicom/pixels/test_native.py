"""Files are read by two threads as by one: the same voxels, the same errors, each frame told once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.dicom.pixels import native
from viewer3d.dicom.pixels.native import read_in_order
from viewer3d.errors import BadFileError

SHAPE = (48, 40, 24)


@pytest.fixture
def two_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_WORTH_READERS", 1)
    monkeypatch.setattr(native, "cores", lambda: 4)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return write_phantom(tmp_path, shape=SHAPE, spacing=(8, 8, 8))


def test_two_threads_read_the_same_voxels(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    one = viewer3d.load(files[0].parent)
    request.getfixturevalue("two_readers")
    seen, real = set(), native._read_native

    def read(*words):
        seen.add(threading.get_ident())
        time.sleep(0.002)  # so that the other has its turn
        return real(*words)

    monkeypatch.setattr(native, "_read_native", read)
    told: dict[str, list[int]] = {}
    two = viewer3d.load(files[0].parent, progress=lambda stage, done, _: told.setdefault(stage, []).append(done))
    assert len(seen) == 2
    np.testing.assert_array_equal(one.voxels, two.voxels)
    assert told["slices"][-1] == SHAPE[2]
    assert told["slices"] == sorted(told["slices"])


@pytest.mark.usefixtures("two_readers")
def test_the_error_is_that_of_the_first_slice(files: list[Path]) -> None:
    for path in sorted(files)[3:20:4]:
        path.write_bytes(path.read_bytes()[:-100])
    found = set()
    for _ in range(10):
        with pytest.raises(BadFileError, match="truncated") as raised:
            viewer3d.load(files[0].parent)
        found.add(str(raised.value))
    assert len(found) == 1


def test_an_error_ends_both_and_is_the_lowest() -> None:
    begun = []

    def read(number: int, reader: int) -> Iterator[None]:
        begun.append(number)
        yield
        time.sleep(0.01 if number == 4 else 0.001)
        if number in (4, 5):
            raise ValueError(number)

    for _ in range(5):
        begun.clear()
        with pytest.raises(ValueError, match=r"^4$"):
            list(read_in_order(read, 100, 2))
        assert begun[:6] == sorted(begun[:6])
        assert len(begun) < 10
    assert threading.active_count() < 10


def test_a_caller_that_gives_up_leaves_no_thread() -> None:
    before = threading.active_count()

    def read(number: int, reader: int) -> Iterator[None]:
        time.sleep(0.001)
        yield

    reading = read_in_order(read, 100_000, 2)
    assert next(reading) >= 1
    reading.close()
    assert threading.active_count() == before
    assert list(read_in_order(read, 0, 2))[-1:] in ([0], [])
    assert list(read_in_order(read, 5, 1)) == [1, 2, 3, 4, 5]
