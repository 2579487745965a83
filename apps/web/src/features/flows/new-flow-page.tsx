"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { FlowEditor } from "./flow-editor.tsx";
import { FlowGraph } from "./flow-graph.tsx";
import { sampleFlow } from "./sample-flow.ts";
import type { GraphStep } from "./types.ts";

export function NewFlowPage() {
  const router = useRouter();
  const [drawn, setDrawn] = useState<readonly GraphStep[]>();
  return (
    <Page
      name="Flows"
      answer="Say what is connected with what"
      note="This one counts words and asks a person; it runs as it is. Every step begins when what it refers to is there."
    >
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <Panel title="Document" padded={false}>
          <FlowEditor
            yaml={sampleFlow}
            onGraph={(graph) => graph && setDrawn(graph)}
            onApplied={(flow) => router.push(`/flows/${flow}`)}
          />
        </Panel>
        <Panel title="Steps" padded={false}>
          <FlowGraph steps={drawn ?? []} run={undefined} />
        </Panel>
      </div>
    </Page>
  );
}
