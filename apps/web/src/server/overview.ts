import type { Overview } from "../features/service/types.ts";
import { ApiError } from "./api.ts";
import { env } from "./env.ts";
import { history } from "./history.ts";
import { isLocal, modelCard, namedCard, readHealth, readLoad, readModels } from "./service.ts";

/**
 * The service as it is now, as far as whoever is signed in may see it. That it is down is an answer too.
 * @throws ApiError 401 when nobody is signed in
 */
export async function readOverview(browser: Headers, signal: AbortSignal): Promise<Overview> {
  const { apiUrl } = env();
  try {
    const [health, listed, load] = await Promise.all([
      readHealth(signal),
      readModels(browser, signal),
      readLoad(signal),
    ]);
    const live = new Map(health.models.map((model) => [model.id, model]));
    return {
      state: "up",
      apiUrl,
      version: health.version,
      uptimeMs: health.uptimeSeconds * 1000,
      device: health.device ? { ...health.device, name: health.device.description } : undefined,
      models: listed.data
        .filter(isLocal)
        .map((model) => modelCard(model, live.get(model.id)))
        .sort((a, b) => Number(b.isDefault ?? false) - Number(a.isDefault ?? false)),
      named: listed.data.flatMap((body) => (isLocal(body) ? [] : [namedCard(body)])),
      load,
      history: history(),
    };
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 401) throw cause;
    return { state: "down", apiUrl, problem: problemOf(cause, apiUrl) };
  }
}

function problemOf(cause: unknown, apiUrl: string): { code: string; message: string; hint?: string } {
  if (cause instanceof ApiError) return { code: cause.code, message: cause.message, hint: cause.hint };
  if (cause instanceof Error && (cause.name === "TimeoutError" || cause.name === "AbortError")) {
    return {
      code: "service-slow",
      message: `The inference service at ${apiUrl} takes too long to answer.`,
      hint: "It may be loading a model; this page looks again every two seconds.",
    };
  }
  return {
    code: "service-unclear",
    message: `What answers at ${apiUrl} is not Tugboat's inference service.`,
    hint: "Another program may hold its port; set TUGBOAT_API_PORT to a free one and start again.",
  };
}
