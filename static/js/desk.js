"use strict";
// What HTML and htmx cannot do by themselves; every page works without it. One listener per event, on the document.
(() => {
  const DRAFT = "desk-draft:", DRAFT_DAYS = 7, DAY_MS = 86_400_000, KEYS_OFF = "desk-keys-off";
  const on = (event, act) => document.addEventListener(event, act);
  let SAYS = JSON.parse(document.body.dataset.says); // see web/script_words.py

  // Storage may be refused in a frame; then drafts last as long as the page.
  const memory = new Map();
  const store = (() => {
    try {
      localStorage.getItem("");
      return localStorage;
    } catch {
      return { getItem: (k) => memory.get(k) ?? null, setItem: (k, v) => memory.set(k, v), removeItem: (k) => memory.delete(k) };
    }
  })();

  // Drafts: kept in this browser until saved, at most a week.
  const kept = (name) => {
    try {
      const { text, at } = JSON.parse(store.getItem(DRAFT + name));
      if (Date.now() - at < DRAFT_DAYS * DAY_MS) return text;
      store.removeItem(DRAFT + name);
    } catch { /* none, or not ours */ }
    return "";
  };
  const hold = ({ dataset, value }) => {
    try {
      store.setItem(DRAFT + dataset.draft, JSON.stringify({ text: value, at: Date.now() }));
    } catch { /* full: the field itself still holds it */ }
  };
  const keep = (area) => (area.value === area.defaultValue ? store.removeItem(DRAFT + area.dataset.draft) : hold(area));
  const restore = (root) => {
    for (const area of root.querySelectorAll("textarea[data-draft]")) {
      if (area.ariaInvalid) store.removeItem(DRAFT + area.dataset.draft); // refused words are not kept; the field still shows them
      else if (area.form.querySelector(".problem")) hold(area); // they came back for another reason and are not saved yet
      const text = kept(area.dataset.draft);
      if (text && area.value === area.defaultValue) area.value = text;
    }
  };

  // What was chosen last, such as where one talks: in this browser only, and never over what a form that came back holds.
  const CHOSEN = "desk-chosen:";
  const recall = (root) => {
    for (const group of root.querySelectorAll("[data-remembers]")) {
      const last = store.getItem(CHOSEN + group.dataset.remembers);
      const choice = [...group.querySelectorAll("input")].find((one) => one.value === last);
      if (choice && !group.closest("form").querySelector(".problem")) choice.checked = true;
    }
  };

  const search = () => document.querySelector('input[type="search"]');
  const arrive = (root) => {
    restore(root);
    recall(root);
    const look = root.querySelector("#look"); // in a frame only the body is drawn anew
    for (const name of look ? ["theme", "density"] : []) {
      if (look.dataset[name]) document.documentElement.dataset[name] = look.dataset[name];
      else delete document.documentElement.dataset[name];
    }
    if (look) {
      [document.documentElement.lang, document.documentElement.dir] = [look.dataset.lang, look.dataset.dir];
      SAYS = JSON.parse(look.dataset.says);
    }
    const keys = root.querySelector("#single-keys");
    if (!keys) return;
    keys.checked = !store.getItem(KEYS_OFF);
    keys.closest("footer").hidden = !search();
  };

  on("input", ({ target }) => {
    if (target.dataset.draft) keep(target);
    const group = target.closest("[data-remembers]");
    if (group) store.setItem(CHOSEN + group.dataset.remembers, target.value);
    if (target.id === "single-keys") store.setItem(KEYS_OFF, target.checked ? "" : "1");
  });
  // What a page asks by itself says nothing when it fails, clears no message away, and gives way to whoever types.
  const asksByItself = ({ elt }) => elt?.matches?.('[hx-trigger^="every"], [hx-trigger^="load delay"]');
  const isTypedIn = (panel) => [...panel?.querySelectorAll("input:not([type=hidden]), textarea") ?? []].some((one) => one.value !== one.defaultValue);
  on("htmx:beforeRequest", (event) => {
    const { detail } = event;
    if (detail.elt.matches?.('[hx-trigger^="load delay"]') && isTypedIn(detail.target)) event.preventDefault();
  });
  on("htmx:beforeSwap", ({ detail }) => {
    if (asksByItself(detail) && detail.xhr.status >= 400) detail.shouldSwap = false;
  });
  on("htmx:afterRequest", ({ detail }) => {
    if (detail.successful && !asksByItself(detail)) document.getElementById("alerts")?.replaceChildren();
  });
  // By the request, not by an event of htmx's, and before it draws: the answer may come when the form is no longer on the page.
  // Saved words are forgotten; of others `restore` decides where they come back, and what comes back nowhere waits in its draft.
  on("htmx:beforeSend", ({ detail: { elt, xhr } }) => {
    const areas = elt.querySelectorAll?.("textarea[data-draft]") ?? [];
    const forget = () => areas.forEach((area) => store.removeItem(DRAFT + area.dataset.draft));
    if (areas.length) xhr.addEventListener("readystatechange", () => {
      if (xhr.readyState !== XMLHttpRequest.DONE || !xhr.status) return;
      if (xhr.status < 400) forget();
      else if (!elt.isConnected) alertThat(SAYS.unsaved);
    });
  });

  // Of two customers who were asked for, the last one is waited for and nobody else: a late answer would be drawn over theirs.
  // What was asked for a panel of the one before finds its panel gone and is drawn nowhere.
  let awaited = null;
  const waitFor = (xhr) => {
    awaited?.abort();
    awaited = xhr;
  };
  on("htmx:beforeSend", ({ detail }) => {
    if (detail.boosted || detail.target.id === "detail") waitFor(detail.xhr);
  });
  // Back and forward: the page before is asked for anew, and until it is there nobody's is shown.
  on("htmx:historyCacheMiss", ({ detail }) => {
    waitFor(detail.xhr);
    const shown = document.getElementById("detail")?.classList;
    shown?.add("htmx-request");
    detail.xhr.addEventListener("error", () => {
      shown?.remove("htmx-request");
      alertThat(SAYS.unreachable);
    });
  });

  // Errors go to #alerts, but a boosted form that was drawn again with its problem is a whole page.
  on("htmx:beforeSwap", ({ detail }) => {
    if (!detail.boosted || !/^\s*<!doctype/i.test(detail.serverResponse)) return;
    detail.target = document.body;
    detail.swapOverride = "innerHTML";
  });

  // Words about what went wrong on the way; what was typed stays where it is.
  const alertThat = (sentence) => {
    const words = Object.assign(document.createElement("p"), { className: "panel", textContent: sentence });
    document.getElementById("alerts")?.replaceChildren(words);
  };
  on("htmx:sendError", ({ detail }) => asksByItself(detail) || alertThat(SAYS.unsent));
  on("htmx:timeout", ({ detail }) => asksByItself(detail) || alertThat(SAYS.late));

  // After a save the focus stays in the panel that was saved, and a customer who was opened gets it, unless a field asked for it.
  on("htmx:afterSettle", ({ detail, target }) => {
    arrive(target);
    mark();
    const opened = target.id === "detail";
    if (opened) {
      document.title = target.dataset.title;
      document.getElementById("customer-rows")?.removeAttribute("data-asked");
    } else if (detail.requestConfig?.verb === "get" || document.activeElement !== document.body) return;
    if (opened && !document.hasFocus()) return; // the page around a frame opened them, and somebody is typing there
    const place = target.querySelector("h1, h2") ?? target;
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  });

  // Which customer and which tab are open, where only a part of the page was drawn again.
  const mark = () => {
    const customer = document.getElementById("detail")?.dataset.path;
    const tab = document.getElementById("tab")?.firstElementChild?.id;
    const isOpen = (link) => (link.dataset.tab ? link.dataset.tab.startsWith(tab) /* #note is one of the notes */ : link.getAttribute("href") === customer);
    for (const link of document.querySelectorAll(".customer-row, .tablist a")) {
      if (isOpen(link)) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };

  // "Write a note" leads to the tabs; whoever follows it wants to type at once.
  on("click", (event) => {
    if (!event.target.closest?.('a[href="#tab"]')) return;
    const note = document.getElementById("add-note-text");
    if (!note) return document.querySelector('a[data-tab="notes"]')?.click();
    event.preventDefault(); // following the link would take the focus away again
    note.focus();
  });

  const isTyping = (element) => element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  on("keydown", (event) => {
    const { target, key } = event;
    if (key === "Enter" && (event.ctrlKey || event.metaKey) && target.form) {
      event.preventDefault();
      target.form.requestSubmit();
    } else if (key === "/" && !isTyping(target) && !event.ctrlKey && !event.metaKey && !store.getItem(KEYS_OFF)) {
      if (search()) event.preventDefault();
      search()?.focus();
    }
  });

  arrive(document);
})();
