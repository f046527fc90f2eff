"use strict";
// A dashboard app of Chatwoot: it sends its context as JSON when the frame has loaded, and again when it is asked. Of older releases
// parts are missing, and with two apps the wrong one is answered, so it is asked several times. It is a tab of its own height.
window.deskHost?.begin((desk) => {
  const contextOf = (said) => {
    try {
      const { event, data } = JSON.parse(said);
      return event === "appContext" ? data : undefined;
    } catch {
      return undefined; // somebody else's message
    }
  };
  desk.listen((said) => {
    const context = typeof said === "string" ? contextOf(said) : undefined;
    if (!context || typeof context !== "object") return;
    const who = context.contact ?? context.conversation?.meta?.sender ?? {};
    desk.theme(context.theme);
    desk.follow({
      external_id: who.identifier, // the shop's own number, where it has given one
      email: who.email,
      phone: who.phone_number,
      name: who.name,
      ticket: context.conversation?.id,
    });
  });
  desk.askUntilTold(() => desk.send("chatwoot-dashboard-app:fetch-info"));
});
