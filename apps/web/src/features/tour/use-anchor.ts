"use client";

import { useEffect, useState } from "react";

export interface Place {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** Where on the screen the element with this `data-tour` is, as it moves; undefined while there is none. */
export function useAnchor(name: string | undefined): Place | undefined {
  const [place, setPlace] = useState<Place>();
  useEffect(() => {
    if (name === undefined) return;
    let frame = 0;
    let shownTo: Element | undefined;
    const look = () => {
      frame = requestAnimationFrame(look);
      const element = [...document.querySelectorAll(`[data-tour="${name}"]`)].find(
        (one) => one.getClientRects().length > 0,
      );
      if (!element) return setPlace(undefined);
      if (element !== shownTo) {
        shownTo = element;
        element.scrollIntoView({ block: "nearest" });
      }
      const { top, left, width, height } = element.getBoundingClientRect();
      setPlace((before) =>
        before && before.top === top && before.left === left && before.width === width && before.height === height
          ? before
          : { top, left, width, height },
      );
    };
    look();
    return () => {
      cancelAnimationFrame(frame);
      setPlace(undefined);
    };
  }, [name]);
  return place;
}
