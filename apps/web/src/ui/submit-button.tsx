"use client";

import { Button, type ButtonProps } from "./button.tsx";
import { useAlive } from "./use-alive.ts";

/**
 * Sends a form of a page that came from the server. Disabled until the page's scripts listen: the browser would send it by
 * itself, and load the page anew without what was typed.
 */
export function SubmitButton({ disabled, kind = "primary", ...rest }: Omit<ButtonProps, "type">) {
  const alive = useAlive();
  return <Button type="submit" kind={kind} disabled={disabled || !alive} {...rest} />;
}
