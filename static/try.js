// Sends one call to the sandbox with a test key, and shows request and answer. Without script it stays hidden.
"use strict";
const place = document.getElementById("try"), shown = document.getElementById("try-answer");
const field = (name) => document.getElementById(`try-${name}`);
let token = "", key = "";
const send = async (path, method, body, bearer) => {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  const answer = await fetch(place.dataset.base + path, { method, headers, body, credentials: "omit" });
  const text = await answer.text();
  return { status: answer.status, text };
};
const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch { // a file, or nothing
    return text;
  }
};
place.hidden = false;
const button = field("send");
button.addEventListener("click", async () => {
  const method = place.dataset.method, path = field("path").value;
  const wanted = JSON.stringify({ grant_type: "password", username: field("name").value, password: field("password").value });
  button.disabled = true;
  try {
    let answer = { status: 200 };
    if (key !== wanted || !token) { // a token is good for two hours, and an hour has a hundred
      answer = await send("/oauth2/token", "POST", wanted);
      token = answer.status === 200 ? JSON.parse(answer.text).access_token : "";
      key = wanted;
    }
    if (token) answer = await send(path, method, field("body")?.value, token);
    if (answer.status === 401) token = "";
    shown.textContent = `${method} ${place.dataset.base}${path}\n\n${answer.status}\n${pretty(answer.text)}`;
  } catch { // no network, or the page was left
    shown.textContent = shown.dataset.failed;
  }
  button.disabled = false;
});
