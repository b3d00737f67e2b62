"""Which test makes a note of each kind, and why some kinds are made by none; a slow test runs them all."""

# ruff: noqa: E501 (names of tests)

from __future__ import annotations

MADE_BY = {
    "tests/core/test_segmentation.py::test_it_can_be_sent_and_copied_with_other_notes": ("other.given",),
    "tests/dicom/meaning/test_windows.py::test_the_note_says_how_much_of_a_tilted_series_was_not_measured": (
        "slices.tilted",
        "slices.kept",
        "slices.filled",
    ),
    "tests/dicom/series/test_slice_layout.py::test_slices_that_stray_by_more_are_resampled_by_their_true_positions": (
        "slices.uneven",
    ),
    "tests/core/test_origin.py::test_of_all_images_as_one_series": (
        "slices.missing",
        "images.several_series",
    ),
    "tests/dicom/series/test_slice_layout.py::test_slices_that_stray_by_less_stay_as_they_are_and_that_is_said": (
        "slices.stray",
    ),
    "tests/dicom/meaning/test_dose_notes.py::test_a_dose_of_a_beam_in_one_frame_says_so": ("slices.single",),
    "tests/dicom/meaning/test_explain.py::test_thickness_is_told_against_the_increment": ("slices.gaps",),
    "tests/dicom/headers/test_nuclear.py::test_without_a_spacing_between_slices_one_by_hand_fills_it_in": (
        "slices.spacing_given",
    ),
    "tests/dicom/series/test_identity.py::test_places_given_by_hand_are_in_no_frame_of_reference": (
        "slices.pixel_spacing_given",
    ),
    "tests/dicom/series/test_split_by_kind.py::test_an_orientation_by_hand_is_axial_at_the_positions_of_the_files": (
        "slices.orientation_assumed",
    ),
    "tests/dicom/series/test_split_by_patient.py::test_one_series_uid_in_several_studies_is_one_series_and_noted": (
        "images.several_studies",
    ),
    "tests/dicom/series/test_identity.py::test_a_stack_of_which_each_slice_names_its_own_has_none": (
        "images.several_frames",
    ),
    "tests/dicom/series/test_identity.py::test_frames_that_name_none_are_in_that_of_the_others": (
        "images.frame_unnamed",
    ),
    "tests/dicom/series/test_old_labels.py::test_a_picture_of_a_part_of_what_is_one_now_is_other_data": (
        "images.types_differ",
    ),
    "tests/dicom/images/test_image_spacing.py::test_mm_are_said_as_the_standard_allows": ("images.no_mm",),
    "tests/dicom/series/test_identity.py::test_burned_in_text_is_noted": ("images.burned_in",),
    "tests/dicom/images/test_image_spacing.py::test_images_whose_black_is_not_that_of_the_first_are_told": (
        "images.inverted_in_part",
    ),
    "tests/dicom/files/test_refused.py::test_1500_nested_folders": ("images.duplicates",),
    "tests/core/test_inputs.py::test_movies_of_places": (
        "images.order_guessed",
        "images.set_apart",
    ),
    "tests/dicom/meaning/test_moments.py::test_a_note_tells_where_dcm2niix_reads_other_directions": (
        "images.ge_direction",
        "written.identified",
        "written.directions",
    ),
    "tests/dicom/series/test_split_by_dimension.py::test_an_interrupted_series_of_directions_is_whole_but_for_the_last": (
        "images.interrupted",
        "images.left_over",
    ),
    "tests/dicom/series/test_catalog.py::test_a_time_of_another_grid_is_told_and_keeps_its_number": (
        "images.other_grid",
    ),
    "tests/dicom/series/test_split_by_kind.py::test_a_slice_whose_spacing_is_damaged_is_named": (
        "images.without_place",
    ),
    "tests/dicom/files/test_refused.py::test_a_file_that_is_another_when_it_is_loaded": ("images.unreadable",),
    "tests/dicom/files/test_archives.py::test_a_broken_or_lying_member_is_told_and_can_be_skipped": (
        "files.unreadable",
    ),
    "tests/dicom/files/test_refused.py::test_what_is_no_file_is_told_by_count_and_reason_and_the_rest_loads": (
        "files.unsearched",
    ),
    "tests/archive/jobs/test_pictures.py::test_a_picture_of_a_tilted_image_is_made_again": ("files.left_out",),
    "tests/dicom/meaning/test_acquisition.py::test_ct_and_pet_have_their_own_words": ("values.no_unit",),
    "tests/dicom/meaning/test_value_notes.py::test_hu_given_by_hand_is_noted": ("values.unit_given",),
    "tests/dicom/meaning/test_suv.py::test_cases_of_public_reports": ("values.converted",),
    "tests/dicom/meaning/test_suv.py::test_a_value_that_breaks_its_vr_is_missing_and_the_series_loads": (
        "values.not_suv",
        "windows.unseen",
    ),
    "tests/dicom/headers/test_real_world.py::test_of_several_mappings_one_is_chosen_and_told": (
        "values.mapping",
        "values.mapping_chosen",
    ),
    "tests/dicom/headers/test_real_world.py::test_without_a_mapping_that_can_be_used_values_are_as_stored": (
        "values.mapping_missing",
    ),
    "tests/dicom/headers/test_real_world.py::test_what_no_mapping_is_for_is_told": ("values.beyond_mapping",),
    "tests/dicom/meaning/test_value_notes.py::test_hu_by_the_ct_image_module": ("values.rescale_assumed",),
    "tests/core/test_volume.py::test_whole_numbers_beyond_24_bits_are_told": ("values.rounded",),
    "tests/dicom/meaning/test_value_notes.py::test_loss_in_some_images_is_counted": ("values.lossy",),
    "tests/dicom/meaning/test_dose_notes.py::test_unit_type_and_sum_are_told": (
        "values.dose_error",
        "values.dose_effective",
        "values.dose_sum_unknown",
        "values.dose_partial",
    ),
    "tests/dicom/meaning/test_windows.py::test_a_voi_lut_that_is_broken_is_told": ("windows.left_out",),
    "tests/dicom/meaning/test_windows.py::test_voi_luts_that_differ_from_slice_to_slice_are_told": (
        "windows.tables_differ",
    ),
    "tests/dicom/objects/test_presentation.py::test_a_state_is_found_by_path_label_number_and_object": (
        "presentation.applied",
        "not_shown.presentations",
    ),
    "tests/dicom/objects/test_overlay_planes.py::test_a_bitmap_shutter_is_no_graphics": ("presentation.own",),
    "tests/dicom/objects/test_overlay_planes.py::test_what_cannot_be_drawn_is_told": (
        "presentation.nothing",
        "not_shown.plane",
        "not_shown.shutter",
    ),
    "tests/dicom/objects/test_presentation.py::test_windows_of_single_images_and_the_polarity": (
        "presentation.windows_several",
    ),
    "tests/dicom/objects/test_presentation.py::test_windows_are_of_the_values_that_its_own_rescale_leads_to": (
        "presentation.windows_stored",
    ),
    "tests/dicom/objects/test_presentation.py::test_planes_of_a_state_and_those_of_images_that_it_activates": (
        "presentation.names",
    ),
    "tests/render/slices/test_graphics.py::test_of_tilted_slices_it_is_said_where_graphics_are_seen": (
        "presentation.tilted",
    ),
    "tests/dicom/meaning/test_value_notes.py::test_overlays_and_shutters_are_named": ("not_shown.planes",),
    "tests/dicom/objects/test_presentation.py::test_ten_million_points_are_bounded": ("not_shown.annotations",),
    "tests/dicom/objects/test_presentation.py::test_display_units_are_of_the_displayed_area": ("not_shown.rotation",),
    "tests/render/couch/test_removal.py::test_what_was_hidden_is_told_in_ml": ("not_shown.couch",),
    "tests/render/face/test_removal.py::test_notes_say_what_pictures_show": ("face.visible", "face.hidden"),
    "tests/dicom/objects/test_segmentation.py::test_a_table_that_contradicts_itself": (
        "segments.no_number",
        "segments.twice",
    ),
    "tests/dicom/objects/test_segmentation.py::test_a_label_map_with_padding_large_and_unlisted_labels": (
        "segments.unlisted",
    ),
    "tests/dicom/objects/test_dicom_object.py::test_a_folder_of_segmentations_alone_has_no_volume_and_says_what_reads_them": (
        "segments.empty",
    ),
    "tests/dicom/objects/test_segmentation.py::test_segments_without_frames_and_frames_without_segments": (
        "segments.united",
    ),
    "tests/dicom/objects/test_segmentation.py::test_damaged_files_are_read_or_refused_in_one_line": (
        "segments.fractions",
    ),
    "tests/dicom/objects/test_segmentation.py::test_a_little_off_is_said": ("segments.off_grid",),
    "tests/dicom/objects/test_segmentation.py::test_slices_of_a_tilted_gantry_stay_where_they_are": ("segments.lean",),
    "tests/dicom/objects/test_segmentation.py::test_the_step_fits_the_positions": (
        "segments.slices_empty",
        "segments.step_unused",
        "segments.thickness_assumed",
    ),
    "tests/dicom/objects/test_structures.py::test_a_damaged_file_is_read_or_refused_in_one_line": (
        "structures.no_number",
        "structures.unlisted",
        "structures.no_contour_sequence",
        "structures.several_frames",
        "structures.contours_left_out",
        "structures.point_count",
        "structures.without_contours",
        "structures.points",
    ),
    "tests/dicom/objects/test_structures.py::test_what_contradicts_itself_is_told": ("structures.twice",),
    "tests/dicom/objects/test_structures.py::test_contours_that_enclose_nothing_are_kept_and_told": (
        "structures.open",
        "structures.few_points",
    ),
    "tests/dicom/objects/test_plan.py::test_doses_of_beams_are_no_prescription": ("plan.no_dose",),
    "tests/dicom/objects/test_plan.py::test_percent_are_of_the_highest_prescription_and_it_is_said": (
        "plan.several_doses",
    ),
    "tests/dicom/objects/test_plan.py::test_a_prescription_that_is_no_dose_is_left_out_and_told": (
        "plan.dose_left_out",
    ),
    "tests/measurements/test_region_table.py::test_a_csv_has_units_in_its_heads_and_no_formulas": (
        "masks.none",
        "measured.no_voxel",
    ),
    "tests/core/test_structures.py::test_what_encloses_nothing_is_told_and_empty": (
        "masks.no_contour",
        "contours.no_volume",
    ),
    "tests/core/test_structures.py::test_a_sphere_is_as_large_on_a_coronal_and_on_a_turned_grid": ("masks.across",),
    "tests/core/contours/test_grid_planes.py::test_a_slice_has_the_plane_that_its_mask_was_filled_from": (
        "masks.beyond",
        "masks.between",
        "masks.unused",
        "masks.thick",
        "masks.gaps",
        "contours.thickness",
    ),
    "tests/core/test_structures.py::test_contours_beyond_and_between_slices_are_told": ("masks.cut",),
    "tests/core/test_structures.py::test_a_contour_in_another_is_a_hole_unless_asked_otherwise": ("masks.holes",),
    "tests/core/test_structures.py::test_parts_on_single_slices_are_as_thick_as_slices": ("contours.no_thickness",),
    "tests/core/test_structures.py::test_scribbles_are_measured_nearly_and_told_and_many_of_them_refused": (
        "contours.inexact",
    ),
    "tests/core/placing/test_regions.py::test_another_frame_of_reference_is_refused_and_a_transform_places": (
        "placing.transform",
        "placing.same_frame",
    ),
    "tests/core/test_layers.py::test_a_grid_that_is_the_bases_needs_no_frame_of_reference": ("placing.same_grid",),
    "tests/core/test_layers.py::test_a_matrix_that_shears_is_drawn_on_a_grid_of_right_angles": ("placing.sheared",),
    "tests/core/test_layers.py::test_little_overlap_is_a_note": ("placing.little_overlap",),
    "tests/archive/test_found_overlays.py::test_one_that_cannot_be_read_is_noted_and_the_volume_done": (
        "placing.refused",
    ),
    "tests/archive/test_overlays.py::test_another_patient_is_noted": ("placing.other_patient",),
    "tests/core/placing/test_regions.py::test_regions_of_interest_of_another_frame_are_left_out_and_told": (
        "placing.left_out",
    ),
    "tests/render/slices/test_mesh_lines.py::test_what_is_not_closed_has_lines_alone_and_a_note": (
        "placing.open_mesh",
    ),
    "tests/formats/test_exchange.py::test_units_and_lacks_of_a_nifti_header_are_honoured": ("file.no_place",),
    "tests/formats/test_file_notes.py::test_nrrd": (
        "file.no_origin",
        "file.space_assumed",
    ),
    "tests/formats/test_file_notes.py::test_metaimage": ("file.no_spacing",),
    "tests/formats/test_load.py::test_sform_is_taken_over_qform_with_a_note_where_they_differ": ("file.two_places",),
    "tests/formats/test_file_notes.py::test_nifti_of_two_places_of_which_one_is_none": ("file.bad_place",),
    "tests/formats/test_load.py::test_a_metaimage_whose_letters_are_of_another_matrix_is_noted": (
        "file.orientation_conflict",
    ),
    "tests/formats/test_load.py::test_a_sheared_grid_is_resampled_kept_or_refused": (
        "file.sheared",
        "file.shear_kept",
    ),
    "tests/formats/test_load.py::test_an_npz_says_unit_modality_and_times": ("file.unit_overruled",),
    "tests/formats/test_load.py::test_values_are_scaled": ("file.maybe_hu",),
    "tests/formats/test_load.py::test_what_lies_beside_a_nifti": ("file.gradients_left_out",),
    "tests/formats/test_nrrd.py::test_segments_that_overlap_are_listed_in_the_first_axis": ("labels.left_out",),
    "tests/formats/meshes/test_meshes.py::test_a_file_laid_over_images_is_called_as_it_is_named": (
        "mesh.axes_assumed",
        "written.mesh_parts_lost",
    ),
    "tests/formats/meshes/test_meshes.py::test_ascii_stl_is_read_and_its_axes": ("mesh.unit_assumed",),
    "tests/formats/meshes/test_meshes.py::test_flat_triangles_are_left_out_of_stl": ("mesh.flat_left_out",),
    "tests/formats/meshes/test_meshes.py::test_ras_is_written_by_name_and_read_where_it_was": ("mesh.colors_left_out",),
    "tests/formats/meshes/test_meshes.py::test_several_are_objects_of_a_file_or_one": ("mesh.joined",),
    "tests/core/grids/test_change.py::test_a_box_in_mm_keeps_all_voxels_that_it_touches": ("grid.cropped",),
    "tests/core/grids/test_change.py::test_axes_lead_where_they_are_told_as_nibabel_has_it": ("grid.reoriented",),
    "tests/core/grids/test_change.py::test_outside_of_segments_is_the_background": ("grid.masked",),
    "tests/core/grids/test_resample.py::test_a_finer_grid_has_the_values_between": ("grid.resampled",),
    "tests/render/volume/test_isosurface.py::test_the_couch_is_left_out_of_a_ct_alone": ("surface.couch",),
    "tests/render/volume/test_isosurface.py::test_the_largest_part_is_kept_with_its_cavities": (
        "surface.largest",
        "surface.changed",
    ),
    "tests/measurements/comparability/test_acquisitions.py::test_a_changed_header_is_found_and_nothing_else": (
        "compare.unit",
        "compare.scanner",
        "compare.posture",
        "compare.slice_thickness",
        "compare.contrast",
        "compare.kvp",
        "compare.kernel",
        "compare.tracer",
        "compare.uptake_time",
        "compare.reconstruction",
        "compare.iterations",
        "compare.subsets",
        "compare.time_of_flight",
        "compare.point_spread",
        "compare.filter",
        "compare.attenuation",
        "compare.scatter",
        "compare.decay",
        "compare.field_strength",
        "compare.sequence",
        "compare.repetition_time",
        "compare.echo_time",
        "compare.inversion_time",
        "compare.flip_angle",
        "compare.b_value",
    ),
    "tests/measurements/comparability/test_acquisitions.py::test_the_level_of_iterative_reconstruction_is_found": (
        "compare.iterative",
    ),
    "tests/measurements/comparability/test_acquisitions.py::test_grids_and_modalities_are_compared": (
        "compare.modality",
        "compare.plane",
        "compare.slice_step",
        "compare.voxel_size",
    ),
    "tests/measurements/test_comparison_table.py::test_a_row_a_case_and_segment_with_numbers_in_full": (
        "compared.same_grid",
        "compared.matched",
        "compared.missing",
    ),
    "tests/measurements/test_overlap.py::test_a_box_shifted_by_half_a_voxel_is_off_by_what_the_grid_can_say": (
        "compared.other_grid",
    ),
    "tests/measurements/test_overlap.py::test_no_segments_at_all": ("compared.nothing",),
    "tests/measurements/test_dose_volume.py::test_doses_that_are_no_numbers_have_no_part_in_it": (
        "dose.beyond",
        "dose.partly_beyond",
        "dose.sampling",
    ),
    "tests/archive/jobs/test_statistics.py::test_segments_that_are_too_many_for_columns_are_in_the_file": (
        "archive.columns",
    ),
    "tests/dicom/write/test_capture.py::test_the_programs_verbs_write_it": ("written.unidentified",),
    "tests/dicom/write/test_capture.py::test_whether_it_names_the_patient_is_told_truly": (
        "written.burned_in",
        "written.burned_in_unknown",
        "written.source_assumed",
        "written.no_recipe",
    ),
    "tests/dicom/write/test_series.py::test_values_of_pet_differ_by_no_more_than_is_told": ("written.values_rounded",),
    "tests/dicom/write/test_series.py::test_a_resampled_volume_is_where_it_was": ("written.measured_lost",),
    "tests/formats/test_file_notes.py::test_labels_lose_fractions": ("written.fractions_lost",),
    "tests/formats/test_save.py::test_a_full_disk_leaves_nothing": ("written.unit_lost",),
    "tests/formats/test_file_notes.py::test_what_nifti_does_not_hold": (
        "written.no_directions",
        "written.stale",
    ),
    "tests/formats/write/test_round_trips.py::test_times_that_are_not_known_are_told": ("written.no_time",),
    "tests/render/test_not_shown.py::test_hidden_graphics_are_told": ("not_shown.graphics",),
    "tests/render/test_not_shown.py::test_a_layer_beside_the_slice_is_told_where_it_is_beside": ("not_shown.outside",),
    "tests/render/test_not_shown.py::test_of_a_set_the_others_are_told_and_the_pane_says_it_in_words": (
        "not_shown.members",
    ),
    "tests/render/test_not_shown.py::test_a_crop_box_is_told_in_3d_alone": ("not_shown.crop",),
    "tests/render/test_not_shown.py::test_a_side_that_is_reduced_for_3d_is_told_with_its_ratio": ("not_shown.reduced",),
    "tests/render/test_not_shown.py::test_in_motion_it_says_so_until_the_still_is_there": ("not_shown.coarse",),
    "tests/render/test_not_shown.py::test_layers_that_3d_leaves_out_are_told": ("not_shown.in_volume",),
}
"""A test, and the kinds of notes that are made while it runs."""

NOT_MADE = {
    "identity.unnamed": "made once, when its module is imported: tests/dicom/series/test_identity.py has its sentence",
    "presentation.windows_left_out": "of a table of values that no line leads to: no test has such a presentation state",
    "presentation.unreadable": "of files that were damaged between two readings",
    "not_shown.presentation_table": "of presentation states with a table of their own, of which there is no test file",
    "not_shown.subtraction": "of presentation states of angiography, of which there is no test file",
    "segments.overlaid": "of label maps with two frames of one slice, of which there is no test file",
    "segments.fraction_kind": "of fractions that do not say of what: tests/dicom/objects/test_segmentation.py has its sentence",
    "mesh.lines_left_out": "of surfaces with strips, lines or points beside triangles, of which there is no test file",
    "surface.coarse": "of segments of millions of voxels: tests/render/volume/test_label_surface.py has its sentence",
    "dose.no_volume": "of regions that every door to histograms refuses or passes over before",
    "written.source_chosen": "made with highdicom, which slow tests have: tests/dicom/write",
    "written.places_rounded": "made with highdicom, which slow tests have: tests/dicom/write",
    "written.graphics_lost": "of volumes with graphics that are written as DICOM, which no test does",
    "written.centres_left_out": "made with highdicom, which slow tests have: tests/dicom/write",
    "written.pet_date": "of PET written without identity, which no test does",
    "written.uncoded": "made with highdicom, which slow tests have: tests/dicom/write",
    "written.numbered": "made with highdicom, which slow tests have: tests/dicom/write",
    "written.manual": "made with highdicom, which slow tests have: tests/dicom/write",
    "written.no_image": "made with highdicom, which slow tests have: tests/dicom/write",
    "written.no_number": "made with highdicom, which slow tests have: tests/dicom/write",
    "written.no_segment": "made with highdicom, which slow tests have: tests/dicom/write",
}
"""Kinds that none of them makes, and why."""
