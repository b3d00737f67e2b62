"""The phantom as files, sampled and encoded once in each process of tests: for tests of what reads them."""

from __future__ import annotations

import pickle
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from viewer3d import phantom


def write_phantom(folder: Path, **how: Any) -> list[Path]:
    """Write what ``viewer3d.phantom.write`` writes, whose arguments it takes, and return the paths in its order.

    The files are the caller's own, to change as it likes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in _files(pickle.dumps(sorted(how.items()))):
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    return paths


@lru_cache(maxsize=100)
def _files(pickled: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return the name and the bytes of each file that is written for some arguments."""
    with tempfile.TemporaryDirectory() as folder:
        return tuple((path.name, path.read_bytes()) for path in phantom.write(folder, **dict(pickle.loads(pickled))))
