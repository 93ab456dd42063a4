"""`parley.toml` as a configuration, or as the one line that says what is wrong with it, and where. Does no I/O.

What is wrong is told in two rounds: first whether each key and value may stand where it stands, then whether what
refers to something refers to something that is there. Of several faults in a round, the topmost one is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from app.chat.errors import ModelNotFound
from app.generation.configuration import (
    BACKEND_TABLES,
    NO_KEY,
    BackendTable,
    Configuration,
    ModelTable,
    OpenAITable,
    Table,
    UpstreamTable,
    is_key,
)
from app.generation.configuration_faults import (
    Faults,
    alternatives,
    faults_of_table,
    parse_toml,
    quote,
    suggestion,
    table_name,
    unquoted_dots,
)
from app.generation.demo import DEMO_MODELS
from app.generation.replay import REPLAY_PREFIX, recorded_reply

SECTIONS: Final = ("backends", "models", "aliases")

OFFICIAL_KEYS: Final = {"openai": "OPENAI_API_KEY"}
"""Of backends without a URL: where everybody keeps the key for the kind's own service. Sent nowhere else."""

_T = TypeVar("_T", bound=Table)


def parse_parley_toml(
    text: str, *, file: str, environment: Mapping[str, str], undeclared: Mapping[str, BackendTable]
) -> Configuration:
    """Args:
        file: what messages call it.
        environment: where keys are looked up.
        undeclared: the backends where the file declares none.

    Raises:
        ConfigurationError: names the file, the line, and what was probably meant.
    """
    document, faults = parse_toml(text, file)
    reader = _Reader(document, faults)
    backends = reader.backends() or dict(undeclared)
    models = reader.models(backends)
    aliases = reader.aliases()
    default_model = reader.default_model()
    faults.raise_first()

    references = _References(faults, backends, models, aliases)
    references.check_backends()
    references.check_names()
    backends = {name: references.with_key(name, table, environment) for name, table in backends.items()}
    aliases = {alias: references.model_of(alias) for alias in aliases}
    if default_model is not None:
        references.check_default(default_model)
    faults.raise_first()
    return Configuration(backends, models, aliases, default_model)


class _Reader:
    """The first round: each table for itself."""

    def __init__(self, document: Mapping[str, Any], faults: Faults) -> None:
        self._document = document
        self._faults = faults
        known = (*SECTIONS, "default_model")
        for key in document.keys() - set(known):
            faults.add((key,), f"unknown key {quote(key)}{alternatives(key, known)}")

    def backends(self) -> dict[str, BackendTable]:
        tables: dict[str, BackendTable] = {}
        for name, values in self._tables("backends"):
            kind = values.get("kind", "openai")
            table = BACKEND_TABLES.get(kind) if isinstance(kind, str) else None
            if table is None:
                self._faults.add(("backends", name, "kind"), _kind_fault(name, kind))
            elif read := self._read(table, ("backends", name), values):
                tables[name] = read
        return tables

    def models(self, backends: Mapping[str, BackendTable]) -> dict[str, ModelTable]:
        """Where there is but one backend, a model need not name it."""
        only = {"backend": next(iter(backends))} if len(backends) == 1 else {}
        return {
            name: read
            for name, values in self._tables("models")
            if (read := self._read(ModelTable, ("models", name), {**only, **values}))
        }

    def aliases(self) -> dict[str, str]:
        aliases = {}
        for alias, target in self._section("aliases").items():
            path = ("aliases", alias)
            if dotted := unquoted_dots(alias, target, leaf=str):
                self._faults.add(path, f"a name with dots is written in quotes: {quote(dotted)} = …")
            elif not isinstance(target, str) or not target or not alias:
                self._faults.add(path, f"alias {quote(alias)} must be the name of a model, not {quote(target)}")
            else:
                aliases[alias] = target
        return aliases

    def default_model(self) -> str | None:
        name = self._document.get("default_model")
        if name is not None and (not isinstance(name, str) or not name):
            self._faults.add(("default_model",), f"default_model must be the name of a model, not {quote(name)}")
            return None
        return name

    def _section(self, section: str) -> Mapping[str, Any]:
        values = self._document.get(section, {})
        if isinstance(values, dict):
            return values
        self._faults.add((section,), f"{section} must be a table: write [{section}] or [{section}.NAME]")
        return {}

    def _tables(self, section: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
        for name, values in self._section(section).items():
            path = (section, name)
            if not isinstance(values, dict):
                self._faults.add(path, f"{quote(name)} in [{section}] must be a table: write {table_name(path)}")
            elif dotted := unquoted_dots(name, values, leaf=dict):
                self._faults.add(path, f"a name with dots is written in quotes: {table_name((section, dotted))}")
            elif not name:
                self._faults.add(path, f"{table_name(path)} needs a name")
            else:
                yield name, values

    def _read(self, table: type[_T], path: tuple[str, str], values: Mapping[str, Any]) -> _T | None:
        try:
            return table.model_validate(values)
        except ValidationError as error:
            for key, problem in faults_of_table(error, path, table.model_fields):
                self._faults.add((*path, key), problem)
            return None


class _References:
    """The second round: what the tables say of each other and of the world."""

    def __init__(
        self,
        faults: Faults,
        backends: Mapping[str, BackendTable],
        models: Mapping[str, ModelTable],
        aliases: Mapping[str, str],
    ) -> None:
        self._faults = faults
        self._backends = backends
        self._models = models
        self._aliases = aliases
        demo = DEMO_MODELS if any(table.kind == "demo" for table in backends.values()) else ()
        self._known_models = {*models, *demo}

    def check_backends(self) -> None:
        """That each model has one and each has a model."""
        for name, model in self._models.items():
            if model.backend not in self._backends:
                problem = f"backend {quote(model.backend)} of {table_name(('models', name))} is not declared"
                self._faults.add(("models", name, "backend"), problem + alternatives(model.backend, self._backends))
        serving = {model.backend for model in self._models.values()}
        for name, table in self._backends.items():
            if isinstance(table, OpenAITable) and not table.list_models and name not in serving:
                problem = f"{table_name(('backends', name))} serves nothing: no model names it, and list_models is off"
                self._faults.add(("backends", name, "list_models"), problem)

    def check_names(self) -> None:
        """That no two things have the same name."""
        for section, names in (("models", self._models), ("aliases", self._aliases)):
            for name in names:
                if name.startswith(REPLAY_PREFIX):
                    problem = f"{quote(name)} cannot be declared: {REPLAY_PREFIX}… plays stored replies again"
                    self._faults.add((section, name), problem)
        for alias in self._aliases.keys() & self._known_models:
            self._faults.add(("aliases", alias), f"alias {quote(alias)} is the name of a model already")

    def with_key(self, name: str, table: BackendTable, environment: Mapping[str, str]) -> BackendTable:
        """The backend with its key, wherever that is; one that settings made has it already."""
        path = ("backends", name)
        if not isinstance(table, UpstreamTable) or path not in self._faults.lines:
            return table
        named = table_name(path)
        if table.api_key and table.api_key_env:
            self._faults.add((*path, "api_key"), f"{named} has both api_key and api_key_env: keep one")
        variable = table.api_key_env
        if not variable and table.base_url is None and not table.api_key:
            variable = OFFICIAL_KEYS.get(table.kind)
            if variable is None:
                self._faults.add(path, f"{named} needs api_key_env, the environment variable with its key")
        if variable is None:
            return table
        key = environment.get(variable, "").strip()
        if not key:
            self._faults.add((*path, "api_key_env"), f"{named} needs {variable}, which the environment does not have")
        elif not is_key(key):
            self._faults.add((*path, "api_key_env"), f"{variable}, which {named} needs, {NO_KEY}")
        return table.model_copy(update={"api_key": key})

    def model_of(self, alias: str) -> str:
        """The model at the end of the chain of aliases; the alias itself where there is none."""
        chain = [alias]
        while (target := self._aliases[chain[-1]]) in self._aliases:
            if target in chain:
                if target == alias:  # the others on the way to a cycle need not be told of it as well
                    loop = " → ".join(map(quote, [*chain, target]))
                    self._faults.add(("aliases", alias), f"alias {quote(alias)} stands for itself: {loop}")
                return alias
            chain.append(target)
        if target not in self._known_models and not _is_recorded_reply(target):
            problem = f"{quote(target)}, which alias {quote(chain[-1])} stands for, is not declared"
            self._faults.add(("aliases", chain[-1]), problem + self._instead(target))
        return target

    def check_default(self, name: str) -> None:
        if name not in self._known_models and name not in self._aliases:
            self._faults.add(("default_model",), f"default_model {quote(name)} is not declared{self._instead(name)}")

    def _instead(self, name: str) -> str:
        known = self._known_models | self._aliases.keys()
        add = "" if name.startswith(REPLAY_PREFIX) else f": add {table_name(('models', name))}"
        return suggestion(name, known) or add


def _is_recorded_reply(name: str) -> bool:
    try:
        recorded_reply(name)
    except ModelNotFound:
        return False
    return True


def _kind_fault(name: str, kind: object) -> str:
    if kind == "replay":
        return f'kind "replay" needs no backend: "{REPLAY_PREFIX}<message id>" is always a model'
    problem = f"kind of {table_name(('backends', name))} is {quote(kind)}"
    return problem + alternatives(str(kind), BACKEND_TABLES)
