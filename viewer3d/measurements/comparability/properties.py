"""Read from a volume what two acquisitions are compared by, and decide what counts as equal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from viewer3d.core.text import printable
from viewer3d.core.volume import Volume


@dataclass(frozen=True)
class Property:
    """Something that two volumes are compared by.

    Attributes
    ----------
    kind : str
        Id of the note on a difference.
    read : callable
        Of a volume, the value: a number, a tuple of them, a text or a truth; None where it does not say.
    most : float
        Numbers that differ by no more are equal, in their unit.
    share : float
        So are those that differ by no more than this part of the larger.
    unit : str
        Written after a number.
    modalities : tuple of str
        Of which modalities it is; of all where there are none.
    is_expected : bool
        Whether a header of such a modality should say it, so that its absence is worth a word.
    """

    kind: str
    read: Callable[[Volume], Any]
    most: float = 0.0
    share: float = 0.0
    unit: str = ""
    modalities: tuple[str, ...] = ()
    is_expected: bool = True

    def is_same(self, one: Any, other: Any) -> bool:
        """Return whether two values count as equal; texts do whatever their case."""
        if isinstance(one, str) or isinstance(other, str):
            texts = {" ".join(str(value).casefold().split()) for value in (one, other)}
            return len(texts) == 1 or (_GIVEN in texts and "none" not in texts)
        apart = np.abs(np.subtract(one, other, dtype=np.float64))
        allowed = self.most + self.share * np.maximum(np.abs(one), np.abs(other))
        return bool((apart <= allowed).all())

    def text(self, value: Any) -> str:
        """Return a value in words: numbers with four digits and their unit."""
        if isinstance(value, str):
            return printable(value)
        numbers = value if isinstance(value, tuple) else (value,)
        return f"{' x '.join(f'{number:.4g}' for number in numbers)} {self.unit}".rstrip()


def _word(*words: str, factor: float = 1.0) -> Callable[[Volume], Any]:
    """Return what reads a word of BIDS from the acquisition: a text, or a number times a factor."""

    def read(volume: Volume) -> Any:
        texts = []
        for word in words:
            value = volume.acquisition.get(word)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value) * factor
            if isinstance(value, str) and value.strip():
                texts.append(value.strip())
        return " ".join(texts) or None

    return read


def _kernel(volume: Volume) -> str | None:
    text = _word("ConvolutionKernel")(volume)
    return text.partition("\\")[0] if isinstance(text, str) else None


def _iterative(volume: Volume) -> str | None:
    """Return the level of iterative reconstruction.

    Siemens writes it after the kernel, others in private elements.
    """
    text = _word("IterativeReconstruction")(volume)
    if text is None and isinstance(kernel := _word("ConvolutionKernel")(volume), str) and "\\" in kernel:
        return kernel.partition("\\")[2].replace("\\", " ")
    return None if text is None else str(text)


_GIVEN: Final = "given"
"""Of what was given, and it is not said what: it may be whatever another header names."""


def _contrast(volume: Volume) -> str | None:
    """Return the ingredient of a contrast agent, else whether there was one."""
    ingredient = _word("ContrastBolusIngredient")(volume)
    if ingredient is not None:
        return str(ingredient).lower()
    given = volume.acquisition.get("ContrastGiven")
    return (_GIVEN if given else "none") if isinstance(given, bool) else None


_UPDATES: Final = re.compile(r"(?i)[\s,(]*\d+\s*i[a-z]*[\s,]*\d+\s*s[a-z]*\)?")
_TIME_OF_FLIGHT: Final = re.compile(r"(?i)tof|time.of.flight|ultra.?hd|\bblob-os-tf\b|\b(vp|qc)fx")
"""Names of Siemens and United Imaging, Philips and GE for reconstructions with time of flight."""

_POINT_SPREAD: Final = re.compile(r"(?i)psf|truex|sharp.?ir|ultra.?hd|\bhd.?pet|\bvp(fx|hd)-?s\b|point.spread")
"""Names for those that model the point spread: of Siemens also TrueX and HD PET, of GE SharpIR, VPFX-S and VPHD-S."""


def _algorithm(volume: Volume) -> str | None:
    """Return the name of a PET reconstruction without what is told by itself: iterations, subsets."""
    name = _word("ReconMethodName")(volume)
    return _UPDATES.sub("", name).strip() or None if isinstance(name, str) else None


def _named(pattern: re.Pattern[str]) -> Callable[[Volume], str | None]:
    def read(volume: Volume) -> str | None:
        name = _word("ReconMethodName")(volume)
        return ("used" if pattern.search(name) else "not named") if isinstance(name, str) else None

    return read


def _parameter(label: str) -> Callable[[Volume], float | None]:
    """Return what reads a parameter of a reconstruction as PET-BIDS lists them: labels and values."""

    def read(volume: Volume) -> float | None:
        labels = volume.acquisition.get("ReconMethodParameterLabels")
        values = volume.acquisition.get("ReconMethodParameterValues")
        if not isinstance(labels, list) or not isinstance(values, list):
            return None
        pairs = zip(labels, values, strict=False)
        return next((float(v) for name, v in pairs if name == label and isinstance(v, int | float)), None)

    return read


def _filter(volume: Volume) -> str | None:
    kind, size = volume.acquisition.get("ReconFilterType"), volume.acquisition.get("ReconFilterSize")
    if not isinstance(kind, str):
        return None
    return f"{kind} {size:g} mm" if isinstance(size, int | float) else kind


def _correction(word: str, corrected: str) -> Callable[[Volume], str | None]:
    """Return what reads the method of a correction: none where Corrected Image (0028,0051) lacks it."""

    def read(volume: Volume) -> str | None:
        listed = volume.acquisition.get("CorrectedImage")
        if isinstance(listed, list) and listed and corrected not in listed:
            return "none"
        method = _word(word)(volume)
        return None if method is None else str(method).strip(" ,")

    return read


def _uptake(volume: Volume) -> float | None:
    """Return minutes from the injection to the start of the scan, or of this time of a dynamic one."""
    start, injected = volume.acquisition.get("ScanStart"), volume.acquisition.get("InjectionStart")
    if not isinstance(start, int | float) or not isinstance(injected, int | float):
        return None
    return (float(start) - float(injected) + (volume.seconds or 0.0)) / 60


def _b_value(volume: Volume) -> float | None:
    value = volume.which.get("b_value", volume.acquisition.get("DiffusionBValue"))
    return float(value) if isinstance(value, int | float) else None


def _tracer(volume: Volume) -> str | None:
    """Return the nuclide, else the tracer: names of one tracer are spelled in many ways."""
    nuclide = _word("TracerRadionuclide")(volume)
    letters = re.sub(r"[^0-9a-z]", "", str(nuclide or "").casefold())
    match = re.fullmatch(r"(?:([a-z]+)(\d+m?)|(?:\D*?)(\d+m?)([a-z]+))", letters)
    if match is None:
        return str(nuclide) if nuclide else None
    return f"{(match[1] or match[4] or '').capitalize()}-{match[2] or match[3]}"


def _scanner(volume: Volume) -> str | None:
    """Return the model, with its maker where that is not in its name."""
    model = _word("ManufacturersModelName")(volume)
    return None if model is None else str(model)


def _plane(volume: Volume) -> str:
    normal = np.abs(volume.geometry.direction[:, 2])
    return ("sagittal", "coronal", "axial")[int(normal.argmax())]


_CT, _MR, _PT = ("CT",), ("MR",), ("PT",)

PROPERTIES: Final = (
    Property("compare.modality", lambda volume: volume.modality or None),
    Property("compare.unit", lambda volume: volume.unit or "not known"),
    Property("compare.scanner", _scanner),
    Property("compare.posture", lambda volume: volume.patient_position or None),
    Property("compare.plane", _plane),
    Property("compare.slice_thickness", _word("SliceThickness"), most=0.01, share=0.005, unit="mm"),
    Property("compare.slice_step", lambda volume: volume.spacing[2], most=0.005, share=0.002, unit="mm"),
    Property("compare.voxel_size", lambda volume: volume.spacing[:2], most=0.001, share=0.002, unit="mm"),
    Property("compare.contrast", _contrast, modalities=("CT", "MR")),
    Property("compare.kvp", _word("KVP"), most=0.5, unit="kV", modalities=_CT),
    Property("compare.kernel", _kernel, modalities=_CT),
    Property("compare.iterative", _iterative, modalities=_CT, is_expected=False),
    Property("compare.tracer", _tracer, modalities=_PT),
    Property("compare.uptake_time", _uptake, most=5.0, unit="min", modalities=_PT),
    Property("compare.reconstruction", _algorithm, modalities=_PT),
    Property("compare.iterations", _parameter("iterations"), modalities=_PT),
    Property("compare.subsets", _parameter("subsets"), modalities=_PT),
    Property("compare.time_of_flight", _named(_TIME_OF_FLIGHT), modalities=_PT, is_expected=False),
    Property("compare.point_spread", _named(_POINT_SPREAD), modalities=_PT, is_expected=False),
    Property("compare.filter", _filter, modalities=_PT),
    Property("compare.attenuation", _correction("AttenuationCorrection", "ATTN"), modalities=_PT),
    Property("compare.scatter", _correction("ScatterCorrectionMethod", "SCAT"), modalities=_PT),
    Property("compare.decay", _word("DecayCorrection"), modalities=_PT),
    Property("compare.field_strength", _word("MagneticFieldStrength"), share=0.05, unit="T", modalities=_MR),
    Property("compare.sequence", _word("ScanningSequence", "SequenceVariant"), modalities=_MR),
    Property("compare.repetition_time", _word("RepetitionTime", factor=1000), 0.01, 0.01, "ms", _MR),
    Property("compare.echo_time", _word("EchoTime", factor=1000), 0.01, 0.01, "ms", _MR),
    Property("compare.inversion_time", _word("InversionTime", factor=1000), 1.0, 0.01, "ms", _MR, is_expected=False),
    Property("compare.flip_angle", _word("FlipAngle"), most=0.5, unit="degrees", modalities=_MR),
    Property("compare.b_value", _b_value, most=1.0, share=0.01, unit="s/mm2", modalities=_MR, is_expected=False),
)
"""All that is compared, in the order in which it is told. Field strength has 5 %: magnets of 3 T have 2.89 to 3."""

QUANTITIES: Final = ("compare.modality", "compare.posture")
"""What is compared of two volumes of different modalities."""
