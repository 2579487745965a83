/** Of `otpauth://totp/…?secret=…`, the secret in groups of four, as a person types it. */
export function secretIn(uri: string): string {
  if (!URL.canParse(uri)) return "";
  const secret = new URL(uri).searchParams.get("secret") ?? "";
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}
