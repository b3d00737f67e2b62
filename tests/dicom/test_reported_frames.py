"""Frames at one place, interrupted series and times as people reported them: the cases in ``../shared/cases``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import viewer3d

CASES = (
    "aborted_4d",
    "enhanced_asl_context",
    "enhanced_cardiac_percent",
    "enhanced_diffusion_directions",
    "enhanced_inversion_times",
    "enhanced_philips_asl_label",
    "time_over_midnight",
    "time_pet_frame_reference_time",
    "turn_flip_angle",
    "turn_ge_private_b",
    "turn_kernel",
    "turn_siemens_private_b",
)


@pytest.mark.parametrize("name", CASES)
def test_a_reported_case_has_its_volumes(name: str, real: Callable[[str], Path]) -> None:
    case = real("../cases") / name
    wanted = json.loads((case / "expected.json").read_text())["volumes"]
    volumes = viewer3d.load_all(case / "files")
    assert len(volumes) == len(wanted)
    for want in wanted:
        first, last = (np.array(want[f"{which}_pixel_of_each_slice"]) for which in ("first", "last"))
        (volume,) = [v for v in volumes if np.allclose(v.voxels[0, 0], first, rtol=1e-4)]
        assert np.allclose(volume.voxels[-1, -1], last, rtol=1e-4)
        assert volume.shape == tuple(want["shape"])
        assert volume.unit == want["unit"] or want["unit"] is None
        assert all(volume.which[name] == turn for name, turn in want["which"].items())
