import type { UpstreamInfo } from "@tugboat/db";

/** As the audit log keeps it: that there is a secret, never which. */
export function recordedUpstream(info: UpstreamInfo) {
  const { models: _, testMessage: __, testOk: ___, testedAt: ____, ...rest } = info;
  return { ...rest, createdAt: info.createdAt.toISOString(), updatedAt: info.updatedAt.toISOString() };
}
