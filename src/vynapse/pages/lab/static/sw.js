// The lab without a network: what was loaded last is kept. The network comes first, as the same
// address may serve another run the next time.
const NAME = "vynapse-lab-{{version}}";
const FILES = {{files}};

addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FILES)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const old = (names) => Promise.all(names.filter((n) => n.startsWith("vynapse-lab-") && n !== NAME).map((n) => caches.delete(n)));
  event.waitUntil(caches.keys().then(old).then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  const kept = () => caches.match(event.request, { ignoreSearch: true }).then((found) => found ?? Response.error());
  event.respondWith(
    fetch(event.request)
      .then(async (answer) => {
        if (answer.ok) await (await caches.open(NAME)).put(event.request, answer.clone());
        return answer;
      })
      .catch(kept));
});
