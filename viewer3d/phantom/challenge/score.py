"""Answers of the challenge marked: right or wrong, and what a wrong one most likely comes from."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from viewer3d.errors import BadFileError, NotFoundError
from viewer3d.phantom.body import hu_at
from viewer3d.phantom.challenge.cases import Mistake, Moved
from viewer3d.phantom.challenge.questions import Question, all_questions, side_of

_SIDES = {"l": "L", "left": "L", "r": "R", "right": "R"}

_NEEDED = ("case", "question", "answer")


@dataclass(frozen=True)
class ChallengeMark:
    """What became of one question.

    Attributes
    ----------
    case, question : str
        Their names.
    given : str
        The answer; empty where there is none.
    truth : float or str
    tolerance : float
    is_right : bool
    likely : str
        What a wrong answer most likely comes from; empty where it is right or missing.
    """

    case: str
    question: str
    given: str
    truth: float | str
    tolerance: float
    is_right: bool
    likely: str = ""


@dataclass(frozen=True)
class ChallengeScore:
    """All marks of a sheet.

    Attributes
    ----------
    marks : tuple of ChallengeMark
        One for each question, in the order of the sheet.
    """

    marks: tuple[ChallengeMark, ...]

    @cached_property
    def right(self) -> int:
        """How many answers are right."""
        return sum(mark.is_right for mark in self.marks)

    @cached_property
    def answered(self) -> int:
        """How many questions were answered."""
        return sum(bool(mark.given) for mark in self.marks)

    @cached_property
    def by_case(self) -> dict[str, tuple[ChallengeMark, ...]]:
        """The marks of each series, by its name."""
        names = dict.fromkeys(mark.case for mark in self.marks)
        return {name: tuple(mark for mark in self.marks if mark.case == name) for name in names}


def score_challenge(path: str | os.PathLike[str]) -> ChallengeScore:
    """Mark the sheet of answers of :func:`viewer3d.phantom.write_challenge`.

    Parameters
    ----------
    path : path
        CSV with the columns ``case``, ``question`` and ``answer``, parted by commas, semicolons or tabs. Questions may
        be left out, or left without an answer.

    Returns
    -------
    ChallengeScore

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadFileError
        When it is no such sheet, asks what the challenge does not, or answers a question twice.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError(f"{path}: no such file; give the sheet with answers, questions.csv") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadFileError(f"{path}: cannot be read as a sheet of answers ({error}); save it as CSV in UTF-8") from None
    return score_answers(_answers(text, str(path)))


def score_answers(answers: Mapping[tuple[str, str], str]) -> ChallengeScore:
    """Mark answers by the names of series and question."""
    return ChallengeScore(tuple(_mark(one, answers.get((one.case.name, one.name), "")) for one in all_questions()))


def _answers(text: str, path: str) -> dict[tuple[str, str], str]:
    first = text.partition("\n")[0]
    parted = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=parted)
    if missing := [name for name in _NEEDED if name not in (reader.fieldnames or ())]:
        raise BadFileError(f"{path}: is no sheet of answers: it lacks the columns {', '.join(missing)}")
    known = {(one.case.name, one.name) for one in all_questions()}
    found: dict[tuple[str, str], str] = {}
    for row in reader:
        key, given = ((row["case"] or "").strip(), (row["question"] or "").strip()), (row["answer"] or "").strip()
        if key not in known:
            raise BadFileError(
                f"{path}: line {reader.line_num} answers {key[0]} {key[1]}, which is not asked: leave it out"
            )
        if key in found:
            raise BadFileError(f"{path}: line {reader.line_num} answers {key[0]} {key[1]} again: leave one")
        found[key] = given
    return found


def _mark(question: Question, given: str) -> ChallengeMark:
    def mark(*, is_right: bool, likely: str = "") -> ChallengeMark:
        return ChallengeMark(
            question.case.name, question.name, given, question.truth, question.tolerance, is_right, likely
        )

    if not given:
        return mark(is_right=False)
    answer = _SIDES.get(given.lower()) if isinstance(question.truth, str) else _number(given)
    if answer is None:
        wanted = "L or R" if isinstance(question.truth, str) else "a number"
        return mark(is_right=False, likely=f"the answer is not {wanted}")
    if _agrees(answer, question.truth, question.tolerance):
        return mark(is_right=True)
    return mark(is_right=False, likely=_likely(question, answer))


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _agrees(answer: float | str, truth: float | str, tolerance: float) -> bool:
    if isinstance(answer, str) or isinstance(truth, str):
        return answer == truth
    return abs(answer - truth) <= tolerance + 1e-9


def _likely(question: Question, answer: float | str) -> str:
    """Return which mistake gives this very answer, or else what the series is about."""
    for mistake in question.case.mistakes:
        predicted = _predicted(question, mistake)
        if predicted is not None and _agrees(answer, predicted, question.tolerance / 2):
            return mistake.cause
    if question.name == "side":
        return "left and right were exchanged, or head and feet"
    if question.case.mistakes:
        return f"perhaps: {question.case.mistakes[0].cause}"
    return f"not what this series is about ({question.case.fault}): look at places and values in `plain` first"


def _predicted(question: Question, mistake: Mistake) -> float | str | None:
    """Return what a reader that makes a mistake answers; None where that is not known."""
    case = question.case
    if question.name in ("value_a", "value_b"):
        if mistake.value is not None and not isinstance(question.truth, str):
            return mistake.value(question.truth)
        back = None if mistake.moved is None else _inverse(mistake.moved)
        at = case.points[question.name == "value_b"]
        return None if back is None or case.unit != "HU" else float(hu_at(back[:3, :3] @ at + back[:3, 3]))
    if mistake.moved is None:
        return None
    low, high = sorted(mistake.moved(np.array(case.balls)).tolist(), key=lambda point: point[2])
    if question.name == "side":
        return side_of(low[0] if case.sided == "feet" else high[0])
    return float(np.linalg.norm(np.subtract(low, high))) if question.name == "distance" else None


def _inverse(moved: Moved) -> NDArray[np.float64] | None:
    """Return what leads from where a reader says that a point is to where it is, if an affine does."""
    ends = moved(np.vstack([np.zeros(3), 100 * np.eye(3), np.full(3, 100.0)]))
    matrix = np.eye(4)
    matrix[:3, :3] = (ends[1:4] - ends[0]).T / 100
    matrix[:3, 3] = ends[0]
    is_affine = np.allclose(matrix[:3, :3] @ np.full(3, 100.0) + ends[0], ends[4])
    return np.asarray(np.linalg.inv(matrix), np.float64) if is_affine else None
