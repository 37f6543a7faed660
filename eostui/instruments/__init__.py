"""The instruments: one file a measurement, with its table, what it needs and costs, its chart and its state.

A class in a file of this room is an instrument, by the name that it gives itself; `catalogue` has them all. They are
read without importing torch, and import the mathematics when something is measured. `base` is what they are made of.
"""
