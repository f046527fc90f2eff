"use strict";
// What every fake host has in common: two customers, one of them on the screen, a frame with the desk beside them, and the other half
// of the fake scripts in sdk.js. `?to=` is the desk's address; with `?form=` (JSON) the frame is opened by sending that form.
const PEOPLE = [
  { id: 77, number: "C-1", name: "Carla Núñez", email: "carla@example.com", phone: "+1 555 0100", ticket: 12 },
  { id: 78, number: "C-2", name: "Dan", email: "dan@example.com", phone: "", ticket: 13 },
];
const query = new URLSearchParams(location.search);
const to = query.get("to"), form = query.get("form");
const host = { open: 0, heights: [], changed() {}, answer() {}, heard() {} };
const person = () => PEOPLE[host.open];
const frame = Object.assign(document.createElement("iframe"), { title: "Desk", name: "desk", width: 420, height: 300 });
const tell = (message) => frame.contentWindow.postMessage(message, new URL(to).origin);
const happen = (name, value) => tell({ fake: "event", name, value });

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
  if (!form) {
    frame.src = to;
    return;
  }
  const sent = Object.assign(document.createElement("form"), { method: "post", action: to, target: "desk" });
  for (const [name, value] of Object.entries(JSON.parse(form))) {
    sent.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(sent);
  sent.submit();
});
