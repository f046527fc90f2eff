"""The files of a HubSpot project: one card, whose button asks the desk for a link and opens it over the record."""

import json
from collections.abc import Mapping

_CARD = """import { useState } from "react";
import { Button, Text, hubspot } from "@hubspot/ui-extensions";

const ADDRESS = $URL;

hubspot.extend(({ context, actions }) => <Desk crm={context.crm} show={actions.openIframeModal} />);

const Desk = ({ crm, show }) => {
  const [problem, setProblem] = useState("");
  const open = async () => {
    setProblem("");
    try {
      const answer = await hubspot.fetch(ADDRESS, {
        method: "POST",
        body: { objectId: String(crm.objectId), objectTypeId: crm.objectTypeId },
      });
      if (!answer.ok) throw new Error("refused");
      show(await answer.json());
    } catch {
      setProblem("The desk could not be opened from here. Your administrator sees why on its page Connections.");
    }
  };
  return (
    <>
      <Button onClick={open}>Open the desk</Button>
      {problem && <Text>{problem}</Text>}
    </>
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
