"""Steps of the services above the network: roles with trust, and variations of a step."""

import json
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Step


def trust(service: str, *actions: str) -> str:
    """Return a trust policy for a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions) or ["sts:AssumeRole"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(name: str, service: str, *actions: str) -> Step:
    """Return a role that a service may assume."""
    return Step(tokens.ROLE, name, {"name": name, "assumeRolePolicy": trust(service, *actions)})


def attached(step: Step, *policies: str) -> tuple[Step, ...]:
    """Return the attachments of AWS's own policies to a role."""
    return tuple(
        Step(
            tokens.ROLE_POLICY_ATTACHMENT,
            f"{step.name}_{policy}",
            {"role": f"${{{step.name}.name}}", "policyArn": f"arn:aws:iam::aws:policy/{policy}"},
        )
        for policy in policies
    )


def changed(step: Step, /, **inputs: Any) -> Step:
    """Return a step of the same name with other inputs."""
    return Step(step.token, step.name, {**step.inputs, **inputs})


def without(step: Step, *inputs: str) -> Step:
    """Return a step without some inputs."""
    return Step(step.token, step.name, {key: value for key, value in step.inputs.items() if key not in inputs})


def named(step: Step, name: str, /, **inputs: Any) -> Step:
    """Return a second step like the first, of another name."""
    return Step(step.token, name, {**step.inputs, **inputs})


def policy_for(service: str, action: str, resource: str = "*") -> str:
    """Return a resource policy that lets a service do something."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
