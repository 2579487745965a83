import type { PriceBookInfo } from "@tugboat/db";
import { entryFor, free, type Priceable, type Priced, price, versionAt } from "./price.ts";

/** Every version of every price book, in memory. */
export class PriceCache {
  #byOrganization = new Map<string, readonly PriceBookInfo[]>();

  replace(books: readonly PriceBookInfo[]): void {
    this.#byOrganization = grouped(books);
  }

  /** Prices what a request used by the version in force at `at`; free where nothing prices it. */
  price(
    organizationId: string,
    at: Date,
    names: { readonly model: string; readonly target: string },
    used: Priceable,
  ): { readonly priceBookId: string | null; readonly priced: Priced } {
    const book = versionAt(this.#byOrganization.get(organizationId) ?? [], at);
    const entry = book && entryFor(book.prices, names.model, names.target);
    return { priceBookId: book?.id ?? null, priced: entry === undefined ? free : price(used, entry) };
  }
}

function grouped(books: readonly PriceBookInfo[]): Map<string, PriceBookInfo[]> {
  const groups = new Map<string, PriceBookInfo[]>();
  for (const book of books) {
    const group = groups.get(book.organizationId);
    if (group === undefined) groups.set(book.organizationId, [book]);
    else group.push(book);
  }
  return groups;
}
