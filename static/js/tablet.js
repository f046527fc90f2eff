"use strict";
// A shared tablet whose person walked away: the page covers itself before the seat ends, see desk/seats.py, and leads to the names.
(() => {
  const form = document.querySelector('form[action="/lock"]');
  if (!form) return;
  const MINUTE_MS = 60_000, USED = "desk-used-at", LOCKED = "desk-locked-at";
  const lockMs = form.dataset.lockMinutes * MINUTE_MS;
  const coverMs = lockMs * 5 / 6, tellMs = lockMs / 12; // the desk notes a use as late as `tellMs` after it
  const cover = document.documentElement.classList;
  const here = () => location.pathname + location.search;
  let used = Date.now(), told = used, isLocking = false;

  // Another tab of the same tablet may be the one that is used; where storage is refused each stands for itself.
  const remember = (name) => {
    try {
      localStorage.setItem(name, Date.now());
    } catch { /* refused */ }
  };
  const usedAt = () => {
    try {
      const elsewhere = Number(localStorage.getItem(USED));
      return elsewhere <= Date.now() ? Math.max(used, elsewhere) : used;
    } catch {
      return used;
    }
  };

  const go = () => location.replace(`/change?next=${encodeURIComponent(here())}`);
  const lock = async () => {
    if (isLocking) return;
    isLocking = true;
    cover.add("is-covered");
    remember(LOCKED);
    const body = new URLSearchParams(new FormData(form));
    try {
      await fetch("/lock", { method: "POST", body, redirect: "manual", keepalive: true, signal: AbortSignal.timeout(3000) });
    } catch { /* the seat ends by itself a little later */ }
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
  form.addEventListener("submit", () => {
    form.elements.next.value = here();
    remember(LOCKED);
    cover.add("is-covered");
  });
})();
