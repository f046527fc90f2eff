"""The OpenAPI 3.1 description, put together from what each view says of itself.

flask-openapi 5.0.0 writes 3.2, wants the application to be its own subclass, and reads the body before `needs` has asked who
sends it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ParamSpec

from flask import Flask, Response
from pydantic import BaseModel, TypeAdapter
from werkzeug.routing import Rule

P = ParamSpec("P")
Json = dict[str, object]

IDEMPOTENCY_KEY = "Idempotency-Key"

_TOLD = "deskapp_api"
_VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")
_REF = "#/components/schemas/{model}"
_NUMBER = {"type": "string", "minLength": 1, "pattern": r"^[^/\u0000]+$"}
_PATH_SCHEMAS: dict[str, Json] = {
    "external_id": dict(_NUMBER),
    "order": dict(_NUMBER),
    "grant_id": {"type": "integer", "minimum": 1},
    "approval_id": {"type": "integer", "minimum": 1},
}
_KEY_SCHEMA: Json = {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[!-~]+$"}
_WORDS = {
    200: "Done.",
    201: "Done, and kept.",
    202: "Not done: somebody with a larger limit has to do it.",
    400: "The desk could not read the request.",
    401: "No valid token came with it.",
    403: "The role of the token's owner does not include this.",
    404: "There is no such thing, or it is not yours to see.",
    409: "The same key was sent before with another body, or things have moved on; the message says how.",
    413: "More than the desk takes at once.",
    415: "The body is not JSON.",
    422: "Something in it cannot be taken; a sentence for each field.",
    503: "Busy. Nothing was done; try again.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`problems`: a sentence per field; "" is the request as a whole."""

    status: int
    message: str
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class Failed:
    error: Problem


@dataclass(frozen=True, slots=True)
class Told:
    """What a view says of itself. `needs_key`: None where no key is taken."""

    summary: str
    gives: Mapping[int, type]
    takes: type[BaseModel] | None = None
    asks: type[BaseModel] | None = None
    needs_key: bool | None = None
    fails: tuple[int, ...] = ()

    @property
    def statuses(self) -> set[int]:
        """Those of errors; every one has the same shape."""
        of_bodies = {413, 415, 422} if self.takes else set()
        of_keys = set() if self.needs_key is None else {409}
        return {400, 401, 403, *of_bodies, *of_keys, *self.fails}

    @property
    def types(self) -> Iterable[tuple[type, str]]:
        yield from ((kind, "serialization") for kind in self.gives.values())
        yield from ((kind, "validation") for kind in (self.takes, self.asks) if kind)


def tells(told: Told) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Goes under `needs`, which carries it outwards."""

    def mark(view: Callable[P, Response]) -> Callable[P, Response]:
        view.__dict__[_TOLD] = told
        return view

    return mark


def document(app: Flask, prefix: str) -> Json:
    """Of every view below `prefix` that tells something."""
    found = [(rule, told) for rule in app.url_map.iter_rules() if (told := _told(app, rule)) is not None]
    kinds = {pair for _, told in found for pair in told.types} | {(Failed, "serialization")}
    schemas, components = TypeAdapter.json_schemas(
        [(kind, mode, TypeAdapter(kind)) for kind, mode in sorted(kinds, key=lambda pair: pair[0].__name__)],  # type: ignore[misc]
        ref_template=_REF,
    )
    of_type = {kind: schema for (kind, _), schema in schemas.items()}
    paths: dict[str, Json] = {}
    for rule, told in sorted(found, key=lambda pair: pair[0].rule):
        path = _VARIABLE.sub(r"{\1}", rule.rule.removeprefix(prefix))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(path, {})[method.lower()] = _operation(rule, told, of_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "deskapp",
            "version": "1.0.0",
            "description": "Money is a whole number of minor units beside its currency. Times are UTC.",
        },
        "servers": [{"url": prefix}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components["$defs"],
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by `deskapp token create --staff NAME`.",
                }
            },
        },
    }


def _told(app: Flask, rule: Rule) -> Told | None:
    found: Told | None = getattr(app.view_functions[rule.endpoint], _TOLD, None)
    return found


def _operation(rule: Rule, told: Told, of_type: Mapping[type, Json]) -> Json:
    answers = {status: of_type[kind] for status, kind in told.gives.items()}
    operation: Json = {
        "operationId": rule.endpoint.rpartition(".")[2],
        "summary": told.summary,
        "parameters": [*_in_path(rule), *_in_query(told), *_in_header(told)],
        "responses": {
            str(status): _response(status, [answers.get(status), of_type[Failed] if status in told.statuses else None])
            for status in sorted({*answers, *told.statuses})
        },
    }
    if told.takes:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": of_type[told.takes]}}}
    return operation


def _response(status: int, schemas: list[Json | None]) -> Json:
    given = [schema for schema in schemas if schema]
    schema = given[0] if len(given) == 1 else {"anyOf": given}
    return {"description": _WORDS[status], "content": {"application/json": {"schema": schema}}}


def _in_path(rule: Rule) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PATH_SCHEMAS[name]} for name in sorted(rule.arguments)
    ]


def _in_query(told: Told) -> list[Json]:
    properties = told.asks.model_json_schema()["properties"] if told.asks else {}
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_null(schema)}
        for name, schema in properties.items()
    ]


def _without_null(schema: dict[str, list[Json]]) -> Json:
    """A query cannot say null; it leaves the parameter out."""
    return next(one for one in schema["anyOf"] if one["type"] != "null")


def _in_header(told: Told) -> list[Json]:
    if told.needs_key is None:
        return []
    return [{"name": IDEMPOTENCY_KEY, "in": "header", "required": told.needs_key, "schema": _KEY_SCHEMA}]
