/** Has the browser save a file that the service sent as base64. */
export function saveFile(file: {
  readonly filename: string;
  readonly contentType: string;
  readonly base64: string;
}): void {
  const bytes = Uint8Array.from(atob(file.base64), (character) => character.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: file.contentType }));
  const link = document.createElement("a");
  link.href = url;
  link.download = file.filename;
  link.click();
  // Not at once: some browsers read it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
