"""The one door for free text: what it asks, what it logs, and the shop's own lists."""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from cast import NOW
from sqlmodel import Session, select

from deskapp.desk import guard_policy, guarding
from deskapp.desk.guarding import Guarded, Reason, Stopped
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.guard_kinds import Kind, Policy
from deskapp.rules.people import Actor
from deskapp.store.tables import Audit

People = dict[str, Actor]
CARD = "card 4111 1111 1111 1111"


@pytest.fixture(autouse=True)
def _as_it_came() -> Iterator[None]:
    guarding.equip(Path("nowhere"))
    yield
    guarding.equip(Path("nowhere"))


def ensure(
    session: Session,
    people: People,
    text: str,
    *,
    is_confirmed: bool = False,
    reason: Reason | Literal[""] = "",
    shown: str = "",
    expected: Collection[Kind] = (),
    field: str = "text",
) -> None:
    form = Guarded(form_key="a-guarded-form", is_confirmed=is_confirmed, guard_reason=reason, shown=shown)
    guarding.ensure(session, people["ana"], text, form=form, where="note", field=field, expected=expected, now=NOW)


def stopped(session: Session, people: People, text: str, **more: object) -> Stopped:
    with pytest.raises(Stopped) as caught:
        ensure(session, people, text, **more)
    return caught.value


def put(session: Session, people: People, kind: Kind, policy: Policy, key: str = "policy-key-1") -> None:
    guard_policy.put(session, people["mo"], guard_policy.NewPolicy(kind=kind, policy=policy, form_key=key), now=NOW)


def lines(session: Session) -> list[tuple[str, str, dict[str, object]]]:
    found = session.exec(select(Audit).where(Audit.subject.startswith("guard")).order_by(Audit.id))
    return [(line.action, line.subject, line.details) for line in found]


def test_a_harmless_text_passes_and_leaves_no_trace(session: Session, people: People) -> None:
    ensure(session, people, "Likes the green tea")
    assert lines(session) == []


def test_a_warning_names_the_words_and_asks_for_a_tick(session: Session, people: People) -> None:
    warned = stopped(session, people, "She has diabetes", field="reason")
    assert set(warned.problems) == {"reason", "is_confirmed"}
    assert "diabetes" in warned.problems["reason"]
    assert (warned.kinds, warned.where, warned.outcome) == (Counter(health=1), "note", "warned")


def test_what_was_ticked_stays_and_is_logged_without_the_words(session: Session, people: People) -> None:
    ensure(session, people, "She has diabetes", is_confirmed=True)
    assert lines(session) == [("guard.allowed", "guard:note", {"kinds": {"health": 1}, "reason": "tick"})]


@pytest.mark.parametrize("said", [{"is_confirmed": True}, {"reason": Reason.SAFETY}], ids=["tick", "reason"])
def test_a_tick_keeps_what_was_asked_about_and_nothing_that_was_written_since(
    session: Session, people: People, said: dict[str, Any]
) -> None:
    shown = " ".join(stopped(session, people, "She has diabetes").shown)
    ensure(session, people, "She has diabetes, and likes plums", shown=shown, **said)
    anew = stopped(session, people, "She has diabetes and is so rude", shown=shown, **said)
    assert "rude" in anew.problems["text"]
    ensure(session, people, "She has diabetes and is so rude", shown=" ".join(anew.shown), **said)


def test_an_account_number_is_refused_with_tick_and_with_reason(session: Session, people: People) -> None:
    for more in ({"is_confirmed": True}, {"reason": Reason.ASKED_FOR}):
        refused = stopped(session, people, CARD, **more)
        assert set(refused.problems) == {"text"}
        assert refused.outcome == "refused"


def test_beside_a_number_that_must_go_a_confirmed_word_is_not_asked_about_again(
    session: Session, people: People
) -> None:
    assert "diabetes" in stopped(session, people, f"diabetes, {CARD}").problems["text"]
    assert "diabetes" not in stopped(session, people, f"diabetes, {CARD}", is_confirmed=True).problems["text"]


def test_where_a_reason_is_asked_a_tick_is_not_enough(session: Session, people: People) -> None:
    put(session, people, Kind.HEALTH, Policy.REASON)
    asked = stopped(session, people, "She has diabetes", is_confirmed=True)
    assert set(asked.problems) == {"text", "guard_reason"}
    ensure(session, people, "She has diabetes", reason=Reason.SAFETY)
    assert lines(session)[-1] == ("guard.allowed", "guard:note", {"kinds": {"health": 1}, "reason": "safety"})


def test_a_reason_is_more_than_a_tick(session: Session, people: People) -> None:
    ensure(session, people, "so rude", reason=Reason.OTHER_MEANING)


def test_what_a_field_is_for_is_not_asked_about(session: Session, people: People) -> None:
    ensure(session, people, "diabetes", expected={Kind.HEALTH})
    assert stopped(session, people, "diabetes, rude", expected={Kind.HEALTH}).kinds == Counter(judging=1)


def test_a_stop_is_counted_by_kind_and_names_neither_words_nor_customer(session: Session, people: People) -> None:
    guarding.log_stop(session, people["ana"], stopped(session, people, f"rude, rude idiot, {CARD}"), now=NOW)
    assert lines(session) == [("guard.refused", "guard:note", {"kinds": {"card-number": 1, "judging": 2}})]


def test_a_shop_can_refuse_what_the_desk_only_asks_about_and_the_other_way_round(
    session: Session, people: People
) -> None:
    put(session, people, Kind.FAITH, Policy.REFUSE)
    put(session, people, Kind.NATIONAL_ID, Policy.WARN, key="policy-key-2")
    assert stopped(session, people, "is a Muslim", is_confirmed=True).outcome == "refused"
    ensure(session, people, "SSN 536-22-8726", is_confirmed=True)


def test_card_numbers_are_refused_whatever_a_shop_wants(session: Session, people: People) -> None:
    with pytest.raises(Invalid, match="card schemes"):
        put(session, people, Kind.CARD_NUMBER, Policy.WARN)


def test_a_policy_sent_twice_is_one_change_and_stands_in_the_audit(session: Session, people: People) -> None:
    for _ in range(2):
        put(session, people, Kind.FAITH, Policy.REFUSE)
    put(session, people, Kind.FAITH, Policy.REASON, key="policy-key-2")
    assert [(subject, details) for action, subject, details in lines(session) if action == "guard.policy-set"] == [
        ("guard-policy:faith", {"before": "warn", "after": "refuse"}),
        ("guard-policy:faith", {"before": "refuse", "after": "reason"}),
    ]
    with pytest.raises(Conflict):
        put(session, people, Kind.HEALTH, Policy.REASON, key="policy-key-2")


def test_the_page_counts_what_was_asked_and_what_was_kept_as_something_else(session: Session, people: People) -> None:
    put(session, people, Kind.HEALTH, Policy.REASON)
    guarding.log_stop(session, people["ana"], stopped(session, people, "has diabetes"), now=NOW)
    ensure(session, people, "has diabetes", reason=Reason.OTHER_MEANING)
    (row,) = (row for row in guard_policy.panel(session, now=NOW).rows if row.kind == "health")
    assert (row.policy, row.set_by, row.set_at) == (Policy.REASON, "Mo", NOW)
    assert (row.warned, row.refused, row.allowed, row.other_meaning) == (1, 0, 1, 1)


def test_a_text_can_be_tried_and_is_marked_and_kept_nowhere(session: Session, people: People) -> None:
    tried = guard_policy.panel(session, tried="Ünlike her, he is so rude!", now=NOW).tried
    assert tried is not None
    assert [(piece.text, piece.kinds) for piece in tried.pieces] == [
        ("Ünlike her, he is so ", ""),
        ("rude", "Judging words"),
        ("!", ""),
    ]
    assert [(one.name, one.words, one.policy) for one in tried.found] == [
        ("Judging words", "rude", "Ask, and keep it after one tick")
    ]
    assert lines(session) == []


def test_pieces_put_together_are_the_text_also_where_findings_overlap() -> None:
    text = "fat Mexican lady with diabetes and 4111 1111 1111 1111"
    cut = guarding.pieces(text, guarding.look(text))
    assert "".join(piece.text for piece in cut) == text
    assert {piece.kinds for piece in cut} >= {"Payment card numbers", "Origin and colour", "Health"}


# --- lists of a shop -------------------------------------------------------------------------------------------------

OWN = """
[judging]
phrases = ["regular grinch"]
remove = ["picky"]
examples = ["a regular grinch again"]
harmless = ["picky about ripeness"]
"""


def kinds(text: str) -> list[Kind]:
    return [one.kind for one in guarding.look(text)]


def test_a_shop_adds_phrases_takes_some_out_and_keeps_the_rest(tmp_path: Path) -> None:
    assert (kinds("a regular grinch"), kinds("picky")) == ([], [Kind.JUDGING])
    (tmp_path / "en.toml").write_text(OWN)
    assert guarding.equip(tmp_path) == ()
    assert (kinds("a regular grinch"), kinds("picky"), kinds("rude")) == ([Kind.JUDGING], [], [Kind.JUDGING])


def test_a_shop_adds_a_language(tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text(
        '[health]\nphrases = ["enceinte", "diabétique"]\nexamples = ["elle est enceinte"]\n'
    )
    assert guarding.equip(tmp_path) == ()
    assert kinds("elle est enceinte") == [Kind.HEALTH]
    assert kinds("ist schwanger") == [Kind.HEALTH]


def test_of_a_language_that_did_not_come_with_the_desk_nothing_stands_in(tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text("[health")
    (complaint,) = guarding.equip(tmp_path)
    assert complaint.endswith("Until then there is none of it.")


def test_a_shop_switches_a_language_off(tmp_path: Path) -> None:
    (tmp_path / "de.toml").write_text("is_used = false\n")
    assert guarding.equip(tmp_path) == ()
    assert (kinds("eine Zicke"), kinds("rude")) == ([], [Kind.JUDGING])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[health\n", "It is no TOML"),
        ("[zodiac]\nphrases = ['cancer']\n", "“zodiac” is no table of a list; there are words, health,"),
        ("[health]\nphrase = ['ill']\n", "[health] has no “phrase”; there are phrases,"),
        ("[health]\nphrases = 'ill'\n", "“phrases” of [health] must be a list"),
        ("[health]\nphrases = ['!!']\n", "every word with at least one letter"),
        ("[health]\nphrases = ['ill *']\n", "has a part without a letter"),
        ("[health]\nphrases = ['<nobody> is ill']\n", "[words] has no “nobody”"),
        ("[health]\nphrases = ['<people> <people> <people> <people>']\n", "makes too many phrases"),
        ("[judging]\nphrases = ['grinch']\nexamples = ['such a meanie']\n", "“such a meanie” should be found"),
        ("[judging]\nphrases = ['grinch']\nharmless = ['the grinch film']\n", "“the grinch film” should be left alone"),
        ("health = 3\n", "must be a table, such as [health]"),
    ],
)
def test_a_bad_file_is_named_in_one_sentence_and_the_built_in_list_stays(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "en.toml").write_text(text)
    (complaint,) = guarding.equip(tmp_path)
    assert complaint.startswith("en.toml: ")
    assert says in complaint
    assert complaint.endswith("Until then the list that came with the desk is used.")
    assert guarding.complaints() == (complaint,)
    assert kinds("so rude") == [Kind.JUDGING]


def test_a_file_that_is_no_text_is_named_and_the_others_count(tmp_path: Path) -> None:
    (tmp_path / "de.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "en.toml").write_text(OWN)
    (complaint,) = guarding.equip(tmp_path)
    assert complaint == "de.toml: It cannot be read as text; please save it as UTF-8."
    assert kinds("a regular grinch") == [Kind.JUDGING]


def test_presidio_that_is_not_installed_is_said_and_the_rest_works(tmp_path: Path) -> None:
    (complaint,) = guarding.equip(tmp_path, with_presidio=True)
    assert "deskapp[presidio]" in complaint
    assert kinds(CARD) == [Kind.CARD_NUMBER]
