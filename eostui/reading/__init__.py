"""What is known of a run, without torch and without Textual, whether it is growing or saved."""
