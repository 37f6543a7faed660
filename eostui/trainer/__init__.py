"""The background process that trains and measures.

`plan` settles what a run shall be, and `catalogue` lists what there is, both without importing torch. `launch` starts
the trainer in a session of its own, so that it outlives every viewer; `__main__` is what runs there. `process` sets a
run up, `decider` makes each `turn`, and `loop` takes it.
"""
