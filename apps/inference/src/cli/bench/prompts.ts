/** Token ids spread over the vocabulary, other ones for each seed so that no prefix cache helps. */
export function randomPrompt(length: number, vocabulary: number, seed: number): number[] {
  let state = 0x9e3779b9 ^ (seed * 7919 + length);
  return Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    // The first ids are control tokens and bytes.
    const first = Math.min(300, Math.floor(vocabulary / 2));
    return first + ((state >>> 0) % (vocabulary - first));
  });
}
