"""The files of a HubSpot project: one card, whose button asks the desk for a link and opens it over the record."""

import json
from collections.abc import Mapping

_CARD = """import { Fragment, createElement, useState } from "react";
import { Button, Text, hubspot } from "@hubspot/ui-extensions";

const ADDRESS = $URL;
const SAID = { "0-1": ["email", "phone", "firstname", "lastname"], "0-5": ["hs_all_associated_contact_emails"] };

hubspot.extend(({ context, actions }) => createElement(Desk, { crm: context.crm, actions }));

// Who is on the screen, so far as it may be read here: HubSpot's own number of them is known to the desk of very few.
const whom = async ({ objectId, objectTypeId }, read) => {
  const said = await read(SAID[objectTypeId]).catch(() => ({}));
  return {
    objectId: String(objectId),
    objectTypeId,
    email: said.email ?? said.hs_all_associated_contact_emails?.split(/[;, ]/)[0],
    phone: said.phone,
    name: [said.firstname, said.lastname].filter(Boolean).join(" "),
  };
};

const Desk = ({ crm, actions }) => {
  const [problem, setProblem] = useState("");
  const open = async () => {
    setProblem("");
    try {
      const body = await whom(crm, actions.fetchCrmObjectProperties);
      const answer = await hubspot.fetch(ADDRESS, { method: "POST", body });
      if (!answer.ok) throw new Error("refused");
      actions.openIframeModal(await answer.json());
    } catch {
      setProblem("The desk could not be opened from here. Your administrator sees why on its page Connections.");
    }
  };
  return createElement(
    Fragment,
    null,
    createElement(Button, { onClick: open }, "Open the desk"),
    problem && createElement(Text, null, problem),
  );
};
"""


def make_files(name: str, url: str, origin: str) -> Mapping[str, str]:
    app = {
        "name": name,
        "description": "What this customer likes, what was promised, and the one gift worth giving.",
        "distribution": "private",
        "auth": {"type": "static", "requiredScopes": ["oauth", "crm.objects.contacts.read", "tickets"]},
        "permittedUrls": {"fetch": [origin], "iframe": [origin], "img": []},
        "support": {"supportUrl": origin, "documentationUrl": origin},
    }
    card = {
        "name": name,
        "entrypoint": "/app/cards/DeskCard.jsx",
        "location": "crm.record.sidebar",
        "objectTypes": ["contacts", "tickets"],
    }
    needs = {"@hubspot/ui-extensions": "latest", "react": "18.3.1"}
    return {
        "hsproject.json": _json({"name": "deskapp", "srcDir": "src", "platformVersion": "2025.2"}),
        "src/app/app-hsmeta.json": _json({"uid": "deskapp", "type": "app", "config": app}),
        "src/app/cards/desk-card-hsmeta.json": _json({"uid": "deskapp-card", "type": "card", "config": card}),
        "src/app/cards/DeskCard.jsx": _CARD.replace("$URL", json.dumps(url)),
        "src/app/cards/package.json": _json(
            {"name": "deskapp-card", "version": "1.0.0", "private": True, "type": "module", "dependencies": needs}
        ),
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
