// Exits with 0 when the process of this container says that it is well.
const port = process.env.TUGBOAT_API_PORT ?? "4000";
const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(4000) }).catch(
  () => undefined,
);
process.exit(answer?.status === 200 ? 0 : 1);
