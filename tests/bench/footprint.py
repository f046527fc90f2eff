"""What the serving process holds in memory, and what the first load of the sidebar sends over the wire."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from _demo import demo

PASSWORD = "ana pours tea"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not come up")


def resident_mb(parent: int) -> dict[int, float]:
    """Of the process and its children."""
    sizes = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        text = status.read_text()
        fields = dict(re.findall(r"^(\w+):\s+(\d+)", text, re.MULTILINE))
        if parent in {int(fields["Pid"]), int(fields["PPid"])}:
            sizes[int(fields["Pid"])] = int(fields.get("VmRSS", 0)) / 1024
    return sizes


def main() -> None:
    port, instance = free_port(), demo()
    environment = os.environ | {"DESKAPP_INSTANCE": str(instance), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "deskapp.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        base = f"http://127.0.0.1:{port}"
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        door = browser.open(f"{base}/sign-in").read().decode()
        fields = dict(re.findall(r'name="(form|form_key|csrf)" value="([^"]*)"', door))
        browser.open(f"{base}/sign-in", urlencode(fields | {"username": "ana", "password": PASSWORD}).encode())
        home = browser.open(base).read().decode()
        customer = re.findall(r'href="(/customers/\d+)"', home)
        page = ""
        for path in customer[:30]:
            page = browser.open(base + path).read().decode()
        sent = {customer[0]: len(page.encode())}  # pages are sent as they are, static files compressed
        for path in sorted(set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page))):
            answer = browser.open(Request(base + path, headers={"Accept-Encoding": "gzip"}))  # noqa: S310 our own address
            sent[path] = len(answer.read())
        for path, size in sent.items():
            print(f"{size / 1000:7.1f} kB  {path}")
        print(f"{sum(sent.values()) / 1000:7.1f} kB  first load of the sidebar over the wire (goal: under 100)")
        sizes = resident_mb(server.pid)
        print(
            f"{max(sizes.values()):7.0f} MB  the serving process after 30 customers (goal: under 600); all of them {sum(sizes.values()):.0f} MB"
        )
    finally:
        server.terminate()
        server.wait(timeout=30)


if __name__ == "__main__":
    main()
