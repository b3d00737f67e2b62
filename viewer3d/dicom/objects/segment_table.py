"""What the segments of a DICOM segmentation are: numbers, names, colours and codes (PS3.3 C.8.20.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.graphics.srgb import from_linear
from viewer3d.core.notes.note import Note
from viewer3d.core.segmentation import CodedConcept, Segment, SegmentColor, color_of
from viewer3d.core.text import one_line

if TYPE_CHECKING:
    from pydicom import Dataset

_WHITE_D65 = np.array([0.95047, 1.0, 1.08883])
_LAB_CORNER = 6 / 29
_TO_SRGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)
"""XYZ of D65 to linear sRGB (IEC 61966-2-1; B. Lindbloom's digits)."""


def cielab_color(values: tuple[int, int, int]) -> SegmentColor:
    """Return a Recommended Display CIELab Value (0062,000D) as sRGB.

    Parameters
    ----------
    values : tuple of int
        L, a and b, each scaled to 0 to 65535 (PS3.3 C.10.7.1.1).

    Notes
    -----
    PS3.3 means the profile connection space with the white of D50; but those who write segmentations (dcmqi, dcmjs,
    dcm4che, highdicom) all convert with that of D65, and so does this. The two differ by up to 6 of 255.

    Examples
    --------
    >>> cielab_color((41661, 41167, 40792))
    (221, 130, 101)
    """
    L, a, b = values[0] * 100 / 65535, values[1] * 255 / 65535 - 128, values[2] * 255 / 65535 - 128
    f = np.array([(L + 16) / 116 + a / 500, (L + 16) / 116, (L + 16) / 116 - b / 200])
    xyz = _WHITE_D65 * np.where(f > _LAB_CORNER, f**3, 3 * _LAB_CORNER**2 * (f - 4 / 29))
    red, green, blue = np.rint(255 * from_linear(_TO_SRGB @ xyz)).astype(int).tolist()
    return red, green, blue


def read_segments(dataset: Dataset) -> tuple[dict[int, Segment], tuple[Note, ...]]:
    """Return the segments of a dataset by number, in their order, and what is wrong with their table.

    Segment 0 of a label map is its background and is left out (PS3.3 C.8.20.2.7), and so is a number used before.
    """
    found: dict[int, Segment] = {}
    notes = []
    palette = _palette(dataset)
    is_label_map = str(dataset.get("SegmentationType") or "") == "LABELMAP"
    for turn, item in enumerate(dataset.get("SegmentSequence") or ()):
        number = _whole(item.get("SegmentNumber"))
        if number is None or (number == 0 and not is_label_map) or number < 0:
            sentence = f"Item {turn + 1} of Segment Sequence has no Segment Number (0062,0004); it was left out."
            notes.append(Note(sentence, "segments.no_number"))
        elif number in found:
            notes.append(Note(f"Segment Sequence lists segment {number} twice; the first was taken.", "segments.twice"))
        elif number:
            found[number] = _segment(number, turn, item, palette)
    return found, tuple(notes)


def unlisted_segment(number: int, turn: int) -> Segment:
    """Return a segment that has voxels and is not in the table."""
    return Segment(number, f"Segment {number}", color_of(turn), value=1)


def _segment(number: int, turn: int, item: Dataset, palette: NDArray[np.uint8] | None) -> Segment:
    # The value is set with the layer, when labels are made: numbers may be larger than labels can be.
    return Segment(
        number,
        _text(item, "SegmentLabel") or f"Segment {number}",
        _color(number, turn, item, palette),
        _concept(item, "SegmentedPropertyCategoryCodeSequence"),
        _concept(item, "SegmentedPropertyTypeCodeSequence"),
        _text(item, "SegmentAlgorithmType"),
        value=1,
    )


def _color(number: int, turn: int, item: Dataset, palette: NDArray[np.uint8] | None) -> SegmentColor:
    lab = item.get("RecommendedDisplayCIELabValue")
    parts = [_whole(one) for one in lab] if lab is not None and hasattr(lab, "insert") else []
    whole = [one for one in parts if one is not None and 0 <= one <= 0xFFFF]
    if len(whole) == 3:
        return cielab_color((whole[0], whole[1], whole[2]))
    if palette is not None and number < len(palette):
        red, green, blue = palette[number].tolist()
        return red, green, blue
    return color_of(turn)


def _palette(dataset: Dataset) -> NDArray[np.uint8] | None:
    """Return the colours of a palette (PS3.3 C.7.9), shape (entries, 3); None where there is none."""
    channels = []
    for name in ("Red", "Green", "Blue"):
        descriptor = dataset.get(f"{name}PaletteColorLookupTableDescriptor")
        data = dataset.get(f"{name}PaletteColorLookupTableData")
        if descriptor is None or not isinstance(data, bytes) or len(descriptor) != 3:
            return None
        count, first, bits = (int(one) for one in descriptor)
        count = count or 1 << 16
        wide = len(data) >= 2 * count
        entries = np.frombuffer(data[: count * (1 + wide)], "<u2" if wide else "u1")
        if first != 0 or len(entries) != count or bits not in (8, 16):
            return None
        channels.append((entries >> 8 if bits == 16 else entries).astype(np.uint8))
    return np.stack(channels, 1) if len({len(one) for one in channels}) == 1 else None


def _concept(item: Dataset, sequence: str) -> CodedConcept | None:
    items = item.get(sequence)
    if not items:
        return None
    code = next(
        (text for name in ("CodeValue", "LongCodeValue", "URNCodeValue") if (text := _text(items[0], name))), ""
    )
    meaning = _text(items[0], "CodeMeaning")
    return CodedConcept(code, _text(items[0], "CodingSchemeDesignator"), meaning) if code or meaning else None


def _text(item: Dataset, keyword: str) -> str:
    value: Any = item.get(keyword)
    return "" if value is None else one_line(str(value)).strip()


def _whole(value: Any) -> int | None:
    try:
        return None if value is None or value == "" else int(value)
    except (TypeError, ValueError):
        return None
