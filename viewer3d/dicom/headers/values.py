"""Convert attributes that were read to single values; absent ones are None or an empty text."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.text import one_line
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.window import VoiFunction, Window, table_window
from viewer3d.dicom.headers.attributes import Attributes, AttributeValue
from viewer3d.dicom.headers.frame import ModalityTable
from viewer3d.dicom.pixels.transfer_syntaxes import LOSSY_JPEG
from viewer3d.errors import BadFileError, WindowError

if TYPE_CHECKING:
    from pydicom import Dataset

LARGEST: Final = 1e6
"""Largest length in mm: a kilometre. Patients are smaller, and squares and products of lengths stay finite."""


def text(attributes: Attributes, keyword: str) -> str:
    """Return the first value as text."""
    values = attributes.get(keyword)
    if not values:
        return ""
    first = values[0]
    return first if type(first) is str else str(first)  # called 20 times a file, and str() would double its time


def number(attributes: Attributes, keyword: str) -> float | None:
    """Return the first value as a float; values that are not finite count as absent."""
    values = attributes.get(keyword)
    return float(values[0]) if values else None


def integer(attributes: Attributes, keyword: str) -> int | None:
    """Return the first value as an int."""
    values = attributes.get(keyword)
    if not values:
        return None
    first = values[0]
    return first if type(first) is int else int(first)  # of a text, for one


def numbers(attributes: Attributes, keyword: str, count: int) -> tuple[float, ...] | None:
    """Return all values when they are as many as given and none is beyond :data:`LARGEST`; else None."""
    values = attributes.get(keyword)
    return _lengths(values, count) if values else None


@lru_cache(maxsize=1 << 10)  # spacing and orientation are mostly those of the slice before
def _lengths(values: AttributeValue, count: int) -> tuple[float, ...] | None:
    if len(values) != count:
        return None
    floats = tuple(map(float, values))
    return floats if max(floats) <= LARGEST and min(floats) >= -LARGEST else None


def optional_vector(values: Any) -> Vector | None:
    """Return three numbers as a tuple of float; None where there are none."""
    return None if values is None else vector(values)


VoiWindows = tuple[tuple[Window, ...], tuple[str, ...]]
"""The valid windows of a file, and the problems of the others."""


@lru_cache(maxsize=64)  # a series has one or two
def voi_windows(centers: AttributeValue | None, widths: AttributeValue | None, function: str) -> VoiWindows:
    """Return the valid windows of a file (PS3.3 C.11.2) in their order, and problems of the others."""
    numbers = zip(map(float, centers or ()), map(float, widths or ()), strict=False)
    pairs = [(width, _window(center, width, function)) for center, width in numbers]
    problems = tuple(_width_problem(width, function) for width, window in pairs if window is None)
    return tuple(window for _, window in pairs if window is not None), problems


def _width_problem(width: float, function: str) -> str:
    if function and function not in get_args(VoiFunction):
        return f"VOI LUT Function (0028,1056) {function} is none that is known"
    least = "above 0" if function in ("LINEAR_EXACT", "SIGMOID") else "at least 1"
    # Plus 0: -0 equals 0, and what is found for one is kept for both.
    return f"Window Width (0028,1051) is {width + 0.0:g} and must be {least} (PS3.3 C.11.2.1.2)"


def _window(center: float, width: float, function: str) -> Window | None:
    try:
        return Window(center, width, function or "LINEAR")  # type: ignore[arg-type]  # it checks the name
    except WindowError:
        return None


def voi_tables(dataset: Dataset) -> VoiWindows:
    """Read the VOI LUT Sequence (0028,3010) of a dataset as windows of modality values.

    PS3.3 C.11.2.1.1. First mapped values are read as by pydicom's ``apply_voi_lut``.
    """
    read = [_voi_table(item) for item in dataset.get("VOILUTSequence") or ()]
    problems = (
        f"item {number} of VOI LUT Sequence (0028,3010) cannot be read ({one})"
        for number, one in enumerate(read, 1)
        if isinstance(one, str)
    )
    return tuple(one for one in read if isinstance(one, Window)), tuple(problems)


def _voi_table(item: Dataset) -> Window | str:
    try:
        first, entries, bits = _table(item, "VOI LUT")
        return table_window(first, 255.0 * entries / ((1 << bits) - 1))
    except (BadFileError, WindowError, AttributeError, TypeError, ValueError) as error:
        return str(error)


def all_values(value: Any) -> tuple[Any, ...]:
    """Return the values of an element as a tuple: none, one or several."""
    return () if value in (None, "") else tuple(value) if hasattr(value, "insert") else (value,)


def is_multi_energy(attributes: Attributes) -> bool:
    """Return whether Multi-energy CT Acquisition (0018,9361) is YES."""
    return text(attributes, "MultienergyCTAcquisition") == "YES"


def lossy_compression(attributes: Attributes) -> str:
    """Return methods and ratios of lossy compression in words; empty when the header reports none.

    PS3.3 C.7.6.1.1.5: an image that was ever compressed with loss says so, whatever its transfer syntax now. JPEG
    Baseline and Extended are always lossy.
    """
    if text(attributes, "LossyImageCompression") != "01":
        return "JPEG" if text(attributes, "TransferSyntaxUID") in LOSSY_JPEG else ""
    ratios = " and ".join(f"{float(ratio):g}:1" for ratio in attributes.get("LossyImageCompressionRatio", ()))
    methods = " and ".join(str(method) for method in attributes.get("LossyImageCompressionMethod", ()) if method)
    return ", ".join(part for part in (ratios, methods) if part) or "no ratio is given"


def lossy_ratio(attributes: Attributes) -> float | None:
    """Return the ratio of all lossy compression that a header reports; None where it gives none.

    PS3.3 C.7.6.1.1.5.2: of several compressions one after another each has its ratio, and all together their product.
    """
    ratios = [float(ratio) for ratio in attributes.get("LossyImageCompressionRatio", ())]
    if text(attributes, "LossyImageCompression") != "01" or not ratios or not all(0 < one < math.inf for one in ratios):
        return None
    return math.prod(ratios)


def not_drawn(attributes: Attributes) -> tuple[str, ...]:
    """Return the overlays and shutters of a header (PS3.3 C.7.6.11, C.9.2), which are not drawn."""
    planes = "OverlayRows" in attributes
    shutter = attributes.get("ShutterShape", ())
    if not planes and not shutter:
        return ()
    overlays = ("overlay planes (60xx,3000)",) if planes else ()
    shapes = " and ".join(str(shape).lower() for shape in shutter if shape)
    return (*overlays, f"a {shapes} shutter (0018,1600)") if shapes else overlays


def modality_table(dataset: Dataset) -> ModalityTable | None:
    """Read the Modality LUT Sequence of a dataset or functional group (PS3.3 C.11.1.1)."""
    items = dataset.get("ModalityLUTSequence")
    if not items:
        return None
    first, entries, _ = _table(items[0], "Modality LUT")
    return ModalityTable(first, entries, one_line(str(items[0].get("ModalityLUTType", ""))))


def _table(item: Dataset, what: str) -> tuple[int, NDArray[Any], int]:
    """Read LUT Descriptor and LUT Data: the first mapped value, the entries, and their bits."""
    count, first, bits = (int(v) for v in item.LUTDescriptor)
    count = count or 1 << 16  # PS3.3 C.11.1.1.1: 0 means 65,536
    raw = item.LUTData
    dtype = np.dtype("<u1" if bits <= 8 and isinstance(raw, bytes) and len(raw) < 2 * count else "<u2")
    entries = np.frombuffer(raw, dtype) if isinstance(raw, bytes) else np.atleast_1d(np.asarray(raw, np.uint16))
    if len(entries) < count:
        raise BadFileError(f"{what} has {len(entries)} entries where its descriptor says {count}")
    return first, entries[:count], bits
