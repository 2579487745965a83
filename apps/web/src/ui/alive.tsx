"use client";

import { useEffect } from "react";

/** Marks the document once its scripts listen; until then the pointer over controls says that they are not ready. */
export function Alive() {
  useEffect(() => {
    document.documentElement.dataset.alive = "";
  }, []);
  return null;
}
