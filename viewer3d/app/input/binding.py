"""One line of the table of keys and gestures: what it does, when it can be done, how it is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from viewer3d.app.input.choices import Choices
from viewer3d.app.input.context import Context, Drag, Gesture
from viewer3d.app.input.tools import ToolStarter
from viewer3d.core.view.state import ViewState

BindingScope = Literal["slices", "3d", "anywhere"]

Command = str
"""What is asked of the desktop window, in words: a name in :data:`viewer3d.app.commands.COMMANDS`."""


@dataclass(frozen=True)
class Action:
    """What one input does: a gesture, a command, or the start of a tool; one of them is there.

    Attributes
    ----------
    gesture : callable, optional
    command : str, optional
    tool_starter : callable, optional
    scope : {"slices", "3d", "anywhere"}
        The panes in which it does that.
    """

    gesture: Gesture | None = None
    command: Command | None = None
    tool_starter: ToolStarter | None = None
    scope: BindingScope = "anywhere"


When = Callable[[ViewState, Context], bool]
"""Returns whether what a binding does can be done in a state, for example whether there are overlays."""


def always(state: ViewState, context: Context) -> bool:
    """Return True: it can be done in every state."""
    return True


@dataclass(frozen=True)
class Binding:
    """One line of the table: some inputs, and what they do.

    Attributes
    ----------
    inputs : tuple of str
        Keys as VTK names them (``"Prior"``, ``"ctrl+s"``), or gestures (``"wheel up"``, ``"left drag"``); none where
        the palette alone does it.
    label : str
        How the help writes the inputs; empty without any.
    description : str
        What the help says that they do.
    scope : {"slices", "3d", "anywhere"}
        The panes in which they do it.
    gestures : tuple of callable
        What each input does to a state, in the same order; empty for drags, commands and tools.
    drag : callable, optional
        What the drag does to a state.
    commands : tuple of str
        What each input asks of the desktop window, in the same order.
    tool_starters : tuple of callable
        What starts the tool of each input, in the same order.
    titles : tuple of str
        How the palette names each different action, in the order of their first inputs; one action may go without,
        and is named by the description. Without inputs there is one gesture, command or tool a title.
    when : callable
        Takes the state and the context, and returns whether it can be done: else the palette does not list it.
    choices : callable, optional
        Takes the state and the context, and returns what the palette lists instead of the titles.
    also : str
        Other words that the palette finds it by.
    icons : tuple of str
        Of each action the icon of its button in the tool bar, a name of
        :data:`viewer3d.app.window.bar.icons.ICONS` or a few letters; empty for none. Without any, nothing is in it.
    chosen : callable, optional
        Takes the state and returns which of the actions is of what is shown, and has its button marked; or None.
    """

    inputs: tuple[str, ...]
    label: str
    description: str
    scope: BindingScope = "anywhere"
    gestures: tuple[Gesture, ...] = ()
    drag: Drag | None = None
    commands: tuple[Command, ...] = ()
    tool_starters: tuple[ToolStarter, ...] = ()
    titles: tuple[str, ...] = ()
    when: When = always
    choices: Choices | None = None
    also: str = ""
    icons: tuple[str, ...] = ()
    chosen: Callable[[ViewState], int | None] | None = None

    @property
    def input_actions(self) -> tuple[Action, ...]:
        """What each input does, in the same order; without inputs, what each title stands for; none of a drag."""
        return (
            *(Action(gesture=one, scope=self.scope) for one in self.gestures),
            *(Action(command=one, scope=self.scope) for one in self.commands),
            *(Action(tool_starter=one, scope=self.scope) for one in self.tool_starters),
        )

    @property
    def actions(self) -> tuple[Action, ...]:
        """Its different actions, in the order of their first inputs; none of a drag."""
        return tuple(dict.fromkeys(self.input_actions))

    @property
    def action_titles(self) -> tuple[str, ...]:
        """How the palette names each of its :attr:`actions`."""
        return self.titles or (self.description,) * len(self.actions)
