"use strict";
// What every fake host has in common: two customers, one of them on the screen, a frame with the desk beside them, and the other half
// of the fake scripts in sdk.js. `?to=` is the desk's address; with `?form=` (JSON) the frame is opened by sending that form. What only the
// host's own `server` can sign, the page asks that for: a test is it.
const PEOPLE = [
  { id: 77, number: "C-1", name: "Carla Núñez", email: "carla@example.com", phone: "+1 555 0100", ticket: 12 },
  { id: 78, number: "C-2", name: "Dan", email: "dan@example.com", phone: "", ticket: 13 },
];
const query = new URLSearchParams(location.search);
const to = query.get("to"), form = query.get("form");
const host = { open: 0, heights: [], address: () => to, changed() {}, answer() {}, heard() {} };
host.begin = () => { form ? post(JSON.parse(form)) : (frame.src = host.address()); };
const person = () => PEOPLE[host.open];
const frame = Object.assign(document.createElement("iframe"), { title: "Desk", name: "desk", width: 420, height: 300 });
const tell = (message) => frame.contentWindow.postMessage(message, new URL(to).origin);
const server = async (said = {}) => (await fetch(`server?${new URLSearchParams({ ...person(), ...said })}`)).text();
const happen = (name, value) => tell({ fake: "event", name, value });

// A frame of its own each time; it gets its name when it is made.
const framed = (name) => {
  frame.remove();
  frame.name = name;
  document.body.append(frame);
};
const post = (fields) => {
  const sent = Object.assign(document.createElement("form"), { method: "post", action: to, target: frame.name });
  for (const [name, value] of Object.entries(fields)) {
    sent.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(sent);
  sent.submit();
};
host.isHigh = (height) => {
  host.heights.push(height);
  frame.height = height;
};
addEventListener("message", async ({ data, origin, source }) => {
  if (source !== frame.contentWindow || origin !== new URL(to).origin) return;
  if (data?.fake === "call") tell({ fake: "answer", id: data.id, value: await host.answer(data.name, ...data.args) });
  else host.heard(data);
});
addEventListener("DOMContentLoaded", () => {
  const next = Object.assign(document.createElement("button"), { textContent: "Next customer" });
  next.addEventListener("click", () => {
    host.open = (host.open + 1) % PEOPLE.length;
    host.changed();
  });
  document.body.append(next, frame);
  host.begin();
});
