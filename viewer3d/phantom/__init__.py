"""A synthetic patient, known everywhere: as a function, volumes of CT and PET, and DICOM files.

>>> from viewer3d import phantom
>>> phantom.volume(shape=(30, 22, 28))
Volume(CT 30 x 22 x 28, 13.53 x 13.18 x 25.36 mm, HU, 0 notes)

:func:`write`, :func:`write_enhanced` and :func:`write_pet` import pydicom, and only when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from viewer3d.phantom.body import MARKER_HU, MARKER_RADIUS, MARKERS, grid, hu_at, volume
from viewer3d.phantom.pet import LESIONS, pet
from viewer3d.phantom.series import Faults

if TYPE_CHECKING:
    from viewer3d.phantom.files import write as write
    from viewer3d.phantom.files import write_enhanced as write_enhanced
    from viewer3d.phantom.files import write_pet as write_pet

_WRITERS = ("write", "write_enhanced", "write_pet")

__all__ = [  # noqa: PLE0604
    "LESIONS",
    "MARKERS",
    "MARKER_HU",
    "MARKER_RADIUS",
    "Faults",
    "grid",
    "hu_at",
    "pet",
    "volume",
    *_WRITERS,
]


def __getattr__(name: str) -> object:
    if name in _WRITERS:
        return getattr(import_module("viewer3d.phantom.files"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
