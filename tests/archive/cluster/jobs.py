"""Jobs of tests: they write a file and a number, and some end their process, wait, or take memory."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from viewer3d.archive import Context
from viewer3d.core.files import write_whole
from viewer3d.core.volume import Volume

Answer = tuple[list[Path], dict[str, float]]


def mean(volume: Volume, context: Context) -> Answer:
    """Write the mean of the volume; twice, it writes the same."""
    value = float(np.mean(volume.voxels))
    path = write_whole(context.file(".txt"), lambda file: file.write(f"{value!r}\n".encode()))
    return [path], {"mean": value, "process": os.getpid()}


def poison(volume: Volume, context: Context) -> Answer:
    """Kill its process where the folder of the series has a file of that name, and else do as mean does."""
    if (Path(context.item.place) / "poison").exists():
        signal.raise_signal(signal.SIGSEGV)  # to this thread, which so does not go on
    return mean(volume, context)


def kill_workers(volume: Volume, context: Context) -> Answer:
    """Kill its process where that is a worker of Dask, but not one of its own."""
    from distributed import get_worker

    if (Path(context.item.place) / "poison").exists():
        try:
            get_worker()
        except ValueError:
            return mean(volume, context)
        signal.raise_signal(signal.SIGKILL)
        time.sleep(60)
    return mean(volume, context)


def slow_mean(volume: Volume, context: Context) -> Answer:
    """Write the mean after some time, whole or not at all; its only number is the mean."""
    time.sleep(float(os.environ.get("VIEWER3D_TEST_SECONDS", "0")))
    value = float(np.mean(volume.voxels))
    path = write_whole(context.file(".txt"), lambda file: file.write(f"{value!r}\n".encode()))
    return [path], {"mean": value}


def leave(volume: Volume, context: Context) -> Answer:
    """End the program where the folder of the series has a file "poison", as a library may."""
    if (Path(context.item.place) / "poison").exists():
        raise SystemExit(3)
    return mean(volume, context)


def interval(volume: Volume, context: Context) -> Answer:
    """Return when it began and ended."""
    began = time.time()
    time.sleep(0.2)
    return [], {"began": began, "ended": time.time()}


def wait(volume: Volume, context: Context) -> Answer:
    """Wait a while before the mean is written, and note which process has begun."""
    Path(context.item.place, f"begun-{os.getpid()}").touch()
    time.sleep(float(os.environ.get("VIEWER3D_TEST_SECONDS", "1")))
    return mean(volume, context)


def swell(volume: Volume, context: Context) -> Answer:
    """Take 600 MB where the folder of the series has a file "poison"."""
    if (Path(context.item.place) / "poison").exists():
        held = np.ones(75_000_000)
        time.sleep(20)
        assert held.all()
    return mean(volume, context)
