/** The management API's types, for programs that call it by tRPC. Types only. */

export type { Permission, Role } from "./domain/permissions.ts";
export type { AppRouter } from "./edge/trpc/root.ts";
