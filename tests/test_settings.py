from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings, SettingsError, read_environment, read_settings

UNSET = ("PARLEY_", "OPENAI_", "DATABASE_URL")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty working directory, and nothing set."""
    for name in list(os.environ):
        if name.upper().startswith(UNSET):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_with_nothing_set_it_serves_this_machine_only_from_an_embedded_database() -> None:
    settings = read_settings()
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8000, Path(".parley"))
    assert (settings.database_url, settings.openai_api_key, settings.openai_base_url) == (None, None, None)
    assert (settings.auth, settings.config, settings.workers) == ("auto", None, 1)
    assert (settings.documents, settings.documents_only, settings.introspection) == (None, False, True)


def test_what_is_set_in_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "PARLEY_HOST": "0.0.0.0",
        "PARLEY_PORT": "0",
        "PARLEY_DATA_DIR": "/data",
        "PARLEY_CONFIG": "/etc/parley.toml",
        "PARLEY_DEFAULT_MODEL": "m",
        "PARLEY_DOCUMENTS": "documents.json",
        "PARLEY_DOCUMENTS_ONLY": "true",
        "PARLEY_INTROSPECTION": "false",
        "DATABASE_URL": "postgresql://there/db",
        "OPENAI_API_KEY": "sk-secret",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert (settings.host, settings.port, settings.data_dir) == ("0.0.0.0", 0, Path("/data"))
    assert (settings.default_model, settings.database_url) == ("m", "postgresql://there/db")
    assert settings.config == Path("/etc/parley.toml")
    assert (settings.documents, settings.documents_only) == (Path("documents.json"), True)
    assert settings.introspection is False
    assert (settings.openai_api_key, settings.openai_base_url) == ("sk-secret", "http://127.0.0.1:9/v1")


def test_a_dotenv_file_is_read_and_the_environment_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("PARLEY_PORT=8001\nPARLEY_HOST=::1\nDATABASE_URL=postgresql:///x\nSOMEBODY_ELSES=1\n")
    monkeypatch.setenv("PARLEY_PORT", "8002")
    settings = read_settings()
    assert (settings.port, settings.host, settings.database_url) == (8002, "::1", "postgresql:///x")


def test_keys_are_found_in_a_dotenv_file_and_in_the_environment_which_wins(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_environment().get("KEY_OF_MINE") is None
    (folder / ".env").write_text("KEY_OF_MINE=sk-file\nOTHER_KEY='sk other'\nNO_VALUE\n")
    assert (read_environment()["KEY_OF_MINE"], read_environment()["OTHER_KEY"]) == ("sk-file", "sk other")
    assert "NO_VALUE" not in read_environment()
    monkeypatch.setenv("KEY_OF_MINE", "sk-environment")
    assert read_environment()["KEY_OF_MINE"] == "sk-environment"


def test_a_key_that_is_set_to_nothing_does_not_hide_the_one_in_a_dotenv_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("KEY_OF_MINE=sk-file\n")
    monkeypatch.setenv("KEY_OF_MINE", "")
    assert read_environment()["KEY_OF_MINE"] == "sk-file"


def test_what_is_set_to_nothing_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "PARLEY_PORT", "PARLEY_DEFAULT_MODEL"):
        monkeypatch.setenv(name, "")
    settings = read_settings()
    assert (settings.database_url, settings.openai_api_key, settings.port) == (None, None, 8000)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PARLEY_PORT", "http"),
        ("PARLEY_PORT", "-1"),
        ("PARLEY_PORT", "65536"),
        ("PARLEY_WORKERS", "0"),
        ("PARLEY_WORKERS", "many"),
        ("PARLEY_AUTH", "maybe"),
        ("PARLEY_KEY_REQUESTS_PER_SECOND", "0"),
        ("PARLEY_KEY_REQUESTS_PER_SECOND", "inf"),
        ("PARLEY_KEY_BURST", "0"),
        ("PARLEY_KEY_SOCKETS", "0"),
        ("PARLEY_DOCUMENTS_ONLY", "perhaps"),
        ("PARLEY_INTROSPECTION", "perhaps"),
        ("PARLEY_LOG_FORMAT", "xml"),
        ("PARLEY_LOG_LEVEL", "loud"),
        ("PARLEY_GRACE_SECONDS", "-0.1"),
        ("PARLEY_GRACE_SECONDS", "3600.1"),
        ("PARLEY_GRACE_SECONDS", "nan"),
        ("PARLEY_LEASE_SECONDS", "0.9"),
        ("PARLEY_LEASE_SECONDS", "inf"),
    ],
)
def test_a_value_that_is_not_usable_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert str(refused.value).startswith(f"{variable}={value!r}: ")
    assert "\n" not in str(refused.value)


def test_a_dotenv_file_that_is_no_text_is_named(folder: Path) -> None:
    (folder / ".env").write_bytes(b"PARLEY_HOST=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read"):
        read_settings()


def test_settings_do_not_change_and_do_not_show_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hunter2@there/db")
    settings: Settings = read_settings()
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]  # that is the point
    assert "secret" not in repr(settings)
    assert "hunter2" not in repr(settings)
