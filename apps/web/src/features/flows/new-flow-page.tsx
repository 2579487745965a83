"use client";

import { useRouter } from "next/navigation";
import { Page } from "../../ui/page.tsx";
import { FlowEditor } from "./flow-editor.tsx";
import { sampleFlow } from "./sample-flow.ts";

export function NewFlowPage() {
  const router = useRouter();
  return (
    <Page
      name="Flows"
      answer="Say what is connected with what"
      note="This one counts words and asks a person; it runs as it is. Every step begins when what it refers to is there."
    >
      <FlowEditor isWide yaml={sampleFlow} onApplied={(flow) => router.push(`/flows/${flow}`)} />
    </Page>
  );
}
