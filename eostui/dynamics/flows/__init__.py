"""What an optimizer does on average: processes that are integrated in continuous time beside it."""
