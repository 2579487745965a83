import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NextConfig } from "next";

const here = dirname(fileURLToPath(import.meta.url));

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // The workspace root holds the lock file; without this Next guesses it from whatever lies above.
  turbopack: { root: join(here, "..", "..") },
  // `npm run types` checks the types with the native compiler, which Next's own check can't drive.
  typescript: { ignoreBuildErrors: true },
  devIndicators: false,
  // A worker of an isolated page has to say that it is one itself.
  headers: async () => [
    {
      source: "/_next/static/:path*",
      headers: [
        { key: "cross-origin-embedder-policy", value: "require-corp" },
        { key: "cross-origin-resource-policy", value: "same-origin" },
      ],
    },
  ],
};

export default config;
