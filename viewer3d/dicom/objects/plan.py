"""Read DICOM plans of radiotherapy: the doses they prescribe (PS3.3 A.20, C.8.8.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from viewer3d.core.digest import digest_of_text
from viewer3d.core.dose.plan import Plan, Prescription
from viewer3d.core.notes.note import Note
from viewer3d.core.provenance import Provenance
from viewer3d.core.series_info import SeriesInfo
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.headers.read import series_tags
from viewer3d.dicom.headers.values import text
from viewer3d.dicom.objects.dicom_object import PLAN_CLASSES, DicomObject
from viewer3d.dicom.objects.find_objects import FoundObject, check_whole, find_object, reading
from viewer3d.dicom.objects.roi_table import text_of, whole_number
from viewer3d.errors import DoseError

if TYPE_CHECKING:
    from pydicom import Dataset

_PRESCRIBED: Final = "Target Prescription Dose (300A,0026)"


def load_plan(where: DicomInput | DicomObject, series: int | str | None = None) -> Plan:
    """Load what a DICOM plan (RTPLAN) prescribes.

    Parameters
    ----------
    where : path, pydicom.Dataset, sequence of them, or DicomObject
        The file, or a folder or archive in which it lies beside others.
    series : int or str, optional
        Series Number, Series Instance UID or SOP Instance UID; needed when there are several.

    Returns
    -------
    Plan
        Each dose reference (PS3.3 C.8.8.10) with a Target Prescription Dose is a prescription. The doses of beams
        (300A,0084) are none: they say what points get, for one fraction.

    Raises
    ------
    NotFoundError, NoVolumeError
        When there is no path, no DICOM or no plan there.
    ChoiceError
        When there are several; lists each with the call to choose it.
    BadFileError
        When the file is truncated or cannot be read.

    Examples
    --------
    >>> load_plan("rtplan.dcm").prescription                # doctest: +SKIP
    Prescription(dose=60.0, target='PTV', roi=3, number=1)
    """
    found = find_object(where, PLAN_CLASSES, "plan", "load_plan", series)
    with reading(found, "its header"):
        return _read(found)


def _read(found: FoundObject) -> Plan:
    dataset = found.dataset
    check_whole(dataset, found.source.name)
    notes: list[Note] = []
    prescriptions = read_prescriptions(dataset, notes)
    doses = sorted({one.dose for one in prescriptions})
    if not prescriptions:
        notes.append(
            Note(f"The plan prescribes no dose: it has no {_PRESCRIBED}; levels in percent need one.", "plan.no_dose")
        )
    elif len(doses) > 1:
        listed = ", ".join(f"{dose:g}" for dose in doses)
        sentence = f"The plan prescribes {listed} Gy: percent are of the highest, {doses[-1]:g} Gy."
        notes.append(Note(sentence, "plan.several_doses"))
    tags = series_tags(found.attributes)
    info = SeriesInfo(
        notes=tuple(notes),
        modality="RTPLAN",
        description=tags.description or text_of(dataset, "RTPlanLabel"),
        provenance=Provenance(digest_of_text(tags.uid, text(found.attributes, "SOPInstanceUID"))),
        frame_of_reference=tags.frame_of_reference,
    )
    structures = dataset.get("ReferencedStructureSetSequence") or ()
    uid = text_of(structures[0], "ReferencedSOPInstanceUID") if structures else ""
    return Plan(prescriptions, _fractions(dataset), uid, info)


def read_prescriptions(dataset: Dataset, notes: list[Note]) -> tuple[Prescription, ...]:
    """Return the doses that Dose Reference Sequence (300A,0010) prescribes; add to the notes."""
    found = []
    for turn, item in enumerate(dataset.get("DoseReferenceSequence") or (), 1):
        try:
            dose = item.get("TargetPrescriptionDose")
        except Exception:  # pydicom raises any kind of error at a value that breaks its VR
            dose = "what is no number"
        if dose is None or dose == "":
            continue
        about = text_of(item, "DoseReferenceDescription"), whole_number(item.get("ReferencedROINumber"))
        try:
            found.append(Prescription(dose, *about, whole_number(item.get("DoseReferenceNumber"))))
        except DoseError as error:
            notes.append(Note(f"{_PRESCRIBED} of dose reference {turn}: {error}; left out.", "plan.dose_left_out"))
    return tuple(found)


def _fractions(dataset: Dataset) -> int | None:
    groups = dataset.get("FractionGroupSequence") or ()
    counts = [whole_number(one.get("NumberOfFractionsPlanned")) for one in groups]
    known = [one for one in counts if one is not None]
    return sum(known) if known and len(known) == len(counts) else None
