"""The background process that trains and measures.

`plan` completes and checks the settings of a run, and `catalogue` lists all names. Both import no torch. `launch`
starts the trainer in a session of its own, so that the trainer outlives every viewer, and `__main__` runs there.
`process` sets a run up, `decider` makes each `turn`, and `loop` carries it out.
"""
