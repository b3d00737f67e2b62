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
    """

    severity: Severity
    clause: str = ""
    is_marked: bool = False
    is_seen: bool | None = None


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
    "images.burned_in": NoteKind("warning", "C.7.6.1.1"),
    "images.duplicates": NoteKind("info"),
    "images.order_guessed": NoteKind("serious", is_marked=True, is_seen=True),
    "images.ge_direction": NoteKind("info", "C.8.13.5.9"),
    "images.interrupted": NoteKind("warning"),
    "images.left_over": NoteKind("warning"),
    "images.set_apart": NoteKind("info"),
    "images.other_grid": NoteKind("warning"),
    "images.without_place": NoteKind("serious", "C.7.6.2.1.1"),
    "images.unreadable": NoteKind("serious"),
    "files.unreadable": NoteKind("serious"),
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
    "values.lossy": NoteKind("warning", "C.7.6.1.1.5"),
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
    "presentation.unreadable": NoteKind("warning", "C.9.2"),
    # What of the data a picture does not show.
    "not_shown.planes": NoteKind("warning", "C.9.2"),
    "not_shown.presentations": NoteKind("warning", "C.11"),
    "not_shown.plane": NoteKind("warning", "C.9.2"),
    "not_shown.shutter": NoteKind("warning", "C.7.6.11"),
    "not_shown.annotations": NoteKind("warning", "C.10.5"),
    "not_shown.rotation": NoteKind("info", "C.10.6"),
    "not_shown.presentation_table": NoteKind("warning", "C.11.6"),
    "not_shown.subtraction": NoteKind("warning", "C.7.6.10"),
}
