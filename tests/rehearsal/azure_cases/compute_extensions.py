"""Extensions of virtual machines: wrong requests that Azure's resource provider refuses."""

from azure_cases.case import Case, Step
from azure_cases.compute_given import AROUND, MACHINE, SECOND_CARD, SECOND_MACHINE

EXTENSIONS = "Virtual machine extensions"
EXTENSION = Step(
    "compute:VirtualMachineExtension",
    "extension",
    {
        "vmName": "${machine.name}",
        "vmExtensionName": "login",
        "publisher": "Microsoft.Azure.ActiveDirectory",
        "type": "AADSSHLoginForLinux",
        "typeHandlerVersion": "1.0",
    },
)
COMMAND = Step(
    "compute:VirtualMachineRunCommandByVirtualMachine",
    "command",
    {
        "vmName": "${machine.name}",
        "runCommandName": "ready",
        "source": {"script": "exit 0"},
        "timeoutInSeconds": 3600,
    },
)

CASES = (
    Case(
        EXTENSIONS,
        "second extension of one type",
        Step(EXTENSION.token, "again", {**EXTENSION.inputs, "vmExtensionName": "again"}),
        "BadRequest",
        right=Step(
            EXTENSION.token,
            "again",
            {
                **EXTENSION.inputs,
                "vmExtensionName": "again",
                "publisher": "Microsoft.Azure.Monitor",
                "type": "AzureMonitorLinuxAgent",
            },
        ),
        given=(*AROUND, MACHINE, EXTENSION),
        path="type",
    ),
    Case(
        EXTENSIONS,
        "version of an extension with a third number",
        EXTENSION.but(typeHandlerVersion="1.0.2"),
        "ArtifactVersionNotFound",
        right=EXTENSION,
        given=(*AROUND, MACHINE),
        path="typeHandlerVersion",
    ),
    Case(
        EXTENSIONS,
        "extension of a machine that takes none",
        EXTENSION.but(vmName="${second_machine.name}"),
        "OperationNotAllowed",
        right=EXTENSION,
        given=(*AROUND, MACHINE, SECOND_CARD, SECOND_MACHINE.but(osProfile__allowExtensionOperations=False)),
        path="vmName",
    ),
    Case(
        EXTENSIONS,
        "login by Entra without a system-assigned identity",
        EXTENSION.but(vmName="${second_machine.name}"),
        "VMExtensionProvisioningError",
        right=EXTENSION,
        given=(*AROUND, MACHINE, SECOND_CARD, SECOND_MACHINE.but(identity=None)),
        path="vmName",
    ),
    Case(
        EXTENSIONS,
        "extension in another region than its machine",
        EXTENSION.but(location="northeurope"),
        "InvalidParameter",
        right=EXTENSION,
        given=(*AROUND, MACHINE),
        path="location",
    ),
    Case(
        EXTENSIONS,
        "run command with two sources",
        COMMAND.but(source__commandId="RunShellScript"),
        "InvalidParameter",
        right=COMMAND,
        given=(*AROUND, MACHINE),
        path="source",
    ),
    Case(
        EXTENSIONS,
        "run command that may take two hours",
        COMMAND.but(timeoutInSeconds=7200),
        "InvalidParameter",
        right=COMMAND,
        given=(*AROUND, MACHINE),
        path="timeoutInSeconds",
    ),
)
