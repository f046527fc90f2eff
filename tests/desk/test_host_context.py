"""Whom a host's page means: by number, then e-mail, then phone; several ask, none can be begun once."""

import cast
import pytest
from rivals import at_once
from sqlmodel import select

from deskapp.desk import erasure, host_context, merging
from deskapp.desk.host_context import How, Matched, NewStub
from deskapp.hosts.launch import Hint
from deskapp.rules.errors import Conflict, Invalid
from deskapp.store.tables import Audit, Customer

KEY = b"the key of a test"
REGIONS = ("US", "GB", "DE", "FR")


def find(session, **said):
    return host_context.find(session, Hint(**said), host="chatwoot", regions=REGIONS, key=KEY)


def begin(session, actor, **said):
    form = NewStub(**({"form_key": "begin-somebody", "name": "Ann Example"} | said))
    return host_context.begin(session, actor, form, host="chatwoot", regions=REGIONS, key=KEY, now=cast.NOW)


def put(session, external_id, **values):
    name = values.pop("name", external_id)
    row = Customer(external_id=external_id, name=name, name_folded=name.casefold(), **values)
    session.add(row)
    session.flush()
    return row.id


def test_number_then_e_mail_then_phone_says_who_it_is(session):
    carla = cast.customer_id(session)
    assert find(session, external_id="C-1", email="who@ever.example") == Matched(carla, How.NUMBER)
    assert find(session, external_id="unknown", email="CARLA@Example.COM ") == Matched(carla, How.EMAIL)
    assert find(session, email="not known@", phone="+1 (555) 0100") == Matched(carla, How.PHONE)


def test_a_phone_is_the_same_however_it_is_written_and_no_other_that_ends_alike(session):
    berlin = put(session, "B-1", phone="0171 / 2345678")
    put(session, "B-2", phone="+33 1 71 23 45 67 8")
    abroad = put(session, "B-3", phone="+39 06 6982 1234")
    for written in ("+49 171 2345678", "0049 171 2345678", "+49 (0)171 2345678", "0171 2345678"):
        assert find(session, phone=written) == Matched(berlin, How.PHONE), written
    assert find(session, phone="+390669821234") == Matched(abroad, How.PHONE)
    assert find(session, phone="2345678").people == ()  # the end of one is none
    for nonsense in ("+49", "call me", "0" * 60, "+" * 60, "٠١٢٣٤٥٦٧٨٩", "12345"):
        assert find(session, phone=nonsense).people == (), nonsense


def test_several_ask_and_so_do_a_number_of_one_and_an_e_mail_of_another(session):
    put(session, "T-1", email="two@example.com", email_folded="two@example.com", name="First")
    put(session, "T-2", email="Two@example.com", email_folded="two@example.com", name="Second")
    assert {one.name for one in find(session, email="two@example.com").people} == {"First", "Second"}
    asked = find(session, external_id="C-2", email="carla@example.com")
    assert {one.name for one in asked.people} == {"Dan", "Carla Núñez"}


def test_nobody_is_found_by_a_name_or_by_nothing(session):
    assert find(session, name="Carla Núñez").people == ()
    assert find(session).is_nobody


def test_the_joined_one_is_whoever_goes_on_and_an_erased_one_is_neither_found_nor_begun_anew(session, people):
    carla, dan = cast.customer_id(session), cast.customer_id(session, "C-2")
    merging.merge(session, people["bo"], carla, merging.NewMerge(form_key="join-them", other_id=dan), now=cast.NOW)
    assert find(session, external_id="C-2") == Matched(carla, How.NUMBER)
    erasure.forget(session, people["mo"], people["mo"].staff_id, carla, key=KEY, now=cast.NOW)
    session.flush()
    for number in ("C-1", "C-2"):
        asked = find(session, external_id=number, email="carla@example.com")
        assert (asked.people, asked.is_erased) == ((), True)
        with pytest.raises(Conflict, match="erased"):
            begin(session, people["ana"], form_key=f"key-of-{number}", external_id=number)
    assert not find(session, external_id="C-3").is_erased


def test_somebody_is_begun_once_under_the_host_s_name_and_is_found_by_it_from_then_on(session, people):
    first = begin(session, people["ana"], external_id="77", email="Ann@X.example", phone="+49 171 2345678")
    assert begin(session, people["ana"], external_id="77", email="Ann@X.example", phone="+49 171 2345678") == first
    assert begin(session, people["bo"], form_key="another-key", email="ann@x.example") == first
    row = session.get(Customer, first)
    assert (row.external_id, row.email_folded, row.phone) == ("chatwoot:77", "ann@x.example", "+49 171 2345678")
    for said in ({"external_id": "77"}, {"external_id": "chatwoot:77"}, {"phone": "0171 2345678"}):
        assert find(session, **said).customer_id == first, said
    told = session.exec(select(Audit).where(Audit.action == "customer.begun")).all()
    assert [(one.subject, one.staff_id) for one in told] == [(f"customer:{first}", people["ana"].staff_id)]


def test_without_a_number_they_get_one_of_their_own_and_a_long_one_is_kept_as_a_mark(session, people):
    said = [("Ann", ""), ("Ann", ""), ("Ben", "x" * 150), ("Cyd", "x" * 149 + "y")]
    begun = [
        begin(session, people["ana"], form_key=f"key-number-{n}", name=name, external_id=number)
        for n, (name, number) in enumerate(said)
    ]
    assert len(set(begun)) == 4
    assert find(session, external_id="x" * 150).customer_id == begun[2]


@pytest.mark.parametrize("said", [{"email": "Ann@x.example"}, {"phone": "+49 171 2345678"}])
def test_several_who_begin_the_same_person_at_once_begin_one(database, people, said):
    def begin_one(n):
        with database.writing() as session:
            return begin(session, people["ana"], form_key=f"key-number-{n}", **said)

    first, *others = at_once(4, begin_one)
    assert others == [first] * 3
    with database.writing() as session:
        session.get_one(Customer, first).email_folded = None
        session.get_one(Customer, first).phone = None
        session.flush()
        assert find(session, **said).people == ()
        assert begin(session, people["ana"], form_key="key-number-9", **said) != first  # whose it is no more


@pytest.mark.parametrize(("field", "value"), [("email", "ann@"), ("phone", "ring me"), ("name", "a\x07b")])
def test_what_cannot_be_kept_is_said_beside_its_field(session, people, field, value):
    with pytest.raises(Invalid) as refused:
        begin(session, people["ana"], **{field: value})
    assert list(refused.value.problems) == [field]


def test_a_host_that_counts_its_people_from_one_does_not_mean_the_shop_s_own_numbers(session, people):
    put(session, "51")
    said = Hint(external_id="51")
    asked = host_context.find(session, said, host="hubspot", regions=REGIONS, key=KEY)
    assert asked.people == ()
    assert find(session, external_id="51").how is How.NUMBER
