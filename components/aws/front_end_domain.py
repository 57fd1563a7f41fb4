"""A host of the platform at API Gateway: its certificate, its domain name there, and the records that lead to it."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.tags import Tags
from components.common import refuse


class TruststoreOfDomain(TypedDict):
    """Where the certificates of admitted authorities are."""

    uri: pulumi.Input[str]
    """Address of the file, `s3://bucket/key`."""
    version: NotRequired[pulumi.Input[str]]
    """Version of the file; the newest one at the time of the last change by default."""


class FrontEndDomainArgs(TypedDict):
    """Arguments of `FrontEndDomain`."""

    host: str
    """Full name of the host, such as `api.example.com`."""
    certificate_arn: NotRequired[pulumi.Input[str]]
    """An existing certificate of the region that covers the host; one is made and proven in the public zone by default."""
    public_zone_id: NotRequired[pulumi.Input[str]]
    """Public zone of the host: a record is made there, and the proof of the certificate; needed unless certificate_arn is given."""
    private_zone_id: NotRequired[pulumi.Input[str]]
    """Private zone of the host, which hides the public one inside the network: a record is made there too."""
    overwrite_records: NotRequired[bool]
    """Whether the host's records may be there already, as in a zone that is brought along; default false."""
    truststore: NotRequired[TruststoreOfDomain]
    """Authorities whose certificates clients must show; clients show none by default."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: FrontEndDomainArgs) -> Iterator[tuple[str, str]]:
    if "certificate_arn" not in args and "public_zone_id" not in args:
        yield "public_zone_id", "the certificate is proven there: give it, or an existing certificate_arn"
    if args["host"] != args["host"].lower() or args["host"].endswith("."):
        yield "host", f"'{args['host']}' must be in lower case and without a dot at its end"


class FrontEndDomain(pulumi.ComponentResource):
    """A regional domain name of API Gateway over TLS 1.2 or later, to which HTTP APIs and REST APIs can be mapped.

    Each host has a certificate of its own, so that another host replaces none.
    """

    domain: pulumi.Output[str]
    """The domain name at API Gateway, for mappings."""
    target: pulumi.Output[str]
    """DNS name behind the host, for alias records."""
    target_zone_id: pulumi.Output[str]
    """Hosted zone of that DNS name."""
    certificate_arn: pulumi.Output[str]
    """Certificate of the host, once it is issued."""

    def __init__(self, name: str, args: FrontEndDomainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:FrontEndDomain", name, {**args}, opts)
        refuse(name, _problems(args))
        self._prefix = name
        self.proof: aws.route53.Record | None = None
        self.validation: aws.acm.CertificateValidation | None = None
        existing, zone = args.get("certificate_arn"), args.get("public_zone_id", "")
        if existing is None:
            self.certificate, self.certificate_arn = self._certificate(args, zone)
        else:
            # Read, so that a wrong one is refused before anything depends on it.
            options = pulumi.ResourceOptions(parent=self)
            self.certificate = aws.acm.Certificate.get(f"{name}-certificate", existing, options)
            self.certificate_arn = self.certificate.arn
        truststore = args.get("truststore")
        self.domain_name = aws.apigatewayv2.DomainName(
            f"{name}-name",
            domain_name=args["host"],
            domain_name_configuration=aws.apigatewayv2.DomainNameDomainNameConfigurationArgs(
                certificate_arn=self.certificate_arn, endpoint_type="REGIONAL", security_policy="TLS_1_2"
            ),
            mutual_tls_authentication=(
                aws.apigatewayv2.DomainNameMutualTlsAuthenticationArgs(
                    truststore_uri=truststore["uri"], truststore_version=truststore.get("version")
                )
                if truststore is not None
                else None
            ),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.domain = self.domain_name.domain_name
        configuration = self.domain_name.domain_name_configuration
        self.target = configuration.apply(lambda made: made.target_domain_name or "")
        self.target_zone_id = configuration.apply(lambda made: made.hosted_zone_id or "")
        zones = {"public": args.get("public_zone_id"), "private": args.get("private_zone_id")}
        self.records = {
            kind: self._record(f"{name}-{kind}", args, zone_id)
            for kind, zone_id in zones.items()
            if zone_id is not None
        }
        self.register_outputs(
            {
                "domain": self.domain,
                "target": self.target,
                "target_zone_id": self.target_zone_id,
                "certificate_arn": self.certificate_arn,
            }
        )

    def _certificate(
        self, args: FrontEndDomainArgs, zone_id: pulumi.Input[str]
    ) -> tuple[aws.acm.Certificate, pulumi.Output[str]]:
        """Make a certificate and prove it; return it with its ARN once it is issued."""
        child = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            f"{self._prefix}-certificate",
            domain_name=args["host"],
            validation_method="DNS",
            tags=args.get("tags"),
            opts=child,
        )
        option = certificate.domain_validation_options.apply(lambda options: options[0])
        self.proof = aws.route53.Record(
            f"{self._prefix}-proof",
            zone_id=zone_id,
            name=option.apply(lambda made: made.resource_record_name or ""),
            type=option.apply(lambda made: made.resource_record_type or ""),
            records=[option.apply(lambda made: made.resource_record_value or "")],
            ttl=300,
            # The record is the same for every certificate of the account for this name.
            allow_overwrite=True,
            opts=child,
        )
        self.validation = aws.acm.CertificateValidation(
            f"{self._prefix}-validation",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[self.proof.fqdn],
            opts=child,
        )
        return certificate, self.validation.certificate_arn

    def _record(self, name: str, args: FrontEndDomainArgs, zone_id: pulumi.Input[str]) -> aws.route53.Record:
        return aws.route53.Record(
            name,
            zone_id=zone_id,
            name=args["host"],
            type="A",
            aliases=[
                aws.route53.RecordAliasArgs(name=self.target, zone_id=self.target_zone_id, evaluate_target_health=False)
            ],
            allow_overwrite=args.get("overwrite_records") or None,
            opts=pulumi.ResourceOptions(parent=self),
        )
