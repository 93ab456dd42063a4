"""What Prediction Guard's SDKs ask for before their first completion: `GET /completions`, the names of the models.

They take a 404 there for a wrong address, and refuse to go on. Their completions are OpenAI's.
"""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from app.api.identity import Identify
from app.api.rest.openai_errors import OpenAIRoute
from app.chat.completion import ModelCatalog


def prediction_guard_router(models: ModelCatalog, *, identify: Identify) -> APIRouter:
    router = APIRouter(route_class=OpenAIRoute, include_in_schema=False)

    # The SDK's address may end in /v1 or, as with Prediction Guard itself, before it.
    @router.get("/completions")
    @router.get("/v1/completions")
    async def list_names(request: Request) -> Response:
        await identify(request)
        return Response(orjson.dumps([each.id for each in await models.list()]), media_type="application/json")

    return router
