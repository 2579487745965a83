/**
 * Writes SentencePiece's `precompiled_charsmap` for a few rules: a double-array trie over UTF-8 bytes and the
 * replacements. Places children by the first offset where all of them are free.
 */
export function doubleArray(rules: readonly (readonly [from: string, to: string])[]): Uint8Array {
  const encoder = new TextEncoder();
  const replacements: number[] = [];
  interface Node {
    readonly children: Map<number, Node>;
    value: number;
  }
  const root: Node = { children: new Map(), value: -1 };
  for (const [from, to] of rules) {
    let node = root;
    for (const byte of encoder.encode(from)) {
      const child = node.children.get(byte) ?? { children: new Map(), value: -1 };
      node.children.set(byte, child);
      node = child;
    }
    node.value = replacements.length;
    replacements.push(...encoder.encode(to), 0);
  }
  const units: number[] = new Array(4096).fill(0);
  const used = new Set<number>([0]);
  const bases = new Set<number>();
  const place = (node: Node, at: number): void => {
    // The value of a node sits at its offset itself, as the child of byte 0.
    const labels = [...node.children.keys(), ...(node.value >= 0 ? [0] : [])];
    let base = 1;
    // Two nodes with one offset would share their children.
    while (bases.has(base) || labels.some((label) => used.has(base ^ label))) base++;
    bases.add(base);
    for (const label of labels) used.add(base ^ label);
    const offset = base ^ at;
    units[at] = (units[at]! & 0xff) | (offset << 10) | (node.value >= 0 ? 1 << 8 : 0);
    if (node.value >= 0) units[base] = (node.value | (1 << 31)) >>> 0;
    for (const label of node.children.keys()) units[base ^ label] = label;
    for (const [label, child] of node.children) place(child, base ^ label);
  };
  place(root, 0);
  const bytes = new Uint8Array(4 + units.length * 4 + replacements.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, units.length * 4, true);
  units.forEach((unit, i) => {
    view.setUint32(4 + i * 4, unit >>> 0, true);
  });
  bytes.set(replacements, 4 + units.length * 4);
  return bytes;
}
