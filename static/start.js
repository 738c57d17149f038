// The first page's question, where no answer of the site comes: what became of it. Without script the browser says so.
"use strict";
{
  const LONGEST = 10000; // ms
  const form = document.getElementById("asks"), note = document.getElementById("unsent");
  const button = form && form.querySelector("button");
  let asking = false;
  // A gateway answers for a site that it does not reach; what it answers below 500 is no outage.
  const reached = async () => {
    const stop = new AbortController(), end = setTimeout(() => stop.abort(), LONGEST);
    try {
      const { status, headers } = await fetch("/healthz", { cache: "no-store", signal: stop.signal });
      return status < 500 || Boolean(headers.get("x-request-id"));
    } catch {
      return false;
    } finally {
      clearTimeout(end);
    }
  };
  if (form) form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asking) return;
    const words = button.textContent;
    asking = note.hidden = true;
    button.textContent = note.dataset.sending;
    const here = navigator.onLine && (await reached());
    button.textContent = words;
    asking = false;
    if (here) return form.submit();
    note.hidden = false;
    button.focus();
  });
}
