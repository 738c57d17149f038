/** `accessUntil` and `refreshUntil`: milliseconds since 1970. */
export interface TokenPair {
  access: string;
  refresh: string;
  accessUntil: number;
  refreshUntil: number;
}

/**
 * Where a client keeps its tokens. At most 100 an hour may be taken (H084), so programs of several processes, or that
 * start often, give a store of their own.
 */
export interface TokenStore {
  load(): Promise<TokenPair | undefined>;
  save(pair: TokenPair | undefined): Promise<void>;
}

export class MemoryTokens implements TokenStore {
  #pair: TokenPair | undefined;

  async load(): Promise<TokenPair | undefined> {
    return this.#pair;
  }

  async save(pair: TokenPair | undefined): Promise<void> {
    this.#pair = pair;
  }
}
