"""Who may do what. Roles are cumulative, but for delivery, which stands apart with the least data of all."""

from dataclasses import dataclass
from enum import StrEnum

from deskapp.rules.words import Said, or_list, psay, say


class Role(StrEnum):
    AGENT = "agent"
    LEAD = "lead"
    DELIVERY = "delivery"
    MANAGER = "manager"
    ADMIN = "admin"


class Receiver(StrEnum):
    """Whom a gift is for, before the law: companies and public offices have low thresholds of their own."""

    PERSON = "person"
    BUSINESS = "business"
    PUBLIC = "public-sector"


class Permission(StrEnum):
    SEE_CUSTOMERS = "see-customers"
    WRITE_MEMORY = "write-memory"
    GIVE = "give"
    UNDO_OTHERS_GIFTS = "undo-others-gifts"
    APPROVE = "approve"
    SEE_ALL_GIFTS = "see-all-gifts"
    KEEP_GIFTS = "keep-gifts"
    SEE_DELIVERIES = "see-deliveries"
    SET_LIMITS = "set-limits"
    STEER = "steer"
    SEE_MODEL = "see-model"
    REVIEW_MEMORY = "review-memory"
    SEE_VIEWS = "see-views"
    MERGE_CUSTOMERS = "merge-customers"
    MANAGE_REQUESTS = "manage-requests"
    MANAGE_GUARD = "manage-guard"
    MANAGE_CHANNELS = "manage-channels"
    MANAGE_CARDS = "manage-cards"
    MANAGE_FEEDBACK = "manage-feedback"
    MANAGE_PRIVACY = "manage-privacy"
    MANAGE_STAFF = "manage-staff"
    MANAGE_TABLETS = "manage-tablets"
    MANAGE_CONNECTIONS = "manage-connections"
    RUN_JOBS = "run-jobs"


_AGENT = frozenset({Permission.SEE_CUSTOMERS, Permission.WRITE_MEMORY, Permission.GIVE, Permission.SEE_DELIVERIES})
_LEAD = _AGENT | {
    Permission.UNDO_OTHERS_GIFTS,
    Permission.APPROVE,
    Permission.REVIEW_MEMORY,
    Permission.SEE_VIEWS,
    Permission.MERGE_CUSTOMERS,
    Permission.MANAGE_TABLETS,
}
_MANAGER = _LEAD | {
    Permission.SET_LIMITS,
    Permission.SEE_ALL_GIFTS,
    Permission.KEEP_GIFTS,
    Permission.STEER,
    Permission.SEE_MODEL,
    Permission.MANAGE_REQUESTS,
    Permission.MANAGE_GUARD,
    Permission.MANAGE_CHANNELS,
    Permission.MANAGE_CARDS,
    Permission.MANAGE_FEEDBACK,
    Permission.MANAGE_PRIVACY,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _AGENT,
    Role.LEAD: _LEAD,
    Role.DELIVERY: frozenset({Permission.SEE_DELIVERIES}),
    Role.MANAGER: _MANAGER,
    Role.ADMIN: _MANAGER | {Permission.MANAGE_STAFF, Permission.MANAGE_CONNECTIONS, Permission.RUN_JOBS},
}


@dataclass(frozen=True, slots=True)
class Actor:
    """The member of staff who acts now."""

    staff_id: int
    username: str
    name: str
    role: Role
    team: str = ""

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]


_RANKS = (Role.AGENT, Role.LEAD, Role.MANAGER, Role.ADMIN)


def reaches(role: Role, least: Role | None) -> bool:
    """Whether a role stands as high as `least`; everybody where that is None. Delivery stands apart."""
    return least is None or (role in _RANKS and least in _RANKS and _RANKS.index(role) >= _RANKS.index(least))


def givers() -> list[Role]:
    return holders(Permission.GIVE)


def holders(permission: Permission) -> list[Role]:
    """The roles that have it, the smallest first."""
    return [role for role in Role if permission in PERMISSIONS[role]]


_ONLY = {
    Role.AGENT: psay("only these can", "an agent"),
    Role.LEAD: psay("only these can", "a lead"),
    Role.DELIVERY: psay("only these can", "a delivery"),
    Role.MANAGER: psay("only these can", "a manager"),
    Role.ADMIN: psay("only these can", "an admin"),
}


def who_can(permission: Permission) -> Said:
    """Only an admin can. Only an agent, a lead, a manager or an admin can."""
    return say("Only {roles} can.", roles=or_list([_ONLY[role] for role in holders(permission)]))
