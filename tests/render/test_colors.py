"""Colour maps against the palettes of the standard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data.data_manager import DATA_ROOT

from viewer3d.errors import ViewError
from viewer3d.render.colors import color_maps, fill_with, palette


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
    with pytest.raises(ViewError, match=r"jet.*grey, hot-iron, pet, rainbow, viridis, cividis, inferno, magma"):
        palette("jet")


@pytest.mark.parametrize("name", ["viridis", "cividis", "inferno", "magma"])
def test_maps_for_the_colour_blind_are_matplotlibs_and_grow_in_lightness_for_every_eye(name):
    table = palette(name)
    cm = pytest.importorskip("matplotlib")
    np.testing.assert_array_equal(table, np.rint(np.array(cm.colormaps[name].colors) * 255))
    linear = (table / 255.0) ** 2.2
    # G. Vienot, H. Brettel, J. Mollon, Color Research & Application 24 (1999): what protanopes and deuteranopes see.
    protan = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88761, 0], [0.00401, -0.00401, 1]])
    deutan = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    for eye in (np.eye(3), protan, deutan):
        luminance = linear @ eye.T @ (0.2126, 0.7152, 0.0722)
        assert (np.diff(luminance) > -2e-3).all()
        assert luminance[-1] - luminance[0] > 0.6


def test_a_part_of_a_picture_is_filled_and_nothing_beside_it() -> None:
    for color in ((7, 7, 7), (1, 2, 3)):
        picture = np.zeros((5, 6, 3), np.uint8)
        fill_with(picture[1:4, 2:5], color)
        inside = np.zeros((5, 6), np.bool_)
        inside[1:4, 2:5] = True
        assert (picture[inside] == color).all()
        assert not picture[~inside].any()
    fill_with(np.zeros((0, 4, 3), np.uint8), (1, 2, 3))
