"""Colour maps against the palettes of the standard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data.data_manager import DATA_ROOT

from viewer3d.errors import ViewError
from viewer3d.render.colors import color_maps, palette


@pytest.mark.parametrize(("name", "file"), [("hot-iron", "hotiron.dcm"), ("pet", "pet.dcm")])
def test_palettes_are_those_of_the_standard(name, file):
    standard = pydicom.dcmread(Path(DATA_ROOT) / "palettes" / file)
    tables = [standard[f"{c}PaletteColorLookupTableData"].value for c in ("Red", "Green", "Blue")]
    np.testing.assert_array_equal(palette(name), np.stack([np.frombuffer(one, np.uint8) for one in tables], -1))


def test_grey_is_grey_and_rainbow_goes_from_blue_to_red():
    np.testing.assert_array_equal(palette("grey"), np.repeat(np.arange(256), 3).reshape(256, 3))
    assert palette("rainbow")[[0, 127, 255]].tolist() == [[0, 0, 255], [0, 255, 0], [255, 0, 0]]
    assert next(iter(color_maps())) == "grey"


def test_an_unknown_map_is_refused_with_those_there_are():
    with pytest.raises(ViewError, match=r"jet.*grey, hot-iron, pet, rainbow"):
        palette("jet")
