"""The tree of a REST API's paths: which resources and methods the operations need, and which what is in none of them needs."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.aws.http_api import OperationArgs

ANY = "ANY"
GREEDY = "{proxy+}"
"""Path part that stands for the rest of a path."""
VARIABLE = "{}"
"""What stands for every variable in a key: a resource has one variable below it at most, whatever its name."""


@dataclass(slots=True)
class RestPath:
    """One resource of the tree."""

    key: str
    """Path with `{}` for variables, `/` for the root: what the resource is known by, so that another name of a variable changes it in place."""
    parent: str
    """Key of the resource above; empty for the root."""
    part: str
    """Its own segment, such as `orders`, `{id}` or `{proxy+}`; empty for the root."""
    path: str
    """Path as API Gateway shows it, such as `/orders/{id}`."""
    methods: dict[str, None] = field(default_factory=dict[str, None])
    """Methods, in order, each once."""

    @property
    def label(self) -> str:
        """Part of a Pulumi name: readable, and different for keys that differ in signs alone."""
        words = re.sub(r"[^a-z0-9]+", "-", self.key.replace(VARIABLE, "any").lower()).strip("-")
        return f"{words or 'root'}-{hashlib.sha256(self.key.encode()).hexdigest()[:6]}"

    @property
    def greedy(self) -> bool:
        """Whether it stands for the rest of the path."""
        return self.part == GREEDY

    @property
    def variables(self) -> list[str]:
        """Names of the variables of its path."""
        return re.findall(r"\{([^}+]+)\+?\}", self.path)


def rest_paths(operations: Sequence[OperationArgs], *, forward_unlisted: bool) -> Mapping[str, RestPath]:
    """Return the tree by key, parents before children.

    Paths that are forwarded although no document has them need resources of their own: API Gateway goes down the tree segment by segment, so a
    greedy variable at the root is not asked for what lies below a listed segment. Each resource therefore takes every method, and has a greedy
    variable below it, unless it has a listed variable there: AWS allows one variable among siblings, greedy or not.
    """
    tree = {"/": RestPath("/", "", "", "/")}
    for operation in operations:
        key = "/"
        for segment in (part for part in operation["path"].split("/") if part):
            key = _child(tree, key, segment)
        tree[key].methods[operation["method"]] = None
    if forward_unlisted:
        for place in list(tree.values()):
            place.methods[ANY] = None
            if f"{place.key.rstrip('/')}/{VARIABLE}" not in tree:
                tree[_child(tree, place.key, GREEDY)].methods[ANY] = None
    return tree


def _child(tree: dict[str, RestPath], parent: str, segment: str) -> str:
    key = f"{parent.rstrip('/')}/{VARIABLE if segment.startswith('{') else segment}"
    if key not in tree:
        tree[key] = RestPath(key, parent, segment, f"{tree[parent].path.rstrip('/')}/{segment}")
    return key
