"""Validates templates with AWS's cloudformation-validate, and with the rules of cdk-preflight, which its engine runs.

The rules of cdk-preflight are failures of deployments that its authors reproduced. Its package is an archive for
jsii; the rules are JSON in a module of it. Informational findings are left out: they describe, and ask for nothing.
"""

import json
import sys
import tarfile
from importlib.metadata import distribution
from pathlib import Path

from cloudformation_validate import CompositeEngine, CompositeEngineConfig, ExternalRuleSource, Severity

REGION = "eu-central-1"
ACCOUNT = "123456789012"

ENVIRONMENT = f"""package cdk_preflight

import rego.v1

deploy_region := "{REGION}"
deploy_account := "{ACCOUNT}"
"""
"""Where the stacks are deployed to; without it, rules about regions and accounts do not apply."""


def rules() -> list[ExternalRuleSource]:
    """Return the rules of cdk-preflight, after the modules that they share."""
    package = Path(str(distribution("cdk-preflight").locate_file("cdk_preflight")))  # it imports the CDK
    (archive,) = package.glob("_jsii/*.tgz")
    with tarfile.open(archive) as content:
        module = content.extractfile("package/lib/rules.generated.js")
        assert module
        text = module.read().decode()
    shared, own = (_array(text, name) for name in ("BUNDLED_LIBS", "BUNDLED_RULES"))
    return [
        ExternalRuleSource(name="environment", content=ENVIRONMENT),
        *(ExternalRuleSource(name=one["name"], content=one["rego"]) for one in shared),
        *(ExternalRuleSource(name=one["id"], content=one["rego"]) for one in own),
    ]


def _array(text: str, name: str) -> list[dict[str, str]]:
    beginning = f"exports.{name} = "
    array: list[dict[str, str]]
    array, _end = json.JSONDecoder().raw_decode(text, text.index(f"{beginning}[") + len(beginning))
    return array


def main(templates: list[str]) -> None:
    """Print the findings of all templates."""
    engine = CompositeEngine(CompositeEngineConfig(rego_rules=rules()))
    found = [
        {
            "rule": one.rule_id,
            "file": template,
            "resource": (one.entity and one.entity.logical_id) or "",
            "message": one.message,
        }
        for template in templates
        for one in engine.validate_template(template).diagnostics
        if one.severity not in (Severity.INFO, Severity.DEBUG)
    ]
    print(json.dumps(found))


main(sys.argv[1:])
