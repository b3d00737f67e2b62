"""Right answers are right, wrong ones are not, and what they come from is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from viewer3d.errors import BadFileError, NotFoundError
from viewer3d.phantom import hu_at, score_challenge
from viewer3d.phantom.challenge.cases import CASES
from viewer3d.phantom.challenge.questions import SHEET_COLUMNS, all_questions, questions_csv
from viewer3d.phantom.challenge.score import score_answers

TRUE = {(one.case.name, one.name): f"{one.truth}" for one in all_questions()}


def likely(case: str, question: str, given: str) -> str:
    (mark,) = (mark for mark in score_answers({(case, question): given}).marks if mark.given)
    assert not mark.is_right
    return mark.likely


def test_the_truth_is_right_and_each_other_answer_is_wrong() -> None:
    score = score_answers(TRUE)
    assert score.right == score.answered == len(score.marks) == 5 * len(CASES)
    for one in all_questions():
        key = one.case.name, one.name
        other = {"L": "R", "R": "L"}[one.truth] if isinstance(one.truth, str) else f"{one.truth + one.tolerance + 0.01}"
        changed = score_answers(TRUE | {key: other})
        assert (changed.right, changed.answered) == (score.right - 1, score.answered), key
        assert [mark.likely for mark in changed.marks if not mark.is_right] != [""]


def test_what_is_true_is_of_the_patient_not_of_files() -> None:
    """Places of balls and values of points are the function's, and tissue around the points is the same."""
    for case in CASES:
        if case.unit == "HU":
            assert (hu_at(case.balls) > 2900).all()
            around = np.stack(np.meshgrid(*[(-5.0, 0.0, 5.0)] * 3), -1).reshape(-1, 3)
            assert all(np.ptp(hu_at(around + at)) < 1 for at in case.points), case.name


def test_nothing_answered_is_nothing_right() -> None:
    score = score_answers({})
    assert (score.right, score.answered) == (0, 0)
    assert all(not mark.likely for mark in score.marks)


@pytest.mark.parametrize(
    ("case", "question", "given", "cause"),
    [
        ("thickness", "distance", "274.8", "Slice Thickness was taken for"),
        ("gaps", "distance", "173.4", "Slice Thickness was taken for"),
        ("wrong_spacing", "distance", f"{np.hypot(np.hypot(122, 117), 130 * 2 / 3):.2f}", "Spacing Between Slices was"),
        ("non_square", "distance", "282.5", "columns before rows"),
        ("missing", "distance", f"{np.hypot(np.hypot(122, 117), 130 - 15):.2f}", "none missing"),
        ("falling", "side", "L", "stacked by Instance Number"),
        ("oblique", "value_a", "104", "Image Orientation (Patient) was not read"),
        ("slopes", "value_a", "165", "one Rescale Slope"),
        ("monochrome1", "value_b", "2142", "MONOCHROME1 were inverted"),
        ("pet", "value_a", "36800", "Bq/ml, not SUV"),
        ("duplicates", "slices", "71", "perhaps: every image was counted"),
        ("plain", "side", "L", "left and right were exchanged"),
        ("plain", "slices", "many", "is not a number"),
        ("plain", "side", "up", "is not L or R"),
        ("plain", "distance", "nan", "is not a number"),
    ],
)
def test_a_wrong_answer_is_explained(case: str, question: str, given: str, cause: str) -> None:
    assert cause in likely(case, question, given)


@pytest.mark.parametrize("parted", [",", ";", "\t"])
def test_a_sheet_from_any_spreadsheet_is_read(tmp_path: Path, parted: str) -> None:
    words = [list(SHEET_COLUMNS)]
    for one in all_questions():
        answer = f"{one.truth}" if isinstance(one.truth, str) else f"{one.truth:.2f}"
        answer = {"L": "left", "R": " Right "}.get(answer, answer if parted == "," else answer.replace(".", ","))
        words.append([one.case.name, one.name, "", "", answer])
    path = tmp_path / "answers.csv"
    path.write_text("\n".join(parted.join(row) for row in words), encoding="utf-8-sig")
    score = score_challenge(path)
    assert score.right == len(score.marks)
    assert set(score.by_case) == {case.name for case in CASES}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "lacks the columns case, question, answer"),
        ("case,question,answer\nplain,colour,7\n", "line 2 answers plain colour, which is not asked"),
        ("case,question,answer\nplain,side,L\nplain,side,R\n", "line 3 answers plain side again"),
    ],
)
def test_what_is_no_sheet_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(BadFileError, match=message):
        score_challenge(tmp_path / "a.csv")
    with pytest.raises(NotFoundError, match=r"b\.csv: no such file"):
        score_challenge(tmp_path / "b.csv")
    (tmp_path / "c.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadFileError, match="save it as CSV in UTF-8"):
        score_challenge(tmp_path / "c.csv")


def test_the_sheet_asks_and_does_not_answer() -> None:
    lines = questions_csv().splitlines()
    assert lines[0] == ",".join(SHEET_COLUMNS)
    assert len(lines) == 1 + 5 * len(CASES)
    assert all(line.endswith(",") for line in lines[1:])
