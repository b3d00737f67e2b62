"""The windows of a series: one for all slices where each has its own, VOI LUTs, and those that mean nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.core.sampling import measured_mask
from viewer3d.core.window import Window
from viewer3d.dicom.headers.values import voi_windows
from viewer3d.dicom.meaning.explain import decisions
from viewer3d.dicom.meaning.windows import has_anatomy, windows_of
from viewer3d.phantom import Faults
from viewer3d.recipes.embed import read_recipe

SMALL: dict[str, Any] = {"shape": (34, 30, 9), "spacing": (9.0, 8.0, 20.0)}


def write(folder: Path, change: Callable[[Dataset, int], None], **faults: Any) -> Path:
    """Write a small phantom series; each file is changed, by its number along the patient."""
    write_phantom(folder, faults=Faults(**faults), **SMALL)
    paths = sorted(folder.glob("*.dcm"), key=lambda path: dcmread(path).ImagePositionPatient[2])
    for number, path in enumerate(paths):
        dataset = dcmread(path)
        change(dataset, number)
        dataset.save_as(path)
    return folder


def own_windows(dataset: Dataset, number: int) -> None:
    dataset.WindowCenter, dataset.WindowWidth = 100 + number, 200 + 10 * number


def test_where_each_slice_has_its_own_window_the_median_is_taken(tmp_path: Path) -> None:
    volume = viewer3d.load(write(tmp_path, own_windows))
    assert volume.windows == (Window(104, 240),)
    assert volume.default_window == volume.window


def test_windows_of_slices_without_anatomy_have_no_part(tmp_path: Path) -> None:
    """Six of nine slices hold air alone, and have windows for that."""

    def change(dataset: Dataset, number: int) -> None:
        dataset.WindowCenter, dataset.WindowWidth = (50, 300 + number) if 3 <= number < 6 else (-1000, 5 + number)
        if not 3 <= number < 6:
            dataset.PixelData = bytes(len(dataset.PixelData))

    assert viewer3d.load(write(tmp_path, change)).windows == (Window(50, 304),)


def test_info_tells_the_range_of_windows(tmp_path: Path) -> None:
    found = viewer3d.scan(write(tmp_path, own_windows))
    row = next(one for one in decisions(found.series[0], found.series[0].stacks[0]) if one.topic == "window")
    assert row.value == "center 100 to 108, width 200 to 280"
    assert row.reason == "9 different ones in 9 slices: the median over the slices with anatomy is taken"


def test_info_tells_how_pet_opens(real: Callable[[str], Path]) -> None:
    found = viewer3d.scan(real("pet_ac_bqml"))
    row = next(one for one in decisions(found.series[0], found.series[0].stacks[0]) if one.topic == "window")
    assert (row.value, row.reason) == ("0 to 5", "SUVbw, as PET is read")


def test_second_windows_are_medians_too(tmp_path: Path) -> None:
    def change(dataset: Dataset, number: int) -> None:
        dataset.WindowCenter, dataset.WindowWidth = [40, -600 + number], [400, 1500]

    assert viewer3d.load(write(tmp_path, change)).windows == (Window(40, 400), Window(-596, 1500))


def test_windows_of_several_functions_have_no_median(tmp_path: Path) -> None:
    frames = viewer3d.scan(write(tmp_path, own_windows)).series[0].stacks[0].frames
    odd = dataclasses.replace(frames[0], windows=(Window(40, 400, "SIGMOID"),))
    voxels = np.ones((3, 3, len(frames)), np.int16)
    assert windows_of((odd, *frames[1:]), voxels) == ()
    none = dataclasses.replace(frames[0], windows=())
    assert windows_of((none, *frames[1:]), voxels) == (Window(104.5, 245),)


def test_anatomy_is_what_is_above_the_mean() -> None:
    voxels = np.zeros((20, 20, 5), np.int16)
    voxels[5:15, 5:15, 1:4] = 100
    voxels[0, 0, 0] = 100
    assert has_anatomy(voxels).tolist() == [False, True, True, True, False]


def with_table(dataset: Dataset, entries: np.ndarray, first: int, bits: int) -> None:
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, first, bits]
    item["LUTDescriptor"].VR = "SS" if dataset.PixelRepresentation else "US"
    long = len(entries) > 30000  # more than an explicit US can hold
    item.add_new(0x00283006, *(("OW", entries.astype("<u2").tobytes()) if long else ("US", entries.tolist())))
    dataset.VOILUTSequence = [item]


CURVES = {
    "sigmoid of 12 bits": (np.rint(4095 / (1 + np.exp(-np.linspace(-6, 6, 1000)))), 0, 12),
    "falling": (np.linspace(1023, 0, 600), 40, 10),
    "not monotone": (np.random.default_rng(3).integers(0, 1024, 500), 10, 10),
    "65536 entries of 16 bits": (np.arange(65536), 0, 16),
    "below 0": (np.linspace(0, 65535, 2000), -1000, 16),
}


@pytest.mark.parametrize("name", CURVES)
def test_a_voi_lut_gives_the_greys_of_pydicom(name: str, tmp_path: Path) -> None:
    entries, first, bits = CURVES[name]
    entries = np.rint(entries).astype(np.uint16)
    signed = first < 0
    folder = write(tmp_path, lambda dataset, _: with_table(dataset, entries, first, bits), signed=signed)
    volume = viewer3d.load(folder)
    window = volume.window
    assert window is not None
    assert window.function == "TABLE"
    assert volume.windows == (window, Window(40, 400))  # the plain one is there as well
    for path in sorted(folder.glob("*.dcm")):
        dataset = dcmread(path)
        values = apply_modality_lut(dataset.pixel_array, dataset).astype(np.int32)
        theirs = apply_voi_lut(values, dataset, prefer_lut=True) / ((1 << bits) - 1)
        assert np.array_equal(np.rint(255 * window.apply(values)), np.rint(255 * theirs))
    assert not any("VOI LUT" in note for note in volume.notes)


@pytest.mark.parametrize("vr", ["US", "OW"])
def test_a_voi_lut_of_8_bits(tmp_path: Path, vr: str) -> None:
    """Against PS3.3 C.11.2.1.1 by hand: pydicom counts entries of 8 bits no further than 256."""
    entries = np.arange(250, 0, -1).astype(np.uint16)

    def change(dataset: Dataset, _: int) -> None:
        with_table(dataset, entries, 40, 8)
        if vr == "OW":
            dataset.VOILUTSequence[0].add_new(0x00283006, "OW", entries.astype("u1").tobytes())

    window = viewer3d.load(write(tmp_path, change)).window
    assert window is not None
    values = np.arange(-500, 3000)
    assert np.array_equal(np.rint(255 * window.apply(values)), entries[np.clip(values - 40, 0, 249)])


def test_a_picture_with_a_voi_lut_is_made_again_from_its_state(tmp_path: Path) -> None:
    entries = np.rint(CURVES["sigmoid of 12 bits"][0]).astype(np.uint16)
    volume = viewer3d.load(write(tmp_path, lambda dataset, _: with_table(dataset, entries, 0, 12)))
    pixels = viewer3d.screenshot(volume, tmp_path / "a.png", view="axial", size=(100, 100))
    recipe = read_recipe(tmp_path / "a.png")
    assert recipe.state is not None
    assert recipe.state.look.window == volume.default_window
    assert np.array_equal(viewer3d.screenshot(volume, state=recipe.state, size=(100, 100)), pixels)
    assert not np.array_equal(viewer3d.screenshot(volume, view="axial", window="file:2", size=(100, 100)), pixels)


def test_a_voi_lut_that_is_broken_is_told(tmp_path: Path) -> None:
    def change(dataset: Dataset, _: int) -> None:
        with_table(dataset, np.arange(256, dtype=np.uint16), 0, 8)
        dataset.VOILUTSequence[0].LUTDescriptor = [400, 0, 8]

    volume = viewer3d.load(write(tmp_path, change))
    assert volume.window == Window(40, 400)
    told = "VOI LUT has 256 entries where its descriptor says 400"
    note = f"A window of 9 of 9 images was left out: item 1 of VOI LUT Sequence (0028,3010) cannot be read ({told})."
    assert note in volume.notes


def test_a_width_of_minus_0_is_told_as_0() -> None:
    """What is found of windows is kept by their numbers, of which -0 and 0 are equal."""
    for width in (-0.0, 0.0):
        problems = voi_windows((40.0,), (width,), "")[1]
        assert problems == ("Window Width (0028,1051) is 0 and must be at least 1 (PS3.3 C.11.2.1.2)",)


def test_voi_luts_that_differ_from_slice_to_slice_are_told(tmp_path: Path) -> None:
    volume = viewer3d.load(
        write(tmp_path, lambda dataset, n: with_table(dataset, np.arange(256, dtype=np.uint16), n, 8))
    )
    assert volume.windows == (Window(40, 400),)
    assert any(note.startswith("The VOI LUT Sequence (0028,3010) differs") for note in volume.notes)


@pytest.mark.parametrize(
    ("width", "function", "told"),
    [(0, None, "Window Width (0028,1051) is 0 and must be at least 1"),
     (-200, "LINEAR_EXACT", "Window Width (0028,1051) is -200 and must be above 0"),
     (400, "CUBIC", "VOI LUT Function (0028,1056) CUBIC is none that is known")],
)  # fmt: skip
def test_a_window_that_means_nothing_is_told(tmp_path: Path, width: float, function: str | None, told: str) -> None:
    def change(dataset: Dataset, number: int) -> None:
        if number < 4:
            dataset.WindowWidth = width
            if function:
                dataset.VOILUTFunction = function

    volume = viewer3d.load(write(tmp_path, change))
    assert volume.windows == (Window(40, 400),)
    assert any(note.startswith(f"A window of 4 of 9 images was left out: {told}") for note in volume.notes), (
        volume.notes
    )


def test_a_window_that_shows_nothing_is_told(tmp_path: Path) -> None:
    def change(dataset: Dataset, _: int) -> None:
        dataset.WindowCenter, dataset.WindowWidth = 20000, 100

    volume = viewer3d.load(write(tmp_path, change))
    assert volume.window == Window(20000, 100)
    assert volume.default_window == Window(40, 400)
    assert (
        "The files' own window 20000/100 shows next to nothing of the values: pictures begin with 40/400."
        in volume.notes
    )


def test_the_note_says_how_much_of_a_tilted_series_was_not_measured(tmp_path: Path) -> None:
    volume = viewer3d.load(write(tmp_path, lambda _dataset, _n: None, tilt=12.0))
    assert volume.measured is not None
    mask = measured_mask(volume.measured, volume.shape)
    share = 100 * (1 - mask.mean())
    assert any(note.startswith(f"{share:.2g} % of the upright grid lies beside the slices") for note in volume.notes)
    assert (volume.voxels[~mask] == -1000).all()
    whole = viewer3d.load(tmp_path, irregular="keep")
    assert whole.measured is None


def test_the_padding_of_a_tilted_series_goes_on_into_the_corners(tmp_path: Path) -> None:
    volume = viewer3d.load(write(tmp_path, lambda _dataset, _n: None, tilt=12.0, padding=-2000, signed=True))
    assert volume.measured is not None
    mask = measured_mask(volume.measured, volume.shape)
    assert volume.background == -2000
    assert (volume.voxels[~mask] == -2000).all()
    assert volume.window_values().min() >= -1024
