"use client";

import { FlaskConical } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { toast } from "../../ui/toast.tsx";

const command = 'curl http://127.0.0.1:4000/v1/models \\\n  -H "Authorization: Bearer $TUGBOAT_API_KEY"';
const script = "const models = await client.models.list();\nfor (const { id } of models.data) console.log(id);";

export function Feedback() {
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <Panel title="Said in place">
        <div className="grid gap-3">
          <Notice tone="neutral" hint="It continues text and follows no instructions.">
            stories260K has no chat form.
          </Notice>
          <Notice tone="warn">The session ends in five minutes.</Notice>
          <Notice tone="bad" hint="Start Tugboat with npm start, or look into its log.">
            Nothing listens at http://127.0.0.1:4000.
          </Notice>
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => toast({ tone: "good", text: "Saved the prompt as version 4." })}>Toast</Button>
            <Button
              onClick={() =>
                toast({ tone: "bad", text: "The prompt was not saved.", hint: "Ada changed it a minute ago." })
              }
            >
              Toast of a problem
            </Button>
          </div>
          <div className="grid gap-2 pt-2">
            <Skeleton className="h-3 w-4/5" />
            <Skeleton className="h-3 w-3/5" />
          </div>
        </div>
      </Panel>
      <div className="grid gap-6">
        <Panel padded={false}>
          <Tabs
            label="Code example"
            tabs={[
              { id: "curl", label: "curl", content: <CodeBlock code={command} what="curl command" /> },
              { id: "typescript", label: "TypeScript", content: <CodeBlock code={script} what="TypeScript example" /> },
            ]}
          />
        </Panel>
        <Panel padded={false}>
          <EmptyState
            icon={FlaskConical}
            title="No evaluations yet"
            action={<Button kind="primary">Use the sample</Button>}
          >
            An evaluation compares candidates on the same examples and says how sure it is.
          </EmptyState>
        </Panel>
      </div>
    </div>
  );
}
