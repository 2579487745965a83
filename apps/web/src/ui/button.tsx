import Link from "next/link";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./class-names.ts";

export type ButtonKind = "primary" | "secondary" | "quiet" | "danger";
export type ButtonSize = "sm" | "md";

const kinds: Record<ButtonKind, string> = {
  primary: "bg-ink text-inverse hover:bg-ink/88 active:bg-ink/80",
  secondary:
    "bg-surface text-ink border border-line-strong shadow-card hover:bg-[image:linear-gradient(var(--color-hover),var(--color-hover))] active:bg-[image:linear-gradient(var(--color-pressed),var(--color-pressed))]",
  quiet: "text-ink-2 hover:bg-hover hover:text-ink active:bg-pressed",
  danger: "bg-bad-soft text-bad hover:bg-bad hover:text-inverse",
};

const sizes: Record<ButtonSize, string> = {
  sm: "control-h-sm px-2.5 gap-1.5 text-xs rounded-sm",
  md: "control-h px-3 gap-2 text-sm rounded-md",
};

/** The looks of a button, for anything that must look like one. */
export function buttonClass(kind: ButtonKind = "secondary", size: ButtonSize = "md"): string {
  return cx(
    "inline-flex shrink-0 select-none items-center justify-center whitespace-nowrap font-medium transition-colors duration-100 focus-ring",
    "disabled:pointer-events-none disabled:opacity-45 aria-disabled:opacity-45",
    "[&>svg]:size-3.5 [&>svg]:shrink-0",
    kinds[kind],
    sizes[size],
  );
}

export interface ButtonProps extends ComponentProps<"button"> {
  readonly kind?: ButtonKind;
  readonly size?: ButtonSize;
}

export function Button({ kind, size, className, type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={cx(buttonClass(kind, size), className)} {...rest} />;
}

export interface ButtonLinkProps {
  readonly href: string;
  readonly kind?: ButtonKind;
  readonly size?: ButtonSize;
  readonly className?: string;
  readonly children: ReactNode;
}

/** Navigation that looks like a button; it stays a link, so it opens in a tab and can be copied. */
export function ButtonLink({ href, kind, size, className, children }: ButtonLinkProps) {
  return (
    <Link href={href} className={cx(buttonClass(kind, size), className)}>
      {children}
    </Link>
  );
}

export interface IconButtonProps extends ComponentProps<"button"> {
  /** What it does; read aloud. Wrap in a Tooltip to show it as well. */
  readonly label: string;
  readonly size?: ButtonSize;
}

export function IconButton({ label, size = "md", className, type = "button", ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      className={cx(
        "inline-grid shrink-0 place-items-center rounded-md text-ink-3 transition-colors duration-100 focus-ring",
        "hover:bg-hover hover:text-ink active:bg-pressed disabled:pointer-events-none disabled:opacity-45",
        size === "md" ? "control-h aspect-square [&>svg]:size-4" : "control-h-sm aspect-square [&>svg]:size-3.5",
        className,
      )}
      {...rest}
    />
  );
}
