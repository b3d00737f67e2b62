"""Measurements and statistics are saved as the same tables that their own functions write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from viewer3d import Measurement, Segmentation, Volume, measure_regions, save_measurements, save_statistics
from viewer3d.errors import OutputError, ViewError

VOLUME = Volume.from_array(np.arange(1000, dtype=np.int16).reshape(10, 10, 10), np.diag([2.0, 2, 3, 1]), unit="HU")
DRAWN = (
    Measurement("distance", ((1.0, 2, 3), (4.0, 6, 3)), (1, 0, 0), (0, 1, 0), "a"),
    Measurement("rectangle", ((1.0, 2, 3), (9.0, 8, 3)), (1, 0, 0), (0, 1, 0)),
)
STATISTICS = measure_regions(VOLUME, Segmentation.from_array((VOLUME.voxels > 600), VOLUME.affine, names=["one"]))


@pytest.mark.parametrize("suffix", [".json", ".csv"])
@pytest.mark.parametrize("space", ["LPS", "RAS"])
def test_tables_are_those_of_their_own_functions(tmp_path: Path, suffix: str, space: Any) -> None:
    own, other = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    save_measurements(VOLUME, DRAWN, own, layer="CT", space=space)
    saved = viewer3d.save(DRAWN, other, volume=VOLUME, layer="CT", space=space)
    assert (saved.files, saved.path.read_bytes()) == ((other,), own.read_bytes())
    save_statistics(STATISTICS, own, space=space)
    assert viewer3d.save(STATISTICS, other, space=space).path.read_bytes() == own.read_bytes()


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"a table of measurements is not saved with the suffix '\.nii', which is"):
        viewer3d.save(DRAWN, tmp_path / "a.nii", volume=VOLUME)
    with pytest.raises(OutputError, match=r"give volume="):
        viewer3d.save(DRAWN, tmp_path / "a.json")
    with pytest.raises(ViewError, match="space"):
        viewer3d.save(DRAWN, tmp_path / "a.json", volume=VOLUME, space="XYZ")
    with pytest.raises(ViewError, match="is nothing that is saved"):
        viewer3d.save([*DRAWN, *STATISTICS], tmp_path / "a.json", volume=VOLUME)
    with pytest.raises(OutputError, match=r"give \.json or \.csv: viewer3d\.save writes DICOM"):
        save_measurements(VOLUME, DRAWN, tmp_path / "a.dcm")
    assert list(tmp_path.iterdir()) == []
