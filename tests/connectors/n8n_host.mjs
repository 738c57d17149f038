// Runs the compiled nodes with what n8n gives a node: parameters of each item, credentials whose token is renewed after
// a 401, static data, requests. It stands in for n8n, whose package needs a newer Node than Debian has.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const root = new URL("../../connectors/n8n/", import.meta.url).pathname;
const given = JSON.parse(readFileSync(0, "utf8"));
const { IzinApi } = require(root + "dist/credentials/IzinApi.credentials.js");
const found = require(root + `dist/nodes/Izin/${given.node}.node.js`)[given.node];
const credential = new IzinApi(), node = new found(), kept = given.kept ?? {};
const log = { tokens: 0, waits: 0 };

async function send(options) {
  if (given.lost && options.url.includes("consents/request") && given.lost-- > 0) {
    await send({ ...options });
    return { statusCode: 503, headers: {}, body: {} }; // İzin has it, and its answer is lost
  }
  const headers = { ...options.headers, ...(options.body ? { "content-type": "application/json" } : {}) };
  const body = options.body && JSON.stringify(options.body);
  const failed = (words, more) => Object.assign(new Error(words), { config: { data: body }, ...more }); // as axios throws it
  const redirect = options.disableFollowRedirect ? "manual" : "follow";
  const answer = await fetch(options.url, { method: options.method, headers, body, redirect }).catch((fault) => {
    throw failed(fault.message, { code: fault.cause?.code });
  });
  const text = await answer.text();
  const got = { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body: text ? JSON.parse(text) : "" };
  const errors = options.ignoreHttpStatusErrors ?? false;
  const { ignore, except = [] } = typeof errors === "boolean" ? { ignore: errors } : errors;
  if (!answer.ok && (!ignore || except.includes(answer.status))) {
    throw failed(`status ${answer.status}`, { httpCode: String(answer.status) });
  }
  return options.returnFullResponse ? got : got.body;
}

async function authenticated(name, options) {
  const signed = () => ({ ...options, headers: { ...options.headers, Authorization: `Bearer ${given.credentials.token}` } });
  if (!given.credentials.token) await renew();
  try {
    return await send(signed());
  } catch (fault) {
    if (fault.httpCode !== "401") throw fault;
    await renew();
    return send(signed());
  }
}

async function renew() {
  log.tokens += 1;
  Object.assign(given.credentials, await credential.preAuthentication.call({ helpers: { httpRequest: send } }, given.credentials));
}

const defaults = Object.fromEntries(node.description.properties.map((one) => [one.name, one.default]));
const items = given.items ?? [{}];
const context = {
  getInputData: () => items.map((json) => ({ json })),
  getNodeParameter: (name, place = 0) => (name in items[place] ? items[place][name] : given.parameters?.[name] ?? defaults[name]),
  getCredentials: async () => given.credentials,
  getNode: () => ({ name: given.node, type: given.node, typeVersion: 1, parameters: {}, id: "1", position: [0, 0] }),
  getWorkflowStaticData: () => kept,
  getMode: () => given.mode ?? "trigger",
  helpers: { httpRequestWithAuthentication: (name, options) => authenticated(name, options) },
  getRequestObject: () => ({ rawBody: Buffer.from(given.body ?? "") }),
  getHeaderData: () => given.headers ?? {},
  getResponseObject: () => ({ status: (code) => ({ end: () => (log.status = code) }) }),
};

let result = null, error = "", rest = {};
try {
  result = await node[given.method].call(context);
} catch (fault) {
  error = fault.message;
  rest = { ...fault }; // what n8n keeps of it too;
}
process.stdout.write(JSON.stringify({ result, error, rest, kept, log }));
