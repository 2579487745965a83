"use client";

import { Copy, Ellipsis, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Badge, Status } from "../../ui/badge.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { Kbd } from "../../ui/kbd.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Slider } from "../../ui/slider.tsx";
import { Switch } from "../../ui/switch.tsx";
import { toast } from "../../ui/toast.tsx";
import { Tooltip } from "../../ui/tooltip.tsx";

export function Controls() {
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <Panel title="Actions">
        <div className="grid gap-5">
          <div className="flex flex-wrap items-center gap-2">
            <Button kind="primary">
              <Plus /> Primary
            </Button>
            <Button>Secondary</Button>
            <Button kind="quiet">Quiet</Button>
            <Button kind="danger">Remove</Button>
            <Button disabled>Disabled</Button>
          </div>
          <div className="flex flex-wrap items-center gap-2">
            <Button kind="primary" size="sm">
              Small
            </Button>
            <Button size="sm">Small</Button>
            <Tooltip text="A tooltip, on hover and on focus">
              <IconButton label="Edit">
                <Pencil />
              </IconButton>
            </Tooltip>
            <Menu
              trigger={
                <IconButton label="More">
                  <Ellipsis />
                </IconButton>
              }
              items={[
                {
                  label: "Copy the id",
                  icon: <Copy />,
                  onSelect: () => toast({ tone: "good", text: "Copied the id." }),
                },
                {
                  label: "Remove",
                  icon: <Trash2 />,
                  onSelect: () => toast({ tone: "bad", text: "It is in use and was kept." }),
                },
              ]}
            />
            <DialogExample />
          </div>
          <div className="flex flex-wrap items-center gap-x-5 gap-y-3">
            <Status tone="good">Ready</Status>
            <Status tone="warn" busy>
              Loading
            </Status>
            <Status tone="bad">Failed</Status>
            <Status tone="neutral">Idle</Status>
          </div>
          <div className="flex flex-wrap items-center gap-2">
            <Badge>q8_0</Badge>
            <Badge tone="accent">live</Badge>
            <Badge tone="good">+11 points</Badge>
            <Badge tone="warn">unsure</Badge>
            <Badge tone="bad">−4 points</Badge>
            <Kbd>⌘</Kbd>
            <Kbd>K</Kbd>
          </div>
        </div>
      </Panel>
      <Panel title="Fields">
        <Fields />
      </Panel>
    </div>
  );
}

function Fields() {
  const [temperature, setTemperature] = useState(0.7);
  const [cache, setCache] = useState(true);
  return (
    <div className="grid gap-5 sm:grid-cols-2">
      <Field label="Name" hint="Shown on every page.">
        {(control) => <Input {...control} defaultValue="support-triage" />}
      </Field>
      <Field label="Quality floor" problem="A floor is a share between 0 and 1.">
        {(control) => <Input {...control} defaultValue="85" />}
      </Field>
      <Field label="Model">
        {(control) => (
          <Select {...control} defaultValue="tug-small">
            <option>tug-small</option>
            <option>tug-nano</option>
          </Select>
        )}
      </Field>
      <Slider label="Temperature" value={temperature} min={0} max={2} step={0.05} onChange={setTemperature} />
      <Field label="Instruction" className="sm:col-span-2">
        {(control) => <Textarea {...control} rows={3} defaultValue="Sort the customer's message into one queue." />}
      </Field>
      <div className="sm:col-span-2">
        <Switch label="Exact cache" hint="Repeated requests answer at once." checked={cache} onChange={setCache} />
      </div>
    </div>
  );
}

function DialogExample() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>Dialog</Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title="Remove tug-nano?"
        description="It leaves the catalog and its file is deleted. Two aliases point to it and would answer nothing."
        actions={
          <>
            <Button onClick={() => setOpen(false)}>Keep it</Button>
            <Button kind="danger" onClick={() => setOpen(false)}>
              Remove
            </Button>
          </>
        }
      />
    </>
  );
}
