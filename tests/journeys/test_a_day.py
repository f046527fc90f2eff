"""A day at the desk: who comes, what was promised, the brief on one sheet of paper; narrow and wide, with and without JavaScript."""

import re
from datetime import timedelta

import cast
import pytest
from browser_desk import BrowserOf, shut_out
from playwright.sync_api import expect
from sqlmodel import Session, select

from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.memory_tables import (
    Interaction,
    Note,
    NoteKind,
    Occasion,
    OccasionKind,
    Preference,
    PreferenceKind,
    Promise,
    Visit,
    VisitKind,
)
from deskapp.store.tables import Customer, Problem, ProblemKind

TODAY = cast.NOW.date()
LONG = "Wants to hear about the reading lamps from the small workshop near the harbour as soon as they are in. " * 3


@pytest.mark.parametrize("width", [320, 820])
@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_is_expected_comes_and_what_was_promised_is_kept(
    browser_of: BrowserOf, lived_in: int, width: int, scripts: bool
) -> None:
    page = browser_of("bo", width=width, java_script_enabled=scripts)
    page.goto(f"/customers/{lived_in}")
    page.get_by_text("Expect a visit or a call").click()
    page.locator("#visits").get_by_label("At", exact=True).fill("14:30")
    page.locator("#visits").get_by_label("About").fill("To try the lamp")
    page.get_by_role("button", name="Expect Carla Núñez").click()
    expect(page.locator("#visits")).to_contain_text("A visit today at 14:30")
    page.goto("/today")
    expect(page.locator("#today")).to_contain_text("To try the lamp")
    expect(page.locator("#today")).to_contain_text("due today")
    page.get_by_role("link", name="Brief for Carla Núñez").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Carla Núñez")
    expect(page.locator("#brief")).to_contain_text("Ring about the shelf")
    expect(page.locator("#brief")).to_contain_text("Is setting up a reading corner.")
    page.go_back()
    page.get_by_role("button", name="Kept Ring about the shelf").click()
    expect(page.get_by_text("You owe nobody anything this week.")).to_be_visible()
    page.get_by_role("button", name="Came Carla Núñez").click()
    expect(page.get_by_text("Nobody is expected today.")).to_be_visible()


def test_a_promise_changes_hands_and_is_given_up_by_keyboard_alone(
    browser_of: BrowserOf, lived_in: int, staff: dict[str, Actor]
) -> None:
    page = browser_of("bo", width=320)
    page.goto(f"/customers/{lived_in}")
    panel = page.locator("#promises")
    panel.get_by_text("Not kept?").focus()
    page.keyboard.press("Enter")
    panel.get_by_label("Hand it over to").select_option(label="Ana")
    panel.get_by_role("button", name=re.compile("Hand over")).press("Enter")
    expect(panel).to_contain_text("promised by Bo, now with Ana")
    panel.get_by_text("Not kept?").press("Enter")
    panel.get_by_label("It cannot be kept, because …").fill("The maker stopped making it")
    panel.get_by_label("not yet").check()
    panel.get_by_role("button", name=re.compile("It cannot be kept")).press("Enter")
    expect(panel).to_contain_text("cannot be kept: tell them")
    assert shut_out(page) == []


def fill_to_the_brim(session: Session, bo: Actor, carla: int) -> None:
    """More of everything than a sheet of paper takes."""
    heard = {"heard_by": bo.staff_id, "heard_at": cast.NOW}
    for number in range(12):
        talk = Interaction(customer_id=carla, channel="phone", happened_at=cast.NOW)
        session.add(talk)
        session.flush()
        text = f"{number} {LONG} Her father passed away. Was angry. It is a surprise. Has no budget. Is diabetic."
        written = {"kind": NoteKind.OBSERVATION, "revision": 1, "author_id": bo.staff_id, "written_at": cast.NOW}
        session.add(
            Note(customer_id=carla, interaction_id=talk.id, text=text, mentionable=f"{number} {LONG[:102]}", **written)
        )
        due = {"due_on": TODAY + timedelta(days=number), "made_at": cast.NOW}
        session.add(Promise(customer_id=carla, text=LONG[:200], owner_id=bo.staff_id, **due))
        session.add(Problem(customer_id=carla, kind=ProblemKind.DAMAGED, noted_by=bo.staff_id, noted_at=cast.NOW))
        session.add(
            Occasion(customer_id=carla, kind=OccasionKind.OTHER, words=LONG[:120], month=3, day=15 + number, **heard)
        )
        for kind in (PreferenceKind.LIKE, PreferenceKind.ALLERGY, PreferenceKind.CONTACT):
            session.add(
                Preference(customer_id=carla, kind=kind, value=f"{number} {LONG}"[:200], is_stated=True, **heard)
            )


@pytest.fixture
def brimful(lived_in: int, db: Database, staff: dict[str, Actor]) -> int:
    with db.writing() as session:
        fill_to_the_brim(session, staff["bo"], lived_in)
        dan = session.exec(select(Customer.id).where(Customer.external_id == "C-2")).one()
        for customer in (lived_in, dan):
            noted = {"noted_by": staff["bo"].staff_id, "noted_at": cast.NOW}
            session.add(Visit(customer_id=customer, kind=VisitKind.VISIT, expected_on=TODAY, words=LONG[:200], **noted))
    return lived_in


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_brief_is_one_sheet_of_paper_however_much_is_known(browser_of: BrowserOf, brimful: int, paper: str) -> None:
    page = browser_of("bo")
    page.goto(f"/customers/{brimful}/brief")
    assert sheets(page.pdf(format=paper)) == 1
    page.goto("/today/briefs")
    assert sheets(page.pdf(format=paper)) == 2


def sheets(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_what_is_printed_has_no_colour_and_no_price(browser_of: BrowserOf, brimful: int) -> None:
    page = browser_of("bo", color_scheme="dark")
    page.goto("/today/briefs")
    page.emulate_media(media="print")
    colours = page.evaluate(
        "[...document.querySelectorAll('.brief-sheet, .brief-sheet *')].flatMap(one => {"
        " const s = getComputedStyle(one); return [s.color, s.backgroundColor, s.borderInlineStartColor]; })"
    )
    assert {one for one in colours if one not in {"rgb(0, 0, 0)", "rgba(0, 0, 0, 0)"}} == set()
    assert "$" not in page.locator("main").inner_text()
