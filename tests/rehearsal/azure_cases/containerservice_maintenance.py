"""Windows of maintenance of a cluster."""

from azure_cases.case import Case, Step
from azure_cases.given import CLUSTER

WINDOWS = "AKS maintenance"
WINDOW = Step(
    "containerservice:MaintenanceConfiguration",
    "window",
    {
        "resourceName": "${cluster.name}",
        "configName": "aksManagedNodeOSUpgradeSchedule",
        "maintenanceWindow": {
            "schedule": {"weekly": {"dayOfWeek": "Sunday", "intervalWeeks": 1}},
            "startTime": "02:00",
            "durationHours": 4,
        },
    },
)

CASES = (
    Case(
        WINDOWS,
        "configuration with a name of one's own",
        WINDOW.but(configName="weekend"),
        "InvalidParameter",
        WINDOW,
        (CLUSTER,),
        path="configName",
    ),
    Case(
        WINDOWS,
        "window of two hours",
        WINDOW.but(maintenanceWindow__durationHours=2),
        "InvalidParameter",
        WINDOW,
        (CLUSTER,),
    ),
    Case(
        WINDOWS,
        "start that is no time",
        WINDOW.but(maintenanceWindow__startTime="2 am"),
        "InvalidParameter",
        WINDOW,
        (CLUSTER,),
    ),
    Case(
        WINDOWS,
        "window without a schedule",
        WINDOW.but(maintenanceWindow__schedule={}),
        "InvalidParameter",
        WINDOW,
        (CLUSTER,),
    ),
    Case(
        WINDOWS,
        "configuration without a window",
        WINDOW.but(maintenanceWindow=None),
        "InvalidParameter",
        WINDOW,
        (CLUSTER,),
    ),
    Case(
        WINDOWS,
        "releases of AKS once a month",
        WINDOW.but(
            configName="default",
            maintenanceWindow__schedule={"absoluteMonthly": {"dayOfMonth": 1, "intervalMonths": 1}},
        ),
        "InvalidParameter",
        WINDOW.but(configName="default"),
        (CLUSTER,),
    ),
    Case(
        WINDOWS,
        "window of upgrades that nobody makes",
        WINDOW,
        "MaintenanceWithoutUpgrades",
        WINDOW.but(configName="default"),
        (CLUSTER.but(autoUpgradeProfile={"nodeOSUpgradeChannel": "Unmanaged"}),),
        warning=True,
    ),
)
