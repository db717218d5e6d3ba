"""A project for a database that exists already: the CDK looks it up. Nothing is deployed."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.acceptance.clouds.cloud import Feature
from tests.acceptance.preflight.template import Template, place_of
from tests.acceptance.project import Project, output

Claim = Callable[[str, str], None]

FILE: Final = """
namespace = "Acceptance"
schedule = "rate(5 minutes)"

[database.existing]
instance = "{instance}"
vpc_id = "{vpc}"
schema = "shop"

[[query]]
name = "sessions"
sql = "SELECT COUNT(*) AS Sessions FROM sessions"
metrics = {{ Sessions = {{}} }}
"""


@pytest.mark.needs(Feature.LOOKUPS)
def test_an_existing_instance_is_looked_up(
    project: Project, tmp_path_factory: pytest.TempPathFactory, claim: Claim
) -> None:
    # Given the sample of the deployed stack as a database of another project
    sample = project.stack.database()
    folder = tmp_path_factory.mktemp("existing") / "project"
    folder.mkdir()
    other = Project(folder, project.cloud)
    made = other.sidestep("init", "--sample")
    assert made.returncode == 0, output(made)
    other.write(FILE.format(instance=sample["DBInstanceIdentifier"], vpc=sample["DBSubnetGroup"]["VpcId"]))

    # When
    done = other.synthesize()

    # Then
    assert done.returncode == 0, output(done)
    stack = f"{project.cloud.facts.stack_prefix}-existing"
    template = Template.of_stack(other.assembly, stack, place_of(project.cloud.client("sts")))
    (function,) = template.resources("AWS::Lambda::Function").values()
    claim("cloud-control-instance", "Engine, Endpoint, DbiResourceId and VPCSecurityGroups found")
    assert function["Environment"]["Variables"]["DATABASE_HOST"] == sample["Endpoint"]["Address"]
    assert sample["DbiResourceId"] in str(template.resources("AWS::IAM::Policy"))
    groups = [one["VpcSecurityGroupId"] for one in sample["VpcSecurityGroups"]]
    (rule,) = template.resources("AWS::EC2::SecurityGroupIngress").values()
    assert rule["GroupId"] in groups
    zones = {one["SubnetIdentifier"] for one in sample["DBSubnetGroup"]["Subnets"]}
    assert set(function["VpcConfig"]["SubnetIds"]) <= zones
