"""Suggestions from a file into a file."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cast
import pytest
from cast import NOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sold import SKUS, a_report, sell, tiny_model
from sqlmodel import Session, select

from deskapp.desk import bulk, models, steering, training
from deskapp.desk.bulk import answer_file
from deskapp.desk.shelf import Shelf
from deskapp.rules.errors import Conflict, Invalid
from deskapp.store.db import Database
from deskapp.store.memory_tables import Preference, PreferenceKind
from deskapp.store.tables import Customer, Item, Order, OrderLine

Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def trained(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database of many orders and a model that was trained on them."""
    import shutil

    folder = tmp_path_factory.mktemp("trained")
    shutil.copy(sqlite_template, folder / "desk.sqlite")
    database = Database(f"sqlite:///{folder / 'desk.sqlite'}")
    with database.writing() as session:
        cast.hire(session)
        sell(session)
    training.train(database, None, folder / "models", now=lambda: NOW, progress=lambda *_: None)
    database.close()
    return folder


@pytest.fixture
def shop(trained: Path) -> Iterable[Database]:
    database = Database(f"sqlite:///{trained / 'desk.sqlite'}")
    yield database
    database.close()


@pytest.fixture
def ask(shop: Database, trained: Path, tmp_path: Path) -> Ask:
    """`ask({...}, {...})` writes the queries and reads the answers."""

    def run(*queries: dict[str, Any] | str) -> list[dict[str, Any]]:
        lines = [q if isinstance(q, str) else json.dumps({"query_id": "q"} | q) for q in queries]
        (tmp_path / "q.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        out = tmp_path / "a.jsonl"
        count = answer_file(
            shop, Shelf(trained / "models"), tmp_path / "q.jsonl", out, currency="USD", today=NOW.date()
        )
        answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        assert len(answers) == count
        return answers

    return run


def skus(answer: dict[str, Any]) -> list[str]:
    return [item["sku"] for item in answer["items"]]


def bought_by(database: Database, external_id: str) -> set[str]:
    with database.reading() as session:
        query = (
            select(Item.sku)
            .join(OrderLine, OrderLine.item_id == Item.id)
            .join(Order, Order.id == OrderLine.order_id)
            .join(Customer, Customer.id == Order.customer_id)
            .where(Customer.external_id == external_id)
        )
        return set(session.exec(query).all())


def price(sku: str) -> int:
    return 100 * (SKUS.index(sku) + 1)


def test_a_basket_is_answered_by_what_goes_with_it_and_says_because(ask: Ask) -> None:
    (answer,) = ask({"query_id": "one", "customer": None, "basket": ["thing-0", "thing-1", "thing-2"], "k": 2})
    assert answer["query_id"] == "one"
    assert set(skus(answer)) == {"thing-3", "thing-4"}
    for item in answer["items"]:
        assert item["source"] == "basket"
        assert set(item) == {"sku", "because", "source"}
        assert item["because"]
        assert set(item["because"]) <= {"thing-0", "thing-1", "thing-2"}


def test_every_query_is_answered_in_its_order(ask: Ask) -> None:
    asked = [{"query_id": f"n-{n}", "customer": f"S-{n % 50}", "basket": [SKUS[n % 60]]} for n in range(120)]
    answers = ask(*asked)
    assert [answer["query_id"] for answer in answers] == [one["query_id"] for one in asked]
    assert all(len(answer["items"]) == 10 for answer in answers)


def test_nothing_is_dearer_than_asked_and_the_mask_comes_before_the_best_are_taken(ask: Ask) -> None:
    (answer,) = ask({"customer": "S-1", "basket": ["thing-59"], "max_value": "5.00", "k": 5})
    assert set(skus(answer)) == set(SKUS[:5])


def test_what_is_in_the_basket_is_never_proposed(ask: Ask) -> None:
    (answer,) = ask({"customer": "S-1", "basket": list(SKUS[:58]), "k": 10})
    assert set(skus(answer)) == {"thing-58", "thing-59"}


def test_novel_leaves_out_what_the_customer_ever_bought(ask: Ask, shop: Database) -> None:
    owned = bought_by(shop, "S-3")
    new, any_ = ask({"customer": "S-3", "novel": True, "k": 60}, {"customer": "S-3", "novel": False, "k": 60})
    assert owned
    assert set(skus(new)) == set(SKUS) - owned
    assert owned <= set(skus(any_))


def test_history_speaks_where_there_is_no_basket(ask: Ask, shop: Database) -> None:
    (answer,) = ask({"customer": "S-3", "novel": True, "k": 3})
    first = answer["items"][0]
    assert first["source"] == "history"
    assert set(first["because"]) <= bought_by(shop, "S-3")


def test_an_unknown_customer_and_unknown_skus_are_answered_all_the_same(ask: Ask) -> None:
    unknown, nobody, odd = ask(
        {"customer": "nobody", "basket": ["no-such-thing"]},
        {"customer": None, "basket": []},
        {"customer": "\0 ' OR 1=1", "basket": ["\0"]},
    )
    assert unknown["items"] == nobody["items"] == odd["items"]
    assert {item["source"] for item in unknown["items"]} == {"popular"}
    assert all(item["because"] == [] for item in unknown["items"])


def test_fields_that_are_left_out_have_their_usual_meaning(ask: Ask) -> None:
    (answer,) = ask('{"query_id": "bare", "something": "else"}')
    assert len(answer["items"]) == 10


def test_blank_lines_and_a_byte_order_mark_are_no_queries(ask: Ask) -> None:
    assert len(ask('\ufeff{"query_id": "a"}', "", "   ", '{"query_id": "b"}')) == 2
    assert ask() == []


def test_people_of_any_script_are_written_as_they_are(ask: Ask) -> None:
    (answer,) = ask({"query_id": "تجربة-ß-🎁"})
    assert answer["query_id"] == "تجربة-ß-🎁"


def wish(session: Session, external_id: str, kind: PreferenceKind, value: str) -> None:
    session.add(
        Preference(
            customer_id=cast.customer_id(session, external_id),
            kind=kind,
            value=value,
            is_stated=True,
            heard_by=1,
            heard_at=NOW,
            form_key=f"{external_id}-{kind}-{value}",
        )
    )


def test_hard_stops_hold_in_bulk_too(ask: Ask, shop: Database) -> None:
    with shop.writing() as session:
        wish(session, "S-30", PreferenceKind.DISLIKE, "thing-3")
        wish(session, "S-31", PreferenceKind.NO_GIFTS, "")
    disliked, gift, product, other = ask(
        {"customer": "S-30", "basket": ["thing-2"], "k": 60},
        {"customer": "S-31", "max_value": "50.00"},
        {"customer": "S-31"},
        {"customer": "S-32", "basket": ["thing-2"], "k": 60},
    )
    assert "thing-3" not in skus(disliked)
    assert "thing-3" in skus(other)
    assert gift["items"] == []
    assert len(product["items"]) == 10


def test_only_what_may_be_given_and_is_there_is_given(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.writing() as session:
        cast.settle_in(session)
        ids = sorted(cast.item_id(session, sku) for sku in cast.ITEMS)
    folder = tmp_path / "models"
    models.publish(sqlite, None, folder, tiny_model(ids), a_report(), now=NOW)
    queries = tmp_path / "q.jsonl"
    queries.write_text('{"query_id": "gift", "max_value": "100.00"}\n{"query_id": "product"}\n')
    answer_file(sqlite, Shelf(folder), queries, tmp_path / "a.jsonl", currency="USD", today=NOW.date())
    gift, product = map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())
    assert set(skus(gift)) == {"tea", "mug", "jam", "nuts", "lamp"}
    assert set(skus(product)) == {"tea", "mug", "jam", "nuts", "lamp", "wine"}


def test_hidden_pinned_and_what_is_to_be_had_elsewhere_count_in_bulk_too(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.writing() as session:
        people = cast.settle_in(session)
        ids = sorted(cast.item_id(session, sku) for sku in cast.ITEMS)
        for sku, steer in (("jam", "pin"), ("nuts", "hide")):
            typed = {"item": sku, "steer": steer, "reason": "why", "starts_on": NOW.date(), "ends_on": NOW.date()}
            form = steering.NewSteering.model_validate(typed | {"form_key": f"key-of-{sku}"})
            steering.put(session, people["mo"], form, today=NOW.date(), now=NOW)
        wine = session.exec(select(Item).where(Item.sku == "wine")).one()
        wine.regions = "North"  # Carla bought in Main St last
    folder, queries = tmp_path / "models", tmp_path / "q.jsonl"
    models.publish(sqlite, None, folder, tiny_model(ids), a_report(), now=NOW)
    queries.write_text(
        '{"query_id": "a"}\n{"query_id": "c", "customer": "C-1", "novel": true, "max_value": "5.00"}\n'
        '{"query_id": "w", "customer": "C-1"}\n{"query_id": "b", "basket": ["jam"]}\n{"query_id": "k", "k": 1}\n'
    )
    answer_file(sqlite, Shelf(folder), queries, tmp_path / "a.jsonl", currency="USD", today=NOW.date())
    anybody, gift, carla, with_jam, one = map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())
    assert skus(anybody)[0] == "jam"
    assert anybody["items"][0]["source"] == "pinned"
    assert skus(anybody).count("jam") == 1
    assert "wine" in skus(anybody)
    assert skus(gift) == ["jam"]  # tea is Carla's, mug in her open order, nuts are hidden
    assert "wine" not in skus(carla)
    assert "jam" not in skus(with_jam)
    assert skus(one) == ["jam"]
    assert not any("nuts" in skus(answer) for answer in (anybody, gift, carla, with_jam))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("not json", "Line 2: this is not a line of JSON."),
        ("[1]", "Line 2: "),
        ('{"basket": []}', "Line 2: query_id: Field required."),
        ('{"query_id": 7}', "Line 2: query_id: "),
        ('{"query_id": "x", "k": 0}', "Line 2: k: "),
        ('{"query_id": "x", "k": 1001}', "Line 2: k: "),
        ('{"query_id": "x", "k": "3"}', "Line 2: k: "),
        ('{"query_id": "x", "k": true}', "Line 2: k: "),
        ('{"query_id": "x", "novel": "yes"}', "Line 2: novel: "),
        ('{"query_id": "x", "basket": "thing-1"}', "Line 2: basket: "),
        ('{"query_id": "x", "basket": [1]}', "Line 2: basket.0: "),
        ('{"query_id": "x", "max_value": 5.0}', "Line 2: max_value: "),
        ('{"query_id": "x", "max_value": "1e3"}', "Line 2, max_value: Write the amount as plain digits, such as 4.50."),
        ('{"query_id": "x", "max_value": "-1"}', "Line 2, max_value: "),
        ('{"query_id": "x", "max_value": "1.234"}', "Line 2, max_value: USD has 2 decimals; this amount has more."),
        ('{"query_id": "x", "customer": "\\ud800"}', "Line 2: "),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_nothing_is_written(
    ask: Ask, tmp_path: Path, line: str, sentence: str
) -> None:
    (tmp_path / "a.jsonl").write_text("what was there before")
    with pytest.raises(Invalid) as refused:
        ask({"query_id": "good"}, line)
    assert str(refused.value).startswith(sentence)
    assert (tmp_path / "a.jsonl").read_text() == "what was there before"
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "q.jsonl"}


def test_bytes_that_are_no_text_are_a_line_that_cannot_be_read(shop: Database, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "q").write_bytes(b'{"query_id": "\xff\xfe"}\n')
    with pytest.raises(Invalid, match="Line 1"):
        answer_file(shop, Shelf(trained / "models"), tmp_path / "q", tmp_path / "a", currency="USD", today=NOW.date())


def test_without_a_model_it_says_what_to_do(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "q").write_text("")
    with pytest.raises(Conflict, match="deskapp train"):
        answer_file(sqlite, Shelf(tmp_path), tmp_path / "q", tmp_path / "a", currency="USD", today=NOW.date())


def test_customers_that_were_forgotten_are_read_again(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [{"customer": f"S-{n % 7}", "novel": True, "k": 60} for n in range(40)]
    expected = ask(*asked)
    monkeypatch.setattr(bulk, "_BATCH", 3)
    monkeypatch.setattr(bulk, "_REMEMBERED", 2)
    assert ask(*asked) == expected


@given(
    basket=st.lists(st.sampled_from([*SKUS, "unknown"]), max_size=70),
    customer=st.sampled_from(["S-1", "S-2", "S-39", "nobody", ""]),
    ceiling=st.none() | st.integers(0, 6100),
    novel=st.booleans(),
    k=st.integers(1, 70),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_answer_breaks_a_promise(ask: Ask, shop: Database, basket, customer, ceiling, novel, k) -> None:
    value = None if ceiling is None else f"{ceiling // 100}.{ceiling % 100:02}"
    (answer,) = ask({"customer": customer, "basket": basket, "max_value": value, "novel": novel, "k": k})
    found = skus(answer)
    left = {sku for sku in SKUS if sku not in basket and (ceiling is None or price(sku) <= ceiling)}
    left -= bought_by(shop, customer) if novel else set()
    assert set(found) <= left
    assert len(found) == len(set(found)) == min(k, len(left))
