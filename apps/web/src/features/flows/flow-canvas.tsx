"use client";

import "@xyflow/react/dist/base.css";
import {
  applyNodeChanges,
  Background,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from "@xyflow/react";
import { useEffect, useMemo, useState } from "react";
import { cx } from "../../ui/class-names.ts";
import type { CanvasGraph, CanvasNode } from "./canvas-graph.ts";
import { nodeWidth } from "./graph-layout.ts";

type StepNode = Node<{ readonly step: CanvasNode }, "step">;

export interface FlowCanvasProps {
  readonly graph: CanvasGraph;
  readonly chosen: string | undefined;
  readonly onChoose: (name: string | undefined) => void;
  readonly onConnect: (from: string, to: string) => void;
  readonly onDisconnect: (from: string, to: string) => void;
  readonly onRemove: (names: readonly string[]) => void;
}

const nodeTypes = { step: StepCard };
const nodeHeight = 64;

/**
 * The steps as a graph that is edited: drag from a step's lower edge to another's upper one to have it wait, Tab to a step
 * and Enter to choose it, Delete to take it out.
 */
export function FlowCanvas({ chosen, graph, onChoose, onConnect, onDisconnect, onRemove }: FlowCanvasProps) {
  const drawn = useMemo(() => graph.nodes.map((step) => nodeOf(step, step.name === chosen)), [graph.nodes, chosen]);
  const [nodes, setNodes] = useState<StepNode[]>(drawn);
  useEffect(() => setNodes(drawn), [drawn]);
  const edges = useMemo(() => graph.edges.map(edgeOf), [graph.edges]);
  return (
    <div className="h-[420px]">
      <ReactFlow<StepNode, Edge>
        aria-label="Canvas of the flow's steps"
        className="flow-canvas"
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        nodesDraggable={false}
        fitView
        fitViewOptions={{ padding: 0.15, maxZoom: 1 }}
        minZoom={0.25}
        maxZoom={1.5}
        preventScrolling={false}
        attributionPosition="bottom-left"
        deleteKeyCode={["Delete", "Backspace"]}
        multiSelectionKeyCode={null}
        selectionKeyCode={null}
        onNodesChange={(changes) => {
          setNodes((all) =>
            applyNodeChanges(
              changes.filter(({ type }) => type === "dimensions"),
              all,
            ),
          );
          for (const change of changes) {
            if (change.type !== "select") continue;
            if (change.selected) onChoose(change.id);
            else if (change.id === chosen && !changes.some((other) => other.type === "select" && other.selected))
              onChoose(undefined);
          }
        }}
        onConnect={({ source, target }) => onConnect(source, target)}
        onNodesDelete={(gone) => onRemove(gone.map(({ id }) => id))}
        onEdgesDelete={(gone) => {
          for (const { source, target } of gone) onDisconnect(source, target);
        }}
      >
        <Background gap={16} color="var(--color-line-strong)" />
        <Controls showInteractive={false} position="bottom-right" />
      </ReactFlow>
    </div>
  );
}

function nodeOf(step: CanvasNode, selected: boolean): StepNode {
  const { name, problem, said, x, y } = step;
  return {
    id: name,
    type: "step",
    position: { x, y },
    width: nodeWidth,
    height: nodeHeight,
    selected,
    data: { step },
    ariaLabel: `Step ${name}: ${said}${problem === undefined ? "" : `, ${problem}`}`,
  };
}

function edgeOf({ from, isWaiting, label, to }: CanvasGraph["edges"][number]): Edge {
  return {
    id: `${from} ${to}`,
    source: from,
    target: to,
    label: label || "after",
    deletable: isWaiting,
    focusable: isWaiting,
    markerEnd: { type: MarkerType.ArrowClosed, color: "var(--color-control)" },
    className: isWaiting ? "flow-waits" : "",
    labelStyle: { fill: "var(--color-ink-2)", fontSize: 11 },
    labelBgStyle: { fill: "var(--color-surface)" },
    ariaLabel: `${to} ${isWaiting ? `begins after ${from}` : `uses ${label} of ${from}`}`,
  };
}

function StepCard({ data: { step }, selected }: NodeProps<StepNode>) {
  const { kind, name, problem, said } = step;
  return (
    <div
      className={cx(
        "h-full overflow-hidden rounded-md border bg-surface px-2.5 py-1.5 text-left text-sm shadow-card",
        problem === undefined ? (selected ? "border-accent" : "border-line-strong") : "border-bad",
      )}
    >
      <Handle type="target" position={Position.Top} className="flow-handle" />
      <p className="flex items-baseline justify-between gap-2">
        <span className="truncate font-medium">{name}</span>
        <span className="shrink-0 text-2xs text-ink-3">{kind ?? "?"}</span>
      </p>
      <p className={cx("line-clamp-2 text-2xs", problem === undefined ? "text-ink-3" : "text-bad")}>
        {problem ?? said}
      </p>
      <Handle type="source" position={Position.Bottom} className="flow-handle" />
    </div>
  );
}
