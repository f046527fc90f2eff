"use strict";
// The desk's own words, for pages that send them by a few lines of theirs: a signed launch of one's own, Odoo, Dynamics, the browser
// extension. To the desk: {deskapp: 1, type: "customer", customer: {external_id, email, phone, name, ticket}}, each a text that may be
// left out, with asked: true where somebody pressed a button for it; and {deskapp: 1, type: "theme", theme: "light" or "dark"}. From
// the desk: {deskapp: 1, type: "hello"}, upon which the page says who is on its screen, and {deskapp: 1, type: "height", height: pixels}.
window.deskHost?.begin((desk) => {
  const say = (message) => desk.send({ deskapp: 1, ...message });
  desk.listen((said) => {
    if (said?.deskapp !== 1) return;
    if (said.type === "customer") desk.follow(said.customer, said.asked === true);
    if (said.type === "theme") desk.theme(said.theme);
  });
  desk.askUntilTold(() => say({ type: "hello" }));
  desk.tellHeight((height) => say({ type: "height", height }));
});
