"""Kills: a process that writes is ended at any moment; what is under the final name is whole, and the rest is swept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import viewer3d
from tests.campaign.outcomes import Outcome
from tests.campaign.rooms import Room
from tests.campaign.series import SERIES
from tests.campaign.states import a_state, loaded
from viewer3d import Volume
from viewer3d.core.files import write_whole

WINDOWS = ("soft-tissue", "bone")
"""What the two contents of a file differ in."""

PATIENCE = 20.0
"""Seconds until a process that writes without end has to be there."""

PROGRAM = (
    "import sys; from pathlib import Path; from tests.campaign.kills import write_on; "
    "write_on(*map(Path, sys.argv[1:]))"
)


def _shot(volume: Volume, path: Path, window: str) -> None:
    viewer3d.screenshot(volume, path, size=(300, 200), view="axial", window=window)


def _figure(volume: Volume, path: Path, window: str) -> None:
    from viewer3d import figures

    figures.mpr(volume, window=window, size=(300, 100)).save(path)


def _movie(volume: Volume, path: Path, window: str) -> None:
    from viewer3d import figures

    figures.cine(volume, window=window, size=(60, 40)).save(path)


def _table(volume: Volume, path: Path, window: str) -> None:
    measurements = a_state(volume).measurements
    viewer3d.save_measurements(volume, measurements[: 1 + WINDOWS.index(window)] * 400, path)


def _state(volume: Volume, path: Path, window: str) -> None:
    text = viewer3d.first_state(volume, "axial", window).to_json() * 200  # as the window's Ctrl + s, but longer
    write_whole(path, lambda file: file.write(text.encode()))


WRITERS: dict[str, Callable[[Volume, Path, str], None]] = {
    **dict.fromkeys(("shot.png", "shot.jpg", "shot.tiff", "shot.webp"), _shot),
    **dict.fromkeys(("figure.svg", "figure.pdf", "figure.png"), _figure),
    **dict.fromkeys(("movie.gif", "movie.webp", "movie.apng"), _movie),
    **dict.fromkeys(("table.csv", "table.json"), _table),
    "state.json": _state,
}
"""File to what writes it."""


def case(room: Room) -> tuple[Outcome, str]:
    """Write a file over and over, kill who does, and look at what is there."""
    chance = room.chance
    room.source = chance.choice(tuple(WRITERS))
    series = room.series("CT", SERIES["CT"])
    contents = _contents(series, room.source, room.whole)
    path = room.folder / room.source
    path.write_bytes(contents[0])
    begun = time.monotonic()
    ended = _begin(series, path)
    _wait_for_a_write(path, room.folder)
    time.sleep(chance.uniform(0, 0.05) if chance.random() < 0.7 else chance.uniform(0, 0.4))
    how = ended()
    room.how.append(f"killed after {time.monotonic() - begun:.3f} s")
    assert how == -signal.SIGKILL, f"who wrote ended by itself: {how}"
    found = path.read_bytes()
    assert found in contents, (
        f"{len(found):,} bytes, neither the old {len(contents[0]):,} nor the new {len(contents[1]):,}"
    )
    left = [one.name for one in room.folder.iterdir() if one != path]
    WRITERS[room.source](loaded(series), path, WINDOWS[1])
    assert path.read_bytes() == contents[1], "the next write is not what it should be"
    stayed = [one.name for one in room.folder.iterdir() if one != path]
    assert not stayed, f"left half written and not swept: {stayed}"
    return Outcome.RIGHT, f"{len(left)} half written"


def write_on(series: Path, path: Path) -> None:
    """Write one content after the other, until the process is ended."""
    volume = loaded(series)
    while True:
        for window in WINDOWS:
            WRITERS[path.name](volume, path, window)


@lru_cache(maxsize=256)
def _contents(series: Path, name: str, whole: Path) -> tuple[bytes, bytes]:
    """Return what the file holds, by each window."""
    path = whole / f"{os.getpid()}" / name
    path.parent.mkdir(exist_ok=True)
    found = []
    for window in WINDOWS:
        WRITERS[name](loaded(series), path, window)
        found.append(path.read_bytes())
    assert found[0] != found[1]
    return found[0], found[1]


def _begin(series: Path, path: Path) -> Callable[[], int]:
    """Begin to write in another process; return what kills it and says how it ended."""
    if not hasattr(os, "fork"):
        child = subprocess.Popen([sys.executable, "-c", PROGRAM, series, path], cwd=Path(__file__).parents[2])

        def kill() -> int:
            child.kill()
            child.wait()
            return -signal.SIGKILL

        return kill
    number = os.fork()
    if not number:
        with suppress(BaseException):
            write_on(series, path)
        os._exit(1)

    def ended() -> int:
        os.kill(number, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])

    return ended


def _wait_for_a_write(path: Path, folder: Path) -> None:
    """Wait until something is written, or was."""
    before, deadline = path.stat().st_ino, time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            if path.stat().st_ino != before or len(list(folder.iterdir())) > 1:
                return
        time.sleep(0.001)
    raise AssertionError("nothing was written")
