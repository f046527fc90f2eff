import os
from pathlib import Path

import pytest

from deskapp import config


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
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
@pytest.mark.asvs(31)
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
    [("PORT", "0"), ("PORT", "many"), ("CURRENCY", "dollars"), ("ZONE", "Mars/Base"), ("WORKERS", "65")],
)
def test_a_setting_that_cannot_work_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"DESKAPP_{name}", value)
    with pytest.raises(config.BadSettings, match=name.lower()):
        config.load()


def test_one_process_serves_unless_more_are_asked_for_on_either_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config.load().workers == 1
    monkeypatch.setenv("DESKAPP_WORKERS", "2")
    assert config.load().workers == 2
    monkeypatch.setenv("DESKAPP_DATABASE_URL", "postgresql+psycopg://localhost/desk")
    assert config.load().workers == 2


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


@pytest.mark.asvs(31)
def test_a_secret_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKAPP_SECRET_KEY", "canary" * 10)
    assert "canary" not in repr(config.load())


# --- what goes out --------------------------------------------------------------------------------------------------

WAYS_OUT = {
    "DESKAPP_PUBLIC_URL": "https://desk.example.com",
    "DESKAPP_MAIL_URL": "smtp://desk:canary@mail.example.com:587",
    "DESKAPP_MAIL_FROM": "Corner & Co <hello@example.com>",
    "DESKAPP_WEBHOOK_URL": "https://shop.example.com/canary",
    "DESKAPP_WEBHOOK_SECRET": "s" * 32,
}


def load_with(monkeypatch: pytest.MonkeyPatch, *, production: bool = True, **changes: str) -> config.Settings:
    monkeypatch.setenv("DESKAPP_PRODUCTION", str(int(production)))
    monkeypatch.setenv("DESKAPP_SECRET_KEY", "s" * 40)
    for name, value in (WAYS_OUT | {f"DESKAPP_{name.upper()}": value for name, value in changes.items()}).items():
        monkeypatch.setenv(name, value)
    return config.load()


def test_the_ways_out_may_all_be_given_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_with(monkeypatch).public_url == "https://desk.example.com"
    load_with(monkeypatch, **{name.removeprefix("DESKAPP_").lower(): "" for name in WAYS_OUT})


def test_the_slash_at_the_end_of_the_public_address_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_with(monkeypatch, public_url="https://desk.example.com:8443/").public_url.endswith(":8443")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("public_url", "desk.example.com", "without a path"),
        ("public_url", "https://desk.example.com/desk", "without a path"),
        ("public_url", "https://desk.example.com?x=1", "without a path"),
        ("public_url", "https://a@desk.example.com", "without a path"),
        ("public_url", "http://desk.example.com", "by https"),
        ("mail_url", "mail.example.com", "write it like smtp://"),
        ("mail_url", "smtp://mail.example.com:port", "write it like smtp://"),
        ("mail_url", "smtp://desk:canary@", "write it like smtp://"),
        ("mail_from", "", "need a sender"),
        ("mail_from", "a@example.com, b@example.com", "one address"),
        ("webhook_url", "shop.example.com/canary", "write it like https://"),
        ("webhook_url", "http://shop.example.com/canary", "or to this machine"),
        ("webhook_secret", "", "at least 32 characters"),
        ("webhook_secret", "s" * 31, "at least 32 characters"),
    ],
)
def test_a_way_out_that_would_not_work_is_named_and_its_secrets_are_not(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    with pytest.raises(config.BadSettings, match=sentence) as refused:
        load_with(monkeypatch, **{name: value})
    assert name in str(refused.value)
    assert "canary" not in str(refused.value)


def test_outside_production_plain_http_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    load_with(monkeypatch, production=False, public_url="http://localhost:8417", webhook_url="http://shop.test/hook")


def test_in_production_a_receiver_on_this_machine_may_be_called_by_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    load_with(monkeypatch, webhook_url="http://127.0.0.1:9000/hook")


def test_a_drafter_elsewhere_is_asked_by_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKAPP_DRAFTER_URL", "http://drafts.example.com/v1")
    with pytest.raises(config.BadSettings, match="drafts are asked for by https"):
        config.load()
