const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text can be an id at all. What can't be is looked up nowhere: it is not found. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
