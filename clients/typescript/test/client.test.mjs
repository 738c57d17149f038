// Run against a served site by tests/clients/test_others.py, which names it in the environment.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import test from "node:test";
import {
  ApiError, BadPush, Izin, MemoryTokens, TooManyRequests, Unauthorized, turkishTime, verifyBasic, verifySignature,
} from "../dist/index.js";

const { IZIN_URL: baseUrl, IZIN_PASSWORD: password, IZIN_BRAND } = process.env;
const [iysCode, brandCode] = [Number(IZIN_BRAND), Number(IZIN_BRAND)];
let next = 0;

/** A client, the paths it called with their keys, its pauses, and what spoils its network. */
function made(options = {}) {
  const sent = [], plan = [], pauses = [];
  const izin = new Izin({
    baseUrl, username: "cinar", password, iysCode, brandCode,
    sleep: async (seconds) => {
      pauses.push(seconds);
      await new Promise((done) => setTimeout(done, 50));
    },
    fetch: async (request) => {
      const path = new URL(request.url).pathname;
      sent.push({ path, key: request.headers.get("idempotency-key") });
      const place = plan.findIndex((one) => path.endsWith(one.path));
      if (place < 0) return fetch(request);
      const [{ how, retryAfter }] = plan.splice(place, 1);
      if (how === "lost") {
        await (await fetch(request)).arrayBuffer();
        throw new TypeError("the answer was lost");
      }
      const code = { 429: "H084", 503: "H123", 401: "H351" }[how] ?? "H015";
      const headers = retryAfter ? { "retry-after": retryAfter } : {};
      return new Response(JSON.stringify({ errors: [{ code, message: "…" }] }), { status: how, headers });
    },
    ...options,
  });
  const times = (path) => sent.filter((one) => one.path.endsWith(path)).length;
  return { izin, sent, plan, pauses, times };
}

function consent(other = {}) {
  next += 1;
  return {
    recipient: `+90532200${String(next).padStart(4, "0")}`, recipientType: "BIREYSEL", type: "MESAJ", status: "ONAY",
    source: "HS_WEB", consentDate: "2026-11-23 10:15:00", ...other,
  };
}

async function all(iterator) {
  const found = [];
  for await (const one of iterator) found.push(one);
  return found;
}

test("a company's day", async () => {
  const { izin, times } = made();
  const first = consent();
  const one = await izin.add(first);
  assert.deepEqual(await izin.add(first), one);
  const rows = [consent(), consent({ status: "RET" }), consent({ consentDate: "2026-11-10 10:00:00" }), consent({ type: "FAKS" })];
  const sent = await izin.sendList(rows);
  assert.deepEqual(sent.rejected.map((it) => [it.index, it.faults[0].code]), [[3, "H117"]]);
  const results = await izin.awaitResults(sent);
  assert.deepEqual(results.map((it) => [it.index, it.stored, it.code]), [
    [0, true, undefined], [1, true, undefined], [2, false, "H467"], [3, false, "H117"],
  ]);
  assert.equal((await izin.status(first.recipient, "MESAJ")).transactionId, one.transactionId);
  assert.deepEqual(await izin.status("+905329999999", "MESAJ"), {});
  assert.deepEqual([...(await izin.approved([rows[1].recipient, first.recipient], "MESAJ"))], [first.recipient]);
  assert.deepEqual((await all(izin.history(first.recipient, "MESAJ"))).map((it) => it.transactionId), [one.transactionId]);
  const pages = await all(izin.changes(undefined, { source: "HS", limit: 2 }));
  assert.ok(pages.length >= 2);
  assert.deepEqual(await all(izin.changes(pages.at(-1).after, { source: "HS" })), []);
  assert.ok((await all(izin.dealers())).every((it) => it.title));
  const { data } = await izin.api.GET("/sps/{iysCode}/brands", { params: { path: { iysCode } } });
  assert.equal(data[0].brandCode, brandCode);
  assert.equal(times("/oauth2/token"), 1);
});

for (const how of ["lost", 503, 500]) {
  test(`after ${how} the same request is sent again under its key`, async () => {
    const { izin, plan, sent, pauses } = made();
    plan.push({ path: "/consents", how, retryAfter: how === 503 ? "2" : "" });
    const { transactionId } = await izin.add(consent());
    assert.match(transactionId, /^[0-9a-f]{64}$/);
    const [one, other, ...more] = sent.filter((it) => it.path.endsWith("/consents")).map((it) => it.key);
    assert.ok(one && one === other && !more.length);
    assert.ok(how === 503 ? pauses[0] >= 2 && pauses[0] <= 4 : pauses[0] < 1);
  });
}

test("a refusal is not repeated, and names its fault", async () => {
  const { izin, times } = made();
  await assert.rejects(izin.add(consent({ status: "BELKI" })), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.codes, error.faults[0].location], [422, ["H115"], ["status"]]);
    return true;
  });
  assert.equal(times("/consents"), 1);
});

test("a token is taken once by calls at the same moment, and renewed", async () => {
  const tokens = new MemoryTokens();
  const { izin, times, plan } = made({ tokens });
  await Promise.all([1, 2, 3].map(() => izin.status("+905320000001", "MESAJ")));
  assert.equal(times("/oauth2/token"), 1);
  await tokens.save({ ...(await tokens.load()), accessUntil: 0 });
  plan.push({ path: "/oauth2/token", how: "lost" });
  await izin.status("+905320000001", "MESAJ");
  assert.equal(times("/oauth2/token"), 3);
  plan.push({ path: "/status", how: 401 });
  await izin.status("+905320000001", "MESAJ");
  assert.equal(times("/oauth2/token"), 4);
  plan.push({ path: "/status", how: 401 }, { path: "/status", how: 401 });
  await assert.rejects(izin.status("+905320000001", "MESAJ"), Unauthorized);
});

test("too many tokens are waited for as long as the answer names", async () => {
  const patient = made();
  patient.plan.push({ path: "/oauth2/token", how: 429, retryAfter: "1800" });
  await patient.izin.status("+905320000001", "MESAJ");
  assert.ok(patient.pauses[0] >= 1800 && patient.pauses[0] <= 1802);
  const hasty = made({ maxWait: 10 });
  hasty.plan.push({ path: "/oauth2/token", how: 429, retryAfter: "1800" });
  await assert.rejects(hasty.izin.status("+905320000001", "MESAJ"), (error) => {
    assert.ok(error instanceof TooManyRequests && error.retryAfter === 1800);
    return true;
  });
  assert.deepEqual(hasty.pauses, []);
});

test("a slash at the end of the address changes nothing", async () => {
  const { izin } = made({ baseUrl: `${baseUrl}/` });
  assert.deepEqual(await izin.status("+905329999998", "MESAJ"), {});
});

test("a wrong password is named and not tried again", async () => {
  const { izin, times } = made({ password: "x" });
  await assert.rejects(izin.status("+905320000001", "MESAJ"), Unauthorized);
  assert.equal(times("/oauth2/token"), 1);
});

test("times are Türkiye's", () => {
  assert.equal(turkishTime(new Date("2026-11-23T22:15:00Z")), "2026-11-24 01:15:00");
});

test("signatures are verified", () => {
  const headers = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,x v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  const [secret, body, now] = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"test": 2432232314}', 1614265330];
  assert.equal(verifySignature(secret, headers, body, { now }), "msg_p5jXN8AQM9LWM0D4loKWxJek");
  const other = "whsec_" + createHmac("sha256", "x").digest("base64");
  assert.ok(verifySignature([other, secret], headers, Buffer.from(body), { now: now + 299 }));
  for (const [theirs, given, bytes, at] of [
    [other, headers, body, now],
    [secret, headers, `${body} `, now],
    [secret, { ...headers, "webhook-signature": "" }, body, now],
    [secret, { ...headers, "webhook-timestamp": "1614265331" }, body, now],
    [secret, headers, body, now + 301],
    [secret, headers, body, now - 301],
    [secret, {}, body, now],
  ]) {
    assert.throws(() => verifySignature(theirs, given, bytes, { now: at }), BadPush);
  }
  for (const none of ["", "whsec_", "whsec_AAAA", "whsec_***"]) { // a key that everybody knows
    const forged = "v1," + createHmac("sha256", "").update(`m.${now}.{}`).digest("base64");
    const given = { "webhook-id": "m", "webhook-timestamp": String(now), "webhook-signature": forged };
    assert.throws(() => verifySignature(none, given, "{}", { now }), TypeError);
  }
  assert.throws(() => verifyBasic({ authorization: "Basic Og==" }, "", ""), TypeError);
  assert.throws(() => verifyBasic({ authorization: "Basic a2FuYXJ5YTo=" }, "kanarya", ""), TypeError);
  verifyBasic({ Authorization: "Basic a2FuYXJ5YTpwYXJvbGEtxJ8=" }, "kanarya", "parola-ğ");
  assert.throws(() => verifyBasic({ authorization: "Basic a2FuYXJ5YTp4" }, "kanarya", "parola-ğ"), BadPush);
  assert.throws(() => verifyBasic({}, "kanarya", "parola-ğ"), BadPush);
});
