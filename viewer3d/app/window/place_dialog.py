"""Ask for a folder with a dialog of the desktop, in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Final

TITLE: Final = "Open a folder of DICOM files"

_TK: Final = (
    "import sys, tkinter, tkinter.filedialog as dialogs\n"
    "root = tkinter.Tk(); root.withdraw()\n"
    "sys.stdout.buffer.write(dialogs.askdirectory(title=sys.argv[1], mustexist=True).encode())\n"
)
"""Tk has its own event loop, which must not run beside that of VTK: its dialog is a program of its own."""

_CANCELLED: Final = 1
"""What zenity, kdialog and osascript exit with where a person chooses nothing."""


def dialog_command(environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """Return the command that asks for a folder and prints its path; None where there is none.

    Parameters
    ----------
    environment : mapping
        Of variables: which desktop it is.
    """
    if sys.platform == "darwin":
        return ["osascript", "-e", f'POSIX path of (choose folder with prompt "{TITLE}")']
    if sys.platform != "win32":
        kdialog = ["kdialog", "--title", TITLE, "--getexistingdirectory", "."]
        zenity = ["zenity", "--file-selection", "--directory", f"--title={TITLE}"]
        is_kde = "KDE" in environment.get("XDG_CURRENT_DESKTOP", "").upper()
        for command in (kdialog, zenity) if is_kde else (zenity, kdialog):
            if shutil.which(command[0]):
                return command
    return [sys.executable, "-c", _TK, TITLE] if find_spec("tkinter") and find_spec("_tkinter") else None


class PlaceDialog:
    """A dialog that is open, in a process of its own.

    Parameters
    ----------
    command : sequence of str
        See :func:`dialog_command`.

    Raises
    ------
    OSError
        When it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    @property
    def is_over(self) -> bool:
        """Whether it was closed, by a choice or without one."""
        return self._process.poll() is not None

    def answer(self) -> str | None:
        """Return the path that was chosen, empty for none; None where the dialog could not be shown.

        It waits until the dialog is closed.
        """
        output, _ = self._process.communicate()
        path = os.fsdecode(output).rstrip("\r\n")
        if self._process.returncode == 0:
            return path
        return "" if self._process.returncode == _CANCELLED and not path else None

    def close(self) -> None:
        """Close it."""
        if not self.is_over:
            self._process.terminate()
            self._process.communicate()
