"""What a configuration file may say, and the one line that an operator gets where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.configuration import Configuration, DemoTable, EgpTable, ModelTable, OpenAITable
from app.generation.configuration_faults import ConfigurationError
from app.generation.parley_toml import parse_parley_toml

EXAMPLE = Path(__file__).parents[2] / "parley.example.toml"
LOCAL = "[backends.local]\nbase_url = 'http://127.0.0.1:9/v1'\n"
TWO = LOCAL + "[backends.demo]\nkind = 'demo'\n"


def parse(text: str, environment: Mapping[str, str] | None = None) -> Configuration:
    return parse_parley_toml(text, file="parley.toml", environment=environment or {}, undeclared={"demo": DemoTable()})


def fault(text: str, environment: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, environment)
    assert "\n" not in str(refused.value)
    return str(refused.value)


# What it may say


def test_the_example_is_usable_and_shows_every_key() -> None:
    text = EXAMPLE.read_text()
    configuration = parse(text, {"GRAYSWAN_API_KEY": "sk-1", "OPENAI_API_KEY": "sk-2"})
    assert configuration.backends["grayswan"] == OpenAITable(
        base_url="https://api.grayswan.ai/v1", api_key="sk-1", api_key_env="GRAYSWAN_API_KEY", data_role="data"
    )
    assert configuration.models["cygnet-llama-3"] == ModelTable(backend="grayswan", context_window=8192)
    assert configuration.aliases == {"cygnet": "cygnet-llama-3", "latest": "cygnet-llama-3"}
    assert configuration.default_model == "cygnet"
    keys = {key for table in (OpenAITable, EgpTable, DemoTable, ModelTable) for key in table.model_fields}
    assert [key for key in keys if f"{key} = " not in text] == []


def test_an_empty_file_leaves_everything_to_the_settings() -> None:
    assert parse("") == Configuration({"demo": DemoTable()})


def test_without_backends_the_models_are_those_of_the_settings_backend() -> None:
    configuration = parse("[models.x]\ncontext_window = 9\n[aliases]\ny = 'x'\n")
    assert configuration.models == {"x": ModelTable(backend="demo", context_window=9)}
    assert configuration.aliases == {"y": "x"}


def test_what_is_left_out_is_as_without_a_file() -> None:
    table = parse(LOCAL).backends["local"]
    assert isinstance(table, OpenAITable)
    assert table == OpenAITable(base_url="http://127.0.0.1:9/v1")
    assert (table.deadlines.first_token_seconds, table.retries.attempts) == (300, 3)


def test_deadlines_and_retries_are_the_backends_own() -> None:
    given = "connect_seconds = 1\nfirst_token_seconds = 2.5\nbetween_tokens_seconds = 3\n"
    table = parse(f"{LOCAL}{given}attempts = 1\nmax_retry_after_seconds = 0\n").backends["local"]
    assert isinstance(table, OpenAITable)
    deadlines, retries = table.deadlines, table.retries
    assert (deadlines.connect_seconds, deadlines.first_token_seconds, deadlines.between_tokens_seconds) == (1, 2.5, 3)
    assert (retries.attempts, retries.max_retry_after_seconds) == (1, 0)


def test_aliases_of_aliases_stand_for_the_model_at_the_end() -> None:
    aliases = parse(
        "[models.m]\n[aliases]\na = 'b'\nb = 'c'\nc = 'm'\n"
        "fast = 'demo-fast'\nagain = 'replay:msg_01h455vb4pex5vsknk084sn02q'\n"
    ).aliases
    assert aliases == {
        "a": "m",
        "b": "m",
        "c": "m",
        "fast": "demo-fast",
        "again": "replay:msg_01h455vb4pex5vsknk084sn02q",
    }


def test_the_key_of_openai_itself_is_where_everybody_keeps_it_and_goes_nowhere_else() -> None:
    backends = parse("[backends.openai]\n" + LOCAL, {"OPENAI_API_KEY": "sk-1\n"}).backends
    assert isinstance(backends["openai"], OpenAITable)
    assert isinstance(backends["local"], OpenAITable)
    assert (backends["openai"].api_key, backends["local"].api_key) == ("sk-1", None)


def test_keys_are_not_shown() -> None:
    configuration = parse(
        LOCAL + "api_key = 'sk-secret'\n[backends.b]\nkind='egp'\napi_key_env='K'\n", {"K": "sk-secret"}
    )
    assert "sk-secret" not in repr(configuration)


# What it may not say: keys and values


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("defualt_model = 'x'\n", '1: unknown key "defualt_model"; did you mean "default_model"?'),
        ("zzz = 1\n", '1: unknown key "zzz"; there is "backends", "models", "aliases", "default_model"'),
        (
            LOCAL + "\n[models.x]\n# modle\nbackend = 'local'\ncontext_windw = 9\n",
            '7: unknown key "context_windw" in [models.x]; did you mean "context_window"?',
        ),
        (LOCAL + "api_Key = 's'\n", '3: unknown key "api_Key" in [backends.local]; did you mean "api_key"?'),
        (
            "backends.local = { base_url = 'http://h',\n conect_seconds = 2 }".replace("\n", ""),
            '1: unknown key "conect_seconds" in [backends.local]; did you mean "connect_seconds"?',
        ),
        (
            "[backends.d]\nkind = 'demo'\nbase_url = 'http://h'\n",
            '3: unknown key "base_url" in [backends.d]; there is "kind", "words_per_second"',
        ),
        ("[backends.x]\nkind = 'OpenIA'\n", '2: kind of [backends.x] is "OpenIA"; did you mean "openai"?'),
        ("[backends.x]\nkind = 1\n", '2: kind of [backends.x] is 1; there is "openai", "egp", "demo"'),
        (
            "[backends.x]\nkind = 'replay'\n",
            '2: kind "replay" needs no backend: "replay:<message id>" is always a model',
        ),
        (
            LOCAL + "attempts = '3'\n",
            '3: attempts in [backends.local] must be a valid integer, not "3"',
        ),
        (LOCAL + "attempts = 0\n", "3: attempts in [backends.local] must be greater than or equal to 1, not 0"),
        (LOCAL + "list_models = 1\n", "3: list_models in [backends.local] must be a valid boolean, not 1"),
        (LOCAL + "connect_seconds = 0\n", "3: connect_seconds in [backends.local] must be greater than 0, not 0"),
        (LOCAL + "connect_seconds = nan\n", "3: connect_seconds in [backends.local] must be a finite number, not NaN"),
        (LOCAL + "data_role = 'tool'\n", "3: data_role in [backends.local] must be 'user' or 'data', not \"tool\""),
        (LOCAL + "api_key = 12345678\n", "3: api_key in [backends.local] must be a valid string"),
        (
            LOCAL + "api_key = 'sk-…'\n",
            "3: api_key in [backends.local] must be letters, digits and signs of ASCII, without spaces",
        ),
        (
            "[backends.x]\nbase_url = 'http://h/v 1'\n",
            '2: base_url in [backends.x] must have no spaces and no control characters, not "http://h/v 1"',
        ),
        (
            "[backends.x]\nbase_url = 'localhost:8080'\n",
            '2: base_url in [backends.x] must begin with http:// or https:// and a host, not "localhost:8080"',
        ),
        (
            "[backends.x]\nbase_url = 'https://h/v1/chat/completions/'\n",
            "2: base_url in [backends.x] must end before the endpoint's own path, as in https://api.openai.com/v1,"
            ' not "https://h/v1/chat/completions/"',
        ),
        ("[models.x]\ncontext_window = 8e3\n", "2: context_window in [models.x] must be a valid integer, not 8000.0"),
        ("[models.x]\nbackend = ''\n", '2: backend in [models.x] must have at least 1 character, not ""'),
        ("models = 3\n", "1: models must be a table: write [models] or [models.NAME]"),
        ("\n[[models]]\n", "2: models must be a table: write [models] or [models.NAME]"),
        ("[models]\nx = 'local'\n", '2: "x" in [models] must be a table: write [models.x]'),
        ("[aliases]\nx = 3\n", '2: alias "x" must be the name of a model, not 3'),
        ("\ndefault_model = ['x']\n", '2: default_model must be the name of a model, not ["x"]'),
        ("[models.'']\n", '1: [models.""] needs a name'),
    ],
)
def test_a_key_or_value_that_is_not_known_is_told_with_its_line(text: str, told: str) -> None:
    assert fault(text) == f"parley.toml:{told}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[models.llama-3.1-8b]\nbackend = 'x'\n", '1: a name with dots is written in quotes: [models."llama-3.1-8b"]'),
        ("[backends.a.b.c]\nkind = 'demo'\n", '1: a name with dots is written in quotes: [backends."a.b.c"]'),
        (
            "[models.gpt-4]\n[models.gpt-4.1]\nbackend = 'x'\ncontext_window = 3\n[models.o]\n",
            '1: a name with dots is written in quotes: [models."gpt-4.1"]',
        ),
        (
            "[models.gpt-4]\ncontext_window = 1\n[models.gpt-4.1]\ncontext_window = 3\n",
            '3: unknown table "1" in [models.gpt-4]; a name with dots is written in quotes: [models."gpt-4.1"]',
        ),
        ("[aliases]\n\ngpt-3.5 = 'x'\n", '3: a name with dots is written in quotes: "gpt-3.5" = …'),
    ],
)
def test_a_name_whose_dots_are_not_quoted_is_told_how_to_write_it(text: str, told: str) -> None:
    assert fault(text) == f"parley.toml:{told}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = 1\n[models\n", "2: not TOML: expected ']' at the end of a table declaration (column 8)"),
        ("a = \n", "1: not TOML: invalid value (column 5)"),
        ("a = 1\r\nb = \r\n", "2: not TOML: invalid value (column 5)"),
        ("\na = '''\n\n", "2: not TOML: "),
        ("[models.x]\n\n[models.x]\n", "3: [models.x] is declared twice"),
        ('[models."a.b"]\n[models."a.b"]\n', '2: [models."a.b"] is declared twice'),
        ("[aliases]\nx = 'a'\nx = 'b'\n", "3: this key is set twice"),
    ],
)
def test_a_mistake_in_the_syntax_is_told_with_its_line(text: str, told: str) -> None:
    assert fault(text).startswith(f"parley.toml:{told}")


def test_of_several_mistakes_the_topmost_is_told() -> None:
    assert fault("[models.b]\nx = 1\n[aliases]\na = 2\n[models.a]\nz = 1\n").startswith("parley.toml:2: ")


def test_one_that_is_nested_without_end_is_refused() -> None:
    assert fault("a = " + "[" * 100_000) == "parley.toml: is nested too deeply"


FRAGMENTS = (
    *(
        "[backends.a]",
        "[backends.b]",
        "[models.m]",
        "[models.n.1]",
        "[[models]]",
        "[aliases]",
        "[aliases.x]",
        "[backends]",
    ),
    *(
        "default_model = 'm'",
        "kind = 'egp'",
        "kind = 'demo'",
        "base_url = 'http://h'",
        "base_url = 3",
        "a = 'b'",
        "b = 'a'",
    ),
    *(
        "backend = 'a'",
        "backend.x = 1",
        "m = 'm'",
        "list_models = false",
        "api_key_env = 'K'",
        "'\\n' = \"\\n\"",
        "= 3",
    ),
)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("\n".join) | st.text(max_size=60))
def test_whatever_stands_in_it_there_is_a_configuration_or_one_line(text: str) -> None:
    told = ""
    try:
        parse(text)
    except ConfigurationError as error:
        told = str(error)
    assert re.fullmatch(r"(parley\.toml:[1-9][0-9]*: [^\n]+)?", told)


# What it may not say: references


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            TWO + "[models.x]\n\nbackend = 'lokal'\n",
            '7: backend "lokal" of [models.x] is not declared; did you mean "local"?',
        ),
        (
            TWO + "[models.x]\nbackend = 'zz'\n",
            '6: backend "zz" of [models.x] is not declared; there is "local", "demo"',
        ),
        (TWO + "[models.x]\n", '5: [models.x] needs the key "backend"'),
        (
            LOCAL + "list_models = false\n",
            "3: [backends.local] serves nothing: no model names it, and list_models is off",
        ),
        (
            LOCAL + "[models.cygnet-llama-3]\n[aliases]\ncygnet = 'cygnet-lama-3'\n",
            '5: "cygnet-lama-3", which alias "cygnet" stands for, is not declared; did you mean "cygnet-llama-3"?',
        ),
        (
            LOCAL + "[aliases]\na = 'b'\nb = 'nothing.like.it'\n",
            '5: "nothing.like.it", which alias "b" stands for, is not declared: add [models."nothing.like.it"]',
        ),
        (
            "[aliases]\na = 'replay:mine'\n",
            '2: "replay:mine", which alias "a" stands for, is not declared',
        ),
        ("[aliases]\na = 'a'\n", '2: alias "a" stands for itself: "a" → "a"'),
        (
            "[aliases]\nz = 'b'\na = 'c'\nb = 'a'\nc = 'b'\n",
            '3: alias "a" stands for itself: "a" → "c" → "b" → "a"',
        ),
        ("[models.x]\n[aliases]\nx = 'demo'\n", '3: alias "x" is the name of a model already'),
        ("[aliases]\ndemo = 'demo-fast'\n", '2: alias "demo" is the name of a model already'),
        ("[models.'replay:x']\n", '1: "replay:x" cannot be declared: replay:… plays stored replies again'),
        ("default_model = 'deom'\n", '1: default_model "deom" is not declared; did you mean "demo"?'),
        (
            LOCAL.replace("[backends", "default_model = 'gpt'\n[backends"),
            '1: default_model "gpt" is not declared: add [models.gpt]',
        ),
    ],
)
def test_what_refers_to_nothing_is_told_with_its_line(text: str, told: str) -> None:
    assert fault(text) == f"parley.toml:{told}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            LOCAL + "\napi_key_env = 'KEY_OF_MINE'\n",
            "4: [backends.local] needs KEY_OF_MINE, which the environment does",
        ),
        (LOCAL + "api_key_env = 'TWO'\n", "3: TWO, which [backends.local] needs, must be letters, digits and signs"),
        (LOCAL + "api_key_env = 'EMPTY'\n", "3: [backends.local] needs EMPTY, which the environment does not have"),
        (LOCAL + "api_key_env = 'A'\napi_key = 'sk-secret'\n", "4: [backends.local] has both api_key and api_key_env"),
        ("\n[backends.x]\n", "2: [backends.x] needs OPENAI_API_KEY, which the environment does not have"),
        ("\n[backends.x]\nkind = 'egp'\n", "2: [backends.x] needs api_key_env, the environment variable with its key"),
    ],
)
def test_a_key_that_is_not_to_be_had_is_told_with_its_line(text: str, told: str) -> None:
    message = fault(text, {"EMPTY": "", "TWO": "sk-secret sk-secret", "A": "sk-secret"})
    assert message.startswith(f"parley.toml:{told}")
    assert "sk-secret" not in message
