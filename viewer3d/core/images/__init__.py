"""Images that lie in no space: grey or colour, in frames."""
