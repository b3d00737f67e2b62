"""A synthetic patient, known everywhere: functions, CT, PET, dose, contours, organs, DICOM files.

>>> from viewer3d import phantom
>>> phantom.volume(shape=(30, 22, 28))
Volume(CT 30 x 22 x 28, 13.53 x 13.18 x 25.36 mm, HU, 0 notes)

The functions that write files import pydicom, and only when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from viewer3d.phantom.body import MARKER_HU, MARKER_RADIUS, MARKERS, grid, hu_at, volume
from viewer3d.phantom.head import head
from viewer3d.phantom.organs import organs, probabilities
from viewer3d.phantom.pet import LESIONS, pet
from viewer3d.phantom.radiotherapy import PRESCRIBED, dose, structures
from viewer3d.phantom.series import Faults

if TYPE_CHECKING:
    from viewer3d.phantom.challenge.questions import write_challenge as write_challenge
    from viewer3d.phantom.challenge.score import ChallengeMark as ChallengeMark
    from viewer3d.phantom.challenge.score import ChallengeScore as ChallengeScore
    from viewer3d.phantom.challenge.score import score_challenge as score_challenge
    from viewer3d.phantom.files import write as write
    from viewer3d.phantom.files import write_enhanced as write_enhanced
    from viewer3d.phantom.files import write_pet as write_pet
    from viewer3d.phantom.plan_files import write_dose as write_dose
    from viewer3d.phantom.plan_files import write_plan as write_plan
    from viewer3d.phantom.plan_files import write_structures as write_structures
    from viewer3d.phantom.segmentation_file import write_probabilities as write_probabilities

_WRITERS = {
    **dict.fromkeys(("write", "write_enhanced", "write_pet"), "files"),
    **dict.fromkeys(("write_dose", "write_plan", "write_structures"), "plan_files"),
    "write_probabilities": "segmentation_file",
    **dict.fromkeys(("ChallengeMark", "ChallengeScore", "score_challenge"), "challenge.score"),
    "write_challenge": "challenge.questions",
}

__all__ = [  # noqa: PLE0604
    "LESIONS",
    "MARKERS",
    "MARKER_HU",
    "MARKER_RADIUS",
    "PRESCRIBED",
    "Faults",
    "dose",
    "grid",
    "head",
    "hu_at",
    "organs",
    "pet",
    "probabilities",
    "structures",
    "volume",
    *_WRITERS,
]


def __getattr__(name: str) -> object:
    if name in _WRITERS:
        return getattr(import_module(f"viewer3d.phantom.{_WRITERS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
