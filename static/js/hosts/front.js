"use strict";
// A plugin of Front: its script says which conversation is open. The other side goes by a handle, which is an e-mail, a phone, or a
// name elsewhere that the desk does not know. Its frame has a height of its own.
window.deskHost?.begin((desk) => {
  const updates = window.Front?.contextUpdates;
  if (!updates) {
    desk.alone();
    return;
  }
  updates.subscribe((context) => {
    const one = context?.type === "singleConversation" ? context.conversation : undefined;
    const handle = String(one?.recipient?.handle ?? "");
    const kind = handle.includes("@") ? "email" : "phone";
    desk.follow({ [kind]: handle, name: one?.recipient?.name, ticket: one?.id });
  });
});
