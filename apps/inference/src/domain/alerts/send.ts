import type { DueDelivery } from "@tugboat/db";
import type { Mailer } from "../mail/mailer.ts";
import type { Vault } from "../secrets/vault.ts";
import { postHook, webhookHeaders } from "../webhooks/standard.ts";

/** What an alert channel's secret is sealed with beside itself: copied to another row, it can't be opened. */
export function channelContext(channelId: string): string {
  return `alert-channel:${channelId}`;
}

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
    await postHook(channel.address, JSON.stringify({ text: `*${escaped(alert.title)}*\n${escaped(alert.text)}` }), {});
    return;
  }
  const body = JSON.stringify({
    type: `alert.${alert.kind}`,
    timestamp: alert.createdAt.toISOString(),
    data: { id: alertId, organization, title: alert.title, text: alert.text, ...Object(alert.facts) },
  });
  const secret = channel.secret ? vault.open(channel.secret, channelContext(channelId)) : undefined;
  await postHook(channel.address, body, webhookHeaders(alertId, body, secret, new Date()));
}

/** The three characters that Slack's mrkdwn reads as its own. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
