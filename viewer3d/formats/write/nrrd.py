"""Write NRRD in LPS and mm: volumes, and segmentations as 3D Slicer has them (``.seg.nrrd``).

The format is that of teem.sourceforge.net/nrrd/format.html; fields of segments are those of 3D Slicer's manual, "Image
segmentation, Segmentation file format".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from viewer3d.core.geometry import Geometry
from viewer3d.core.notes.note import Note, facts_text
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.segmentation import CodedConcept, Segment, Segmentation
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.formats.write.detached import values_path
from viewer3d.formats.write.labels import label_dtype, numbered_layers
from viewer3d.formats.write.output import (
    Output,
    OutputFile,
    file_dtype,
    members_to_write,
    time_between,
    write_arrays,
)

_MAGIC: Final = "NRRD0005"
_TYPES: Final = {"|u1": "uchar", "<i2": "short", "<i4": "int", "<f4": "float"}


def write_nrrd(
    volumes: Sequence[Volume],
    target: Path,
    *,
    time_step: float | None = None,
    compress: bool = True,
    progress: Progress | None = None,
) -> Output:
    """Plan an NRRD file of one volume, or of a set of volumes on one grid.

    Parameters
    ----------
    volumes : sequence of Volume
        In the order they have in the file.
    target : Path
        ``.nrrd``, or ``.nhdr`` with the values beside it in ``.raw.gz`` or, not deflated, ``.raw``.
    time_step : float, optional
        Seconds between the volumes; without it as the files say.
    compress : bool
        Whether values are deflated (gzip).
    progress : callable, optional

    Raises
    ------
    OutputError
        When the volumes make no set, their times are uneven, or the values cannot be beside the header.
    """
    members = members_to_write(volumes, target)
    step, notes = time_between(members, time_step, target)
    dtype = file_dtype(members)
    geometry, first = members[0].geometry, members[0]
    more = () if len(members) == 1 else (str(len(members)),)
    sizes = (*map(str, geometry.shape), *more)
    fields = [*_fields(dtype, sizes, compress=compress), _directions(geometry, after=len(more))]
    fields.append(f"kinds: domain domain domain{' time' if step is not None else ' list' if more else ''}")
    if step is not None:
        fields += [f"spacings: nan nan nan {step!r}", 'units: "" "" "" "s"']
    if first.unit:
        fields.append(f"sample units: {printable(first.unit)}")
    if first.modality:
        fields.append(f"modality:={_value(first.modality)}")
    if facts := facts_text(note for one in members for note in one.notes):
        fields.append(f"viewer3d_notes:={_value(facts)}")
    told = stage_progress(progress, "writing")
    arrays = [one.voxels for one in members]

    def write_values(file: BinaryIO) -> None:
        write_arrays(file, arrays, dtype, compression="gzip" if compress else None, progress=told)

    if target.suffix.lower() != ".nhdr":

        def write(file: BinaryIO) -> None:
            file.write(_text(fields))
            write_values(file)

        return Output((OutputFile(target, write),), notes)
    values = values_path(target, ".raw.gz" if compress else ".raw")
    fields.append(f"data file: {values.name}")
    header = OutputFile(target, lambda file: file.write("\n".join([_MAGIC, *fields, ""]).encode()))
    return Output((header, OutputFile(values, write_values)), notes)


def write_segmentation_nrrd(segmentation: Segmentation, target: Path, *, progress: Progress | None = None) -> Output:
    """Plan a segmentation file of 3D Slicer, with names, colours and meanings.

    Segments that overlap are in several layers.

    Raises
    ------
    OutputError
        When a segment has the number 0, which is no label.
    """
    dtype = label_dtype(segmentation.segments)
    layers = list(numbered_layers(segmentation, dtype, target))
    is_several = len(layers) > 1
    geometry = segmentation.geometry
    sizes = (*((str(len(layers)),) if is_several else ()), *map(str, geometry.shape))
    fields = [*_fields(dtype, sizes), _directions(geometry, before=int(is_several))]
    fields.append(f"kinds: {'list ' * is_several}domain domain domain")
    for turn, one in enumerate(segmentation.segments):
        fields += [f"Segment{turn}_{name}:={_value(value)}" for name, value in _segment(segmentation, one).items()]
    fields += [
        "Segmentation_ContainedRepresentationNames:=Binary labelmap|",
        "Segmentation_MasterRepresentation:=Binary labelmap",
        "Segmentation_ReferenceImageExtentOffset:=0 0 0",
    ]
    told = stage_progress(progress, "writing")

    def write(file: BinaryIO) -> None:
        file.write(_text(fields))
        arrays = layers if not is_several else [np.asfortranarray(np.stack(layers))]
        write_arrays(file, arrays, dtype, compression="gzip", progress=told)

    notes = (
        (Note("The fractions of segments are not in the file, which has labels.", "written.fractions_lost"),)
        if segmentation.fractions
        else ()
    )
    return Output((OutputFile(target, write),), notes)


def _fields(dtype: str, sizes: Sequence[str], *, compress: bool = True) -> list[str]:
    order = [] if dtype == "|u1" else ["endian: little"]
    return [
        f"type: {_TYPES[dtype]}",
        f"dimension: {len(sizes)}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(sizes)}",
        *order,
        f"encoding: {'gzip' if compress else 'raw'}",
    ]


def _directions(geometry: Geometry, *, before: int = 0, after: int = 0) -> str:
    axes = [_vector(geometry.affine[:3, axis]) for axis in range(3)]
    rows = " ".join([*["none"] * before, *axes, *["none"] * after])
    return f"space directions: {rows}\nspace origin: {_vector(geometry.affine[:3, 3])}"


def _vector(numbers: Any) -> str:
    return f"({','.join(repr(float(number) + 0.0) for number in numbers)})"


def _segment(segmentation: Segmentation, one: Segment) -> dict[str, str]:
    """Return the fields of a segment, without their beginning."""
    box = segmentation.index_box(one.number)
    # Of an empty one the ends lie before the beginnings, as Slicer has it.
    extent = [0, -1] * 3 if box is None else [end for part in box for end in (part.start, part.stop - 1)]
    tags = ["Segmentation.Status:inprogress"]
    if one.category is not None and one.type is not None:
        meant = "~".join((_code(one.category), _code(one.type), "^^"))
        tags.append(
            f"TerminologyEntry:Segmentation category and type - DICOM master list~{meant}"
            "~Anatomic codes - DICOM master list~^^~^^"
        )
    return {
        "ID": f"Segment_{one.number}",
        "Name": one.name,
        "NameAutoGenerated": "0",
        "Color": " ".join(f"{part / 255:.6g}" for part in one.color),
        "ColorAutoGenerated": "0",
        "LabelValue": str(one.number),
        "Layer": str(one.layer),
        "Extent": " ".join(map(str, extent)),
        "Tags": "|".join(tags) + "|",
    }


def _code(one: CodedConcept) -> str:
    """Return a code as Slicer has it; its marks between parts are in no part."""
    return "^".join(part.translate(str.maketrans("^~|", "   ")) for part in (one.scheme, one.value, one.meaning))


def _value(text: str) -> str:
    r"""Return the value of a key of its own: a line, in which the backslash begins \n and \\."""
    return printable(text).replace("\\", "\\\\").replace("\n", "\\n")


def _text(fields: Sequence[str]) -> bytes:
    """Return a header: the first line, the fields, and the empty line before the values."""
    return "\n".join([_MAGIC, *fields, "", ""]).encode()
