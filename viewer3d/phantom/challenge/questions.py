"""The questions of the challenge, their true answers, and the sheet that is filled in."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import numpy as np

from viewer3d.core.files import write_error
from viewer3d.errors import OutputError
from viewer3d.phantom.body import hu_at
from viewer3d.phantom.challenge.cases import CASES, Case
from viewer3d.phantom.pet import SUV_STEP, stored_uptake

QuestionName = Literal["slices", "distance", "side", "value_a", "value_b"]

QUESTIONS: Final[tuple[QuestionName, ...]] = ("slices", "distance", "side", "value_a", "value_b")

SHEET_COLUMNS: Final = ("case", "question", "text", "unit", "answer")

DISTANCE_TOLERANCE: Final = 2.5
"""mm: the middle of a ball is read off to a voxel."""

HU_TOLERANCE: Final = 25.0
"""Points lie in tissue that is the same for 5 mm around, and files have no noise; others differ by 60 HU or more."""

SUV_TOLERANCE: Final = 0.1
"""Of the value: between voxels of 4 mm the top of a lesion is a little lower."""

_README: Final = """# A challenge for viewers

Each folder here is one series of a synthetic patient. All but `plain` have a fault that real series have; in none of
them is anything wrong that DICOM does not let a reader put right. Open each in the viewer, fill in the column `answer`
of `questions.csv`, and let it be marked:

```sh
viewer3d challenge score questions.csv
```

- Places are LPS mm as in DICOM: x to the patient's left, y to the back, z to the head. In RAS, x and y have the other
  sign. A value is that between the voxels, or of the nearest.
- The side is the patient's: L or R. Numbers may have a decimal point or comma; leave out what the viewer cannot say.
- In a CT there are two balls as bright as metal, in PET two lesions.

"""


@dataclass(frozen=True)
class Question:
    """One question, and what is true.

    Attributes
    ----------
    case : Case
    name : str
    text : str
        What is asked.
    unit : str
    truth : float or str
        A number, or ``"L"`` or ``"R"``.
    tolerance : float
        By how much a number may differ.
    """

    case: Case
    name: QuestionName
    text: str
    unit: str
    truth: float | str
    tolerance: float = 0.0


def questions_of(case: Case) -> tuple[Question, ...]:
    """Return the questions of a series; what is true is so of the patient as a function of space."""
    is_pet = case.unit != "HU"
    ball, balls = ("lesion", "lesions") if is_pet else ("ball", "balls")
    low, high = case.balls
    sided = low if case.sided == "feet" else high
    away = float(np.linalg.norm(np.subtract(low, high)))
    values = [_true_value(case, at) for at in case.points]
    spread = [SUV_TOLERANCE * value if is_pet else HU_TOLERANCE for value in values]
    asked = [f"Which value is at LPS {_place(at)}?" for at in case.points]
    return (
        Question(case, "slices", "How many slices hold the patient, each counted once?", "", float(case.slices)),
        Question(
            case, "distance", f"How far apart are the middles of the two {balls}?", "mm", away, DISTANCE_TOLERANCE
        ),
        Question(case, "side", f"On which side is the {ball} nearer to the {case.sided}?", "L or R", side_of(sided[0])),
        Question(case, "value_a", asked[0], case.unit, values[0], spread[0]),
        Question(case, "value_b", asked[1], case.unit, values[1], spread[1]),
    )


def side_of(x: float) -> str:
    """Return the patient's side of a place by its x in LPS mm."""
    return "L" if x > 0 else "R"


@cache
def all_questions(cases: tuple[Case, ...] = CASES) -> tuple[Question, ...]:
    """Return all questions in the order of the sheet."""
    return tuple(question for case in cases for question in questions_of(case))


def _place(at: Sequence[float]) -> str:
    return "(" + ", ".join(f"{mm:g}" for mm in at) + ")"


def _true_value(case: Case, at: Sequence[float]) -> float:
    if case.unit == "HU":
        return float(hu_at(at))
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = np.subtract(at, 4.0)
    return float(stored_uptake(affine, (3, 3, 3), 0, 0)[1, 1, 1] * SUV_STEP)


def write_challenge(folder: str | os.PathLike[str], *, begin: Callable[[str], object] | None = None) -> list[Path]:
    """Write the series of the challenge, and the sheet of questions about them.

    Parameters
    ----------
    folder : path
        Made when it is not there. It gets a folder for each series, ``questions.csv`` and ``README.md``.
    begin : callable, optional
        Called with the name of each series before it is written.

    Returns
    -------
    list of Path
        The sheet, the page that explains it, and the folders of the series.

    Raises
    ------
    OutputError
        When the folder cannot be written, or has files of an earlier series in it.
    """
    target = Path(folder)
    paths = [target / case.name for case in CASES]
    for path in paths:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise OutputError(
                f"{path}: is not empty, and its files would be taken for the series': give another folder"
            )
    for case, path in zip(CASES, paths, strict=True):
        if begin is not None:
            begin(case.name)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(str(path), error) from None
        case.make(path)
    texts = {"questions.csv": questions_csv(), "README.md": _page_text()}
    for name, text in texts.items():
        try:
            (target / name).write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise write_error(str(target / name), error) from None
    return [*(target / name for name in texts), *paths]


def questions_csv() -> str:
    """Return the sheet as CSV, without answers."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(SHEET_COLUMNS)
    writer.writerows([one.case.name, one.name, one.text, one.unit, ""] for one in all_questions())
    return text.getvalue()


def _page_text() -> str:
    lines = [
        "| series | what is irregular |",
        "|---|---|",
        *(f"| `{case.name}` | {case.fault} |" for case in CASES),
        "",
    ]
    lines += ["| series | question | text | unit |", "|---|---|---|---|"]
    lines += [f"| `{one.case.name}` | {one.name} | {one.text} | {one.unit} |" for one in all_questions()]
    return _README + "\n".join(lines) + "\n"
