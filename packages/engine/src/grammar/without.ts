import type { Automaton } from "./automaton.ts";

/**
 * Adds the texts in which no stop occurs: the Aho-Corasick automaton of the stops (1975), without the states that have
 * found one.
 */
export function addWithout(automaton: Automaton, stops: readonly string[], from: number, to: number): void {
  const encoder = new TextEncoder();
  const next: Map<number, number>[] = [new Map()];
  const found: boolean[] = [false];
  for (const stop of stops) {
    let node = 0;
    for (const byte of encoder.encode(stop)) {
      let child = next[node]!.get(byte);
      if (child === undefined) {
        child = next.push(new Map()) - 1;
        found.push(false);
        next[node]!.set(byte, child);
      }
      node = child;
    }
    found[node] = true;
  }
  const fallback = next.map(() => 0);
  const order = [0];
  for (let i = 0; i < order.length; i++) {
    const node = order[i]!;
    for (const [byte, child] of next[node]!) {
      let back = fallback[node]!;
      while (back !== 0 && !next[back]!.has(byte)) back = fallback[back]!;
      fallback[child] = node === 0 ? 0 : (next[back]!.get(byte) ?? 0);
      if (found[fallback[child]!]) found[child] = true;
      order.push(child);
    }
  }
  const states = next.map(() => automaton.state());
  const go = (node: number, byte: number): number => {
    let at = node;
    while (at !== 0 && !next[at]!.has(byte)) at = fallback[at]!;
    return next[at]!.get(byte) ?? 0;
  };
  automaton.jump(from, states[0]!);
  for (const [node, state] of states.entries()) {
    if (found[node]) continue;
    automaton.jump(state, to);
    // Neighbouring bytes with the same target are one edge.
    for (let low = 0; low < 256; ) {
      const target = go(node, low);
      let high = low;
      while (high < 255 && go(node, high + 1) === target) high += 1;
      if (!found[target]) automaton.byte(state, low, high, states[target]!);
      low = high + 1;
    }
  }
}
