"""The smallest app: metrics of an RDS instance that exists already.

Replace the ID of the VPC, the name of the instance and the schema with your own. The CDK's command line looks up the
rest with the credentials of your shell, and keeps it in cdk.context.json.
"""

import os

from aws_cdk import App, Environment, Stack, aws_ec2, aws_rds

from sidestep import SqlMetrics

app = App()
stack = Stack(
    app,
    "ShopMetrics",
    env=Environment(account=os.environ["CDK_DEFAULT_ACCOUNT"], region=os.environ["CDK_DEFAULT_REGION"]),
)
SqlMetrics(
    stack,
    "Orders",
    vpc=aws_ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-0a1b2c3d4e5f60718"),
    database=aws_rds.DatabaseInstance.from_lookup(stack, "Database", instance_identifier="orders-db"),
    engine="mysql",
    schema="shop",
    metrics="metrics.toml",
)
app.synth()
