"""Values in public reports: rows of ``../shared/docs/dicom-cases-reported.md`` and the tests that hold them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

ROWS = {
    "rescale of an enhanced file at its top level": [
        "test_scaling.test_the_top_of_an_enhanced_file_is_asked_where_its_groups_say_nothing",
    ],
    "slope 0; slope, intercept or dose scaling": [
        "test_scaling.test_a_slope_of_zero_is_an_error",
        "test_scaling.test_what_is_no_number_is_told_with_file_and_value",
        "test_scaling.test_an_attribute_that_some_slices_lack_is_an_error",
        "test_scaling.test_a_dose_without_its_scaling_is_refused",
        "test_suv.test_a_unit_is_earned_by_a_slope",
    ],
    "overlay in unused bits, compressed": [
        "test_codestreams.test_an_overlay_in_bits_that_are_not_stored",
        "test_codestreams.test_bits_above_bits_stored_are_cleared",
    ],
    "SUV: date after the scan": [
        "test_suv.test_cases_of_public_reports",
        "test_suv.test_an_injection_after_the_scan_is_refused",
        "test_suv.test_the_time_from_injection_to_scan",
        "test_suv.test_what_cannot_be_believed_is_refused_with_the_reason",
        "test_suv.test_counts_of_philips",
    ],
    "more fragments than frames": [
        "test_codestreams.test_more_pictures_than_frames_are_an_error",
        "test_codestreams.test_fragments_of_nobody_are_an_error",
        "test_codestreams.test_a_codestream_that_breaks_off_is_an_error",
        "test_codestreams.test_the_frame_that_breaks_off_is_named_and_the_others_load",
    ],
    "rows or columns that do not fit the pixels": [
        "test_pixels.test_pixels_that_do_not_fit_rows_and_columns_are_an_error",
        "test_codestreams.test_a_codestream_of_another_size_is_an_error_and_no_sheared_picture",
        "test_codestreams.test_rle_of_more_or_fewer_pixels_is_an_error",
    ],
    "HU: Image Type ORIGINAL": ["test_value_notes.test_hu_by_the_ct_image_module"],
}
"""How a row begins, and the tests that hold it."""


def test_every_row_has_its_test() -> None:
    for names in ROWS.values():
        for name in names:
            module, test = name.split(".")
            assert callable(getattr(importlib.import_module(f"tests.dicom.{module}"), test)), name


def test_every_row_is_one_of_the_table(real: Callable[[str], Path]) -> None:
    table = (real(".").parent / "docs" / "dicom-cases-reported.md").read_text().splitlines()
    rows = [line.split("|")[1].strip() for line in table if line.startswith("|")][2:]
    for begins in ROWS:
        assert sum(row.startswith(begins) for row in rows) == 1, begins
