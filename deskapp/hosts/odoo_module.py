"""A module for Odoo 16 to 18: a button on a contact that opens a signed launch (see `signed`). It keeps no secret in its files."""

from collections.abc import Mapping

from deskapp.hosts import signed

_FOLDER = "deskapp_desk"

_SIGNING = '''"""A link that opens the desk once, for five minutes, as the description of its signed launches says."""

import hashlib
import hmac
from urllib.parse import urlencode, urlsplit

ADDRESS = $URL
NAMES = $NAMES


def make_link(address, secret, values, now, nonce):
    values = dict(values, t=str(int(now)), nonce=nonce)
    lines = [$VERSION, urlsplit(address).path] + [values.get(name, "") for name in NAMES]
    signature = hmac.new(secret.encode(), "\\n".join(lines).encode(), hashlib.sha256).hexdigest()
    return address + "?" + urlencode(dict(values, signature=signature))
'''

_PARTNER = '''import secrets
from time import time

from odoo import _, models
from odoo.exceptions import AccessError, UserError

from ..signing import ADDRESS, make_link


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_open_desk(self):
        """A link for the person who pressed the button, and for nobody else."""
        self.ensure_one()
        user = self.env.user
        if not user.has_group("base.group_user"):
            raise AccessError(_("Only colleagues may open the desk."))
        secret = (self.env["ir.config_parameter"].sudo().get_param("deskapp.secret") or "").strip()
        if not secret:
            raise UserError(_("Please ask your administrator to set the system parameter deskapp.secret."))
        values = {
            "agent": str(user.id),
            "agent_name": " ".join(user.name.split())[:200],
            "customer": " ".join((self.ref or f"odoo:{self.id}").split())[:200],
        }
        link = make_link(ADDRESS, secret, values, time(), secrets.token_hex(16))
        return {"type": "ir.actions.act_url", "target": "new", "url": link}
'''

_VIEW = """<?xml version="1.0" encoding="utf-8"?>
<odoo>
  <record id="view_partner_form_desk" model="ir.ui.view">
    <field name="name">res.partner.form.desk</field>
    <field name="model">res.partner</field>
    <field name="inherit_id" ref="base.view_partner_form"/>
    <field name="arch" type="xml">
      <xpath expr="//div[@name='button_box']" position="inside">
        <button name="action_open_desk" type="object" string="Desk" icon="fa-gift" class="oe_stat_button" groups="base.group_user"/>
      </xpath>
    </field>
  </record>
</odoo>
"""


def make_files(name: str, url: str, origin: str) -> Mapping[str, str]:
    manifest = {
        "name": name,
        "version": "1.0.0",
        "summary": "Opens the desk for a contact: notes, the one gift worth giving, and the words for the card.",
        "website": origin,
        "depends": ["base"],
        "data": ["views/res_partner.xml"],
        "license": "Other OSI approved licence",
        "installable": True,
    }
    signing = _SIGNING.replace("$URL", repr(url)).replace("$NAMES", repr(signed.NAMES))
    files = {
        "__init__.py": "from . import models\n",
        "__manifest__.py": repr(manifest) + "\n",
        "signing.py": signing.replace("$VERSION", repr(signed.VERSION)),
        "models/__init__.py": "from . import res_partner\n",
        "models/res_partner.py": _PARTNER,
        "views/res_partner.xml": _VIEW,
    }
    return {f"{_FOLDER}/{path}": text for path, text in files.items()}
