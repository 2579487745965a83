import { createHmac } from "node:crypto";
import type { DueDelivery } from "@tugboat/db";
import type { Mailer } from "../mail/mailer.ts";
import type { Vault } from "../secrets/vault.ts";

/** What an alert channel's secret is sealed with beside itself: copied to another row, it can't be opened. */
export function channelContext(channelId: string): string {
  return `alert-channel:${channelId}`;
}

/** Webhook secrets look like this, as Standard Webhooks has them. */
export const secretPrefix = "whsec_";

/** The signature of Standard Webhooks 1.0: HMAC-SHA256 over id, time and body, with the secret's decoded bytes. */
export function webhookSignature(secret: string, id: string, seconds: number, body: string): string {
  const key = Buffer.from(secret.replace(secretPrefix, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")}`;
}

const answerWithinMs = 10_000;

/**
 * Sends one alert to one channel.
 * @throws Error that says why it could not be sent
 */
export async function sendAlert(
  { alert, alertId, channel, channelId, organization }: DueDelivery,
  { mailer, vault }: { readonly mailer: Mailer | undefined; readonly vault: Vault },
): Promise<void> {
  if (channel.kind === "mail") {
    if (mailer === undefined) throw new Error("No mail server is set (TUGBOAT_SMTP_URL).");
    await mailer.send({ to: channel.address, subject: `[${organization}] ${alert.title}`, text: alert.text });
    return;
  }
  if (channel.kind === "slack") {
    await post(channel.address, JSON.stringify({ text: `*${escaped(alert.title)}*\n${escaped(alert.text)}` }), {});
    return;
  }
  const body = JSON.stringify({
    type: `alert.${alert.kind}`,
    timestamp: alert.createdAt.toISOString(),
    data: { id: alertId, organization, title: alert.title, text: alert.text, ...Object(alert.facts) },
  });
  const seconds = Math.floor(Date.now() / 1000);
  const secret = channel.secret && vault.open(channel.secret, channelContext(channelId));
  await post(channel.address, body, {
    "webhook-id": alertId,
    "webhook-timestamp": String(seconds),
    ...(secret && { "webhook-signature": webhookSignature(secret, alertId, seconds, body) }),
  });
}

async function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": "Tugboat", ...headers },
    body,
    redirect: "error",
    signal: AbortSignal.timeout(answerWithinMs),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`It answered ${response.status}.`);
}

/** The three characters that Slack's mrkdwn reads as its own. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
