import type { Responses } from "@tugboat/db";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { eventData } from "../../upstreams/event-reader.ts";
import { organizationOf } from "../access.ts";
import { readJson } from "../body.ts";
import { ApiError, invalidRequest, toApiError } from "../errors.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { answerChat } from "./chat.ts";
import { chatDocument, itemPage, ResponseDraft, type StreamEvent } from "./responses-answer.ts";
import type { Item } from "./responses-items.ts";
import { chatRequestOf, fieldOf, parseResponsesRequest } from "./responses-request.ts";

/** How long a response is kept for the next one to go on from. */
const keepMs = 30 * 24 * 3600_000;

/** `/v1/responses`: a chat in OpenAI's newer form, which is kept so that the next may go on from it. */
export function responseRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  const keptOf = (c: Context<EdgeVariables>): Responses | undefined => {
    const id = organizationOf(c.get("call").caller);
    return id === undefined ? undefined : services.management?.database.organization(id).responses;
  };

  app.post("/", async (c) => {
    const request = parseResponsesRequest(await readJson(c.req.raw));
    const kept = keptOf(c);
    const items = [...(await earlier(kept, request.body.previous_response_id)), ...request.items];
    const keeper = request.body.store === false ? undefined : kept;
    const draft = new ResponseDraft(request, keeper !== undefined);
    const chat = await answerChat(c, services, chatRequestOf(request, items)).catch((error: unknown) => {
      throw named(toApiError(error));
    });
    const keep = async () => {
      if (keeper === undefined || draft.status === "failed") return;
      const now = Date.now();
      await keeper.keep({
        id: draft.id,
        body: JSON.stringify(draft.body()),
        items: JSON.stringify(items),
        createdAt: new Date(now),
        expiresAt: new Date(now + keepMs),
      });
    };
    if (request.body.stream) {
      if (chat.body === null) throw new Error("a stream without a body");
      return new Response(
        responseStream(draft, chat.body, keep, (error) => c.get("call").log.error({ err: error })),
        {
          headers: chat.headers,
        },
      );
    }
    draft.take(chatDocument.parse(await chat.json()));
    draft.close();
    await keep();
    const headers = new Headers(chat.headers);
    headers.delete("content-length");
    return new Response(JSON.stringify(draft.body()), { headers });
  });

  app.get("/:id", async (c) => {
    if (c.req.query("stream") === "true") {
      const message = "A response that has ended is not streamed again: leave out 'stream'.";
      throw invalidRequest("unsupported_parameter", message, "stream");
    }
    return c.json(
      z.record(z.string(), z.unknown()).parse(JSON.parse((await found(keptOf(c), c.req.param("id"))).body)),
    );
  });
  app.delete("/:id", async (c) => {
    const id = c.req.param("id");
    if (!(await keptOf(c)?.remove(id))) throw notFound(id);
    return c.json({ id, object: "response", deleted: true });
  });
  app.get("/:id/input_items", async (c) => {
    const { items } = await found(keptOf(c), c.req.param("id"));
    return c.json(itemPage(storedItems.parse(JSON.parse(items)), c.req.query()));
  });
  app.post("/:id/cancel", async (c) => {
    await found(keptOf(c), c.req.param("id"));
    throw invalidRequest("invalid_value", "Only a response that runs in the background can be cancelled.");
  });
  return app;
}

// What is kept was written here.
const storedItems = z.array(z.custom<Item>((value) => typeof value === "object" && value !== null && "id" in value));
const storedBody = z.looseObject({ output: storedItems });

/** All that was said until and by an earlier response. */
async function earlier(kept: Responses | undefined, id: string | undefined): Promise<Item[]> {
  if (id === undefined) return [];
  const before = await kept?.find(id);
  if (!before) {
    throw invalidRequest(
      "previous_response_not_found",
      `Previous response with id '${id}' not found. Responses are kept for 30 days, unless they were made with store: false.`,
      "previous_response_id",
    );
  }
  const { output } = storedBody.parse(JSON.parse(before.body));
  return [...storedItems.parse(JSON.parse(before.items)), ...output];
}

async function found(kept: Responses | undefined, id: string) {
  const row = await kept?.find(id);
  if (!row) throw notFound(id);
  return row;
}

function notFound(id: string): ApiError {
  const message = `Response with id '${id.slice(0, 128)}' not found.`;
  return new ApiError(404, "invalid_request_error", "response_not_found", message, { param: "response_id" });
}

function named(error: ApiError): ApiError {
  const { cause, code, headers, message, param, status, type } = error;
  return new ApiError(status, type, code, message, { param: fieldOf(param), headers, cause });
}

/** A chat's stream as a response's events. It is pulled, and a client that goes away cancels the chat. */
function responseStream(
  draft: ResponseDraft,
  chat: ReadableStream<Uint8Array>,
  keep: () => Promise<void>,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const documents = eventData(chat);
  const write = (controller: ReadableStreamDefaultController<Uint8Array>, events: readonly StreamEvent[]) => {
    const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    if (text !== "") controller.enqueue(encoder.encode(text));
    return text !== "";
  };
  return new ReadableStream(
    {
      start(controller) {
        write(controller, draft.begin());
      },
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await documents.next();
            if (done) break;
            // A pull that enqueues nothing is not called again.
            if (value !== "[DONE]" && write(controller, draft.take(chatDocument.parse(JSON.parse(value))))) return;
          }
          write(controller, draft.close());
          await keep();
        } catch (error) {
          onError(error);
          draft.fail("The server had an error while processing your request.");
        }
        write(controller, draft.end());
        controller.close();
      },
      async cancel() {
        await documents.return();
        await chat.cancel().catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}
