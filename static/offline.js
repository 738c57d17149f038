// A service worker that keeps one page, the notice that there is no connection, and nothing of anybody's. The site
// writes PAGE before this text, the address of the notice, and KEPT, the name it is kept under. PAGE "": the worker
// deletes what it kept and unregisters itself.
"use strict";
addEventListener("install", (event) => {
  skipWaiting();
  if (PAGE) event.waitUntil(caches.open(KEPT).then((kept) => kept.add(PAGE)));
});
addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
  if (!PAGE) return registration.unregister();
  await registration.navigationPreload.enable();
})()));
// The browser asks for a page itself (preload), with the headers of who asked for it: a request of the worker would
// look as if it came from our own pages.
if (PAGE) addEventListener("fetch", (event) => {
  const { mode, method, url } = event.request;
  if (mode !== "navigate" || method !== "GET" || new URL(url).pathname.startsWith("/panel")) return;
  event.respondWith((async () => {
    try {
      return (await event.preloadResponse) || (await fetch(event.request));
    } catch {
      return (await caches.match(PAGE, { ignoreVary: true })) || Response.error();
    }
  })());
});
