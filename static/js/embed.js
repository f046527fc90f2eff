"use strict";
// The desk inside another system's page: who is on its screen, how high the desk is, light or dark. The host's own few lines stand in
// js/hosts. What the page says is believed only where the browser vouches for it (its origin, and that it is our parent), and even
// then it says whom to look up, never whom one may see.
(() => {
  const MOST = { external_id: 200, email: 254, phone: 40, name: 200, ticket: 120 }; // characters; what is longer is cut
  const LONGEST = 200_000; // characters of a message; what is longer is nobody's context
  const WAITS_MS = 5000, ASKED_AGAIN_MS = [0, 500, 2000, 6000];
  const LEAST_PX = 4, HIGHEST_PX = 6000, PAUSE_MS = 100, MOST_TIMES = 10;

  const meta = document.querySelector('meta[name="deskapp-host"]');
  if (!meta || window.parent === window) return;
  const allowed = (meta.dataset.origins ?? "").split(" ").filter((one) => one && !one.includes("*")); // exact ones; others' scripts check
  const above = location.ancestorOrigins?.[0]; // not in Firefox, where every allowed one is tried
  const addressed = above ? allowed.filter((one) => one === above) : allowed;
  const detail = () => document.getElementById("detail");
  const clock = (ms) => new Promise((done) => setTimeout(done, ms));

  // --- who is on the screen -------------------------------------------------------------------------------------------

  let shown = null, isTold = false, isOver = false, asked = 0; // null: whatever the launch has opened
  const cut = (value, most) => (["string", "number"].includes(typeof value) ? String(value).trim().slice(0, most) : "");

  // Nobody's page is seen while another's is asked for, and what was drawn goes nowhere any more: its panels are gone.
  const blank = () => {
    const fresh = Object.assign(document.createElement("div"), { id: "detail", className: "detail htmx-request" });
    if (detail()) detail().replaceWith(fresh);
    else { // another page of the desk
      const desk = Object.assign(document.createElement("div"), { className: "desk" });
      desk.append(fresh);
      document.getElementById("main").replaceChildren(desk);
    }
    shown = "";
    return fresh;
  };

  // `isAsked`: their person pressed something there for it, so it counts even if it was said before and they went elsewhere since.
  const follow = (said, isAsked = false) => {
    if (isOver || !said || typeof said !== "object") return;
    isTold = true;
    const values = Object.fromEntries(Object.entries(MOST).map(([name, most]) => [name, cut(said[name], most)]));
    const context = JSON.stringify(values);
    if ((context === shown && !isAsked) || (shown === null && !Object.values(values).some(Boolean))) return;
    const source = blank();
    shown = context;
    source.addEventListener("htmx:afterRequest", ({ detail: { successful } }) => {
      if (!successful && shown === context) shown = ""; // to be looked up when the page says it again
      if (!successful) source.classList.remove("htmx-request");
    });
    htmx.ajax("POST", "/embed/customer", { source, target: source, swap: "outerHTML", values }).catch(() => {}); // said by desk.js
  };

  // Of two questions to the host the answer to the last one counts, whichever comes first. `isAnother`: it said that they changed.
  const ask = async (get, isAnother = false) => {
    if (isOver) return;
    const mine = ++asked;
    if (isAnother) blank();
    try {
      const said = await within(get());
      if (mine === asked) follow(said);
    } catch {
      if (mine === asked) alone();
    }
  };

  const within = (promise) => Promise.race([promise, clock(WAITS_MS).then(() => Promise.reject(new Error("too late")))]);

  const askUntilTold = async (question) => {
    for (const ms of ASKED_AGAIN_MS) {
      await clock(ms);
      if (isTold) return;
      question();
    }
    await clock(WAITS_MS);
    if (!isTold) alone();
  };

  const alone = () => {
    const open = detail();
    if (isOver || open?.dataset.path !== undefined) return; // the launch itself said who it is
    open?.classList.remove("htmx-request");
    const words = { className: "panel", textContent: JSON.parse(document.body.dataset.says).nobody };
    document.getElementById("alerts")?.replaceChildren(Object.assign(document.createElement("p"), words));
  };

  document.addEventListener("deskapp:signed-out", () => { isOver = true; });

  // --- what the page sends, and is sent -------------------------------------------------------------------------------

  const listen = (hear) => addEventListener("message", ({ data, origin, source }) => {
    if (source !== window.parent || !allowed.includes(origin)) return;
    if (typeof data === "string" && data.length > LONGEST) return;
    hear(data);
  });
  const send = (message) => addressed.forEach((origin) => window.parent.postMessage(message, origin));

  const theme = (name) => {
    if (name === "light" || name === "dark") document.documentElement.dataset.hostTheme = name;
  };

  // The height of what is in the frame, never of the frame: that would grow by being told. A page whose content answers to its own
  // frame would go on for ever, so after some times nothing is told until somebody does something.
  const tellHeight = (tell) => {
    let told = 0, times = 0, waiting = 0;
    const parts = () => document.querySelectorAll(".bar, #alerts, #main, .foot");
    const measure = () => {
      waiting = 0;
      const bottom = Math.max(...Array.from(parts(), (part) => part.getBoundingClientRect().bottom));
      const height = Math.min(Math.ceil(bottom + window.scrollY), HIGHEST_PX);
      if (Math.abs(height - told) < LEAST_PX || times >= MOST_TIMES) return;
      told = height;
      times += 1;
      tell(height);
    };
    const later = () => { waiting ||= setTimeout(measure, PAUSE_MS); };
    const sizes = new ResizeObserver(later);
    const watch = () => {
      times = 0;
      sizes.disconnect();
      parts().forEach((part) => sizes.observe(part));
    };
    for (const event of ["htmx:afterSettle", "pointerdown", "keydown"]) document.addEventListener(event, watch);
    watch();
  };

  const frame = JSON.parse(meta.dataset.frame); // what the page around it knows this frame by, where the launch has said it
  const desk = Object.freeze({ ask, askUntilTold, alone, follow, frame, listen, send, tellHeight, theme, within });
  window.deskHost = Object.freeze({ begin: (glue) => glue(desk) });
})();
