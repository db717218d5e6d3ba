"""Two stages of one app in one account: `cdk deploy "Test/*"` and `cdk deploy "Prod/*"`.

The names of dashboards, alarms and log groups begin with the stage, so both stages fit into one account. Each series
has the dimension Stage, so their values do not mix. The test stage runs less often and has no alarms.
"""

from aws_cdk import App, Stack, Stage, aws_ec2, aws_rds
from constructs import Construct

from sidestep import SqlMetrics


class ShopStack(Stack):
    """A shop's database and what is measured in it."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: str, schedule: str, alarms: bool) -> None:
        """Create the database and the metrics of a stage."""
        super().__init__(scope, construct_id)
        isolated = aws_ec2.SubnetType.PRIVATE_ISOLATED
        vpc = aws_ec2.Vpc(
            self,
            "Vpc",
            nat_gateways=0,
            subnet_configuration=[aws_ec2.SubnetConfiguration(name="Database", subnet_type=isolated)],
        )
        orders = aws_rds.DatabaseInstance(
            self,
            "Orders",
            engine=aws_rds.DatabaseInstanceEngine.mysql(version=aws_rds.MysqlEngineVersion.VER_8_4_9),
            instance_type=aws_ec2.InstanceType("t4g.small"),
            vpc=vpc,
            vpc_subnets=aws_ec2.SubnetSelection(subnet_type=isolated),
            iam_authentication=True,
            manage_master_user_password=True,
            storage_encrypted=True,
        )
        SqlMetrics(
            self,
            "OrderMetrics",
            vpc=vpc,
            database=orders,
            schema="shop",
            metrics="metrics.toml",
            schedule=schedule,
            fixed_dimensions={"Stage": stage},
            alarms=alarms,
        )


class ShopStage(Stage):
    """All stacks of one stage."""

    def __init__(self, scope: Construct, name: str, *, schedule: str, alarms: bool) -> None:
        """Create the stacks; `name` is the beginning of their names."""
        super().__init__(scope, name)
        ShopStack(self, "Shop", stage=name, schedule=schedule, alarms=alarms)


app = App()
ShopStage(app, "Test", schedule="rate(1 hour)", alarms=False)
ShopStage(app, "Prod", schedule="rate(5 minutes)", alarms=True)
app.synth()
