"""The optimizers, one module each: a function that makes one, and in `FACTS` what is known of its class."""
