"""The templates to judge, and the definitions of their state machines: of metrics.toml files and of the examples."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sidestep import paths

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-central-1"

EVERY_KIND: Final = Path(__file__).with_name("every_kind.toml")
EXAMPLES: Final = ("smallest", "own_stack", "two_stages", "aurora_proxy")

BROKEN: Final = "broken on purpose"
"""The source of a definition with errors, which shows that the validators of definitions find any."""

FUNCTION: Final = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:query"


class SynthesisError(Exception):
    """An app could not be synthesized; the message is its own."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template and the definition of its state machine, each in a file.

    Attributes:
        source: the app and the stack.
        definition: None for the stack of a dashboard.
        constructs: the paths of its constructs, by logical ID.
    """

    source: str
    file: Path
    definition: Path | None
    constructs: Mapping[str, str]

    @property
    def names(self) -> set[str]:
        """The names of both files."""
        return {file.name for file in (self.file, self.definition) if file}

    def construct(self, logical_id: str) -> str:
        """Return the path of a construct; an unknown logical ID as it is."""
        return self.constructs.get(logical_id, logical_id)


def write_templates(folder: Path) -> list[Template]:
    """Synthesize all apps, and write their templates and definitions into a folder, which is emptied first.

    Raises:
        SynthesisError: an app failed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    express = folder / "express.toml"
    express.write_text(
        EVERY_KIND.read_text(encoding="utf-8").replace('workflow = "standard"', 'workflow = "express"'),
        encoding="utf-8",
    )
    assemblies = {
        "shipped": _assembly(folder / "shipped", paths.ROOT / "metrics.toml"),
        "standard": _assembly(folder / "standard", EVERY_KIND),
        "express": _assembly(folder / "express", express),
        **{name: _example(folder / name, name) for name in EXAMPLES},
    }
    return [
        template_from(file, app, folder)
        for app, assembly in assemblies.items()
        for file in sorted(assembly.rglob("*.template.json"))
    ]


def template_from(file: Path, app: str, folder: Path) -> Template:
    """Copy a synthesized template of an app into a folder, and write its definition beside it."""
    stack = file.name.removesuffix(".template.json")
    copy = folder / f"{app}.{stack}.template.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    copy.write_text(json.dumps(content, indent=1), encoding="utf-8")
    definition = None
    if machine := _state_machine(content):
        definition = folder / f"{app}.{stack}.asl.json"
        definition.write_text(json.dumps(_definition(machine), indent=2), encoding="utf-8")
    return Template(f"{app}/{stack}", copy, definition, _constructs(content))


def write_broken_definition(folder: Path, templates: Iterable[Template]) -> Path:
    """Write a definition in which a transition leads nowhere."""
    intact = next(one.definition for one in templates if one.definition)
    definition = json.loads(intact.read_text(encoding="utf-8"))
    definition["States"]["QueryDatabase"]["Next"] = "Nowhere"
    file = folder / f"{BROKEN}.asl.json"
    file.write_text(json.dumps(definition, indent=2), encoding="utf-8")
    return file


def _state_machine(template: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the properties of the state machine, of which a template has one at most."""
    resources = template["Resources"].values()
    return next((one["Properties"] for one in resources if one["Type"] == "AWS::StepFunctions::StateMachine"), None)


def _definition(machine: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    substitutions = machine["DefinitionSubstitutions"]
    return json.loads(
        re.sub(
            r"\$\{(\w+)\}",
            lambda match: value if isinstance(value := substitutions[match[1]], str) else FUNCTION,
            machine["DefinitionString"],
        )
    )


def _constructs(template: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: resource["Metadata"]["aws:cdk:path"].removesuffix("/Resource")
        for name, resource in template["Resources"].items()
        if "aws:cdk:path" in resource.get("Metadata", {})
    }


def _assembly(folder: Path, metrics_file: Path) -> Path:
    context = json.loads((paths.ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    keys = {"metrics": str(metrics_file), "build": str(paths.ROOT / paths.BUILD)}
    return _synthesized(paths.ROOT, folder, context | keys)


def _example(folder: Path, name: str) -> Path:
    """Synthesize an example from a copy of its folder; its lookups in AWS are answered."""
    shutil.copytree(paths.ROOT / "examples" / name, folder)
    (folder / paths.BUILD).symlink_to(paths.ROOT / paths.BUILD)
    assembly = _synthesized(folder, folder / "cdk.out", {})
    manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    if lookups := manifest.get("missing"):
        shutil.rmtree(assembly)
        _synthesized(folder, assembly, {lookup["key"]: _ANSWERS[lookup["provider"]] for lookup in lookups})
    return assembly


def _synthesized(app: Path, assembly: Path, context: Mapping[str, object]) -> Path:
    """Run app.py in a folder as the CDK's command line does.

    Raises:
        SynthesisError: it failed.
    """
    environment = {
        "CDK_OUTDIR": str(assembly),
        # The command line asks for the paths of constructs.
        "CDK_CONTEXT_JSON": json.dumps({"aws:cdk:enable-path-metadata": True, **context}),
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
        "CDK_VALIDATION": "false",  # the validators do it
    }
    process = subprocess.run(
        [sys.executable, "app.py"],
        cwd=app,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        raise SynthesisError(f"{app}: {process.stderr}")
    return assembly


_ANSWERS: Final[Mapping[str, object]] = {
    "vpc-provider": {
        "vpcId": "vpc-0a1b2c3d4e5f60718",
        "vpcCidrBlock": "10.0.0.0/16",
        "ownerAccountId": ACCOUNT,
        "availabilityZones": [],
        "subnetGroups": [
            {
                "name": "Isolated",
                "type": "Isolated",
                "subnets": [
                    {
                        "subnetId": f"subnet-0a1b2c3d4e5f6071{number}",
                        "availabilityZone": f"{REGION}{zone}",
                        "cidr": f"10.0.{number}.0/24",
                        "routeTableId": f"rtb-0a1b2c3d4e5f6071{number}",
                    }
                    for number, zone in enumerate("ab")
                ],
            }
        ],
    },
    "cc-api-provider": [
        {
            "Identifier": "orders-db",
            "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders-db",
            "Endpoint.Address": f"orders-db.c0ffee.{REGION}.rds.amazonaws.com",
            "Endpoint.Port": "3306",
            "DbiResourceId": "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "VPCSecurityGroups": ["sg-0a1b2c3d4e5f60718"],
        }
    ],
}
"""What AWS would answer to the CDK's lookups, by provider."""
