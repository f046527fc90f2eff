"""Odoo: a small module of ours, made on the connections page, adds a button to a contact that opens a signed launch."""

from dataclasses import replace

from deskapp.hosts import signed
from deskapp.rules.words import say

HOST = replace(
    signed.HOST,
    code="odoo",
    words="Odoo",
    steps=(
        say("Download the module from this page and unpack it among your addons."),
        say("Make a secret of at least 32 random signs, and paste it here."),
        say(
            "In Odoo, in developer mode, under Settings, Technical, System Parameters, add the key deskapp.secret with the same secret."
        ),
        say(
            "Update the list of apps and install deskapp. A contact then has the button Desk, which opens it in a new tab (written for Odoo 16 to 18, and not yet tried in one)."
        ),
        say(
            "Each customer is looked up by the contact's Reference; one without is known here as odoo: and its number there."
        ),
    ),
    tested=say("against our own fake only; of the module, all but Odoo itself was run"),
)
