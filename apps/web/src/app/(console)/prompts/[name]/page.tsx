import type { Metadata } from "next";
import { PromptPage } from "../../../../features/prompts/prompt-page.tsx";

export const metadata: Metadata = { title: "Prompt" };

interface RouteProps {
  readonly params: Promise<{ readonly name: string }>;
}

export default async function Route({ params }: RouteProps) {
  return <PromptPage name={decodeURIComponent((await params).name)} />;
}
