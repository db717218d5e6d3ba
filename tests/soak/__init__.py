"""A soak test: runs the query function against random data and faults for any length of time.

All randomness of a round comes from the seed and the number of the round, so you can repeat any single round.
The judge (`expected`, `limits`, `judge`) imports only the types of queries and pages from the function.
"""
