"use client";

import { Select } from "../../ui/field.tsx";
import { bytes, written } from "../../ui/format.ts";
import type { ModelCard, NamedCard } from "../service/types.ts";
import type { Candidate, Place } from "./types.ts";

/** A model that this browser can run by itself. */
export interface BrowserChoice {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ModelSelectProps {
  readonly label: string;
  readonly candidate: Candidate;
  readonly models: readonly ModelCard[];
  /** Aliases, and models of upstreams. */
  readonly named: readonly NamedCard[];
  readonly browserChoices: readonly BrowserChoice[];
  readonly onModel: (model: string, place: Place) => void;
}

/** Which model answers, and where: at the service, or in this browser. */
export function ModelSelect({ label, candidate, models, named, browserChoices, onModel }: ModelSelectProps) {
  const { model, place } = candidate;
  const listed =
    place === "service"
      ? [...models, ...named].some(({ id }) => id === model)
      : browserChoices.some(({ name }) => name === model);
  return (
    <Select
      aria-label={label}
      value={`${place}:${model}`}
      onChange={(event) => {
        const [, where = "", name = ""] = /^(service|browser):(.*)$/s.exec(event.currentTarget.value) ?? [];
        onModel(name, where === "browser" ? "browser" : "service");
      }}
      disabled={models.length + named.length === 0}
      className="max-w-56"
    >
      {listed ? null : <option value={`${place}:${model}`}>{model || "Loading"}</option>}
      <optgroup label="On the service">
        {models.map(({ id }) => (
          <option key={id} value={`service:${id}`}>
            {id}
          </option>
        ))}
      </optgroup>
      {(["alias", "upstream"] as const).map((kind) => {
        const names = named.filter((one) => one.kind === kind);
        return names.length > 0 ? (
          <optgroup key={kind} label={kind === "alias" ? "Aliases" : "On upstreams"}>
            {names.map(({ id, state }) => (
              <option key={id} value={`service:${id}`}>
                {id}
                {state === "failed" ? " · not answering" : ""}
              </option>
            ))}
          </optgroup>
        ) : null;
      })}
      {browserChoices.length > 0 ? (
        <optgroup label="In this browser">
          {browserChoices.map(({ name, bytes: size }) => (
            <option key={name} value={`browser:${name}`}>
              {name} · {written(bytes(size))}
            </option>
          ))}
        </optgroup>
      ) : null}
    </Select>
  );
}
