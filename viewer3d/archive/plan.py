"""What every item of an archive is made into: jobs and options, as one value."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from viewer3d.core.digest import digest_of_text
from viewer3d.core.provenance import Irregular

if TYPE_CHECKING:
    from viewer3d.dicom.read_options import ReadOptions

AnyOverlay = Literal["none", "auto"]
"""Whether what lies over a volume in its archive is drawn and measured with it."""


@dataclass(frozen=True)
class Plan:
    """What every item of a run is made into; a worker is sent it once.

    Attributes
    ----------
    jobs : tuple of str
        Names of built-in jobs (``"thumbnail"``), or where own ones are: ``"package.module:function"``.
    out : Path
        Absolute path of the folder that files are written to.
    overlay : {"none", "auto"}
        Whether segmentations, structure sets, PET and dose that the archive has of a volume are laid over it.
    identify : bool
        Whether pictures and tables may say who the patient is.
    max_memory : int
        Bytes that a worker may need for one item; one that needs more is refused before anything is allocated.
    face_hidden : bool
        Whether pictures in 3D and of maxima leave out the front of a face where one is found.
    irregular, skip_bad, unit, strict
        How volumes are read, see :func:`viewer3d.load`.
    """

    jobs: tuple[str, ...]
    out: Path
    overlay: AnyOverlay = "none"
    identify: bool = False
    max_memory: int = 4 << 30
    irregular: Irregular = "resample"
    skip_bad: bool = False
    unit: str | None = None
    strict: bool = False
    face_hidden: bool = False

    @property
    def values(self) -> dict[str, Any]:
        """All that changes what is made, as values for JSON: neither its folder nor the memory that there is."""
        later = (name for name in ("strict", "face_hidden") if not getattr(self, name))
        left_out = ("out", "max_memory", *later)  # as runs from before have it
        found = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in left_out}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}

    @property
    def digest(self) -> str:
        """SHA-256 of :attr:`values`."""
        return digest_of_text(json.dumps(self.values))


def options_of(plan: Plan) -> ReadOptions:
    """Return how a plan reads volumes."""
    from viewer3d.dicom.read_options import ReadOptions  # noqa: PLC0415 (a plan is made before anything is read)

    return ReadOptions(
        plan.irregular,
        skip_bad=plan.skip_bad,
        unit=plan.unit,
        identify=plan.identify,
        max_memory=plan.max_memory,
        strict=plan.strict,
    )
