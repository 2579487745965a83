/** A minute's allowance of one thing, refilled evenly. */
interface Bucket {
  /** May be below zero: tokens are counted when they have been produced. */
  level: number;
  /** Milliseconds on the caller's clock. */
  at: number;
}

export interface Allowance {
  readonly limit: number;
  /** Whole units left now. */
  readonly remaining: number;
  /** Seconds until it is full again. */
  readonly resetSeconds: number;
}

export type Admission =
  | { readonly admitted: true; readonly requests?: Allowance; readonly tokens?: Allowance }
  | {
      readonly admitted: false;
      readonly exceeded: "requests" | "tokens";
      readonly retryAfterSeconds: number;
      readonly allowance: Allowance;
    };

export interface Limits {
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
}

const minuteMs = 60_000;
/** More keys than this are rarely busy at once; beyond it, idle ones are forgotten. */
const maxBuckets = 10_000;

/**
 * What each key has left of its limits, as token buckets that hold one minute's allowance. They live in this process:
 * with several edges, each allows the whole limit.
 */
export class KeyLimits {
  readonly #requests = new Map<string, Bucket>();
  readonly #tokens = new Map<string, Bucket>();

  /** Takes one request from the key's allowance, or says what is used up and when to come again. */
  admit(keyId: string, { requestsPerMinute, tokensPerMinute }: Limits, now: number): Admission {
    const tokens = tokensPerMinute === undefined ? undefined : fill(this.#tokens, keyId, tokensPerMinute, now);
    if (tokens !== undefined && tokensPerMinute !== undefined && tokens.level < 1) {
      return refused("tokens", tokens, tokensPerMinute);
    }
    const requests = requestsPerMinute === undefined ? undefined : fill(this.#requests, keyId, requestsPerMinute, now);
    if (requests !== undefined && requestsPerMinute !== undefined) {
      if (requests.level < 1) return refused("requests", requests, requestsPerMinute);
      requests.level -= 1;
    }
    return {
      admitted: true,
      ...(requests && requestsPerMinute !== undefined && { requests: allowance(requests, requestsPerMinute) }),
      ...(tokens && tokensPerMinute !== undefined && { tokens: allowance(tokens, tokensPerMinute) }),
    };
  }

  /** Counts tokens that a request has used. */
  spend(keyId: string, tokensPerMinute: number | undefined, tokens: number, now: number): void {
    if (tokensPerMinute === undefined) return;
    fill(this.#tokens, keyId, tokensPerMinute, now).level -= tokens;
  }
}

function fill(buckets: Map<string, Bucket>, keyId: string, limit: number, now: number): Bucket {
  const known = buckets.get(keyId);
  if (known === undefined) {
    // A bucket that nobody asked for during a minute would be full, unless tokens were overdrawn.
    if (buckets.size >= maxBuckets) {
      for (const [id, { at, level }] of buckets) if (level >= 0 && now - at > minuteMs) buckets.delete(id);
    }
    const bucket = { level: limit, at: now };
    buckets.set(keyId, bucket);
    return bucket;
  }
  known.level = Math.min(limit, known.level + (Math.max(0, now - known.at) * limit) / minuteMs);
  known.at = now;
  return known;
}

function refused(exceeded: "requests" | "tokens", bucket: Bucket, limit: number): Admission {
  const retryAfterSeconds = Math.max(1, Math.ceil(((1 - bucket.level) * 60) / limit));
  return { admitted: false, exceeded, retryAfterSeconds, allowance: allowance(bucket, limit) };
}

function allowance({ level }: Bucket, limit: number): Allowance {
  return {
    limit,
    remaining: Math.max(0, Math.floor(level)),
    resetSeconds: Math.ceil(((limit - level) * 60) / limit),
  };
}
