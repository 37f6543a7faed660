"""The background process that trains and measures.

`launch` starts it, in a session of its own so that it outlives every viewer; `__main__` is what runs there. `plan` and
`instruments` say what there is and settle what a run shall be, without importing torch; `loop` is the training itself.
"""
