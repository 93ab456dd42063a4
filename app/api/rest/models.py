"""`GET /v1/models` and `GET /v1/models/{id}`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from app.api.identity import Identify
from app.api.rest.openai_errors import OpenAIRoute
from app.api.rest.openapi_objects import ModelList, ModelObject
from app.api.rest.openapi_responses import answers, refusals
from app.chat.completion import Model, ModelCatalog
from app.chat.errors import ModelNotFound


def models_router(models: ModelCatalog, *, identify: Identify) -> APIRouter:
    router = APIRouter(route_class=OpenAIRoute, tags=["models"])

    @router.get(
        "/v1/models",
        summary="List the models",
        response_class=Response,
        responses=answers(ModelList, "Every model that can be asked now."),
    )
    async def list_models(request: Request) -> Response:
        await identify(request)
        return _json({"object": "list", "data": [_model(each) for each in await models.list()]})

    # A path, since names such as `meta-llama/Llama-3.1-8B` have slashes.
    @router.get(
        "/v1/models/{model:path}",
        summary="Describe a model",
        response_class=Response,
        responses={**answers(ModelObject, "The model."), **refusals(HTTPStatus.NOT_FOUND)},
    )
    async def retrieve_model(model: str, request: Request) -> Response:
        await identify(request)
        for each in await models.list():
            if each.id == model:
                return _json(_model(each))
        raise ModelNotFound(model)

    return router


def _model(model: Model) -> dict[str, Any]:
    """`created` is a required integer in OpenAI's shape, and not known of any model here."""
    head = {"id": model.id, "object": "model", "created": 0, "owned_by": model.owned_by}
    extras = {"context_window": model.context_window, "alias_of": model.alias_of}
    return {**head, **{name: value for name, value in extras.items() if value is not None}}


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
