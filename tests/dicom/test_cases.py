"""The case table: every row of ``../shared/docs/dicom-cases.md`` has a named test, here or in the file that fits it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.dicom.pixels import decode
from viewer3d.errors import DecoderError, NoVolumeError
from viewer3d.phantom import Faults
from viewer3d.render.window_choice import choose_window

SHAPE, SPACING = (20, 18, 5), (9.0, 8.0, 6.0)

ROWS = {
    "several series in a folder": ["test_load.test_two_series_have_to_be_chosen_from"],
    "localizer, or another orientation": [
        "test_load.test_a_localizer_is_set_apart",
        "test_real.test_three_orientations_are_three_volumes",
    ],
    "only single images": ["test_real.test_single_images_are_no_volume_but_can_be_asked_for"],
    "the same position twice": [
        "test_load.test_a_copied_slice_is_left_out_and_noted",
        "test_load.test_two_different_pictures_at_one_place_are_an_error",
    ],
    "missing slice": [
        "test_load.test_a_missing_slice_is_filled_where_it_was",
        "test_real.test_a_missing_slice_is_filled_and_the_others_stay",
    ],
    "variable spacing": ["test_load.test_uneven_slices_lie_where_they_were_taken"],
    "gantry tilt": [
        "test_load.test_a_tilted_gantry_gives_an_upright_body",
        "test_real.test_the_tilted_head_is_upright",
    ],
    "tilt and variable spacing together": ["test_load.test_tilt_and_a_missing_slice_together"],
    "sagittal, coronal, oblique": ["test_load.test_values_and_places_are_true"],
    "reversed, or no InstanceNumber": ["test_load.test_values_and_places_are_true"],
    "no ImagePositionPatient": ["test_choices.test_images_without_positions_take_a_spacing_by_hand"],
    "orientation jitter of 1e-4": ["series.test_stack.test_jitter_is_one_volume_and_disorder_is_none"],
    "position jitter": ["series.test_stack.test_positions_that_jitter_by_half_a_percent_are_even"],
    "4-D, multi-echo": [
        "test_choices.test_an_echo_by_its_number",
        "test_choices.test_a_time_by_its_turn_and_all_on_one_grid",
        "series.test_stack.test_two_attributes_at_once",
    ],
    "Siemens mosaic": [
        "headers.test_mosaic.test_the_real_mosaic_is_two_times_of_fifty_slices",
        "headers.test_mosaic.test_what_lacks_is_said",
    ],
    "enhanced multi-frame CT, MR, PET": [
        "test_load.test_enhanced_multiframe_is_the_same_volume",
        "test_choices.test_a_kind_by_its_name",
    ],
    "a slope per slice": ["test_real.test_values_and_affine_are_true"],
    "first slope whole": ["pixels.test_modality_values.test_the_type_is_decided_over_all_slices"],
    "Modality LUT Sequence": ["pixels.test_modality_values.test_a_modality_table_is_applied"],
    "signed 12-bit": [
        "pixels.test_modality_values.test_bits_above_bits_stored_are_ignored",
        "pixels.test_modality_values.test_high_bit_elsewhere_is_refused",
    ],
    "PixelPaddingValue": ["test_choices.test_all_windows_and_the_background_are_kept"],
    "outside the field of view without a tag": ["test_cases.test_outside_the_field_of_view_is_no_tissue"],
    "MONOCHROME1": ["test_cases.test_monochrome1_keeps_its_values_and_is_shown_inverted"],
    "PALETTE, RGB, YBR": ["test_cases.test_colour_is_refused_with_the_reason"],
    "float and double pixel data": ["test_cases.test_float_and_double_pixel_data"],
    "RTDOSE, 32-bit": ["test_choices.test_a_dose_is_in_the_unit_it_declares"],
    "big endian, deflated": [
        "test_cases.test_without_preamble_and_without_meta",
        "test_load.test_values_and_places_are_true",
    ],
    "RLE, JPEG lossless": [
        "test_real.test_single_files_of_every_transfer_syntax",
        "test_cases.test_jpeg_of_eight_bits",
        "test_cases.test_a_missing_decoder_is_named_with_its_install_command",
    ],
    "JPEG XL and others": ["test_cases.test_a_transfer_syntax_that_nobody_reads_is_named"],
    "truncated file": [
        "test_load.test_a_truncated_file_is_named",
        "pixels.test_modality_values.test_empty_pixel_data_is_named",
    ],
    "rows or columns differ": ["test_load.test_files_of_different_sizes_are_different_stacks"],
    "non-square pixels": ["test_load.test_values_and_places_are_true"],
    "NumberOfFrames 999999": ["pixels.test_modality_values.test_a_lying_header_costs_nothing"],
    "text, DICOMDIR, noise": [
        "files.test_sources.test_noise_alone",
        "test_real.test_datasets_zip_and_dicomdir_give_the_same",
    ],
    "VOI window functions": ["test_window.test_known_values"],
    "several windows": ["test_choices.test_all_windows_and_the_background_are_kept"],
    "RescaleType absent": ["meaning.test_explain.test_units"],
    "PET SUV": [
        "test_choices.test_pet_is_in_suv_when_its_header_has_all_that_takes",
        "test_choices.test_pet_stays_native_and_says_what_is_missing",
        "test_choices.test_the_suv_of_a_real_pet",
    ],
}
"""How each row begins, and the tests that hold it."""


def test_every_row_has_its_test() -> None:
    for names in ROWS.values():
        for name in names:
            module, _, test = name.rpartition(".")
            place = "tests.core" if module == "test_window" else "tests.dicom"
            assert callable(getattr(importlib.import_module(f"{place}.{module}"), test)), name


def test_every_row_is_here(real: Callable[[str], Path]) -> None:
    table = (real(".").parent / "docs" / "dicom-cases.md").read_text().splitlines()
    rows = [line.split("|")[1].strip() for line in table if line.startswith("|")][2:]
    assert len(rows) == len(ROWS)
    for row, begins in zip(rows, ROWS, strict=True):
        assert row.startswith(begins), row


def write(folder: Path, edit: Callable[[Dataset], Any] | None = None, **faults: Any) -> Path:
    for path in write_phantom(folder, shape=SHAPE, spacing=SPACING, noise=0.0, faults=Faults(**faults)):
        if edit is not None:
            dataset = dcmread(path)
            edit(dataset)
            dataset.save_as(path)
    return folder


def test_outside_the_field_of_view_is_no_tissue(real: Callable[[str], Path]) -> None:
    volume = viewer3d.load(real("ct_torso_acrin"))
    assert volume.voxels.min() == -3024  # untouched
    assert choose_window(volume, "auto").bounds[0] >= -1024


def test_monochrome1_keeps_its_values_and_is_shown_inverted(tmp_path: Path) -> None:
    plain = viewer3d.load(write(tmp_path / "2"))
    turned = viewer3d.load(write(tmp_path / "1", inverted=True))
    assert np.array_equal(plain.voxels, turned.voxels)
    assert turned.inverted
    a, b = (viewer3d.screenshot(volume, view="axial", size=(200, 200))[100, 100] for volume in (plain, turned))
    assert abs(int(a[0]) + int(b[0]) - 255) <= 1


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "PALETTE COLOR"])
def test_colour_is_refused_with_the_reason(photometric: str, tmp_path: Path) -> None:
    def colour(dataset: Dataset) -> None:
        dataset.PhotometricInterpretation = photometric
        if photometric != "PALETTE COLOR":
            dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
            dataset.PixelData *= 3

    with pytest.raises(NoVolumeError, match=rf"5 colour \({photometric}\): its numbers are no measurement"):
        viewer3d.load(write(tmp_path, colour))


@pytest.mark.parametrize(("keyword", "dtype"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")])
def test_float_and_double_pixel_data(keyword: str, dtype: str, tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(0, 1e-3, SHAPE[1::-1]).astype(dtype)

    def float_pixels(dataset: Dataset) -> None:
        for word in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation", "RescaleSlope", "RescaleIntercept"):
            delattr(dataset, word)
        dataset.BitsAllocated = values.dtype.itemsize * 8
        setattr(dataset, keyword, values.tobytes())

    volume = viewer3d.load(write(tmp_path, float_pixels))
    assert volume.voxels.dtype == np.float32
    assert np.array_equal(volume.voxels[:, :, 2].T, values.astype(np.float32))


@pytest.mark.parametrize("cut", ["preamble", "meta"])
@pytest.mark.parametrize("syntax", ["ImplicitVRLittleEndian", "ExplicitVRLittleEndian"])
def test_without_preamble_and_without_meta(cut: str, syntax: str, tmp_path: Path) -> None:
    whole = viewer3d.load(write(tmp_path, syntax=syntax))
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        length = int.from_bytes(data[140:144], "little")  # of the meta group, after its own length element
        path.write_bytes(data[132:] if cut == "preamble" else data[144 + length :])
    volume = viewer3d.load(tmp_path)
    assert np.array_equal(volume.voxels, whole.voxels)
    assert np.array_equal(volume.affine, whole.affine)


def test_jpeg_of_eight_bits(tmp_path: Path) -> None:
    import io

    from PIL import Image

    picture = (np.indices(SHAPE[1::-1]).sum(0) * 5).astype(np.uint8)
    with io.BytesIO() as file:
        Image.fromarray(picture).save(file, "JPEG", quality=100)
        code = file.getvalue()

    def jpeg(dataset: Dataset) -> None:
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        dataset.PixelData = encapsulate([code])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"

    volume = viewer3d.load(write(tmp_path, jpeg))
    assert np.abs(volume.voxels[:, :, 1].T - (picture.astype(int) - 1024)).max() <= 3


def test_a_missing_decoder_is_named_with_its_install_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, syntax="RLELossless")
    monkeypatch.setattr(decode, "find_spec", lambda _name: None)
    with pytest.raises(DecoderError, match=r"IM0001.dcm: RLE needs a decoder: pip install imagecodecs"):
        viewer3d.load(folder)


def test_a_transfer_syntax_that_nobody_reads_is_named(tmp_path: Path) -> None:
    def other(dataset: Dataset) -> None:
        dataset.PixelData = encapsulate([bytes(30)])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"

    with pytest.raises(DecoderError, match=r"MPEG2 .*1\.2\.840\.10008\.1\.2\.4\.100.* has no decoder here"):
        viewer3d.load(write(tmp_path, other))
