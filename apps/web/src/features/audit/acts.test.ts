import { expect, it } from "vitest";
import { actGroups, actInWords, actorInWords, subjectInWords } from "./acts.ts";
import { changesBetween } from "./diff.ts";

it("says what was done, and calls an act that it does not know by its name", () => {
  expect(actInWords("members.invite")).toBe("Invited a member");
  expect(actInWords("flows.publish")).toBe("flows.publish");
});

it("offers every kind with its acts", () => {
  expect(actGroups.find(({ noun }) => noun === "keys.")?.acts).toEqual(["keys.create", "keys.update", "keys.revoke"]);
  expect(actGroups.every(({ acts }) => acts.length > 0)).toBe(true);
});

it("names the subject from what is known of it", () => {
  const subject = (before: unknown, after: unknown) => subjectInWords(changesBetween(before, after), before, after);
  expect(subject({ name: "Old" }, { name: "New" })).toBe("New");
  expect(subject(null, { email: "a@b.c", role: "viewer" })).toBe("a@b.c");
  expect(subject({ name: "Ada", email: "a@b.c" }, null)).toBe("Ada");
  expect(subject({ archived: false }, { archived: true })).toBeUndefined();
});

it("names the actor: a member, a key, the machine, one who left", () => {
  expect(actorInWords({ actor: "6f9619ff-8b86-d011-b42d-00cf4fc964ff", actorName: "Ada" })).toBe("Ada");
  expect(actorInWords({ actor: "key:6f9619ff-8b86", actorName: "key:6f9619ff-8b86" })).toBe("API key 6f9619ff");
  expect(actorInWords({ actor: "system", actorName: "system" })).toBe("This machine");
  expect(actorInWords({ actor: "6f9619ff-8b86", actorName: "6f9619ff-8b86" })).toBe("Somebody who left (6f9619ff)");
});
