"""The optimizers, one module each: how one is made, and in `FACTS` what is known of the class of what is made."""
