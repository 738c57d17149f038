// Comfort on the sign-in pages; each of them works without it.
"use strict";
{
  const one = (query) => document.querySelector(query);

  // The wait for a new code, counted down.
  const wait = one("[data-wait]");
  if (wait) {
    const left = wait.querySelector("[data-left]");
    const buttons = wait.parentNode.querySelectorAll("button");
    const disable = (yes) => buttons.forEach((button) => { button.disabled = yes; });
    const end = Date.now() + 1000 * wait.dataset.wait;
    disable(true);
    const tick = () => {
      const seconds = Math.ceil((end - Date.now()) / 1000);
      if (left) left.textContent = Math.max(0, seconds);
      if (seconds > 0) return setTimeout(tick, 500);
      wait.hidden = true;
      disable(false);
    };
    tick();
  }

  // What has been typed so far is read as; a number falls into its groups while one types at its end.
  const address = one("#address");
  const kind = one("#kind");
  if (address && kind)
    address.addEventListener("input", () => {
      const text = address.value;
      const digits = text.replace(/[\s()./-]/g, "").replace(/^(\+90|0090|90(?=5))/, "0");
      const phone = /^0?5\d*$/.test(digits);
      kind.textContent = text.includes("@") ? kind.dataset.mail : phone && digits.length > 3 ? kind.dataset.sms : "";
      if (!/^05\d*$/.test(text.replace(/ /g, "")) || digits.length > 11) return;
      if (address.selectionStart !== text.length) return;
      address.value = digits.replace(/^(\d{4})(\d{1,3})?(\d{1,2})?(\d{1,2})?$/, (_, ...groups) =>
        groups.slice(0, 4).filter(Boolean).join(" "));
    });

  // WebOTP: the code from the message, with the citizen's leave.
  const code = one("#code");
  if (code && "OTPCredential" in window) {
    const stop = new AbortController();
    code.form.addEventListener("submit", () => stop.abort());
    navigator.credentials
      .get({ otp: { transport: ["sms"] }, signal: stop.signal })
      .then((found) => { code.value = found.code; })
      .catch(() => {});
  }
}
