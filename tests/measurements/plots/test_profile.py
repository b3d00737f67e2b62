"""Values along a line, held against numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from viewer3d import Layer, Measurement, Volume, load
from viewer3d.core.layers import place_layers
from viewer3d.errors import ViewError
from viewer3d.measurements.plots.profile import profile, profile_of, shown_volumes
from viewer3d.render.first_state import first_state, with_first_looks

LINE = Measurement("distance", ((-2, 1, 1), (4, 1, 1)), (1, 0, 0), (0, 1, 0))


def _ramp(slope: float = 10.0, unit: str = "HU") -> Volume:
    return Volume.from_array(
        slope * np.arange(5.0)[:, None, None] * np.ones((5, 4, 3)), np.diag([2, 3, 5, 1]), unit=unit
    )


def test_a_ramp_has_its_values_at_half_the_smallest_spacing() -> None:
    found = profile(_ramp(), LINE)
    assert found.distances.tolist() == [0, 1, 2, 3, 4, 5, 6]
    inside = found.points[:, 0] >= -1
    (line,) = found.lines
    assert line.values[inside].tolist() == [0, 0, 5, 10, 15, 20]
    assert np.isnan(line.values[~inside]).all()
    assert found.points[3].tolist() == [1, 1, 1]


def test_both_ends_are_in_it_whatever_the_step() -> None:
    found = profile(_ramp(), [(0, 0, 0), (7, 0, 0)], step=2)
    assert found.distances == pytest.approx([0, 1.75, 3.5, 5.25, 7])
    assert found.points[[0, -1]].tolist() == [[0, 0, 0], [7, 0, 0]]


def test_a_long_line_is_bounded() -> None:
    assert len(profile(_ramp(), [(0, 0, 0), (9000, 0, 0)], step=0.01).distances) == 4000


def test_every_shown_layer_has_a_line_and_the_active_one_is_first() -> None:
    over = Layer(_ramp(1.5, "SUV"), name="PET", same_frame=True)
    placed = place_layers(_ramp(), [over])
    state = with_first_looks(first_state(placed.layers[0].volume, "axial"), placed)
    found = profile_of(shown_volumes(placed.layers, state), LINE)
    assert [line.name for line in found.lines][1] == "PET"
    assert profile_of(shown_volumes(placed.layers, replace(state, active=1)), LINE).lines[0].name == "PET"
    assert list(found.columns)[:4] == ["distance_mm", "x_LPS_mm", "y_LPS_mm", "z_LPS_mm"]
    assert found.columns["PET_SUV"][-1] == pytest.approx(3.0)
    assert found.columns["PET_SUV"][3:].tolist() == profile(_ramp(), LINE, overlays=[over]).lines[1].values[3:].tolist()
    hidden = state.with_look(1, shown=False)
    assert len(profile_of(shown_volumes(placed.layers, hidden), LINE).lines) == 1


@pytest.mark.parametrize("line", [[(0, 0, 0), (0, 0, 0)], [(0, 0, 0)], [(0, 0, np.nan), (1, 0, 0)]])
def test_what_is_no_line_is_refused(line: ArrayLike) -> None:
    with pytest.raises(ViewError):
        profile(_ramp(), line)


def test_along_an_angle_there_is_none() -> None:
    with pytest.raises(ViewError, match="give a distance"):
        profile(_ramp(), Measurement("angle", ((0, 0, 0), (1, 0, 0), (1, 1, 0)), (1, 0, 0), (0, 1, 0)))


def test_real_pet_has_its_voxels_along_a_row(real: Callable[[str], Path]) -> None:
    volume = load(real("pet_ac_bqml"))
    _, j, k = (n // 2 for n in volume.shape)
    ends = volume.geometry.index_to_world([(10, j, k), (volume.shape[0] - 10, j, k)])
    found = profile(volume, ends, step=min(volume.spacing[0], 100))
    index = volume.geometry.world_to_index(found.points)[:, 0]
    assert found.lines[0].values == pytest.approx(np.interp(index, np.arange(volume.shape[0]), volume.voxels[:, j, k]))
