"""A soak: random data and random noise against the query function, for as long as you let it run.

Each round has a number and takes everything random from the seed and this number, so any round repeats by itself.
The judge (`expected`, `limits`, `judge`) imports nothing of the function but the types of queries and pages.
"""
