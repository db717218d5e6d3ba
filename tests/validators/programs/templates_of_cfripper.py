"""Validates templates with cfripper's rules.

Its model of templates refuses a property that it does not know, so those are taken out first.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import pycfmodel
from cfripper.config.config import Config
from cfripper.rule_processor import RuleProcessor
from cfripper.rules import DEFAULT_RULES

UNKNOWN = {"AWS::CloudWatch::Alarm": {"EvaluationWindow", "WarmUpConfiguration"}}
"""New properties, by resource type."""


def known(template: dict[str, Any]) -> dict[str, Any]:
    """Take the unknown properties out of a template."""
    for resource in template["Resources"].values():
        for name in UNKNOWN.get(resource["Type"], ()):
            resource["Properties"].pop(name, None)
    return template


def main(templates: list[str]) -> None:
    """Print the findings of all templates."""
    logging.disable(logging.CRITICAL)  # it logs each resource type without a model of its own
    config = Config(stack_name="stack", rules=list(DEFAULT_RULES))
    processor = RuleProcessor(*(rule(config) for rule in DEFAULT_RULES.values()))
    found = []
    for template in templates:
        model = pycfmodel.parse(known(json.loads(Path(template).read_text(encoding="utf-8"))))
        for failure in processor.process_cf_template(cfmodel=model, config=config, extras={}).failures:
            found += [
                {"rule": failure.rule, "file": template, "resource": resource, "message": failure.reason}
                for resource in sorted(failure.resource_ids or {""})
            ]
    print(json.dumps(found))


main(sys.argv[1:])
