"""One node of a Cassandra ring on Azure: what stays (address, disk, rights) and what is replaced (the machine)."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_azure_native as azure

from components.azure.cassandra_configuration import boot, facts, ready
from components.azure.cassandra_machines import NodePlace, RingSettings, storage_profile, system_profile
from components.azure.role_assignment import assign

compute, network = azure.compute, azure.network


class CassandraNode:
    """A node: its machine is replaced after the machine before it is up again; address, disk, certificate and rights stay."""

    def __init__(
        self,
        ring: RingSettings,
        place: NodePlace,
        *,
        secret_url: pulumi.Output[str],
        readable: Mapping[str, pulumi.Input[str]],
        before: Sequence[pulumi.Input[pulumi.Resource]],
        parent: pulumi.Resource,
    ) -> None:
        """`readable` are the secrets that the node may read, name of the right to the secret's resource id."""
        self._ring, self._name = ring, f"{ring.name}-{place.part}"
        self._parent, self.place = parent, place
        self._child = pulumi.ResourceOptions(parent=parent)
        self.interface = self._interface()
        self.disk = self._disk()
        self.identity = azure.managedidentity.UserAssignedIdentity(
            f"{self._name}-identity",
            resource_group_name=ring.resource_group_name,
            location=ring.location,
            tags=ring.tags,
            opts=self._child,
        )
        self.rights = self._rights(readable)
        self.machine = self._machine(secret_url, before)
        self.login = self._login() if ring.entra_login else None
        self.logins = [
            assign(
                f"{self._name}-{group}",
                role="Virtual Machine Administrator Login",
                principal_id=group,
                scope=self.machine.id,
                subscription_id=ring.subscription_id,
                group=True,
                opts=self._child,
            )
            for group in ring.administrators
        ]
        self.ready = self._ready()

    def _interface(self) -> azure.network.NetworkInterface:
        """Give the node its fixed address, by which it is known to the ring whatever machine it runs on."""
        ring = self._ring
        return network.NetworkInterface(
            f"{self._name}-interface",
            resource_group_name=ring.resource_group_name,
            location=ring.location,
            ip_configurations=[
                network.NetworkInterfaceIPConfigurationArgs(
                    name="node",
                    primary=True,
                    subnet=network.SubnetArgs(id=ring.subnet_id),
                    private_ip_allocation_method=network.IPAllocationMethod.STATIC,
                    private_ip_address=self.place.address,
                )
            ],
            # Sizes that work in bursts cannot all bypass the host's own switch.
            enable_accelerated_networking=pulumi.Output.from_input(ring.size).apply(
                lambda size: not size.startswith("Standard_B")
            ),
            tags=ring.tags,
            opts=self._child,
        )

    def _disk(self) -> azure.compute.Disk:
        ring, key = self._ring, self._ring.disk_encryption_set_id
        encryption = (
            None
            if key is None
            else compute.EncryptionArgs(
                type=compute.EncryptionType.ENCRYPTION_AT_REST_WITH_CUSTOMER_KEY, disk_encryption_set_id=key
            )
        )
        return compute.Disk(
            f"{self._name}-data",
            resource_group_name=ring.resource_group_name,
            location=ring.location,
            zones=[self.place.zone],
            sku=compute.DiskSkuArgs(name=compute.DiskStorageAccountTypes.PREMIUM_LRS),
            creation_data=compute.CreationDataArgs(create_option=compute.DiskCreateOption.EMPTY),
            disk_size_gb=ring.storage_gb,
            tier=ring.performance_tier,
            encryption=encryption,
            # Nobody downloads a disk by a link.
            network_access_policy=compute.NetworkAccessPolicy.DENY_ALL,
            public_network_access=compute.PublicNetworkAccess.DISABLED,
            tags={**ring.tags, **ring.backup_tags},
            opts=pulumi.ResourceOptions(parent=self._parent, protect=ring.protected or None),
        )

    def _rights(self, readable: Mapping[str, pulumi.Input[str]]) -> list[azure.authorization.RoleAssignment]:
        """Let the node read its own secrets and write its snapshots, and nothing else."""
        principal, subscription = self.identity.principal_id, self._ring.subscription_id
        wanted = [(part, "Key Vault Secrets User", scope) for part, scope in readable.items()]
        if (container := self._ring.snapshot_container_id) is not None:
            wanted.append(("snapshots", "Storage Blob Data Contributor", container))
        return [
            assign(
                f"{self._name}-{part}-right",
                role=role,
                principal_id=principal,
                scope=scope,
                subscription_id=subscription,
                opts=self._child,
            )
            for part, role, scope in wanted
        ]

    def _machine(
        self, secret_url: pulumi.Output[str], before: Sequence[pulumi.Input[pulumi.Resource]]
    ) -> azure.compute.VirtualMachine:
        ring, place = self._ring, self.place
        self.custom_data = pulumi.Output.all(
            client=self.identity.client_id, shared=ring.shared_secret_url, own=secret_url
        ).apply(
            lambda known: boot(
                {
                    "node": self._name,
                    "cluster": ring.name,
                    "client": known["client"],
                    "install": "yes" if ring.image_id is None else "no",
                    "version": ring.version,
                    "shared_secret": known["shared"],
                    "node_secret": known["own"],
                    "datacenter": ring.datacenter,
                    "zone": f"{ring.datacenter}-{place.zone}",
                    "address": place.address,
                }
            )
        )
        trusted = ring.architecture == "x86_64"
        identity_type = (
            compute.ResourceIdentityType.SYSTEM_ASSIGNED_USER_ASSIGNED
            if ring.entra_login
            else compute.ResourceIdentityType.USER_ASSIGNED
        )
        return compute.VirtualMachine(
            f"{self._name}-machine",
            resource_group_name=ring.resource_group_name,
            location=ring.location,
            zones=[place.zone],
            hardware_profile=compute.HardwareProfileArgs(vm_size=ring.size),
            identity=compute.VirtualMachineIdentityArgs(
                type=identity_type, user_assigned_identities=[self.identity.id]
            ),
            os_profile=system_profile(ring, self._name, self.custom_data),
            storage_profile=storage_profile(ring, self.disk.id),
            network_profile=compute.NetworkProfileArgs(
                network_interfaces=[
                    compute.NetworkInterfaceReferenceArgs(
                        id=self.interface.id, primary=True, delete_option=compute.DeleteOptions.DETACH
                    )
                ]
            ),
            security_profile=compute.SecurityProfileArgs(
                security_type=compute.SecurityTypes.TRUSTED_LAUNCH if trusted else None,
                uefi_settings=compute.UefiSettingsArgs(secure_boot_enabled=True, v_tpm_enabled=True)
                if trusted
                else None,
                encryption_at_host=ring.encryption_at_host or None,
            ),
            # What the machine says while it boots, kept by Azure itself.
            diagnostics_profile=compute.DiagnosticsProfileArgs(
                boot_diagnostics=compute.BootDiagnosticsArgs(enabled=True)
            ),
            tags=ring.tags,
            opts=pulumi.ResourceOptions(
                parent=self._parent,
                # Interface and disk can have one machine only.
                delete_before_replace=True,
                replace_on_changes=[
                    "osProfile.customData",
                    "storageProfile.imageReference",
                    "storageProfile.diskControllerType",
                ],
                # A newer image of the distribution replaces no node, one that was named does.
                ignore_changes=["storageProfile.imageReference"] if ring.image_id is None else [],
                depends_on=[*self.rights, *before],
            ),
        )

    def _login(self) -> azure.compute.VirtualMachineExtension:
        """Let people log in who have a role for it in Entra, so that nobody needs the key."""
        extension = facts()["login_extension"]
        return compute.VirtualMachineExtension(
            f"{self._name}-login",
            resource_group_name=self._ring.resource_group_name,
            location=self._ring.location,
            vm_name=self.machine.name,
            vm_extension_name=extension["type"],
            publisher=extension["publisher"],
            type=extension["type"],
            type_handler_version=extension["version"],
            auto_upgrade_minor_version=True,
            tags=self._ring.tags,
            opts=self._child,
        )

    def _ready(self) -> azure.compute.VirtualMachineRunCommandByVirtualMachine:
        """Wait until the node is up: the next one is touched only then, and the ring never lacks two."""
        address = self.place.address
        script = pulumi.Output.all(self.custom_data, self._ring.size).apply(
            lambda known: ready(address, "/".join(str(part) for part in known))
        )
        return compute.VirtualMachineRunCommandByVirtualMachine(
            f"{self._name}-ready",
            resource_group_name=self._ring.resource_group_name,
            location=self._ring.location,
            vm_name=self.machine.name,
            run_command_name="ready",
            source=compute.VirtualMachineRunCommandScriptSourceArgs(script=script),
            timeout_in_seconds=facts()["timeouts"]["ready"],
            async_execution=False,
            treat_failure_as_deployment_failure=True,
            tags=self._ring.tags,
            opts=self._child,
        )
