import { BLOCK_TOKENS } from "./blocks.ts";

export interface PrefixDeclaration {
  /** Whose it is; undefined: public, shared by all scopes. */
  readonly scope: string | undefined;
  readonly tokens: Int32Array;
  /** Stays in the cache once it is computed. */
  readonly pin: boolean;
}

/** In blocks: how much of a prompt's beginning is everybody's, and how much of it stays. */
export interface Reach {
  readonly shared: number;
  readonly pinned: number;
}

/** Beginnings of prompts of which something was declared. Few: they are compared one by one. */
export class DeclaredPrefixes {
  readonly #declarations = new Set<PrefixDeclaration>();

  get pinned(): PrefixDeclaration[] {
    return [...this.#declarations].filter(({ pin }) => pin);
  }

  /** @returns what removes it. */
  add(declaration: PrefixDeclaration): () => void {
    const own = { ...declaration };
    this.#declarations.add(own);
    return () => this.#declarations.delete(own);
  }

  /** Only full blocks count, and only of declarations that the prompt begins with, as far as the prompt goes. */
  reach(scope: string, prompt: Int32Array): Reach {
    let shared = 0;
    let pinned = 0;
    for (const { scope: owner, pin, tokens } of this.#declarations) {
      if (owner !== undefined && owner !== scope) continue;
      const blocks = Math.floor(commonLength(tokens, prompt) / BLOCK_TOKENS);
      if (owner === undefined) shared = Math.max(shared, blocks);
      if (pin) pinned = Math.max(pinned, blocks);
    }
    return { shared, pinned };
  }
}

function commonLength(a: Int32Array, b: Int32Array): number {
  const end = Math.min(a.length, b.length);
  let i = 0;
  while (i < end && a[i] === b[i]) i++;
  return i;
}
