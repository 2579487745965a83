"use client";

import { encode } from "uqr";

export interface QrCodeProps {
  readonly text: string;
  /** What it is for, read aloud. */
  readonly label: string;
}

/** A QR code, drawn here: what it holds leaves the page by no other way. Dark on white in both themes, as cameras want. */
export function QrCode({ text, label }: QrCodeProps) {
  const { data, size } = encode(text, { border: 3, ecc: "M" });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
      className="size-44 rounded-md border border-line"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
