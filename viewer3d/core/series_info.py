"""What is known of a volume besides its voxels and where they are: the words of its series, and notes."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final

from viewer3d.core.grids.place_errors import PlaceErrors
from viewer3d.core.notes.note import Note, as_notes
from viewer3d.core.provenance import Provenance
from viewer3d.core.window import Window

Which = dict[str, str | float]
"""Names and values by which a volume differs from the others of its series: ``{"echo": 2, "time": 0}``."""


MODALITIES: Final = {
    "CT": "CT",
    "MR": "MR",
    "PT": "PET",
    "NM": "nuclear medicine",
    "US": "ultrasound",
    "IVUS": "intravascular ultrasound",
    "XA": "X-ray angiography",
    "RF": "radiofluoroscopy",
    "CR": "radiograph",
    "DX": "radiograph",
    "MG": "mammogram",
    "PX": "panoramic X-ray",
    "IO": "intra-oral radiograph",
    "OPT": "ophthalmic tomography",
    "OCT": "optical coherence tomography",
    "SC": "secondary capture",
    "OT": "image",
    "RTIMAGE": "RT image",
    "RTDOSE": "dose",
}
"""Modalities (PS3.3 C.7.3.1.1.1) that recipes hold, with their names: another may be any text of a file."""


@dataclass(frozen=True)
class SeriesInfo:
    """What is known of the series that a volume is of.

    Parameters
    ----------
    notes : sequence of Note or str
        One sentence for each thing that was irregular, and what was done about it; text becomes a note of the kind
        ``"other.given"``.
    modality : str
        DICOM Modality (0008,0060): ``"CT"``, ``"MR"``, ``"PT"``, ...
    description : str
        Series Description (0008,103E); says what was scanned, not who.
    inverted : bool
        True for MONOCHROME1: low values are meant to be shown white.
    windows : sequence of Window
        The files' own, the first to be shown first.
    background : float, optional
        The value, in the unit of the volume, of pixels the scanner did not measure (Pixel Padding Value).
    provenance : Provenance, optional
        Which files it was read from, hashed, and how; None for what was never in files.
    identity : tuple of str
        Lines that name the patient, which pictures then show; empty unless they were asked for
        (``viewer3d.load(..., identify=True)``).
    which : dict
        What tells it from the other volumes of its series: ``{"echo": 2, "time": 0}``; times count from 0.
    patient_position : str
        DICOM Patient Position (0018,5100): ``"HFS"``, ``"FFP"``, ...; empty where it is not known.
    frame_of_reference : str
        DICOM Frame of Reference UID (0020,0052): places of two volumes mean the same only where it is the same
        (PS3.3 C.7.4.1.1.1). Empty where the files have none. It identifies an examination and is not shown: pictures,
        recipes and reports hold :attr:`viewer3d.Volume.frame_of_reference_digest`.
    seconds : float, optional
        Of a set of times, when the volume was measured: seconds from the first volume of its series on. None where it
        is not known.
    gradient : tuple of float, optional
        Of diffusion, the unit direction of the gradient in LPS; None where there is none (b = 0, a mean over all
        directions) or it is not known.
    acquisition : dict
        How it was acquired, in the words and units of BIDS: ``{"EchoTime": 0.03, "FlipAngle": 90.0}``; times in s.
        Nothing in it names a patient.
    of_series : tuple of str
        Of a segmentation, the Series Instance UIDs of the images that it refers to. They identify an examination and
        are not shown.
    place_errors : PlaceErrors
        What is not exact in where its grid shows things, besides the size of the voxels: slices off even steps, and
        what was interpolated.
    """

    notes: tuple[Note, ...] = ()
    modality: str = ""
    description: str = ""
    inverted: bool = False
    windows: tuple[Window, ...] = ()
    background: float | None = None
    provenance: Provenance | None = None
    identity: tuple[str, ...] = ()
    which: Which = field(default_factory=dict, hash=False)
    patient_position: str = ""
    frame_of_reference: str = field(default="", repr=False)
    seconds: float | None = None
    gradient: tuple[float, float, float] | None = None
    acquisition: dict[str, Any] = field(default_factory=dict, hash=False, repr=False)
    of_series: tuple[str, ...] = field(default=(), repr=False)
    place_errors: PlaceErrors = field(default=PlaceErrors(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", as_notes(self.notes))
        object.__setattr__(self, "windows", tuple(self.windows))
        object.__setattr__(self, "identity", tuple(self.identity))
        object.__setattr__(self, "of_series", tuple(self.of_series))


INFO_FIELDS: Final = tuple(one.name for one in fields(SeriesInfo))


class Described:
    """Base of data that say of which series they are: reads the fields of their :class:`SeriesInfo`."""

    info: SeriesInfo

    @property
    def notes(self) -> tuple[Note, ...]:
        """One sentence for each thing that was irregular, and what was done about it."""
        return self.info.notes

    @property
    def modality(self) -> str:
        """DICOM Modality (0008,0060): ``"CT"``, ``"MR"``, ``"PT"``, ..."""
        return self.info.modality

    @property
    def description(self) -> str:
        """Series Description (0008,103E)."""
        return self.info.description

    @property
    def inverted(self) -> bool:
        """True for MONOCHROME1: low values are meant to be shown white."""
        return self.info.inverted

    @property
    def windows(self) -> tuple[Window, ...]:
        """The files' own windows, the first to be shown first."""
        return self.info.windows

    @property
    def background(self) -> float | None:
        """The value, in the unit, of pixels the scanner did not measure; None where it is not known."""
        return self.info.background

    @property
    def provenance(self) -> Provenance | None:
        """Which files it was read from, hashed, and how; None for what was never in files."""
        return self.info.provenance

    @property
    def identity(self) -> tuple[str, ...]:
        """Lines that name the patient; empty unless they were asked for."""
        return self.info.identity

    @property
    def which(self) -> Which:
        """What tells it from the other volumes of its series."""
        return self.info.which

    @property
    def patient_position(self) -> str:
        """DICOM Patient Position (0018,5100); empty where it is not known."""
        return self.info.patient_position

    @property
    def frame_of_reference(self) -> str:
        """DICOM Frame of Reference UID (0020,0052); empty where it is not known."""
        return self.info.frame_of_reference

    @property
    def seconds(self) -> float | None:
        """Seconds from the first volume of a set of times on; None where it is not known."""
        return self.info.seconds

    @property
    def gradient(self) -> tuple[float, float, float] | None:
        """The unit direction of the diffusion gradient in LPS; None where it has none that is known."""
        return self.info.gradient

    @property
    def acquisition(self) -> dict[str, Any]:
        """How it was acquired, in the words and units of BIDS; empty where it is not known."""
        return self.info.acquisition

    @property
    def of_series(self) -> tuple[str, ...]:
        """Of a segmentation, the Series Instance UIDs of the images that it refers to."""
        return self.info.of_series

    @property
    def place_errors(self) -> PlaceErrors:
        """What is not exact in the places of its grid: residual, interpolation, nearest voxels."""
        return self.info.place_errors

    @property
    def frame_of_reference_digest(self) -> str:
        """SHA-256 of the Frame of Reference UID, which recipes and reports hold; empty where it is not known."""
        from viewer3d.core.digest import digest_of_text  # noqa: PLC0415 (only what is written has a digest)

        return digest_of_text(self.frame_of_reference) if self.frame_of_reference else ""
