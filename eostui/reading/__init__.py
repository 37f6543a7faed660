"""What is known of a run, without torch and without Textual, whether it is growing or saved.

A `feed` brings the rows of a run: `live` of one that is being trained, `saved` of a file, `replay` of a file and a
clock. `series` hold the rows. `threshold`, `edge`, `regime` and `readings` say what the numbers mean, and `charts` what
is drawn of them.
"""
