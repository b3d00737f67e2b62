"""Which window is meant, what has one for its values, and what opens inverted."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.volume import Volume
from viewer3d.core.window import named_windows
from viewer3d.errors import WindowError
from viewer3d.render.window_choice import choose_window, is_inverted_first, named_windows_of

VALUES = np.linspace(0, 1000, 1000).astype(np.float32).reshape(10, 10, 10)


def volume(unit: str, modality: str, **about: object) -> Volume:
    return Volume.from_array(VALUES, np.eye(4), unit=unit, modality=modality, **about)


@pytest.mark.parametrize(
    ("unit", "modality", "first"),
    [("HU", "CT", "soft-tissue"), ("", "CT", "soft-tissue"), ("SUVbw", "PT", "0-5"), ("Bq/ml", "PT", "0-90%"),
     ("", "MR", "0-90%"), ("Gy", "RTDOSE", "0-90%"), ("", "", "0-90%")],
)  # fmt: skip
def test_the_named_windows_are_those_of_what_is_there(unit: str, modality: str, first: str) -> None:
    named = named_windows_of(volume(unit, modality))
    assert next(iter(named)) == first
    assert len(named) >= 5


def test_percentiles_are_of_the_values_above_the_lowest() -> None:
    voxels = np.zeros((10, 10, 20), np.float32)
    voxels[..., 10:] = VALUES + 1
    named = named_windows_of(Volume.from_array(voxels, np.eye(4), modality="MR"))
    for name, window in named.items():
        low, high = window.bounds
        assert low == 0
        assert high == pytest.approx(1 + 10 * float(name.removeprefix("0-").removesuffix("%")), abs=1e-2)


@pytest.mark.parametrize("name", ["bone", "Soft Tissue", "lung"])
@pytest.mark.parametrize(("unit", "modality"), [("SUVbw", "PT"), ("Bq/ml", "PT"), ("", "MR"), ("Gy", "RTDOSE")])
def test_a_ct_window_is_refused_for_what_is_no_ct(name: str, unit: str, modality: str) -> None:
    with pytest.raises(WindowError, match=rf"is for values in HU, this is {modality} in .*: give center/width, auto, "):
        choose_window(volume(unit, modality), name)


@pytest.mark.parametrize(("unit", "modality"), [("HU", "CT"), ("", "CT"), ("", "")])
def test_a_ct_window_is_taken_where_values_may_be_in_hu(unit: str, modality: str) -> None:
    assert choose_window(volume(unit, modality), "bone") == named_windows()["bone"]


def test_suv_windows_are_for_suv() -> None:
    assert choose_window(volume("SUVbw", "PT"), "0-10").bounds == (0, 10)
    with pytest.raises(WindowError, match="0-10 is for values in SUV, this is CT in HU"):
        choose_window(volume("HU", "CT"), "0-10")


@pytest.mark.parametrize("unit", ["HU", "SUVbw", ""])
def test_percentiles_are_for_all(unit: str) -> None:
    assert choose_window(volume(unit, "CT" if unit == "HU" else ""), "0-100%").bounds == pytest.approx((0, 1000))


def test_percentiles_of_equal_values() -> None:
    flat = Volume.from_array(np.full((3, 3, 3), 7, np.int16), np.eye(4))
    assert choose_window(flat, "0-95%") == flat.auto_window


def test_pet_opens_inverted_in_grey_alone() -> None:
    assert is_inverted_first(volume("SUVbw", "PT"))
    assert is_inverted_first(volume("Bq/ml", "PT"))
    assert not is_inverted_first(volume("SUVbw", "PT"), "hot-iron")
    assert not is_inverted_first(volume("SUVbw", "PT", inverted=True))  # it is dark on white as it comes
    assert not any(is_inverted_first(volume(unit, what)) for unit, what in (("HU", "CT"), ("", "MR"), ("", "NM")))
