"""The verb challenge: series that any viewer can be put to, and the marks of its answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.inputs import json_option
from viewer3d.cli.report import Meter
from viewer3d.cli.terminal import print_lines

if TYPE_CHECKING:
    from viewer3d.phantom.challenge.score import ChallengeMark, ChallengeScore


@click.group("challenge")
def challenge_command() -> None:
    """Put any viewer to series with one real-life fault each, and mark its answers.

    \b
    viewer3d challenge make DIR            26 series, and a sheet of questions
    viewer3d challenge score answers.csv   which answers are right, and what wrong ones come from
    """  # noqa: D301 (click wants the character, not a backslash)


@challenge_command.command("make")
@click.argument("folder", metavar="DIR", type=click.Path())
def _make_command(folder: str) -> None:
    """Write the series and the sheet of questions into DIR (28 MB)."""
    from viewer3d.phantom import write_challenge  # noqa: PLC0415 (each verb imports what it needs)

    with Meter() as meter:
        sheet, page, *series = write_challenge(folder, begin=lambda name: meter.begin(f"writing {name}"))
    print_lines(f"{len(series)} series; fill in the column answer of {sheet}, see {page}")


@challenge_command.command("score")
@click.argument("sheet", metavar="ANSWERS.csv", type=click.Path())
@json_option
def _score_command(sheet: str, *, as_json: bool) -> None:
    """Mark the answers in a sheet that was filled in."""
    from viewer3d.phantom import score_challenge  # noqa: PLC0415 (as above)

    score = score_challenge(sheet)
    if as_json:
        import json  # noqa: PLC0415 (as above)

        print_lines(json.dumps(_score_json(score), indent=2))
    else:
        print_lines(_score_text(score))


def _score_json(score: ChallengeScore) -> dict[str, Any]:
    total = {"right": score.right, "answered": score.answered, "asked": len(score.marks)}
    return {**total, "marks": [asdict(mark) for mark in score.marks]}


def _score_text(score: ChallengeScore) -> str:
    wide = max(map(len, score.by_case))
    lines = []
    for name, marks in score.by_case.items():
        lines.append(f"{name.ljust(wide)}  {sum(mark.is_right for mark in marks)} of {len(marks)}")
        lines += [f"{'':{wide}}    {_mark_text(mark)}" for mark in marks if not mark.is_right]
    lines.append(f"{score.right} of {len(score.marks)} right, {score.answered} answered")
    return "\n".join(lines)


def _mark_text(mark: ChallengeMark) -> str:
    if not mark.given:
        return f"{mark.question}: not answered"
    truth = mark.truth if isinstance(mark.truth, str) else f"{mark.truth:.5g}"
    wanted = f"{truth} +- {mark.tolerance:.3g}" if mark.tolerance else truth
    return f"{mark.question}: {mark.given}, true is {wanted}; {mark.likely}"
