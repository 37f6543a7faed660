"""What is measured: the curvature of a loss at one vector of weights.

`operators` are matrices by their products with vectors (Hessian, Gauss-Newton, Jacobian Gram, preconditioned), `eigen`
finds their largest eigenvalues, `compiled` makes faster products, `estimates` are numbers that need no eigenvector, and
`checks` compare derivatives with differences. Nothing here knows an optimizer, a clock or a file.
"""
