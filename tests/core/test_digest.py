"""The digest of voxels is what its words say, and nothing that differs has the same."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from viewer3d.core import digest
from viewer3d.core.digest import begin_digest, digest_of_text
from viewer3d.core.volume import Volume, begin_volume_digest


def voxels(shape: tuple[int, int, int] = (130, 120, 90), dtype: type = np.int16) -> np.ndarray:
    values = np.random.default_rng(0).integers(-1000, 2000, shape).astype(dtype)
    return np.asfortranarray(values)


def by_the_book(array: np.ndarray) -> str:
    data = array.tobytes(order="F")
    pieces = [data[start : start + (4 << 20)] for start in range(0, len(data), 4 << 20)]
    head = f"{array.dtype.str} {' '.join(str(n) for n in array.shape)}\n".encode()
    return hashlib.sha256(head + b"".join(hashlib.sha256(piece).digest() for piece in pieces)).hexdigest()


@pytest.mark.parametrize("shape", [(130, 120, 90), (256, 128, 64), (3, 2, 1)])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_it_is_the_documented_sum(shape: tuple[int, int, int], dtype: type) -> None:
    array = voxels(shape, dtype)
    assert begin_digest(array)() == by_the_book(array)


def test_big_endian_is_the_same() -> None:
    assert begin_digest(voxels().astype(">i2", order="F"))() == begin_digest(voxels())()


@pytest.mark.parametrize("cores", [1, 2, 64])
def test_the_number_of_threads_makes_no_difference(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest.os, "cpu_count", lambda: cores)
    assert begin_digest(voxels())() == by_the_book(voxels())


def test_one_voxel_and_another_shape_differ() -> None:
    array = voxels()
    first = begin_digest(array)()
    assert begin_digest(array.reshape((120, 130, 90), order="F"))() != first
    assert begin_digest(array.view(np.uint16))() != first
    array[-1, -1, -1] += 1
    assert begin_digest(array)() != first


def test_a_volume_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = Volume.from_array(voxels(), np.eye(4))
    begin_volume_digest(volume)
    first = volume.digest
    monkeypatch.setattr(digest, "_sha256", None)
    assert volume.digest == first == by_the_book(voxels())


def test_texts_are_kept_apart() -> None:
    assert digest_of_text("a", "bc") != digest_of_text("ab", "c")
    assert digest_of_text("1.2.3", "") == hashlib.sha256(b"1.2.3\n\n").hexdigest()
