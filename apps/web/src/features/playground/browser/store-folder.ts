/** Where models lie in the browser's private file system: `<sha256>.gguf`, and `<sha256>.ok` once its digest was right. */
export const storeFolder = "models";
