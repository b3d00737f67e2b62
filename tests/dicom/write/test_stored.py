"""Values in 16 bits: exact where they can be, else within the error that is told."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d import Volume
from viewer3d.dicom.write.stored import stored_scale
from viewer3d.errors import OutputError


def made(values: object, dtype: type = np.float32) -> Volume:
    return Volume(np.asfortranarray(np.asarray(values, dtype).reshape(2, 2, 2)), Volume.from_array(
        np.zeros((2, 2, 2)), np.eye(4)
    ).geometry)  # fmt: skip


@pytest.mark.parametrize(
    ("values", "dtype", "signed"),
    [
        ([-32768, 32767, 0, 1, 2, 3, 4, 5], np.int16, True),
        ([-32768, 32767, 0, 1, 2, 3, 4, 5], np.float32, True),
        ([0, 65535, 0, 1, 2, 3, 4, 5], np.float32, False),
        ([0] * 8, np.float32, True),
    ],
)
def test_whole_numbers_are_stored_as_they_are(values: list[int], dtype: type, signed: bool) -> None:
    volume = made(values, dtype)
    scale = stored_scale(volume, "a")
    assert (scale.slope, scale.signed, scale.error) == (1.0, signed, 0.0)
    assert np.array_equal(scale.stored(volume.voxels).astype(np.float64), volume.voxels)


@pytest.mark.parametrize("least", [0.0, -1.0, -7.5e5])
@pytest.mark.parametrize("factor", [1e-30, 1e-3, 1.0, 123456.789])
def test_other_values_differ_by_no_more_than_is_told(least: float, factor: float) -> None:
    values = (np.linspace(least, 3.3, 8) * factor).astype(np.float32)
    values[3] = 0
    volume = made(values)
    scale = stored_scale(volume, "a")
    assert len(repr(scale.slope)) <= 16
    stored = scale.stored(volume.voxels)
    assert stored.dtype == scale.dtype
    assert scale.signed == (least < 0)
    error = np.abs(stored.astype(np.float64) * scale.slope - volume.voxels).max()
    assert 0 < error <= scale.error
    assert scale.error <= np.abs(values).max() / (32767 if least < 0 else 65535) / 2 * 1.001
    assert not stored[volume.voxels == 0].any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(OutputError, match="slice 1 has values that are not finite, which DICOM does not hold"):
        stored_scale(made([0, 0.5, 0, 0, 0, 0, 0, bad]), "a")
