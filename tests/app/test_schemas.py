"""The wire schemas agree with the pipeline's records and with the examples in the OpenAPI document."""

from __future__ import annotations

from dataclasses import asdict, fields

import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError

from app import examples
from app.schemas import (
    ConfigIn,
    IOTestIn,
    JobOut,
    PredictConfigIn,
    PredictIn,
    PredictionOut,
    ProblemIn,
    RequestProblem,
    SolveIn,
)
from workers.pipeline.config import PipelineConfig
from workers.pipeline.types import IOTest, Problem
from workers.wire import LIMITS


def names(record: type) -> set[str]:
    return {field.name for field in fields(record)}


def test_requests_have_the_fields_of_the_records() -> None:
    assert set(ProblemIn.model_fields) == names(Problem)
    assert set(IOTestIn.model_fields) == names(IOTest)
    assert set(ConfigIn.model_fields) == names(PipelineConfig)


def test_the_defaults_are_the_pipelines() -> None:
    assert ConfigIn().model_dump() == asdict(PipelineConfig())
    statement = "Add."
    assert ProblemIn(statement=statement, io="stdio").model_dump() == asdict(Problem(statement, io="stdio")) | {
        "public_tests": []
    }


def test_a_request_becomes_a_problem() -> None:
    body = SolveIn.model_validate(examples.SOLVE).model_dump()
    problem = TypeAdapter(Problem).validate_python(body["problem"])
    assert problem.public_tests[0] == IOTest("[1, 2, 3, 4]", "20")


def test_a_prediction_without_a_config_is_made_as_the_pipeline_does_by_default() -> None:
    plain = PredictIn(code="print(1)", input="", io="stdio")
    for body in (plain, PredictIn(code="print(1)", input="", io="stdio", config=PredictConfigIn())):
        config = body.model_dump()["config"]
        assert set(config) == {"votes", "voting", "seed", "vote_temperature", "top_p", "max_narrative_tokens"}
        assert TypeAdapter(PipelineConfig).validate_python(config) == PipelineConfig()


@pytest.mark.parametrize("config", [ConfigIn, PredictConfigIn])
def test_both_configs_have_the_same_limits(config: type[PredictConfigIn]) -> None:
    most = {"votes": LIMITS.votes, "seed": LIMITS.seed, "max_narrative_tokens": LIMITS.narrative_tokens}
    least = {"votes": 1, "seed": 0, "max_narrative_tokens": 1}
    assert config.model_validate(most).model_dump().items() >= most.items()
    assert config.model_validate(least).model_dump().items() >= least.items()
    for beyond in [{name: value + 1} for name, value in most.items()] + [{n: v - 1} for n, v in least.items()]:
        with pytest.raises(ValidationError):
            config.model_validate(beyond)


def test_the_examples_are_valid() -> None:
    SolveIn.model_validate(examples.SOLVE_STDIO)
    PredictIn.model_validate(examples.PREDICT)
    PredictionOut.model_validate(examples.PREDICTION)
    JobOut.model_validate(examples.JOB)
    RequestProblem.model_validate(examples.PROBLEM)


def test_the_openapi_document_shows_examples_and_problems(application: FastAPI) -> None:
    paths = application.openapi()["paths"]
    assert set(paths) == {
        "/solve", "/predict-output", "/jobs/{job_id}", "/jobs/{job_id}/cancel", "/healthz", "/readyz", "/metrics"
    }  # fmt: skip
    for path in ("/solve", "/predict-output"):
        post = paths[path]["post"]
        assert post["requestBody"]["content"]["application/json"]["examples"]
        assert {"202", "400", "408", "413", "415", "422", "429", "503"} <= post["responses"].keys()
        assert "application/problem+json" in post["responses"]["429"]["content"]
    assert {"409", "500", "502", "504"} <= paths["/predict-output"]["post"]["responses"].keys()
    for path, method in (("/jobs/{job_id}", "get"), ("/jobs/{job_id}/cancel", "post")):
        responses = paths[path][method]["responses"]
        assert {"404", "422", "503"} <= responses.keys()
        assert all("application/problem+json" in responses[status]["content"] for status in ("404", "422", "503"))
    assert paths["/predict-output"]["post"]["responses"]["200"]["content"]["application/json"]["example"]


def test_the_openapi_document_shows_what_a_prediction_may_be_told(application: FastAPI) -> None:
    schemas = application.openapi()["components"]["schemas"]
    assert schemas["PredictIn"]["properties"]["config"]["$ref"] == "#/components/schemas/PredictConfigIn"
    assert "config" not in schemas["PredictIn"]["required"]
    config = schemas["PredictConfigIn"]
    assert config["additionalProperties"] is False
    tokens = config["properties"]["max_narrative_tokens"]
    assert (tokens["minimum"], tokens["maximum"], tokens["default"]) == (
        1, LIMITS.narrative_tokens, PipelineConfig().max_narrative_tokens
    )  # fmt: skip
