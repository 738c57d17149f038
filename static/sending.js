// What did not reach the site: words, the focus where it was, and a button to try again. Without script the browser's
// own page says it.
"use strict";
// A page that answered a form is asked for by its address when somebody comes back to it: else the browser shows an
// error of its own, because the form is not kept (no-store).
history.replaceState(history.state, "");
{
  const SLOW = 10000; // ms
  const note = document.getElementById("unsent");
  const again = note.querySelector("button");
  let pressed = null; // the form that was sent last, and by which button

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

  again.addEventListener("click", () => {
    clear();
    if (pressed) letGo(pressed.form);
    if (pressed && pressed.form.isConnected) pressed.form.requestSubmit(pressed.button || undefined);
    else location.reload();
  });

  // Plain forms: the site is asked whether it is there before the page is left. A form that is on its way is not sent
  // a second time, but for "Try again".
  const PRESS = 4000; // ms after which a form whose answer is no page, but a file, may be sent again
  let under = new WeakMap();
  const letGo = (form) => {
    if (under.has(form)) under.get(form).abort();
    under.delete(form);
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (form.getAttribute("method") !== "post" || form.dataset.passkey || form.hasAttribute("hx-post")) return;
    event.preventDefault();
    if (under.has(form)) return;
    const asking = new AbortController();
    under.set(form, asking);
    clear();
    const late = setTimeout(say, SLOW, form, button, true);
    let gone = false;
    try {
      gone = fault(await fetch("/healthz", { cache: "no-store", signal: asking.signal }));
    } catch {
      gone = true;
    }
    if (gone || form.hasAttribute("data-file")) clearTimeout(late); // nothing tells a page that its file has come
    if (asking.signal.aborted) return;
    if (gone) {
      letGo(form);
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
    setTimeout(() => { if (under.get(form) === asking) under.delete(form); }, PRESS);
  }, true);
  addEventListener("pageshow", () => {
    under = new WeakMap();
    clear();
  });

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
    if (!fault(event.detail.ctx.response.raw)) return clear();
    event.preventDefault();
    if (sent) say(sent.form, sent.button, false);
  });
  document.addEventListener("htmx:error", (event) => {
    const sent = done(event);
    if (sent) say(sent.form, sent.button, false);
  });
}
