from pathlib import Path

import pytest

from deskapp import config


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith(config.PREFIX)]:
        monkeypatch.delenv(name)


def test_the_defaults_start_a_desk_in_the_instance_folder() -> None:
    settings = config.load()
    assert settings.engine_url.endswith("/instance/desk.sqlite")
    assert settings.models_folder == Path("instance/models")


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DESKAPP_INSTANCE", str(tmp_path))
    monkeypatch.setenv("DESKAPP_PORT", "9000")
    settings = config.load()
    assert (settings.instance, settings.port) == (tmp_path, 9000)


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_production_refuses_a_missing_or_short_secret(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("DESKAPP_PRODUCTION", "1")
    monkeypatch.setenv("DESKAPP_SECRET_KEY", secret)
    with pytest.raises(config.BadSettings, match="32 random characters"):
        config.load()


def test_production_refuses_a_setting_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKAPP_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("DESKAPP_PROT", "9000")
    config.load()
    monkeypatch.setenv("DESKAPP_PRODUCTION", "1")
    with pytest.raises(config.BadSettings, match="DESKAPP_PROT"):
        config.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "0"), ("PORT", "many"), ("CURRENCY", "dollars"), ("ZONE", "Mars/Base"), ("WORKERS", "4")],
)
def test_a_setting_that_cannot_work_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"DESKAPP_{name}", value)
    with pytest.raises(config.BadSettings, match=name.lower()):
        config.load()


def test_only_exact_https_origins_may_frame_the_desk_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKAPP_PRODUCTION", "1")
    monkeypatch.setenv("DESKAPP_SECRET_KEY", "s" * 40)
    for bad in ("https://*.example.com", "http://crm.example.com", "*"):
        monkeypatch.setenv("DESKAPP_FRAME_ANCESTORS", bad)
        with pytest.raises(config.BadSettings, match="frame_ancestors"):
            config.load()


def test_the_secret_is_made_once_and_kept_from_other_eyes(tmp_path: Path) -> None:
    settings = config.load(instance=tmp_path / "instance")
    assert settings.signing_key() == settings.signing_key()
    assert (tmp_path / "instance" / "secret").stat().st_mode & 0o077 == 0


def test_a_secret_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKAPP_SECRET_KEY", "canary" * 10)
    assert "canary" not in repr(config.load())
