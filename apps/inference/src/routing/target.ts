/** A server of somebody else's, with all that a request to it needs. */
export interface UpstreamEntry {
  readonly id: string;
  readonly name: string;
  /** Without a slash at its end; paths such as `/chat/completions` follow. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secretHeader: string;
  readonly secret: string | undefined;
  /** Why it can't be asked at all: a secret that can't be opened. */
  readonly problem: string | undefined;
  readonly enabled: boolean;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly createdAt: Date;
  /** Its models, by its own names. */
  readonly models: ReadonlySet<string>;
}

/** Who can answer a request: a model of this installation, or a model of an upstream. */
export type Target =
  | { readonly kind: "model"; readonly model: string }
  | { readonly kind: "upstream"; readonly upstream: UpstreamEntry; readonly model: string };

/** The same as a record: no secret, no address. */
export type TargetRef =
  | { readonly kind: "model"; readonly model: string }
  | { readonly kind: "upstream"; readonly upstreamId: string; readonly upstream: string; readonly model: string };

export interface AliasRef {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  /** The share of wrong answers that may come from its semantic cache; absent: it has none. */
  readonly semanticError?: number;
}

/** Where a request may go: the first target is the chosen one, the others are tried when it is down. */
export interface Route {
  /** As the client named it. */
  readonly requested: string;
  readonly alias?: AliasRef;
  readonly targets: readonly Target[];
}

/** Who answered a request. */
export interface ServedBy {
  readonly requested: string;
  readonly alias?: AliasRef;
  readonly target: TargetRef;
  /** How many times a target was asked, the one that answered included. */
  readonly attempts: number;
}

export function refOf(target: Target): TargetRef {
  if (target.kind === "model") return target;
  const { id, name } = target.upstream;
  return { kind: "upstream", upstreamId: id, upstream: name, model: target.model };
}

export function servedBy({ alias, requested }: Route, target: Target, attempts: number): ServedBy {
  return { requested, ...(alias && { alias }), target: refOf(target), attempts };
}

/** What a request names to reach a target. */
export function nameOf(target: TargetRef): string {
  return target.kind === "model" ? target.model : `${target.upstream}/${target.model}`;
}

/** The header `x-tugboat-plan`: `support@3:small`, or without an alias `small`. */
export function planHeader({ alias, target }: ServedBy): string {
  const name = encodeURI(nameOf(target));
  return alias === undefined ? name : `${alias.name}@${alias.version}:${name}`;
}
