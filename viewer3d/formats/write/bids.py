"""Write what goes beside NIfTI: ``.bval`` and ``.bvec`` of diffusion, and a side car as BIDS has it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from viewer3d.core.files import read_whole
from viewer3d.core.notes.note import Note
from viewer3d.core.volume import Volume
from viewer3d.dicom.meaning.acquisition import OWN_WORDS
from viewer3d.errors import OutputError
from viewer3d.formats.write.output import UNEVEN, OutputFile

CONVERSION_SOFTWARE: Final = "viewer3d"
"""As ConversionSoftware names what wrote a side car."""

_MOST_SIDECAR: Final = 1 << 20


def stem_of(target: Path) -> Path:
    """Return the path of a NIfTI file without its suffix."""
    name = target.name
    for suffix in (".nii.gz", ".nii"):
        if name.lower().endswith(suffix):
            return target.with_name(name[: -len(suffix)])
    return target.with_suffix("")


def _beside(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


def diffusion_files(members: Sequence[Volume], stem: Path) -> tuple[tuple[OutputFile, ...], tuple[Note, ...]]:
    """Return the files of b-values and directions of a diffusion series, and notes.

    Parameters
    ----------
    members : sequence of Volume
        That have a ``b_value`` in their ``which``.
    stem : Path
        Of the NIfTI file.

    Notes
    -----
    FSL's convention (fsl.fmrib.ox.ac.uk, "FDT, bvals and bvecs"): one column a volume; directions are along the axes of
    voxels, x reversed where the determinant of the affine is positive, as that of a volume always is.
    """
    values = [one.which.get("b_value") for one in members]
    if len(members) < 2 or not all(isinstance(value, int | float) for value in values):
        return (), _stale(stem)
    bvals = " ".join(f"{float(value or 0):g}" for value in values) + "\n"
    files = [OutputFile(_beside(stem, ".bval"), lambda file: file.write(bvals.encode()))]
    unknown = [n for n, one in enumerate(members) if one.gradient is None and values[n]]
    if len(unknown) == len([value for value in values if value]):
        note = Note(
            "The directions of diffusion are not known: there is no .bvec beside the file.", "written.no_directions"
        )
        return tuple(files), (note,)
    vectors = []
    for one in members:
        gradient = np.zeros(3) if one.gradient is None else np.asarray(one.gradient, np.float64)
        vectors.append(one.geometry.direction.T @ gradient * (-1, 1, 1) + 0.0)
    rows = np.array(vectors).T
    bvecs = "".join(" ".join(f"{number:.6g}" for number in row) + "\n" for row in rows)
    files.append(OutputFile(_beside(stem, ".bvec"), lambda file: file.write(bvecs.encode())))
    notes: tuple[Note, ...] = ()
    if unknown:
        sentence = (
            f"{len(unknown)} of {len(members)} volumes with a b-value have no direction (a mean over all): 0 0 0."
        )
        notes = (Note(sentence, "written.no_directions"),)
    return tuple(files), notes


def _stale(stem: Path) -> tuple[Note, ...]:
    """Return a note on what lies beside a file from before, and is none of its own."""
    there = [path.name for suffix in (".bval", ".bvec") if (path := _beside(stem, suffix)).exists()]
    if not there:
        return ()
    sentence = f"{' and '.join(there)} lie beside it from before, and are not of these volumes: remove them."
    return (Note(sentence, "written.stale"),)


def sidecar_file(members: Sequence[Volume], stem: Path, step: float | None) -> OutputFile:
    """Return the side car of volumes, in which nothing names a patient.

    Raises
    ------
    OutputError
        When there is a file of that name that is no side car of this program.
    """
    path = _beside(stem, ".json")
    if path.exists() and not _is_own(path):
        raise OutputError(
            f"{path}: is there, and no side car of this program: give the output another name, or sidecar=False "
            "(--no-sidecar)"
        )
    text = json.dumps(sidecar(members, step), indent=2, ensure_ascii=False) + "\n"
    return OutputFile(path, lambda file: file.write(text.encode()))


def _is_own(path: Path) -> bool:
    try:
        held = json.loads(read_whole(path, _MOST_SIDECAR))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(held, dict) and held.get("ConversionSoftware") == CONVERSION_SOFTWARE


def sidecar(members: Sequence[Volume], step: float | None) -> dict[str, Any]:
    """Return the fields of a side car, in the words of BIDS and of dcm2niix; times are in seconds."""
    first = members[0]
    row, column = first.geometry.direction[:, 0], first.geometry.direction[:, 1]
    acquired = _acquisition(members)
    fields: dict[str, Any] = {
        "Modality": first.modality,
        **acquired,
        "Units": first.unit,
        "PatientPosition": first.patient_position,
        "ImageOrientationPatientDICOM": [round(float(part), 6) + 0.0 for part in (*row, *column)],
        "SeriesDigest": "" if first.provenance is None else first.provenance.series,
    }
    if step is not None and first.modality == "MR":
        fields["RepetitionTime"] = step
        if abs(float(acquired.get("RepetitionTime", step)) - step) > UNEVEN * step:
            fields["RepetitionTimeExcitation"] = acquired["RepetitionTime"]
    if first.modality == "PT":
        starts = [one.seconds for one in members]
        fields["FrameTimesStart"] = None if None in starts else starts
        durations = [one.acquisition.get("FrameDuration") for one in members]
        fields["FrameDuration"] = None if None in durations else durations
    facts = [one.facts() for member in members for one in member.notes]
    fields["ConversionNotes"] = [one for n, one in enumerate(facts) if one not in facts[:n]]
    told = {name: value for name, value in fields.items() if value not in (None, "", [])}
    return told | {"ConversionSoftware": CONVERSION_SOFTWARE}


def _acquisition(members: Sequence[Volume]) -> dict[str, Any]:
    """Return how volumes were acquired: what all share, and of some words a list where they differ."""
    first = members[0]
    changes = set(first.provenance.changes if first.provenance else ()) - {"masked"}
    left_out = {name for name, of in _OF_SLICES.items() if changes & set(of)} | OWN_WORDS
    found: dict[str, Any] = {}
    for name, value in first.acquisition.items():
        if name in left_out:
            continue
        values = [one.acquisition.get(name) for one in members]
        if name == "SliceTiming" or all(one == value for one in values):
            found[name] = value
        elif name in _MAY_DIFFER and None not in values:
            found[name] = values
    return found


_GRIDS: Final = ("resampled", "reoriented")
_OF_SLICES: Final = {
    "SliceThickness": _GRIDS,
    "SpacingBetweenSlices": _GRIDS,
    "InPlanePhaseEncodingDirectionDICOM": _GRIDS,
    "SliceTiming": (*_GRIDS, "cropped"),
}
"""Words of the slices as they were acquired, and what makes others of them."""

_MAY_DIFFER: Final = ("EchoTime", "FlipAngle", "InversionTime")
"""Words that may have a number a volume, in BIDS or for who reads it."""
