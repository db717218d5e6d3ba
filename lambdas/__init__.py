"""The Lambda functions. In the checkout and the wheel they are the package sidestep.lambdas, in a bundle lambdas."""
