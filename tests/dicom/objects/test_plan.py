"""Plans: what they prescribe is read with its ROI, what they do not is not made up, and a scan lists them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

import viewer3d
from tests.dicom.made import item
from tests.dicom.objects.structure_files import save
from viewer3d import phantom
from viewer3d.cli.report import info_json, info_text, list_text
from viewer3d.core.dose.plan import MOST_GY, as_plan
from viewer3d.errors import BadFileError, ChoiceError, DoseError, NotFoundError, NoVolumeError


def plan(*references: dict[str, Any], **values: Any) -> pydicom.Dataset:
    """A plan of some dose references."""
    made = item(
        SOPClassUID=pydicom.uid.RTPlanStorage, SOPInstanceUID="1.2.3.90", StudyInstanceUID="1.2.1",
        SeriesInstanceUID="1.2.90", SeriesNumber=9, Modality="RTPLAN", RTPlanLabel="Course 1",
        DoseReferenceSequence=[item(**one) for one in references],
    )  # fmt: skip
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def target(dose: Any, description: str = "PTV", **values: Any) -> dict[str, Any]:
    return {"TargetPrescriptionDose": dose, "DoseReferenceDescription": description, **values}


def test_the_plan_of_the_phantom_says_its_prescription(tmp_path: Path) -> None:
    found = viewer3d.load_plan(phantom.write_plan(tmp_path / "plan.dcm"))
    structures = pydicom.dcmread(phantom.write_structures(tmp_path / "s.dcm", phantom.grid((4, 4, 60))))
    assert found.prescriptions == (viewer3d.Prescription(phantom.PRESCRIBED, "PTV", 3, 1),)
    assert found.prescription is found.prescriptions[0]
    assert (found.fractions, found.structure_set, found.notes) == (20, structures.SOPInstanceUID, ())
    assert found.frame_of_reference == phantom.dose(shape=(4, 4, 4)).frame_of_reference
    assert repr(found) == "Plan(60 Gy to PTV, 20 fractions, 0 notes)"


def test_a_real_plan_has_one_prescription_among_its_dose_references() -> None:
    found = viewer3d.load_plan(str(get_testdata_file("rtplan.dcm")))  # of pydicom; reference 1 is a point without one
    assert found.prescription == viewer3d.Prescription(30.826203, "PTV", None, 2)
    assert (found.fractions, found.notes) == (30, ())


def test_percent_are_of_the_highest_prescription_and_it_is_said() -> None:
    made = plan(target(54, "nodes"), target(60, ReferencedROINumber=4), {"DoseReferenceDescription": "cord"})
    found = viewer3d.load_plan(made)
    assert [str(one) for one in found.prescriptions] == ["54 Gy to nodes", "60 Gy to PTV"]
    assert found.prescription.roi == 4
    assert found.notes == ("The plan prescribes 54, 60 Gy: percent are of the highest, 60 Gy.",)


def test_doses_of_beams_are_no_prescription() -> None:
    beam = item(ReferencedBeamNumber=1, BeamDose=2.0)
    group = item(FractionGroupNumber=1, NumberOfFractionsPlanned=30, ReferencedBeamSequence=[beam])
    found = viewer3d.load_plan(plan({"DoseReferenceType": "TARGET"}, FractionGroupSequence=[group]))
    assert (found.prescriptions, found.fractions) == ((), 30)
    (note,) = found.notes
    assert "prescribes no dose" in note
    with pytest.raises(DoseError, match=r"Target Prescription Dose \(300A,0026\); give levels in Gy"):
        _ = found.prescription


@pytest.mark.parametrize("wrong", ["6000", "-2", "0", "nan", "sixty"])
def test_a_prescription_that_is_no_dose_is_left_out_and_told(wrong: str, tmp_path: Path) -> None:
    made = plan(target(20), {"DoseReferenceDescription": "PTV"})
    element = pydicom.dataelem.RawDataElement(
        pydicom.tag.Tag(0x300A0026), "DS", len(wrong), wrong.encode(), 0, False, True
    )
    made.DoseReferenceSequence[1][0x300A0026] = element
    found = viewer3d.load_plan(save(made, tmp_path, "plan.dcm"))
    assert [one.dose for one in found.prescriptions] == [20]
    (note,) = found.notes
    assert "dose reference 2" in note
    assert "left out" in note


def test_a_plan_is_given_as_a_number_too() -> None:
    assert as_plan(60).prescription.dose == 60
    assert as_plan(np.float32(2.5)).prescription.dose == 2.5
    for wrong in (0, -1, float("nan"), MOST_GY * 6):
        with pytest.raises(DoseError, match="no prescribed dose: give Gy"):
            as_plan(wrong)


def test_what_is_no_plan_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7\n" + bytes(2000))
    with pytest.raises(NotFoundError, match=r"nothing there is DICOM .*give a plan"):
        viewer3d.load_plan(tmp_path / "report.pdf")
    dose = phantom.write_dose(tmp_path / "dose.dcm", shape=(4, 4, 4))
    with pytest.raises(NoVolumeError, match="no plan among what is there: 1 RT Dose"):
        viewer3d.load_plan(dose)
    with pytest.raises(NotFoundError):
        viewer3d.load_plan(tmp_path / "nothing.dcm")
    whole = phantom.write_plan(tmp_path / "plan.dcm").read_bytes()
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(whole[:-3])
    with pytest.raises(BadFileError, match=r"truncated|cut"):
        viewer3d.load_plan(cut)
    cut.unlink()
    save(plan(target(60)), tmp_path, "other.dcm")
    with pytest.raises(ChoiceError, match="load_plan"):
        viewer3d.load_plan(tmp_path)
    assert viewer3d.load_plan(tmp_path, series=9).prescription.dose == 60


def test_a_scan_lists_a_plan_and_what_it_lies_over(tmp_path: Path) -> None:
    phantom.write_dose(tmp_path / "dose.dcm", shape=(6, 5, 4))
    phantom.write_plan(tmp_path / "plan.dcm")
    save(plan(target(60)), tmp_path, "other.dcm")
    found = viewer3d.scan(tmp_path)
    other, own = found.objects
    assert (own.kind, own.size, own.contents) == ("plan", "1 prescription", ((1, "60 Gy to PTV"),))
    assert found.series_of(own) == found.series
    assert "60 Gy to PTV, over series 7" in list_text(found)
    told = info_text(found, None, None)
    assert "is             a plan of 1 prescription" in told
    assert "no frame of reference" not in told  # most plans have none of their own
    (_, first) = json.loads(json.dumps(info_json(found, None, None)))["objects"]
    assert first["prescriptions"] == [{"number": 1, "name": "60 Gy to PTV"}]
    assert viewer3d.load_plan(own).prescription.dose == viewer3d.load_plan(other).prescription.dose == 60
