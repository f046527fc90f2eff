"""How columns are declared, the same in every table."""

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Dialect, Enum, ForeignKey, String, TypeDecorator
from sqlmodel import Field, SQLModel

from deskapp.rules.words import Said, recalled, to_keep

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

STRICT = {"sqlite_strict": True}


class Words(TypeDecorator[str]):
    """Sentences, kept with what is in them, so that everybody reads them in their own tongue; cut at the column's length."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else to_keep(value, self.length)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Said | None:
        return None if value is None else recalled(value)


def one_of(kind: type[StrEnum], name: str) -> Any:
    """Stored as its value with a CHECK; read back as the enum."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=40,
        values_callable=lambda e: [m.value for m in e],
    )


def row_id() -> Any:
    return Field(default=None, primary_key=True, sa_type=BigInteger)


def ref(target: str, *, index: bool = False, primary_key: bool = False, cascade: bool = False) -> Any:
    key = ForeignKey(target, ondelete="CASCADE" if cascade else None)
    return Field(sa_type=BigInteger, sa_column_args=[key], index=index, primary_key=primary_key)


def maybe_ref(target: str, *, index: bool = False) -> Any:
    return Field(default=None, sa_type=BigInteger, sa_column_args=[ForeignKey(target)], index=index)


def minor() -> Any:
    return Field(sa_type=BigInteger)
