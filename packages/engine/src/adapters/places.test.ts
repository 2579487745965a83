import fc from "fast-check";
import { expect, it } from "vitest";
import { AdapterPlaces } from "./places.ts";

it("never gives one unit to two, evicts only what nobody uses, and the coldest first", () => {
  const action = fc.record({ id: fc.integer({ min: 0, max: 9 }), leave: fc.boolean() });
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 12 }), fc.array(action, { maxLength: 60 }), (most, actions) => {
      const places = new AdapterPlaces(most);
      const users = new Map<string, number>();
      const lastUsed = new Map<string, number>();
      actions.forEach(({ id: number, leave }, now) => {
        const id = `adapter ${number}`;
        const before = new Set([...places.entries()].map((entry) => entry.id));
        if (leave) {
          if ((users.get(id) ?? 0) === 0) return;
          places.leave(id);
          users.set(id, users.get(id)! - 1);
          lastUsed.set(id, now);
        } else {
          const place = places.use(id) ?? places.place(id, 1 + (number % 4));
          places.ready(id);
          if (place) {
            users.set(id, (users.get(id) ?? 0) + 1);
            lastUsed.set(id, now);
          }
        }
        const entries = [...places.entries()];
        const after = new Set(entries.map((entry) => entry.id));
        const gone = [...before].filter((one) => !after.has(one));
        for (const one of gone) expect(users.get(one) ?? 0).toBe(0);
        // Whoever stayed without being used was used later than all that went.
        const idle = entries.filter((entry) => entry.users === 0).map((entry) => lastUsed.get(entry.id)!);
        for (const one of gone) for (const stayed of idle) expect(lastUsed.get(one)!).toBeLessThan(stayed);
        for (const entry of entries) expect(entry.users).toBe(users.get(entry.id) ?? 0);
        const units = entries.flatMap(({ place }) => Array.from({ length: place.units }, (_, i) => place.first + i));
        expect(new Set(units).size).toBe(units.length);
        for (const unit of units) expect(unit).toBeLessThan(most);
      });
    }),
  );
});

it("is not there for others until it is ready", () => {
  const places = new AdapterPlaces(4);
  expect(places.place("a", 2)).toEqual({ first: 0, units: 2 });
  expect(places.use("a")).toBeUndefined();
  places.ready("a");
  expect(places.use("a")).toEqual({ first: 0, units: 2 });
});

it("makes room by evicting neighbours, and says when it cannot", () => {
  const places = new AdapterPlaces(4);
  for (const id of ["a", "b", "c", "d"]) {
    places.place(id, 1);
    places.ready(id);
  }
  places.leave("b");
  places.leave("c");
  expect(places.place("e", 3)).toBeUndefined();
  expect(places.place("f", 2)).toEqual({ first: 1, units: 2 });
  expect(places.evictions).toBe(2);
});
