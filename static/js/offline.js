"use strict";
// Notes that could not be sent wait in this browser and are sent, once each and in order, when the network is back and the same
// person sits here. A note that waits is never called saved; a gift never waits, because its limits are known at the desk alone.
(() => {
  const BASE = "deskapp", NOTES = "notes", MOST = 200, SENT_FOR_DAYS = 30, DAY_MS = 86_400_000; // the desk knows a form key for 60
  const FIRST_MS = 2000, LONGEST_MS = 300_000, PATIENCE_MS = 15_000;
  const DRAFT = "desk-draft:note:"; // as in js/desk.js and panels/notes.html
  const place = document.getElementById("unsent"), isOffline = Boolean(document.getElementById("offline"));
  if (!place) return;
  const staff = Number(document.body.dataset.staff) || null;
  const line = place.querySelector("[aria-live]"), more = place.querySelector("details"), list = place.querySelector("ul");

  // In the reader's language, see web/script_words.py; of six plurals in the order of CLDR's kinds.
  const SAYS = JSON.parse(place.dataset.says), KINDS = ["zero", "one", "two", "few", "many", "other"];
  const { lang } = document.documentElement, plurals = new Intl.PluralRules(lang);
  const region = navigator.languages.find((one) => one.split("-")[0] === lang) ?? lang; // whose dates they know
  const clock = new Intl.DateTimeFormat(new Intl.Locale(region, { numberingSystem: "latn" }), { dateStyle: "medium", timeStyle: "short" });
  const say = (name, values) => SAYS[name].replace(/\{(\w+)\}/g, (_, hole) => values[hole]);
  const some = (name, n) => SAYS[name][KINDS.indexOf(plurals.select(n))].replace("{n}", n);

  // --- what waits: one row a note, as its form would have sent it ---

  const opened = () => new Promise((done, fail) => {
    const asked = indexedDB.open(BASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(NOTES, { keyPath: "id", autoIncrement: true }).createIndex("key", "key", { unique: true });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  const run = async (mode, act) => {
    const base = await opened();
    try {
      return await new Promise((done, fail) => {
        const change = base.transaction(NOTES, mode, { durability: "strict" });
        const asked = act(change.objectStore(NOTES));
        change.oncomplete = () => done(asked.result);
        change.onabort = () => fail(change.error ?? asked.error);
      });
    } finally {
      base.close();
    }
  };
  const all = () => run("readonly", (notes) => notes.getAll());
  const put = (row) => run("readwrite", (notes) => notes.put(row));
  const drop = (row) => run("readwrite", (notes) => notes.delete(row.id));

  // --- what is said ---

  const alertThat = (sentence) => {
    const words = Object.assign(document.createElement("p"), { className: "panel", textContent: sentence });
    document.getElementById("alerts")?.replaceChildren(...(sentence ? [words] : []));
  };
  const summary = (mine, others, { sent, isOut }) => {
    const refused = mine.filter(({ problem }) => problem).length, parts = [];
    if (sent) parts.push(some("sent", sent));
    if (mine.length) parts.push(some("mine", mine.length));
    if (refused) parts.push(some("refused", refused));
    else if (mine.length && isOut) parts.push(some("isOut", mine.length));
    if (others && staff) parts.push(some("colleagues", others));
    else if (others) parts.push(some("others", others));
    return parts.join(" ");
  };
  const made = (tag, said, more = {}) => Object.assign(document.createElement(tag), { textContent: said, ...more });
  const button = (words, name, act) => {
    const one = made("button", words, { type: "button", className: "plain", onclick: act });
    one.append(made("span", ` ${name}`, { className: "unseen" }));
    return one;
  };
  const drawn = (row) => {
    const item = document.createElement("li"), head = document.createElement("p"), acts = made("div", "", { className: "acts" });
    head.append(made("bdi", row.name, { className: "strong" }), made("span", ` ${clock.format(row.at)}`, { className: "soft" }));
    const words = made("p", row.fields.text, { className: "words", dir: "auto" }), name = say("name", row);
    item.append(head, words);
    if (row.problem) item.append(made("p", row.problem, { className: "problem" }));
    if (row.problem) acts.append(button(SAYS.mend, name, () => mend(row)), button(SAYS.again, name, () => again(row)));
    acts.append(button(SAYS.copy, name, () => copy(words)), button(SAYS.discard, name, () => discard(row)));
    item.append(acts);
    return item;
  };
  // Only whoever wrote them is shown the words, or of whom they tell.
  let shown;
  const draw = async (news = {}) => {
    let rows = [];
    try {
      rows = await all();
    } catch { /* storage is refused: nothing waits */ }
    const mine = rows.filter((row) => row.staff === staff), said = summary(mine, rows.length - mine.length, news);
    if (line.textContent !== said) line.textContent = said;
    if (shown === (shown = JSON.stringify(mine))) return rows.length > 0; // as it was: whoever stands on one of its buttons stays there
    more.hidden = !mine.length;
    list.replaceChildren(...mine.map(drawn));
    if (mine.some(({ problem }) => problem)) more.open = true;
    return rows.length > 0;
  };

  // --- what its person does with it ---

  const copy = async (words) => {
    getSelection().selectAllChildren(words);
    try {
      await navigator.clipboard.writeText(words.textContent);
      line.textContent = SAYS.copied;
    } catch {
      line.textContent = SAYS.selected;
    }
  };
  const discard = async (row) => {
    if (!confirm(say("sure", row))) return;
    await drop(row);
    await draw();
    place.querySelector("summary").focus();
  };
  // Back into the field of the customer's page, behind what stands there, and out of here once it is kept there.
  const mend = async (row) => {
    const name = `${DRAFT}${row.staff}:${row.customer}`;
    try {
      const before = JSON.parse(localStorage.getItem(name))?.text, text = row.fields.text;
      localStorage.setItem(name, JSON.stringify({ text: before ? `${before}\n\n${text}` : text, at: Date.now() }));
    } catch {
      return alertThat(SAYS.undrafted);
    }
    await drop(row);
    location.assign(`/customers/${row.customer}/notes`);
  };
  const again = async (row) => {
    await put({ ...row, problem: "", at: Date.now() });
    await flush();
  };

  // --- into it ---

  const empty = (form) => {
    for (const one of form.querySelectorAll(".problem")) one.remove();
    form.reset();
    for (const area of form.querySelectorAll("textarea")) {
      area.value = area.defaultValue = "";
      area.removeAttribute("aria-invalid");
      area.dispatchEvent(new Event("input", { bubbles: true })); // js/desk.js forgets the draft
    }
    const bytes = crypto.getRandomValues(new Uint8Array(18)); // the next note is another act
    form.elements.form_key.value = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
  };
  // Beside the button, where whoever pressed it looks; it goes with the next words.
  const tell = (form) => {
    const said = made("p", "", { className: "verdict", tabIndex: -1 });
    said.setAttribute("aria-live", "polite");
    form.append(said);
    said.textContent = SAYS.waits;
    form.addEventListener("input", () => said.remove(), { once: true });
    if (document.activeElement === document.body || form.contains(document.activeElement)) said.focus(); // the button was put out of use
  };
  const hold = async ({ detail: { elt, requestConfig } }) => {
    if (elt.closest?.("#plus_one")) return alertThat(SAYS.gift);
    if (!staff || !elt.matches?.("form[data-waits]")) return;
    const { csrf, ...fields } = Object.fromEntries(requestConfig.formData);
    if (elt.elements.text.value !== fields.text) return; // more was typed since: it stays where it is
    const customer = Number(elt.dataset.waitsFor), key = fields.form_key;
    try {
      if ((await all()).length >= MOST) return alertThat(some("many", MOST));
      await run("readwrite", (kept) => kept.add({ key, staff, customer, name: elt.dataset.waits, fields, at: Date.now(), problem: "" }));
    } catch (error) {
      if (error?.name !== "ConstraintError") return alertThat(error?.name === "QuotaExceededError" ? SAYS.full : SAYS.unkept);
    } // else it waits here already
    empty(elt);
    tell(elt);
    alertThat("");
    await draw();
    navigator.storage?.persist?.();
    later();
  };

  // --- and out again ---

  const send = async (row, csrf) => {
    const headers = { "HX-Request": "true", "X-Deskapp-For": String(row.staff) }, body = new URLSearchParams({ ...row.fields, csrf });
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(`/customers/${row.customer}/notes`, { method: "POST", headers, body, redirect: "manual", signal });
    if (answer.ok) return "";
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 429 || answer.status >= 500) throw new Error("later");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const said = [...page.querySelectorAll(".problem, #error > p")].map((one) => one.textContent.trim());
    return [...new Set(said)].join(" ") || SAYS.untaken;
  };
  const sendAll = async () => {
    const rows = (await all()).filter((row) => row.staff === staff && !row.problem);
    if (!rows.length) return {};
    const asked = await fetch("/who", { redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!asked.ok) return { isOut: asked.type === "opaqueredirect" || asked.status === 401 };
    const who = await asked.json();
    if (who.staff !== staff) return { isOut: true };
    const customers = new Set();
    let sent = 0;
    for (const row of rows) {
      const isOld = Date.now() - row.at > SENT_FOR_DAYS * DAY_MS;
      const problem = isOld ? SAYS.old : await send(row, who.csrf).catch(() => null);
      if (problem === null) break;
      if (problem) await put({ ...row, problem });
      else await drop(row);
      if (!problem) [sent] = [sent + 1, customers.add(row.customer)];
    }
    refresh(customers);
    return { sent };
  };
  // Those who look at the customer see the note, unless they are typing the next one.
  const refresh = (customers) => {
    const form = document.querySelector("form[data-waits]");
    if (!form || !customers.has(Number(form.dataset.waitsFor)) || form.elements.text.value) return;
    htmx.ajax("GET", `/customers/${form.dataset.waitsFor}/notes`, { target: "#notes", swap: "outerHTML" });
  };

  let pause = FIRST_MS, timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(flush, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_MS);
  };
  // The page for no network: what says that there is one may come too early, so it is tried.
  const probe = async () => {
    const answer = await fetch("/offline", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
    if (answer?.ok) location.reload();
    else later();
  };
  const flush = async () => {
    if (!staff) return isOffline ? probe() : draw();
    const one = async () => {
      let news = {};
      try {
        news = await sendAll();
      } catch { /* no network, or storage refused */ }
      const waits = await draw(news);
      if (news.sent) pause = FIRST_MS;
      if (waits && !news.isOut) later();
    };
    await (navigator.locks ? navigator.locks.request("deskapp-notes", one) : one()); // of several tabs, one sends
  };
  const soon = () => {
    clearTimeout(timer); // else it comes after and wipes out what this one says
    pause = FIRST_MS;
    flush();
  };

  document.addEventListener("htmx:sendError", hold);
  document.addEventListener("htmx:timeout", hold);
  addEventListener("online", soon);
  document.addEventListener("visibilitychange", () => document.hidden || soon());
  if (staff && "serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js").catch(() => {}); // refused: pages need the network
  if (isOffline) draw().then(later);
  else flush();
})();
