"""Whether derivatives are those of the loss, and where they are not."""
