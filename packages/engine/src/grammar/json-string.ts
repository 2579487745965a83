import { GrammarError } from "./errors.ts";
import { type Expression, repeat } from "./expression.ts";
import type { Schema } from "./json-schema.ts";
import { anyCharacter, anyString, quoted, stringCharacter } from "./json-text.ts";
import { parseRegex } from "./regex.ts";

const octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const date =
  "[0-9]{4}-(((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01]))|((0[469]|11)-(0[1-9]|[12][0-9]|30))|(02-(0[1-9]|1[0-9]|2[0-8])))";
const time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
const label = "[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?";

/** Of each format the texts that are surely right: 29 February is left out, as it is not right in every year. */
const formats: Readonly<Record<string, string>> = {
  date,
  time,
  "date-time": `${date}T${time}`,
  duration: "P([0-9]{1,4}W|([0-9]{1,4}Y)?([0-9]{1,4}M)?[0-9]{1,4}D|T([0-9]{1,4}H)?([0-9]{1,4}M)?[0-9]{1,4}S)",
  email: `[A-Za-z0-9_+-]+(\\.[A-Za-z0-9_+-]+){0,5}@${label}(\\.${label}){1,5}`,
  hostname: `${label}(\\.${label}){0,5}`,
  ipv4: `${octet}(\\.${octet}){3}`,
  ipv6: "([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}",
  uuid: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
  uri: `https?://${label}(\\.${label}){0,5}(:[1-9][0-9]{0,3})?(/[A-Za-z0-9_.~-]*)*(\\?[A-Za-z0-9_.~=&-]*)?(#[A-Za-z0-9_.~-]*)?`,
};

/** @throws GrammarError `syntax`, `unsupported`, `unsatisfiable` */
export function stringOf(schema: Schema, where: string): Expression {
  const { format, maxLength, minLength = 0, pattern } = schema;
  const shaped = pattern ?? (format === undefined ? undefined : formats[format]);
  const counted = minLength > 0 || maxLength !== undefined;
  if (maxLength !== undefined && maxLength < minLength) {
    throw new GrammarError("unsatisfiable", "`maxLength` lies below `minLength`", where);
  }
  if (shaped === undefined) return counted ? quoted(repeat(anyCharacter, minLength, maxLength)) : anyString;
  if (counted || (pattern !== undefined && format !== undefined && formats[format] !== undefined)) {
    const what = "a pattern or format together with another bound is not offered; put the length into the pattern";
    throw new GrammarError("unsupported", what, where);
  }
  try {
    const around = repeat(anyCharacter, 0);
    const anchored = pattern === undefined ? `^(${shaped})$` : shaped;
    return quoted(parseRegex(anchored, { around, encode: stringCharacter }));
  } catch (error) {
    if (error instanceof GrammarError) throw new GrammarError(error.code, error.message, `${where}/pattern`);
    throw error;
  }
}
