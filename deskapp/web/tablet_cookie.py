"""The cookie by which a browser is known as a shared tablet. It opens nothing: it lets PINs be tried."""

from flask import Response, request

from deskapp.web.here import desk

_NAME = "deskapp-tablet"
_LASTS_S = 400 * 86_400  # the longest that browsers keep one; handed out anew with each change


def _is_sealed() -> bool:
    return request.is_secure or desk().settings.production


def _name() -> str:
    return ("__Host-" if _is_sealed() else "") + _NAME


def sent() -> str:
    """Its token; "" for a browser that is no tablet."""
    return request.cookies.get(_name(), "")


def hand_out(response: Response, token: str) -> None:
    response.set_cookie(_name(), token, max_age=_LASTS_S, httponly=True, secure=_is_sealed(), samesite="Lax")


def take_back(response: Response) -> None:
    response.delete_cookie(_name(), httponly=True, secure=_is_sealed(), samesite="Lax")
