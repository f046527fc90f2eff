"""Every host there is, in the order in which the connections page offers them."""

from collections.abc import Mapping
from types import MappingProxyType

from deskapp.hosts import (
    chatwoot,
    dynamics,
    extension,
    front,
    help_scout,
    help_scout_legacy,
    hubspot,
    intercom,
    odoo,
    salesforce,
    signed,
    zendesk,
    zoho,
)
from deskapp.hosts.launch import Host

_ALL = (
    zendesk,
    salesforce,
    hubspot,
    intercom,
    help_scout,
    help_scout_legacy,
    front,
    chatwoot,
    zoho,
    dynamics,
    odoo,
    extension,
    signed,
)

HOSTS: Mapping[str, Host] = MappingProxyType({one.HOST.code: one.HOST for one in _ALL})
