"""The Azure twin: a small Azure Resource Manager (ARM) of the project's own, behind the words of the azure-native provider.

The machinery does for every type of `types.yaml`, without a line of code: shapes, enumerations and required inputs at every depth from the installed
SDK; ids, automatic names, location; that the resource group, the parent and everything that an input names by an ARM id exist, parts of other
resources (a frontend of a gateway) included; names that are taken; replacement for names, location and create-only inputs; locks; what holds a
resource at its deletion. A module of this package adds what is particular to a service. Modules are found by themselves; each may have any of:

`RULES = {token: (rule, ...)}`           run at creation and update: `def rule(context: Context) -> Iterator[Problem]`
`DELETE_RULES = {token: (rule, ...)}`    run at deletion
`OUTPUTS = {token: function}`            `def function(context: Context) -> Mapping[str, Any]`: top-level outputs that Azure adds to the inputs
`COMPANIONS = {token: function}`         what Azure makes beside a resource: yields `Companion(token, id, inputs, outputs)`
`REFERENCES = {token: (Reference(path, to, code, missing_code), ...)}`   which type an input must name (that it exists is checked anyway)
`CREATE_ONLY = {token: {path, ...}}`     inputs that replace the resource, beside those of `types.yaml`; `networkProfile.podCidr` for nested ones
`OPEN_ENUMS = {token: {path, ...}}`      inputs whose enumeration in the SDK is older than Azure; lists without index: `agentPoolProfiles.osSKU`
`DEFAULTS = {token: {input: value}}`     inputs that the provider or Azure fills in
`PROTECTIONS = {token: {input: value}}`  inputs that switch a deletion protection off
`SECRET_OUTPUTS = {token: {output, ...}}`
`NOT_VERIFIED = {token: (words, ...)}`   what the twin cannot check of such a resource
`ANSWERS = {function token: answer}`     data sources beyond "get by its names", which all types have: `def answer(inquiry: Inquiry) -> Mapping`

The token `"*"` stands for every type. Several modules may speak of one type. Property names are those of the wire (camelCase).

A `Context` (`context.py`) gives: `inputs`, `old` (inputs before an update, None at creation), `id`, `name`, `location`, `subscription`, `value(path)`,
`get(path)` and `at(path)` with `[*]`, `find(arm_id)`, `all(token)`, `parent()`, `inside(token, arm_id)` (pools of a cluster), `siblings()`, `guid(salt)`,
`problem(code, message, path, hint, source)` which refuses, and `warning(...)` which only reports. A found `Thing` has `type`, `id`, `inputs`,
`outputs`, `assumed` (brought along: little is known of it; be lenient).
"""
