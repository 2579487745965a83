import { Button } from "./button.tsx";
import { CodeBlock } from "./code-block.tsx";
import { Dialog } from "./dialog.tsx";

/** A webhook's secret, which is shown once: nothing but its button closes it. @param use what checks messages with it */
export function SecretDialog({
  secret,
  use,
  onClose,
}: {
  readonly secret: string;
  readonly use: string;
  readonly onClose: () => void;
}) {
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="buttons"
      title="The webhook's secret"
      description={`It is shown only now. ${use}`}
      actions={
        <Button kind="primary" onClick={onClose}>
          I have kept it
        </Button>
      }
    >
      <CodeBlock code={secret} what="webhook secret" wrap />
    </Dialog>
  );
}
