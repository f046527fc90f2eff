"use strict";
// A shared tablet whose person walked away: the page covers itself before the seat ends, see desk/seats.py, and leads to the names.
// Without a network the lock is not lost: until the desk has heard of it each page comes covered and tells the desk before anything else.
const STILL = "desk-still-to-lock"; // the token of the seat's forms: it names the seat, and is worth nothing without its cookie
try {
  if (localStorage.getItem(STILL)) document.documentElement.classList.add("is-covered"); // before anything is drawn
} catch { /* refused */ }
document.addEventListener("DOMContentLoaded", async () => {
  const form = document.querySelector('form[action="/lock"]');
  const MINUTE_MS = 60_000, TRIES_MS = 3000, USED = "desk-used-at", LOCKED = "desk-locked-at";
  const cover = document.documentElement.classList;
  const kept = (act) => {
    try {
      return act(localStorage);
    } catch {
      return null; // refused
    }
  };
  const remember = (name) => kept((store) => store.setItem(name, Date.now()));
  const forget = (name) => kept((store) => store.removeItem(name));

  const isHeard = async (csrf) => {
    const body = new URLSearchParams({ csrf });
    const sent = fetch("/lock", { method: "POST", body, redirect: "manual", keepalive: true, signal: AbortSignal.timeout(TRIES_MS) });
    const answer = await sent.catch(() => null);
    if (!answer || answer.status >= 500) return false;
    forget(STILL);
    return true;
  };
  const still = kept((store) => store.getItem(STILL));
  if (!form) { // the page of the names, on which nothing need be covered
    cover.remove("is-covered");
    while (still && !(await isHeard(still))) await new Promise((done) => setTimeout(done, TRIES_MS));
    return;
  }

  const seat = form.elements.csrf.value;
  const lockMs = form.dataset.lockMinutes * MINUTE_MS;
  const coverMs = lockMs * 5 / 6, tellMs = lockMs / 12; // the desk notes a use as late as `tellMs` after it
  const here = () => location.pathname + location.search;
  let used = Date.now(), told = used, isLocking = false;

  // Another tab of the same tablet may be the one that is used; where storage is refused each stands for itself.
  const usedAt = () => {
    const elsewhere = Number(kept((store) => store.getItem(USED)));
    return elsewhere <= Date.now() ? Math.max(used, elsewhere) : used;
  };

  const go = () => location.replace(`/change?next=${encodeURIComponent(here())}`);
  const lock = async () => {
    if (isLocking) return;
    isLocking = true;
    cover.add("is-covered");
    remember(LOCKED);
    kept((store) => store.setItem(STILL, seat));
    await isHeard(seat); // else the page of the names tries again, and the seat ends by itself a little later
    go();
  };
  const look = () => {
    if (Date.now() - usedAt() >= coverMs) lock();
    else if (!document.hidden && !isLocking) cover.remove("is-covered");
  };

  // Typing sends nothing by itself, and is a use of the seat all the same.
  const use = () => {
    if (isLocking || Date.now() - usedAt() >= coverMs) return;
    used = Date.now();
    remember(USED);
    if (used - told < tellMs) return;
    told = used;
    fetch("/still-here", { redirect: "manual" }).then((answer) => answer.status !== 204 && answer.status < 500 && lock(), () => {});
  };
  for (const event of ["pointerdown", "pointermove", "keydown", "input", "wheel"]) addEventListener(event, use, { capture: true, passive: true });

  remember(USED);
  setInterval(look, 1000);
  // Nothing is seen before the clock was looked at: timers stand still while a tablet sleeps.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) cover.add("is-covered");
    else look();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    cover.add("is-covered");
    location.reload();
  });
  addEventListener("storage", ({ key }) => key === LOCKED && !isLocking && (isLocking = true, cover.add("is-covered"), go()));
  document.addEventListener("htmx:responseError", ({ detail }) => detail.xhr.status === 401 && lock());
  form.addEventListener("submit", (event) => {
    event.preventDefault(); // sent by the browser itself it would end on the browser's own page where there is no network
    lock();
  });
  if (still === seat) return void lock();
  forget(STILL);
  look();
});
