"""The pages of the catalogue of gifts, and the pictures that they show."""

from io import BytesIO

import cast
import pytest
from pages import form, is_whole_page
from rules.test_pictures import jpeg, png
from sqlmodel import select

from deskapp.rules.people import Role
from deskapp.store.tables import Item, ItemKind, ItemPicture


@pytest.fixture
def mug(db) -> int:
    with db.reading() as session:
        return cast.item_id(session, "mug")


def find(db, sku: str) -> Item:
    with db.reading() as session:
        return session.exec(select(Item).where(Item.sku == sku)).one()


def upload(client, item_id: int, body: bytes, name: str = "mug.png", **more: object):
    data = form(client.get(f"/gifts/catalogue/{item_id}"), f"/gifts/catalogue/{item_id}/picture")
    data["picture"] = (BytesIO(body), name)
    return client.post(f"/gifts/catalogue/{item_id}/picture", data=data, content_type="multipart/form-data", **more)


def test_whoever_gives_may_look_and_only_who_keeps_them_sees_the_cost_and_the_forms(at_desk, mug: int) -> None:
    for who in ("ana", "bo"):
        page = at_desk(who).get("/gifts/catalogue")
        assert is_whole_page(page)
        assert "Blue mug" in page.text
        assert "costs us" not in page.text
        assert f"/gifts/catalogue/{mug}" not in page.text
        assert "/gifts/catalogue/services" not in page.text
    for who in ("mo", "ada"):
        page = at_desk(who).get("/gifts/catalogue").text
        assert "costs us $2.50" in page
        assert f'href="/gifts/catalogue/{mug}"' in page
    assert at_desk("del").get("/gifts/catalogue").status_code == 403


def test_it_is_searched_by_words_and_told_plainly_where_nothing_is_found(at_desk) -> None:
    ana = at_desk("ana")
    page = ana.get("/gifts/catalogue?words=mug").text
    assert "Blue mug" in page
    assert "Plum jam" not in page
    assert "Nothing here is called like that." in ana.get("/gifts/catalogue?words=zzz").text
    assert "House red" in ana.get("/gifts/catalogue?shelf=all").text
    assert "<script>" not in ana.get("/gifts/catalogue?words=<script>").text


def test_setting_without_htmx_comes_back_to_the_item(at_desk, db, mug: int) -> None:
    mo, url = at_desk("mo"), f"/gifts/catalogue/{mug}"
    filled = form(mo.get(url), url) | {"capacity_per_day": "5", "given_by": "lead"}
    sent = mo.post(url, data=filled)
    assert (sent.status_code, sent.location) == (303, url)
    assert "5 of 5 left today" in mo.get(url).text
    assert (find(db, "mug").capacity_per_day, find(db, "mug").least_role) == (5, Role.LEAD)


def test_by_htmx_the_panel_comes_back_and_typed_text_stays_on_an_error(at_desk, db, htmx, mug: int) -> None:
    mo, url = at_desk("mo"), f"/gifts/catalogue/{mug}"
    filled = form(mo.get(url), url) | {"given_by": "lead"}
    wrong = mo.post(url, data=filled | {"capacity_per_day": "some"}, headers=htmx)
    assert wrong.status_code == 422
    assert "how many can be given a day is written like 5" in wrong.text
    assert 'value="some"' in wrong.text
    right = mo.post(url, data=filled | {"capacity_per_day": "4"}, headers=htmx)
    assert right.status_code == 200
    assert not is_whole_page(right)
    assert "4 of 4 left today" in right.text


def test_without_the_tick_it_is_not_given_away_any_more(at_desk, db, mug: int) -> None:
    mo, url = at_desk("mo"), f"/gifts/catalogue/{mug}"
    filled = form(mo.get(url), url) | {"given_by": "agent"}
    assert filled.pop("is_giftable") == "true"
    mo.post(url, data=filled)
    assert not find(db, "mug").is_giftable


def test_what_somebody_changed_meanwhile_is_a_conflict_and_may_be_sent_again(at_desk, db, mug: int) -> None:
    mo, ada, url = at_desk("mo"), at_desk("ada"), f"/gifts/catalogue/{mug}"
    old = form(mo.get(url), url) | {"given_by": "agent", "capacity_per_day": "9"}
    ada.post(url, data=form(ada.get(url), url) | {"given_by": "lead"})
    refused = mo.post(url, data=old)
    assert refused.status_code == 409
    assert "Somebody has changed this meanwhile" in refused.text
    assert mo.post(url, data=form(refused, url) | {"given_by": "agent"}).status_code == 303
    assert (find(db, "mug").capacity_per_day, find(db, "mug").least_role) == (9, None)


def test_a_new_service_is_added_and_its_page_opens(at_desk, db) -> None:
    mo, url = at_desk("mo"), "/gifts/catalogue/services"
    filled = form(mo.get("/gifts/catalogue"), url) | {"name": "Gift wrapping", "price": "3.50", "cost": "1"}
    sent = mo.post(url, data=filled)
    wrapping = find(db, "service-gift-wrapping")
    assert (sent.status_code, sent.location) == (303, f"/gifts/catalogue/{wrapping.id}?new=")
    assert (wrapping.kind, wrapping.price_minor, wrapping.cost_minor) == (ItemKind.SERVICE, 350, 100)
    assert "It is in the catalogue." in mo.get(sent.location).text
    assert "It is in the catalogue." not in mo.get(f"/gifts/catalogue/{wrapping.id}").text
    again = mo.post(url, data=filled | {"form_key": "another-key"})
    assert again.status_code == 422
    assert "There is a service of this name already" in again.text


def test_a_picture_is_shown_to_whoever_gives_and_kept_by_the_browser(at_desk, db, mug: int) -> None:
    mo, ana = at_desk("mo"), at_desk("ana")
    assert upload(mo, mug, png()).status_code == 303
    (src,) = [part for part in ana.get("/gifts/catalogue").text.split('"') if part.startswith("/items/")]
    shown = ana.get(src)
    assert (shown.status_code, shown.data, shown.mimetype) == (200, png(), "image/png")
    assert shown.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Disposition"] == "inline"
    etag = shown.headers["ETag"]
    again = ana.get(f"/items/{mug}/picture", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert at_desk("del").get(src).status_code == 403


def test_an_address_that_names_an_older_picture_or_none_is_asked_for_again(at_desk, mug: int) -> None:
    mo = at_desk("mo")
    upload(mo, mug, png())
    for query in ("", "?v=", "?v=0", "?v=000000000000"):
        assert mo.get(f"/items/{mug}/picture{query}").headers["Cache-Control"] == "private, no-cache"
    old = mo.get(f"/items/{mug}/picture").headers["ETag"]
    upload(mo, mug, jpeg())
    assert mo.get(f"/items/{mug}/picture", headers={"If-None-Match": old}).data == jpeg()


@pytest.mark.asvs(24)
def test_a_picture_is_what_its_bytes_say_whatever_it_is_called(at_desk, db, mug: int) -> None:
    mo = at_desk("mo")
    upload(mo, mug, jpeg(), "evil.html")
    assert mo.get(f"/items/{mug}/picture").mimetype == "image/jpeg"
    refused = upload(mo, mug, b"<script>alert(1)</script>", "mug.png")
    assert refused.status_code == 422
    assert "This is no PNG, JPEG or WebP picture" in refused.text
    assert mo.get(f"/items/{mug}/picture").mimetype == "image/jpeg"


def test_too_large_a_picture_or_none_is_refused_in_a_sentence(at_desk, db, mug: int) -> None:
    mo = at_desk("mo")
    assert "at most 200 kB" in upload(mo, mug, png() + b"\0" * 300_000).text
    assert "Please choose a picture." in upload(mo, mug, b"", "").text
    photo = {"data": b"\0" * 2_000_000, "content_type": "multipart/form-data; boundary=b"}
    assert mo.post(f"/gifts/catalogue/{mug}/picture", **photo).status_code == 413
    with db.reading() as session:
        assert session.exec(select(ItemPicture.item_id)).all() == []


def test_where_the_browser_could_not_fetch_it_there_is_no_gap_in_its_place(at_desk, app, seat, mug: int) -> None:
    """In a frame without cookies a seat is a header, and pictures are asked for without it."""
    upload(at_desk("mo"), mug, png())
    assert "/items/" in at_desk("ana").get("/gifts/catalogue").text
    framed = app.test_client().get("/gifts/catalogue", headers={"X-Deskapp-Seat": seat("ana")}).text
    assert "Blue mug" in framed
    assert "/items/" not in framed


def test_a_picture_is_removed_in_one_tap(at_desk, mug: int) -> None:
    mo, url = at_desk("mo"), f"/gifts/catalogue/{mug}"
    upload(mo, mug, png())
    data = form(mo.get(url), f"{url}/picture/remove")
    assert mo.post(f"{url}/picture/remove", data=data).status_code == 303
    assert mo.get(f"/items/{mug}/picture").status_code == 404
    assert "/picture/remove" not in mo.get(url).text


@pytest.mark.parametrize("who", ["ana", "bo", "del"])
def test_only_who_keeps_gifts_changes_them(at_desk, db, mug: int, who: str) -> None:
    client, url = at_desk(who), f"/gifts/catalogue/{mug}"
    data = {"form_key": "key-of-a-test", "given_by": "agent"}
    assert client.get(url).status_code == 403
    for path in (url, f"{url}/picture", f"{url}/picture/remove", "/gifts/catalogue/services"):
        assert client.post(path, data=data).status_code == 403
    assert find(db, "mug").is_giftable


def test_from_another_site_nothing_is_set(at_desk, db, mug: int) -> None:
    data = {"form_key": "key-of-a-test", "given_by": "agent"}
    sent = at_desk("mo").post(f"/gifts/catalogue/{mug}", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert sent.status_code == 403
    assert find(db, "mug").is_giftable
