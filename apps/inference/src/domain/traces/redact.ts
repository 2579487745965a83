/**
 * Replaces personal data in texts: e-mail addresses, payment cards (13 to 19 digits whose check digit is right, ISO/IEC
 * 7812-1 annex B) and phone numbers. It is a net, not a proof: names and addresses of streets pass through it.
 */
export function redactText(text: string): string {
  return text.replace(email, "[email]").replace(digits, (found) => {
    const plain = found.replace(/\D/g, "");
    if (plain.length >= 13 && plain.length <= 19 && luhn(plain)) return "[card]";
    return isPhone(found, plain) ? "[phone]" : found;
  });
}

// Bounded parts, so that no text makes it slow.
const email = /[\p{L}\p{N}][\p{L}\p{N}._%+-]{0,63}@[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.){1,8}[\p{L}]{2,24}/gu;
/** A run of digits as people group them, not within a word, a version, a decimal or an id. */
const digits = /(?<![\p{L}\p{N}.#-])(?:\+|00)?\(?\d(?:[ \u00a0./()-]{0,2}\d){6,18}(?![\p{L}\p{N}])/gu;

/** Written with a country code or an area code, and grouped: a bare run of digits is some number or other. */
function isPhone(found: string, plain: string): boolean {
  if (plain.length < 7 || plain.length > 15) return false;
  if (/^(?:\+|00)/.test(found)) return true;
  if (isDate(found)) return false;
  if (/^\(?\d{2,5}\)[ -]?\d/.test(found)) return true;
  if (/^0\d{1,5}[ /-]\d/.test(found)) return plain.length >= 8;
  return /^\d{3}[ -]\d{3}[ -]\d{4}$/.test(found);
}

function isDate(found: string): boolean {
  return /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}/.test(found) || /^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}/.test(found);
}

function luhn(plain: string): boolean {
  let sum = 0;
  for (let i = 0; i < plain.length; i++) {
    const digit = Number(plain[plain.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && /[1-9]/.test(plain);
}

const longestText = 20_000;
const longestBody = 400_000;

/**
 * A request or an answer as it is kept: JSON, with the texts in it redacted where that is wanted, and cut where they are
 * long. Files in it (`data:` addresses) are named by their type and size alone.
 */
export function keptJson(value: unknown, redact: boolean): string {
  const text = (said: string) => {
    const file = /^data:([\w.+-]+\/[\w.+-]+)?[;,]/.exec(said);
    if (file && said.length > 200) return `data:${file[1] ?? ""},… (${said.length} characters)`;
    const cut = said.length > longestText ? `${said.slice(0, longestText)}… (cut, ${said.length} characters)` : said;
    return redact ? redactText(cut) : cut;
  };
  const walk = (one: unknown, depth: number): unknown => {
    if (typeof one === "string") return text(one);
    if (depth > 40) return "…";
    if (Array.isArray(one)) return one.map((item) => walk(item, depth + 1));
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, item]) => [name, walk(item, depth + 1)]));
  };
  const json = JSON.stringify(walk(value, 0) ?? null);
  return json.length <= longestBody ? json : JSON.stringify({ cut: json.slice(0, longestBody) });
}
