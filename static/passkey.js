// Passkeys: asks the site what to make or sign, hands it to the browser, and sends the answer with the form.
"use strict";
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const ids = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

async function answer(form) {
  const asked = await (await fetch(form.dataset.ask, { method: "POST" })).json();
  const publicKey = { ...asked, challenge: bytes(asked.challenge) };
  const making = form.dataset.passkey === "create";
  if (making) {
    publicKey.user = { ...asked.user, id: bytes(asked.user.id) };
    publicKey.excludeCredentials = ids(asked.excludeCredentials);
  } else {
    publicKey.allowCredentials = ids(asked.allowCredentials);
  }
  const made = await navigator.credentials[making ? "create" : "get"]({ publicKey });
  const said = made.response;
  const response = { clientDataJSON: text(said.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (said[name]) response[name] = text(said[name]);
  }
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
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
