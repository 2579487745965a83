import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../service/trpc.tsx";
import { inCurrency } from "./in-currency.ts";

const believedMs = 60_000;

/** Says amounts in the currency that the organization also wants to see, as `≈ ¥1,513`; undefined where it wants none. */
export function useAlsoIn(): (microUsd: number | undefined) => string | undefined {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.currency.get.queryOptions(undefined, { staleTime: believedMs }));
  const currency = data?.currency;
  return (microUsd) => (!currency || microUsd === undefined ? undefined : `≈ ${inCurrency(microUsd, currency)}`);
}
