"""A note: a sentence about what was found or decided, with what a program needs to know of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Self

from viewer3d.core.notes.kinds import GIVEN, NOTE_KINDS, NoteKind, Severity
from viewer3d.core.text import printable
from viewer3d.errors import MarkedError, ViewError


class _Facts(NamedTuple):
    """All that a note has besides its sentence."""

    id: str
    files: tuple[str, ...] = ()
    frames: int | None = None
    moved_mm: float | None = None
    moved_values: float | None = None
    ratio: float | None = None


_MEASURES: Final = ("frames", "moved_mm", "moved_values", "ratio")


class Note(str):
    """A sentence about what was found or decided, which is text and knows its kind and its measures.

    It is equal to its sentence, has its hash and is used wherever text is; what is cut out of it or joined to it is
    plain text. It does not change.

    Parameters
    ----------
    sentence : str
        What a person reads. Control characters are written as escape codes, as they are in headers too.
    kind : str
        Its id in :data:`viewer3d.core.notes.kinds.NOTE_KINDS`: ``"slices.tilted"``.
    files : sequence of str, optional
        Names of the files it is of; of a path the last part is kept.
    frames : int, optional
        How many frames (slices, images) it is of, where they are counted.
    moved_mm : float, optional
        By how far places were moved at most, in mm.
    moved_values : float, optional
        By how much values were changed at most, in their unit.
    ratio : float, optional
        How many times less is shown than there was: of lossy compression the ratio, of voxels that are shown as one how
        many they are.

    Raises
    ------
    ViewError
        When there is no such kind.

    Examples
    --------
    >>> note = Note("The gantry was tilted.", "slices.tilted", frames=40, moved_mm=12.5)
    >>> note == "The gantry was tilted.", note.id, note.is_marked
    (True, 'slices.tilted', True)
    """

    __slots__ = ("_facts",)
    _facts: _Facts

    def __new__(  # noqa: D102 (its class says it)
        cls,
        sentence: str,
        kind: str = GIVEN,
        *,
        files: Iterable[str] = (),
        frames: int | None = None,
        moved_mm: float | None = None,
        moved_values: float | None = None,
        ratio: float | None = None,
    ) -> Self:
        if kind not in NOTE_KINDS:
            raise ViewError(f"{kind!r:.60} is no kind of note: give one of those in docs/notes.md, as {GIVEN!r}")
        made = super().__new__(cls, printable(sentence))
        facts = _Facts(
            kind,
            tuple(_last_part(one) for one in files),
            frames,
            None if moved_mm is None else float(moved_mm),
            None if moved_values is None else float(moved_values),
            None if ratio is None else float(ratio),
        )
        object.__setattr__(made, "_facts", facts)
        return made

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a note does not change: make another instead of setting {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_again, (str(self), self._facts)

    @property
    def id(self) -> str:
        """What kind of note it is, by a name that stays the same for ever: ``"slices.tilted"``."""
        return self._facts.id

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files it is of, without their folders; they may name a patient."""
        return self._facts.files

    @property
    def frames(self) -> int | None:
        """How many frames it is of; None where they are not counted."""
        return self._facts.frames

    @property
    def moved_mm(self) -> float | None:
        """By how far places were moved at most, in mm; None where none was."""
        return self._facts.moved_mm

    @property
    def moved_values(self) -> float | None:
        """By how much values were changed at most, in their unit; None where none was, or it is not known."""
        return self._facts.moved_values

    @property
    def ratio(self) -> float | None:
        """How many times less is shown than there was, as by lossy compression; None where that is not known."""
        return self._facts.ratio

    @property
    def severity(self) -> Severity:
        """``"info"``, ``"warning"`` or ``"serious"``, see :class:`viewer3d.core.notes.kinds.NoteKind`."""
        return self._kind.severity

    @property
    def clause(self) -> str:
        """The section of PS3.3 that it rests on, as ``"C.7.6.2.1.1"``; empty where there is none."""
        return self._kind.clause

    @property
    def is_marked(self) -> bool:
        """Whether what was done changes where things are or what they mean."""
        return self._kind.is_marked

    @property
    def is_seen(self) -> bool | None:
        """Whether a picture would show that it was done wrongly; None where nothing was done."""
        return self._kind.is_seen

    @property
    def is_loss(self) -> bool:
        """Whether it is of something that was measured or stored and is not in the picture, or not as it was."""
        return self._kind.is_loss

    def with_text(self, sentence: str) -> Note:
        """Return the same note in other words: with the name of what it is of before them."""
        facts = self._facts
        return Note(
            sentence,
            facts.id,
            files=facts.files,
            frames=facts.frames,
            moved_mm=facts.moved_mm,
            moved_values=facts.moved_values,
            ratio=facts.ratio,
        )

    def facts(self) -> dict[str, Any]:
        """Return what is known of it without its words, for JSON; it names nothing and nobody."""
        facts = self._facts
        found: dict[str, Any] = {"id": facts.id}
        if facts.files:
            found["files"] = len(facts.files)
        for name in _MEASURES:
            if (value := getattr(facts, name)) is not None:
                found[name] = value
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return all of it for JSON, each field by its name; ``text`` is the sentence."""
        names = ("id", "severity", "clause", "is_marked", "is_seen", "is_loss", *_MEASURES)
        return {"text": str(self), **{name: getattr(self, name) for name in names}, "files": list(self.files)}

    @property
    def _kind(self) -> NoteKind:
        return NOTE_KINDS[self._facts.id]


def as_notes(notes: Iterable[str]) -> tuple[Note, ...]:
    """Return sentences as notes; text that is none yet becomes one of the kind ``"other.given"``."""
    return tuple(one if isinstance(one, Note) else Note(one) for one in notes)


def marked(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return the notes on changes of where things are or what they mean, each sentence once."""
    return tuple(one for one in dict.fromkeys(notes) if one.is_marked)


def not_shown(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return the notes on what was measured or stored and is not in a picture, each sentence once."""
    return tuple(one for one in dict.fromkeys(notes) if one.is_loss)


def facts_text(notes: Iterable[Note]) -> str:
    """Return what is known of notes as one line that names nothing and nobody, for fields of files.

    Examples
    --------
    >>> facts_text([Note("The gantry was tilted.", "slices.tilted", frames=40, moved_mm=12.5), Note("More.")])
    'slices.tilted frames=40 moved_mm=12.5; other.given'
    """
    found = (
        " ".join(f"{value}" if name == "id" else f"{name}={value:.6g}" for name, value in one.facts().items())
        for one in notes
    )
    return "; ".join(dict.fromkeys(found))


def refuse_marked(what: str, notes: Iterable[Note]) -> None:
    """Refuse data with notes on changes of where things are or what they mean.

    Parameters
    ----------
    what : str
        The data, in the message.
    notes : iterable of Note

    Raises
    ------
    MarkedError
        When there are any; names each in a line, and the remedy.
    """
    found = marked(notes)
    if found:
        lines = "".join(f"\n  {one.id}: {one}" for one in found)
        changes = "a change" if len(found) == 1 else f"{len(found)} changes"
        raise MarkedError(
            f"{what}: strict refuses {changes} of where things are or what they mean:{lines}\n"
            "mend the data, or leave strict out (--strict)"
        )


def _made_again(sentence: str, facts: Sequence[Any]) -> Note:
    name, files, frames, moved_mm, moved_values, ratio = facts
    measures = {"frames": frames, "moved_mm": moved_mm, "moved_values": moved_values, "ratio": ratio}
    return Note(sentence, name, files=files, **measures)


def _last_part(name: str) -> str:
    return printable(name.replace("\\", "/").rstrip("/").rpartition("/")[2])
