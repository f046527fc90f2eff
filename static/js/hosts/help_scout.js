"use strict";
// An app in Help Scout's sidebar. Its script comes as a package for those who bundle it, so it is there only where somebody serves it
// beside the desk; without it the launch says who is on the screen, by numbers alone.
window.deskHost?.begin((desk) => {
  const api = window.HelpScout;
  if (!api?.getApplicationContext) {
    desk.alone();
    return;
  }
  const read = (context) => {
    const who = context?.customer ?? {};
    const first = (many) => (Array.isArray(many) ? many[0]?.value : undefined);
    const name = [who.firstName, who.lastName].filter(Boolean).join(" ");
    return { email: first(who.emails), phone: first(who.phones), name, ticket: context?.conversation?.id };
  };
  desk.ask(async () => read(await api.getApplicationContext()));
  api.watchApplicationContext?.((context) => desk.follow(read(context)));
  if (api.setAppHeight) desk.tellHeight((height) => api.setAppHeight(height));
});
