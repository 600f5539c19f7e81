"""The contract document, and that the sandbox has all of it and nothing besides."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from sandbox import contract
from tests.sandbox.investor import POLICY, Investor
from tests.sandbox.person import PATHS, Integrator

OPERATIONS = contract.load().operations


def test_the_document_is_valid_openapi():
    document = contract.load().document
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_sandbox_shows_the_contract_with_its_own_address():
    shown = Integrator().home.get("/openapi.json").json()
    assert [server["url"] for server in shown["servers"]] == ["http://bluum.test/v1"]
    assert shown["paths"].keys() == PATHS.keys()


def test_every_operation_has_an_endpoint_and_every_endpoint_an_operation():
    served = {
        (method, rule.rule.removeprefix("/v1").replace("<", "{").replace(">", "}"))
        for rule in Integrator().app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1/")
    }
    assert served == set(OPERATIONS)
    assert len(served) == 113


def examples(content: dict) -> list:
    kept = [each["value"] for each in content.get("examples", {}).values()]
    return [*kept, content["example"]] if "example" in content else kept


def test_the_contract_accepts_its_own_examples():
    for (method, path), operation in OPERATIONS.items():
        source = PATHS[path][method.lower()]
        for media_type, content in source.get("requestBody", {}).get("content", {}).items():
            for example in examples(content) if media_type == "application/json" else []:
                operation.check_body(example)
        for status, answer in source["responses"].items():
            for example in examples(answer.get("content", {}).get("application/json", {})):
                operation.check_answer(int(status), example)


@pytest.mark.parametrize(
    ("status", "value", "media_type"),
    [
        (200, {"accounts": []}, "application/json"),
        (200, [], "text/html"),
        (204, b"", ""),
        (422, {"code": "BLUM-422-001", "message": "No."}, "application/json"),
    ],
)
def test_an_answer_the_contract_does_not_know_is_found(status, value, media_type):
    with pytest.raises(AssertionError):
        OPERATIONS["GET", "/accounts"].check_answer(status, value, media_type)


@pytest.mark.parametrize("text", ["١٢.00", "12.00\n", "1e3", "NaN"])
def test_a_pattern_means_what_it_means_in_javascript(text):
    maya = Investor()
    assert maya.deposit(maya.account, text, maya.bank).json()["code"] == "BLUM-400-005"


def test_both_names_of_an_endpoint_answer_alike():
    maya = Investor()
    lists = [maya.api.get(path, params={"limit": 3}) for path in ("/assets", "/assets/list")]
    assert lists[0].json() == lists[1].json()
    changed = {**POLICY, "time_horizon": {"years": 20, "category": "long_term"}}
    made = maya.api.post(f"{maya.wealth}/investment-policy", json=changed)
    put = maya.api.put(f"{maya.wealth}/investment-policy", json=changed)
    assert (made.status_code, put.status_code) == (201, 200)
    assert made.json().keys() == put.json().keys()
    assert put.json()["version"] == made.json()["version"] + 1


def test_linked_banks_are_listed_in_both_documented_shapes():
    us = Integrator()
    account, source = us.account_with_bank()
    answer = us.api.get(f"/accounts/{account}/funding-sources", params={"type": "all"}).json()
    flat = answer["data"]["funding_sources"]
    grouped = [row["id"] for item in answer["data"]["items"] for row in item["accounts"]]
    assert [row["id"] for row in flat] == grouped
    assert source in grouped
