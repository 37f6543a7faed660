"""The parts of instruments: their class, what they know of a run, what they measure at, and what several share."""
