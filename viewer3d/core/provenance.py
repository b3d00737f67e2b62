"""Which files a volume was read from and how; nothing in it names a patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Irregular = Literal["resample", "error", "keep"]
"""What to do with slices that no affine can hold, see :func:`viewer3d.load`."""

OWN: Final = "own"
"""As a presentation: the overlay planes and shutters of the images themselves."""


@dataclass(frozen=True)
class Provenance:
    """Enough to find a volume's files again, and to read them the same way.

    Attributes
    ----------
    series : str
        SHA-256 of the Series Instance UID (0020,000E) and of what tells the volume from others of its series, as
        :func:`viewer3d.dicom.series.identity.series_digest` makes it.
    irregular : {"resample", "error", "keep"}
    skip_bad : bool
    spacing : tuple of float, optional
        As they were given to :func:`viewer3d.load`.
    presentation : str
        SHA-256 of the SOP Instance UID of the presentation state that it is shown by; ``"own"`` where it is what its
        images have themselves, and empty where there is none.
    changes : tuple of str
        What was done in Python to what was read, in order: ``"cropped"``, ``"resampled"``, ``"reoriented"``,
        ``"masked"``. Its files alone do not make such a volume again.
    """

    series: str
    irregular: Irregular = "resample"
    skip_bad: bool = False
    spacing: tuple[float, float, float] | None = None
    presentation: str = ""
    changes: tuple[str, ...] = ()
