"""Wrong requests to Route 53 and Certificate Manager."""

from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from aws_cases.case import Case, Step
from aws_cases.elbv2_given import WITH_NLB
from aws_cases.given import OTHER_VPC, VPC, Aws
from aws_cases.service_given import changed, named

BATCH = "InvalidChangeBatch"
INVALID = "InvalidInput"
PROVIDER = "CheckFailure"
CERTIFICATE = "InvalidParameterException"
HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck"
ASSOCIATION = "aws:route53/zoneAssociation:ZoneAssociation"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"

ZONE = Step(tokens.ZONE, "zone", {"name": "example.com"})
PRIVATE = Step(tokens.ZONE, "private", {"name": "internal.example.com", "vpcs": [{"vpcId": "${vpc.id}"}]})
RECORD = Step(
    tokens.RECORD,
    "record",
    {"zoneId": "${zone.zoneId}", "name": "api", "type": "A", "ttl": 300, "records": ["192.0.2.10"]},
)
CNAME = changed(RECORD, type="CNAME", records=["target.example.net"])
ALIAS = Step(
    tokens.RECORD,
    "alias",
    {
        "zoneId": "${zone.zoneId}",
        "name": "gateway",
        "type": "A",
        "aliases": [{"name": "${nlb.dnsName}", "zoneId": "${nlb.zoneId}", "evaluateTargetHealth": True}],
    },
)
CHECK = Step(HEALTH_CHECK, "check", {"type": "HTTPS", "fqdn": "api.example.com", "port": 443, "requestInterval": 30})
CERT = Step(tokens.CERTIFICATE, "certificate", {"domainName": "api.example.com", "validationMethod": "DNS"})
PROOF = Step(
    tokens.RECORD,
    "proof",
    {
        "zoneId": "${zone.zoneId}",
        "name": "${certificate.domainValidationOptions.0.resourceRecordName}",
        "type": "CNAME",
        "ttl": 300,
        "records": ["${certificate.domainValidationOptions.0.resourceRecordValue}"],
    },
)
VALID = Step(VALIDATION, "valid", {"certificateArn": "${certificate.arn}"})


def record(wrong: str, code: str = BATCH, given: tuple[Step, ...] = (ZONE,), **inputs: Any) -> Case:
    """Make a case of a wrong record."""
    return Case("Route 53", wrong, changed(RECORD, **inputs), code, given)


def check(wrong: str, code: str = INVALID, **inputs: Any) -> Case:
    """Make a case of a wrong health check."""
    return Case("Route 53", wrong, changed(CHECK, **inputs), code)


def certificate(wrong: str, code: str = CERTIFICATE, **inputs: Any) -> Case:
    """Make a case of a wrong certificate."""
    return Case("ACM", wrong, changed(CERT, **inputs), code)


def moto_outside(aws: Aws) -> None:
    """Make a record outside of its zone in moto."""
    zone = aws("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    change = {"Name": "api.example.org", "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": "192.0.2.10"}]}
    aws("route53").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": change}]}
    )


ZONES = (
    Case("Route 53", "name of a zone with a space", changed(ZONE, name="exa mple.com"), "InvalidDomainName"),
    Case(
        "Route 53",
        "private zone for a VPC that does not exist",
        changed(PRIVATE, vpcs=[{"vpcId": "vpc-0123456789abcdef0"}]),
        "InvalidVPCId",
    ),
    Case(
        "Route 53",
        "private zone for a VPC of another region",
        PRIVATE,
        "InvalidVPCId",
        (changed(VPC, region="eu-west-1"),),
    ),
    Case(
        "Route 53",
        "second private zone of a name in a VPC",
        named(PRIVATE, "again"),
        "ConflictingDomainExists",
        (VPC, PRIVATE),
    ),
    Case("Route 53", "deletion of a zone with records", ZONE, "HostedZoneNotEmpty", (ZONE, RECORD), "delete"),
    Case(
        "Route 53",
        "VPC with a public zone",
        Step(ASSOCIATION, "link", {"zoneId": "${zone.zoneId}", "vpcId": "${vpc.id}"}),
        "PublicZoneVPCAssociation",
        (ZONE, VPC),
    ),
    Case(
        "Route 53",
        "VPC with a zone that does not exist",
        Step(ASSOCIATION, "link", {"zoneId": "Z0123456789ABCDEFGHIJ", "vpcId": "${vpc.id}"}),
        "NoSuchHostedZone",
        (VPC,),
    ),
    Case(
        "Route 53",
        "VPC that does not exist with a zone",
        Step(ASSOCIATION, "link", {"zoneId": "${private.zoneId}", "vpcId": "vpc-0123456789abcdef0"}),
        "InvalidVPCId",
        (VPC, PRIVATE),
    ),
    Case(
        "Route 53",
        "VPC with a second zone of one name",
        Step(ASSOCIATION, "link", {"zoneId": "${private.zoneId}", "vpcId": "${other.id}"}),
        "ConflictingDomainExists",
        (VPC, OTHER_VPC, PRIVATE, named(PRIVATE, "twin", vpcs=[{"vpcId": "${other.id}"}])),
    ),
)
RECORDS = (
    record("record in a zone that does not exist", "NoSuchHostedZone", (), zoneId="Z0123456789ABCDEFGHIJ"),
    Case(
        "Route 53",
        "record outside of its zone",
        changed(RECORD, name="notexample.com"),
        BATCH,
        (ZONE,),
        moto=moto_outside,
    ),
    record("record of a name with a space", name="my api"),
    record("record with a label of more than 63 characters", name="a" * 64),
    record("type of record that does not exist", INVALID, type="ALIAS"),
    record(
        "record with an alias and values",
        PROVIDER,
        aliases=[{"name": "a.example.com", "zoneId": "${zone.zoneId}", "evaluateTargetHealth": False}],
    ),
    record("record with neither alias nor values", PROVIDER, records=None),
    record("values without a time to live", PROVIDER, ttl=None),
    record("A record that holds a name", records=["target.example.net"]),
    record("AAAA record that holds an IPv4 address", type="AAAA"),
    record("MX record without a preference", type="MX", records=["mail.example.com"]),
    record("TXT record with a string that is too long", type="TXT", records=["x" * 300]),
    record("CAA record of another form", type="CAA", records=["amazon.com"]),
    record("SRV record without its port", type="SRV", records=["10 5 sip.example.com"]),
    record("CNAME at the apex of a zone", name="example.com", type="CNAME", records=["target.example.net"]),
    record("CNAME with two values", type="CNAME", records=["a.example.net", "b.example.net"]),
    Case("Route 53", "CNAME beside another record", named(CNAME, "again"), BATCH, (ZONE, RECORD)),
    Case("Route 53", "another record beside a CNAME", named(RECORD, "again"), BATCH, (ZONE, CNAME)),
    Case("Route 53", "one record twice", named(RECORD, "again"), BATCH, (ZONE, RECORD)),
    record("name servers of a zone made anew", name="example.com", type="NS", records=["ns-1.example.net"]),
    record("one value twice", records=["192.0.2.10", "192.0.2.10"]),
    record("routing policy without an identifier", INVALID, weightedRoutingPolicies=[{"weight": 10}]),
    record("identifier without a routing policy", INVALID, setIdentifier="blue"),
    record(
        "two routing policies",
        PROVIDER,
        setIdentifier="blue",
        weightedRoutingPolicies=[{"weight": 10}],
        failoverRoutingPolicies=[{"type": "PRIMARY"}],
    ),
    record("weight above the highest", INVALID, setIdentifier="blue", weightedRoutingPolicies=[{"weight": 300}]),
    record(
        "failover that is neither first nor second",
        INVALID,
        setIdentifier="blue",
        failoverRoutingPolicies=[{"type": "THIRD"}],
    ),
    record(
        "health check of a record that does not exist",
        "NoSuchHealthCheck",
        healthCheckId="11111111-2222-3333-4444-555555555555",
    ),
    record("time to live below zero", INVALID, ttl=-1),
    Case(
        "Route 53",
        "alias to a load balancer in the wrong zone",
        changed(ALIAS, aliases=[{"name": "${nlb.dnsName}", "zoneId": "Z35SXDOTRQ7X7K", "evaluateTargetHealth": True}]),
        BATCH,
        (*WITH_NLB, ZONE),
    ),
    Case(
        "Route 53",
        "alias to a load balancer that does not exist",
        changed(
            ALIAS,
            aliases=[
                {
                    "name": "missing-0123456789abcdef.elb.eu-central-1.amazonaws.com",
                    "zoneId": "Z3F0SRJ5LGBH90",
                    "evaluateTargetHealth": True,
                }
            ],
        ),
        BATCH,
        (ZONE,),
    ),
    Case(
        "Route 53",
        "alias to no load balancer in the zone of load balancers",
        changed(
            ALIAS,
            aliases=[{"name": "gateway.example.net", "zoneId": "Z3F0SRJ5LGBH90", "evaluateTargetHealth": True}],
        ),
        BATCH,
        (ZONE,),
    ),
    Case(
        "Route 53",
        "alias to a record that does not exist",
        changed(
            ALIAS, aliases=[{"name": "missing.example.com", "zoneId": "${zone.zoneId}", "evaluateTargetHealth": True}]
        ),
        BATCH,
        (ZONE,),
    ),
    Case("Route 53", "alias with a time to live", changed(ALIAS, ttl=60), PROVIDER, (*WITH_NLB, ZONE)),
    Case(
        "Route 53",
        "simple record beside weighted ones",
        named(RECORD, "again"),
        BATCH,
        (ZONE, changed(RECORD, setIdentifier="blue", weightedRoutingPolicies=[{"weight": 10}])),
    ),
)
CHECKS = (
    check("unknown type of health check", type="PING"),
    check("health check every seven seconds", requestInterval=7),
    check("health check without an address", fqdn=None),
    check("health check of a private address", fqdn=None, ipAddress="10.0.0.5"),
    check("health check for a text without the text", type="HTTPS_STR_MATCH"),
    check("health check from two regions", regions=["eu-west-1", "us-east-1"]),
    check("health check that fails after too many attempts", failureThreshold=50),
    check("health check of others without any", type="CALCULATED", fqdn=None, port=None, requestInterval=None),
    check(
        "health check of one that does not exist",
        type="CALCULATED",
        fqdn=None,
        port=None,
        requestInterval=None,
        childHealthchecks=["missing"],
    ),
    Case(
        "Route 53",
        "deletion of a health check in use",
        CHECK,
        "HealthCheckInUse",
        (ZONE, CHECK, changed(RECORD, healthCheckId="${check.id}")),
        "delete",
    ),
)
CERTIFICATES = (
    certificate("certificate for a name that is none", domainName="api_gateway"),
    certificate("certificate for a name with a final dot", domainName="api.example.com."),
    certificate("wildcard in the middle of a name", domainName="api.*.example.com"),
    certificate(
        "more names than a certificate may have",
        "LimitExceededException",
        subjectAlternativeNames=[f"a{n}.example.com" for n in range(10)],
    ),
    certificate(
        "first name that is too long", "InvalidDomainValidationOptionsException", domainName=f"{'a' * 60}.example.com"
    ),
    certificate("unknown way to validate", validationMethod="FAX"),
    certificate("key algorithm that cannot be requested", keyAlgorithm="RSA_1024"),
    certificate("certificate for nothing", PROVIDER, domainName=None),
    certificate(
        "validation of an imported certificate", PROVIDER, domainName=None, certificateBody="body", privateKey="key"
    ),
    Case(
        "ACM",
        "validation of a certificate that does not exist",
        changed(VALID, certificateArn="arn:aws:acm:eu-central-1:111122223333:certificate/missing"),
        "ResourceNotFoundException",
    ),
    Case("ACM", "validation without its record", VALID, "PENDING_VALIDATION", (ZONE, CERT)),
    Case(
        "ACM",
        "validation record in a private zone",
        VALID,
        "PENDING_VALIDATION",
        (VPC, changed(PRIVATE, name="example.com"), CERT, changed(PROOF, zoneId="${private.zoneId}")),
    ),
    Case(
        "ACM",
        "names of other records than those of validation",
        changed(VALID, validationRecordFqdns=["_other.example.com"]),
        PROVIDER,
        (ZONE, CERT, PROOF),
    ),
    Case(
        "ACM",
        "validation record of a wildcard twice",
        named(
            PROOF,
            "again",
            name="${certificate.domainValidationOptions.1.resourceRecordName}",
            records=["${certificate.domainValidationOptions.1.resourceRecordValue}"],
        ),
        BATCH,
        (ZONE, changed(CERT, domainName="example.com", subjectAlternativeNames=["*.example.com"]), PROOF),
    ),
)

CASES = (*ZONES, *RECORDS, *CHECKS, *CERTIFICATES)
