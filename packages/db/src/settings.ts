import { z } from "zod";
import type { Db } from "./client.ts";

/** Anything JSON can say, except null at the top: removing a setting says that. */
export type SettingValue = string | number | boolean | readonly unknown[] | { readonly [key: string]: unknown };

export interface Settings {
  /** @returns undefined when it was never set; the caller's schema says what it may be */
  get<T>(key: string, schema: z.ZodType<T>): Promise<T | undefined>;
  set(key: string, value: SettingValue): Promise<void>;
  remove(key: string): Promise<void>;
}

export function settingsOf(prisma: Db, organizationId: string): Settings {
  return {
    async get(key, schema) {
      const row = await prisma.setting.findUnique({ where: { organizationId_key: { organizationId, key } } });
      return row === null ? undefined : schema.parse(row.value);
    },

    async set(key, value) {
      const json = JsonValue.parse(value);
      await prisma.setting.upsert({
        where: { organizationId_key: { organizationId, key } },
        create: { organizationId, key, value: json },
        update: { value: json },
      });
    },

    async remove(key) {
      await prisma.setting.deleteMany({ where: { organizationId, key } });
    },
  };
}

const JsonValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.json()), z.record(z.string(), z.json())]);
