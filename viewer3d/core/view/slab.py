"""The thickness of slices and how the values in it are blended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from viewer3d.errors import ViewError

Blend = Literal["maximum", "minimum", "mean"]

BLEND_NAMES: dict[str, Blend] = {"mip": "maximum", "minip": "minimum", "average": "mean"}
"""What people call them besides."""

THICKEST: Final = 10_000.0
"""mm: five times a patient."""


@dataclass(frozen=True)
class Slab:
    """How much of the volume a slice shows at once.

    Attributes
    ----------
    thickness : float
        Of the slab, in mm, half of it on either side of the plane; 0 is the plane alone.
    blend : {"maximum", "minimum", "mean"}
        What is shown of the values behind a pixel: MIP, MinIP or their mean.
    """

    thickness: float = 0.0
    blend: Blend = "maximum"

    def __post_init__(self) -> None:
        if not 0 <= self.thickness <= THICKEST or self.blend not in get_args(Blend):
            blends = ", ".join(get_args(Blend))
            raise ViewError(
                f"slab of {self.thickness} mm, {self.blend!r}: give 0 to {THICKEST:g} mm and one of {blends}"
            )


def parse_slab(text: str) -> Slab:
    """Parse the text of a slab: its thickness in mm, and how it is blended.

    Parameters
    ----------
    text : str
        ``"10"`` or ``"10,mean"``; maximum, minimum, mean, MIP or MinIP.

    Raises
    ------
    ViewError
        When it is none.

    Examples
    --------
    >>> parse_slab("10,MinIP")
    Slab(thickness=10.0, blend='minimum')
    """
    thickness, _, word = text.partition(",")
    blend = word.strip().lower() or "maximum"
    try:
        return Slab(float(thickness), BLEND_NAMES.get(blend, blend))  # type: ignore[arg-type]  # it checks the word
    except ValueError:
        raise ViewError(f"slab {text!r}: expected mm, or mm and maximum, minimum or mean, as in 10,mean") from None


def as_slab(slab: Slab | float | str) -> Slab:
    """Return a slab from one, from its thickness in mm, or from text as :func:`parse_slab` reads it.

    Raises
    ------
    ViewError
        When it is none of them.
    """
    if isinstance(slab, Slab):
        return slab
    if isinstance(slab, str):
        return parse_slab(slab)
    if isinstance(slab, int | float) and not isinstance(slab, bool):
        return Slab(float(slab))
    raise ViewError(f"slab {slab!r}: give mm, or mm and a blend as in '10,mean'")
