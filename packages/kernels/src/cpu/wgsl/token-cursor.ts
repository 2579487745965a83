/** A place in a token list, and the steps that every rule of the grammar takes. */
import { type Token, unsupported } from "./lexer.ts";

export class TokenCursor {
  protected next = 0;
  protected readonly tokens: Token[];

  constructor(tokens: Token[]) {
    this.tokens = tokens;
  }

  protected peek(): Token {
    return this.tokens[this.next]!;
  }

  protected take(): Token {
    const token = this.tokens[this.next]!;
    if (token.kind !== "end") this.next++;
    return token;
  }

  protected accept(text: string): boolean {
    if (this.peek().text !== text) return false;
    this.next++;
    return true;
  }

  protected expect(text: string): void {
    const token = this.peek();
    if (token.text !== text) throw unsupported(`expected \`${text}\`, found \`${token.text}\``, token.at);
    this.next++;
  }

  protected identifier(): string {
    const token = this.take();
    if (token.kind !== "identifier") throw unsupported(`expected a name, found \`${token.text}\``, token.at);
    return token.text;
  }
}
