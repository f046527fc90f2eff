"""A customer's page, warm, against pages of the same application that ask nothing of database and model.

Server time is processor time of this process; the median of 300 draws each, taken by turns, so that a busy machine slows all alike.
"""

import statistics
import time
from collections.abc import Callable

from _demo import desk
from flask import g, render_template

from deskapp.web import customers as pages
from deskapp.web.guard import open_to_all

DRAWS = 300


def milliseconds(draw: Callable[[], object]) -> float:
    started = time.process_time_ns()
    draw()
    return (time.process_time_ns() - started) / 1e6


def main() -> None:
    app, client, carla = desk()
    views: dict[str, object] = {}
    page = f"/customers/{carla}"

    shown = pages.show

    def keep(panel: str, template: str, loaders: dict, **context: object) -> object:
        """The real views of the page, kept for the static one."""
        views.update(
            {name: load() for name, load in loaders.items()}, **{k: v for k, v in context.items() if k == "tab"}
        )
        return shown(panel, template, loaders, **context)

    pages.show = keep
    client.get(page)
    pages.show = shown

    app.config["TESTING"] = True
    app._got_first_request = False  # one more route, for the benchmark alone

    @app.get("/static-twin")
    @open_to_all
    def twin() -> str:
        g.actor = None
        return render_template("customer.html", **views)

    def get(path: str) -> Callable[[], object]:
        def draw() -> object:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            return answer

        return draw

    drawn = {
        name: get(path)
        for name, path in (
            ("customer page", page),
            ("the same page, static", "/static-twin"),
            ("sign-in page", "/sign-in"),
        )
    }
    times: dict[str, list[float]] = {name: [] for name in drawn}
    for _ in range(DRAWS):
        for name, draw in drawn.items():
            times[name].append(milliseconds(draw))
    medians = {name: statistics.median(each) for name, each in times.items()}
    for name, each in times.items():
        print(f"{name:26s} median {medians[name]:6.2f} ms  p99 {sorted(each)[int(DRAWS * 0.99)]:6.2f} ms")
    print(
        f"customer page : the same page, static = {medians['customer page'] / medians['the same page, static']:.2f} (goal: at most 4)"
    )
    print(f"customer page : sign-in page          = {medians['customer page'] / medians['sign-in page']:.2f}")


if __name__ == "__main__":
    main()
