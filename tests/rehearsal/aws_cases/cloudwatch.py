"""Alarms, event rules and their targets."""

from aws_cases.case import Case, Step

from apim_infra.rehearsal.twins.aws import tokens

CASES = (
    Case(
        "CloudWatch",
        "period of an alarm that is no multiple of 60",
        Step(
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "wrong",
            {
                "name": "alarm",
                "metricName": "CPUUtilization",
                "namespace": "AWS/EC2",
                "statistic": "Average",
                "period": 7,
                "evaluationPeriods": 1,
                "threshold": 90,
                "comparisonOperator": "GreaterThanThreshold",
            },
        ),
        "ValidationError",
        path="period",
    ),
)
