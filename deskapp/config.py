"""Settings, read once from `DESKAPP_*`; a desk that would be unsafe or misunderstood does not start."""

import os
import re
import secrets
from functools import cache
from pathlib import Path
from typing import Self
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deskapp.outgoing import drafter, mail, webhook
from deskapp.rules.money import parse_minor

PREFIX = "DESKAPP_"
_FOR_TESTS = "TEST_"  # DESKAPP_TEST_PG_URL and the like are read by the tests alone
_MIN_SECRET = 32


class BadSettings(Exception):
    """The message lists every setting that is wrong, one a line."""


class Settings(BaseSettings):
    """A sentence per setting; README's table is tested against these."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    instance: Path = Field(Path("instance"), description="Folder of the desk's own data: database, models, secret.")
    database_url: str = Field("", description="Empty: SQLite in the instance folder. Else `postgresql+psycopg://…`.")
    production: bool = Field(
        default=False, description="Refuses an unset secret, unknown settings and plain-http cookies."
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="At least 32 characters. Empty outside production: made once and kept in the instance folder.",
    )
    shop_name: str = Field("Corner & Co", description="What the shop is called on pages and cards.")
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$", description="ISO 4217 code of limits and new prices.")
    zone: str = Field("UTC", description="IANA time zone in which days and months begin.")
    agree_above: str = Field(
        "100",
        description="A limit that lets somebody give or approve more than this at once needs a second manager's agreement; plain digits of the currency.",
    )
    host: str = Field("127.0.0.1", description="Address to serve on.")
    port: int = Field(8417, ge=1, le=65535, description="Port to serve on.")
    workers: int = Field(1, ge=1, le=64, description="Server processes; as many as there are processors serve most.")
    threads: int = Field(8, ge=1, le=64, description="Threads of each server process.")
    embedded_worker: bool = Field(
        default=True, description="Run jobs in a thread of the server; off where `deskapp worker` runs."
    )
    frame_ancestors: str = Field("", description="Exact https origins, space-separated, that may embed the desk.")
    trusted_hosts: str = Field("", description="Host names the desk answers to, space-separated; empty: any.")
    proxies: int = Field(0, ge=0, le=4, description="Reverse proxies in front whose X-Forwarded headers count.")
    seat_idle_minutes: int = Field(60, ge=1, le=24 * 60, description="A seat without use for so long is signed out.")
    seat_hours: int = Field(12, ge=1, le=24 * 7, description="A seat lasts at most so long.")
    tablet_lock_minutes: int = Field(
        3, ge=1, le=60, description="A shared tablet without use for so long is locked until the next PIN."
    )
    seal_file: str = Field(
        "", description="File, best on another machine, that gets a line with the digest of every hourly seal."
    )
    guard_regions: str = Field(
        "US GB DE FR",
        pattern=r"^[A-Z]{2}( [A-Z]{2})*$",
        description="Countries, as in ISO 3166, whose way of writing phone numbers the guard knows; with a + in front every country's.",
    )
    guard_presidio: bool = Field(
        default=False, description="Ask Presidio's recognisers as well; needs the extra `presidio`."
    )
    public_url: str = Field(
        "",
        description="Where customers reach the desk, such as https://desk.example.com; without it nobody is asked how it was.",
    )
    mail_url: SecretStr = Field(
        SecretStr(""),
        description="`smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…`; empty: no mail.",
    )
    mail_from: str = Field(
        "", description="The sender of letters to customers, such as Corner & Co <hello@example.com>."
    )
    webhook_url: SecretStr = Field(SecretStr(""), description="Gets a signed call for what happens; empty: none.")
    webhook_secret: SecretStr = Field(SecretStr(""), description="At least 32 characters, which sign those calls.")
    drafter_url: str = Field(
        "",
        description="An OpenAI-compatible endpoint, such as http://127.0.0.1:8000/v1, that may draft cards; empty: none.",
    )
    drafter_model: str = Field("", description="The model that is asked there.")
    drafter_key: SecretStr = Field(SecretStr(""), description="Its bearer token, if it wants one.")
    metrics_token: SecretStr = Field(SecretStr(""), description="Bearer token of /metrics; empty: loopback only.")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in _zones():
            message = "no such time zone; write one like Europe/Madrid"
            raise ValueError(message)
        return zone

    @field_validator("mail_url")
    @classmethod
    def _a_mail_server(cls, url: SecretStr) -> SecretStr:
        if url:
            mail.parse_server(url.get_secret_value())
        return url

    @field_validator("mail_from")
    @classmethod
    def _one_sender(cls, text: str) -> str:
        if text:
            mail.parse_sender(text)
        return text

    @field_validator("webhook_url")
    @classmethod
    def _a_receiver(cls, url: SecretStr) -> SecretStr:
        if url:
            webhook.parse_address(url.get_secret_value())
        return url

    @field_validator("drafter_url")
    @classmethod
    def _a_drafter(cls, url: str) -> str:
        drafter.find_drafter(url, "", "")
        return url

    @field_validator("public_url")
    @classmethod
    def _a_door(cls, url: str) -> str:
        """Without the slash at its end: paths are appended to it."""
        if url and not re.fullmatch(r"https?://([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?/?", url):
            message = "write it like https://desk.example.com, without a path"
            raise ValueError(message)
        return url.removesuffix("/")

    @model_validator(mode="after")
    def _whole_ways_out(self) -> Self:
        """Half of a way out would be found out by the first customer who is not written to."""
        if self.mail_url and not self.mail_from:
            message = f"mail_from: letters need a sender; give {PREFIX}MAIL_FROM, like Corner & Co <hello@example.com>"
            raise ValueError(message)
        if not self.webhook_url:
            return self
        if len(self.webhook_secret.get_secret_value()) < _MIN_SECRET:
            message = f"webhook_secret: calls are signed; give {PREFIX}WEBHOOK_SECRET at least {_MIN_SECRET} characters"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _safe_ways_out(self) -> Self:
        if self.production and self.public_url.startswith("http://"):
            message = "public_url: in production customers come by https"
            raise ValueError(message)
        if self.production and self.webhook_url:
            address = webhook.parse_address(self.webhook_url.get_secret_value())
            if not (address.is_tls or address.is_loopback):
                message = "webhook_url: in production calls go out by https, or to this machine"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _an_amount(self) -> Self:
        try:
            _ = self.agree_above_minor
        except ValueError as error:
            message = f"agree_above: {error}"
            raise ValueError(message) from None
        return self

    @model_validator(mode="after")
    def _safe_in_production(self) -> Self:
        secret = self.secret_key.get_secret_value()
        if self.production and len(secret) < _MIN_SECRET:
            message = f"secret_key: in production give {PREFIX}SECRET_KEY at least {_MIN_SECRET} random characters"
            raise ValueError(message)
        kinds = (
            "https" if self.production else "https?"
        )  # anything else could add words to the policy it becomes part of
        if not all(
            re.fullmatch(rf"{kinds}://[a-zA-Z0-9.-]+(:\d+)?", origin) for origin in self.frame_ancestors.split()
        ):
            message = "frame_ancestors: exact https origins only, no wildcards and no paths"
            raise ValueError(message)
        return self

    @property
    def engine_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.instance / 'desk.sqlite').resolve()}"

    @property
    def agree_above_minor(self) -> int:
        return parse_minor(self.agree_above, self.currency)

    @property
    def models_folder(self) -> Path:
        return self.instance / "models"

    @property
    def seal_path(self) -> Path | None:
        return Path(self.seal_file) if self.seal_file else None

    def signing_key(self) -> bytes:
        """The configured secret, else one made once and kept readable by its owner alone."""
        given = self.secret_key.get_secret_value()
        return given.encode() if given else _kept_secret(self.instance / "secret")


@cache
def _zones() -> set[str]:
    """Read from the disk, which takes 20 ms."""
    return available_timezones()


def _kept_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_urlsafe(48).encode())
    except FileExistsError:
        pass
    return path.read_bytes()


def load(**overrides: object) -> Settings:
    """From the environment; raises BadSettings naming each wrong or, in production, unknown variable."""
    try:
        settings = Settings.model_validate(overrides)  # its own __init__ reads the environment
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors()]
        raise BadSettings("\n".join(lines)) from None
    unknown = [name for name in os.environ if name.startswith(PREFIX) and not _is_known(name.removeprefix(PREFIX))]
    if unknown and settings.production:
        raise BadSettings("\n".join(f"{name}: no such setting" for name in sorted(unknown)))
    return settings


def _is_known(suffix: str) -> bool:
    return suffix.lower() in Settings.model_fields or suffix.startswith(_FOR_TESTS)
