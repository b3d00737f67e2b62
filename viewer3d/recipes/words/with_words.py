"""What figures and movies say of themselves: caption, alternative text and methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewer3d.recipes.embed import texts_of

if TYPE_CHECKING:
    from viewer3d.recipes.record import Recipe
    from viewer3d.recipes.words.words import RecipeWords


class WithWords:
    """Base of what has a recipe: its words are made of that, and no others are in them."""

    @property
    def recipe(self) -> Recipe:
        """The recipe that makes it again."""
        raise NotImplementedError

    @property
    def texts(self) -> dict[str, str]:
        """The texts that its file carries: its recipe, title, caption and alternative text."""
        return texts_of(self.recipe)

    def caption(self) -> str:
        """Return a caption: what is seen and where, what was done to the data, the version and the recipe.

        Places are in LPS mm. Nothing in it names a patient, a series, a layer, a region or a measurement.

        Returns
        -------
        str
            One sentence, for below the picture.

        Examples
        --------
        >>> figures.plane(volume, window="soft tissue").caption()       # doctest: +SKIP
        'Axial CT slice at z = 40.0 mm (LPS), soft-tissue window 40/400 HU; viewer3d 0.2.0, recipe 1f3a5b7c9d0e.'
        """
        return self._words().caption

    def alt_text(self) -> str:
        """Return alternative text: what is seen, for who does not see it. Its file carries it too."""
        return self._words().alt

    def methods(self) -> str:
        """Return sentences for the methods section of a paper: data, interpolation, repairs, versions, recipe."""
        return self._words().methods

    def _words(self) -> RecipeWords:
        from viewer3d.recipes.words.words import words_of  # noqa: PLC0415 (only who asks, or writes, needs them)

        return words_of(self.recipe)
