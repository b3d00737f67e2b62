"""Which processes belong to a driver (Linux)."""

from __future__ import annotations

from pathlib import Path


def children(parent: int) -> set[int]:
    """Return the processes that a process started, and those that these did."""
    found: set[int] = set()
    tasks = [parent]
    while tasks:
        number = tasks.pop()
        for path in Path(f"/proc/{number}/task").glob("*/children"):
            try:
                more = {int(word) for word in path.read_text().split()}
            except OSError:
                continue
            tasks += more - found
            found |= more
    return found


def workers_of(driver: int) -> set[int]:
    """Return the workers of Dask that a driver has started, also those that are just starting."""
    found = set()
    for number in children(driver):
        try:
            command = Path(f"/proc/{number}/cmdline").read_bytes()
        except OSError:
            continue
        if b"spawn_main" in command:
            found.add(number)
    return found
