import { type Watcher, watchChannel } from "./channel.ts";

/** Told of keys: by a key's hash in hexadecimal, or `*` for all keys. */
export type KeyWatcher = Watcher;

/** @returns stops it */
export function watchKeys(url: string, watcher: KeyWatcher): () => Promise<void> {
  return watchChannel(url, "tugboat_keys", watcher);
}
