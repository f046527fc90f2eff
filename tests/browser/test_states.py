"""Nobody is shut out of what a page looks like once something was refused, went wrong or has just been done."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import cast
import pytest
from browser_desk import BrowserOf, shut_out
from playwright.sync_api import Page, expect
from sold import a_part, a_report, an_old_report

from deskapp.desk import jobs, launches, limits, seats
from deskapp.desk.limit_forms import NewLimit
from deskapp.reco.report import Group
from deskapp.rules.people import Actor
from deskapp.store import models
from deskapp.store.db import Database
from deskapp.store.tables import Customer

LOOKS = (("light", 320), ("dark", 1024))


@dataclass(frozen=True, slots=True)
class Scene:
    """One page, whose it is, and what a state may change behind its back."""

    page: Page
    db: Database
    staff: dict[str, Actor]
    carla: int
    url: str

    def send(self, action: str, *, as_htmx: bool = True, **fields: str) -> None:
        """The form that posts to `action`, whatever the browser thinks of what is in it."""
        form = self.page.locator(f'form[action="{action}"]').first
        for name, value in fields.items():
            form.evaluate("(form, [name, value]) => { form.elements.namedItem(name).value = value }", [name, value])
        form.evaluate(
            "(form, asHtmx) => { form.noValidate = true; asHtmx ? form.requestSubmit() : form.submit() }", as_htmx
        )

    def goto_carla(self, tab: str = "notes") -> None:
        self.page.goto(f"/customers/{self.carla}/{tab}")

    def limit_agents_to(self, gift: str, day: str, month: str) -> None:
        form = NewLimit(
            form_key=secrets.token_urlsafe(),
            giver="role:agent",
            per_gift=gift,
            per_giver_per_day=day,
            per_customer_per_month=month,
        )
        with self.db.writing() as session:
            limits.set_limit(session, self.staff["mo"], form, terms=cast.TERMS, now=cast.NOW)

    def sign_everybody_out(self) -> None:
        with self.db.writing() as session:
            for actor in self.staff.values():
                seats.leave_all(session, None, actor.staff_id, now=cast.NOW)

    def launch_link(self, username: str) -> str:
        with self.db.writing() as session:
            secret = secrets.token_urlsafe(32)
            return "/launch/" + launches.make(session, self.staff[username], self.carla, secret=secret, now=cast.NOW)


# --- what came of a gift --------------------------------------------------------------------------------------------


def give(scene: Scene) -> None:
    scene.page.get_by_role("button", name="Give it").first.click()


def granted(scene: Scene) -> str:
    scene.goto_carla()
    give(scene)
    return "It is theirs."


def taken_back(scene: Scene) -> str:
    granted(scene)
    scene.page.get_by_role("button", name="Undo the gift").click()
    return "taken back"


def not_for_them(scene: Scene) -> str:
    scene.goto_carla()
    scene.page.get_by_role("button", name="Not for them").first.click()
    return "Not for them: "


def refused(scene: Scene) -> str:
    scene.goto_carla()
    scene.limit_agents_to("5", "12", "1")
    give(scene)
    return "Not this time."


def needs_approval(scene: Scene) -> str:
    scene.goto_carla()
    scene.limit_agents_to("5", "1", "10")
    give(scene)
    return "This needs a second yes."


def nothing_left(scene: Scene) -> str:
    scene.limit_agents_to("0", "0", "0")
    scene.goto_carla()
    return "Nothing is left to give here for now."


# --- what is wrong with a form --------------------------------------------------------------------------------------


def note_refused(scene: Scene) -> str:
    scene.goto_carla()
    scene.page.get_by_label("What did you learn?").fill("Pays with 4111 1111 1111 1111")
    scene.page.get_by_label("seen or said").check()
    scene.send(f"/customers/{scene.carla}/notes")
    return "A payment card number never stays in a note"


def note_without_a_kind(scene: Scene) -> str:
    scene.goto_carla()
    scene.page.get_by_label("What did you learn?").fill("Seen with a dog")
    scene.send(f"/customers/{scene.carla}/notes")
    return "Please fill this in."


def note_warned(scene: Scene) -> str:
    scene.goto_carla()
    scene.page.get_by_label("What did you learn?").fill("Has diabetes, and is stingy")
    scene.page.get_by_label("seen or said").check()
    scene.send(f"/customers/{scene.carla}/notes")
    return "Keep it as it is"


def preference_empty(scene: Scene) -> str:
    scene.goto_carla("preferences")
    scene.send(f"/customers/{scene.carla}/preferences", kind="like", is_stated="true")
    return "Please write what it is."


def promise_empty(scene: Scene) -> str:
    scene.goto_carla()
    scene.send(f"/customers/{scene.carla}/promises")
    return "Please write a date"


def note_conflict(scene: Scene) -> str:
    scene.page.goto("/notes/1")
    scene.send("/notes/1", revision="7")
    return "Somebody changed this note"


def card_conflict(scene: Scene) -> str:
    scene.page.goto("/deliveries/1")
    scene.send("/deliveries/1/card", text="Dear Carla", seen="another")
    return "Somebody wrote this card"


def card_with_a_price(scene: Scene) -> str:
    scene.page.goto("/deliveries/1")
    scene.send("/deliveries/1/card", text="Dear Carla, a jam worth $4.20 for you")
    return "A card carries no prices"


def limits_wrong(scene: Scene) -> str:
    scene.page.goto("/limits/new?giver=role:agent")
    scene.send("/limits", per_gift="a little")
    return "Write the amount as plain digits"


def limit_tried(scene: Scene) -> str:
    scene.page.goto("/limits/new?giver=role:manager")
    scene.page.get_by_label("A gift, USD").fill("120")
    scene.page.get_by_label("To whom").fill("last order late or orders >= 3")
    scene.page.get_by_role("button", name="Try it").click()
    expect(scene.page.get_by_role("heading", name="What it would do")).to_be_focused()
    scene.page.evaluate("scrollTo(0, 0)")  # or the bar that sticks covers half a field, and axe calls that too small
    return "It counts once Ada agreed."


def limit_waiting(scene: Scene) -> str:
    limit_tried(scene)
    scene.page.get_by_role("button", name="Switch this on").click()
    return "You set it, so somebody else has to agree."


def limit_conflict(scene: Scene) -> str:
    scene.page.goto("/limits/new?giver=role:agent")
    scene.limit_agents_to("7", "9", "9")
    scene.page.get_by_role("button", name="Switch it on").click()
    return "Mo has set this anew in the meantime"


def steering_which(scene: Scene) -> str:
    scene.page.goto("/steering")
    scene.send("/steering", item="re", reason="New here", ends_on="2026-03-31")
    return "Several items are called like that."


def steering_listed(scene: Scene) -> str:
    for item, steer in (("jam", "pin"), ("tea", "hide"), ("mug", "strong-boost")):
        scene.page.goto("/steering")
        with scene.page.expect_navigation():
            fields = {"item": item, "steer": steer, "reason": "From next door", "ends_on": "2026-03-31"}
            scene.send("/steering", as_htmx=False, **fields)
    scene.page.get_by_role("button", name="Withdraw").first.click()
    scene.page.get_by_text("What is over").click()
    return "withdrawn by Mo"


def previewed(scene: Scene) -> str:
    scene.page.goto("/preview")
    scene.page.get_by_label("With the scores as numbers").check()
    scene.send("/preview", customer="carla", about="lamp", basket="mug")
    expect(scene.page.locator("#preview")).to_contain_text("Bought before, so none of it is new")
    scene.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    return "Left out"


def preview_who(scene: Scene) -> str:
    with scene.db.writing() as session:
        session.add(Customer(external_id="C-3", name="Carl", name_folded="carl"))
    scene.page.goto("/preview")
    scene.send("/preview", customer="carl", basket="re")
    return "Several customers are called like that."


def staff_wrong(scene: Scene) -> str:
    scene.page.goto("/staff")
    scene.send("/staff", username="é", password="short")
    return "Please use 2 to 60 plain letters"


def password_wrong(scene: Scene) -> str:
    scene.page.goto("/password")
    scene.send("/password", current="not this one", password="three quiet words", as_htmx=False)
    return "This is not your present password."


def order_unknown(scene: Scene) -> str:
    scene.page.goto("/deliveries/find?order=nothing-like-it")
    return "No delivery has the order number"


def nobody_found(scene: Scene) -> str:
    scene.page.goto("/")
    scene.page.get_by_role("searchbox").fill("zzz")
    return "Nobody found for"


def nothing_known(scene: Scene) -> str:
    scene.page.goto(f"/customers/{scene.carla + 1}/preferences")
    return "Nothing known yet"


# --- work and what came of it ---------------------------------------------------------------------------------------


def job_cancelled(scene: Scene) -> str:
    scene.page.goto("/work")
    scene.page.get_by_role("button", name="Train now").click()
    scene.page.get_by_role("button", name="Cancel").click()
    return "Cancelled by Ada."


def job_ended_meanwhile(scene: Scene) -> str:
    scene.page.goto("/work")
    scene.page.get_by_role("button", name="Train now").click()
    expect(scene.page.get_by_role("button", name="Cancel")).to_be_visible()
    with scene.db.writing() as session:
        ticket = jobs.take(session, frozenset(jobs.Kind), now=cast.NOW)
        assert ticket is not None
        jobs.finish(session, ticket, "It is better.", now=cast.NOW)
    scene.send(f"/work/jobs/{ticket.job_id}/cancel", as_htmx=False)
    return "It had ended before it could be cancelled."


def model_judged(scene: Scene) -> str:
    groups = {"spending": [Group(name, a_part(40, 0.1, in_service=0.09)) for name in ("1", "2", "others")], "store": []}
    with scene.db.writing() as session:
        models.add_version(session, "first", "", a_report(groups, in_service=0.09), cast.NOW)
    scene.page.goto("/model")
    scene.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    return "Its lead over the model before it may be chance."


def model_judged_long_ago(scene: Scene) -> str:
    with scene.db.writing() as session:
        models.add_version(session, "first", "", an_old_report(), cast.NOW)
    scene.page.goto("/model")
    return "judged by an earlier release"


# --- what went wrong on the way -------------------------------------------------------------------------------------


def signed_out_page(scene: Scene) -> str:
    scene.goto_carla()
    scene.sign_everybody_out()
    scene.send(f"/customers/{scene.carla}/notes", as_htmx=False)
    return "Please sign in"


def signed_out_panel(scene: Scene) -> str:
    scene.goto_carla()
    scene.sign_everybody_out()
    scene.page.get_by_role("link", name="Orders").click()
    return "Please sign in to go on."


def not_yours(scene: Scene) -> str:
    scene.page.goto("/staff")
    return "Your role does not include this."


def an_old_page(scene: Scene) -> str:
    scene.goto_carla()
    scene.send(f"/customers/{scene.carla}/notes", csrf="of-an-old-page", as_htmx=False)
    return "This page is older than your sign-in"


def unreachable(scene: Scene) -> str:
    scene.goto_carla()
    scene.page.context.set_offline(True)
    scene.page.get_by_role("link", name="Orders").click()
    return "The desk cannot be reached."


# --- the door, and the frame ----------------------------------------------------------------------------------------


def sign_in_wrong(scene: Scene) -> str:
    scene.page.goto("/sign-in")
    with scene.page.expect_navigation():
        scene.send("/sign-in", username="ana", password="wrong", as_htmx=False)
    return "That name and password do not belong together."


def too_many_tries(scene: Scene) -> str:
    for _ in range(6):
        sign_in_wrong(scene)
    return "Too many tries."


def sign_in_framed(scene: Scene) -> str:
    scene.page.set_extra_http_headers({"X-Deskapp-Seat": "none"})
    scene.page.goto("/sign-in")
    return "your browser may not keep you signed in"


def embedded(scene: Scene) -> str:
    scene.page.goto(scene.launch_link("bo"))
    return "Carla Núñez"


def embedded_again(scene: Scene) -> str:
    link = scene.launch_link("bo")
    scene.page.goto(link)
    scene.page.goto(link)
    return "This link was used before"


def printed_card(scene: Scene) -> str:
    scene.page.goto("/deliveries/1")
    scene.send("/deliveries/1/card", text="Dear Carla, enjoy your mug.")
    expect(scene.page.locator("#delivery")).to_contain_text("card written by")
    scene.page.goto("/deliveries/print?delivery=1")
    return "Dear Carla, enjoy your mug."


STATES: dict[str, tuple[Callable[[Scene], str], ...]] = {
    "ana": (
        *(granted, taken_back, not_for_them, refused, needs_approval, nothing_left),
        *(
            note_without_a_kind,
            note_refused,
            note_warned,
            preference_empty,
            promise_empty,
            note_conflict,
            password_wrong,
        ),
        *(nobody_found, nothing_known, signed_out_page, signed_out_panel, not_yours, an_old_page, unreachable),
    ),
    "del": (card_conflict, card_with_a_price, order_unknown, printed_card),
    "mo": (
        *(limits_wrong, limit_tried, limit_waiting, limit_conflict),
        *(steering_which, steering_listed, previewed, preview_who),
    ),
    "ada": (staff_wrong, job_cancelled, job_ended_meanwhile, model_judged, model_judged_long_ago),
    "": (sign_in_wrong, too_many_tries, sign_in_framed, embedded, embedded_again),
}


@pytest.mark.parametrize(
    ("username", "state"),
    [(username, state) for username, states in STATES.items() for state in states],
    ids=[state.__name__ for states in STATES.values() for state in states],
)
def test_no_state_shuts_anybody_out(
    browser_of: BrowserOf,
    db: Database,
    staff: dict[str, Actor],
    lived_in: int,
    address: str,
    username: str,
    state: Callable[[Scene], str],
) -> None:
    page = browser_of(username, reduced_motion="reduce")  # half faded in is not how it looks
    words = state(Scene(page, db, staff, lived_in, address))
    expect(page.locator("body")).to_contain_text(words)
    found = []
    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        found += [(theme, *one) for one in shut_out(page)]
    assert found == []
