"""Group frames into series and stacks, sort them, and choose among them."""
