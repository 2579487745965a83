import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SealedSecret } from "@tugboat/db";

export type SecretErrorCode =
  /** The key that sealed it is not the one that this service has. */
  | "key-missing"
  /** What is stored was altered or belongs elsewhere. */
  | "tampered"
  /** The key's file is not a key. */
  | "bad-key-file";

export class SecretError extends Error {
  override readonly name = "SecretError";
  readonly code: SecretErrorCode;
  readonly hint: string;

  constructor(code: SecretErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.hint = hint;
  }
}

const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
export const keyFileName = "secrets.key";

/** Seals what must be stored and given back in the clear: AES-256-GCM (NIST SP 800-38D), a fresh nonce each time. */
export class Vault {
  readonly #key: Buffer;
  readonly #path: string;
  readonly keyId: string;

  constructor(key: Buffer, path: string) {
    this.#key = key;
    this.#path = path;
    this.keyId = createHash("sha256").update("tugboat key id\0").update(key).digest("hex").slice(0, 16);
  }

  /** @param context what the secret belongs to: opened with another, it is refused */
  seal(secret: string, context: string): SealedSecret {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return { sealed, keyId: this.keyId };
  }

  /** @throws SecretError `key-missing`, `tampered` */
  open({ keyId, sealed }: SealedSecret, context: string): string {
    if (keyId !== this.keyId) {
      throw new SecretError(
        "key-missing",
        `The key ${keyId} that sealed this secret is gone: ${this.#path} holds the key ${this.keyId}.`,
        "Put the old key file back, or enter the secret again.",
      );
    }
    try {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagBytes));
      const body = bytes.subarray(nonceBytes, -tagBytes);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new SecretError("tampered", "The stored secret is damaged.", "Enter the secret again.", cause);
    }
  }
}

/**
 * The vault of a data directory. Its key is made when missing and readable by the service's user alone.
 * @throws SecretError `bad-key-file`
 */
export async function openVault(home: string): Promise<Vault> {
  const path = join(home, keyFileName);
  await mkdir(home, { recursive: true });
  try {
    // `wx` decides between two processes that start together: one writes, the other reads what was written.
    await writeFile(path, `${randomBytes(keyBytes).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
  }
  const text = (await readFile(path, "utf8")).trim();
  const key = Buffer.from(text, "base64");
  if (key.length === keyBytes && key.toString("base64") === text) return new Vault(key, path);
  throw new SecretError(
    "bad-key-file",
    `${path} is not a key: it must be ${keyBytes} bytes in base64.`,
    "Restore it from a backup, or delete it and enter the secrets of the upstreams again.",
  );
}
