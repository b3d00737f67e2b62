"""What tests of workers share: decoders that fail in a chosen way, and which processes are there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path


def wrong_program(line: str) -> str:
    """Return a worker's program that decodes RLE by a line of Python, in which ``n`` is the right first value."""
    return (
        "import sys, json; sys.path[:] = json.loads(sys.argv[1])\n"
        "from viewer3d.dicom.pixels import decode_worker as w\n"
        "right = w.DECODERS['RLE']\n"
        "def wrong(data, asked):\n"
        "    import os, time; import numpy as np\n"
        "    pixels = right(data, asked); n = int(pixels[0, 0])\n"
        f"    {line}\n"
        "    return pixels\n"
        "w.DECODERS['RLE'] = w.DECODERS['RLE, padded'] = wrong\n"
        "w.answer_requests()\n"
    )


def is_running(number: int) -> bool:
    """Return whether a process is there and no zombie."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{number}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc").exists()


def wait_until_gone(numbers: Iterable[int], seconds: float = 20) -> None:
    """Fail when any of these processes is still there after some time."""
    left, deadline = list(numbers), time.monotonic() + seconds
    while left := [one for one in left if is_running(one)]:
        assert time.monotonic() < deadline, f"{left} outlived who started them"
        time.sleep(0.05)


def decode_workers() -> set[int]:
    """Return the numbers of all workers on this machine (Linux)."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"decode_worker" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def below(parent: int) -> set[int]:
    """Return the workers that descend from a process (Linux)."""
    found = set()
    for one in decode_workers():
        above = one
        while above > 1 and above != parent:
            try:
                above = int(Path(f"/proc/{above}/stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                break
        if above == parent:
            found.add(one)
    return found
