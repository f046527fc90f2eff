"""The recommender beside its peers on purchases it has not seen: what deskapp answers through its own commands, all in one run.

./run bench reco [--cutoff 2017-10-01] [--until 2017-11-01] [--seed 1] [--no-ease]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from _peers import Peers
from _window import KINDS, MAX_VALUE, K, Question, Window, ndcg_and_coverage, window, write_shop

OURS = "deskapp"


def answers_of_deskapp(window: Window, folder: Path) -> list[list[int]]:
    """As a shop would do it: import, train, suggest."""
    write_shop(window, folder / "shop")
    queries, answers = folder / "queries.jsonl", folder / "answers.jsonl"
    queries.write_text("".join(json.dumps(query) + "\n" for query in _queries(window.questions)))
    _deskapp(folder, "init")
    _deskapp(folder, "import", str(folder / "shop"))
    print(_deskapp(folder, "train"))
    _deskapp(folder, "suggest", "--queries", str(queries), "--out", str(answers))
    lines = answers.read_text().splitlines()
    return [[int(item["sku"]) for item in json.loads(line)["items"]] for line in lines]


def _queries(questions: list[Question]) -> Iterator[dict[str, object]]:
    for number, question in enumerate(questions):
        yield {
            "query_id": str(number),
            "customer": str(question.customer),
            "basket": [str(item) for item in question.basket],
            "max_value": f"{MAX_VALUE:.2f}" if question.is_gift else None,
            "novel": question.is_novel,
            "k": K,
        }


def _deskapp(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"DESKAPP_INSTANCE": str(folder / "instance"), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "deskapp.cli", *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def rows(asked: Window, *, with_ease: bool) -> Iterator[tuple[str, dict[str, tuple[float, float]]]]:
    """(name, (NDCG, coverage) by kind): the peers one after the other, then ours."""
    peers = Peers(asked)
    by_kind = {kind: [question for question in asked.questions if question.kind == kind] for kind in KINDS}
    for name, needs_basket, scores in peers.rows(with_ease=with_ease):
        yield (
            name,
            {
                kind: ndcg_and_coverage(questions, peers.answer(scores, questions), len(peers.items))
                for kind, questions in by_kind.items()
                if questions and not (needs_basket and kind == "new")
            },
        )
    with tempfile.TemporaryDirectory() as folder:
        answers = answers_of_deskapp(asked, Path(folder))
    for_kind = {kind: [at for at, question in enumerate(asked.questions) if question.kind == kind] for kind in KINDS}
    yield (
        OURS,
        {
            kind: ndcg_and_coverage(by_kind[kind], [answers[at] for at in places], len(peers.items))
            for kind, places in for_kind.items()
        },
    )


def show(name: str, figures: dict[str, tuple[float, float]]) -> None:
    cells = (f"{figures[kind][0]:.4f}" if kind in figures else "–" for kind in KINDS)
    coverage = figures.get("plus-one", (0, 0))[1]
    print(f"{name:40} {'  '.join(f'{cell:>8}' for cell in cells)}  {coverage:>8.2f}", flush=True)


def show_ratios(table: dict[str, dict[str, tuple[float, float]]]) -> None:
    """Against the best of implicit; refill against personal frequency."""
    rivals = {
        kind: max(row[kind][0] for name, row in table.items() if name.startswith("implicit") and kind in row)
        for kind in KINDS
    }
    rivals["refill"] = table["personal frequency, then popularity"]["refill"][0]
    ratios = "  ".join(f"{table[OURS][kind][0] / rivals[kind]:>8.2f}" for kind in KINDS)
    print(f"{'ours : best of implicit, or frequency':40} {ratios}")
    print(f"{'to reach (and aim)':40}  1.2 (1.4) 1.1 (1.25) 1.15 (1.3)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cutoff", default="2017-10-01")
    parser.add_argument("--until", default="2017-11-01")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--questions", type=int, default=3000, help="at most so many of each kind with a basket")
    parser.add_argument("--no-ease", action="store_true", help="leave out EASE: 4 GB and two minutes")
    asked = parser.parse_args()
    started = time.perf_counter()
    shop = window(asked.cutoff, asked.until, asked.seed, asked.questions)
    print(f"NDCG@{K} on {asked.cutoff} to {asked.until}, seed {asked.seed}, {len(shop.questions):,} questions")
    print(f"{'':40} {'  '.join(f'{kind:>8}' for kind in KINDS)}  coverage")
    table = {}
    for name, figures in rows(shop, with_ease=not asked.no_ease):
        table[name] = figures
        show(name, figures)
    show_ratios(table)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
