import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Affinity, affinityOf } from "./affinity.ts";
import { DecayedCounts } from "./count-min.ts";
import { rank } from "./rendezvous.ts";
import { loadBound, Sticky } from "./sticky.ts";

const places = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `replica ${i}`, load: 0 }));
const of = (key: string, fine = key): Affinity => ({ key, fine, kind: "user", label: key, scope: "org" });

describe("rendezvous", () => {
  it("moves the keys of a place that leaves, and no others", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.integer({ min: 2, max: 9 }), (keys, count) => {
        const all = places(count);
        const [gone, ...rest] = all;
        for (const key of keys) {
          const before = rank(key, all)[0];
          const after = rank(key, rest)[0];
          if (before !== gone) expect(after).toBe(before);
        }
      }),
    );
  });

  it("ranks alike whatever order the places come in", () => {
    fc.assert(
      fc.property(fc.string(), fc.shuffledSubarray(places(7), { minLength: 7 }), (key, shuffled) => {
        expect(rank(key, shuffled)).toEqual(rank(key, places(7)));
      }),
    );
  });

  it("gives each place an even part of many keys", () => {
    const first = new Map<string, number>();
    for (let i = 0; i < 8000; i++) {
      const id = rank(`user-${i}`, places(8))[0]?.id ?? "";
      first.set(id, (first.get(id) ?? 0) + 1);
    }
    // 1,000 expected each, with a standard deviation of 30.
    expect(first.size).toBe(8);
    for (const count of first.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe("decayed counts", () => {
  it("never tell less than the truth, and the truth of a few keys", () => {
    const key = fc.integer({ min: 0, max: 30 }).map(String);
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.integer({ min: 0, max: 5000 })), { maxLength: 200 }), (events) => {
        const counts = new DecayedCounts({ halfLifeMs: 1000 });
        const truth = new Map<string, number>();
        let now = 0;
        for (const [name, waited] of events) {
          now += waited;
          for (const [other, count] of truth) truth.set(other, count * 2 ** (-waited / 1000));
          truth.set(name, (truth.get(name) ?? 0) + 1);
          counts.add(name, now);
        }
        const total = [...truth.values()].reduce((sum, count) => sum + count, 0);
        expect(counts.total(now)).toBeCloseTo(total, 6);
        for (const [name, count] of truth) {
          expect(counts.estimate(name, now)).toBeGreaterThanOrEqual(count - 1e-9);
          expect(counts.estimate(name, now)).toBeLessThanOrEqual(count + total);
        }
      }),
    );
  });

  it("forget, also over a time that no double could count", () => {
    const counts = new DecayedCounts({ halfLifeMs: 10 });
    counts.add("a", 0);
    expect(counts.estimate("a", 10)).toBeCloseTo(0.5);
    for (let now = 1e5; now <= 1e6; now += 1e5) expect(counts.add("a", now)).toBeCloseTo(1);
  });
});

describe("places", () => {
  it("keep a key while they have room, and never take more than the bound", () => {
    const step = fc.record({ key: fc.integer({ min: 0, max: 5 }), ends: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 300 }), (count, steps) => {
        const sticky = new Sticky();
        const spots = places(count);
        let now = 0;
        for (const { ends, key } of steps) {
          now += 400;
          const bound = loadBound(spots.map(({ load }) => load));
          const [first] = sticky.order(of(`k${key}`), spots, now);
          const favourite = rank(`k${key}`, spots)[0];
          expect(first?.load).toBeLessThan(bound);
          // 2.5 requests a second in all: no key is hot enough to be spread.
          if (favourite !== undefined && favourite.load < bound && sticky.placements.spread === 0) {
            expect(first).toBe(favourite);
          }
          if (first) first.load += 1;
          if (ends) for (const spot of spots) spot.load = Math.max(0, spot.load - 1);
        }
      }),
    );
  });

  it("spread a hot user by conversation, and leave the others where they are", () => {
    const sticky = new Sticky();
    const spots = places(4);
    const used = new Map<string, Set<string>>();
    for (let i = 0; i < 2000; i++) {
      const conversation = `c${i % 40}`;
      const [first] = sticky.order(of("busy", conversation), spots, i * 10);
      if (i >= 500) used.set(conversation, (used.get(conversation) ?? new Set()).add(first?.id ?? ""));
      if (i % 50 === 0) expect(sticky.order(of("quiet"), spots, i * 10)[0]).toBe(rank("quiet", spots)[0]);
    }
    const all = new Set([...used.values()].flatMap((ids) => [...ids]));
    expect(all.size).toBe(4);
    for (const ids of used.values()) expect(ids.size).toBe(1);
    const [hottest] = sticky.hotKeys(4, 20_000);
    expect(hottest).toMatchObject({ label: "busy", kind: "user", places: 4 });
    expect(hottest?.requestsPerSecond).toBeGreaterThan(50);
    // Half an hour later nobody remembers.
    expect(sticky.hotKeys(4, 1_820_000)).toEqual([]);
  });

  it("take what belongs nowhere where least is", () => {
    const spots = [3, 1, 2].map((load) => ({ id: String(load), load }));
    expect(new Sticky().order(undefined, spots, 0).map(({ load }) => load)).toEqual([1, 2, 3]);
    expect(new Sticky().order(of("a"), [], 0)).toEqual([]);
  });
});

describe("an affinity", () => {
  const system = { role: "system", content: "Sort the message." };
  const turn = (content: string) => ({ role: "user", content });
  const chat = (...messages: { role: string; content: string }[]) => affinityOf("org", "m", undefined, { messages });

  it("is the instruction's, and tells conversations apart", () => {
    const [a, b] = [chat(system, turn("one")), chat(system, turn("two"))];
    expect(a.key).toBe(b.key);
    expect(a.fine).not.toBe(b.fine);
    expect(chat(system, turn("one"), { role: "assistant", content: "x" }, turn("more"))).toEqual(a);
  });

  it("is the first message's without one, and never another organization's or model's", () => {
    const first = chat(turn("one"));
    expect(chat(turn("one"), turn("two")).key).toBe(first.key);
    expect(chat(turn("two")).key).not.toBe(first.key);
    const prompt = { messages: [turn("one")] };
    expect(affinityOf("other", "m", undefined, prompt).key).not.toBe(first.key);
    expect(affinityOf("org", "n", undefined, prompt).key).not.toBe(first.key);
  });

  it("is what the client said before anything else", () => {
    const said = { kind: "user", value: "ada" } as const;
    const of = (text: string) => affinityOf("org", "m", said, { text });
    expect(of("a").key).toBe(of("b").key);
    expect(of("a")).toMatchObject({ kind: "user", label: "ada" });
    expect(affinityOf("org", "m", { kind: "session", value: "ada" }, { text: "a" }).key).not.toBe(of("a").key);
  });
});
