"""What a good launch tells, and what of it is proven; the same for every host."""

from dataclasses import asdict, replace

import knocks
import pytest
from knocks import CLAIMS, ENVELOPE, NOW, SECRET, STAMP, Knock, opening

from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Hint, Launch, Way, Why
from deskapp.hosts.reading import MENDS

SIGNED = knocks.all_signed()
CARLA = Hint("C-17", "carla@example.com")
TOLD = {
    "zendesk": Launch("77", seconds_off=0),
    "salesforce": Launch(
        "005x0000001SyyEAAS", "Ana Gent", Hint("003x0000004AbCd", "carla@example.com"), is_customer_proven=True
    ),
    "hubspot": Launch("77", "ana@acme.example", Hint("501"), seconds_off=0),
    "help_scout": Launch(hint=Hint("500", ticket="123"), is_customer_proven=True),
    "help_scout_legacy": Launch(
        "77", "Ana Gent", Hint("500", "carla@example.com", "", "Carla Castle", "12"), is_customer_proven=True
    ),
    "intercom": Launch(
        "77", "Ana Gent", Hint("C-17", "carla@example.com", "", "Carla Castle", "12"), is_customer_proven=True
    ),
    "front": Launch(),
    "signed": Launch("7", "Ana", CARLA, is_customer_proven=True, seconds_off=0),
    "odoo": Launch("7", "Ana", CARLA, is_customer_proven=True, seconds_off=0),
}


@pytest.mark.parametrize("knock", SIGNED, ids=lambda one: one.code)
def test_a_good_launch_tells_who_works_and_whom_it_is_about(knock: Knock) -> None:
    assert replace(knock.verify(), replay_key="", good_until=None) == TOLD[knock.code]


@pytest.mark.parametrize("code", knocks.UNSIGNED)
def test_a_host_that_signs_nothing_proves_nobody(code: str) -> None:
    assert not HOSTS[code].is_signed
    assert knocks.of_unsigned(code).verify() == Launch()


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        (
            {"typename": "contact", "id": "{0A1B2C3D-0a1b-0a1b-0a1b-0a1b2c3d4e5f}"},
            Hint("0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
        ),
        (
            {"typename": "incident", "id": "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"},
            Hint(ticket="0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
        ),
        ({"typename": "lead", "id": "x", "orgname": "org2"}, Hint()),
        ({"typename": "systemuser", "id": "{0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f}"}, Hint()),
        ({"typename": "contact", "id": "1 or 1=1"}, Hint()),
    ],
)
def test_a_form_of_dynamics_says_which_record_it_shows_and_proves_nothing(query: dict[str, str], hint: Hint) -> None:
    received = opening({name: value.encode() for name, value in query.items()})
    assert HOSTS["dynamics"].verify(received, knocks.of_unsigned("dynamics").held, NOW) == Launch(hint=hint)


def test_nothing_of_a_canvas_envelope_but_its_user_and_record_leaves_the_file() -> None:
    assert "never-to-be-seen" not in repr(asdict(knocks.of_salesforce().verify()))


@pytest.mark.parametrize(
    ("client", "frame"),
    [
        ({"instanceId": "_:Desk:1"}, {"instanceId": "_:Desk:1"}),
        ({"instanceId": "06Px", "isVF": True}, {"instanceId": "06Px", "isVF": True}),
        ({"instanceId": "06Px", "isVF": "yes"}, {"instanceId": "06Px"}),
        ({"instanceId": {"oauthToken": "00Dx"}, "isVF": True}, {}),
    ],
)
def test_the_page_is_told_what_salesforce_knows_its_frame_by_and_no_more(
    client: dict[str, object], frame: dict[str, object]
) -> None:
    sent = knocks.canvas({**ENVELOPE, "client": {**ENVELOPE["client"], **client}})
    assert knocks.of_salesforce(sent).verify().frame == frame


def test_a_case_is_a_ticket_and_its_contact_the_customer() -> None:
    environment = {
        "record": {
            "Id": "500x000001",
            "ContactId": "003x000009",
            "ContactEmail": "carla@example.com",
            "Name": "00001026",
        }
    }
    sent = knocks.canvas({"context": {**ENVELOPE["context"], "environment": environment}})
    assert knocks.of_salesforce(sent).verify().hint == Hint("003x000009", "carla@example.com", ticket="500x000001")


@pytest.mark.parametrize("algorithm", ["none", "HMACSHA1", None])
def test_what_a_canvas_envelope_calls_its_algorithm_changes_nothing(algorithm: str | None) -> None:
    sent = knocks.canvas({**ENVELOPE, "algorithm": algorithm})
    assert knocks.of_salesforce(sent).verify().agent_ref == "005x0000001SyyEAAS"


@pytest.mark.parametrize(
    ("subject", "agent"),
    [
        ("https://acme.zendesk.com/api/v2/users/77.json", "77"),
        ("https://acme.zendesk.com/api/v2/users/77", "77"),
        ("77", "77"),
        ("https://acme.zendesk.com/api/v2/end_users/77.json", "https://acme.zendesk.com/api/v2/end_users/77.json"),
        ("ana/77", "ana/77"),
    ],
)
def test_an_agent_of_zendesk_is_a_users_number_or_what_was_said_word_for_word(subject: str, agent: str) -> None:
    assert knocks.zendesk(sub=subject).verify().agent_ref == agent


@pytest.mark.parametrize("issuer", ["acme.zendesk.com", "https://acme.zendesk.com"])
def test_zendesk_may_write_its_name_in_two_ways(issuer: str) -> None:
    assert knocks.zendesk(iss=issuer).verify().agent_ref == "77"


# --- a launch that comes twice --------------------------------------------------------------------------------------


@pytest.mark.parametrize("knock", [one for one in SIGNED if one.verify().replay_key], ids=lambda one: one.code)
def test_the_same_launch_has_the_same_replay_key_and_another_has_another(knock: Knock) -> None:
    fresh = {
        "zendesk": knocks.zendesk(iat=STAMP - 1),
        "salesforce": knocks.of_salesforce(knocks.canvas({**ENVELOPE, "issuedAt": 1})),
        "hubspot": knocks.of_hubspot(stamp=STAMP * 1000 + 1),
    }
    another = fresh.get(knock.code) or knocks.of_signed({**knocks.VALUES, "nonce": "f" * 16})
    assert knock.verify().replay_key == knock.verify().replay_key != another.verify().replay_key


def test_hosts_that_send_the_same_twice_in_good_faith_give_no_replay_key() -> None:
    without = {one.code for one in SIGNED if not one.verify().replay_key}
    assert without == {"help_scout", "help_scout_legacy", "intercom", "front"}


@pytest.mark.parametrize(
    "spell", [lambda text: text.replace("=", ""), lambda text: text.translate(str.maketrans("+/", "-_"))]
)
def test_another_spelling_of_a_canvas_signature_is_the_same_launch(spell: object) -> None:
    signature, envelope = knocks.canvas().split(".")
    again = knocks.of_salesforce(f"{spell(signature)}.{envelope}")  # type: ignore[operator]
    assert again.verify().replay_key == knocks.of_salesforce().verify().replay_key


def test_a_token_of_zendesk_has_one_spelling_only() -> None:
    """PyJWT itself would take all of these, and each would be a launch that was never seen."""
    good = knocks.token()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other_last = good[:-1] + letters[letters.index(good[-1]) ^ 1]
    for spelled in (other_last, good + "=", good + "==", good + "\n", good[:-4] + "!" + good[-4:], good + "."):
        assert why_refused(knocks.zendesk(spelled)) == Why.UNREADABLE


def test_a_replay_key_fits_its_column_and_says_nothing() -> None:
    keys = [knock.verify().replay_key for knock in SIGNED]
    assert {len(key) for key in keys} == {0, 64}
    assert len({key for key in keys if key}) == 4  # Odoo's launch is the signed one


# --- secrets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("knock", SIGNED, ids=lambda one: one.code)
def test_while_one_secret_replaces_another_both_are_good(knock: Knock) -> None:
    new = knocks.pem_of(knocks.key_of("another")) if knock.code == "zendesk" else "the new secret of the host"
    both = replace(knock.held, secrets=(new, *knock.held.secrets))
    assert knock.verify(held=both) == knock.verify()
    pasted = replace(knock.held, secrets=(f"  {knock.held.secrets[0]}\n",))
    assert knock.verify(held=pasted) == knock.verify()


def why_refused(knock: Knock) -> Why:
    from deskapp.hosts.launch import Unverified

    with pytest.raises(Unverified) as refused:
        knock.verify()
    return refused.value.why


# --- what the connections page draws from ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", HOSTS.values(), ids=lambda one: one.code)
def test_a_host_is_described_whole(host: object) -> None:
    from deskapp.hosts.launch import Host

    assert isinstance(host, Host)
    assert set(host.mends) == set(Why) == set(MENDS)
    assert (host.answer is not None) == (host.way is Way.CALL)
    assert all(step.format(url="", origin="").endswith((".", "(POST).")) for step in host.steps)
    words = " ".join([*host.mends.values(), *host.steps])
    assert not {SECRET, CLAIMS["aud"]} & set(words.split())
    assert "{url}" in " ".join(host.steps) or host.code in {
        "zendesk",
        "hubspot",
        "odoo",
        "extension",
    }  # theirs is in the package


@pytest.mark.parametrize(
    ("code", "fields", "origins"),
    [
        ("zendesk", {"subdomain": "acme"}, ("https://acme.zendesk.com",)),
        (
            "salesforce",
            {"domain": "acme--uat.sandbox"},
            (
                "https://acme--uat.sandbox.lightning.force.com",
                "https://acme--uat.sandbox.my.salesforce.com",
                "https://acme--uat--c.sandbox.vf.force.com",
            ),
        ),
        ("hubspot", {"place": "app-eu1.hubspot.com"}, ("https://app-eu1.hubspot.com",)),
        ("chatwoot", {"origin": "https://chat.acme.example"}, ("https://chat.acme.example",)),
        ("dynamics", {"origin": "https://acme.crm4.dynamics.com"}, ("https://acme.crm4.dynamics.com",)),
        ("extension", {"chrome": "a" * 32, "edge": "a" * 32}, ("chrome-extension://" + "a" * 32,)),
        ("intercom", {"workspace": "x"}, ()),
        ("signed", {}, ()),
    ],
)
def test_the_origins_that_may_frame_the_desk_come_from_the_settings(
    code: str, fields: dict[str, str], origins: tuple[str, ...]
) -> None:
    assert HOSTS[code].find_origins(fields) == origins


def test_every_origin_may_stand_in_a_policy() -> None:
    from deskapp.rules.framing import problem_with

    hints = {
        "place": "crm.zoho.eu",
        "subdomain": "acme",
        "domain": "acme",
        "origin": "https://crm.acme.example",
        "chrome": "b" * 32,
    }
    for host in HOSTS.values():
        assert all(problem_with(origin, is_local_fine=False) == "" for origin in host.find_origins(hints))


def test_an_answer_to_a_call_carries_the_link_and_cannot_be_broken_out_of() -> None:
    link = 'https://desk.example.com/l?a="><script>&b=1'
    legacy = HOSTS["help_scout_legacy"].answer
    assert legacy is not None
    assert "<script" not in str(legacy(link)["html"])
    for host in HOSTS.values():
        if host.answer:
            assert "desk.example.com" in str(host.answer(link))
