/** Text that has broken tokenizers: every script, every width of UTF-8, joiners, runs, controls, names of tokens. */
export const nastyTexts: readonly string[] = [
  "",
  " ",
  "a",
  "Once upon a time",
  " leading, trailing ",
  "  two  spaces   three    four",
  "tabs\t\tand\r\nlines\r\n\r\n\n\n end\n",
  " \n \n\n  \t\n x",
  "\n",
  "\u00a0no\u00a0break\u2003em\u3000ideographic\u0085next\u2028line\ufeffmark\u200bzero",
  "1 12 123 1234 12345 123456789012345 3.14159 1,000,000 ½ ² ٣٤٥ १२३ Ⅷ",
  "don't I'll we've THEY'RE it'S I'd 'tis '' ''' O'Brien’s",
  "CamelCase snake_case kebab-case SCREAMING_CASE x=y+z*2 a->b; foo(bar)[0]{baz}",
  "function f(a) {\n  return a ? [1, 2] : `x$ {a}`; // done\n}\n\n\tif (x && !y || z) { }",
  "Zürich naïve façade Ångström ﬁne ǆ ẞ İstanbul",
  "e\u0301 a\u0308\u0304 o\u0302\u0323 \u0301alone Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
  "Привет, мир! Ελληνικά Հայերեն ქართული",
  "שלום עולם مرحبا بالعالم السَّلامُ עֲלֵיכֶם",
  "नमस्ते दुनिया বাংলা தமிழ் తెలుగు ಕನ್ನಡ മലയാളം ไทย ລາວ မြန်မာ ខ្មែរ",
  "你好，世界！こんにちは、カタカナ。안녕하세요 漢字かな交じり文 ㄅㄆㄇ",
  "🚀 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇭🇯🇵 ❤️ ☺ 🧑🏿‍🚀🧑🏿‍🚀 🫠",
  "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈𐌰 𒀀 \u{10ffff}\u{e0041}",
  "\u0000\u0001\u0007\u001b[31m\u007f\u0080\u009f",
  "▁under▁score ▁ Ġ Ċ <0x0A> <0xE2>",
  "<s> </s> <unk> [INST] <|im_start|>user\n<|im_end|> <|endoftext|><|eot_id|> <bos><end_of_turn> <think>",
  "http://example.com/a?b=c&d=%20#e user@example.org C:\\path\\to\\file.txt",
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "................................................................!!!!!!!!????????",
  "=".repeat(200),
  `${" ".repeat(300)}x${"\n".repeat(70)}y${"\t".repeat(40)}`,
  "0".repeat(100),
  "的".repeat(50),
  "😀".repeat(20),
  "\ufffd\ufffd � replacement",
];

/** A deterministic text of `length` UTF-16 units or a little less, of all the above. */
export function longText(length: number): string {
  let text = "";
  let state = 12345;
  while (text.length < length) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    text += nastyTexts[state % nastyTexts.length]!;
    text += state & 0x10000 ? " and so on, " : "\n";
  }
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}
