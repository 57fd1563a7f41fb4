"""The way of administrators into the network: a jump host, or Azure's managed bastion."""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, NotRequired, TypedDict, cast

import pulumi
import pulumi_azure_native as azure
import yaml

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.public_address import PublicAddressArgs, public_address
from components.azure.role_assignment import NAMESPACE, role_definition_id
from components.azure.tags import Tags
from components.common import refuse

compute, network = azure.compute, azure.network

LOGIN_ROLE = "Virtual Machine Administrator Login"
"""Built-in role whose holders log in by Entra ID and become root."""

PUBLIC_KEY = re.compile(r"(ssh-(rsa|ed25519)|ecdsa-sha2-\S+) [A-Za-z0-9+/=]+( .*)?")

SCALE_UNITS = range(2, 51)
"""Instances of a managed bastion (azure-docs, bastion/configuration-settings)."""


def _data() -> Mapping[str, Any]:
    text = files("components.azure").joinpath("bastion.yaml").read_text("utf-8")
    return cast("Mapping[str, Any]", yaml.safe_load(text))


class JumpHostArgs(TypedDict):
    """Arguments of `JumpHost`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the machine."""
    location: pulumi.Input[str]
    """Region of the network."""
    subscription_id: pulumi.Input[str]
    """Subscription, for the role of those who log in."""
    subnet_id: pulumi.Input[str]
    """Subnet of the machine, whose security group says who reaches it."""
    zone: str
    """Availability zone, such as `1`; a machine stands in one."""
    size: NotRequired[pulumi.Input[str]]
    """VM size, one with Trusted Launch; default `Standard_D2s_v6`."""
    ssh_public_key: pulumi.Input[str]
    """Public key of the administrators (OpenSSH format); there is no password."""
    username: NotRequired[str]
    """Name of the user with that key; default `apim`."""
    entra_login: NotRequired[bool]
    """Whether users of Entra ID may log in, each as themselves, so that it is recorded who did; default true."""
    administrators: NotRequired[Sequence[str]]
    """Groups of Entra ID (object ids) whose members log in as administrators; none by default."""
    disk_encryption_set_id: NotRequired[pulumi.Input[str]]
    """Key of the disk; Azure's own by default."""
    encryption_at_host: NotRequired[bool]
    """Whether temporary disk and caches are encrypted too; the subscription must have the feature; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _jump_host_problems(args: JumpHostArgs) -> Iterator[tuple[str, str]]:
    key = args["ssh_public_key"]
    if isinstance(key, str) and PUBLIC_KEY.fullmatch(key.strip()) is None:
        yield "ssh_public_key", "is no public key in OpenSSH format: give the line of the .pub file"
    if args.get("administrators") and not args.get("entra_login", True):
        yield "administrators", "log in by Entra ID, which is off: leave them out, or set entra_login"


class JumpHost(pulumi.ComponentResource):
    """A Linux machine without a public address: keys and Entra ID instead of passwords, secure boot, and patches by Azure."""

    private_address: pulumi.Output[str]
    """Address of the machine in the network."""
    vm_id: pulumi.Output[str]
    """Identifier of the machine."""

    def __init__(self, name: str, args: JumpHostArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:JumpHost", name, {**args}, opts)
        refuse(name, _jump_host_problems(args))
        self._prefix, self._child = name, pulumi.ResourceOptions(parent=self)
        self.interface = network.NetworkInterface(
            f"{name}-interface",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            ip_configurations=[
                network.NetworkInterfaceIPConfigurationArgs(
                    name="jump",
                    primary=True,
                    subnet=network.SubnetArgs(id=args["subnet_id"]),
                    private_ip_allocation_method=network.IPAllocationMethod.DYNAMIC,
                )
            ],
            tags=args.get("tags"),
            opts=self._child,
        )
        self.machine = self._machine(args)
        self.login = self._login(args) if args.get("entra_login", True) else None
        self.rights = [self._right(args, group) for group in args.get("administrators", ())]
        self.private_address = self.interface.ip_configurations.apply(_address)
        self.vm_id = self.machine.id
        self.register_outputs({"private_address": self.private_address, "vm_id": self.vm_id})

    def _machine(self, args: JumpHostArgs) -> azure.compute.VirtualMachine:
        return compute.VirtualMachine(
            f"{self._prefix}-machine",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            zones=[args["zone"]],
            hardware_profile=compute.HardwareProfileArgs(vm_size=args.get("size", "Standard_D2s_v6")),
            identity=compute.VirtualMachineIdentityArgs(type=compute.ResourceIdentityType.SYSTEM_ASSIGNED),
            os_profile=_system(args),
            storage_profile=_storage(args),
            network_profile=compute.NetworkProfileArgs(
                network_interfaces=[compute.NetworkInterfaceReferenceArgs(id=self.interface.id, primary=True)]
            ),
            security_profile=compute.SecurityProfileArgs(
                security_type=compute.SecurityTypes.TRUSTED_LAUNCH,
                uefi_settings=compute.UefiSettingsArgs(secure_boot_enabled=True, v_tpm_enabled=True),
                encryption_at_host=args.get("encryption_at_host") or None,
            ),
            diagnostics_profile=compute.DiagnosticsProfileArgs(
                boot_diagnostics=compute.BootDiagnosticsArgs(enabled=True)
            ),
            tags=args.get("tags"),
            # The interface is taken by one machine at a time.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _login(self, args: JumpHostArgs) -> azure.compute.VirtualMachineExtension:
        login = _data()["login"]
        return compute.VirtualMachineExtension(
            f"{self._prefix}-login",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            vm_name=self.machine.name,
            vm_extension_name=login["type"],
            publisher=login["publisher"],
            type=login["type"],
            type_handler_version=login["version"],
            auto_upgrade_minor_version=True,
            tags=args.get("tags"),
            opts=self._child,
        )

    def _right(self, args: JumpHostArgs, group: str) -> azure.authorization.RoleAssignment:
        return azure.authorization.RoleAssignment(
            f"{self._prefix}-{group}",
            role_assignment_name=self.machine.id.apply(
                lambda machine: str(uuid.uuid5(NAMESPACE, f"{machine.lower()}/{group.lower()}/{LOGIN_ROLE}"))
            ),
            role_definition_id=pulumi.Output.from_input(args["subscription_id"]).apply(
                lambda subscription: role_definition_id(LOGIN_ROLE, subscription)
            ),
            principal_id=group,
            principal_type=azure.authorization.PrincipalType.GROUP,
            scope=self.machine.id,
            opts=self._child,
        )


def _address(configurations: Sequence[azure.network.outputs.NetworkInterfaceIPConfigurationResponse] | None) -> str:
    """Return the private address of an interface; empty while it has none."""
    return (configurations[0].private_ip_address or "") if configurations else ""


def _system(args: JumpHostArgs) -> azure.compute.OSProfileArgs:
    username = args.get("username", "apim")
    return compute.OSProfileArgs(
        computer_name="jump",
        admin_username=username,
        linux_configuration=compute.LinuxConfigurationArgs(
            disable_password_authentication=True,
            ssh=compute.SshConfigurationArgs(
                public_keys=[
                    compute.SshPublicKeyArgs(
                        key_data=args["ssh_public_key"], path=f"/home/{username}/.ssh/authorized_keys"
                    )
                ]
            ),
            patch_settings=compute.LinuxPatchSettingsArgs(
                patch_mode=compute.LinuxVMGuestPatchMode.AUTOMATIC_BY_PLATFORM,
                assessment_mode=compute.LinuxPatchAssessmentMode.AUTOMATIC_BY_PLATFORM,
            ),
        ),
    )


def _storage(args: JumpHostArgs) -> azure.compute.StorageProfileArgs:
    data, key = _data(), args.get("disk_encryption_set_id")
    return compute.StorageProfileArgs(
        image_reference=compute.ImageReferenceArgs(**data["image"]),
        os_disk=compute.OSDiskArgs(
            create_option=compute.DiskCreateOptionTypes.FROM_IMAGE,
            delete_option=compute.DiskDeleteOptionTypes.DELETE,
            caching=compute.CachingTypes.READ_WRITE,
            disk_size_gb=data["disk_gb"],
            managed_disk=compute.ManagedDiskParametersArgs(
                storage_account_type=compute.StorageAccountTypes.STANDARD_SS_D_LRS,
                disk_encryption_set=None if key is None else compute.DiskEncryptionSetParametersArgs(id=key),
            ),
        ),
    )


class ManagedBastionArgs(TypedDict):
    """Arguments of `ManagedBastion`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the bastion."""
    location: pulumi.Input[str]
    """Region of the network."""
    subnet_id: pulumi.Input[str]
    """The subnet AzureBastionSubnet, /26 or larger, with nothing else in it."""
    zones: NotRequired[Sequence[str]]
    """Zones of bastion and address, such as `1`, `2` and `3`; no zone by default."""
    scale_units: NotRequired[int]
    """Instances, 2 (default) to 50; each carries some twenty sessions."""
    native_clients: NotRequired[bool]
    """Whether administrators may use clients of their own instead of the browser; default true."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where sessions are recorded; nowhere by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _bastion_problems(args: ManagedBastionArgs) -> Iterator[tuple[str, str]]:
    if args.get("scale_units", 2) not in SCALE_UNITS:
        yield "scale_units", "must be 2 to 50"


class ManagedBastion(pulumi.ComponentResource):
    """Azure Bastion: administrators reach machines through Azure's portal or their own clients, and no machine has a public address."""

    dns_name: pulumi.Output[str]
    """Public name of the bastion."""

    def __init__(self, name: str, args: ManagedBastionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:ManagedBastion", name, {**args}, opts)
        refuse(name, _bastion_problems(args))
        child = pulumi.ResourceOptions(parent=self)
        address: PublicAddressArgs = {
            "resource_group_name": args["resource_group_name"],
            "location": args["location"],
            "zones": args.get("zones", ()),
            "tags": args.get("tags") or {},
        }
        if "diagnostics" in args:
            address["diagnostics"] = args["diagnostics"]
        self.address = public_address(f"{name}-address", address, child)
        self.bastion = network.BastionHost(
            f"{name}-host",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            sku=network.SkuArgs(name=network.BastionHostSkuName.STANDARD),
            scale_units=args.get("scale_units", 2),
            enable_tunneling=args.get("native_clients", True),
            # Nothing leaves or enters by the clipboard, and no session is opened by a link alone.
            disable_copy_paste=True,
            enable_shareable_link=False,
            ip_configurations=[
                network.BastionHostIPConfigurationArgs(
                    name="bastion",
                    subnet=network.SubResourceArgs(id=args["subnet_id"]),
                    public_ip_address=network.SubResourceArgs(id=self.address.id),
                )
            ],
            zones=list(args.get("zones", ())) or None,
            tags=args.get("tags"),
            opts=child,
        )
        if (diagnostics := args.get("diagnostics")) is not None:
            diagnose(f"{name}-host", self.bastion.id, diagnostics, opts=child)
        self.dns_name = self.bastion.dns_name
        self.register_outputs({"dns_name": self.dns_name})
