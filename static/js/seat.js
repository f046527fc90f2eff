"use strict";
// The seat of a desk inside another site's frame: its token is read once, kept in this closure and sent with every request. When it is
// over nobody's data stays on the screen. And before there is one: a page that waits until somebody has said yes to its code.
(() => {
  const ASKS_MS = 700, TELLS_MS = 5000, RESTS_MS = 20000, GIVES_UP_MS = 10000, PAIRS_MS = 2500, WARNS_S = 600, SIGNED_OUT = 401;
  const take = (name) => {
    const meta = document.querySelector(`meta[name="${name}"]`);
    meta?.remove();
    return meta?.content ?? "";
  };
  const seat = take("deskapp-seat"); // "": the frame's cookie alone says who it is, where a link was followed without htmx
  let isSeated = Boolean(seat || take("deskapp-by-cookie"));
  const token = take("deskapp-device");
  const isBoxed = self.origin === "null"; // a sandbox without an origin: what it asks for counts as another site's

  // What a paired browser keeps, apart for each site that frames the desk. Storage may be refused.
  const PLACE = "desk-device:";
  const kept = (act) => {
    try {
      return act(localStorage);
    } catch {
      return null;
    }
  };
  const keep = (key, value) => kept((store) => {
    store.setItem(PLACE + key, value);
    return true;
  });

  // By its name in web/script_words.py.
  const say = (name) => {
    const words = Object.assign(document.createElement("p"), { className: "panel", textContent: JSON.parse(document.body.dataset.says)[name] });
    document.getElementById("alerts")?.replaceChildren(words);
  };

  // --- a seat ---------------------------------------------------------------------------------------------------------

  const signedOut = document.getElementById("signed-out")?.content;
  let wasUsed = false, isAsking = false, isWarned = false, timer = 0, known = "", failures = 0, toldAt = -Infinity;

  const unsaved = () => Array.from(document.querySelectorAll("textarea"))
    .filter((area) => area.value.trim() && area.value !== area.defaultValue).map((area) => area.value).join("\n\n");

  const leave = () => {
    if (!isSeated) return;
    isSeated = false;
    clearTimeout(timer);
    const typed = unsaved(), page = signedOut.cloneNode(true);
    document.body.replaceChildren(page);
    if (typed) {
      const area = document.getElementById("unsaved");
      area.value = typed;
      area.closest("[hidden]").hidden = false;
    }
    const heading = document.querySelector("h1");
    document.title = heading.textContent;
    heading.focus();
    document.dispatchEvent(new Event("deskapp:signed-out"));
  };

  // Whoever is signed out is gone from here within a second, if the frame is seen at all. By what it told last, `known`, the desk sees
  // at a glance that nothing has ended since. One that cannot be reached clears nothing, and is asked less and less.
  // Typing asks for nothing by itself, so use is told; a frame that is open and not used tells nothing and is signed out in time.
  const ask = async () => {
    clearTimeout(timer);
    if (!isSeated || isAsking || document.hidden) return;
    const tells = seat && wasUsed && performance.now() - toldAt >= TELLS_MS;
    isAsking = true;
    if (tells) wasUsed = false;
    try {
      const headers = seat ? { "X-Deskapp-Seat": seat, "X-Deskapp-Seat-Known": known } : { "HX-Request": "true" }; // or a door would answer
      const answer = await fetch("/seat", { method: tells ? "POST" : "GET", headers, cache: "no-store", signal: AbortSignal.timeout(GIVES_UP_MS) });
      if (answer.status === SIGNED_OUT) return leave();
      if (!answer.ok) throw new Error(answer.statusText);
      hear(answer.headers);
      if (tells) toldAt = performance.now();
      failures = 0;
    } catch {
      wasUsed ||= tells;
      failures += 1;
    } finally {
      isAsking = false;
    }
    timer = setTimeout(ask, Math.min(ASKS_MS * 2 ** failures, RESTS_MS));
  };
  const hear = (headers) => {
    known = headers.get("X-Deskapp-Seat-Known") ?? known;
    if (headers.has("X-Deskapp-Seat-Ends")) warn(Number(headers.get("X-Deskapp-Seat-Ends")));
  };
  const warn = (seconds) => {
    if (isWarned || seconds > WARNS_S) return;
    isWarned = true;
    say("ending");
  };

  const sit = () => {
    document.addEventListener("htmx:configRequest", ({ detail }) => {
      if (isSeated && seat) detail.headers["X-Deskapp-Seat"] = seat;
      else if (!isSeated) detail.headers["X-Deskapp-Seat"] = "none"; // and not by a cookie that may be somebody else's
    });
    document.addEventListener("htmx:beforeSwap", ({ detail }) => {
      if (detail.xhr.status !== SIGNED_OUT) return;
      detail.shouldSwap = false;
      leave();
    });
    for (const event of ["keydown", "pointerdown", "input"]) document.addEventListener(event, () => { wasUsed = true; }, true);
    document.addEventListener("visibilitychange", ask);
    timer = setTimeout(ask, ASKS_MS);
    const host = document.querySelector('meta[name="deskapp-host"]')?.dataset.connection;
    if (isBoxed) say("boxed");
    else if (token && !keep(host, token)) say("forgetful");
  };

  // --- a page that waits for its seat -----------------------------------------------------------------------------------

  const pair = (panel) => {
    const form = panel.querySelector("form"), { asks, keeps } = panel.dataset;
    const device = form.elements["deskapp-device"], secret = form.elements["deskapp-pairing"].value;
    const show = (name) => {
      for (const one of panel.querySelectorAll("[data-says]")) if (one.dataset.says !== "forgetful") one.hidden = one.dataset.says !== name;
      for (const one of panel.querySelectorAll("[data-ends]")) one.hidden = name === "over";
    };
    if (isBoxed) return show("boxed");
    if (keeps && "forgotten" in panel.dataset) kept((store) => store.removeItem(PLACE + keeps));
    const known = keeps && kept((store) => store.getItem(PLACE + keeps));
    if (known) {
      device.disabled = false;
      device.value = known;
      return form.submit();
    }
    if (keeps && !kept((store) => [store])) panel.querySelector('[data-says="forgetful"]').hidden = false;
    show("waiting");
    const wait = setInterval(async () => {
      if (isAsking) return;
      isAsking = true;
      try {
        const answer = await fetch(asks, { method: "POST", body: new URLSearchParams({ "deskapp-pairing": secret }), cache: "no-store" });
        const { state } = answer.ok ? await answer.json() : { state: "waiting" };
        if (state !== "waiting") clearInterval(wait);
        if (state === "approved") form.submit();
        if (state === "over") show("over");
      } catch { /* the desk cannot be reached: asked again */ }
      isAsking = false;
    }, PAIRS_MS);
  };

  const panel = document.getElementById("pairing");
  if (isSeated) sit();
  else if (panel) pair(panel);
})();
