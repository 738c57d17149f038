// Passkeys: asks the site what to make or sign, hands it to the browser, and sends the answer with the form.
// A form with data-autofill offers passkeys in the page's field too, where the browser can; its button then shows only
// in a browser that made one ("known").
"use strict";
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const ids = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

async function answer(form, more) {
  const asked = await (await fetch(form.dataset.ask, { method: "POST" })).json();
  const publicKey = { ...asked, challenge: bytes(asked.challenge) };
  const making = form.dataset.passkey === "create";
  if (making) {
    publicKey.user = { ...asked.user, id: bytes(asked.user.id) };
    publicKey.excludeCredentials = ids(asked.excludeCredentials);
  } else {
    publicKey.allowCredentials = ids(asked.allowCredentials);
  }
  const made = await navigator.credentials[making ? "create" : "get"]({ publicKey, ...more });
  const said = made.response;
  const response = { clientDataJSON: text(said.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (said[name]) response[name] = text(said[name]);
  }
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
}

// The offer within the field waits until somebody takes it; a press of the button ends it.
async function autofill(form, stop) {
  const can = PublicKeyCredential.isConditionalMediationAvailable;
  if (!can || !(await can.call(PublicKeyCredential))) return false;
  answer(form, { mediation: "conditional", signal: stop.signal })
    .then((given) => { form.elements.answer.value = given; form.submit(); })
    .catch(() => {});
  return true;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const stop = new AbortController();
  const { autofill: offered } = form.dataset;
  if (offered === undefined) form.hidden = false;
  else autofill(form, stop).catch(() => false).then((can) => { form.hidden = can && offered !== "known"; });
  document.querySelectorAll("[data-no-passkey]").forEach((one) => { one.hidden = true; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    stop.abort();
    const fault = form.querySelector(".error");
    fault.hidden = true;
    try {
      form.elements.answer.value = await answer(form);
      form.submit();
    } catch {
      fault.hidden = false;
    }
  });
}
