"""The CDK app: one stack for each database of the metrics.toml in the folder of cdk.json.

`cdk synth -c metrics=other.toml` reads another file. `-c build=folder` sets the folder of the bundles; the default
is .build.
"""

from sidestep.app import main

main()
