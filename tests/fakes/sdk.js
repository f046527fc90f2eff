"use strict";
// Stands in for the scripts of Zendesk, Front and Zoho: the calls that the desk's glue makes are answered by the fake page around it.
(() => {
  const waiting = new Map(), heard = new Map();
  const call = (name, ...args) => new Promise((done) => {
    waiting.set(waiting.size, done);
    window.parent.postMessage({ fake: "call", id: waiting.size - 1, name, args }, "*");
  });
  const on = (name, act) => heard.set(name, [...(heard.get(name) ?? []), act]);
  addEventListener("message", ({ data }) => {
    if (data?.fake === "answer") waiting.get(data.id)(data.value);
    if (data?.fake === "event") (heard.get(data.name) ?? []).forEach((act) => act(data.value));
  });

  const said = new URLSearchParams(location.search);
  window.ZAFClient = {
    init() {
      if (!said.get("origin") || !said.get("app_guid")) return false; // as the real one does
      call("init");
      return { on, get: (paths) => call("get", paths), invoke: (name, size) => call(name, size) };
    },
  };
  window.Front = {
    contextUpdates: {
      subscribe(act) {
        on("context", act);
        call("subscribe");
      },
    },
  };
  window.ZOHO = {
    embeddedApp: { on, init: () => call("init") },
    CRM: { API: { getRecord: (which) => call("getRecord", which) }, UI: { Resize: (size) => call("Resize", size) } },
  };
})();
