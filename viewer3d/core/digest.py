"""SHA-256 digests of voxels and of texts."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from typing import Any, Final

from numpy.typing import NDArray

_CHUNK: Final = 4 << 20
"""Bytes that are hashed as one piece: large beside the cost of a thread's turn, small beside a volume."""

_AT_ONCE: Final = 1 << 20
"""Bytes that are hashed in half a millisecond."""

MOST_THREADS: Final = 8
"""Beyond these memory is what is waited for."""


def begin_digest(voxels: NDArray[Any]) -> Callable[[], str]:
    r"""Begin to hash an array's dtype, shape and values, beside what else is done meanwhile.

    The digest is the SHA-256 of a line with dtype and shape, as in ``"<i2 512 512 300\n"``, followed by the SHA-256 of
    each :data:`_CHUNK` of the values' bytes, little endian and in Fortran order: pieces can be hashed at the same time.

    Parameters
    ----------
    voxels : ndarray
        In Fortran order, as those of a Volume.

    Returns
    -------
    callable
        Waits until it is done, and returns the digest's 64 hexadecimal digits. A small array is hashed only then: it
        takes no longer than a thread to begin.
    """
    little = voxels.dtype.newbyteorder("<")
    flat = voxels.reshape(-1, order="F").astype(little, copy=False)
    data = flat.data.cast("B") if flat.size else memoryview(b"")
    pieces = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
    numbers = iter(range(len(pieces)))
    digests: dict[int, bytes] = {}

    def run() -> None:
        """Hash pieces that no other thread has taken."""
        for number in numbers:
            digests[number] = _sha256(pieces[number])

    count = min(MOST_THREADS, os.cpu_count() or 1, len(pieces)) if len(data) > _AT_ONCE else 0
    threads = [threading.Thread(target=run) for _ in range(count)]  # hashlib lets go of Python's lock
    for thread in threads:
        thread.start()

    def finish() -> str:
        """Wait for all pieces and return the digest of their digests."""
        run()
        for thread in threads:
            thread.join()
        whole = hashlib.sha256(f"{little.str} {' '.join(map(str, voxels.shape))}\n".encode())
        for number in range(len(pieces)):
            whole.update(digests[number])
        return whole.hexdigest()

    return finish


def digest_of_text(*parts: str) -> str:
    """Return the SHA-256 of texts, each closed by a line feed: 64 hexadecimal digits."""
    return hashlib.sha256("".join(f"{part}\n" for part in parts).encode()).hexdigest()


def _sha256(data: memoryview) -> bytes:
    return hashlib.sha256(data).digest()
