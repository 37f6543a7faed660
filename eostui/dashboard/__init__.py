"""The dashboard: a Textual app that draws what a feed gives it, and never imports torch.

`feed` is the one thing it knows of a run; `live` follows a trainer, `replay` a saved file. `series` holds the rows,
`readings` and `regime` say what the numbers mean, `screens` and `widgets` draw.
"""
