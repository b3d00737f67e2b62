"""Words made of a recipe: title, alternative text, caption and sentences for a methods section."""
