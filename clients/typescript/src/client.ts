import { randomUUID } from "node:crypto";
import createClient, { type Client } from "openapi-fetch";
import { ApiError, Unauthorized, readError, type Fault } from "./errors.js";
import type { components, paths } from "./schema.js";
import { MemoryTokens, type TokenPair, type TokenStore } from "./tokens.js";

type Schemas = components["schemas"];
export type Consent = Schemas["PersonConsent"] | Schemas["MerchantConsent"];
export type Channel = Schemas["Key"]["type"];
export type Identity = Schemas["Key"]["recipientType"];
export type Movement = Schemas["Changes"]["list"][number];

/** Consents in a list, addresses in a query, movements on a page. */
export const MOST = 1000;
const AHEAD = 60_000; // ms before its end at which a token is renewed
const PAGE = 100;
const FIRST_PAUSE = 0.5; // seconds between tries without a Retry-After
const LONGEST_PAUSE = 30;
const TRY_AGAIN = new Set([429, 500, 502, 503, 504]);

export interface Options {
  baseUrl: string;
  username: string;
  password: string;
  iysCode: number;
  brandCode: number;
  tokens?: TokenStore;
  tries?: number;
  /** The most seconds that a call waits for one Retry-After; longer ones throw TooManyRequests (H084: up to an hour). */
  maxWait?: number;
  fetch?: typeof globalThis.fetch;
  sleep?: (seconds: number) => Promise<void>;
}

/** A consent that was not sent. `index`: its place in the list that was given. */
export interface Rejected {
  index: number;
  faults: Fault[];
}

/** A part that was accepted (202). `indexes`: the places of its items in the list that was given. */
export interface ListRequest {
  requestId: string;
  indexes: number[];
}

/** Accepted is not stored: `awaitResults` has what came of each item. */
export interface SentList {
  requests: ListRequest[];
  rejected: Rejected[];
}

/** `stored`: false where `code` has the reason, undefined while the registry has not stored the item yet. */
export interface ItemResult {
  index: number;
  stored: boolean | undefined;
  transactionId?: string;
  code?: string;
  message?: string;
}

/** `after`: save it once the movements are stored. */
export interface ChangePage {
  movements: Movement[];
  after: string;
}

/** As the API writes moments: Türkiye's wall clock. */
export function turkishTime(at: Date): string {
  return new Date(at.getTime() + 3 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
}

/** One user of the API, one provider, one brand. `api` has every other call, with the same token and repeats. */
export class Izin {
  readonly api: Client<paths>;
  readonly #options: Required<Options>;
  readonly #path: { iysCode: number; brandCode: number };
  #renewal: Promise<string> | undefined;

  constructor(options: Options) {
    this.#options = {
      tokens: new MemoryTokens(),
      tries: 6,
      maxWait: 3600,
      fetch: globalThis.fetch,
      sleep: (seconds) => new Promise((done) => setTimeout(done, seconds * 1000)),
      ...options,
    };
    this.#path = { iysCode: options.iysCode, brandCode: options.brandCode };
    this.api = createClient<paths>({ baseUrl: options.baseUrl, fetch: (request: Request) => this.#authorized(request) });
  }

  /** Declares one consent or refusal; a repeat gets the first one's answer. Throws ApiError. */
  async add(consent: Consent, idempotencyKey: string = randomUUID()): Promise<Schemas["Recorded"]> {
    const { data } = await this.api.POST("/v2/sps/{iysCode}/brands/{brandCode}/consents", {
      params: { path: this.#path, header: { "Idempotency-Key": idempotencyKey } },
      body: consent,
    });
    return data!;
  }

  /**
   * Queues any number of consents, in parts of a thousand. One item of a wrong form refuses its whole part: the client
   * sends the part again without it. Throws ApiError; the parts before are queued then.
   */
  async sendList(consents: Consent[]): Promise<SentList> {
    const sent: SentList = { requests: [], rejected: [] };
    for (let first = 0; first < consents.length; first += MOST) {
      let indexes = [...consents.keys()].slice(first, first + MOST);
      while (indexes.length) {
        try {
          const { data } = await this.api.POST("/v2/sps/{iysCode}/brands/{brandCode}/consents/request", {
            params: { path: this.#path },
            body: indexes.map((index) => consents[index]!),
          });
          sent.requests.push({ requestId: data!.requestId, indexes });
          break;
        } catch (error) {
          const wrong = error instanceof ApiError ? wrongItems(error, indexes) : [];
          if (!wrong.length) throw error;
          sent.rejected.push(...wrong);
          const gone = new Set(wrong.map((one) => one.index));
          indexes = indexes.filter((index) => !gone.has(index));
        }
      }
    }
    return sent;
  }

  /**
   * What came of each item, by `index`; those of `rejected` too. Waits between two questions, longer each time. Items
   * that are not stored after `timeout` seconds have `stored` undefined: ask again later.
   */
  async awaitResults(sent: SentList, { timeout = 600, pause = 1 } = {}): Promise<ItemResult[]> {
    const found: ItemResult[] = sent.rejected.map(({ index, faults }) => {
      return { index, stored: false, code: faults[0]!.code, message: faults[0]!.message };
    });
    const end = performance.now() + timeout * 1000;
    for (const request of sent.requests) {
      for (let wait = pause; ; wait = Math.min(wait * 2, 60)) {
        const results = await this.results(request);
        const left = (end - performance.now()) / 1000;
        if (left <= 0 || results.every((one) => one.stored !== undefined)) {
          found.push(...results);
          break;
        }
        await this.#options.sleep(Math.min(wait, left));
      }
    }
    return found.sort((one, other) => one.index - other.index);
  }

  /** The results of one part as they are now. */
  async results(request: ListRequest): Promise<ItemResult[]> {
    const { data } = await this.api.GET("/v2/sps/{iysCode}/brands/{brandCode}/consents/request/{requestId}", {
      params: { path: { ...this.#path, requestId: request.requestId } },
    });
    const byPlace = new Map(data!.map((one) => [one.index, one]));
    return request.indexes.map((index, place) => {
      const one = byPlace.get(place);
      if (one === undefined || one.status === "enqueue") return { index, stored: undefined };
      if (one.status === "success") return { index, stored: true, transactionId: one.transactionId };
      return { index, stored: false, code: one.error?.code, message: one.error?.message };
    });
  }

  /** Empty for a recipient without a record, which has no consent. */
  async status(recipient: string, type: Channel, recipientType: Identity = "BIREYSEL"): Promise<Schemas["Status"]> {
    const { data } = await this.api.POST("/sps/{iysCode}/brands/{brandCode}/consents/status", {
      params: { path: this.#path },
      body: { recipient, type, recipientType },
    });
    return data!;
  }

  /** Those with ONAY, as they were given. Send nothing to the others. */
  async approved(recipients: string[], type: Channel, recipientType: Identity = "BIREYSEL"): Promise<Set<string>> {
    const found = new Set<string>();
    for (let first = 0; first < recipients.length; first += MOST) {
      const { data } = await this.api.POST("/sps/{iysCode}/brands/{brandCode}/consents/{recipientType}/status/{type}", {
        params: { path: { ...this.#path, recipientType, type } },
        body: { recipients: recipients.slice(first, first + MOST) },
      });
      for (const one of data!.list) found.add(one);
    }
    return found;
  }

  /** The movements of one consent, the newest first. */
  async *history(
    recipient: string,
    type: Channel,
    recipientType: Identity = "BIREYSEL",
  ): AsyncGenerator<Schemas["History"]["list"][number]> {
    for (let offset = 0; ; ) {
      const { data } = await this.api.POST("/sps/{iysCode}/brands/{brandCode}/consents/history", {
        params: { path: this.#path, query: { offset, limit: PAGE } },
        body: { recipient, type, recipientType },
      });
      yield* data!.list;
      offset += data!.list.length;
      if (!data!.list.length || offset >= data!.pagination.totalCount) return;
    }
  }

  async *dealers(): AsyncGenerator<Schemas["DealerTold"]> {
    for (let offset = 0; ; ) {
      const { data } = await this.api.GET("/sps/{iysCode}/brands/{brandCode}/retailers", {
        params: { path: this.#path, query: { offset, limit: PAGE, all: "true" } },
      });
      yield* data!.list;
      offset += data!.list.length;
      if (!data!.list.length || offset >= data!.pagination.totalCount) return;
    }
  }

  /**
   * Pages of movements from a cursor on, the oldest first, until there is nothing new. Store a page's movements, then
   * save its `after`, then take the next one: asking on proves that you have the page.
   */
  async *changes(
    after?: string,
    { source = "IYS", limit = MOST }: { source?: "IYS" | "HS"; limit?: number } = {},
  ): AsyncGenerator<ChangePage> {
    for (;;) {
      const { data } = await this.api.GET("/sps/{iysCode}/brands/{brandCode}/consents/changes", {
        params: { path: this.#path, query: after === undefined ? { source, limit } : { source, limit, after } },
      });
      if (!data?.list?.length) return;
      after = data.after;
      yield { movements: data.list, after };
    }
  }

  async #authorized(request: Request): Promise<Response> {
    // Every try bears the same key, so a repeat after a lost answer does nothing again.
    if (request.method === "POST" && !request.headers.has("idempotency-key")) {
      request.headers.set("idempotency-key", randomUUID());
    }
    for (let renewed = false; ; renewed = true) {
      const token = await this.#token();
      const made = request.clone();
      made.headers.set("authorization", `Bearer ${token}`);
      try {
        return await this.#tried(made);
      } catch (error) {
        if (!(error instanceof Unauthorized) || renewed) throw error;
        await this.#forget(token); // it was ended before its time: once with a new one
      }
    }
  }

  /** Calls that come while a token is taken wait for the same one. */
  #token(): Promise<string> {
    this.#renewal ??= this.#freshToken().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  async #freshToken(): Promise<string> {
    const { tokens } = this.#options;
    const pair = await tokens.load();
    if (pair !== undefined && Date.now() < pair.accessUntil - AHEAD) return pair.access;
    const fresh = (await this.#renewed(pair)) ?? (await this.#signedIn());
    await tokens.save(fresh);
    return fresh.access;
  }

  async #forget(token: string): Promise<void> {
    const pair = await this.#options.tokens.load();
    if (pair?.access === token) await this.#options.tokens.save({ ...pair, accessUntil: 0 });
  }

  /** Undefined where the refresh token is spent or ended, so that the password has to do it. */
  async #renewed(pair: TokenPair | undefined): Promise<TokenPair | undefined> {
    if (pair === undefined || Date.now() >= pair.refreshUntil - AHEAD) return undefined;
    try {
      return await this.#takeTokens({ grant_type: "refresh_token", refresh_token: pair.refresh });
    } catch (error) {
      if (error instanceof ApiError && error.status === 400) return undefined;
      throw error;
    }
  }

  async #signedIn(): Promise<TokenPair> {
    const { username, password } = this.#options;
    try {
      return await this.#takeTokens({ grant_type: "password", username, password });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 400) throw error;
      throw new Unauthorized(error.status, error.faults, undefined, error.requestId);
    }
  }

  async #takeTokens(fields: Schemas["TokenRequest"]): Promise<TokenPair> {
    const now = Date.now();
    // The key makes a repeat safe: a refresh token that is used twice would end all tokens of its password.
    const request = new Request(`${this.#options.baseUrl.replace(/\/+$/, "")}/oauth2/token`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
      body: JSON.stringify(fields),
    });
    const answer = (await (await this.#tried(request)).json()) as Schemas["Tokens"];
    return {
      access: answer.access_token,
      refresh: answer.refresh_token,
      accessUntil: now + answer.expires_in * 1000,
      refreshUntil: now + answer.refresh_expires_in * 1000,
    };
  }

  /** A good answer; tries again what may be repeated: GET and PUT, and a POST under its key. */
  async #tried(request: Request): Promise<Response> {
    const { tries, maxWait, sleep } = this.#options;
    const safe = request.method !== "DELETE";
    let pause = FIRST_PAUSE;
    for (let left = tries - 1; ; left--) {
      let answer: Response;
      try {
        answer = await this.#options.fetch(request.clone());
      } catch (error) {
        if (!left || !safe) throw error;
        await sleep(jittered(pause));
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        continue;
      }
      if (answer.status < 400) return answer;
      const error = await readError(answer);
      const wait = error.retryAfter === undefined ? jittered(pause) : error.retryAfter + jittered(1);
      const again = TRY_AGAIN.has(answer.status) && (safe || answer.status === 429);
      if (!left || !again || (error.retryAfter ?? 0) > maxWait) throw error;
      await sleep(wait);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}

/** Programs that failed together must not come back together. */
function jittered(pause: number): number {
  return pause * (0.5 + Math.random());
}

/** The items that a refused list has to lose; none where the refusal is not about items alone. */
function wrongItems(error: ApiError, indexes: number[]): Rejected[] {
  if (![403, 422].includes(error.status) || error.faults.some((one) => one.index === undefined)) return [];
  const found = new Map<number, Fault[]>();
  for (const fault of error.faults) {
    const index = indexes[fault.index!];
    if (index !== undefined) found.set(index, [...(found.get(index) ?? []), fault]);
  }
  return [...found].map(([index, faults]) => ({ index, faults }));
}
