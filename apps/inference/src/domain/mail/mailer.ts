import nodemailer from "nodemailer";

export interface Mail {
  readonly to: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
}

export interface Mailer {
  /** Whether the server takes mail from us just now: asked at most every half a minute. */
  works(): Promise<boolean>;
  /** @throws MailError */
  send(mail: Mail): Promise<void>;
  close(): void;
}

export interface MailerOptions {
  /** `smtp://user:password@host:587` or `smtps://…`. */
  readonly url: string;
  /** `Tugboat <tugboat@example.com>`. */
  readonly from: string;
  readonly onWarning: (message: string) => void;
}

/** A mail could not be handed to the server. */
export class MailError extends Error {
  override readonly name = "MailError";
  readonly code = "mail-failed";
  readonly hint = "Look at TUGBOAT_SMTP_URL and into the mail server's log.";
}

const patienceMs = 10_000;
const believedMs = 30_000;

/** Mail by the SMTP server of the settings. */
export function openMailer({ url, from, onWarning }: MailerOptions): Mailer {
  const patience = { connectionTimeout: patienceMs, greetingTimeout: patienceMs, socketTimeout: patienceMs };
  const transport = nodemailer.createTransport({ url, ...patience }, { from });
  let asked: { readonly at: number; readonly answer: Promise<boolean> } | undefined;

  const ask = async (): Promise<boolean> => {
    try {
      return await transport.verify();
    } catch (cause) {
      onWarning(`The mail server does not take our mail: ${describe(cause)}`);
      return false;
    }
  };
  return {
    works() {
      if (asked === undefined || performance.now() - asked.at > believedMs) {
        asked = { at: performance.now(), answer: ask() };
      }
      return asked.answer;
    },
    async send(mail) {
      try {
        await transport.sendMail(mail);
      } catch (cause) {
        throw new MailError(`The mail to ${mail.to} could not be sent: ${describe(cause)}`, { cause });
      }
    },
    close: () => transport.close(),
  };
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
