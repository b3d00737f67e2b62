"""Units of volumes become coded quantities and UCUM, and names coded findings, within the limits of DICOM."""

from __future__ import annotations

import pytest

from viewer3d.core.segmentation import CodedConcept
from viewer3d.dicom.write import report_codes
from viewer3d.dicom.write.report_codes import OWN_SCHEME, named_finding, quantity_of

LONGEST_CODE, LONGEST_MEANING = 16, 64
"""Letters of Code Value and Code Meaning (PS3.3 8.8)."""


@pytest.mark.parametrize(
    ("unit", "modality", "quantity", "code"),
    [
        ("HU", "CT", "112031", "[hnsf'U]"),
        ("SUVbw", "PT", "126401", "g/ml{SUVbw}"),
        ("SUVlbm", "PT", "126402", "g/ml{SUVlbm}"),
        ("Bq/ml", "PT", "126377", "Bq/ml"),
        ("Gy", "RTDOSE", "128513", "Gy"),
        ("", "MR", "110852", "1"),
        ("", "CT", "value", "1"),
    ],
)
def test_a_unit_has_a_quantity(unit: str, modality: str, quantity: str, code: str) -> None:
    name, of = quantity_of(unit, modality)
    assert (name.value, of.value, of.scheme) == (quantity, code, "UCUM")


def test_a_unit_that_the_standard_does_not_know_is_said_as_it_is() -> None:
    name, of = quantity_of("10-6 mm2/s per something", "MR")
    assert (name.scheme, of.scheme, of.meaning) == (OWN_SCHEME, OWN_SCHEME, "10-6 mm2/s per something")
    assert len(of.value) <= LONGEST_CODE


def test_a_name_becomes_a_finding_and_no_name_none() -> None:
    assert named_finding(" Läsion  2 ") == CodedConcept("name", OWN_SCHEME, "Läsion 2")
    assert len((named_finding("x" * 99) or CodedConcept("", "")).meaning) == LONGEST_MEANING
    assert named_finding("  ") is None


def test_all_codes_fit_and_are_those_of_the_standard() -> None:
    from pydicom.sr._concepts_dict import concepts

    listed = [one for one in vars(report_codes).values() if isinstance(one, CodedConcept)]
    listed += [
        *report_codes.PERCENTILE_CODES.values(),
        *(one for pair in report_codes._QUANTITIES.values() for one in pair),
    ]
    assert len(listed) > 30
    known = {
        scheme: {code for codes in names.values() for code in codes}
        for scheme, names in concepts.items()
        if scheme in ("SCT", "DCM")
    }
    for one in listed:
        assert len(one.value) <= LONGEST_CODE, one
        assert len(one.meaning) <= LONGEST_MEANING, one
        if one.scheme in known:
            assert one.value in known[one.scheme], one
        else:
            assert one.scheme in ("UCUM", OWN_SCHEME), one
