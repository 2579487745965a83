/** Carries the browser's address to the account library; the edge sets it and lets nobody else do so. */
export const addressHeader = "x-tugboat-address";
