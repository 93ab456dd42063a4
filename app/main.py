"""The composition root: builds every part of the service and connects them. Importing it opens nothing."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from http import HTTPStatus
from typing import Self

from starlette.types import ASGIApp

from app.api.graphql import GraphQLRouter, graphql_router
from app.api.graphql.persisted_documents.documents import PersistedDocuments
from app.api.graphql.persisted_documents.manifest import ManifestError, read_manifest
from app.api.graphql.policy import Policy
from app.api.host import LocalNamesOnly
from app.api.identity import Identify, identity_by_key, local_identity
from app.api.method_not_allowed import method_not_allowed
from app.api.rate_limits import Allowances, KeyLimits
from app.api.rest.health import Check, health_router
from app.api.rest.openapi import DocumentedAPI
from app.api.rest.router import RestRouter, rest_router
from app.chat.errors import ShuttingDown
from app.chat.key_verification import KeyVerifier
from app.chat.service import build_chat
from app.generation.configuration import Configuration, backend_of_settings
from app.generation.configuration_file import read_configuration
from app.generation.environment_proxies import check_proxies
from app.generation.registry import build_catalog
from app.generation.replay import ReplayBackend
from app.listening import is_loopback
from app.log.delta_log import DeltaLog
from app.log.recording import RecordingReader
from app.settings import Settings, SettingsError, read_environment
from app.storage.client import Database
from app.storage.connection_url import without_prisma_arguments
from app.storage.keys import PrismaKeys
from app.storage.migrate import migrate_deploy, pending_migrations
from app.storage.records import PrismaRecords
from app.storage.search_index import indexing
from app.web.chat import chat_routes
from app.web.playground import playground_response, playground_routes
from app.web.swagger import swagger_routes

logger = logging.getLogger("parley")

LAST_BEGIN_SECONDS = 0.5
"""How long posts that are just being committed have to be, even when there is no grace."""
MIGRATIONS_KNOWN_SECONDS = 30.0
LAST_EVENTS_SECONDS = 0.5
"""How long subscribers have to take the end of their replies, once all replies have one."""


class Parley:
    """The running service.

    Args:
        database_url: of PostgreSQL, as Prisma takes it.
        configuration: as of `configured`, which is asked if it is left out.
        documents: as of `listed_documents`, likewise.
    """

    def __init__(
        self,
        settings: Settings,
        database_url: str,
        configuration: Configuration | None = None,
        documents: PersistedDocuments | None = None,
    ) -> None:
        self._settings = settings
        self._url = database_url
        self._database = Database(database_url)
        self._keys = PrismaKeys(self._database)
        self._wants_keys = wants_keys(settings)
        self._log = DeltaLog(
            without_prisma_arguments(database_url),
            lease_seconds=settings.lease_seconds,
            retention=settings.log_retention,
        )
        self._recordings = RecordingReader(without_prisma_arguments(database_url))
        self._catalog = build_catalog(
            configuration or configured(settings),
            default_model=settings.default_model,
            demo_words_per_second=settings.demo_words_per_second,
            replay=ReplayBackend(self._recordings),
        )
        self.chat, self._runner = build_chat(
            PrismaRecords(self._database), self._log, self._catalog, auto_titles=settings.auto_titles
        )
        self._draining = False
        self._migrated_until = 0.0
        identify = self._identify()
        self.rest: RestRouter = rest_router(self.chat, identify=identify)
        self.graphql: GraphQLRouter = graphql_router(
            self.chat,
            identify=identify,
            playground=playground_response,
            policy=Policy(documents or listed_documents(settings), introspection=settings.introspection),
        )

    async def __aenter__(self) -> Self:
        """Raises:
        MigrationError, StorageUnavailable, EngineUnavailableError: the database or its engine is not to be had.
        SettingsError: others can connect, and there is no key yet to tell them apart by.
        """
        async with AsyncExitStack() as opened:
            if applied := await migrate_deploy(self._url):
                logger.info("migrations applied", extra={"migrations": applied})
            opened.push_async_callback(self._catalog.close)
            await self._database.connect()
            opened.push_async_callback(self._database.disconnect)
            await opened.enter_async_context(indexing(self._database))
            await self._look_for_keys()
            await self._log.start()
            opened.push_async_callback(self._log.close)
            opened.push_async_callback(self._recordings.close)
            self._opened = opened.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self._draining:
            await self.drain(0)
        await self._opened.aclose()

    async def drain(self, grace_seconds: float) -> None:
        """Refuses new posts, lets replies finish within the grace period, and ends the rest INTERRUPTED.

        Returns when every reply has its end and subscribers have been told. May be called again to hurry.
        """
        self._draining = True
        replies = len(list(self._runner.in_hand))
        logger.info(
            "stopping; a second signal ends at once what still runs",
            extra={"replies": replies, "grace_seconds": grace_seconds},
        )
        self.chat.turns.close()
        clock = asyncio.get_running_loop().time
        deadline = clock() + grace_seconds
        with suppress(TimeoutError):
            await asyncio.wait_for(self.chat.turns.settle(), max(grace_seconds, LAST_BEGIN_SECONDS))
        left = max(0.0, deadline - clock())
        await asyncio.gather(self._runner.drain(left), self.rest.in_flight.drain(left))
        await self.graphql.drain(LAST_EVENTS_SECONDS)

    def app(self) -> ASGIApp:
        """The ASGI application.

        Raises:
            NotBuiltError: the web pages have not been built.
        """
        app = DocumentedAPI(
            wants_keys=self._wants_keys, routes=[*chat_routes(), *playground_routes(), *swagger_routes()]
        )
        app.include_router(self.rest)
        app.include_router(health_router(self._checks))
        app.add_exception_handler(HTTPStatus.METHOD_NOT_ALLOWED, method_not_allowed)
        served = self.graphql.added_to(app)
        if self._settings.auth == "auto" and not self._wants_keys:
            return LocalNamesOnly(served, names=[self._settings.host])
        return served

    def _identify(self) -> Identify:
        if not self._wants_keys:
            return local_identity
        given = self._settings
        limits = KeyLimits(given.key_requests_per_second, given.key_burst, given.key_sockets)
        return identity_by_key(KeyVerifier(self._keys), Allowances(limits))

    async def _look_for_keys(self) -> None:
        if not self._wants_keys or await self._keys.any():
            return
        if self._settings.auth == "keys":
            logger.warning("keys are required, and there is none yet: `parley keys create NAME` makes one")
            return
        raise SettingsError(
            f"PARLEY_HOST={self._settings.host} lets others connect, and there is no key to tell them by: "
            "make one with `parley keys create NAME`, bind to 127.0.0.1, or let everybody in with PARLEY_AUTH=open"
        )

    @property
    def _checks(self) -> dict[str, Check]:
        return {
            "serving": self._check_serving,
            "database": self._log.check,
            "engine": self._check_engine,
            "migrations": self._check_migrations,
        }

    async def _check_serving(self) -> None:
        if self._draining:
            raise ShuttingDown

    async def _check_engine(self) -> None:
        await self._database.query_raw("SELECT 1")

    async def _check_migrations(self) -> None:
        """Asks seldom: it takes a connection of its own."""
        now = asyncio.get_running_loop().time()
        if now < self._migrated_until:
            return
        if pending := await pending_migrations(self._url):
            raise RuntimeError(f"not applied: {', '.join(pending)}")
        self._migrated_until = now + MIGRATIONS_KNOWN_SECONDS


def configured(settings: Settings) -> Configuration:
    """Who answers: by `parley.toml`, else by the settings.

    Raises:
        ConfigurationError: says in one line what is wrong.
    """
    by_settings = backend_of_settings(openai_api_key=settings.openai_api_key, openai_base_url=settings.openai_base_url)
    configuration = read_configuration(settings.config, environment=read_environment(), undeclared=by_settings)
    if configuration.asks_others:
        check_proxies()
    return configuration


def listed_documents(settings: Settings) -> PersistedDocuments:
    """The GraphQL documents that clients may name.

    Raises:
        SettingsError: the file that lists them is not usable; names the document at fault.
    """
    path = settings.documents
    if path is None:
        if settings.documents_only:
            raise SettingsError("PARLEY_DOCUMENTS_ONLY=true: PARLEY_DOCUMENTS has to name the file that lists them")
        return PersistedDocuments()
    try:
        listed = read_manifest(path.read_text("utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"PARLEY_DOCUMENTS={path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"PARLEY_DOCUMENTS={path}: is not UTF-8") from None
    except ManifestError as error:
        raise SettingsError(f"PARLEY_DOCUMENTS={path}: {error}") from None
    return PersistedDocuments(listed, only=settings.documents_only)


def wants_keys(settings: Settings) -> bool:
    """Whether callers have to show a key: where `auto` decides, if others than this machine can connect.

    Raises:
        ListenError: there is no such address.
    """
    return settings.auth == "keys" or (settings.auth == "auto" and not is_loopback(settings.host))
