"""The synthetic PET: its voxels and files are the same, and its lesions are where they are said to be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

import viewer3d
from tests.render.markers import DIRECTIONS
from viewer3d import phantom
from viewer3d.core.layers import place_layers
from viewer3d.errors import OutputError

SMALL = (20, 16, 22)


@pytest.mark.parametrize("direction", [None, DIRECTIONS["oblique"]])
def test_files_hold_the_voxels_of_the_volume(direction: np.ndarray | None, tmp_path: Path) -> None:
    made = phantom.pet(shape=SMALL, spacing=(14, 13, 15), direction=direction)
    paths = phantom.write_pet(tmp_path / "pet", shape=SMALL, spacing=(14, 13, 15), direction=direction)
    assert len(paths) == SMALL[2]
    loaded = viewer3d.load(tmp_path / "pet")
    np.testing.assert_array_equal(loaded.voxels, made.voxels)
    np.testing.assert_allclose(loaded.affine, made.affine, atol=1e-9)
    assert (loaded.unit, loaded.modality, loaded.description, loaded.notes) == ("SUVbw", "PT", made.description, ())
    assert loaded.frame_of_reference == made.frame_of_reference


def test_it_lies_over_the_ct_of_the_patient() -> None:
    (_, layer) = place_layers(phantom.volume(shape=(30, 22, 28)), phantom.pet(shape=SMALL)).layers
    assert (layer.name, layer.notes) == ("PET", ())


def test_the_same_call_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (
        [one.read_bytes() for one in phantom.write_pet(tmp_path / str(n), shape=SMALL, seed=seed)]
        for n, seed in enumerate((0, 0, 1))
    )
    assert first == again
    assert not set(first) & set(other)


@pytest.mark.parametrize("name", phantom.LESIONS)
def test_lesions_are_where_they_are_said_to_be(name: str) -> None:
    at = np.array(phantom.LESIONS[name])
    around = phantom.pet(shape=(20, 20, 20), spacing=(3, 3, 3), center=phantom.LESIONS[name], noise=0)
    bright = np.argwhere(around.voxels > around.voxels.max() / 2)
    assert np.abs(around.geometry.index_to_world(bright.mean(0)) - at).max() < 1.0
    assert 8 < around.voxels.max() < 17
    assert np.linalg.norm(around.geometry.index_to_world(bright) - at, axis=1).max() < 12


def test_neither_air_nor_couch_nor_markers_take_anything_up() -> None:
    places = [
        (0.0, 125.0, 0.0),
        (190.0, -120.0, 300.0),
        *(at for name, at in phantom.MARKERS.items() if "chest" in name),
    ]
    for at in places:
        assert phantom.pet(shape=(3, 3, 3), spacing=(2, 2, 2), center=at, noise=0).voxels[1, 1, 1] < 0.3


def test_tissues_take_up_what_readers_expect() -> None:
    """Blood with contrast more than the liver, and that more than lung."""
    for at, low, high in (
        ((20.0, 20.0, 60.0), 0.8, 2.0),
        ((-85.0, -25.0, 50.0), 0.5, 1.2),
        ((-90.0, 30.0, 150.0), 0.1, 0.6),
    ):
        found = phantom.pet(shape=(3, 3, 3), spacing=(4, 4, 4), center=at, noise=0).voxels[1, 1, 1]
        assert low < found < high, (at, found)


def test_headers_say_what_the_values_are(tmp_path: Path) -> None:
    ds = pydicom.dcmread(phantom.write_pet(tmp_path, shape=SMALL)[3])
    assert (ds.SOPClassUID.name, ds.Units, ds.SUVType) == ("Positron Emission Tomography Image Storage", "GML", "BW")
    assert (ds.NumberOfSlices, ds.ImageIndex, ds.InstanceNumber) == (22, 4, 4)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made a folder"):
        phantom.write_pet(tmp_path / "file", shape=SMALL)
