// What did not reach the site: words, the focus where it was, and a button to try again. Without script the browser's
// own page says it.
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

  const say = (form, button, late) => {
    pressed = { form, button };
    for (const part of note.querySelectorAll("[data-late]")) part.hidden = (part.dataset.late === "1") !== late;
    (form.closest("[data-status]") || form).after(note);
    note.hidden = false;
    note.scrollIntoView({ block: "nearest" });
    if (button && button.isConnected) button.focus();
  };
  const clear = () => { note.hidden = true; };
  // A gateway's own page has no id of ours. What it answers below 500 is no outage: it may keep a path or a header back.
  const fault = ({ status, headers }) => status >= 500 && (!headers.get("x-request-id") || [502, 504].includes(status));

  let insisted = false;
  again.addEventListener("click", () => {
    clear();
    insisted = true; // it is sent whatever a question before it would find, and that is asked no more
    if (pressed && under.has(pressed.form)) under.get(pressed.form).abort();
    if (pressed) delete pressed.form.dataset.sent; // static/signin.js holds up a second press
    if (pressed && pressed.form.isConnected) pressed.form.requestSubmit(pressed.button || undefined);
    else location.reload();
    insisted = false;
  });

  // Plain forms: where the site has not answered for a while, it is asked whether it is there before the page is left.
  const under = new WeakMap();
  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (form.getAttribute("method") !== "post" || form.dataset.passkey || form.hasAttribute("hx-post")) return;
    clearTimeout(late);
    // The page stays until there is an answer; nothing tells it when that was a file.
    if (!form.hasAttribute("data-file")) late = setTimeout(say, SLOW, form, button, true);
    if (insisted || (navigator.onLine && performance.now() - heard < FRESH)) return;
    event.preventDefault();
    if (under.has(form)) return;
    const asking = new AbortController();
    under.set(form, asking);
    clear();
    try {
      if (fault(await fetch("/healthz", { cache: "no-store", signal: asking.signal }))) throw new Error();
      heard = performance.now();
    } catch {
      under.delete(form);
      if (asking.signal.aborted) return;
      clearTimeout(late);
      return say(form, button, false);
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
  }, true);
  addEventListener("pageshow", clear);
  addEventListener("pagehide", () => clearTimeout(late));

  // Pieces of a page.
  const waits = new WeakMap();
  const source = (event) => event.detail.ctx && event.detail.ctx.sourceElement;
  const formOf = (one) => one && (one.form || one.closest("form"));
  const done = (event) => {
    const one = source(event);
    if (one) clearTimeout(waits.get(one));
    return formOf(one) && { form: formOf(one), button: event.detail.ctx.sourceEvent?.submitter };
  };
  document.addEventListener("htmx:before:request", (event) => {
    const one = source(event), form = formOf(one);
    clear();
    if (form) waits.set(one, setTimeout(say, SLOW, form, event.detail.ctx.sourceEvent?.submitter, true));
  });
  document.addEventListener("htmx:before:response", (event) => {
    const sent = done(event);
    if (!fault(event.detail.ctx.response.raw)) {
      heard = performance.now();
      return clear();
    }
    event.preventDefault();
    if (sent) say(sent.form, sent.button, false);
  });
  document.addEventListener("htmx:error", (event) => {
    const sent = done(event);
    if (sent) say(sent.form, sent.button, false);
  });
}
