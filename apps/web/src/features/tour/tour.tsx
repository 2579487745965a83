"use client";

import { ArrowLeft, ArrowRight, Send } from "lucide-react";
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { answered } from "../playground/answered.ts";
import { placeCard, type Stance } from "./place-card.ts";
import { useAnchor } from "./use-anchor.ts";
import { type TourState, useTour } from "./use-tour.ts";

/** Begins by itself for somebody who never saw it, and stands beside what it speaks of until it is done or put off. */
export function Tour() {
  const tour = useTour();
  const [streamed, setStreamed] = useState(false);
  const begin = useEffectEvent(() => {
    setStreamed(false);
    if (tour.here) tour.start();
  });
  useEffect(() => {
    if (tour.state === "new") begin();
  }, [tour.state]);

  const onAnswer = useEffectEvent(() => {
    if (tour.state !== "open" || tour.step?.id !== "ask") return;
    setStreamed(true);
    tour.finish();
  });
  useEffect(() => {
    const listen = () => onAnswer();
    window.addEventListener(answered, listen);
    return () => window.removeEventListener(answered, listen);
  }, []);

  if (streamed && tour.state === "done") return <Done onClose={() => setStreamed(false)} />;
  if (tour.state !== "open" || !tour.step) return null;
  return <StepCard key={tour.step.id} tour={tour} />;
}

function StepCard({ tour }: { readonly tour: TourState }) {
  const { at, back, here, later, next, of, step } = tour;
  const anchor = useAnchor(here ? step?.anchor : undefined);
  if (!step) return null;
  const last = at === of - 1;
  return (
    <>
      {anchor ? (
        <div
          aria-hidden
          className="pointer-events-none fixed z-30 rounded-xl outline-2 outline-accent outline-offset-4"
          style={{ top: anchor.top, left: anchor.left, width: anchor.width, height: anchor.height }}
        />
      ) : null}
      <Card anchor={anchor} name={`Guided tour, step ${at + 1} of ${of}`} onEscape={later}>
        <p className="text-ink-3 text-xs">
          {at + 1} of {of}
        </p>
        <h2 className="font-medium text-md">{step.title}</h2>
        <p className="mt-1 text-ink-2">{here ? step.text : "This step is on another page."}</p>
        <div className="mt-3 flex flex-wrap items-center justify-between gap-2">
          <Button kind="quiet" size="sm" onClick={later}>
            Later
          </Button>
          <span className="flex gap-2">
            {back ? (
              <Button size="sm" onClick={back} aria-label="Back">
                <ArrowLeft />
              </Button>
            ) : null}
            {here ? null : (
              <Button kind="primary" size="sm" onClick={() => tour.go(step.id)}>
                Go there
              </Button>
            )}
            {here && step.id === "ask" ? (
              <Button kind="primary" size="sm" onClick={sendDraft}>
                <Send /> Ask it
              </Button>
            ) : null}
            {here && step.id !== "ask" ? (
              <Button kind="primary" size="sm" onClick={next} data-tour-next>
                {last ? "Finish" : "Next"} {last ? null : <ArrowRight />}
              </Button>
            ) : null}
          </span>
        </div>
      </Card>
    </>
  );
}

function Done({ onClose }: { readonly onClose: () => void }) {
  const anchor = useAnchor("composer");
  return (
    <Card anchor={anchor} stance="above" name="Guided tour, done" onEscape={onClose}>
      <h2 className="font-medium text-md">That answer was made on this machine</h2>
      <p className="mt-1 text-ink-2">
        Below it stand the time to its first token and the tokens per second. From here: ask something of your own, or
        copy this as code. The tour can be taken again from the account menu.
      </p>
      <div className="mt-3 flex justify-end">
        <Button kind="primary" size="sm" onClick={onClose}>
          Done
        </Button>
      </div>
    </Card>
  );
}

interface CardProps {
  readonly anchor: ReturnType<typeof useAnchor>;
  readonly stance?: Stance;
  readonly name: string;
  readonly onEscape: () => void;
  readonly children: React.ReactNode;
}

function Card({ anchor, stance, name, onEscape, children }: CardProps) {
  const card = useRef<HTMLElement>(null);
  const [place, setPlace] = useState<{ top: number; left: number }>();
  useLayoutEffect(() => {
    const lay = () => {
      const element = card.current;
      if (!element) return;
      const { clientHeight: height, clientWidth: width } = document.documentElement;
      setPlace(
        placeCard(anchor, { width: element.offsetWidth, height: element.offsetHeight }, { width, height }, stance),
      );
    };
    lay();
    window.addEventListener("resize", lay);
    return () => window.removeEventListener("resize", lay);
  }, [anchor, stance]);
  // Whoever went on from the keyboard goes on from there; a reader who just arrived is not interrupted.
  useEffect(() => {
    if (document.activeElement === null || document.activeElement === document.body) card.current?.focus();
  }, []);
  return (
    <section
      ref={card}
      tabIndex={-1}
      aria-label={name}
      aria-live="polite"
      onKeyDown={(event) => event.key === "Escape" && onEscape()}
      className="fixed z-40 w-[340px] max-w-[calc(100vw-24px)] rounded-xl bg-raised p-4 shadow-raised outline-none focus-visible:outline-2 focus-visible:outline-accent max-sm:w-[calc(100vw-24px)]"
      style={place ?? { top: 0, left: 0, visibility: "hidden" }}
    >
      {children}
    </section>
  );
}

/** Sends what stands in the composer, as its own button does. */
function sendDraft(): void {
  document.querySelector<HTMLFormElement>('[data-tour="composer"] form')?.requestSubmit();
}
