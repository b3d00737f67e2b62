"""Volume: voxels, unit, and the grid that shares their memory."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from viewer3d import load
from viewer3d.core.geometry import Geometry
from viewer3d.core.volume import Volume, begin_volume_digest, cached
from viewer3d.core.window import Window, named_windows
from viewer3d.errors import GeometryError, ViewError

AFFINE = np.diag([0.7, 1.1, 2.5, 1])


def numbered(shape: tuple[int, int, int] = (4, 5, 6)) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.int16).reshape(shape, order="F")


def test_voxels_are_shared_and_read_only() -> None:
    voxels = numbered()
    volume = Volume(voxels, Geometry(AFFINE, voxels.shape))  # type: ignore[arg-type]
    assert np.shares_memory(volume.voxels, voxels)
    with pytest.raises(ValueError, match="read-only"):
        volume.voxels[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("dtype", "values", "kept"),
    [(np.uint8, [0, 255], np.int16), (np.int64, [-32768, 32767], np.int16), (np.uint16, [0, 40000], np.float32),
     (np.float64, [0.5, 1], np.float32), (bool, [0, 1], np.int16)],
)  # fmt: skip
def test_other_types_become_the_one_that_holds_them(dtype: type, values: list[float], kept: type) -> None:
    voxels = np.array(values, dtype).reshape(2, 1, 1)
    volume = Volume.from_array(voxels, np.eye(4))
    assert volume.voxels.dtype == kept
    assert volume.voxels.ravel().tolist() == values


def test_what_is_made_of_a_volume_is_made_once_and_of_that_volume() -> None:
    volume = Volume.from_array(numbered(), AFFINE)
    made = cached(volume, lambda one: [one])
    assert made == [volume]
    highest = cached(volume, _highest)
    assert cached(volume, _highest) is highest
    other = replace(volume, voxels=numbered() * 0)
    assert cached(other, _highest) == [0]
    assert other.grid["values"].max() == 0


def _highest(volume: Volume) -> list[int]:
    return [int(volume.voxels.max())]


def test_a_left_handed_affine_is_turned_without_moving_a_voxel() -> None:
    voxels, left = numbered(), np.diag([0.7, 1.1, -2.5, 1])
    left[:3, 3] = (1, 2, 3)
    volume = Volume.from_array(voxels, left)
    world = left @ (1, 2, 4, 1)
    i, j, k = np.rint(volume.geometry.world_to_index(world[:3])).astype(int)
    assert volume.voxels[i, j, k] == voxels[1, 2, 4]
    assert np.linalg.det(volume.affine) > 0


def test_shear_and_wrong_shapes_are_refused() -> None:
    sheared = AFFINE.copy()
    sheared[1, 2] = 0.5
    with pytest.raises(GeometryError, match="sheared"):
        Volume(numbered(), Geometry(sheared, (4, 5, 6)))
    with pytest.raises(GeometryError, match="shape"):
        Volume(numbered(), Geometry(AFFINE, (5, 4, 6)))
    with pytest.raises(GeometryError, match="3"):
        Volume.from_array(np.zeros((3, 3)), AFFINE)


def test_value_at_a_world_point() -> None:
    volume = Volume.from_array(numbered().astype(np.float32), AFFINE)
    assert volume.value_at((0.7 * 1.25, 1.1 * 2, 2.5 * 3.5)) == pytest.approx(1.25 + 4 * 2 + 20 * 3.5)
    assert volume.value_at((0.7 * 1.25, 1.1 * 2, 2.5 * 3.6), "nearest") == 1 + 4 * 2 + 20 * 4
    assert volume.value_at((0.7 * -0.25, 1.1 * 4.4, 0)) == 4 * 4  # the outer half has the value of the centres
    with pytest.raises(ViewError, match="cubic"):
        volume.value_at((0, 0, 0), "cubic")  # type: ignore[arg-type]


def test_a_linear_value_is_whole_where_the_voxels_are() -> None:
    volume = Volume.from_array(np.array([[[-3, 0, 5]]], np.int16), np.eye(4))
    assert [volume.value_at((0, 0, z)) for z in (0.25, 0.5, 1.1, 1.3, 1.5)] == [-2, -1, 1, 2, 3]
    assert [volume.value_at((0, 0, z), "nearest") for z in (0.25, 0.5, 1.1, 1.5)] == [-3, 0, 0, 5]


def test_a_neighbour_without_a_part_in_it_does_not_make_a_value_nan() -> None:
    volume = Volume.from_array(np.array([[[1, 2, np.nan]]], np.float32), np.eye(4))
    assert volume.value_at((0, 0, 1 + 1e-9)) == 2
    assert np.isnan(volume.value_at((0, 0, 1.01)))


@pytest.mark.slow
def test_a_real_pair_is_read_out_at_one_place(real: Callable[[str], Path]) -> None:
    """The numbers were made with numpy alone, see ``../shared/docs/fusion.md``."""
    told = json.loads(real("expected-overlays.json").read_text())["fusion"]
    ct, pet = (load(real(name)) for name in told["pair"])
    assert (ct.unit, pet.unit) == ("HU", "SUVbw")
    assert (ct.frame_of_reference == pet.frame_of_reference) is told["frame_of_reference_equal"]
    seen = 0
    for one in told["readouts"]:
        for volume, name in ((ct, "ct_hu"), (pet, "pet_suvbw")):
            for interpolation in ("linear", "nearest"):
                wanted = one.get(f"{name}_{interpolation}", one.get(name) if interpolation == "nearest" else None)
                if wanted is not None:
                    seen += 1
                    assert volume.value_at(one["lps"], interpolation) == pytest.approx(wanted, abs=1e-4), one
    assert seen == 11
    maximum = told["readouts"][0]["lps"]
    assert pet.value_at(maximum) == pytest.approx(51.0933, abs=0.02)  # told to 0.001 mm
    assert pet.value_at(maximum, "nearest") == pytest.approx(pet.voxels.max())


def test_value_at_a_world_point_of_whole_numbers() -> None:
    volume = Volume.from_array(numbered(), AFFINE)
    assert volume.value_at((0.7 * 2, 1.1 * 3, 2.5 * 4)) == volume.voxels[2, 3, 4]
    assert volume.value_at((-0.34, 0, 0)) == volume.voxels[0, 0, 0]
    assert volume.value_at((-0.36, 0, 0)) is None


def test_default_window() -> None:
    voxels = numbered()
    assert Volume.from_array(voxels, AFFINE, windows=(Window(1, 2),), unit="HU").default_window == Window(1, 2)
    assert Volume.from_array(voxels, AFFINE, unit="HU").default_window == named_windows()["soft-tissue"]
    low, high = Volume.from_array(voxels, AFFINE).default_window.bounds
    assert 0 < low < 3
    assert 115 < high < 119


def test_there_is_one_field_for_windows() -> None:
    volume = Volume.from_array(numbered(), AFFINE, windows=[Window(1, 2), Window(3, 4)])
    assert volume.windows == (Window(1, 2), Window(3, 4))
    assert volume.window == Window(1, 2)
    assert Volume.from_array(numbered(), AFFINE).window is None
    with pytest.raises(ViewError, match=r"from_array has no option 'window': did you mean windows\?"):
        Volume.from_array(numbered(), AFFINE, window=Window(1, 2))


@pytest.mark.parametrize(
    ("own", "unit", "shown"),
    [
        (Window(5000, 100), "HU", Window(40, 400)),  # all black
        (Window(-5000, 100), "HU", Window(40, 400)),  # all white
        (Window(60, 4000), "", None),  # one grey
        (Window(60, 100), "", Window(60, 100)),
        (Window(110, 20), "HU", Window(110, 20)),  # what is bright is seen
    ],
)
def test_a_window_that_shows_nothing_is_passed_over(own: Window, unit: str, shown: Window | None) -> None:
    volume = Volume.from_array(numbered(), AFFINE, windows=(own,), unit=unit)
    assert volume.default_window == (shown or volume.auto_window)
    assert volume.window == own


def test_of_equal_values_any_window_shows_all_there_is() -> None:
    volume = Volume.from_array(np.zeros((3, 3, 3)), AFFINE, windows=(Window(900, 2),), unit="HU")
    assert volume.default_window == Window(900, 2)


@pytest.mark.parametrize("unit", ["SUVbw", "SUVlbm", "SUVbsa"])
def test_pet_opens_at_0_to_5(unit: str) -> None:
    volume = Volume.from_array(numbered(), AFFINE, windows=(Window(40, 400),), unit=unit, modality="PT")
    assert volume.default_window.bounds == (0, 5)


def test_a_ct_without_a_unit_is_shown_as_one_where_its_air_is_as_in_hu() -> None:
    voxels = np.where(numbered() > 60, 40, -1000).astype(np.int16)
    assert Volume.from_array(voxels, AFFINE, modality="CT").default_window == Window(40, 400)
    raw = Volume.from_array(voxels + np.int16(1000), AFFINE, modality="CT")
    assert raw.default_window == raw.auto_window


@pytest.mark.parametrize(("unit", "background"), [("HU", None), ("HU", -3024.0), ("", -3024.0)])
def test_windows_are_found_without_padding_and_what_lies_outside_of_the_field_of_view(
    unit: str, background: float | None
) -> None:
    voxels = np.linspace(-100, 1000, 1000).astype(np.int16).reshape(10, 10, 10)
    true = Volume.from_array(voxels, AFFINE, unit=unit).auto_window
    filled = np.concatenate([np.full((10, 10, 10), -3024, np.int16), voxels])
    assert Volume.from_array(filled, AFFINE, unit=unit, background=background).auto_window == true


def test_what_was_not_measured_has_no_value() -> None:
    measured = np.array([[0, 4, 0, 5]] * 5 + [[1, 3, 2, 5]])
    volume = Volume.from_array(numbered(), AFFINE, measured=measured)
    inside, beside = ((0.7 * i, 1.1 * j, 2.5 * 5) for i, j in ((1, 2), (0, 2)))
    assert volume.value_at(inside) == volume.voxels[1, 2, 5]
    assert volume.value_at(beside) is None
    between = (0.7 * 1, 1.1 * 2, 2.5 * 4.9)  # of two that were measured, and of one that was not
    assert volume.value_at(between) == round(1 + 4 * 2 + 20 * 4.9)
    assert volume.value_at((0.7 * 0.9, 1.1 * 2, 2.5 * 4.9)) is None
    assert volume.value_at((0.7 * 0.9, 1.1 * 2, 2.5 * 4.9), "nearest") == volume.voxels[1, 2, 5]
    assert volume.with_info(notes=("a",)).measured is not None
    with pytest.raises(GeometryError, match=r"measured has shape \(2, 4\): give \(6, 4\)"):
        Volume.from_array(numbered(), AFFINE, measured=measured[:2])
    left = AFFINE.copy()
    left[2, 2] *= -1
    turned = Volume.from_array(numbered(), left, measured=measured)
    assert turned.measured is not None
    assert turned.measured[0].tolist() == [1, 3, 2, 5]


def test_the_grid_shares_memory_and_says_where_it_is() -> None:
    a = np.radians(30)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) @ np.diag(
        [0.7, 1.1, 2.5]
    )
    affine[:3, 3] = (-10, 20, 30)
    volume = Volume.from_array(numbered(), affine, unit="HU")
    grid = volume.grid
    assert grid.dimensions == (4, 5, 6)
    assert grid.spacing == pytest.approx((0.7, 1.1, 2.5))
    assert np.shares_memory(np.asarray(grid.active_scalars), volume.voxels)
    n = grid.find_closest_point(volume.geometry.index_to_world((1, 2, 3)))
    assert grid.active_scalars[n] == volume.voxels[1, 2, 3]
    assert np.allclose(grid.points[n], volume.geometry.index_to_world((1, 2, 3)))
    assert volume.grid is grid


def test_repr_says_what_it_is() -> None:
    assert repr(Volume.from_array(numbered(), AFFINE, unit="HU", modality="CT")) == (
        "Volume(CT 4 x 5 x 6, 0.7 x 1.1 x 2.5 mm, HU, 0 notes)"
    )


def test_it_can_be_sent_to_another_process_whatever_was_made_of_it() -> None:
    volume = Volume.from_array(numbered(), AFFINE, unit="HU")
    begin_volume_digest(volume)
    assert volume.grid is not None
    sent = pickle.loads(pickle.dumps(volume))
    assert (sent.digest, sent.unit) == (volume.digest, "HU")
    assert np.array_equal(sent.affine, AFFINE)


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64])
def test_whole_numbers_beyond_24_bits_are_told(dtype: type) -> None:
    array = np.arange(60, dtype=dtype).reshape(3, 4, 5)
    array[1, 2, 3] = 40_000
    assert Volume.from_array(array, np.eye(4)).notes == ()
    array[1, 2, 3] = (1 << 24) + 1
    (note,) = Volume.from_array(array, np.eye(4)).notes
    assert "16,777,217: whole numbers beyond 16,777,216" in note


def test_words_of_headers_in_notes_steer_no_terminal_and_end_no_line() -> None:
    volume = Volume.from_array(np.zeros((2, 2, 2), np.int16), np.eye(4), notes=("The unit is \x1b[31ma\0b\nc.",))
    assert volume.notes == (r"The unit is \x1b[31ma\x00b\nc.",)
