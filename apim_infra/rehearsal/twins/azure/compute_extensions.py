"""What runs in virtual machines: extensions, run commands, and public keys."""

import re
from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure.compute import ERRORS, MACHINE, block, facts, whole
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.paths import values_at
from apim_infra.rehearsal.twins.cloud.world import Thing

EXTENSION = "azure-native:compute:VirtualMachineExtension"
RUN_COMMAND = "azure-native:compute:VirtualMachineRunCommandByVirtualMachine"
PUBLIC_KEY = "azure-native:compute:SshPublicKey"
VERSION = re.compile(r"\d+\.\d+")
KEY = re.compile(r"(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/=\s]+( .*)?", re.DOTALL)
LOGIN = "AADSSHLoginForLinux"
SOURCES = ("script", "scriptUri", "commandId")


def _machine(context: Context) -> Thing | None:
    machine = context.parent()
    return machine if machine is not None and machine.type == MACHINE and not machine.assumed else None


def _once(context: Context) -> Iterator[Problem]:
    handler = f"{context.value('publisher')}.{context.value('type')}"
    for other in context.siblings():
        if f"{other.inputs.get('publisher')}.{other.inputs.get('type')}".lower() == handler.lower():
            yield context.problem(
                "BadRequest",
                f"Multiple VMExtensions per handler not supported for OS type 'Linux'. VMExtension '{context.name}' with handler "
                f"'{handler}' already added or specified in input.",
                "type",
                "use one extension of the type, or run commands, of which a machine can have several",
                ERRORS,
            )


def _version(context: Context) -> Iterator[Problem]:
    version = context.value("typeHandlerVersion")
    if version is not None and not VERSION.fullmatch(str(version)):
        yield context.problem(
            "ArtifactVersionNotFound",
            f"No version found in the artifact repository that satisfies the requested version '{version}' for VM extension with "
            f"publisher '{context.value('publisher')}' and type '{context.value('type')}'.",
            "typeHandlerVersion",
            "give major and minor alone, such as 1.0",
            ERRORS,
        )


def _agent(context: Context) -> Iterator[Problem]:
    machine = _machine(context)
    if machine is None:
        return
    off = [
        value
        for path in ("osProfile.allowExtensionOperations", "osProfile.linuxConfiguration.provisionVMAgent")
        for _, value in values_at(machine.inputs, path)
    ]
    if False in off:
        yield context.problem(
            "OperationNotAllowed",
            "This operation cannot be performed when extension operations are disallowed. To allow, please ensure VM Agent is "
            "installed on the VM and the osProfile.allowExtensionOperations property is true.",
            "vmName",
            "switch them on in the machine",
            "Teleport, answers of Compute that it knows (2025)",
        )


def _place(context: Context) -> Iterator[Problem]:
    machine = _machine(context)
    if machine is not None and context.location and machine.region not in ("", context.location):
        yield context.problem(
            "InvalidParameter",
            f"The location '{context.location}' of '{context.name}' must be that of its machine, '{machine.region}'.",
            "location",
            source="Virtual machine extensions, Compute REST API 2024-11-01",
        )


def _login(context: Context) -> Iterator[Problem]:
    machine = _machine(context)
    if machine is None or context.value("type") != LOGIN:
        return
    if "SystemAssigned" not in str(block(machine.inputs.get("identity")).get("type")):
        yield context.problem(
            "VMExtensionProvisioningError",
            f"VM has reported a failure when processing extension '{context.name}'. The machine has no system-assigned identity.",
            "vmName",
            "give the machine a system-assigned identity",
            "Microsoft Learn, sign in to a Linux virtual machine with Microsoft Entra ID (2024): it needs a system-assigned managed identity",
        )


def _command(context: Context) -> Iterator[Problem]:
    given = [name for name in SOURCES if name in block(context.value("source"))]
    if len(given) != 1:
        yield context.problem(
            "InvalidParameter",
            "A run command has one source: script, scriptUri or commandId.",
            "source",
            "give one of them",
            "Virtual machine run commands, Compute REST API 2024-11-01",
        )
    seconds, most = whole(context.value("timeoutInSeconds")), facts()["run_command_seconds"]
    if seconds is not None and not 0 < seconds <= most:
        yield context.problem(
            "InvalidParameter",
            f"The value '{seconds}' of parameter 'timeoutInSeconds' must be 1 to {most}.",
            "timeoutInSeconds",
            source="azure-docs, virtual-machines/linux/run-command-managed (2024): 90 minutes at most",
        )


def _key(context: Context) -> Iterator[Problem]:
    key = context.value("publicKey")
    if key is not None and not KEY.fullmatch(str(key)):
        yield context.problem(
            "InvalidParameter",
            "The value of parameter publicKey is invalid.",
            "publicKey",
            "give a public key in OpenSSH's form: ssh-rsa or ssh-ed25519",
            "SSH public keys, Compute REST API 2024-11-01",
        )


RULES = {
    EXTENSION: (_once, _version, _agent, _place, _login),
    RUN_COMMAND: (_command, _agent, _place),
    PUBLIC_KEY: (_key,),
}
NOT_VERIFIED = {
    EXTENSION: ("whether the extension is published in the region, and what it does in the machine",),
    RUN_COMMAND: ("what the script does in the machine",),
}
