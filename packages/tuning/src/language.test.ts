import { expect, it } from "vitest";
import { foreignTexts, languageOf } from "./language.ts";
import { sampleCsv } from "./sample-data.ts";

it.each([
  ["Where is my parcel? It was sent on Monday and the driver has not been here.", "English"],
  ["Wo ist mein Paket? Ich habe es am Montag bestellt und es ist noch nicht da.", "German"],
  ["Où est mon colis ? Je ne sais pas si vous avez la bonne adresse.", "French"],
  ["¿Dónde está mi pedido? No lo tengo y la tienda no contesta.", "Spanish"],
  ["Waar is mijn pakket? Ik heb het niet gekregen en de winkel is dicht.", "Dutch"],
  ["荷物はどこですか。まだ届いていません。", "Japanese"],
  ["我的包裹在哪里？", "Chinese"],
  ["Где моя посылка?", "Cyrillic letters"],
  ["ERR_CONN_RESET 0x80070005", undefined],
  ["Anna Schmidt, Berlin", undefined],
  ["ok", undefined],
])("tells the language of %j", (text, language) => {
  expect(languageOf(text)).toBe(language);
});

it("finds what is not in the language of most, and nothing where they are mixed", () => {
  const english = ["Where is my parcel and when will it be here?", "The bill is not what you said it was."];
  const many = Array.from({ length: 5 }, () => english).flat();
  const german = "Ich habe die Rechnung nicht und das ist ein Problem.";
  expect(foreignTexts([...many.slice(0, 4), german, ...many.slice(4)])).toEqual({ usual: "English", rows: [4] });
  expect(foreignTexts(many)).toBeUndefined();
  expect(foreignTexts([...english, german, german])).toBeUndefined();
  expect(foreignTexts(sampleCsv().split("\n"))).toBeUndefined();
});
