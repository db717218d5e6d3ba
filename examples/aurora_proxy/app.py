"""Aurora PostgreSQL behind an RDS Proxy, with queries as objects instead of a file.

The proxy uses end-to-end IAM authentication: the function logs in to the proxy with an IAM token, and so does the
proxy to the cluster. No password of the user exists.
"""

from aws_cdk import App, Stack, aws_ec2, aws_iam, aws_rds
from constructs import Construct

from sidestep import Alarm, Metric, Query, SqlMetrics

USER = "sidestep"

OLDEST_JOB = Query(
    name="oldest_job",
    sql="""
        SELECT COALESCE(EXTRACT(EPOCH FROM now() - MIN(created_at)), 0) AS "OldestJob"
        FROM jobs WHERE finished_at IS NULL
    """,
    metrics={"OldestJob": Metric(unit="Seconds", alarm=Alarm(above=900, for_=2))},
)

JOBS_BY_STATE = Query(
    name="jobs_by_state",
    sql='SELECT state AS "State", COUNT(*) AS "Jobs" FROM jobs GROUP BY state',
    dimensions=["State"],
    metrics={"Jobs": Metric(unit="Count", rollup=True)},
    schedule="rate(15 minutes)",
    max_series=10,
)


class JobsStack(Stack):
    """A cluster, its proxy, and what is measured through it."""

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
        cluster = aws_rds.DatabaseCluster(
            self,
            "Jobs",
            engine=aws_rds.DatabaseClusterEngine.aurora_postgres(
                version=aws_rds.AuroraPostgresEngineVersion.VER_17_9
            ),
            writer=aws_rds.ClusterInstance.serverless_v2("Writer"),
            vpc=vpc,
            vpc_subnets=aws_ec2.SubnetSelection(subnet_type=isolated),
            default_database_name="jobs",
            iam_authentication=True,
            storage_encrypted=True,
        )
        role = aws_iam.Role(self, "ProxyRole", assumed_by=aws_iam.ServicePrincipal("rds.amazonaws.com"))
        cluster.grant_connect(role, USER)
        proxy = aws_rds.DatabaseProxy(
            self,
            "Proxy",
            proxy_target=aws_rds.ProxyTarget.from_cluster(cluster),
            default_auth_scheme=aws_rds.DefaultAuthScheme.IAM_AUTH,
            role=role,
            vpc=vpc,
            vpc_subnets=aws_ec2.SubnetSelection(subnet_type=isolated),
        )
        SqlMetrics(
            self,
            "JobMetrics",
            vpc=vpc,
            database=proxy,
            database_name="jobs",
            user=USER,
            namespace="Jobs",
            schedule="rate(1 minute)",
            queries=[OLDEST_JOB, JOBS_BY_STATE],
        )


app = App()
JobsStack(app, "Jobs")
app.synth()
