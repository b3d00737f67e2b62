"""Why a pixel of a picture looks as it does: from its colour back to the bits that files store."""
