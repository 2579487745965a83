import type { People } from "@tugboat/db";
import { addressHeader } from "../domain/accounts/address.ts";
import type { Auth } from "../domain/accounts/auth.ts";
import { type Permission, permissionsOf, type Role } from "../domain/permissions.ts";

/**
 * Without this header a session cookie counts for nothing: a page of another site can send the cookie's owner here, but
 * not with a header of its own, for which the browser would ask first.
 */
export const consoleHeader = "x-tugboat-console";

export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly role: Role;
}

/** Somebody who signed in. */
export interface Member {
  readonly kind: "member";
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly sessionId: string;
  /** All that they are a member of, the first joined first. */
  readonly organizations: readonly Organization[];
  /** The one they work in; undefined for somebody who is a member of none. */
  readonly organization: Organization | undefined;
  readonly permissions: ReadonlySet<Permission>;
}

/** @returns undefined when nobody is signed in, or the request is not the console's */
export async function readMember(headers: Headers, auth: Auth, people: People): Promise<Member | undefined> {
  if (!headers.has(consoleHeader) || !headers.has("cookie")) return undefined;
  const found = await auth.api.getSession({ headers });
  if (!found) return undefined;
  const { session, user } = found;
  const memberships = await people.memberships(user.id);
  const organizations = memberships.map(({ organizationId: id, name, slug, role }) => ({ id, name, slug, role }));
  const organization = organizations.find(({ id }) => id === session.activeOrganizationId) ?? organizations[0];
  return {
    kind: "member",
    userId: user.id,
    email: user.email,
    name: user.name,
    sessionId: session.id,
    organizations,
    organization,
    permissions: new Set(organization === undefined ? [] : permissionsOf(organization.role)),
  };
}

/** Lets no client name its own address to the account library. */
export function withAddress(request: Request, address: string | undefined): Request {
  const headers = new Headers(request.headers);
  headers.delete(addressHeader);
  if (address !== undefined) headers.set(addressHeader, address);
  return new Request(request, { headers });
}
