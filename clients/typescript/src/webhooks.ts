/**
 * Checks that a post comes from the registry: Basic authentication, as at İYS, and Standard Webhooks signatures
 * (standardwebhooks.com, specification 1.0.0).
 */
import { createHmac, timingSafeEqual } from "node:crypto";

export const TOLERANCE = 300; // seconds that a timestamp may be off

/** The post is not the registry's, or is too old. Answer 401 and store nothing. */
export class BadPush extends Error {}

export type PushHeaders = Record<string, string | string[] | undefined>;

/** Throws BadPush, and TypeError where name or password are empty, which proves nothing. */
export function verifyBasic(headers: PushHeaders, username: string, password: string): void {
  if (!username || !password) throw new TypeError("the push connection's name or password is not set");
  const [kind = "", text = ""] = header(headers, "authorization").split(" ", 2);
  if (kind.toLowerCase() !== "basic" || !same(Buffer.from(text, "base64"), Buffer.from(`${username}:${password}`))) {
    throw new BadPush("wrong user or password");
  }
}

/**
 * The post's id, the same for each repeat of it. `secrets`: "whsec_…", several while one takes another's place; `body`:
 * the bytes as they came; `now`: seconds since 1970. Throws BadPush, and TypeError for a secret under 24 bytes.
 */
export function verifySignature(
  secrets: string | string[],
  headers: PushHeaders,
  body: Uint8Array | string,
  { tolerance = TOLERANCE, now = Date.now() / 1000 }: { tolerance?: number; now?: number } = {},
): string {
  const keys = [secrets].flat().map(keyOf);
  const id = header(headers, "webhook-id");
  const moment = header(headers, "webhook-timestamp");
  if (!id || !/^\d+$/.test(moment)) throw new BadPush("no webhook-id or webhook-timestamp");
  if (Math.abs(now - Number(moment)) > tolerance) throw new BadPush("the timestamp is too old or too new");
  const known = keys.map((key) => createHmac("sha256", key).update(`${id}.${moment}.`).update(body).digest());
  const given = header(headers, "webhook-signature").split(" ").filter((one) => one.startsWith("v1,"));
  if (!given.some((one) => known.some((own) => same(Buffer.from(one.slice(3), "base64"), own)))) {
    throw new BadPush("no signature fits");
  }
  return id;
}

function keyOf(secret: string): Buffer {
  const text = secret.replace(/^whsec_/, "");
  const key = Buffer.from(text, "base64");
  if (key.length < 24 || key.toString("base64") !== text) throw new TypeError("the signing secret is not set or not whole");
  return key;
}

function same(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function header(headers: PushHeaders, name: string): string {
  const found = Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1];
  return (Array.isArray(found) ? found[0] : found) ?? "";
}
