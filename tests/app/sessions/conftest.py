"""What the tests of what is kept share: a series as if from files, and a viewer on a screen in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.app.conftest import MemoryScreen
from viewer3d.app.viewer import Viewer
from viewer3d.core.provenance import Provenance
from viewer3d.core.view.measurement import Measurement

DISTANCE = Measurement("distance", ((4.0, 6.0, 15.0), (14.0, 20.0, 15.0)), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
PROBE = Measurement("probe", ((7.0, 8.0, 9.0),), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def as_if_from_files(volume, number=1):
    """A volume with the record of a series of files."""
    return volume.with_info(provenance=Provenance(f"{number:064x}"))


@pytest.fixture
def known(box):
    return as_if_from_files(box)


@pytest.fixture
def window(known):
    """A function that shows a volume in a window in memory, and closes it at the end or when it is told to."""
    made = []

    def show(volume=known, **how):
        viewer = Viewer(volume, "mpr", (600, 400), screen=MemoryScreen((600, 400)), **how)
        viewer.process_events()
        made.append(viewer)
        return viewer

    yield show
    for one in made:
        one.close()


def measured(viewer, *measurements):
    """Add measurements as a hand would, and return the state without its pointer."""
    for one in measurements:
        viewer.state = viewer.state.with_measurement(one)
    return replace(viewer.state, pointer=None)
