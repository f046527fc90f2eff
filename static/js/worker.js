"use strict";
// Between the pages and the network: static files from the cache, one page for when there is no network, and nothing else.
// EDITION and FILES are put in front by web/offline.py. No page with anybody's data is ever kept.
const NAME = `deskapp-${EDITION}`, OFFLINE = "/offline";

self.addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(NAME);
    await cache.addAll([...FILES, new Request(OFFLINE, { cache: "reload", credentials: "omit" })]);
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((one) => one.startsWith("deskapp-") && one !== NAME).map((one) => caches.delete(one)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/assets/")) {
    event.respondWith(caches.match(request, { ignoreVary: true }).then((found) => found ?? fetch(request)));
  } else if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async (error) => {
      const found = await caches.match(OFFLINE, { ignoreVary: true });
      if (found) return found;
      throw error;
    }));
  }
});
