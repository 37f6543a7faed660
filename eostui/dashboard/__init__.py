"""The dashboard: a Textual app that draws what a feed gives it, and never imports torch.

`reading` knows the run; this room draws it. `app` opens the screen that suits a feed. `screens` have the keys, `panels`
give each chart its widget, `pages` say which charts fit on the screen at once, and `widgets` draw.
"""
