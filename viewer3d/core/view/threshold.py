"""From which value on voxels belong to a region that is grown in a sphere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from viewer3d.core.vectors import is_near
from viewer3d.errors import ViewError


@dataclass(frozen=True)
class Threshold:
    """The lowest value of a region: a number in the unit of the volume, or a part of the highest value.

    Attributes
    ----------
    value : float
        In the unit of the volume, or percent.
    of_maximum : bool
        Whether it is percent of the highest value in the sphere.
    """

    value: float
    of_maximum: bool = False

    def __post_init__(self) -> None:
        if not is_near([self.value]) or (self.of_maximum and not 0 < self.value <= 100):
            unit = "percent above 0 and up to 100" if self.of_maximum else "a finite number"
            raise ViewError(f"threshold {self.value}: give {unit}")

    @property
    def text(self) -> str:
        """It as words, without a unit: ``"41 % of the maximum"`` or ``"2.5"``."""
        return f"{self.value:g} % of the maximum" if self.of_maximum else f"{self.value:g}"

    def of(self, highest: float) -> float | None:
        """Return it as a value, where the highest value in the sphere is known.

        Returns
        -------
        float or None
            None where it is a part of a value that is 0 or less, which says nothing.
        """
        if not self.of_maximum:
            return self.value
        return self.value / 100 * highest if highest > 0 else None


USUAL_THRESHOLDS: Final = (Threshold(41, of_maximum=True), Threshold(50, of_maximum=True), Threshold(2.5), Threshold(4))
"""41 % and 50 % of the maximum (R. Boellaard et al., FDG PET/CT: EANM procedure guidelines for tumour imaging: version
2.0, Eur J Nucl Med Mol Imaging 2015; 42: 328, which EARL follows), and SUV 2.5 and 4.0 (S. F. Barrington et al.,
J Nucl Med 2021; 62: 332, which compares them in lymphoma)."""

FIRST_THRESHOLD: Final = USUAL_THRESHOLDS[0]
"""That of a region for which none was given."""
