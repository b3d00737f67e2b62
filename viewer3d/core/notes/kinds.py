"""The table of all kinds of notes, which docs/notes.md explains.

An id that was ever given stays for ever, and means the same: a kind that is made no more stays in the table.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Severity = Literal["info", "warning", "serious"]
"""How much a note may matter, see :class:`NoteKind`."""


class NoteKind(NamedTuple):
    """What all notes of a kind share.

    Attributes
    ----------
    severity : {"info", "warning", "serious"}
        ``"info"``: what is as it should be, or was asked for. ``"warning"``: something is missing, was left out, or
        the files contradict themselves in what nothing was made of. ``"serious"``: places or values rest on a guess, on
        a repair or on what a person said, or anatomy may be missing.
    clause : str
        The section of PS3.3 with what the files break or leave open, as ``"C.7.6.2.1.1"``; empty where there is none.
    is_marked : bool
        Whether what was done changes where things are or what they mean.
    is_seen : bool, optional
        Whether a picture would show that it was done wrongly; None where nothing was done.
    is_loss : bool
        Whether it says of something that was measured or stored and is not in the picture, or not as it was.
    """

    severity: Severity
    clause: str = ""
    is_marked: bool = False
    is_seen: bool | None = None
    is_loss: bool = False


GIVEN: Final = "other.given"
"""Of a sentence that came without a kind: of a user, or of a file that viewer3d wrote."""

NOTE_KINDS: Final[dict[str, NoteKind]] = {
    GIVEN: NoteKind("info"),
    # Where slices are.
    "slices.tilted": NoteKind("serious", "C.7.6.2.1.1", is_marked=True, is_seen=True),
    "slices.uneven": NoteKind("serious", "C.7.6.2.1.1", is_marked=True, is_seen=False),
    "slices.missing": NoteKind("serious", "C.7.6.2.1.1", is_marked=True, is_seen=False),
    "slices.kept": NoteKind("serious", "C.7.6.2.1.1", is_marked=True, is_seen=True),
    "slices.stray": NoteKind("info", "C.7.6.2.1.1", is_seen=False),
    "slices.single": NoteKind("info", "C.7.6.2.1.1", is_seen=False),
    "slices.filled": NoteKind("info"),
    "slices.gaps": NoteKind("info", "C.7.6.2.1"),
    "slices.spacing_given": NoteKind("serious", "C.7.6.2.1.1", is_marked=True, is_seen=False),
    "slices.pixel_spacing_given": NoteKind("serious", "10.7.1.3", is_marked=True, is_seen=False),
    "slices.orientation_assumed": NoteKind("serious", "C.7.6.2.1.1", is_marked=True, is_seen=False),
    # Which images belong together.
    "images.several_series": NoteKind("warning", "C.7.3.1"),
    "images.several_studies": NoteKind("warning", "C.7.2.1"),
    "images.several_frames": NoteKind("serious", "C.7.4.1.1.1", is_marked=True, is_seen=True),
    "images.frame_unnamed": NoteKind("serious", "C.7.4.1.1.1", is_marked=True, is_seen=True),
    "images.types_differ": NoteKind("warning", "C.7.6.1.1.2"),
    "images.no_mm": NoteKind("info", "10.7.1.3"),
    "images.burned_in": NoteKind("warning", "C.7.6.1.1"),
    "images.inverted_in_part": NoteKind("serious", "C.7.6.3.1.2", is_marked=True, is_seen=True),
    "images.duplicates": NoteKind("info"),
    "images.order_guessed": NoteKind("serious", is_marked=True, is_seen=True),
    "images.ge_direction": NoteKind("info", "C.8.13.5.9"),
    "images.interrupted": NoteKind("warning", is_loss=True),
    "images.left_over": NoteKind("warning"),
    "images.set_apart": NoteKind("info"),
    "images.other_grid": NoteKind("warning", is_loss=True),
    "images.without_place": NoteKind("serious", "C.7.6.2.1.1", is_loss=True),
    "images.unreadable": NoteKind("serious", is_loss=True),
    "files.unreadable": NoteKind("serious", is_loss=True),
    "files.unsearched": NoteKind("warning"),
    "files.left_out": NoteKind("info"),
    "identity.unnamed": NoteKind("info", "C.7.1.1"),
    # What values mean.
    "values.no_unit": NoteKind("warning", "C.11.1"),
    "values.unit_given": NoteKind("serious", "C.11.1", is_marked=True, is_seen=False),
    "values.converted": NoteKind("info", "C.8.9.1"),
    "values.not_suv": NoteKind("warning", "C.8.9.1"),
    "values.mapping": NoteKind("info", "C.7.6.16.2.11"),
    "values.mapping_chosen": NoteKind("info", "C.7.6.16.2.11"),
    "values.mapping_missing": NoteKind("warning", "C.7.6.16.2.11"),
    "values.beyond_mapping": NoteKind("warning", "C.7.6.16.2.11"),
    "values.rescale_assumed": NoteKind("serious", "C.11.1", is_marked=True, is_seen=False),
    "values.rounded": NoteKind("info", is_seen=False),
    "values.lossy": NoteKind("warning", "C.7.6.1.1.5", is_loss=True),
    "values.dose_error": NoteKind("serious", "C.8.8.3"),
    "values.dose_effective": NoteKind("warning", "C.8.8.3"),
    "values.dose_sum_unknown": NoteKind("warning", "C.8.8.3"),
    "values.dose_partial": NoteKind("warning", "C.8.8.3"),
    # Windows and presentation states.
    "windows.left_out": NoteKind("info", "C.11.2"),
    "windows.tables_differ": NoteKind("info", "C.11.2"),
    "windows.unseen": NoteKind("info", "C.11.2"),
    "presentation.applied": NoteKind("info", "C.11"),
    "presentation.own": NoteKind("info", "C.9.2"),
    "presentation.nothing": NoteKind("info", "C.9.2"),
    "presentation.windows_several": NoteKind("info", "C.11.8"),
    "presentation.windows_stored": NoteKind("info", "C.11.8"),
    "presentation.windows_left_out": NoteKind("warning", "C.11.8"),
    "presentation.names": NoteKind("warning", "C.10.5"),
    "presentation.tilted": NoteKind("info", "C.10.5"),
    "presentation.unreadable": NoteKind("warning", "C.9.2", is_loss=True),
    # What of the data a picture does not show.
    "not_shown.planes": NoteKind("warning", "C.9.2", is_loss=True),
    "not_shown.presentations": NoteKind("warning", "C.11", is_loss=True),
    "not_shown.plane": NoteKind("warning", "C.9.2", is_loss=True),
    "not_shown.shutter": NoteKind("warning", "C.7.6.11", is_loss=True),
    "not_shown.annotations": NoteKind("warning", "C.10.5", is_loss=True),
    "not_shown.rotation": NoteKind("info", "C.10.6", is_loss=True),
    "not_shown.presentation_table": NoteKind("warning", "C.11.6", is_loss=True),
    "not_shown.subtraction": NoteKind("warning", "C.7.6.10", is_loss=True),
    "not_shown.couch": NoteKind("info", is_loss=True),
    "not_shown.graphics": NoteKind("info", "C.10.5", is_loss=True),
    "not_shown.outside": NoteKind("warning", is_loss=True),
    "not_shown.members": NoteKind("info", is_loss=True),
    "not_shown.crop": NoteKind("info", is_loss=True),
    "not_shown.reduced": NoteKind("warning", is_loss=True),
    "not_shown.coarse": NoteKind("info", is_loss=True),
    "not_shown.in_volume": NoteKind("warning", is_loss=True),
    # Who a picture shows.
    "face.visible": NoteKind("warning"),
    "face.hidden": NoteKind("info", is_loss=True),
    # Segmentations, structure sets and plans.
    "segments.no_number": NoteKind("warning", "C.8.20.4", is_loss=True),
    "segments.twice": NoteKind("warning", "C.8.20.4"),
    "segments.unlisted": NoteKind("warning", "C.8.20.4"),
    "segments.empty": NoteKind("info", "C.8.20.4"),
    "segments.united": NoteKind("warning", "C.8.20.3.1", is_seen=True),
    "segments.overlaid": NoteKind("serious", "C.8.20.3.1", is_marked=True, is_seen=True),
    "segments.fractions": NoteKind("info", "C.8.20.2.3"),
    "segments.fraction_kind": NoteKind("warning", "C.8.20.2.3", is_seen=False),
    "segments.off_grid": NoteKind("serious", "C.7.6.16.2.3", is_marked=True, is_seen=False),
    "segments.lean": NoteKind("info", "C.7.6.16.2.3"),
    "segments.slices_empty": NoteKind("warning", "C.7.6.16.2.1", is_seen=True),
    "segments.step_unused": NoteKind("warning", "C.7.6.16.2.1"),
    "segments.thickness_assumed": NoteKind("serious", "C.7.6.16.2.1", is_marked=True, is_seen=False),
    "structures.no_number": NoteKind("warning", "C.8.8.5", is_loss=True),
    "structures.twice": NoteKind("warning", "C.8.8.5"),
    "structures.unlisted": NoteKind("warning", "C.8.8.5"),
    "structures.no_contour_sequence": NoteKind("serious", "C.8.8.6", is_loss=True),
    "structures.several_frames": NoteKind("warning", "C.8.8.5"),
    "structures.contours_left_out": NoteKind("serious", "C.8.8.6", is_loss=True),
    "structures.point_count": NoteKind("warning", "C.8.8.6"),
    "structures.without_contours": NoteKind("info", "C.8.8.6"),
    "structures.points": NoteKind("info", "C.8.8.6.1"),
    "structures.open": NoteKind("warning", "C.8.8.6.1"),
    "structures.few_points": NoteKind("warning", "C.8.8.6.1"),
    "plan.no_dose": NoteKind("warning", "C.8.8.10"),
    "plan.several_doses": NoteKind("warning", "C.8.8.10"),
    "plan.dose_left_out": NoteKind("warning", "C.8.8.10"),
    # Contours and meshes made masks.
    "masks.none": NoteKind("serious"),
    "masks.no_contour": NoteKind("info", "C.8.8.6.1"),
    "masks.across": NoteKind("warning", is_seen=True),
    "masks.beyond": NoteKind("warning", is_seen=True),
    "masks.between": NoteKind("warning", is_seen=False),
    "masks.unused": NoteKind("warning", is_seen=False),
    "masks.thick": NoteKind("info", is_seen=False),
    "masks.gaps": NoteKind("info", "C.8.8.6", is_seen=True),
    "masks.cut": NoteKind("warning", is_seen=True),
    "masks.holes": NoteKind("info", "C.8.8.6.3", is_seen=True),
    "contours.no_volume": NoteKind("warning", "C.8.8.6.1"),
    "contours.no_thickness": NoteKind("warning", "C.8.8.6"),
    "contours.thickness": NoteKind("warning", "C.8.8.6", is_seen=False),
    "contours.inexact": NoteKind("warning", "C.8.8.6.3", is_seen=False),
    # How one thing lies in the world of another.
    "placing.transform": NoteKind("serious", "C.20.2", is_marked=True, is_seen=True),
    "placing.same_frame": NoteKind("serious", "C.7.4.1.1.1", is_marked=True, is_seen=True),
    "placing.same_grid": NoteKind("serious", "C.7.4.1.1.1", is_marked=True, is_seen=True),
    "placing.sheared": NoteKind("serious", "C.20.2", is_marked=True, is_seen=False),
    "placing.little_overlap": NoteKind("warning"),
    "placing.refused": NoteKind("warning"),
    "placing.other_patient": NoteKind("serious", "C.7.1.1"),
    "placing.left_out": NoteKind("warning", "C.7.4.1.1.1", is_loss=True),
    "placing.open_mesh": NoteKind("warning"),
    # Files that are not DICOM.
    "file.no_place": NoteKind("serious", is_marked=True, is_seen=False),
    "file.no_origin": NoteKind("serious", is_marked=True, is_seen=False),
    "file.no_spacing": NoteKind("serious", is_marked=True, is_seen=False),
    "file.space_assumed": NoteKind("serious", is_marked=True, is_seen=False),
    "file.two_places": NoteKind("serious", is_marked=True, is_seen=False),
    "file.bad_place": NoteKind("serious", is_marked=True, is_seen=False),
    "file.orientation_conflict": NoteKind("serious", is_marked=True, is_seen=False),
    "file.sheared": NoteKind("serious", is_marked=True, is_seen=False),
    "file.shear_kept": NoteKind("serious", is_marked=True, is_seen=True),
    "file.unit_overruled": NoteKind("serious", is_marked=True, is_seen=False),
    "file.maybe_hu": NoteKind("warning"),
    "file.gradients_left_out": NoteKind("warning"),
    "labels.left_out": NoteKind("warning", is_loss=True),
    "mesh.axes_assumed": NoteKind("serious", is_marked=True, is_seen=True),
    "mesh.unit_assumed": NoteKind("serious", is_marked=True, is_seen=True),
    "mesh.lines_left_out": NoteKind("info", is_loss=True),
    "mesh.flat_left_out": NoteKind("info"),
    "mesh.colors_left_out": NoteKind("info"),
    "mesh.joined": NoteKind("info"),
    # What was made of a volume in Python.
    "grid.cropped": NoteKind("info"),
    "grid.reoriented": NoteKind("info"),
    "grid.masked": NoteKind("serious", is_marked=True, is_seen=True),
    "grid.resampled": NoteKind("info", is_seen=False),
    "surface.couch": NoteKind("info"),
    "surface.largest": NoteKind("info"),
    "surface.coarse": NoteKind("info", is_seen=False),
    "surface.changed": NoteKind("info", is_seen=False),
    # Measurements.
    "measured.no_voxel": NoteKind("warning"),
    "compared.same_grid": NoteKind("serious", "C.7.4.1.1.1", is_marked=True, is_seen=True),
    "compared.other_grid": NoteKind("warning", is_seen=False),
    "compared.matched": NoteKind("info"),
    "compared.nothing": NoteKind("warning"),
    "compared.missing": NoteKind("warning"),
    # What keeps numbers of two volumes from being compared.
    "compare.modality": NoteKind("warning", "C.7.3.1.1.1"),
    "compare.unit": NoteKind("warning", "C.11.1"),
    "compare.scanner": NoteKind("warning", "C.7.5.1"),
    "compare.posture": NoteKind("warning", "C.7.3.1.1.2"),
    "compare.plane": NoteKind("warning", "C.7.6.2.1.1"),
    "compare.slice_thickness": NoteKind("warning", "C.7.6.2"),
    "compare.slice_step": NoteKind("warning", "C.7.6.2.1.1"),
    "compare.voxel_size": NoteKind("warning", "10.7.1.3"),
    "compare.contrast": NoteKind("warning", "C.7.6.4"),
    "compare.kvp": NoteKind("warning", "C.8.2.1"),
    "compare.kernel": NoteKind("warning", "C.8.2.1"),
    "compare.iterative": NoteKind("warning"),
    "compare.tracer": NoteKind("warning", "C.8.9.2"),
    "compare.uptake_time": NoteKind("warning", "C.8.9.2"),
    "compare.reconstruction": NoteKind("warning", "C.8.9.1"),
    "compare.iterations": NoteKind("warning"),
    "compare.subsets": NoteKind("warning"),
    "compare.time_of_flight": NoteKind("warning"),
    "compare.point_spread": NoteKind("warning"),
    "compare.filter": NoteKind("warning", "C.8.9.1"),
    "compare.attenuation": NoteKind("warning", "C.8.9.1"),
    "compare.scatter": NoteKind("warning", "C.8.9.1"),
    "compare.decay": NoteKind("warning", "C.8.9.1.1.5"),
    "compare.field_strength": NoteKind("warning", "C.8.3.1"),
    "compare.sequence": NoteKind("warning", "C.8.3.1"),
    "compare.repetition_time": NoteKind("warning", "C.8.3.1"),
    "compare.echo_time": NoteKind("warning", "C.8.3.1"),
    "compare.inversion_time": NoteKind("warning", "C.8.3.1"),
    "compare.flip_angle": NoteKind("warning", "C.8.3.1"),
    "compare.b_value": NoteKind("warning", "C.8.13.5.9"),
    "dose.no_volume": NoteKind("warning"),
    "dose.beyond": NoteKind("warning"),
    "dose.partly_beyond": NoteKind("warning"),
    "dose.sampling": NoteKind("info"),
    "archive.columns": NoteKind("info"),
    # What files that are written do not hold.
    "written.identified": NoteKind("warning"),
    "written.unidentified": NoteKind("info"),
    "written.burned_in": NoteKind("warning", "C.7.6.1.1"),
    "written.burned_in_unknown": NoteKind("warning", "C.7.6.1.1"),
    "written.source_assumed": NoteKind("warning"),
    "written.source_chosen": NoteKind("info"),
    "written.values_rounded": NoteKind("info", is_seen=False),
    "written.places_rounded": NoteKind("info", is_seen=False),
    "written.measured_lost": NoteKind("info"),
    "written.graphics_lost": NoteKind("warning"),
    "written.fractions_lost": NoteKind("warning"),
    "written.unit_lost": NoteKind("info"),
    "written.mesh_parts_lost": NoteKind("info"),
    "written.centres_left_out": NoteKind("info"),
    "written.pet_date": NoteKind("warning", "C.8.9.1"),
    "written.directions": NoteKind("warning", "C.8.13.5.9"),
    "written.no_directions": NoteKind("warning"),
    "written.no_time": NoteKind("info"),
    "written.stale": NoteKind("warning"),
    "written.uncoded": NoteKind("info", "C.8.20.4"),
    "written.numbered": NoteKind("info", "C.8.20.4"),
    "written.manual": NoteKind("info", "C.8.20.4"),
    "written.no_number": NoteKind("warning"),
    "written.no_image": NoteKind("warning"),
    "written.no_segment": NoteKind("warning"),
    "written.no_recipe": NoteKind("info"),
}
