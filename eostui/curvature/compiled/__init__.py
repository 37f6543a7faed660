"""Products with the Hessian as compiled programs of tangents."""
