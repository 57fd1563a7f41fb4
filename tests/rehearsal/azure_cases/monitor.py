"""What Azure Monitor refuses: diagnostic settings, collection rules, workspaces."""

from azure_cases.case import Case, Step
from azure_cases.given import CLUSTER, SECURITY_GROUP, STORAGE, VAULT, WORKSPACE

DIAGNOSTICS, COLLECTION = "Diagnostic settings", "Azure Monitor collection"
ALL_LOGS = [{"categoryGroup": "allLogs", "enabled": True}]
ALL_METRICS = [{"category": "AllMetrics", "enabled": True}]

SETTING = Step(
    "monitor:DiagnosticSetting",
    "setting",
    {"name": "all", "resourceUri": "${vault.id}", "workspaceId": "${workspace.id}", "logs": ALL_LOGS},
)
OF_STORAGE = SETTING.but(resourceUri="${account.id}")
OF_GROUP = SETTING.but(resourceUri="${nsg.id}")
FIVE = tuple(
    Step(
        "monitor:DiagnosticSetting",
        f"setting{number}",
        {
            "name": f"setting{number}",
            "resourceUri": "${vault.id}",
            "workspaceId": f"${{workspace{number}.id}}",
            "logs": ALL_LOGS,
        },
    )
    for number in range(5)
)
FIVE_WORKSPACES = tuple(
    Step(
        "operationalinsights:Workspace",
        f"workspace{number}",
        {"workspaceName": f"workspace{number}", "sku": {"name": "PerGB2018"}},
    )
    for number in range(5)
)

ACCOUNT = Step("monitor:AzureMonitorWorkspace", "metrics", {"azureMonitorWorkspaceName": "metrics"})
ENDPOINT = Step("monitor:DataCollectionEndpoint", "endpoint", {"dataCollectionEndpointName": "agents"})
RULE = Step(
    "monitor:DataCollectionRule",
    "rule",
    {
        "dataCollectionRuleName": "metrics",
        "kind": "Linux",
        "dataCollectionEndpointId": "${endpoint.id}",
        "dataSources": {
            "prometheusForwarder": [{"name": "prometheus", "streams": ["Microsoft-PrometheusMetrics"]}],
        },
        "destinations": {
            "monitoringAccounts": [{"name": "workspace", "accountResourceId": "${metrics.id}"}],
        },
        "dataFlows": [{"streams": ["Microsoft-PrometheusMetrics"], "destinations": ["workspace"]}],
    },
)
ASSOCIATION = Step(
    "monitor:DataCollectionRuleAssociation",
    "association",
    {"associationName": "metrics", "resourceUri": "${cluster.id}", "dataCollectionRuleId": "${rule.id}"},
)
GRAFANA = Step("dashboard:Grafana", "grafana", {"workspaceName": "apim-grafana", "sku": {"name": "Standard"}})
COLLECTED = (ACCOUNT, ENDPOINT)

CASES = (
    Case(
        DIAGNOSTICS,
        "setting without a destination",
        SETTING.but(workspaceId=None),
        "BadRequest",
        SETTING,
        given=(VAULT, WORKSPACE),
        path="workspaceId",
    ),
    Case(
        DIAGNOSTICS,
        "setting that sends nothing",
        SETTING.but(logs=[]),
        "BadRequest",
        SETTING,
        given=(VAULT, WORKSPACE),
        path="logs",
        warning=True,
    ),
    Case(
        DIAGNOSTICS,
        "category group that there is none of",
        SETTING.but(logs=[{"categoryGroup": "everything", "enabled": True}]),
        "BadRequest",
        SETTING,
        given=(VAULT, WORKSPACE),
        path="logs[0].categoryGroup",
    ),
    Case(
        DIAGNOSTICS,
        "logs of a storage account instead of its services",
        OF_STORAGE,
        "BadRequest",
        SETTING.but(resourceUri="${account.id}/blobServices/default"),
        given=(STORAGE, WORKSPACE),
        path="logs[0].categoryGroup",
    ),
    Case(
        DIAGNOSTICS,
        "metrics of a type that has none",
        OF_GROUP.but(metrics=ALL_METRICS),
        "BadRequest",
        OF_GROUP,
        given=(SECURITY_GROUP, WORKSPACE),
        path="metrics[0].category",
    ),
    Case(
        DIAGNOSTICS,
        "retention in the setting",
        SETTING.but(
            logs=[{"categoryGroup": "allLogs", "enabled": True, "retentionPolicy": {"enabled": True, "days": 30}}]
        ),
        "BadRequest",
        SETTING,
        given=(VAULT, WORKSPACE),
        path="logs[0].retentionPolicy",
    ),
    Case(
        DIAGNOSTICS,
        "the same logs sent to one workspace twice",
        Step("monitor:DiagnosticSetting", "again", {**SETTING.inputs, "name": "again"}),
        "Conflict",
        Step(
            "monitor:DiagnosticSetting",
            "again",
            {**SETTING.inputs, "name": "again", "logs": None, "metrics": ALL_METRICS},
        ),
        given=(VAULT, WORKSPACE, SETTING),
        path="workspaceId",
    ),
    Case(
        DIAGNOSTICS,
        "sixth setting of a resource",
        SETTING,
        "BadRequest",
        given=(VAULT, WORKSPACE, *FIVE_WORKSPACES, *FIVE),
        path="resourceUri",
        holders=("setting4",),
    ),
    Case(
        DIAGNOSTICS,
        "address of another type where a workspace belongs",
        SETTING.but(workspaceId="${account.id}"),
        "BadRequest",
        SETTING,
        given=(VAULT, WORKSPACE, STORAGE),
        path="workspaceId",
    ),
    Case(
        DIAGNOSTICS,
        "storage account of another region",
        SETTING.but(workspaceId=None, storageAccountId="${account.id}"),
        "BadRequest",
        SETTING,
        given=(VAULT, WORKSPACE, STORAGE.but(location="northeurope")),
        path="storageAccountId",
        warning=True,
    ),
    Case(
        COLLECTION,
        "logs kept for a week",
        WORKSPACE.but(retentionInDays=7),
        "InvalidParameter",
        WORKSPACE.but(retentionInDays=30),
        path="retentionInDays",
    ),
    Case(
        COLLECTION,
        "logs kept for longer than two years",
        WORKSPACE.but(retentionInDays=800),
        "InvalidParameter",
        WORKSPACE.but(retentionInDays=730),
        path="retentionInDays",
    ),
    Case(
        COLLECTION,
        "workspace with a name of three letters",
        WORKSPACE.but(workspaceName="abc"),
        "InvalidResourceName",
        WORKSPACE,
    ),
    Case(
        COLLECTION,
        "flow to a destination that is not defined",
        RULE.but(dataFlows=[{"streams": ["Microsoft-PrometheusMetrics"], "destinations": ["other"]}]),
        "InvalidPayload",
        RULE,
        given=COLLECTED,
        path="dataFlows[0].destinations",
    ),
    Case(
        COLLECTION,
        "flow of a stream that no source has",
        RULE.but(dataFlows=[{"streams": ["Microsoft-Perf"], "destinations": ["workspace"]}]),
        "InvalidPayload",
        RULE,
        given=COLLECTED,
        path="dataFlows[0].streams",
    ),
    Case(
        COLLECTION,
        "rule without a flow",
        RULE.but(dataFlows=[]),
        "InvalidPayload",
        RULE,
        given=COLLECTED,
        path="dataFlows",
    ),
    Case(
        COLLECTION,
        "rule in another region than its endpoint",
        RULE.but(location="northeurope"),
        "InvalidPayload",
        RULE,
        given=COLLECTED,
        path="dataCollectionEndpointId",
    ),
    Case(
        COLLECTION,
        "association with neither rule nor endpoint",
        ASSOCIATION.but(dataCollectionRuleId=None),
        "InvalidPayload",
        ASSOCIATION,
        given=(*COLLECTED, RULE, CLUSTER),
    ),
    Case(
        COLLECTION,
        "association of an endpoint under a name of its own",
        ASSOCIATION.but(dataCollectionRuleId=None, dataCollectionEndpointId="${endpoint.id}"),
        "InvalidPayload",
        ASSOCIATION.but(
            associationName="configurationAccessEndpoint",
            dataCollectionRuleId=None,
            dataCollectionEndpointId="${endpoint.id}",
        ),
        given=(*COLLECTED, RULE, CLUSTER),
        path="associationName",
    ),
    Case(
        COLLECTION,
        "name of a Grafana of more than 23 characters",
        GRAFANA.but(workspaceName="apim-prd-grafana-of-the-platform"),
        "InvalidResourceName",
        GRAFANA,
        path="workspaceName",
    ),
    Case(
        COLLECTION,
        "name of an endpoint of more than 44 characters",
        ENDPOINT.but(dataCollectionEndpointName="e" * 45),
        "InvalidResourceName",
        ENDPOINT,
        warning=True,
    ),
)
