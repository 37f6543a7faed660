"""What instruments are made of: the class, what they know of a run, what they measure at, and what several share."""
