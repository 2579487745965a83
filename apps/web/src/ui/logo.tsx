import { cx } from "./class-names.ts";

/** A tugboat seen from the side: funnel, wheelhouse, hull. */
export function Logo({ className }: { readonly className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 24 24" className={cx("size-5", className)} fill="currentColor">
      <path d="M14.2 3.5h3.1v5h-3.1z" />
      <path d="M6.4 6.4h5.9v2.1h6.3v4.2H5.1V8.5h1.3z" opacity={0.55} />
      <path d="M1.6 14h20.8l-1.7 4.6a2.6 2.6 0 0 1-2.4 1.7H6.9a4.6 4.6 0 0 1-4-2.4z" />
    </svg>
  );
}
