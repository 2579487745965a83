"use client";

import { Page } from "../../ui/page.tsx";
import { Controls } from "./controls.tsx";
import { Data } from "./data.tsx";
import { Feedback } from "./feedback.tsx";
import { LargeData } from "./large-data.tsx";
import { Tokens } from "./tokens.tsx";

/** Every part of the visual language, with real behaviour. */
export function DesignPage() {
  return (
    <Page
      name="Design"
      answer="One visual language, calm and dense, made for reading numbers."
      note="Each part below is the one the pages use. Colour means something wherever it appears."
    >
      <Tokens />
      <Controls />
      <Data />
      <LargeData />
      <Feedback />
    </Page>
  );
}
