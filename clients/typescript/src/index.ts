export * from "./client.js";
export { ApiError, TooManyRequests, Unauthorized, type Fault } from "./errors.js";
export type { components, paths } from "./schema.js";
export { MemoryTokens, type TokenPair, type TokenStore } from "./tokens.js";
export { BadPush, TOLERANCE, verifyBasic, verifySignature, type PushHeaders } from "./webhooks.js";
