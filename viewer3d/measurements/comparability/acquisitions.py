"""Hold two volumes against each other: what of their acquisition and reconstruction changes numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.notes.note import Note
from viewer3d.core.volume import Volume
from viewer3d.measurements.comparability.effects import EFFECTS
from viewer3d.measurements.comparability.properties import PROPERTIES, QUANTITIES, Property


@dataclass(frozen=True)
class AcquisitionDifference:
    """One thing in which two volumes differ, and what that does to their numbers.

    Attributes
    ----------
    kind : str
        The id of its note: ``"compare.kernel"``.
    before, after : str
        What it is in the first and in the second, with its unit: ``"FC08"``, ``"1.5 mm"``.
    """

    kind: str
    before: str
    after: str

    @property
    def name(self) -> str:
        """What differs: ``"kernel"``."""
        return EFFECTS[self.kind].name

    @property
    def effect(self) -> str:
        """What it does to numbers, in words."""
        return EFFECTS[self.kind].text

    @property
    def source(self) -> str:
        """The section of the standard, the guideline or the paper that the effect is known from."""
        return EFFECTS[self.kind].source

    @cached_property
    def note(self) -> Note:
        """The difference and its effect in a sentence, as figures and ``viewer3d diff`` say it."""
        kind = self.kind
        sentence = f"{self.name} {self.before} against {self.after}: {self.effect}."
        return Note(sentence[:1].upper() + sentence[1:], kind)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        names = ("kind", "name", "before", "after", "effect", "source")
        return {name: getattr(self, name) for name in names}


def compare_acquisitions(before: AnyVolume, after: AnyVolume) -> tuple[AcquisitionDifference, ...]:
    """Hold two volumes against each other, and say what keeps their numbers from being compared.

    Parameters
    ----------
    before, after : Volume, or what :func:`viewer3d.load` takes

    Returns
    -------
    tuple of AcquisitionDifference
        In an order that does not change: modality and unit, the scanner, where and how fine the voxels are, contrast
        agent, reconstruction, of PET tracer, uptake time and corrections, of MR field strength and sequence. Empty
        where nothing differs that both say; :func:`untold_properties` are those that one or both do not say.

    Notes
    -----
    Of volumes of two modalities only what can be compared at all is said: modality and posture. What a difference does
    to numbers, and the papers and sections it is known from, are in
    :data:`viewer3d.measurements.comparability.effects.EFFECTS`; what counts as equal in
    :data:`viewer3d.measurements.comparability.properties.PROPERTIES`.

    Examples
    --------
    >>> import numpy as np
    >>> soft = Volume.from_array(np.zeros((4, 4, 4)), np.eye(4), unit="HU", modality="CT",
    ...     acquisition={"ConvolutionKernel": "FC08", "KVP": 120})
    >>> hard = soft.with_info(acquisition={"ConvolutionKernel": "FC52", "KVP": 120})
    >>> (found,) = compare_acquisitions(soft, hard)
    >>> found.name, found.before, found.after
    ('kernel', 'FC08', 'FC52')
    """
    before, after = as_volume(before), as_volume(after)
    found = []
    for one in _properties(before, after):
        values = one.read(before), one.read(after)
        if None not in values and not one.is_same(*values):
            found.append(AcquisitionDifference(one.kind, *map(one.text, values)))
    return tuple(found)


def untold_properties(before: Volume, after: Volume) -> tuple[str, ...]:
    """Return the names of what one of two volumes, or both, do not say: nothing can be told of it."""
    told = (one for one in _properties(before, after) if None in (one.read(before), one.read(after)))
    return tuple(dict.fromkeys(EFFECTS[one.kind].name for one in told if one.is_expected))


def _properties(before: Volume, after: Volume) -> tuple[Property, ...]:
    modalities = {before.modality, after.modality} - {""}
    if len(modalities) > 1:
        return tuple(one for one in PROPERTIES if one.kind in QUANTITIES)
    return tuple(one for one in PROPERTIES if not one.modalities or modalities & set(one.modalities))
