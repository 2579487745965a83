import { hkdfSync } from "node:crypto";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { deserialize, serialize } from "node:v8";

/** A channel between two processes that know the same secret. Messages are structured values, in order. */
export interface Channel {
  /** Of the other end, for the log. */
  readonly peer: string;
  send(message: object): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, however it ended. */
  onClose(listener: (reason: string) => void): void;
  close(): void;
}

/** A message may take this much: the largest body that the edge takes, and some. */
const mostBytes = 64 * 2 ** 20;
/** Neither end says nothing for so long while it lives. */
export const silenceMs = 20_000;
const identity = "tugboat";

/**
 * TLS by a pre-shared key (RFC 4279, 5489): who doesn't know the secret can neither connect nor read along, and there are
 * no certificates to look after. Node speaks it up to TLS 1.2.
 */
const tls = { ciphers: "ECDHE-PSK-CHACHA20-POLY1305", minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;

/** The shortest secret that is taken, in characters. */
export const secretLength = 32;

function keyOf(secret: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", "tugboat engine channel", 32));
}

/** A server whose channels are open, authenticated and encrypted. It listens when told to. */
export function channelServer(secret: string, onChannel: (channel: Channel) => void): Server {
  const key = keyOf(secret);
  const server = createServer(
    {
      ...tls,
      handshakeTimeout: 10_000,
      pskIdentityHint: identity,
      pskCallback: (_, name) => (name === identity ? key : null),
    },
    (socket) => onChannel(channelOver(socket)),
  );
  // Whoever can't speak it is gone by now.
  server.on("tlsClientError", () => {});
  return server;
}

/** @throws Error when nobody is there, or doesn't know the secret */
export function openChannel(host: string, port: number, secret: string): Promise<Channel> {
  const psk = keyOf(secret);
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...tls,
      host,
      port,
      timeout: silenceMs,
      pskCallback: () => ({ psk, identity }),
      // The key is what tells who the other end is.
      checkServerIdentity: () => undefined,
    });
    const failed = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.once("timeout", () => failed(new Error("no answer in time")));
    socket.once("error", failed);
    socket.once("close", () => failed(new Error("closed")));
    socket.once("secureConnect", () => {
      socket.removeAllListeners("timeout");
      socket.off("error", failed);
      resolve(channelOver(socket));
    });
  });
}

/** Frames: a length of four bytes, then a value in V8's serialisation. */
function channelOver(socket: TLSSocket): Channel {
  socket.setNoDelay(true);
  let reason = "the connection ended";
  let parts: Buffer[] = [];
  let held = 0;
  let listener: (message: unknown) => void = () => {};
  const end = (why: string) => {
    reason = why;
    socket.destroy();
  };
  /** Of the frame that is arriving, with its head; 4 until that is here. */
  let wanted = 4;
  const drain = () => {
    while (held >= wanted) {
      // Joined once a frame, however many pieces it came in.
      const all = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
      parts = [all];
      const length = all.readUInt32BE(0);
      if (length > mostBytes) return end("a message is too long");
      wanted = 4 + length;
      if (held < wanted) return;
      const rest = all.subarray(wanted);
      let message: unknown;
      try {
        message = deserialize(all.subarray(4, wanted));
      } catch {
        return end("a message is damaged");
      }
      parts = rest.length > 0 ? [rest] : [];
      held = rest.length;
      wanted = 4;
      listener(message);
      if (socket.destroyed) return;
    }
  };
  socket.setTimeout(silenceMs, () => end("nothing was heard for too long"));
  socket.on("error", (error) => {
    reason = error.message;
  });
  return {
    peer: `${socket.remoteAddress}:${socket.remotePort}`,
    send(message) {
      if (socket.destroyed || !socket.writable) return;
      const body = serialize(message);
      const frame = Buffer.allocUnsafe(4);
      frame.writeUInt32BE(body.length);
      socket.cork();
      socket.write(frame);
      socket.write(body);
      socket.uncork();
    },
    onMessage(given) {
      listener = given;
      socket.on("data", (chunk: Buffer) => {
        parts.push(chunk);
        held += chunk.length;
        drain();
      });
    },
    onClose(given) {
      let told = false;
      const tell = () => {
        if (!told) given(reason);
        told = true;
      };
      socket.once("close", tell);
      if (socket.destroyed) queueMicrotask(tell);
    },
    close: () => socket.destroySoon(),
  };
}
