"""Asks a language model for the words of a card: one call to an OpenAI-compatible endpoint, five seconds in all.

Nothing goes out but what it is handed. No redirect is followed and no proxy of the environment asked, so that it goes nowhere else.
"""

import json
import queue
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from deskapp.outgoing.webhook import Address, parse_address
from deskapp.rules.words import Said, say

SECONDS = 5.0
_MOST_BYTES = 64 * 1024
_MOST_TOKENS = 600
_GARBLED = say("The drafter answered something that cannot be read.")


class NoDraft(Exception):
    """Why there is none, in one plain sentence that repeats nothing of what was sent or answered."""


@dataclass(frozen=True, slots=True)
class Drafter:
    """`address`: of the chat completions. `key` "": none is asked for."""

    address: Address
    model: str
    key: str = ""
    seconds: float = SECONDS

    def ask(self, orders: str, material: str) -> str:
        """What the model answered, text as it is. Raises NoDraft, after `seconds` at the latest, whatever the other side does.

        A name that is looked up, or a server that drips, can hold up a thread for longer; nobody waits for that one.
        """
        answers: queue.SimpleQueue[str | NoDraft] = queue.SimpleQueue()
        line = self._line()
        threading.Thread(target=self._run, args=(line, orders, material, answers), name="drafter", daemon=True).start()
        try:
            answer = answers.get(timeout=self.seconds)
        except queue.Empty:
            _cut(line)
            raise NoDraft(self._slow()) from None
        if isinstance(answer, NoDraft):
            raise answer
        return answer

    def _slow(self) -> Said:
        return say("The drafter did not answer within {seconds} seconds.", seconds=f"{self.seconds:g}")

    def _line(self) -> HTTPConnection:
        kind = HTTPSConnection if self.address.is_tls else HTTPConnection
        return kind(self.address.host, self.address.port, timeout=self.seconds)

    def _run(
        self, line: HTTPConnection, orders: str, material: str, answers: "queue.SimpleQueue[str | NoDraft]"
    ) -> None:
        try:
            answers.put(self._call(line, orders, material))
        except NoDraft as no:
            answers.put(no)
        except TimeoutError:
            answers.put(NoDraft(self._slow()))
        except (OSError, HTTPException, ValueError):  # also of a line that was cut because it took too long
            answers.put(NoDraft(say("The drafter cannot be reached.")))
        finally:
            with suppress(OSError):
                line.close()

    def _call(self, line: HTTPConnection, orders: str, material: str) -> str:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "deskapp"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        line.request("POST", self.address.target, self._body(orders, material), headers)
        with line.getresponse() as answer:
            if answer.status != 200:  # a redirect too
                raise NoDraft(say("The drafter answered with an error ({code}).", code=answer.status))
            read = answer.read(_MOST_BYTES + 1)
        if len(read) > _MOST_BYTES:
            raise NoDraft(_GARBLED)
        return _said(read)

    def _body(self, orders: str, material: str) -> bytes:
        messages = [{"role": "system", "content": orders}, {"role": "user", "content": material}]
        asked = {"model": self.model, "messages": messages, "temperature": 0.3, "max_tokens": _MOST_TOKENS}
        return json.dumps(asked, ensure_ascii=False).encode()


def find_drafter(url: str, model: str, key: str) -> Drafter | None:
    """None without a `url`, which is the part before /chat/completions. Raises ValueError with a sentence."""
    if not url:
        return None
    address = parse_address(f"{url.rstrip('/')}/chat/completions")
    if not address.is_tls and not address.is_loopback:
        raise ValueError("drafts are asked for by https, or on this machine")
    return Drafter(address, model, key)


def _cut(line: HTTPConnection) -> None:
    if line.sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(line.sock, socket.SHUT_RDWR)  # of an SSL socket the line below


def _said(body: bytes) -> str:
    try:
        said = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise NoDraft(_GARBLED) from None
    if not isinstance(said, str):
        raise NoDraft(_GARBLED)
    return said
