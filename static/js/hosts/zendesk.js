"use strict";
// An app in Zendesk's sidebar, by its own script, which speaks to Zendesk's pages alone. Of several values that are asked for at once
// those that this place does not have are told as errors beside the others.
window.deskHost?.begin((desk) => {
  const client = window.ZAFClient?.init();
  if (!client) {
    desk.alone();
    return;
  }
  const read = async () => {
    const found = await client.get(["ticket.id", "ticket.requester", "user"]);
    const who = found["ticket.requester"] ?? found.user ?? {};
    const phone = (who.identities ?? []).find((one) => one?.type === "phone_number");
    return { external_id: who.externalId, email: who.email, phone: phone?.value, name: who.name, ticket: found["ticket.id"] };
  };
  client.on("app.registered", () => desk.ask(read));
  client.on("app.activated", () => desk.ask(read)); // maybe on another ticket, maybe on the same
  client.on("ticket.requester.id.changed", () => desk.ask(read, true));
  client.on("colorScheme.changed", (theme) => desk.theme(theme));
  desk.within(client.get("colorScheme")).then((found) => desk.theme(found.colorScheme)).catch(() => {});
  desk.tellHeight((height) => desk.within(client.invoke("resize", { width: "100%", height: `${height}px` })).catch(() => {}));
});
