"""OpenAPI documents: what they register, and what is refused with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.planning.api_documents import Operation, document_violations, operations
from apim_infra.planning.openapi import METHODS, InvalidDocumentError, read_openapi
from apim_infra.settings.edge import ApiType
from apim_infra.settings.load import load_settings
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError, Violation

ANSWER = {"responses": {"200": {"description": "fine"}}}


def document(paths: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    given = {"/orders": {"get": ANSWER}} if paths is None else paths
    return {"openapi": "3.1.0", "info": {"title": "Orders", "version": "1"}, "paths": given, **more}


def variables(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def stack(*documents: dict[str, Any], **values: Any) -> StackSettings:
    given = {
        "cloud": "aws",
        "region": "eu-west-1",
        "company_domain": "example.com",
        "tier": "dev",
        "topology": "integrated-cloud",
        "edge": {"documents": list(documents)},
        **values,
    }
    return load_settings(given).settings


def found(directory: Path, *contents: dict[str, Any], kind: ApiType = ApiType.HTTP, **values: Any) -> list[Violation]:
    documents: list[dict[str, Any]] = []
    for position, content in enumerate(contents):
        (directory / f"{position}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        documents.append({"name": f"api-{position}", "file": f"{position}.yaml", **values})
    return list(document_violations(stack(*documents), directory, kind))


def refused(directory: Path, text: str | bytes) -> list[str]:
    file = directory / "document.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidDocumentError) as raised:
        read_openapi(file)
    return [problem.rule for problem in raised.value.problems]


class TestReading:
    @pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.1.1"])
    def test_both_versions_are_read_as_yaml_and_as_json(self, tmp_path: Path, version: str) -> None:
        content = {**document({"/orders": {"get": ANSWER, "post": ANSWER}}), "openapi": version}
        (tmp_path / "a.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        (tmp_path / "a.json").write_text(json.dumps(content, indent="\t"), encoding="utf-8")
        both = [read_openapi(tmp_path / name) for name in ("a.yaml", "a.json")]
        assert both[0] == both[1]
        assert [(found.method, found.path) for found in both[0].operations] == [("GET", "/orders"), ("POST", "/orders")]

    def test_numbers_as_keys_are_texts_and_words_stay_words(self, tmp_path: Path) -> None:
        file = tmp_path / "a.yaml"
        file.write_text(
            "openapi: 3.0.0\ninfo: {title: on, version: 1.0.0}\n"
            "paths:\n  /a:\n    get:\n      responses:\n        200: {description: yes}\n",
            encoding="utf-8",
        )
        assert len(read_openapi(file).operations) == 1

    def test_operations_of_a_path_item_that_is_referred_to_are_found(self, tmp_path: Path) -> None:
        content = document(
            {"/orders": {"$ref": "#/components/pathItems/Orders"}},
            components={"pathItems": {"Orders": {"get": ANSWER}}},
        )
        (tmp_path / "a.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        assert [found.path for found in read_openapi(tmp_path / "a.yaml").operations] == ["/orders"]

    def test_a_reference_in_an_example_is_none(self, tmp_path: Path) -> None:
        answer = {"description": "x", "content": {"application/json": {"example": {"$ref": "https://example.com/x"}}}}
        (tmp_path / "a.yaml").write_text(
            yaml.safe_dump(document({"/a": {"get": {"responses": {"200": answer}}}})), encoding="utf-8"
        )
        assert read_openapi(tmp_path / "a.yaml").operations

    @given(st.lists(st.sampled_from(METHODS), unique=True, min_size=1))
    def test_every_method_of_a_path_is_one_operation(
        self, tmp_path_factory: pytest.TempPathFactory, methods: list[str]
    ) -> None:
        file = tmp_path_factory.mktemp("documents") / "a.json"
        file.write_text(json.dumps(document({"/a": dict.fromkeys(methods, ANSWER)})), encoding="utf-8")
        assert {found.method.lower() for found in read_openapi(file).operations} == set(methods)


class TestRefusedDocuments:
    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("swagger: '2.0'\n", "is Swagger 2.0, and must be OpenAPI 3.0 or 3.1"),
            ("openapi: 3.2.0\n", "is OpenAPI 3.2.0, and must be 3.0 or 3.1"),
            ("openapi: 3.1\n", "is OpenAPI 3.1, and must be 3.0 or 3.1"),
            ("info: {}\n", "must name its version of OpenAPI"),
            ("- a\n", "must be a map"),
            ("", "must be a map"),
            ("a: [\n", "is neither YAML nor JSON (line 2, column 1)"),
            ("a: 1\na: 2\n", "is neither YAML nor JSON (line 2, column 1): the key 'a' is given twice"),
            ("a: &a [*a]\n", "refers to itself or is nested too deeply"),
            (b"\xff\xfe\x00", "must be text in UTF-8"),
        ],
    )
    def test_what_is_no_document_is_said_so(self, tmp_path: Path, text: str | bytes, rule: str) -> None:
        problems = refused(tmp_path, text)
        assert len(problems) == 1
        assert problems[0].startswith(rule)

    def test_every_error_is_told_with_its_place(self, tmp_path: Path) -> None:
        wrong = document(
            {"/orders": {"get": {}}, "/customers/{id}": {"get": ANSWER, "put": {"responses": {"200": {}}}}}
        )
        wrong["openapi"] = "3.0.0"
        assert refused(tmp_path, yaml.safe_dump(wrong)) == [
            "is not valid OpenAPI 3.0: paths > /customers/{id} > put > responses > 200: 'description' is a required property",
            "is not valid OpenAPI 3.0: paths > /orders > get: 'responses' is a required property",
        ]

    def test_what_the_schema_cannot_say_is_found_too(self, tmp_path: Path) -> None:
        problems = refused(tmp_path, yaml.safe_dump(document({"/customers/{id}": {"get": ANSWER}})))
        assert len(problems) == 1
        assert "Path parameter 'id' for 'get' operation in '/customers/{id}'" in problems[0]

    def test_two_operations_of_one_identifier(self, tmp_path: Path) -> None:
        twice = {**ANSWER, "operationId": "same"}
        problems = refused(tmp_path, yaml.safe_dump(document({"/a": {"get": twice}, "/b": {"get": twice}})))
        assert len(problems) == 1
        assert "same" in problems[0]

    def test_references_out_of_the_document_are_never_followed(self, tmp_path: Path) -> None:
        answer = {"200": {"$ref": "https://example.com/answers.yaml#/Fine"}, "404": {"$ref": "other.yaml"}}
        assert refused(tmp_path, yaml.safe_dump(document({"/a": {"get": {"responses": answer}}}))) == [
            "must be whole by itself: paths > /a > get > responses > 200 refers to https://example.com/answers.yaml#/Fine",
            "must be whole by itself: paths > /a > get > responses > 404 refers to other.yaml",
        ]

    def test_a_reference_to_nothing(self, tmp_path: Path) -> None:
        wrong = document({"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/None"}}}}})
        assert refused(tmp_path, yaml.safe_dump(wrong)) == [
            "refers to what is not there: paths > /a > get > responses > 200 to #/components/responses/None"
        ]


class TestOperations:
    def test_base_path_and_path_are_joined_and_documents_keep_their_order(self, tmp_path: Path) -> None:
        for name in ("b", "a"):
            (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(document({f"/{name}": {"get": ANSWER}})))
        settings = stack(
            {"name": "second", "file": "b.yaml", "base_path": "/shop/"}, {"name": "first", "file": "a.yaml"}
        )
        assert operations(settings, tmp_path) == (
            Operation("second", "GET", "/shop/b"),
            Operation("first", "GET", "/a"),
        )

    def test_a_document_that_is_not_there_is_refused_by_its_path(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError) as raised:
            operations(stack({"name": "orders", "file": "missing.yaml"}), tmp_path)
        assert [(each.path, each.value) for each in raised.value.violations] == [
            ("edge.documents[0].file", "missing.yaml")
        ]


class TestViolations:
    def test_documents_that_fit_are_not_refused(self, tmp_path: Path) -> None:
        paths = {"/orders/{id}": {"get": {**ANSWER, "parameters": variables("id")}}, "/": {"get": ANSWER}}
        assert found(tmp_path, document(paths), document({"/customers": {"get": ANSWER}})) == []

    @pytest.mark.parametrize("file", ["../outside.yaml", "/etc/hostname"])
    def test_files_outside_of_the_project(self, tmp_path: Path, file: str) -> None:
        violations = list(document_violations(stack({"name": "a", "file": file}), tmp_path, ApiType.HTTP))
        assert [(each.path, each.rule) for each in violations] == [
            ("edge.documents[0].file", "must lie inside the project")
        ]

    def test_a_link_out_of_the_project_is_followed_and_refused(self, tmp_path: Path) -> None:
        project = tmp_path / "project"
        project.mkdir()
        (tmp_path / "a.yaml").write_text(yaml.safe_dump(document()))
        (project / "a.yaml").symlink_to(tmp_path / "a.yaml")
        violations = list(document_violations(stack({"name": "a", "file": "a.yaml"}), project, ApiType.HTTP))
        assert [each.rule for each in violations] == ["must lie inside the project"]

    def test_one_operation_in_two_documents(self, tmp_path: Path) -> None:
        violations = found(tmp_path, document(), document())
        assert [(each.path, each.rule) for each in violations] == [
            ("edge.documents[1].file", "has GET /orders, which is registered already by edge.documents[0]")
        ]

    def test_paths_that_differ_in_the_names_of_variables_alone(self, tmp_path: Path) -> None:
        one = document({"/orders/{id}": {"get": {**ANSWER, "parameters": variables("id")}}})
        other = document({"/orders/{order}": {"get": {**ANSWER, "parameters": variables("order")}}})
        assert [each.rule for each in found(tmp_path, one, other)] == [
            "has GET /orders/{order}, which is registered already by edge.documents[0] as GET /orders/{id}"
        ]

    def test_a_method_that_is_not_routed(self, tmp_path: Path) -> None:
        assert [each.rule for each in found(tmp_path, document({"/a": {"trace": ANSWER}}))] == [
            "has TRACE /a, a method that API Gateway does not route"
        ]

    def test_a_document_without_operations(self, tmp_path: Path) -> None:
        assert [each.rule for each in found(tmp_path, document({}))] == ["has no operation"]

    @pytest.mark.parametrize(
        ("path", "names", "rule"),
        [
            ("/files/{name}.json", ["name"], "has the path /files/{name}.json, whose segment '{name}.json'"),
            ("/a/{id}/b/{id}", ["id"], "has the path /a/{id}/b/{id} with the variable id twice"),
            ("/files/{rest+}", ["rest+"], "has the path /files/{rest+} with a variable for several segments"),
            ("/a//b", [], "has the path /a//b, whose segment ''"),
            ("/a b", [], "has the path /a b, whose segment 'a b'"),
        ],
    )
    def test_paths_that_api_gateway_cannot_take(self, tmp_path: Path, path: str, names: list[str], rule: str) -> None:
        violations = found(tmp_path, document({path: {"get": {**ANSWER, "parameters": variables(*names)}}}))
        assert [each.rule.startswith(rule) for each in violations] == [True], violations

    def test_characters_and_slashes_that_rest_apis_alone_refuse(self, tmp_path: Path) -> None:
        content = document({"/orders~archive": {"get": ANSWER}, "/orders/": {"get": ANSWER}})
        assert found(tmp_path, content) == []
        assert len(found(tmp_path, content, kind=ApiType.REST)) == 2

    @pytest.mark.parametrize(
        ("url", "base", "fits"),
        [
            ("https://api.example.com", "/", True),
            ("https://api.example.com/", "/", True),
            ("/shop", "/shop", True),
            ("https://api.example.com/shop/", "/shop", True),
            ("https://api.example.com/v1", "/shop", False),
            ("https://api.example.com/v1", "/", False),
        ],
    )
    def test_servers_agree_with_the_base_path(self, tmp_path: Path, url: str, base: str, fits: bool) -> None:
        violations = found(tmp_path, document(servers=[{"url": url}]), base_path=base)
        assert [each.rule.startswith("names a server with the path") for each in violations] == [True] * (not fits)

    def test_variables_of_servers_have_their_defaults(self, tmp_path: Path) -> None:
        server = {
            "url": "https://{host}/{version}",
            "variables": {"host": {"default": "a"}, "version": {"default": "v1"}},
        }
        assert found(tmp_path, document(servers=[server]), base_path="/v1") == []

    def test_servers_of_one_operation_are_refused(self, tmp_path: Path) -> None:
        elsewhere = {**ANSWER, "servers": [{"url": "https://elsewhere.example.com"}]}
        violations = found(tmp_path, document({"/a": {"get": elsewhere}}))
        assert [each.rule.startswith("names servers of its own at GET /a") for each in violations] == [True]

    @pytest.mark.parametrize(
        ("apis", "exposure", "fits"),
        [
            (["/"], "public", True),
            (["/orders"], "public", True),
            (["/order"], "public", False),
            (["/orders/archive"], "public", False),
            (["/"], "private", False),
        ],
    )
    def test_a_public_gateway_group_serves_every_path(
        self, tmp_path: Path, apis: list[str], exposure: str, fits: bool
    ) -> None:
        (tmp_path / "a.yaml").write_text(yaml.safe_dump(document()))
        settings = stack(
            {"name": "a", "file": "a.yaml"},
            gateway_groups=[{"name": "one", "apis": apis, "exposure": exposure}],
        )
        violations = list(document_violations(settings, tmp_path, ApiType.HTTP))
        assert [each.path for each in violations] == ["edge.documents[0].base_path"] * (not fits)
