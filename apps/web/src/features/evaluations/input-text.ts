/** An input or an answer as text: its only field, a chat's messages, or its JSON. */
export function inputText(input: unknown): string {
  if (typeof input === "string") return input;
  if (typeof input === "object" && input !== null) {
    const values = Object.values(input);
    if (values.length === 1 && typeof values[0] === "string") return values[0];
    const messages: unknown = Reflect.get(input, "messages");
    if (Array.isArray(messages)) return messages.map(messageText).join("\n");
  }
  return JSON.stringify(input, null, 2);
}

function messageText(message: unknown): string {
  if (typeof message !== "object" || message === null) return String(message);
  const content: unknown = Reflect.get(message, "content");
  return `${String(Reflect.get(message, "role"))}: ${typeof content === "string" ? content : JSON.stringify(content)}`;
}
