/** How somebody can come in besides with a password. */
export interface WaysIn {
  /** Whether a forgotten password can be reset by mail just now. */
  readonly mail: boolean;
  /** The other identity provider, as the button calls it. */
  readonly oidc: { readonly name: string } | null;
}
