import { CopyButton } from "../../ui/copy-button.tsx";
import { bytes } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { FigureText } from "./model-figures.tsx";
import type { Model } from "./types.ts";

/** The model's files on the service's machine, with their digests. */
export function FilesPanel({ model: { files, name, sourcePath } }: { readonly model: Model }) {
  return (
    <Panel title="Files and digests" note="SHA-256, taken when it was added">
      <div className="grid gap-4">
        {sourcePath === null ? null : (
          <div className="flex items-center gap-2">
            <code className="min-w-0 break-all font-mono text-ink-2 text-xs">{sourcePath}</code>
            <CopyButton text={sourcePath} what="path" />
          </div>
        )}
        <ul className="grid gap-3">
          {files.map(({ bytes: size, path, sha256 }) => (
            <li key={path} className="grid gap-0.5">
              <span className="flex items-baseline gap-2">
                <span className="min-w-0 break-all font-medium">{path || sourcePath?.split("/").at(-1) || name}</span>
                <span className="text-ink-3 text-xs">
                  <FigureText figure={bytes(size)} />
                </span>
              </span>
              {sha256 ? (
                <span className="flex items-center gap-1">
                  <code className="min-w-0 break-all font-mono text-ink-3 text-xs">{sha256}</code>
                  <CopyButton text={sha256} what="digest" />
                </span>
              ) : (
                <span className="text-ink-3 text-xs">not digested</span>
              )}
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}
