/**
 * A place's score for a key: the places of a key are ranked by it (rendezvous hashing, Thaler and Ravishankar 1998). A
 * place that leaves moves its own keys alone, one that comes takes an even part of everybody's.
 * @returns 32 bits
 */
export function score(key: number, place: number): number {
  return mix(key ^ Math.imul(place, 0x9e3779b1));
}

/** The places from best to worst for a key. Those that score alike, which is rare, go by their ids. */
export function rank<T extends { readonly id: string }>(key: string, places: readonly T[]): T[] {
  const hashed = hashText(key);
  return places
    .map((place) => ({ place, score: score(hashed, hashText(place.id)) }))
    .sort((a, b) => b.score - a.score || (a.place.id < b.place.id ? -1 : 1))
    .map(({ place }) => place);
}

/** FNV-1a over UTF-16 units, finished by MurmurHash3's mixer: 32 bits, unsigned. Not for secrets. */
export function hashText(text: string, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
