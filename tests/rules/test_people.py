from itertools import pairwise

import pytest

from deskapp.rules.people import PERMISSIONS, Actor, Permission, Role, givers, who_can


def test_each_role_may_all_that_the_one_below_it_may():
    ladder = [Role.AGENT, Role.LEAD, Role.MANAGER, Role.ADMIN]
    for lower, higher in pairwise(ladder):
        assert PERMISSIONS[lower] < PERMISSIONS[higher]


def test_delivery_sees_deliveries_and_nothing_else():
    assert PERMISSIONS[Role.DELIVERY] == {Permission.SEE_DELIVERIES}


def test_every_role_and_every_permission_has_its_place():
    assert set(PERMISSIONS) == set(Role)
    assert PERMISSIONS[Role.ADMIN] == set(Permission)


def test_only_admins_manage_staff_and_only_managers_and_admins_set_limits():
    assert [role for role in Role if Permission.MANAGE_STAFF in PERMISSIONS[role]] == [Role.ADMIN]
    assert {role for role in Role if Permission.SET_LIMITS in PERMISSIONS[role]} == {Role.MANAGER, Role.ADMIN}


def test_an_actor_may_what_the_role_may():
    delivery = Actor(1, "del", "Del", Role.DELIVERY)
    assert [p for p in Permission if delivery.may(p)] == [Permission.SEE_DELIVERIES]


def test_who_packs_gives_nothing():
    assert givers() == [Role.AGENT, Role.LEAD, Role.MANAGER, Role.ADMIN]


@pytest.mark.parametrize(
    ("permission", "words"),
    [
        (Permission.RUN_JOBS, "Only an admin can."),
        (Permission.SET_LIMITS, "Only a manager or an admin can."),
        (Permission.GIVE, "Only an agent, a lead, a manager or an admin can."),
    ],
)
def test_who_can_is_said_by_role(permission, words):
    assert who_can(permission) == words
