// What is being sent, and what did not reach the site: words, the focus where it was, and a button to try again.
// Without script the browser's own page says it.
"use strict";
// A page that answered a form is asked for by its address when somebody comes back to it: else the browser shows an
// error of its own, because the form is not kept (no-store).
history.replaceState(history.state, "");
{
  const SLOW = 10000, FRESH = 10000; // ms
  const note = document.getElementById("unsent");
  const again = note.querySelector("button");
  let pressed = null; // the form that was sent last, and by which button
  let heard = performance.now(), late; // when the site answered last; what is shown where it takes long

  // The notice where there is no connection, where the browser itself asks for pages beside a worker. It travels after
  // the page.
  const worker = note.dataset.worker;
  if (worker && navigator.serviceWorker && "navigationPreload" in ServiceWorkerRegistration.prototype)
    addEventListener("load", () => navigator.serviceWorker.register(worker, { scope: "/" }).catch(() => {}));

  // htmx travels when somebody touches the first form that it sends, because most pages are only read.
  let loading, ready = "htmx" in window;
  const htmx = () => loading ||= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = note.dataset.htmx;
    const failed = (why) => {
      loading = null;
      clearTimeout(end);
      new Document().adoptNode(script); // else one that comes late would run beside the next
      fail(why);
    };
    const end = setTimeout(failed, SLOW, "slow");
    script.onerror = () => failed("missing");
    script.onload = () => {
      clearTimeout(end);
      if (!window.htmx) return failed("missing"); // this browser does not understand it
      setTimeout(() => { ready = true; done(); }); // it has read the page
    };
    document.head.append(script);
  });
  for (const touch of ["pointerdown", "focusin"])
    document.addEventListener(touch, ({ target }) => {
      if (!ready && navigator.onLine && target.closest("form[hx-post]")) htmx().catch(() => {});
    });

  // A form on its way: its button says so, and takes no second press.
  const sent = new Map();
  const busy = (form, button) => {
    if (sent.has(form) || form.hasAttribute("data-file")) return;
    sent.set(form, button && [button, [...button.childNodes], button.ariaLabel]);
    if (!button) return;
    button.replaceChildren(note.dataset.sending);
    button.ariaLabel = null;
    button.ariaDisabled = "true";
  };
  const idle = (form) => {
    const [button, words, label] = sent.get(form) || [];
    sent.delete(form);
    if (!button) return;
    button.replaceChildren(...words);
    button.ariaLabel = label;
    button.ariaDisabled = null;
  };

  // state: "unsent" where it is known that nothing reached the site, "unknown" where it may have, "late" where the
  // answer may still come.
  const say = (form, button, state) => {
    pressed = { form, button };
    idle(form);
    for (const part of note.querySelectorAll("[data-state]")) part.hidden = !part.dataset.state.includes(state);
    (form.closest("[data-status]") || form).after(note);
    note.hidden = false;
    note.scrollIntoView({ block: "nearest" });
    if (button && button.isConnected) button.focus();
  };
  const clear = () => { note.hidden = true; };
  // A gateway's own page has no id of ours. What it answers below 500 is no outage: it may keep a path or a header back.
  const fault = ({ status, headers }) => status >= 500 && (!headers.get("x-request-id") || [502, 504].includes(status));
  // What a network answers that wants to be signed in to first; a question of ours is answered by no page.
  const page = ({ ok, headers }) => ok && (headers.get("content-type") || "").startsWith("text/html");

  let insisted = false;
  again.addEventListener("click", () => {
    clear();
    insisted = true; // it is sent whatever a question before it would find, and that is asked no more
    const { form, button } = pressed || {};
    if (under.has(form)) under.get(form).abort();
    if (form) form.dispatchEvent(new Event("htmx:abort"));
    if (form && form.isConnected) form.requestSubmit(button || undefined);
    else location.reload();
    insisted = false;
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    const early = form.hasAttribute("hx-post") && !ready;
    if (!sent.has(form) && !early) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (sent.has(form)) return;
    clear();
    busy(form, button);
    try {
      if (!navigator.onLine) throw new Error();
      await htmx();
    } catch (why) {
      // Of a page that is older than the site, or in an old browser, the form goes as it does without script.
      if (why !== "missing") return say(form, button, "unsent");
      late = setTimeout(say, SLOW, form, button, "late");
      return probe(form, button);
    }
    idle(form);
    if (form.isConnected) form.requestSubmit(button);
  }, true);

  // Plain forms: where the site has not answered for a while, it is asked whether it is there before the page is left.
  const under = new Map();
  const probe = async (form, button) => {
    if (under.has(form)) return;
    const asking = new AbortController();
    under.set(form, asking);
    busy(form, button);
    try {
      if (!navigator.onLine) throw new Error();
      const answer = await fetch("/healthz", { cache: "no-store", signal: asking.signal });
      if (fault(answer) || page(answer)) throw new Error();
      heard = performance.now();
    } catch {
      under.delete(form);
      if (asking.signal.aborted) return;
      clearTimeout(late);
      return say(form, button, "unsent");
    }
    const value = document.createElement("input");
    Object.assign(value, { type: "hidden", name: (button && button.name) || "", value: (button && button.value) || "" });
    if (value.name) form.append(value);
    const action = form.getAttribute("action");
    if (button && button.hasAttribute("formaction")) form.action = button.formAction;
    HTMLFormElement.prototype.submit.call(form);
    value.remove();
    if (action === null) form.removeAttribute("action");
    else form.setAttribute("action", action);
    under.delete(form);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.getAttribute("method") !== "post" || form.dataset.passkey || form.hasAttribute("hx-post")) return;
    clearTimeout(late);
    clear();
    // The page stays until there is an answer; nothing tells it when that was a file.
    if (!form.hasAttribute("data-file")) late = setTimeout(say, SLOW, form, button, "late");
    if (insisted || (navigator.onLine && performance.now() - heard < FRESH)) return busy(form, button);
    event.preventDefault();
    probe(form, button);
  }, true);
  addEventListener("pageshow", () => {
    clear();
    for (const form of [...sent.keys()]) idle(form);
  });
  addEventListener("pagehide", () => clearTimeout(late));

  // Pieces of a page.
  const waits = new WeakMap();
  const source = (event) => event.detail.ctx && event.detail.ctx.sourceElement;
  const formOf = (one) => one && (one.form || one.closest("form"));
  const done = (event) => {
    const one = source(event), form = formOf(one);
    if (one) clearTimeout(waits.get(one));
    if (form) idle(form); // before the answer takes the button's place
    return form;
  };
  const failed = (event) => {
    const form = done(event), { sourceEvent, request } = event.detail.ctx || {};
    // Who asks for a piece changes nothing.
    if (form) say(form, sourceEvent?.submitter, request?.method === "GET" ? "unsent" : "unknown");
  };
  document.addEventListener("htmx:before:request", (event) => {
    const one = source(event), form = formOf(one), by = event.detail.ctx.sourceEvent;
    clear();
    if (!form) return;
    if (!navigator.onLine) {
      event.preventDefault();
      return say(form, by?.submitter, "unsent");
    }
    if (by?.type === "submit") busy(form, by.submitter);
    waits.set(one, setTimeout(say, SLOW, form, by?.submitter, "late"));
  });
  document.addEventListener("htmx:before:response", (event) => {
    const { raw } = event.detail.ctx.response;
    if (fault(raw)) {
      event.preventDefault();
      return failed(event);
    }
    done(event);
    heard = performance.now();
    clear();
  });
  // Nor is a whole page of somebody else's a piece of ours, with whatever status it came.
  document.addEventListener("htmx:after:request", (event) => {
    const { text, response, request } = event.detail.ctx;
    if (response.headers.get("x-request-id") || request.headers["HX-Request-Type"] !== "partial") return;
    if (!/^\s*<(!doctype|html|head|body)/i.test(text)) return;
    event.preventDefault();
    failed(event);
  });
  document.addEventListener("htmx:error", failed);
  document.addEventListener("htmx:finally:request", done);
}
