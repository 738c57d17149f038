/** One fault of a refusal. `location`: path of field names and places in lists; `index`: of the item in a list, from 0. */
export interface Fault {
  code: string;
  message: string;
  location: (string | number)[];
  value?: unknown;
  index?: number;
}

/** An answer of 400 and more. `retryAfter`: seconds, undefined where the answer has none. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly faults: Fault[],
    readonly retryAfter?: number,
    readonly requestId = "",
  ) {
    super(`${status}: ${faults.map((one) => `${one.code} ${one.message}`).join("; ") || "no code"}`);
    this.name = new.target.name;
  }

  get codes(): string[] {
    return this.faults.map((one) => one.code);
  }
}

/** 429 for longer than the client may wait (`maxWait`). */
export class TooManyRequests extends ApiError {}

/** User name or password are wrong, or the user was ended. Nothing is to be repeated. */
export class Unauthorized extends ApiError {}

/** The exception of an answer, whatever its body has: a proxy's HTML too. */
export async function readError(answer: Response): Promise<ApiError> {
  const given = answer.headers.get("retry-after") ?? "";
  const seconds = /^\d+$/.test(given) ? Number(given) : undefined;
  let faults: Fault[] = [];
  try {
    faults = faultsOf(JSON.parse(await answer.text()));
  } catch {
    // No JSON: the status is all there is.
  }
  const kind = answer.status === 429 ? TooManyRequests : answer.status === 401 ? Unauthorized : ApiError;
  return new kind(answer.status, faults, seconds, answer.headers.get("x-request-id") ?? "");
}

/** İYS writes `errors` as a list and as one object, ViA Pass wraps them, OAuth has a word. */
function faultsOf(body: any): Fault[] {
  if (typeof body !== "object" || body === null) return [];
  if (typeof body.error === "string") return [fault({ code: body.error, message: body.error_description })];
  const errors = body.subSystemErrorInfo?.errors ?? body.errors;
  if (errors === undefined && "errorCode" in body) return [fault({ code: body.errorCode, message: body.errorMessage })];
  const found = Array.isArray(errors) ? errors : [errors ?? body];
  return found.filter((one) => one !== null && typeof one === "object" && "code" in one).map(fault);
}

function fault(one: any): Fault {
  const made: Fault = {
    code: String(one.code),
    message: String(one.message ?? ""),
    location: Array.isArray(one.location) ? one.location : [],
  };
  if ("value" in one) made.value = one.value;
  if (Number.isInteger(one.index)) made.index = one.index;
  return made;
}
