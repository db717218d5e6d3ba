"""A stack of your own: it creates an RDS instance, and metrics, alarms, notifications and a dashboard for it.

The network has no NAT gateway and no VPC endpoint. IAM authentication needs 300 to 1,000 MiB of memory, so the
instance is not a micro.
"""

from aws_cdk import App, Duration, Stack, aws_cloudwatch, aws_cloudwatch_actions, aws_ec2, aws_rds, aws_sns
from constructs import Construct

from sidestep import SqlMetrics


class ShopStack(Stack):
    """A shop's database and what is measured in it."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Create all of it."""
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
        metrics = SqlMetrics(
            self,
            "OrderMetrics",
            vpc=vpc,
            database=orders,
            schema="shop",
            metrics="metrics.toml",
            dashboard=None,
        )

        # An alarm on one country, in addition to the alarms of metrics.toml.
        backlog = metrics.metric("OpenOrders", dimensions={"Country": "DE"}).create_alarm(
            self, "Backlog", threshold=500, evaluation_periods=3
        )
        operators = aws_cloudwatch_actions.SnsAction(aws_sns.Topic(self, "Operators"))
        backlog.add_alarm_action(operators)
        metrics.add_alarm_action(operators)

        # A dashboard with graphs of the database beside those of the metrics.
        dashboard = aws_cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.days(1))
        dashboard.add_widgets(
            aws_cloudwatch.GraphWidget(title="CPU", left=[orders.metric_cpu_utilization()]),
            aws_cloudwatch.GraphWidget(title="Connections", left=[orders.metric_database_connections()]),
        )
        dashboard.add_widgets(*metrics.widgets)


app = App()
ShopStack(app, "Shop")
app.synth()
