/**
 * The most frequent short words of languages written in Latin letters; words that several share count for all of them.
 * What is written in other letters is told by these.
 */
const words: Readonly<Record<string, string>> = {
  English:
    "the and of to in is it that you for was with are this have not be on my your but they what when where how can i a an at we me he she so if or had has his her out there here no do does did from by as",
  German:
    "der die und das ist nicht ich sie es mit ein eine zu den auf für wir haben auch wie was mein meine wo bin von im dem",
  French:
    "le la les et est pas je vous il elle une un des que pour dans sur avec mon ma ne ce qui où mais nous du au ai",
  Spanish: "el la los las y es no que de en un una por para con mi se lo su como pero donde está qué yo tengo muy más",
  Italian: "il la gli e è non che di un una per con mi si lo come ma dove sono ho della nel io questo mio molto più",
  Portuguese: "o a os as e é não que de um uma por para com meu minha se como mas onde está eu tenho muito mais do da",
  Dutch: "de het een en is niet ik je van dat in op met voor wij hebben mijn wat waar maar ook zijn heb naar bij",
  Polish: "nie się w na jest to z że do jak ale czy mam mój moja co gdzie dla po już przez",
  Swedish: "och det att en är inte jag som på med för har min var men vi till av ett den kan",
  Turkish: "ve bir bu için değil ben ne çok var nerede ama nasıl ile da mi benim olarak daha",
};

const letters: readonly (readonly [string, RegExp])[] = [
  ["Japanese", /[\u3040-\u30ff]/g],
  ["Chinese", /\p{Script=Han}/gu],
  ["Korean", /\p{Script=Hangul}/gu],
  ["Cyrillic letters", /\p{Script=Cyrillic}/gu],
  ["Greek", /\p{Script=Greek}/gu],
  ["Arabic letters", /\p{Script=Arabic}/gu],
  ["Hebrew", /\p{Script=Hebrew}/gu],
  ["Devanagari letters", /\p{Script=Devanagari}/gu],
  ["Thai", /\p{Script=Thai}/gu],
];

const lists = Object.entries(words).map(([name, list]) => ({ name, words: new Set(list.split(" ")) }));

/** Fewer words of a language in a text say little. */
const fewestWords = 3;

/**
 * The language of a text, or the letters it is written in; undefined where that is not clear, as of short texts, names and
 * code. Errs on that side.
 */
export function languageOf(text: string): string | undefined {
  const all = text.match(/\p{L}/gu)?.length ?? 0;
  for (const [name, pattern] of letters) {
    const found = text.match(pattern)?.length ?? 0;
    if (found >= 4 && found > all * (name === "Japanese" ? 0.15 : 0.4)) return name;
  }
  const said = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const counts = lists
    .map(({ name, words }) => ({ name, count: said.filter((word) => words.has(word)).length }))
    .sort((a, b) => b.count - a.count);
  const [first, second] = counts;
  if (first === undefined || first.count < fewestWords || first.count < 2 * (second?.count ?? 0)) return undefined;
  return first.name;
}

/** Most texts of a data set must be of one language before another is odd. */
const usual = 0.8;

/** Positions of texts in another language than most are written in. */
export function foreignTexts(texts: readonly string[]): { usual: string; rows: number[] } | undefined {
  const found = texts.map(languageOf);
  const counts = new Map<string, number>();
  for (const name of found) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  const told = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  if (most === undefined || most[1] === told || most[1] < usual * told) return undefined;
  const rows = found.flatMap((name, row) => (name !== undefined && name !== most[0] ? [row] : []));
  return { usual: most[0], rows };
}
