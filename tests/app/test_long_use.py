"""A window that is used for long: 12,000 random events on four series, 4,000 steps of the wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import generate_uid

from tests.phantom_files import write_phantom
from viewer3d import phantom

EVENTS, STEPS = 10_000, 4_000
SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}

pytestmark = pytest.mark.slow


def run(display: str, folder: Path, *words: str) -> dict:
    """Run the program of long use on a display, in a folder of its own; what the window keeps lies there too."""
    root = Path(__file__).parents[2]
    environment = {
        **os.environ, "DISPLAY": display, "PYTHONPATH": str(root), "PYTHONSAFEPATH": "1", "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"), "XDG_CACHE_HOME": str(folder / "cache"),
    }  # fmt: skip
    command = (sys.executable, "-m", "tests.app.long_use", *words)
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.fixture
def four(tmp_path: Path) -> Path:
    """A folder of four series: a CT, its PET, a smaller CT, one of three times."""
    place = tmp_path / "series"
    write_phantom(place / "ct", **SMALL)
    phantom.write_pet(place / "pet", shape=(24, 20, 10))
    write_phantom(place / "small", shape=(20, 26, 9), spacing=(11.0, 9.0, 7.0))
    series = generate_uid()
    for time in (1, 2, 3):
        for path in write_phantom(place / f"time{time}", shape=(18, 16, 8), spacing=(16.0, 14.0, 9.0), seed=time):
            file = pydicom.dcmread(path)
            file.SeriesInstanceUID, file.SOPInstanceUID = series, generate_uid()
            file.TemporalPositionIdentifier = time
            file.save_as(path)
    return place


@pytest.mark.parametrize("seed", [1, 2])
def test_random_events_end_without_an_exception_and_every_state_survives_json(display, four, tmp_path, seed):
    found = run(display, tmp_path, "random", str(four), str(EVENTS // 2), str(seed))
    assert found["states"] > EVENTS // 10  # palette, help and panel take many events
    assert found["viewers"] > 1  # series were put beside
    assert found["series"] == 4  # each was opened
    assert set(found["views"]) == {"axial", "coronal", "sagittal", "3d", "mpr", "quad"}


def test_random_events_on_a_screen_elsewhere_show_all_and_close_nothing(four, tmp_path):
    found = run("", tmp_path, "remote", str(four), str(EVENTS // 5), "1")
    assert found["states"] > EVENTS // 20
    assert found["compared"] > 4  # at the same moments nothing moves
    assert found["files"]
    assert set(found["views"]) == {"axial", "coronal", "sagittal", "3d", "mpr", "quad"}
    assert {one.name for one in tmp_path.iterdir()} <= {"series", "state", "cache", ".config", ".cache", ".local"}


def test_thousands_of_wheel_steps_take_no_more_memory(display, four, tmp_path):
    first, *later = run(display, tmp_path, "wheel", str(four), str(STEPS))["memory"]
    assert max(later) <= 1.05 * first
