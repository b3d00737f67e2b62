"""Cases from public reports: each of ``../shared/cases`` comes out as its expected.json says, or with its error."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from viewer3d.core.volume import Volume
from viewer3d.errors import Viewer3DError

CASES = (
    "aborted_4d",
    "control_frame_of_reference_per_slice",
    "enhanced_asl_context",
    "enhanced_cardiac_percent",
    "enhanced_diffusion_directions",
    "enhanced_inversion_times",
    "enhanced_philips_asl_label",
    "enhanced_rescale_at_top",
    "j2k_overlay_in_unused_bits",
    "jls_zero_before_eoi",
    "nm_recon_tomo_negative_step",
    "nm_recon_tomo_positive_step",
    "one_image_without_position",
    "slope_zero",
    "spacing_given_keeps_positions",
    "spine_disc_stacks",
    "suv_series_time_5_microseconds_later",
    "suv_start_datetime_days_after_scan",
    "suv_start_datetime_years_after_scan",
    "suv_time_hhmm",
    "suv_zr89_six_days",
    "time_over_midnight",
    "time_pet_frame_reference_time",
    "turn_flip_angle",
    "turn_ge_private_b",
    "turn_kernel",
    "turn_siemens_private_b",
    "two_frames_of_reference",
    "two_patients_no_series_uid",
    "two_pixel_spacings",
    "unknown_vr",
)
REFUSED = {"slope_zero": "0.dcm: Rescale Slope"}
"""Cases whose files are refused, and what the error says."""

SKIPPED = ("one_image_without_position", "unknown_vr")
"""Cases that load without their bad files alone."""

ROWS = {
    "windows that differ from slice to slice": [
        "meaning.test_windows.test_where_each_slice_has_its_own_window_the_median_is_taken",
        "meaning.test_windows.test_info_tells_the_range_of_windows",
    ],
    "enhanced frames at one place": [
        "headers.test_functional_groups.test_a_functional_group_that_varies",
        "headers.test_functional_groups.test_dimension_index_values_tell_whatever_they_mean",
    ],
    "classic frames at one place told by a tag": [
        "series.test_dimensions.test_an_attribute_of_classic_files",
        "headers.test_private.test_the_private_elements_of_the_vendors",
        "series.test_split_by_order.test_the_order_of_numbers_is_a_guess_and_said_where_it_is_used",
        "series.test_split_by_order.test_what_is_known_and_contradicts_the_order_is_refused_by_its_name",
    ],
    "4-D over midnight": [
        "series.test_dimensions.test_times_are_in_order_of_date_and_time",
        "test_reported_cases.test_case",
    ],
    "the last pass of a 4-D set was stopped": [
        "series.test_split_by_order.test_the_whole_volumes_of_an_interrupted_series_load_and_the_rest_by_name",
    ],
    "two patients, or two frames of reference": [
        "series.test_split_by_patient.test_two_patients_are_two_volumes_within_one_series_uid",
        "series.test_split_by_patient.test_two_frames_of_reference_are_two_volumes",
        "series.test_split_by_patient.test_a_frame_of_reference_for_each_slice_of_an_even_stack_parts_nothing",
    ],
    "one Series Instance UID, another Study UID": [
        "series.test_split_by_patient.test_one_series_uid_in_several_studies_is_one_series_and_noted",
    ],
    "stacks a few degrees apart": ["series.test_split_by_kind.test_stacks_a_few_degrees_apart_are_each_a_volume"],
    "Image Type ADD among others": [
        "series.test_split_by_kind.test_image_types_that_differ_within_one_stack_part_nothing"
    ],
    "two pixel spacings; two regions far apart": [
        "series.test_split_by_kind.test_two_pixel_spacings_are_two_volumes",
        "series.test_split_by_kind.test_two_regions_far_apart_are_two_volumes",
    ],
    "NM RECON TOMO": ["headers.test_nuclear.test_frames_step_from_the_first_as_the_sign_of_the_spacing_says"],
    "`spacing=` for files": ["series.test_split_by_kind.test_a_spacing_by_hand_fills_in_only_what_lacks"],
    "TM and DT without seconds or minutes": ["headers.test_dates.test_a_time_in_each_form_is_seconds_since_midnight"],
    "rescale of an enhanced file at its top level": [
        "headers.test_scaling.test_the_top_of_an_enhanced_file_is_asked_where_its_groups_say_nothing",
    ],
    "slope 0; slope, intercept or dose scaling": [
        "headers.test_scaling.test_a_slope_of_zero_is_an_error",
        "headers.test_scaling.test_what_is_no_number_is_told_with_file_and_value",
        "headers.test_scaling.test_an_attribute_that_some_slices_lack_is_an_error",
        "headers.test_scaling.test_a_dose_without_its_scaling_is_refused",
        "meaning.test_suv.test_a_unit_is_earned_by_a_slope",
    ],
    "overlay in unused bits, compressed": [
        "pixels.test_codestreams.test_an_overlay_in_bits_that_are_not_stored",
        "pixels.test_codestreams.test_bits_above_bits_stored_are_cleared",
    ],
    "SUV: date after the scan": [
        "meaning.test_suv.test_cases_of_public_reports",
        "meaning.test_suv.test_an_injection_after_the_scan_is_refused",
        "meaning.test_suv.test_the_time_from_injection_to_scan",
        "meaning.test_suv.test_what_cannot_be_believed_is_refused_with_the_reason",
        "meaning.test_suv.test_counts_of_philips",
    ],
    "more fragments than frames": [
        "pixels.test_codestreams.test_more_pictures_than_frames_are_an_error",
        "pixels.test_codestreams.test_fragments_of_nobody_are_an_error",
        "pixels.test_codestreams.test_a_codestream_that_breaks_off_is_an_error",
        "pixels.test_codestreams.test_the_frame_that_breaks_off_is_named_and_the_others_load",
    ],
    "rows or columns that do not fit the pixels": [
        "pixels.test_modality_values.test_pixels_that_do_not_fit_rows_and_columns_are_an_error",
        "pixels.test_codestreams.test_a_codestream_of_another_size_is_an_error_and_no_sheared_picture",
        "pixels.test_codestreams.test_rle_of_more_or_fewer_pixels_is_an_error",
    ],
    "HU: Image Type ORIGINAL": ["meaning.test_value_notes.test_hu_by_the_ct_image_module"],
}
"""How each row of ``../shared/docs/dicom-cases-reported.md`` begins, and the tests that hold it."""


def test_every_row_has_its_test() -> None:
    for names in ROWS.values():
        for name in names:
            module, _, test = name.rpartition(".")
            assert callable(getattr(importlib.import_module(f"tests.dicom.{module}"), test)), name


def test_every_row_is_here(real: Callable[[str], Path]) -> None:
    table = (real(".").parent / "docs" / "dicom-cases-reported.md").read_text().splitlines()
    rows = [line.split("|")[1].strip() for line in table if line.startswith("|")][2:]
    assert len(rows) == len(ROWS)
    for row in rows:
        assert sum(row.startswith(begins) for begins in ROWS) == 1, row


def test_every_case_is_here(real: Callable[[str], Path]) -> None:
    folders = (real(".").parent / "cases").glob("*/expected.json")
    assert sorted(path.parent.name for path in folders) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, real: Callable[[str], Path]) -> None:
    case = real(".").parent / "cases" / name
    wanted = json.loads((case / "expected.json").read_text())["volumes"]
    if name in REFUSED:
        with pytest.raises(Viewer3DError, match=REFUSED[name]):
            viewer3d.load_all(case / "files")
        return
    if name == "spacing_given_keeps_positions":
        volumes = [viewer3d.load(case / "files", spacing=(0.75, 1.5, 2.5))]
    else:
        volumes = viewer3d.load_all(case / "files", skip_bad=name in SKIPPED)
    assert len(volumes) == len(wanted)
    for want in wanted:
        assert any(is_as_wanted(volume, want) for volume in volumes), want
    if name == "spacing_given_keeps_positions":
        return  # without a spacing it is no volume
    listed = viewer3d.scan(case / "files")
    assert sum(len(series.volumes) for series in listed) == len(volumes)  # list, info and load agree


@pytest.mark.parametrize("name", SKIPPED)
def test_a_bad_file_is_named_where_it_is_not_to_be_skipped(name: str, real: Callable[[str], Path]) -> None:
    with pytest.raises(Viewer3DError, match=r"\.dcm"):
        viewer3d.load(real(".").parent / "cases" / name / "files")


def is_as_wanted(volume: Volume, want: dict[str, Any]) -> bool:
    """Whether values, unit, shape, place and time are those of one expected volume, as far as it says them."""
    if "first_pixel_by_frame" in want:
        return is_by_frame(volume, want)
    step, origin = want.get("slice_step_lps"), want.get("origin_lps")
    first, last = want.get("first_pixel_of_each_slice"), want.get("last_pixel_of_each_slice")
    time = want.get("which", {}).get("time")
    return (
        list(volume.shape) == want["shape"]
        and (want.get("unit") is None or volume.unit == want["unit"])
        and (first is None or np.allclose(volume.voxels[0, 0, :], first, rtol=1e-4, atol=1e-3))
        and (last is None or np.allclose(volume.voxels[-1, -1, :], last, rtol=1e-4, atol=1e-3))
        and (origin is None or np.allclose(volume.affine[:3, 3], origin, atol=1e-2))
        and (step is None or np.allclose(volume.affine[:3, 2], step, atol=1e-2))
        and (time is None or volume.which["time"] == time)
    )


def is_by_frame(volume: Volume, want: dict[str, Any]) -> bool:
    """Whether every frame, whatever the order of the slices, lies where its number says."""
    first = want["first_pixel_by_frame"]
    for k in range(volume.shape[2]):
        frame = first.index(float(volume.voxels[0, 0, k]))
        place = np.array(want["first_frame_at_lps"]) + frame * np.array(want["frame_step_lps"])
        if not np.allclose((volume.affine @ [0, 0, k, 1])[:3], place, atol=1e-2):
            return False
    in_plane = [np.linalg.norm(want[name]) for name in ("column_step_lps", "row_step_lps")]
    return list(volume.shape) == want["shape"] and np.allclose(volume.spacing[:2], in_plane)
